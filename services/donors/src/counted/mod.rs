//! Diversification: how an organisation's money is spread over donors, kept up to date with every contribution.
//!
//! What counts: contributions that are paid or committed (a pledge never counts), in the year of their decision date
//! (where there is none, of the flow date; then of the date they were first reported; a record without any counts
//! nowhere), in cents of US dollars. A record counts in its office and in every office above it, so that an office's
//! figures are those of its whole subtree. Everything is counted twice: once for what this organisation was given
//! ([`MoneyScope::Ours`]), once for all that is reported ([`MoneyScope::All`]); a record says in which it counts.
//!
//! Two tables hold it, with the scope in their keys. `diversification_giving` has what each donor gave an office (and
//! those below) in a year. `diversification_sum` has the measures of an office and a year as [`Sums`], which only ever add
//! up: the figures are the sum of the rows, a write adds a row with what it changes, and [`fold`] makes one of many. The
//! measures of one donor follow from its years alone ([`of_donor`]), so a write takes away what the donor counted before
//! and adds what it counts now. When the tree changes, the offices concerned are counted anew ([`moved`]).

pub(crate) mod fold;
pub(crate) mod moved;
pub(crate) mod recount;
mod rows;
pub(crate) mod store;

#[cfg(test)]
pub(crate) mod tests;

use kernel::{DonorId, DonorType, Earmarking, MoneyScope, OfficeId, OrganisationId, Segment, text::split};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

/// The key of what is not recorded: a donor, its segment, an earmarking, a country.
pub(crate) const NOT_STATED: &str = "not_stated";
/// The key of money that goes to countries of more than one region.
pub(crate) const SEVERAL_REGIONS: &str = "several";
/// Years without counted contributions after which a donor counts as new again.
const NEW_DONOR_GAP_YEARS: i32 = 5;

/// The M49 region of a record's countries: its code when all lie in one, [`SEVERAL_REGIONS`] when they do not,
/// [`NOT_STATED`] without a country (or with one outside every region).
pub(crate) fn region(countries: &str) -> String {
    let region_of = |code: &String| kernel::country::by_iso3(code).and_then(|country| country.region_code);
    let regions: BTreeSet<Option<u16>> = split(countries).iter().map(region_of).collect();
    match (regions.len(), regions.first()) {
        (1, Some(Some(code))) => code.to_string(),
        (0, _) | (1, _) => NOT_STATED.to_owned(),
        _ => SEVERAL_REGIONS.to_owned(),
    }
}

/// Whether a record's usage years are more than one.
fn is_multi_year(usage_years: &str) -> bool {
    split(usage_years).into_iter().collect::<BTreeSet<_>>().len() > 1
}

/// What one contribution counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) organisation_id: OrganisationId,
    pub(crate) office_id: OfficeId,
    /// The nil id when no donor is stated.
    pub(crate) donor_id: DonorId,
    pub(crate) year: i32,
    /// Whether it counts among what is ours, and among all that is reported.
    ours: bool,
    reported: bool,
    what: What,
}

impl Counted {
    /// The figures that it counts in.
    fn scopes(&self) -> impl Iterator<Item = MoneyScope> {
        let counting = [(MoneyScope::Ours, self.ours), (MoneyScope::All, self.reported)];
        counting.into_iter().filter_map(|(scope, counts)| counts.then_some(scope))
    }
}

/// Contributions of one kind: their money and how many they are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct What {
    earmarking: Option<Earmarking>,
    multi_year: bool,
    region: String,
    cents: i64,
    records: i64,
}

/// A contribution, as far as it counts.
pub(crate) struct Counting<'a> {
    pub(crate) organisation_id: OrganisationId,
    pub(crate) office_id: OfficeId,
    pub(crate) donor_id: Option<DonorId>,
    pub(crate) year: i32,
    pub(crate) earmarking: Option<Earmarking>,
    /// Usage years and countries, as the record keeps them.
    pub(crate) usage_years: &'a str,
    pub(crate) countries: &'a str,
    /// Cents of US dollars.
    pub(crate) cents: i64,
    /// Whether it counts among what is ours, and among all that is reported.
    pub(crate) ours: bool,
    pub(crate) reported: bool,
}

impl From<Counting<'_>> for Counted {
    fn from(record: Counting<'_>) -> Self {
        Self {
            organisation_id: record.organisation_id,
            office_id: record.office_id,
            donor_id: record.donor_id.unwrap_or(DonorId::nil()),
            year: record.year,
            ours: record.ours,
            reported: record.reported,
            what: What {
                earmarking: record.earmarking,
                multi_year: is_multi_year(record.usage_years),
                region: region(record.countries),
                cents: record.cents,
                records: 1,
            },
        }
    }
}

impl What {
    /// What it adds to its donor's year.
    fn giving(&self) -> Giving {
        let Self { cents, records, .. } = *self;
        let mut giving = Giving { cents, records, ..Giving::default() };
        let place = self.earmarking.map_or(Earmarking::ALL.len(), |stated| stated as usize);
        if let Some(part) = giving.earmarking.get_mut(place) {
            *part = cents;
        }
        giving.multi_year = if self.multi_year { cents } else { 0 };
        giving
    }

    /// Adds it to the measures of its year, for any donor (`sign` 1), or takes it away (-1).
    fn add_to(&self, sums: &mut Sums, sign: i64) {
        let earmarking = self.earmarking.map_or(NOT_STATED, Earmarking::as_str);
        let (cents, records) = (sign * self.cents, sign * self.records);
        sums.add("total", cents, records);
        sums.add(&format!("earmarking:{earmarking}"), cents, records);
        sums.add(&format!("region:{}", self.region), cents, records);
        if self.multi_year {
            sums.add("multi_year", cents, records);
        }
    }
}

/// What was given: cents of US dollars in all, by earmarking (in the order of [`Earmarking`], then not stated), and for
/// more than one year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Giving {
    pub(crate) cents: i64,
    pub(crate) earmarking: [i64; 5],
    pub(crate) multi_year: i64,
    pub(crate) records: i64,
}

impl Giving {
    fn add(&mut self, other: &Giving, sign: i64) {
        self.cents += sign * other.cents;
        for (part, more) in self.earmarking.iter_mut().zip(other.earmarking) {
            *part += sign * more;
        }
        self.multi_year += sign * other.multi_year;
        self.records += sign * other.records;
    }
}

/// What a donor is counted under.
#[derive(Debug, Clone, PartialEq, Eq, sea_orm::FromQueryResult)]
pub(crate) struct Attributes {
    pub(crate) donor_type: DonorType,
    pub(crate) segment: Option<Segment>,
}

/// Figures of an office and a year that add up. Stored as JSON; zeros are omitted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sums {
    /// Cents and a count (of records for `total`, `earmarking:…`, `region:…` and `multi_year`, else of donors).
    parts: BTreeMap<String, (i64, i64)>,
    /// The sum of the squares of what each donor gave, in cents²: beyond 64 bits.
    #[serde(with = "text")]
    squares: i128,
}

impl Sums {
    fn add(&mut self, key: &str, cents: i64, count: i64) {
        // A batch adds thousands of amounts to the same few parts: only the first one of a part copies its key.
        match self.parts.get_mut(key) {
            Some(part) => {
                (part.0, part.1) = (part.0 + cents, part.1 + count);
                if *part == (0, 0) {
                    self.parts.remove(key);
                }
            }
            None if (cents, count) != (0, 0) => {
                self.parts.insert(key.to_owned(), (cents, count));
            }
            None => {}
        }
    }

    /// Adds another one, or takes it away.
    pub(crate) fn merge(&mut self, other: &Sums, sign: i64) {
        for (key, (cents, count)) in &other.parts {
            self.add(key, sign * cents, sign * count);
        }
        self.squares += i128::from(sign) * other.squares;
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.parts.is_empty() && self.squares == 0
    }

    /// Cents and count of a part.
    pub(crate) fn part(&self, key: &str) -> (i64, i64) {
        self.parts.get(key).copied().unwrap_or_default()
    }

    /// Herfindahl index of the donors, 0 to 10,000: the sum of the squares of each donor's share (in percent) of the
    /// money whose donor is stated, rounded half up. 10,000 is one donor alone. Nothing when no donor gave.
    pub(crate) fn herfindahl(&self) -> Option<i64> {
        let (stated, squares) =
            (u128::try_from(self.part("stated").0).ok()?, u128::try_from(self.squares).ok()?);
        let whole = stated.checked_mul(stated).filter(|whole| *whole > 0)?;
        let index = match squares.checked_mul(20_000) {
            Some(doubled) => (doubled / whole).div_ceil(2),
            None => squares / (whole / 10_000),
        };
        i64::try_from(index).ok()
    }
}

/// What one donor counts in each year, from its cents by year. A donor gave in a year in which its counted money is
/// above zero. It is new in a year when it gave in none of the five before; it has lapsed in a year when it gave the
/// year before, and not in that one.
pub(crate) fn of_donor(years: &BTreeMap<i32, i64>, attributes: Option<&Attributes>) -> BTreeMap<i32, Sums> {
    let mut sums: BTreeMap<i32, Sums> = BTreeMap::new();
    add_donor(&mut sums, years, i32::MIN..=i32::MAX, attributes, 1);
    sums.retain(|_, of_year| !of_year.is_nothing());
    sums
}

/// The years of a donor by which it counts something else once what it gave from the first to the last of these has
/// changed: those years, the one before, of which a later gift decides whether it has lapsed after it, and those in
/// which it is no longer new.
fn affected(first: i32, last: i32) -> RangeInclusive<i32> {
    first - 1..=last + NEW_DONOR_GAP_YEARS
}

/// Adds what one donor counts by some of its years to the sums of an office (`sign` 1), or takes it away (-1): what
/// [`of_donor`] says, without sums of each donor's own.
fn add_donor(
    sums: &mut BTreeMap<i32, Sums>,
    years: &BTreeMap<i32, i64>,
    among: RangeInclusive<i32>,
    attributes: Option<&Attributes>,
    sign: i64,
) {
    let gave = |year: i32| years.get(&year).is_some_and(|cents| *cents > 0);
    let segment = attributes.and_then(|donor| donor.segment).map_or(NOT_STATED, Segment::as_str);
    let donor_type = attributes.map_or(NOT_STATED, |donor| donor.donor_type.as_str());
    let (segment, donor_type) = (format!("segment:{segment}"), format!("type:{donor_type}"));
    for (&year, &cents) in years.range(among) {
        let of_year = sums.entry(year).or_default();
        let donors = i64::from(cents > 0 && attributes.is_some());
        of_year.add(&donor_type, sign * cents, sign * donors);
        of_year.add(&segment, sign * cents, sign * donors);
        if donors == 0 {
            continue;
        }
        of_year.add("stated", sign * cents, sign);
        of_year.squares += i128::from(sign) * i128::from(cents) * i128::from(cents);
        if !(year - NEW_DONOR_GAP_YEARS..year).any(gave) {
            of_year.add("new", sign * cents, sign);
        }
        if !gave(year + 1) {
            sums.entry(year + 1).or_default().add("lapsed", sign * cents, sign);
        }
    }
}

/// Whole numbers beyond 64 bits as text in JSON.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &i128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
