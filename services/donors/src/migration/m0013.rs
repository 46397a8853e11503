use crate::contribution::target::{self, Targets};
use kernel::ContributionId;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::{
    StoreError,
    migration::{Tenant, ddl, protect},
    params, sql,
};

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
        fill(manager.get_connection()).await.map_err(|error| DbErr::Custom(error.to_string()))?;
        protect(manager, &[Tenant::office("contribution_target")]).await
    }
}

/// The rows of the records that are there.
pub(crate) async fn fill(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    let text = "SELECT id, organisation_id, office_id, usage_years, countries, status, earmarking
                FROM contribution WHERE id > $1 ORDER BY id LIMIT 1000";
    let mut last = ContributionId::nil();
    loop {
        let rows = sql::rows(db, text, params![last]).await?;
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            let targets = Targets {
                id: row.try_get_by_index(0)?,
                organisation_id: row.try_get_by_index(1)?,
                office_id: row.try_get_by_index(2)?,
                years: row.try_get_by_index(3)?,
                countries: row.try_get_by_index(4)?,
                status: row.try_get_by_index(5)?,
                earmarking: row.try_get_by_index(6)?,
            };
            last = targets.id;
            records.push((None, targets));
        }
        if records.is_empty() {
            return Ok(());
        }
        target::write(db, &records).await?;
    }
}

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
