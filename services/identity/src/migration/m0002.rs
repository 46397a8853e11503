use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0002;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0002)
}

impl MigrationName for M0002 {
    fn name(&self) -> &str {
        "m0002_revocations"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0002 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "CREATE TABLE revocation (
                       session_id {uuid} PRIMARY KEY,
                       expires_at {instant} NOT NULL
                     )";
        ddl(manager, table).await?;
        protect(manager, &[Tenant::platform("revocation")]).await
    }
}
