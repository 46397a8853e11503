use sea_orm::{DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0013;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0013)
}

impl MigrationName for M0013 {
    fn name(&self) -> &str {
        "m0013_targets_deliveries"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0013 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // On PostgreSQL what lists are filtered by, and what says who sees a row, is in the index as well.
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        let covering = if is_postgres { "INCLUDE (organisation_id, status, earmarking)" } else { "" };
        ddl(manager, &TARGETS.replace("{covering}", covering)).await?;
        protect(manager, &[Tenant::office("contribution_target")]).await
    }
}

/// The targets are filled by `m0027`, which makes the table anew.
const TARGETS: &str = "
CREATE TABLE contribution_target (
  office_id {uuid} NOT NULL,
  target text NOT NULL,
  contribution_id {uuid} NOT NULL,
  organisation_id {uuid} NOT NULL,
  status text NOT NULL,
  earmarking text,
  PRIMARY KEY (office_id, target, contribution_id) {covering}
) {clustered};
DROP INDEX contribution_by_years;
DROP INDEX contribution_by_countries;
CREATE INDEX report_delivery
  ON report (office_id, due_date, due_at, submitted_at, state, donor_id, organisation_id);
";
