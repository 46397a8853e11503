use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0008;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0008)
}

impl MigrationName for M0008 {
    fn name(&self) -> &str {
        "m0008_people_announced"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0008 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Whoever is there already is announced by the service itself, as is what an older process writes meanwhile.
        ddl(
            manager,
            "ALTER TABLE person ADD COLUMN announced_version bigint NOT NULL DEFAULT 0;
             CREATE INDEX person_to_announce ON person (id)
               WHERE announced_version < version AND donor_id IS NULL;",
        )
        .await
    }
}
