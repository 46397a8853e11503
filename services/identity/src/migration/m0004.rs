use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0004;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0004)
}

impl MigrationName for M0004 {
    fn name(&self) -> &str {
        "m0004_profiles_focal_points"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0004 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(
            manager,
            "ALTER TABLE person ADD COLUMN time_zone text;
             ALTER TABLE person ADD COLUMN muted text NOT NULL DEFAULT '';
             ALTER TABLE person ADD COLUMN search text NOT NULL DEFAULT '';
             UPDATE person SET search = lower(name) || ' ' || email;
             ALTER TABLE known_donor ADD COLUMN focal_point_id {uuid};",
        )
        .await
    }
}
