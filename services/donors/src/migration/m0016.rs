use chrono::{DateTime, Utc};
use kernel::{ClearanceId, DonorId};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{
    StoreError,
    migration::{Tenant, ddl, protect},
    params, sql,
};
use uuid::Uuid;

struct M0016;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0016)
}

impl MigrationName for M0016 {
    fn name(&self) -> &str {
        "m0016_order_of_clearances"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0016 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, ORDER).await?;
        let failed = |error: StoreError| DbErr::Custom(error.to_string());
        let db = manager.get_connection();
        let merges = merges(db).await.map_err(failed)?;
        subjects(db, &merges).await.map_err(failed)?;
        sql::execute(db, NUMBERS, vec![]).await.map_err(failed)?;
        marks(db, &merges).await.map_err(failed)?;
        protect(manager, &[Tenant::organisation("clearance_rule", "organisation_id")]).await
    }
}

/// A merge that was not undone, with the decisions that it moved.
struct Merged {
    id: Uuid,
    survivor: DonorId,
    duplicate: DonorId,
    clearances: Vec<ClearanceId>,
    merged_at: DateTime<Utc>,
}

/// The part of a merge's list of records that matters here.
#[derive(Deserialize)]
struct Moved {
    clearances: Vec<ClearanceId>,
}

/// Oldest first.
async fn merges(db: &impl ConnectionTrait) -> Result<Vec<Merged>, StoreError> {
    let text = "SELECT id, survivor_id, duplicate_id, moved, merged_at FROM donor_merge
                WHERE undone_at IS NULL AND id > $1 ORDER BY id LIMIT 100";
    let (mut found, mut last) = (Vec::new(), Uuid::nil());
    loop {
        let rows = sql::rows(db, text, params![last]).await?;
        if rows.is_empty() {
            return Ok(found);
        }
        for row in &rows {
            last = row.try_get_by_index(0)?;
            let moved: String = row.try_get_by_index(3)?;
            found.push(Merged {
                id: last,
                survivor: row.try_get_by_index(1)?,
                duplicate: row.try_get_by_index(2)?,
                clearances: serde_json::from_str::<Moved>(&moved)?.clearances,
                merged_at: row.try_get_by_index(4)?,
            });
        }
    }
}

/// The donor that each decision was taken on: of those that merges moved, the duplicate of the first one.
async fn subjects(db: &impl ConnectionTrait, merges: &[Merged]) -> Result<(), StoreError> {
    sql::execute(db, "UPDATE clearance SET subject_id = donor_id", vec![]).await?;
    for merged in merges.iter().rev() {
        for chunk in merged.clearances.chunks(500) {
            let mut parameters = params![merged.duplicate];
            let listed = sql::bind_list(&mut parameters, chunk.iter().map(|id| (*id).into()));
            let text = format!("UPDATE clearance SET subject_id = $1 WHERE id IN ({listed})");
            sql::execute(db, &text, parameters).await?;
        }
    }
    Ok(())
}

/// What each merge found: of the duplicate all that it moved, of the donor that stayed what was recorded before it.
async fn marks(db: &impl ConnectionTrait, merges: &[Merged]) -> Result<(), StoreError> {
    for merged in merges {
        let mut latest: BTreeMap<DonorId, i64> = BTreeMap::new();
        let mut note = |subject: DonorId, ordinal: i64| {
            let mark = latest.entry(subject).or_insert(ordinal);
            *mark = ordinal.max(*mark);
        };
        for chunk in merged.clearances.chunks(500) {
            let select = "SELECT subject_id, ordinal FROM clearance WHERE true";
            let ids = chunk.iter().map(|id| (*id).into());
            for row in sql::select_by_keys(db, select, vec![], "id", ids).await? {
                note(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            }
        }
        let text = "SELECT ordinal FROM clearance WHERE subject_id = $1 AND created_at <= $2";
        for row in sql::rows(db, text, params![merged.survivor, merged.merged_at]).await? {
            note(merged.survivor, row.try_get_by_index(0)?);
        }
        if latest.is_empty() {
            continue;
        }
        let marks: serde_json::Value = latest
            .iter()
            .map(|(subject, ordinal)| {
                serde_json::json!({ "subject": subject, "producer": "donors", "ordinal": ordinal })
            })
            .collect();
        let text = "UPDATE donor_merge SET clearance_marks = $1 WHERE id = $2";
        sql::execute(db, text, params![marks.to_string(), merged.id]).await?;
    }
    Ok(())
}

const ORDER: &str = "
ALTER TABLE clearance ADD COLUMN subject_id {uuid};
ALTER TABLE clearance ADD COLUMN producer text NOT NULL DEFAULT 'donors';
ALTER TABLE clearance ADD COLUMN ordinal bigint NOT NULL DEFAULT 0;
ALTER TABLE clearance ADD COLUMN is_counted boolean NOT NULL DEFAULT false;
ALTER TABLE donor_merge ADD COLUMN clearance_marks text NOT NULL DEFAULT '[]';
CREATE TABLE clearance_rule (
  organisation_id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  donor_types text NOT NULL,
  updated_at {instant} NOT NULL
);
";

/// Decisions so far are numbered by their ids, the order in which they were taken.
const NUMBERS: &str = "UPDATE clearance SET ordinal = (
  SELECT count(*) FROM clearance earlier WHERE earlier.subject_id = clearance.subject_id AND earlier.id <= clearance.id)";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clearance::store::history,
        migration::{Migrator, all},
    };
    use kernel::{OfficeId, OrganisationId, SystemClock};
    use sea_orm_migration::MigratorTrait;
    use std::sync::Arc;
    use store::Store;

    const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
    const OFFICE: OfficeId = OfficeId::from_u128(2);
    const DUPLICATE: DonorId = DonorId::from_u128(3);
    const SURVIVOR: DonorId = DonorId::from_u128(4);

    fn at(hour: &str) -> DateTime<Utc> {
        format!("2026-03-01T{hour}:00:00Z").parse().unwrap()
    }

    async fn record(store: &Store, id: u128, hour: &str, decision: &str) {
        let text = "INSERT INTO clearance (id, organisation_id, office_id, donor_id, decision, valid_from, valid_until,
                    reference, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'DD', $8)";
        let (from, until) = (at("00").date_naive(), at("00").date_naive() + chrono::Days::new(300));
        let id = ClearanceId::from_u128(id);
        let values = params![id, ORGANISATION, OFFICE, SURVIVOR, decision, from, until, at(hour)];
        sql::execute(store.writer(), text, values).await.unwrap();
    }

    #[tokio::test]
    async fn decisions_so_far_keep_their_order_and_a_merge_that_was_made_hides_no_refusal() {
        let folder = testkit::folder();
        let store =
            Store::open_sqlite(&folder.path().join("donors.db"), Arc::new(SystemClock)).await.unwrap();
        let before = all().iter().position(|migration| migration.name() == M0016.name()).unwrap();
        Migrator::up(store.writer(), Some(u32::try_from(before).unwrap())).await.unwrap();
        for (id, merged_into) in [(SURVIVOR, None), (DUPLICATE, Some(SURVIVOR))] {
            let text = "INSERT INTO donor (id, version, organisation_id, office_id, name, search, donor_type, status,
                        merged_into, created_at, updated_at)
                        VALUES ($1, 1, $2, $3, $4, $4, 'private_sector', 'active', $5, $6, $6)";
            let values = params![id, ORGANISATION, OFFICE, id.to_string(), merged_into, at("00")];
            sql::execute(store.writer(), text, values).await.unwrap();
        }
        // The duplicate was refused, the survivor cleared twice; then they were merged.
        for (id, hour, decision) in [(11, "01", "refused"), (12, "02", "cleared"), (13, "03", "cleared")] {
            record(&store, id, hour, decision).await;
        }
        let moved = serde_json::json!({ "clearances": [ClearanceId::from_u128(11)] }).to_string();
        let text = "INSERT INTO donor_merge (id, version, organisation_id, office_id, survivor_id, duplicate_id, reason,
                    moved, merged_at) VALUES ($1, 1, $2, $3, $4, $5, 'Twice', $6, $7)";
        let values = params![Uuid::from_u128(9), ORGANISATION, OFFICE, SURVIVOR, DUPLICATE, moved, at("04")];
        sql::execute(store.writer(), text, values).await.unwrap();
        Migrator::up(store.writer(), Some(1)).await.unwrap();

        let found = history(store.writer(), SURVIVOR).await.unwrap();
        let numbers: BTreeMap<ClearanceId, (DonorId, i64)> =
            found.decisions.iter().map(|one| (one.id, (one.subject, one.ordinal))).collect();
        let expected = [(11, (DUPLICATE, 1)), (12, (SURVIVOR, 1)), (13, (SURVIVOR, 2))];
        let expected = expected.map(|(id, place)| (ClearanceId::from_u128(id), place));
        assert_eq!(numbers, BTreeMap::from(expected));
        let day = at("05").date_naive();
        assert_eq!(found.holds_until(day), None, "the refusal counts");
        // What was recorded after the merge lifts it.
        record(&store, 14, "05", "cleared").await;
        let text = "UPDATE clearance SET subject_id = donor_id, ordinal = 3 WHERE id = $1";
        sql::execute(store.writer(), text, params![ClearanceId::from_u128(14)]).await.unwrap();
        let found = history(store.writer(), SURVIVOR).await.unwrap();
        assert!(found.holds_until(day).is_some());
    }
}
