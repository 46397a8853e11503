use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0012;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0012)
}

impl MigrationName for M0012 {
    fn name(&self) -> &str {
        "m0012_sessions_password_resets_account_letters"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0012 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        let own = [
            Tenant::child("password_reset", "person", "person_id"),
            Tenant::child("account_letter", "person", "person_id"),
            Tenant::platform("password_reset_request"),
        ];
        protect(manager, &own).await
    }
}

// When a sign-in began stands in its id, and when it was last used in its refresh tokens: those that are there already need
// nothing. What an older process adds beside this has no browser.
const TABLES: &str = "
ALTER TABLE token_family ADD COLUMN browser text;
CREATE INDEX token_family_by_person ON token_family (person_id);
CREATE TABLE password_reset (
  token_hash text PRIMARY KEY,
  person_id {uuid} NOT NULL REFERENCES person (id),
  expires_at {instant} NOT NULL,
  used_at {instant}
);
CREATE INDEX password_reset_by_person ON password_reset (person_id) WHERE used_at IS NULL;
CREATE INDEX password_reset_by_expiry ON password_reset (expires_at);
CREATE TABLE password_reset_request (
  id {uuid} PRIMARY KEY,
  key_id text NOT NULL,
  subject_key {bytes} NOT NULL,
  address {bytes} NOT NULL,
  created_at {instant} NOT NULL
);
CREATE TABLE account_letter (
  id {uuid} PRIMARY KEY,
  person_id {uuid} NOT NULL REFERENCES person (id),
  kind text NOT NULL,
  key_id text,
  subject_key {bytes},
  token {bytes},
  mail_id {uuid} REFERENCES mail (id),
  created_at {instant} NOT NULL
);
CREATE INDEX account_letter_waiting ON account_letter (created_at) WHERE mail_id IS NULL;
CREATE INDEX account_letter_of_person ON account_letter (person_id) WHERE mail_id IS NULL;
CREATE INDEX account_letter_by_mail ON account_letter (mail_id);
CREATE INDEX account_letter_sealed ON account_letter (mail_id) WHERE token IS NOT NULL;
";
