use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0021;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0021)
}

impl MigrationName for M0021 {
    fn name(&self) -> &str {
        "m0021_imports_tell_everything"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0021 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        let tables = [
            Tenant::child("import_change", "import", "import_id"),
            Tenant::child("import_new_donor", "import", "import_id"),
            Tenant::platform("import_upload"),
            Tenant::organisation("import_mapping", "organisation_id"),
        ];
        protect(manager, &tables).await
    }
}

const TABLES: &str = "
ALTER TABLE import ADD COLUMN upload_id {uuid};
ALTER TABLE import ADD COLUMN uploaded_by {uuid};
ALTER TABLE import ADD COLUMN uploaded_in {uuid};
ALTER TABLE import ADD COLUMN upload_expires_at {instant};
ALTER TABLE import ADD COLUMN decimal_sign text;
ALTER TABLE import ADD COLUMN empty_cells text;
ALTER TABLE import ADD COLUMN receiver text;
ALTER TABLE import ADD COLUMN donor_decisions text NOT NULL DEFAULT '[]';
ALTER TABLE import ADD COLUMN new_donors bigint NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN totals text;
CREATE TABLE import_change (
  import_id {uuid} NOT NULL REFERENCES import (id),
  number bigint NOT NULL,
  changes text NOT NULL,
  PRIMARY KEY (import_id, number)
);
CREATE TABLE import_new_donor (
  import_id {uuid} NOT NULL REFERENCES import (id),
  number bigint NOT NULL,
  name text NOT NULL,
  donor_type text NOT NULL,
  reference text,
  donor_id {uuid},
  nearest text NOT NULL,
  is_compared boolean NOT NULL,
  PRIMARY KEY (import_id, number)
);
CREATE TABLE import_upload (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  principal_id {uuid} NOT NULL,
  files text NOT NULL,
  size bigint NOT NULL,
  is_complete boolean NOT NULL,
  created_at {instant} NOT NULL,
  expires_at {instant} NOT NULL
);
CREATE INDEX import_upload_by_expiry ON import_upload (expires_at);
CREATE TABLE import_mapping (
  organisation_id {uuid} NOT NULL,
  source text NOT NULL,
  version bigint NOT NULL,
  columns text NOT NULL,
  decimal_sign text,
  empty_cells text,
  updated_at {instant} NOT NULL,
  PRIMARY KEY (organisation_id, source)
);
";
