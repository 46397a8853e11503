use ::store::migration::{Tenant, ddl, protect};
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

struct M0008;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0008)
}

impl MigrationName for M0008 {
    fn name(&self) -> &str {
        "m0008_plan_imports"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0008 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, PLAN_IMPORTS).await?;
        let tables =
            [Tenant::office("plan_import"), Tenant::child("plan_import_row", "plan_import", "import_id")];
        protect(manager, &tables).await
    }
}

const PLAN_IMPORTS: &str = "
CREATE TABLE plan_import (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  file text,
  state text NOT NULL,
  plans_read bigint NOT NULL,
  created bigint NOT NULL,
  updated bigint NOT NULL,
  unchanged bigint NOT NULL,
  rejected bigint NOT NULL,
  created_at {instant} NOT NULL
);
CREATE INDEX plan_import_by_office ON plan_import (office_id, id);
CREATE TABLE plan_import_row (
  import_id {uuid} NOT NULL REFERENCES plan_import (id),
  number bigint NOT NULL,
  external_ref text,
  name text,
  verdict text NOT NULL,
  plan_id {uuid},
  errors text,
  PRIMARY KEY (import_id, number)
);
";
