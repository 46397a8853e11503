use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0009;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0009)
}

impl MigrationName for M0009 {
    fn name(&self) -> &str {
        "m0009_notices"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0009 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        protect(
            manager,
            &[
                Tenant::organisation("allocation_notice", "organisation_id"),
                Tenant::platform("allocation_notice_read"),
            ],
        )
        .await
    }
}

/// `person_id` is empty for what whoever of the office may act is told.
const TABLES: &str = "
CREATE TABLE allocation_notice (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  person_id {uuid},
  kind text NOT NULL,
  record_id {uuid} NOT NULL,
  title text NOT NULL,
  created_at {instant} NOT NULL
);
CREATE INDEX allocation_notice_by_office ON allocation_notice (office_id, id);
CREATE INDEX allocation_notice_by_person ON allocation_notice (person_id, id);
CREATE INDEX allocation_notice_by_record ON allocation_notice (record_id);
CREATE TABLE allocation_notice_read (
  principal_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  last_read {uuid} NOT NULL,
  PRIMARY KEY (principal_id, office_id)
);
";
