use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
use store::{
    migration::{OutboxTraceparent, Tenant, common_tables, ddl, protect},
    waiting::WaitingEvents,
};

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(M0001),
            Box::new(M0002),
            Box::new(OutboxTraceparent("m0003_outbox_traceparent")),
            Box::new(M0004),
            Box::new(M0005),
            Box::new(M0006),
            Box::new(WaitingEvents("m0007_waiting_events")),
            Box::new(M0008),
            Box::new(M0009),
            Box::new(M0010),
        ]
    }
}

struct M0001;

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

struct M0002;

impl MigrationName for M0002 {
    fn name(&self) -> &str {
        "m0002_revocations"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0002 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "CREATE TABLE revocation (
                       session_id {uuid} PRIMARY KEY,
                       expires_at {instant} NOT NULL
                     )";
        ddl(manager, table).await?;
        protect(manager, &[Tenant::platform("revocation")]).await
    }
}

struct M0004;

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

struct M0005;

impl MigrationName for M0005 {
    fn name(&self) -> &str {
        "m0005_merged_donors"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0005 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, "ALTER TABLE known_donor ADD COLUMN merged_into {uuid};").await
    }
}

struct M0006;

impl MigrationName for M0006 {
    fn name(&self) -> &str {
        "m0006_mail"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0006 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, MAIL).await?;
        protect(manager, &[Tenant::platform("mail"), Tenant::platform("mail_item")]).await
    }
}

struct M0008;

impl MigrationName for M0008 {
    fn name(&self) -> &str {
        "m0008_people_announced"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0008 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Whoever is there already is announced by the service itself, as is what an older process writes meanwhile.
        ddl(
            manager,
            "ALTER TABLE person ADD COLUMN announced_version bigint NOT NULL DEFAULT 0;
             CREATE INDEX person_to_announce ON person (id)
               WHERE announced_version < version AND donor_id IS NULL;",
        )
        .await
    }
}

struct M0009;

impl MigrationName for M0009 {
    fn name(&self) -> &str {
        "m0009_sealed_signing_keys_one_line_of_refresh_tokens"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0009 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Only the service has the deployment's key: it empties the seeds at its start.
        ddl(
            manager,
            "ALTER TABLE signing_key ADD COLUMN public_key {bytes};
             ALTER TABLE signing_key ADD COLUMN key_id text;
             ALTER TABLE signing_key ADD COLUMN subject_key {bytes};
             ALTER TABLE signing_key ADD COLUMN sealed_seed {bytes};
             ALTER TABLE signing_key ADD COLUMN retired_at {instant};
             ALTER TABLE refresh_token ADD COLUMN salt {bytes};
             CREATE INDEX refresh_token_salted ON refresh_token (used_at) WHERE salt IS NOT NULL;
             CREATE INDEX refresh_token_by_family ON refresh_token (family_id);
             CREATE INDEX refresh_token_by_expiry ON refresh_token (expires_at);
             CREATE INDEX token_family_revoked ON token_family (revoked_at) WHERE revoked_at IS NOT NULL;
             CREATE INDEX authorization_code_by_expiry ON authorization_code (expires_at);
             CREATE INDEX invitation_by_expiry ON invitation (expires_at);",
        )
        .await
    }
}

struct M0010;

impl MigrationName for M0010 {
    fn name(&self) -> &str {
        "m0010_addresses_by_organisation"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0010 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What an older process writes beside this has an empty address until the service fills it in.
        ddl(
            manager,
            "ALTER TABLE person ADD COLUMN address text NOT NULL DEFAULT '';
             UPDATE person SET address = email;
             CREATE UNIQUE INDEX person_of_organisation ON person (organisation_id, address) WHERE address <> '';
             CREATE INDEX person_by_address ON person (address);",
        )
        .await
    }
}

const MAIL: &str = "
ALTER TABLE person ADD COLUMN mail boolean NOT NULL DEFAULT true;
CREATE TABLE mail (
  id {uuid} PRIMARY KEY,
  person_id {uuid} NOT NULL REFERENCES person (id),
  created_at {instant} NOT NULL,
  attempts bigint NOT NULL,
  next_at {instant},
  sent_at {instant},
  error text
);
CREATE INDEX mail_waiting ON mail (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX mail_ended ON mail (created_at) WHERE next_at IS NULL;
CREATE TABLE mail_item (
  person_id {uuid} NOT NULL REFERENCES person (id),
  notification_id {uuid} NOT NULL,
  mail_id {uuid} REFERENCES mail (id),
  for_donor boolean NOT NULL,
  kind text NOT NULL,
  report_id {uuid} NOT NULL,
  report_kind text NOT NULL,
  due_date {date} NOT NULL,
  title text NOT NULL,
  created_at {instant} NOT NULL,
  PRIMARY KEY (person_id, notification_id)
);
CREATE INDEX mail_item_to_gather ON mail_item (person_id) WHERE mail_id IS NULL;
CREATE INDEX mail_item_by_mail ON mail_item (mail_id);
";

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
