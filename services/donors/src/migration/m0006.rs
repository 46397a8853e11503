use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0006;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0006)
}

impl MigrationName for M0006 {
    fn name(&self) -> &str {
        "m0006_imports_of_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0006 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, IMPORTS_OF_TABLES).await
    }
}

const IMPORTS_OF_TABLES: &str = "
ALTER TABLE import ADD COLUMN source text NOT NULL DEFAULT 'fts';
ALTER TABLE import ADD COLUMN columns text NOT NULL DEFAULT '[]';
CREATE INDEX donor_by_iati_identifier ON donor (organisation_id, iati_identifier);
";
