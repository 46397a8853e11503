use crate::contribution::store::REPORTING_SOURCE;
use sea_orm::{DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::{
    StoreError,
    migration::{Tenant, ddl, protect},
    params, sql,
};

struct M0019;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0019)
}

impl MigrationName for M0019 {
    fn name(&self) -> &str {
        "m0019_ours"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0019 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let failed = |error: StoreError| DbErr::Custom(error.to_string());
        let db = manager.get_connection();
        ddl(manager, COLUMNS).await?;
        sql::execute(db, REPORTED, params![REPORTING_SOURCE]).await.map_err(failed)?;
        // On PostgreSQL what lists are filtered by, and what says who sees a row, is in the index as well.
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        let covering =
            if is_postgres { "INCLUDE (organisation_id, status, earmarking, is_ours)" } else { "" };
        ddl(manager, &TABLES.replace("{covering}", covering)).await?;
        ddl(manager, INDEXES).await?;
        let seen =
            "EXISTS (SELECT 1 FROM contribution WHERE contribution.id = contribution_target.contribution_id)";
        protect(
            manager,
            &[
                Tenant::office("contribution_target").donor(seen),
                Tenant::organisation("recipient", "organisation_id"),
                Tenant::organisation("recipient_progress", "organisation_id"),
            ],
        )
        .await
    }
}

/// A record of the organisation's own is ours, and counts.
const COLUMNS: &str = "
ALTER TABLE contribution ADD COLUMN is_ours boolean NOT NULL DEFAULT true;
ALTER TABLE contribution ADD COLUMN counts_ours boolean NOT NULL DEFAULT true;
ALTER TABLE contribution ADD COLUMN counts_reported boolean NOT NULL DEFAULT true;
";

/// A flow that FTS reports is not, until the worker `donors.ours` has compared it with who the organisation is.
const REPORTED: &str = "UPDATE contribution SET is_ours = false, counts_ours = false WHERE source = $1";

/// Targets are made anew: with plans, and with whose money it is. They are filled by `m0027`, which makes them anew.
const TABLES: &str = "
DROP TABLE contribution_target;
CREATE TABLE contribution_target (
  office_id {uuid} NOT NULL,
  target text NOT NULL,
  contribution_id {uuid} NOT NULL,
  organisation_id {uuid} NOT NULL,
  status text NOT NULL,
  earmarking text,
  is_ours boolean NOT NULL,
  PRIMARY KEY (office_id, target, contribution_id) {covering}
) {clustered};
CREATE TABLE recipient (
  organisation_id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  names text NOT NULL,
  fts_organisation_ids text NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE TABLE recipient_progress (
  organisation_id {uuid} PRIMARY KEY,
  wanted text NOT NULL,
  position text NOT NULL,
  total bigint NOT NULL,
  compared bigint NOT NULL,
  changed bigint NOT NULL,
  started_at {instant} NOT NULL,
  finished_at {instant}
);
";

/// Lists of what is ours, which may be little among all that is reported. `is_ours` is a column too, so that SQLite, which
/// keeps no statistics, prefers these indexes to those of all records.
const INDEXES: &str = "
CREATE INDEX contribution_ours ON contribution (office_id, is_ours, id) WHERE is_ours = true;
CREATE INDEX contribution_ours_by_status ON contribution (office_id, is_ours, status, id) WHERE is_ours = true;
CREATE INDEX contribution_ours_by_earmarking ON contribution (office_id, is_ours, earmarking, id) WHERE is_ours = true;
CREATE INDEX contribution_ours_by_donor ON contribution (donor_id, is_ours, id) WHERE is_ours = true;
CREATE INDEX contribution_target_ours
  ON contribution_target (office_id, is_ours, target, contribution_id, status, earmarking, organisation_id)
  WHERE is_ours = true;
";
