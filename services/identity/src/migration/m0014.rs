use kernel::OfficeId;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::{
    StoreError,
    migration::{Tenant, ddl, protect},
    params, sql,
};

struct M0014;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0014)
}

impl MigrationName for M0014 {
    fn name(&self) -> &str {
        "m0014_offices_that_close"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0014 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        protect(manager, &[Tenant::organisation("known_agreement", "organisation_id")]).await?;
        fill_search(manager.get_connection()).await.map_err(|error| match error {
            StoreError::Database(error) => error,
            other @ (StoreError::Bus(_)
            | StoreError::SecondConnection
            | StoreError::Document(_)
            | StoreError::Damaged(_)
            | StoreError::NotYetKnown(_)
            | StoreError::Sealed(_)
            | StoreError::Newer(_)) => DbErr::Migration(other.to_string()),
        })
    }
}

/// What offices are found by. One that an older process adds during an upgrade is found once it is changed.
async fn fill_search(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    for row in sql::rows(db, "SELECT id, code, name FROM office", vec![]).await? {
        let (id, code, name): (OfficeId, String, String) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let key = kernel::text::search_key(&format!("{name} {code}"));
        sql::execute(db, "UPDATE office SET search = $1 WHERE id = $2", params![key, id]).await?;
    }
    Ok(())
}

const TABLES: &str = "
ALTER TABLE office ADD COLUMN time_zone text;
ALTER TABLE office ADD COLUMN is_closed boolean NOT NULL DEFAULT false;
ALTER TABLE office ADD COLUMN closed_at {instant};
ALTER TABLE office ADD COLUMN search text NOT NULL DEFAULT '';
CREATE TABLE known_agreement (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  reference text NOT NULL,
  state text NOT NULL
);
CREATE INDEX known_agreement_by_office ON known_agreement (office_id, reference);
";
