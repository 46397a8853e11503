use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0008;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0008)
}

impl MigrationName for M0008 {
    fn name(&self) -> &str {
        "m0008_contacts"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0008 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, CONTACTS).await?;
        protect(manager, &[Tenant::organisation_owned("contact")]).await
    }
}

/// What is `{bytes}` is sealed. When the person is erased all of it is empty, the key first of all.
const CONTACTS: &str = "
CREATE TABLE contact (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  donor_id {uuid} NOT NULL REFERENCES donor (id),
  key_id text,
  subject_key {bytes},
  name {bytes},
  post {bytes},
  unit {bytes},
  languages {bytes},
  email {bytes},
  phone {bytes},
  address {bytes},
  notes {bytes},
  liaison_post text,
  consent_basis text,
  consent_given_on {date},
  consent_withdrawn_on {date},
  valid_from {date},
  valid_until {date},
  erased_at {instant},
  erased_by {uuid},
  erased_reason text,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE INDEX contact_by_donor ON contact (donor_id, id);
CREATE INDEX contact_by_key ON contact (key_id, id);
";
