use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::person;

struct M0012;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0012)
}

impl MigrationName for M0012 {
    fn name(&self) -> &str {
        "m0012_people"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0012 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        person::tables(manager).await
    }
}
