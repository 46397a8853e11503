use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0022;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0022)
}

impl MigrationName for M0022 {
    fn name(&self) -> &str {
        "m0022_titles"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0022 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TITLES).await
    }
}

/// Beside the terms: a process of the version before refuses terms with fields that it does not know.
const TITLES: &str = "
ALTER TABLE agreement ADD COLUMN title_fr text;
ALTER TABLE agreement ADD COLUMN title_es text;
";
