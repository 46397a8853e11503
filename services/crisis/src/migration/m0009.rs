use crate::funding::store;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

struct M0009;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0009)
}

impl MigrationName for M0009 {
    fn name(&self) -> &str {
        "m0009_figures"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0009 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Where the funding of plans is counted, and what organisations received, are counted from here on. The totals,
        // which the lists repeat, stay as they are.
        let counted = store::recount(manager.get_connection()).await;
        counted.map_err(|error| DbErr::Migration(error.to_string()))
    }
}
