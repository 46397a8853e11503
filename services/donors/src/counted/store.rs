//! The figures, kept with every write and read by office and year.

use super::{
    Attributes, Counted, Giving, Sums, add_donor, affected, of_donor,
    rows::{giving, sum},
};
use ::store::{Merge, StoreError, Transaction, insert_models, merge_models, params, sql};
use kernel::{DonorId, MoneyScope, OfficeId, OrganisationId};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Value};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};
use uuid::Uuid;

/// The lock between donors that change and an office that is moved.
pub(super) const OFFICES: &str = "diversification offices";

/// What a contribution counted before, and what it counts now.
pub(crate) type Change = (Option<Counted>, Option<Counted>);

/// Whose figures, and of whose money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Of {
    pub(crate) organisation_id: OrganisationId,
    pub(crate) office_id: OfficeId,
    pub(crate) scope: MoneyScope,
}

/// Counts changes of contributions that this transaction has written: of all of them at once. Each row of the figures
/// is read once, what the changes add to it is added up first, and it is written once.
///
/// # Errors
/// [`StoreError`]; [`StoreError::NotYetKnown`] while the way from an office to headquarters is not known here yet.
pub(crate) async fn count(tx: &Transaction, changes: Vec<Change>) -> Result<(), StoreError> {
    let mut above: HashMap<OfficeId, Vec<OfficeId>> = HashMap::new();
    let mut givings: BTreeMap<(Of, DonorId, i32), Giving> = BTreeMap::new();
    let mut sums: BTreeMap<Of, BTreeMap<i32, Sums>> = BTreeMap::new();
    for (old, new) in changes {
        if old == new {
            continue;
        }
        for (counted, sign) in old.iter().map(|old| (old, -1)).chain(new.iter().map(|new| (new, 1))) {
            let Counted { organisation_id, office_id, donor_id, year, ref what, .. } = *counted;
            let offices = match above.entry(office_id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    place.insert(with_ancestors(tx.db(), organisation_id, office_id).await?)
                }
            };
            let giving = what.giving();
            for scope in counted.scopes() {
                for office in &*offices {
                    let of = Of { organisation_id, office_id: *office, scope };
                    givings.entry((of, donor_id, year)).or_default().add(&giving, sign);
                    what.add_to(sums.entry(of).or_default().entry(year).or_default(), sign);
                }
            }
        }
    }
    givings.retain(|_, giving| *giving != Giving::default());
    add_donors(tx, &givings, &mut sums).await?;
    add_givings(tx.db(), givings).await?;
    let by_year = sums
        .into_iter()
        .flat_map(|(of, years)| years.into_iter().map(move |(year, sums)| ((of, year), sums)));
    // Nothing in a transaction reads them.
    tx.write_last(&sum_rows(by_year.collect(), || tx.new_uuid())?);
    Ok(())
}

/// Adds to the sums how the measures of the donors change with what is added to their givings.
async fn add_donors(
    tx: &Transaction,
    givings: &BTreeMap<(Of, DonorId, i32), Giving>,
    sums: &mut BTreeMap<Of, BTreeMap<i32, Sums>>,
) -> Result<(), StoreError> {
    let mut added: BTreeMap<(Of, DonorId), BTreeMap<i32, i64>> = BTreeMap::new();
    for ((of, donor, year), giving) in givings {
        added.entry((*of, *donor)).or_default().insert(*year, giving.cents);
    }
    let ids: BTreeSet<DonorId> = added.keys().map(|(_, donor)| *donor).collect();
    lock(tx, ids.iter().copied().filter(|donor| !donor.is_nil())).await?;
    let Held { mut years, attributes } = held(tx.db(), added.keys()).await?;
    for ((of, donor), added) in added {
        let (Some((first, _)), Some((last, _))) = (added.first_key_value(), added.last_key_value()) else {
            continue;
        };
        let (among, attributes) = (affected(*first, *last), attributes.get(&donor));
        let mut years = years.remove(&(of.office_id, of.scope, donor)).unwrap_or_default();
        let of_office = sums.entry(of).or_default();
        add_donor(of_office, &years, among.clone(), attributes, -1);
        for (year, cents) in added {
            *years.entry(year).or_default() += cents;
        }
        add_donor(of_office, &years, among, attributes, 1);
    }
    Ok(())
}

/// A donor's measures follow from all its years, so one transaction at a time changes what a donor counts.
async fn lock(tx: &Transaction, donors: impl Iterator<Item = DonorId>) -> Result<(), StoreError> {
    tx.lock_all(donors.map(|donor| format!("diversification {donor}"))).await
}

/// An office and every office above it.
async fn with_ancestors(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    office_id: OfficeId,
) -> Result<Vec<OfficeId>, StoreError> {
    let text = "WITH RECURSIVE above (id, parent_id) AS (
                  SELECT id, parent_id FROM office WHERE id = $1 AND organisation_id = $2
                  UNION SELECT office.id, office.parent_id FROM office JOIN above ON office.id = above.parent_id
                  WHERE office.organisation_id = $2)
                SELECT id, parent_id FROM above";
    let mut ids = Vec::new();
    let mut complete = false;
    for row in sql::rows(db, text, params![office_id, organisation_id]).await? {
        ids.push(row.try_get_by_index(0)?);
        complete |= row.try_get_by_index::<Option<OfficeId>>(1)?.is_none();
    }
    if complete {
        return Ok(ids);
    }
    // Before identity's first event about the organisation has arrived there is headquarters alone.
    let text = "SELECT 1 FROM office WHERE organisation_id = $1 LIMIT 1";
    if sql::row(db, text, params![organisation_id]).await?.is_none() {
        return Ok(vec![office_id]);
    }
    Err(StoreError::NotYetKnown(format!("the offices above {office_id}")))
}

async fn attributes(
    db: &impl ConnectionTrait,
    ids: &BTreeSet<DonorId>,
) -> Result<HashMap<DonorId, Attributes>, StoreError> {
    let text = "SELECT id, donor_type, segment FROM donor WHERE true";
    let rows = sql::select_by_keys(db, text, vec![], "id", ids.iter().map(|id| (*id).into())).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, Attributes::from_query_result(row, "")?))).collect()
}

/// What donors gave offices until now, in cents by year, and what is known of each donor.
#[derive(Default)]
struct Held {
    years: HashMap<(OfficeId, MoneyScope, DonorId), BTreeMap<i32, i64>>,
    attributes: HashMap<DonorId, Attributes>,
}

/// One question for all, whichever donor gave to which of the offices: the offices are one and those above it. It has a
/// row for each donor, and not for each of its years in each office, which may be thirty times as many.
async fn held(
    db: &impl ConnectionTrait,
    keys: impl Iterator<Item = &(Of, DonorId)>,
) -> Result<Held, StoreError> {
    let (mut offices, mut donors) = (BTreeSet::new(), BTreeSet::new());
    for (of, donor) in keys {
        offices.insert(of.office_id);
        donors.insert(*donor);
    }
    let offices: Vec<OfficeId> = offices.into_iter().collect();
    let given = |donor: &str| {
        let of_office = |place: usize| {
            // With a column that the index by rank has not, SQLite takes the key; else it reads all of the office there.
            format!(
                "(SELECT string_agg(g.scope || ':' || CAST(g.year AS text) || ':' || CAST(g.cents AS text), ',')
                  FROM diversification_giving g
                  WHERE g.office_id = ${place} AND g.donor_id = {donor} AND g.records <> 0)"
            )
        };
        (1..=offices.len()).map(of_office).collect::<Vec<_>>().join(", ")
    };
    let parameters: Vec<Value> = offices.iter().map(|office| (*office).into()).collect();
    let mut held = Held::default();
    let of_no_donor = donors.remove(&DonorId::nil());
    if !donors.is_empty() {
        let text = format!("SELECT {}, d.id, d.donor_type, d.segment FROM donor d WHERE true", given("d.id"));
        let donors = donors.into_iter().map(Into::into);
        for row in sql::select_by_keys(db, &text, parameters.clone(), "d.id", donors).await? {
            let donor = row.try_get_by_index(offices.len())?;
            held.attributes.insert(donor, Attributes::from_query_result(&row, "")?);
            held.add(donor, &offices, &row)?;
        }
    }
    if of_no_donor {
        let none = format!("${}", offices.len() + 1);
        let text = format!("SELECT {}", given(&none));
        let parameters = parameters.into_iter().chain([DonorId::nil().into()]).collect();
        if let Some(row) = sql::row(db, &text, parameters).await? {
            held.add(DonorId::nil(), &offices, &row)?;
        }
    }
    Ok(held)
}

/// Whose money, the year and the cents of `ours:2025:1000`.
fn year_of(text: &str) -> Option<(MoneyScope, i32, i64)> {
    let (scope, rest) = text.split_once(':')?;
    let (year, cents) = rest.split_once(':')?;
    Some((scope.parse().ok()?, year.parse().ok()?, cents.parse().ok()?))
}

impl Held {
    /// The years of a donor in each of the offices, as the first columns of the row have them:
    /// `ours:2025:1000,all:2026:-50`.
    fn add(&mut self, donor: DonorId, offices: &[OfficeId], row: &QueryResult) -> Result<(), StoreError> {
        for (column, office) in offices.iter().enumerate() {
            let Some(given) = row.try_get_by_index::<Option<String>>(column)? else { continue };
            for text in given.split(',') {
                let (scope, year, cents) = year_of(text)
                    .ok_or_else(|| StoreError::Damaged(format!("giving of the donor {donor}")))?;
                self.years.entry((*office, scope, donor)).or_default().insert(year, cents);
            }
        }
        Ok(())
    }
}

/// In the order of the keys everywhere, or two transactions could wait for each other.
async fn add_givings(
    db: &impl ConnectionTrait,
    givings: BTreeMap<(Of, DonorId, i32), Giving>,
) -> Result<(), StoreError> {
    let rows = givings.into_iter().map(|((of, donor_id, year), given)| {
        let Of { organisation_id, office_id, scope } = of;
        let Giving { cents, earmarking, multi_year, records } = given;
        let [unearmarked, softly_earmarked, earmarked, tightly_earmarked, not_stated] = earmarking;
        giving::Model {
            organisation_id,
            office_id,
            donor_id,
            year,
            scope,
            cents,
            unearmarked,
            softly_earmarked,
            earmarked,
            tightly_earmarked,
            not_stated,
            multi_year,
            records,
        }
    });
    let is_sum = |column| !matches!(column, giving::Column::OrganisationId);
    let merge = |column| if is_sum(column) { Merge::Add } else { Merge::Keep };
    merge_models(db, &rows.collect::<Vec<_>>(), merge).await?;
    Ok(())
}

/// Adds to the figures of offices and years.
pub(super) async fn add_sums(
    db: &impl ConnectionTrait,
    sums: BTreeMap<(Of, i32), Sums>,
    new_uuid: impl Fn() -> Uuid,
) -> Result<(), StoreError> {
    insert_models(db, &sum_rows(sums, new_uuid)?).await?;
    Ok(())
}

fn sum_rows(
    sums: BTreeMap<(Of, i32), Sums>,
    new_uuid: impl Fn() -> Uuid,
) -> Result<Vec<sum::Model>, StoreError> {
    let mut rows = Vec::with_capacity(sums.len());
    for ((Of { organisation_id, office_id, scope }, year), sums) in sums {
        if !sums.is_nothing() {
            let sums = serde_json::to_string(&sums)?;
            rows.push(sum::Model { id: new_uuid(), organisation_id, office_id, year, scope, sums });
        }
    }
    Ok(rows)
}

/// A change to a donor: the sums of what it gave move from its former type and segment to the new ones.
pub(crate) struct AttributeChange {
    donor_id: DonorId,
    before: Option<Attributes>,
}

impl AttributeChange {
    /// Before the donor is written.
    pub(crate) async fn begin(tx: &Transaction, donor_id: DonorId) -> Result<Self, StoreError> {
        tx.lock_shared(OFFICES).await?;
        lock(tx, std::iter::once(donor_id)).await?;
        let before = attributes(tx.db(), &BTreeSet::from([donor_id])).await?.remove(&donor_id);
        Ok(Self { donor_id, before })
    }

    /// After it was written.
    pub(crate) async fn end(self, tx: &Transaction) -> Result<(), StoreError> {
        let after = attributes(tx.db(), &BTreeSet::from([self.donor_id])).await?.remove(&self.donor_id);
        if after == self.before {
            return Ok(());
        }
        let text = "SELECT organisation_id, office_id, scope, year, cents FROM diversification_giving WHERE donor_id = $1";
        let mut given: BTreeMap<Of, BTreeMap<i32, i64>> = BTreeMap::new();
        for row in sql::rows(tx.db(), text, params![self.donor_id]).await? {
            let of = Of {
                organisation_id: row.try_get_by_index(0)?,
                office_id: row.try_get_by_index(1)?,
                scope: row.try_get_by_index(2)?,
            };
            given.entry(of).or_default().insert(row.try_get_by_index(3)?, row.try_get_by_index(4)?);
        }
        let mut sums: BTreeMap<(Of, i32), Sums> = BTreeMap::new();
        for (of, years) in given {
            for (attributes, sign) in [(&self.before, -1), (&after, 1)] {
                for (year, change) in of_donor(&years, attributes.as_ref()) {
                    sums.entry((of, year)).or_default().merge(&change, sign);
                }
            }
        }
        add_sums(tx.db(), sums, || tx.new_uuid()).await
    }
}

/// The figures of an office for each year from one to another.
pub(crate) async fn sums(
    db: &impl ConnectionTrait,
    Of { organisation_id, office_id, scope }: Of,
    (from, to): (i32, i32),
) -> Result<BTreeMap<i32, Sums>, StoreError> {
    let text = "SELECT year, sums FROM diversification_sum
                WHERE office_id = $1 AND organisation_id = $2 AND year BETWEEN $3 AND $4 AND scope = $5";
    let mut found: BTreeMap<i32, Sums> = (from..=to).map(|year| (year, Sums::default())).collect();
    for row in sql::rows(db, text, params![office_id, organisation_id, from, to, scope]).await? {
        let more: Sums = serde_json::from_str(&row.try_get_by_index::<String>(1)?)?;
        found.entry(row.try_get_by_index(0)?).or_default().merge(&more, 1);
    }
    Ok(found)
}

/// What the donors that gave most gave an office in a year: donor and cents, the largest first.
pub(crate) async fn largest(
    db: &impl ConnectionTrait,
    Of { organisation_id, office_id, scope }: Of,
    year: i32,
    count: u32,
) -> Result<Vec<(DonorId, i64, i64)>, StoreError> {
    let text = format!(
        "SELECT donor_id, cents, records FROM diversification_giving
         WHERE office_id = $1 AND year = $2 AND organisation_id = $3 AND cents > 0 AND donor_id <> $4 AND scope = $5
         ORDER BY cents DESC, donor_id LIMIT {count}"
    );
    let parameters = params![office_id, year, organisation_id, DonorId::nil(), scope];
    let rows = sql::rows(db, &text, parameters).await?;
    rows.iter()
        .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?)))
        .collect()
}

/// What some donors gave an office in a year, in cents.
pub(crate) async fn given(
    db: &impl ConnectionTrait,
    Of { organisation_id, office_id, scope }: Of,
    year: i32,
    donors: &[DonorId],
) -> Result<HashMap<DonorId, i64>, StoreError> {
    let text = "SELECT donor_id, cents, records FROM diversification_giving
                WHERE organisation_id = $1 AND office_id = $2 AND year = $3 AND scope = $4";
    let keys = donors.iter().map(|id| (*id).into());
    let parameters = params![organisation_id, office_id, year, scope];
    let rows = sql::select_by_keys(db, text, parameters, "donor_id", keys).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// How many records of an office and a year name no donor.
pub(crate) async fn not_stated_records(
    db: &impl ConnectionTrait,
    Of { organisation_id, office_id, scope }: Of,
    year: i32,
) -> Result<i64, StoreError> {
    let text = "SELECT records FROM diversification_giving
                WHERE organisation_id = $1 AND office_id = $2 AND donor_id = $3 AND year = $4 AND scope = $5";
    let parameters = params![organisation_id, office_id, DonorId::nil(), year, scope];
    let row = sql::row(db, text, parameters).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0))
}
