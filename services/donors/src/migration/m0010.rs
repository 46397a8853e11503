use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

pub(super) struct M0010;

impl MigrationName for M0010 {
    fn name(&self) -> &str {
        "m0010_signatures"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0010 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SIGNATURES).await?;
        protect(manager, &[Tenant::organisation("signature_rule", "organisation_id")]).await
    }
}

const SIGNATURES: &str = "
ALTER TABLE agreement ADD COLUMN first_signed_by {uuid};
ALTER TABLE agreement ADD COLUMN first_signed_at {instant};
CREATE TABLE signature_rule (
  organisation_id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  threshold_usd bigint,
  updated_at {instant} NOT NULL
);
";
