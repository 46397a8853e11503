//! The chain of an office's audit trail, read link by link, and what is wrong with it.

use super::{Record, digest};
use crate::{StoreError, params, sql};
use kernel::OfficeId;
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Entries of a chain held in memory at once.
const PAGE_SIZE: usize = 1000;
/// Breaks of a chain that a [`Verdict`] keeps; it counts the others.
pub const MAX_BREAKS: usize = 20;

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Break {
    /// The entry is not what was written: its hash is another one.
    Changed {
        /// Its number.
        sequence: i64,
    },
    /// Entries are gone that others follow.
    Missing {
        /// The number of the first.
        first: i64,
        /// The number of the last.
        last: i64,
    },
    /// The entry does not follow the one before it: one of the two was put in another one's place.
    Unlinked {
        /// Its number.
        sequence: i64,
    },
    /// The entry stands where none of its number belongs.
    Foreign {
        /// The number.
        sequence: i64,
    },
    /// Another entry than this one was published under its number.
    Replaced {
        /// The number.
        sequence: i64,
    },
    /// The chain ends before an entry that was published.
    Cut {
        /// The number of its last entry; 0 when there is none.
        last: i64,
        /// The highest number that was published.
        published: i64,
    },
}

impl Break {
    /// The number at which the chain is broken.
    pub const fn at(&self) -> i64 {
        match self {
            Self::Changed { sequence } | Self::Unlinked { sequence } | Self::Replaced { sequence } => {
                *sequence
            }
            Self::Missing { first, .. } => *first,
            // Before the first.
            Self::Foreign { .. } => 1,
            Self::Cut { last, .. } => *last + 1,
        }
    }
}

impl fmt::Display for Break {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { sequence } => write!(formatter, "entry {sequence} was changed"),
            Self::Missing { first, last } if first == last => write!(formatter, "entry {first} is missing"),
            Self::Missing { first, last } => write!(formatter, "entries {first} to {last} are missing"),
            Self::Unlinked { sequence } => {
                write!(
                    formatter,
                    "entry {sequence} does not follow entry {}: one of them was replaced",
                    sequence - 1
                )
            }
            Self::Foreign { sequence } => write!(formatter, "entry {sequence} stands where none belongs"),
            Self::Replaced { sequence } => {
                write!(formatter, "entry {sequence} is not the one that was published under this number")
            }
            Self::Cut { last, published } => {
                write!(
                    formatter,
                    "the end was cut off: entry {published} was published, the last one is {last}"
                )
            }
        }
    }
}

/// What a chain is verified by: an entry's number, its hash, that of the entry before, and whether its hash is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub sequence: i64,
    previous_hash: String,
    hash: String,
    holds: bool,
}

/// What a line of an export says beside what is hashed as a whole.
#[derive(Deserialize)]
struct Line {
    office_id: OfficeId,
    sequence: i64,
    previous_hash: String,
    hash: String,
}

impl Link {
    fn of(row: &QueryResult) -> Result<Self, StoreError> {
        let text = |name: &str| row.try_get::<String>("", name).unwrap_or_default();
        // A row that cannot be read any more is one that was changed.
        let record = Record::from_query_result(row, "").ok();
        let own = record.map(|record| record.hashed_text()).transpose()?.map(|text| digest(&text));
        let (previous_hash, hash) = (text("previous_hash"), text("hash"));
        Ok(Self {
            sequence: row.try_get("", "sequence")?,
            holds: own.as_ref() == Some(&hash),
            previous_hash,
            hash,
        })
    }

    /// The link that a line of an export is, and its office ([`Record::line`]); none for anything else.
    pub fn of_line(line: &str) -> Option<(OfficeId, Self)> {
        let Line { office_id, sequence, previous_hash, hash } = serde_json::from_str(line).ok()?;
        let hashed = line.strip_suffix(&format!(",\"hash\":\"{hash}\"}}"));
        let holds = hashed.is_some_and(|hashed| digest(&format!("{hashed}}}")) == hash);
        Some((office_id, Self { sequence, previous_hash, hash, holds }))
    }
}

/// The hashes that were published of a chain, by the number of their entry: one each, unless somebody published another
/// chain.
pub type Published = BTreeMap<i64, BTreeSet<String>>;

/// What became of a walk along a chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The entries that there are.
    pub entries: u64,
    /// Where the chain is broken, in its order, as far as [`MAX_BREAKS`].
    pub breaks: Vec<Break>,
    /// In how many places it is.
    pub count: u64,
}

/// A walk along one chain, from its first link to its last.
pub struct Walk {
    next: i64,
    /// The hash of the link before; none where that is not known.
    previous: Option<String>,
    published: Published,
    verdict: Verdict,
}

impl Walk {
    /// The beginning of a chain of which this was published.
    pub fn new(published: Published) -> Self {
        Self { next: 1, previous: Some(String::new()), published, verdict: Verdict::default() }
    }

    fn broken(&mut self, found: Break) {
        self.verdict.count += 1;
        if self.verdict.breaks.len() < MAX_BREAKS {
            self.verdict.breaks.push(found);
        }
    }

    /// The next link, in the order of their numbers.
    pub fn step(&mut self, link: Link) {
        let Link { sequence, previous_hash, hash, holds } = link;
        self.verdict.entries += 1;
        if sequence < self.next {
            return self.broken(Break::Foreign { sequence });
        }
        if sequence > self.next {
            self.broken(Break::Missing { first: self.next, last: sequence - 1 });
            self.previous = None;
        }
        self.published = self.published.split_off(&sequence);
        if !holds {
            self.broken(Break::Changed { sequence });
        } else if self.previous.as_ref().is_some_and(|previous| *previous != previous_hash) {
            self.broken(Break::Unlinked { sequence });
        }
        let others = self.published.remove(&sequence).unwrap_or_default();
        if holds && others.iter().any(|published| *published != hash) {
            self.broken(Break::Replaced { sequence });
        }
        // What a changed entry says of itself proves nothing of the next one.
        self.previous = Some(hash).filter(|_| holds);
        self.next = sequence + 1;
    }

    /// There is no other link.
    pub fn end(mut self) -> Verdict {
        if let Some(published) = self.published.keys().next_back().copied() {
            self.broken(Break::Cut { last: self.next - 1, published });
        }
        self.verdict
    }
}

/// The entries of an office's chain after the one of this number, as far as a page goes; nothing after the last.
///
/// # Errors
/// [`StoreError`] when the trail cannot be read.
pub async fn page(
    db: &impl ConnectionTrait,
    office_id: OfficeId,
    after: i64,
) -> Result<Vec<Record>, StoreError> {
    sql::read(&rows(db, office_id, after).await?)
}

async fn rows(
    db: &impl ConnectionTrait,
    office_id: OfficeId,
    after: i64,
) -> Result<Vec<QueryResult>, StoreError> {
    let text = format!(
        "SELECT * FROM audit WHERE office_id = $1 AND sequence > $2 ORDER BY sequence LIMIT {PAGE_SIZE}"
    );
    sql::rows(db, &text, params![office_id, after]).await
}

/// Walks along the chain of an office; `seen` hears how many entries have been looked at, page by page.
///
/// # Errors
/// [`StoreError`] when the trail cannot be read.
pub async fn verify(
    db: &impl ConnectionTrait,
    office_id: OfficeId,
    published: Published,
    mut seen: impl FnMut(u64),
) -> Result<Verdict, StoreError> {
    let (mut walk, mut last) = (Walk::new(published), i64::MIN);
    loop {
        let rows = rows(db, office_id, last).await?;
        if rows.is_empty() {
            return Ok(walk.end());
        }
        for row in &rows {
            let link = Link::of(row)?;
            last = link.sequence;
            walk.step(link);
        }
        seen(walk.verdict.entries);
    }
}

/// The first place where an office's chain is broken: none when it holds from the first entry to the last.
///
/// # Errors
/// [`StoreError`] when the trail cannot be read.
pub async fn first_break(db: &impl ConnectionTrait, office_id: OfficeId) -> Result<Option<i64>, StoreError> {
    let verdict = verify(db, office_id, Published::new(), |_| {}).await?;
    Ok(verdict.breaks.first().map(Break::at))
}

/// The offices that have an audit trail here, in the order of their ids.
///
/// # Errors
/// [`StoreError`] when the trail cannot be read.
pub async fn offices(db: &impl ConnectionTrait) -> Result<Vec<OfficeId>, StoreError> {
    // Office by office: their chains are long, and this reads one entry of each.
    let next = "SELECT office_id FROM audit WHERE office_id > $1 ORDER BY office_id LIMIT 1";
    let (mut offices, mut last) = (Vec::new(), OfficeId::nil());
    while let Some(row) = sql::row(db, next, params![last]).await? {
        last = row.try_get_by_index(0)?;
        offices.push(last);
    }
    Ok(offices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(sequence: i64, previous: &str, hash: &str) -> Link {
        Link { sequence, previous_hash: previous.to_owned(), hash: hash.to_owned(), holds: true }
    }

    fn chain() -> Vec<Link> {
        vec![link(1, "", "a"), link(2, "a", "b"), link(3, "b", "c")]
    }

    fn published(heads: &[(i64, &str)]) -> Published {
        let mut published = Published::new();
        for (sequence, hash) in heads {
            published.entry(*sequence).or_default().insert((*hash).to_owned());
        }
        published
    }

    fn breaks(links: Vec<Link>, heads: &[(i64, &str)]) -> Vec<Break> {
        let mut walk = Walk::new(published(heads));
        links.into_iter().for_each(|link| walk.step(link));
        walk.end().breaks
    }

    #[test]
    fn a_chain_that_holds_has_no_break() {
        assert_eq!(breaks(chain(), &[(1, "a"), (3, "c")]), []);
        assert_eq!(breaks(Vec::new(), &[]), []);
    }

    #[test]
    fn each_kind_of_break_is_told_once() {
        let mut changed = chain();
        changed[1].holds = false;
        assert_eq!(breaks(changed, &[(2, "b")]), [Break::Changed { sequence: 2 }]);
        let mut replaced = chain();
        replaced[1] = link(2, "a", "other");
        assert_eq!(
            breaks(replaced, &[(2, "b"), (3, "c")]),
            [Break::Replaced { sequence: 2 }, Break::Unlinked { sequence: 3 }]
        );
        let mut gap = chain();
        gap.remove(1);
        assert_eq!(breaks(gap, &[(2, "b"), (3, "c")]), [Break::Missing { first: 2, last: 2 }]);
        let mut foreign = chain();
        foreign.insert(0, link(0, "", "z"));
        assert_eq!(breaks(foreign, &[]), [Break::Foreign { sequence: 0 }]);
        let mut cut = chain();
        cut.truncate(1);
        assert_eq!(breaks(cut, &[(1, "a"), (2, "b"), (3, "c")]), [Break::Cut { last: 1, published: 3 }]);
        assert_eq!(breaks(Vec::new(), &[(3, "c")]), [Break::Cut { last: 0, published: 3 }]);
    }

    #[test]
    fn a_chain_that_was_written_anew_differs_from_what_was_published() {
        let anew = vec![link(1, "", "x"), link(2, "x", "y"), link(3, "y", "z")];
        assert_eq!(breaks(anew.clone(), &[]), []);
        assert_eq!(breaks(anew, &[(3, "c")]), [Break::Replaced { sequence: 3 }]);
        // Two heads of one number: whoever keeps both sees it.
        assert_eq!(breaks(chain(), &[(3, "c"), (3, "z")]), [Break::Replaced { sequence: 3 }]);
    }

    #[test]
    fn many_breaks_are_counted_and_not_all_kept() {
        let mut walk = Walk::new(Published::new());
        for sequence in 1..=100 {
            walk.step(Link { holds: false, ..link(sequence, "", "") });
        }
        let verdict = walk.end();
        assert_eq!((verdict.breaks.len(), verdict.count, verdict.entries), (MAX_BREAKS, 100, 100));
    }

    #[test]
    fn a_line_of_an_export_is_its_link_whatever_it_holds() {
        let row = Record {
            office_id: OfficeId::from_u128(1),
            sequence: 1,
            organisation_id: kernel::OrganisationId::from_u128(2),
            at: chrono::DateTime::UNIX_EPOCH,
            actor_kind: kernel::ActorKind::Person.into(),
            actor_id: kernel::PrincipalId::from_u128(3),
            action: "donor.create".to_owned(),
            resource: "donor".to_owned(),
            resource_id: uuid::Uuid::from_u128(4),
            before: None,
            after: Some("{\"name\":\"Norvège \\\"N\\\",\\n\\u0007 العربية\",\"hash\":\"x\"}".to_owned()),
            trace_id: None,
            previous_hash: String::new(),
            hash: String::new(),
        };
        let hash = digest(&row.hashed_text().unwrap());
        let line = Record { hash: hash.clone(), ..row.clone() }.line().unwrap();
        let (office_id, link) = Link::of_line(&line).unwrap();
        assert_eq!((office_id, link.sequence, link.holds, &link.hash), (row.office_id, 1, true, &hash));
        let (_, changed) = Link::of_line(&line.replace("donor.create", "donor.delete")).unwrap();
        assert!(!changed.holds);
        assert_eq!(Link::of_line("{\"sequence\":1}"), None);
    }
}
