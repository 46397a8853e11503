use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0017;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0017)
}

impl MigrationName for M0017 {
    fn name(&self) -> &str {
        "m0017_rights_announced"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0017 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Whoever was announced without permissions is announced once more by the service itself.
        ddl(
            manager,
            "ALTER TABLE person ADD COLUMN announced_rights bigint NOT NULL DEFAULT 0;
             CREATE INDEX person_rights_to_announce ON person (announced_rights, id) WHERE donor_id IS NULL;",
        )
        .await
    }
}
