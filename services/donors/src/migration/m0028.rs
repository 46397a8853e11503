use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0028;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0028)
}

impl MigrationName for M0028 {
    fn name(&self) -> &str {
        "m0028_representatives"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0028 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, REPRESENTATIVE).await?;
        protect(manager, &[Tenant::organisation("known_representative", "organisation_id")]).await
    }
}

const REPRESENTATIVE: &str = "
CREATE TABLE known_representative (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  is_active boolean NOT NULL,
  access_until {date}
);
";
