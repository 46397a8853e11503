use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, common_tables, ddl, protect};

struct M0001;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0001)
}

impl MigrationName for M0001 {
    fn name(&self) -> &str {
        "m0001_offices_people_tokens"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0001 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        common_tables(manager).await?;
        ddl(manager, TABLES).await?;
        protect(
            manager,
            &[
                Tenant::organisation("organisation", "id").donor("true"),
                Tenant::organisation("office", "organisation_id").donor("true"),
                Tenant::office("person").donor("donor_id = scope_donor()"),
                Tenant::child("person_role", "person", "person_id"),
                Tenant::child("invitation", "person", "person_id"),
                Tenant::office("client"),
                Tenant::platform("authorization_code"),
                Tenant::platform("token_family"),
                Tenant::platform("refresh_token"),
                Tenant::platform("signing_key"),
                Tenant::organisation("known_donor", "organisation_id"),
            ],
        )
        .await
    }
}

const TABLES: &str = "
CREATE TABLE organisation (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  name text NOT NULL,
  code text NOT NULL UNIQUE,
  created_at {instant} NOT NULL
);
CREATE TABLE office (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL REFERENCES organisation (id),
  parent_id {uuid} REFERENCES office (id),
  code text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  country text,
  created_at {instant} NOT NULL,
  UNIQUE (organisation_id, code)
);
CREATE INDEX office_by_parent ON office (parent_id);
CREATE TABLE person (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL REFERENCES organisation (id),
  office_id {uuid} NOT NULL REFERENCES office (id),
  donor_id {uuid},
  name text NOT NULL,
  email text NOT NULL UNIQUE,
  language text NOT NULL,
  password_hash text,
  created_at {instant} NOT NULL
);
CREATE INDEX person_by_office ON person (office_id, id);
CREATE TABLE person_role (
  person_id {uuid} NOT NULL REFERENCES person (id),
  office_id {uuid} NOT NULL REFERENCES office (id),
  role text NOT NULL,
  PRIMARY KEY (person_id, office_id, role)
);
CREATE TABLE invitation (
  token_hash text PRIMARY KEY,
  person_id {uuid} NOT NULL REFERENCES person (id),
  expires_at {instant} NOT NULL,
  used_at {instant}
);
CREATE TABLE client (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL REFERENCES organisation (id),
  office_id {uuid} NOT NULL REFERENCES office (id),
  name text NOT NULL,
  secret_hash text NOT NULL,
  scopes text NOT NULL,
  created_at {instant} NOT NULL
);
CREATE INDEX client_by_office ON client (office_id, id);
CREATE TABLE authorization_code (
  code_hash text PRIMARY KEY,
  person_id {uuid} NOT NULL REFERENCES person (id),
  office_id {uuid} NOT NULL,
  challenge text NOT NULL,
  redirect_uri text NOT NULL,
  expires_at {instant} NOT NULL,
  family_id {uuid}
);
CREATE TABLE token_family (
  id {uuid} PRIMARY KEY,
  person_id {uuid} NOT NULL REFERENCES person (id),
  office_id {uuid} NOT NULL,
  revoked_at {instant}
);
CREATE TABLE refresh_token (
  token_hash text PRIMARY KEY,
  family_id {uuid} NOT NULL REFERENCES token_family (id),
  expires_at {instant} NOT NULL,
  used_at {instant}
);
CREATE TABLE signing_key (
  kid text PRIMARY KEY,
  seed {bytes} NOT NULL,
  created_at {instant} NOT NULL
);
CREATE TABLE known_donor (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  name text NOT NULL
);
";
