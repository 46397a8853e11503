use ::store::{
    StoreError,
    migration::{Tenant, ddl, protect},
    params, sql,
};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use uuid::Uuid;

struct M0013;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0013)
}

impl MigrationName for M0013 {
    fn name(&self) -> &str {
        "m0013_plan_funding_allocations"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0013 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        let tables = [
            Tenant::organisation("plan_to_tell", "organisation_id"),
            Tenant::organisation("plan_funding", "organisation_id"),
            Tenant::organisation("known_allocation", "organisation_id"),
            Tenant::organisation("known_allocation_source", "organisation_id"),
        ];
        protect(manager, &tables).await?;
        let db = manager.get_connection();
        note_every_plan(db).await.map_err(|error: StoreError| DbErr::Migration(error.to_string()))
    }
}

/// What plans have received has been told of none so far.
async fn note_every_plan(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    let text = "SELECT id, organisation_id, external_source, external_ref FROM plan";
    let mut notes = Vec::new();
    for row in sql::rows(db, text, vec![]).await? {
        let (id, organisation_id): (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let source: Option<String> = row.try_get_by_index(2)?;
        let reference: Option<String> = row.try_get_by_index(3)?;
        let key = match (source.as_deref(), reference) {
            (Some("fts"), Some(reference)) => format!("fts:{reference}"),
            _ => id.to_string(),
        };
        notes.push(params![organisation_id, id, key]);
    }
    sql::insert_many(db, "plan_to_tell", &["organisation_id", "id", "funding_key"], notes, "").await?;
    Ok(())
}

/// `plan_to_tell` has a row for each change that may have changed what a plan needs or has received; `plan_funding`
/// what was told last. Contributions that were counted before have no `root_id` until they change or the read model is
/// rebuilt: until then each counts as the first record of its money. Amounts are US cents.
const TABLES: &str = "
CREATE TABLE plan_to_tell (
  organisation_id {uuid} NOT NULL,
  id {uuid} NOT NULL,
  funding_key text NOT NULL,
  PRIMARY KEY (organisation_id, id)
);
CREATE INDEX plan_to_tell_by_key ON plan_to_tell (organisation_id, funding_key);
CREATE TABLE plan_funding (
  plan_id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  funding_key text NOT NULL,
  sequence bigint NOT NULL,
  requirement bigint,
  funding bigint NOT NULL,
  pledges bigint NOT NULL,
  told_at {instant} NOT NULL
);
CREATE INDEX plan_funding_by_key ON plan_funding (organisation_id, funding_key);
ALTER TABLE funding_fact ADD COLUMN root_id {uuid};
CREATE INDEX funding_fact_by_root ON funding_fact (root_id);
CREATE TABLE known_allocation (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  visibility text NOT NULL,
  country text,
  year integer NOT NULL,
  plan_id {uuid}
);
CREATE TABLE known_allocation_source (
  allocation_id {uuid} NOT NULL,
  root_id {uuid} NOT NULL,
  organisation_id {uuid} NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (allocation_id, root_id)
);
CREATE INDEX known_allocation_source_by_root ON known_allocation_source (root_id);
";
