use ::store::migration::{Tenant, ddl, protect};
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

struct M0003;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0003)
}

impl MigrationName for M0003 {
    fn name(&self) -> &str {
        "m0003_objectives_updates_years"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0003 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, OBJECTIVES_AND_UPDATES).await?;
        let seen = "EXISTS (SELECT 1 FROM plan WHERE plan.id = plan_update.plan_id)";
        // Years and the donors' public pages are counted from here on: by `m0009`, which counts everything anew.
        protect(manager, &[Tenant::office("plan_update").donor(seen).public(seen)]).await
    }
}

const OBJECTIVES_AND_UPDATES: &str = "
ALTER TABLE plan ADD COLUMN objectives text NOT NULL DEFAULT '[]';
CREATE TABLE plan_update (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  plan_id {uuid} NOT NULL REFERENCES plan (id),
  title text NOT NULL,
  body text NOT NULL,
  language text NOT NULL,
  published_at {instant} NOT NULL
);
CREATE INDEX plan_update_by_plan ON plan_update (plan_id, id);
CREATE INDEX plan_update_by_organisation ON plan_update (organisation_id, id);
";
