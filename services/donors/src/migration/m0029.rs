use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0029;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0029)
}

impl MigrationName for M0029 {
    fn name(&self) -> &str {
        "m0029_clients"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0029 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, CLIENT).await?;
        protect(manager, &[Tenant::organisation("known_client", "organisation_id")]).await
    }
}

const CLIENT: &str = "
CREATE TABLE known_client (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  scopes text NOT NULL,
  is_active boolean NOT NULL
);
";
