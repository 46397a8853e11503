use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0006;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0006)
}

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
