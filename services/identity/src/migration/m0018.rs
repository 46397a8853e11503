use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0018;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0018)
}

impl MigrationName for M0018 {
    fn name(&self) -> &str {
        "m0018_clients_announced"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0018 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Clients that are there, and those that an older process changes, are announced by the service itself.
        ddl(
            manager,
            "ALTER TABLE client ADD COLUMN announced_version bigint NOT NULL DEFAULT 0;
             CREATE INDEX client_to_announce ON client (id) WHERE announced_version < version;",
        )
        .await
    }
}
