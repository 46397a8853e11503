use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0004;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0004)
}

impl MigrationName for M0004 {
    fn name(&self) -> &str {
        "m0004_scenarios"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0004 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        protect(manager, &[Tenant::organisation_owned("scenario")]).await
    }
}

const TABLES: &str = "
CREATE TABLE scenario (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  window_id {uuid} NOT NULL,
  title text NOT NULL,
  note text,
  question text NOT NULL,
  answer text NOT NULL,
  reasons text NOT NULL,
  created_by {uuid} NOT NULL,
  created_at {instant} NOT NULL
);
CREATE INDEX scenario_of_window ON scenario (window_id, id);
";
