use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0010;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0010)
}

impl MigrationName for M0010 {
    fn name(&self) -> &str {
        "m0010_signatures_documents"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0010 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SIGNATURES).await?;
        protect(
            manager,
            &[
                Tenant::organisation("signature_rule", "organisation_id"),
                Tenant::office("agreement_document")
                    .donor("donor_id = scope_donor() AND visibility = 'donor'"),
            ],
        )
        .await
    }
}

const SIGNATURES: &str = "
ALTER TABLE agreement ADD COLUMN first_signed_by {uuid};
ALTER TABLE agreement ADD COLUMN first_signed_at {instant};
CREATE TABLE signature_rule (
  organisation_id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  threshold_usd bigint,
  updated_at {instant} NOT NULL
);
CREATE TABLE agreement_document (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  donor_id {uuid} NOT NULL,
  agreement_id {uuid} NOT NULL REFERENCES agreement (id),
  name text NOT NULL,
  media_type text NOT NULL,
  size bigint NOT NULL,
  sha256 text NOT NULL,
  visibility text NOT NULL,
  created_at {instant} NOT NULL
);
CREATE INDEX agreement_document_by_agreement ON agreement_document (agreement_id, id);
CREATE INDEX agreement_document_by_donor ON agreement_document (donor_id);
";
