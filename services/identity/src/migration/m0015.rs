use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0015;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0015)
}

impl MigrationName for M0015 {
    fn name(&self) -> &str {
        "m0015_organisation_settings"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0015 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        let logo = Tenant::organisation("organisation_logo", "organisation_id").donor("true").public("true");
        protect(manager, &[logo]).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared(PUBLIC).await?;
        }
        Ok(())
    }
}

const TABLES: &str = "
ALTER TABLE organisation ADD COLUMN about_en text;
ALTER TABLE organisation ADD COLUMN about_fr text;
ALTER TABLE organisation ADD COLUMN about_es text;
ALTER TABLE organisation ADD COLUMN contact_email text;
ALTER TABLE organisation ADD COLUMN contact_url text;
ALTER TABLE organisation ADD COLUMN postal_address text;
ALTER TABLE organisation ADD COLUMN licence text;
ALTER TABLE organisation ADD COLUMN default_language text NOT NULL DEFAULT 'en';
ALTER TABLE organisation ADD COLUMN accounts_months integer;
ALTER TABLE organisation ADD COLUMN updated_at {instant};
CREATE TABLE organisation_logo (
  organisation_id {uuid} PRIMARY KEY REFERENCES organisation (id),
  media_type text NOT NULL,
  width integer NOT NULL,
  height integer NOT NULL,
  size integer NOT NULL,
  content {bytes} NOT NULL,
  updated_at {instant} NOT NULL
);
ALTER TABLE person ADD COLUMN erased_at {instant};
";

/// Everyone sees the organisation whose records are public.
const PUBLIC: &str = "
CREATE POLICY organisation_public ON organisation FOR SELECT
  USING ((SELECT scope_kind()) = 'public' AND id = (SELECT scope_organisation()));
";
