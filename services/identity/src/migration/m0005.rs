use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0005;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0005)
}

impl MigrationName for M0005 {
    fn name(&self) -> &str {
        "m0005_merged_donors"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0005 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, "ALTER TABLE known_donor ADD COLUMN merged_into {uuid};").await
    }
}
