use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::{migration::ddl, person};

struct M0026;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0026)
}

impl MigrationName for M0026 {
    fn name(&self) -> &str {
        "m0026_people_and_liaison_offices"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0026 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, LIAISON).await?;
        person::office_table(manager).await
    }
}

const LIAISON: &str = "
ALTER TABLE donor ADD COLUMN liaison_office_id {uuid};
CREATE INDEX donor_by_liaison_office ON donor (organisation_id, liaison_office_id, name, id)
  WHERE liaison_office_id IS NOT NULL;
";
