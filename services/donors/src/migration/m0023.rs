use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0023;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0023)
}

impl MigrationName for M0023 {
    fn name(&self) -> &str {
        "m0023_donors_to_decide_on"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0023 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, COLUMNS).await
    }
}

/// A new donor may have no type. SQLite cannot say that of a column that is there: the column is made anew.
const COLUMNS: &str = "
ALTER TABLE import ADD COLUMN undecided bigint NOT NULL DEFAULT 0;
ALTER TABLE import_new_donor ADD COLUMN stated_type text;
UPDATE import_new_donor SET stated_type = donor_type;
ALTER TABLE import_new_donor DROP COLUMN donor_type;
ALTER TABLE import_new_donor RENAME COLUMN stated_type TO donor_type;
";
