use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0007;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0007)
}

impl MigrationName for M0007 {
    fn name(&self) -> &str {
        "m0007_unearmarked_reports"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0007 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        let reports = Tenant::organisation_owned("unearmarked_report").public("state = 'published'");
        protect(manager, &[reports]).await
    }
}

/// `visibility` of a contribution or a plan is null until its next event: neither is named in public before. A report is
/// of a committee and a year; its figures are null until it is published.
const TABLES: &str = "
ALTER TABLE known_contribution ADD COLUMN visibility text;
ALTER TABLE known_plan ADD COLUMN visibility text;
CREATE TABLE unearmarked_report (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  committee_id {uuid} NOT NULL REFERENCES committee (id),
  year integer NOT NULL,
  state text NOT NULL,
  texts text NOT NULL,
  figures text,
  sha256 text,
  public_figures text,
  public_sha256 text,
  published_by {uuid},
  published_at {instant},
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX unearmarked_report_by_year ON unearmarked_report (committee_id, year);
CREATE INDEX unearmarked_report_by_organisation ON unearmarked_report (organisation_id, id);
";
