use ::store::migration::ddl;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

struct M0005;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0005)
}

impl MigrationName for M0005 {
    fn name(&self) -> &str {
        "m0005_empty_cells"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0005 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A cell that counts nothing any more is removed when it comes to that, and found by an index that holds no others.
        ddl(
            manager,
            "DELETE FROM funding_cell WHERE funding_flows = 0 AND pledge_flows = 0;
             CREATE INDEX funding_cell_empty ON funding_cell (organisation_id)
               WHERE funding_flows = 0 AND pledge_flows = 0;",
        )
        .await
    }
}
