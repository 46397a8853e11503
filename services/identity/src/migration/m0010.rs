use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0010;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0010)
}

impl MigrationName for M0010 {
    fn name(&self) -> &str {
        "m0010_addresses_by_organisation"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0010 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What an older process writes beside this has an empty address until the service fills it in.
        ddl(
            manager,
            "ALTER TABLE person ADD COLUMN address text NOT NULL DEFAULT '';
             UPDATE person SET address = email;
             CREATE UNIQUE INDEX person_of_organisation ON person (organisation_id, address) WHERE address <> '';
             CREATE INDEX person_by_address ON person (address);",
        )
        .await
    }
}
