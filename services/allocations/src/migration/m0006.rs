use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0006;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0006)
}

impl MigrationName for M0006 {
    fn name(&self) -> &str {
        "m0006_what_entries_read"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0006 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, INDEXES).await
    }
}

/// What is available of each lot, which every entry adds up and draws on: one row of a lot, among those of its proposals.
/// And the decisions of a pool, which are verified with its ledger.
const INDEXES: &str = "
CREATE INDEX position_available ON position (pool_id, lot_id) WHERE account = 'available';
CREATE INDEX decision_by_pool ON decision (pool_id, id) WHERE pool_id IS NOT NULL;
";
