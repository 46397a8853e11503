use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0017;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0017)
}

impl MigrationName for M0017 {
    fn name(&self) -> &str {
        "m0017_signatory_responsible"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0017 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, AGREEMENT).await
    }
}

const AGREEMENT: &str = "
ALTER TABLE agreement ADD COLUMN signatory text;
ALTER TABLE agreement ADD COLUMN responsible_id {uuid};
";
