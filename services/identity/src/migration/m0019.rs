use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0019;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0019)
}

impl MigrationName for M0019 {
    fn name(&self) -> &str {
        "m0019_mail_of_allocations"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0019 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // An item is about a report, or about an allocation: then `report_id` is the record that it leads to.
        ddl(manager, "ALTER TABLE mail_item ADD COLUMN for_allocation boolean NOT NULL DEFAULT false").await
    }
}
