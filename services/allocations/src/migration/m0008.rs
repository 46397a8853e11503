use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0008;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0008)
}

impl MigrationName for M0008 {
    fn name(&self) -> &str {
        "m0008_need"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0008 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        let tables = ["known_plan_funding", "vulnerability_index"];
        protect(manager, &tables.map(|table| Tenant::organisation(table, "organisation_id"))).await
    }
}

/// Amounts are US cents.
const TABLES: &str = "
CREATE TABLE known_plan_funding (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  requirement bigint,
  funding bigint NOT NULL,
  pledges bigint NOT NULL
);
CREATE INDEX known_plan_funding_by_organisation ON known_plan_funding (organisation_id);
CREATE TABLE vulnerability_index (
  organisation_id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  source text NOT NULL,
  year bigint NOT NULL,
  countries text NOT NULL,
  updated_at {instant} NOT NULL
);
";
