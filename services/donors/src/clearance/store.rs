//! The table of due-diligence decisions.

use super::decision::{Decision, History, Mark, Merger};
use ::store::{StoreError, Transaction, insert_new, params, sql};
use events::ClearanceDecided;
use kernel::DonorId;
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A row of `clearance`.
mod row {
    use kernel::{
        ClearanceDecision, ClearanceId, ClearanceProducer, DonorId, OfficeId, OrganisationId, Word,
    };
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "clearance")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ClearanceId,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        /// The donor that it counts for: of a donor that was merged, the one that stayed.
        pub donor_id: DonorId,
        /// The donor that it was taken on; none in a row that an older program wrote, whose donor is the one above.
        pub subject_id: Option<DonorId>,
        pub producer: Word<ClearanceProducer>,
        pub ordinal: i64,
        /// Whether its producer counted it; else the number follows from the order of the ids.
        pub is_counted: bool,
        pub decision: Word<ClearanceDecision>,
        pub valid_from: Date,
        pub valid_until: Date,
        pub reference: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl From<row::Model> for Decision {
    fn from(row: row::Model) -> Self {
        Self {
            id: row.id,
            subject: row.subject_id.unwrap_or(row.donor_id),
            producer: row.producer,
            ordinal: row.ordinal,
            decision: row.decision,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
        }
    }
}

/// Keeps decisions; one that is there already stays as it is. Those on a donor that was merged count for the one that
/// stayed: no donor may be merged meanwhile (`merge_lock`).
pub(crate) async fn keep(tx: &Transaction, decisions: &[ClearanceDecided]) -> Result<(), StoreError> {
    let survivors = survivors(tx.db(), decisions).await?;
    let row = |event: &ClearanceDecided| row::Model {
        id: event.id,
        organisation_id: event.organisation_id,
        office_id: event.office_id,
        donor_id: survivors.get(&event.donor_id).copied().unwrap_or(event.donor_id),
        subject_id: Some(event.donor_id),
        producer: event.producer.clone(),
        ordinal: event.ordinal,
        is_counted: event.ordinal > 0,
        decision: event.decision.clone(),
        valid_from: event.valid_from,
        valid_until: event.valid_until,
        reference: event.reference.clone(),
        created_at: event.decided_at,
    };
    let rows: Vec<row::Model> = decisions.iter().map(row).collect();
    insert_new(tx.db(), &rows).await?;
    let uncounted = rows.iter().filter(|row| !row.is_counted).map(|row| row.donor_id);
    count(tx.db(), uncounted.collect()).await
}

/// Of the donors that were decided on, those that were merged, with the one that stayed.
async fn survivors(
    db: &impl ConnectionTrait,
    decisions: &[ClearanceDecided],
) -> Result<HashMap<DonorId, DonorId>, StoreError> {
    let text = "SELECT id, merged_into FROM donor WHERE merged_into IS NOT NULL";
    let donors = decisions.iter().map(|event| event.donor_id.into());
    let rows = sql::select_by_keys(db, text, vec![], "id", donors).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// Numbers the decisions that no program has counted: by their ids, the order in which they were taken. Whichever arrives
/// first, each has the same number in the end.
async fn count(db: &impl ConnectionTrait, donors: BTreeSet<DonorId>) -> Result<(), StoreError> {
    if donors.is_empty() {
        return Ok(());
    }
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, donors.into_iter().map(Into::into));
    let text = format!(
        "UPDATE clearance SET ordinal = (
           SELECT count(*) FROM clearance earlier
           WHERE earlier.donor_id = clearance.donor_id AND earlier.producer = clearance.producer
             AND coalesce(earlier.subject_id, earlier.donor_id) = coalesce(clearance.subject_id, clearance.donor_id)
             AND NOT earlier.is_counted AND earlier.id <= clearance.id)
         WHERE NOT is_counted AND donor_id IN ({listed})"
    );
    sql::execute(db, &text, parameters).await?;
    Ok(())
}

/// What was decided on a donor, and on those that were merged into it.
pub(crate) async fn history(db: &impl ConnectionTrait, donor: DonorId) -> Result<History, StoreError> {
    let rows: Vec<row::Model> =
        sql::all(db, "SELECT * FROM clearance WHERE donor_id = $1", params![donor]).await?;
    let decisions: Vec<Decision> = rows.into_iter().map(Decision::from).collect();
    let subjects: BTreeSet<DonorId> = decisions.iter().map(|decision| decision.subject).collect();
    if subjects.iter().all(|subject| *subject == donor) {
        return Ok(History { decisions, mergers: Vec::new() });
    }
    let survivors = subjects.into_iter().chain([donor]).map(Into::into);
    let text = "SELECT survivor_id, clearance_marks FROM donor_merge WHERE undone_at IS NULL";
    let mut mergers = Vec::new();
    for row in sql::select_by_keys(db, text, vec![], "survivor_id", survivors).await? {
        let marks: String = row.try_get_by_index(1)?;
        mergers.push(Merger {
            survivor: row.try_get_by_index(0)?,
            marks: serde_json::from_str::<Vec<Mark>>(&marks)?,
        });
    }
    Ok(History { decisions, mergers })
}

/// The latest decisions on two donors that are about to be merged, by each producer.
pub(crate) async fn marks(
    db: &impl ConnectionTrait,
    survivor: DonorId,
    duplicate: DonorId,
) -> Result<Vec<Mark>, StoreError> {
    let mut latest: BTreeMap<(DonorId, String), Mark> = BTreeMap::new();
    for donor in [survivor, duplicate] {
        for Decision { subject, producer, ordinal, .. } in history(db, donor).await?.decisions {
            let key = (subject, producer.as_str().to_owned());
            let mark = latest.entry(key).or_insert(Mark { subject, producer, ordinal });
            mark.ordinal = mark.ordinal.max(ordinal);
        }
    }
    Ok(latest.into_values().collect())
}

/// Gives the decisions on donors that are no longer merged into `from` to the donor that they belong to again: those that
/// arrived since the merger, too.
pub(crate) async fn give_back(
    tx: &Transaction,
    subjects: &[DonorId],
    from: DonorId,
    to: DonorId,
) -> Result<(), StoreError> {
    let mut parameters = params![to, from];
    let listed = sql::bind_list(&mut parameters, subjects.iter().map(|subject| (*subject).into()));
    let text = format!("UPDATE clearance SET donor_id = $1 WHERE donor_id = $2 AND subject_id IN ({listed})");
    sql::execute(tx.db(), &text, parameters).await?;
    Ok(())
}

/// The number of the next decision that headquarters takes on a donor; none once another producer decides on it. Nobody
/// else takes a number of this donor before the transaction ends.
pub(crate) async fn next_ordinal(tx: &Transaction, donor: DonorId) -> Result<Option<i64>, StoreError> {
    tx.lock(&format!("clearances of {donor}")).await?;
    let decisions = history(tx.db(), donor).await?.decisions;
    if !decisions.iter().all(Decision::is_own) {
        return Ok(None);
    }
    Ok(Some(decisions.iter().map(|decision| decision.ordinal).max().unwrap_or(0) + 1))
}
