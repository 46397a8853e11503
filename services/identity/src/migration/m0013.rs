use kernel::ClientId;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::{
    StoreError,
    migration::{Tenant, ddl, protect},
    params, sql,
};

struct M0013;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0013)
}

impl MigrationName for M0013 {
    fn name(&self) -> &str {
        "m0013_custom_roles_secrets_of_clients"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0013 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        let filled = fill_search(manager.get_connection()).await;
        filled.map_err(|error| DbErr::Custom(error.to_string()))?;
        protect(
            manager,
            &[
                Tenant::organisation("custom_role", "organisation_id"),
                Tenant::child("person_custom_role", "person", "person_id"),
                Tenant::child("client_secret", "client", "client_id"),
            ],
        )
        .await
    }
}

/// What clients are found by. SQLite has no lower case but that of ASCII.
async fn fill_search(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    for row in sql::rows(db, "SELECT id, name FROM client", vec![]).await? {
        let (id, name): (ClientId, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        sql::execute(db, "UPDATE client SET search = $1 WHERE id = $2", params![name.to_lowercase(), id])
            .await?;
    }
    Ok(())
}

/// The secret that a client has had until now takes the client's own id, so that whoever moves it here a second time (a
/// client that an older process made meanwhile) finds it there.
const TABLES: &str = "
CREATE TABLE custom_role (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL REFERENCES organisation (id),
  name text NOT NULL,
  name_key text NOT NULL,
  description text,
  permissions text NOT NULL,
  created_at {instant} NOT NULL,
  UNIQUE (organisation_id, name_key)
);
CREATE TABLE person_custom_role (
  person_id {uuid} NOT NULL REFERENCES person (id),
  office_id {uuid} NOT NULL REFERENCES office (id),
  role_id {uuid} NOT NULL REFERENCES custom_role (id),
  PRIMARY KEY (person_id, office_id, role_id)
);
CREATE INDEX person_custom_role_by_role ON person_custom_role (role_id);
CREATE INDEX person_custom_role_by_office ON person_custom_role (office_id);
ALTER TABLE client ADD COLUMN revoked_at {instant};
ALTER TABLE client ADD COLUMN search text NOT NULL DEFAULT '';
CREATE TABLE client_secret (
  id {uuid} PRIMARY KEY,
  client_id {uuid} NOT NULL REFERENCES client (id),
  session_id {uuid} NOT NULL,
  hash text NOT NULL,
  created_at {instant} NOT NULL,
  last_used_at {instant},
  removed_at {instant}
);
CREATE INDEX client_secret_by_client ON client_secret (client_id);
CREATE INDEX client_secret_by_session ON client_secret (session_id);
INSERT INTO client_secret (id, client_id, session_id, hash, created_at)
  SELECT id, id, id, secret_hash, created_at FROM client;
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use store::Actor;

    #[tokio::test]
    async fn clients_that_were_there_are_found_in_whatever_case_their_names_are() {
        for world in World::on_both("clients_that_were_there_are_found").await {
            world.execute("UPDATE client SET name = 'ÉCOLE Bridge', search = ''").await;
            let tx = world.store.system(Actor::system()).await.unwrap();
            fill_search(tx.db()).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(world.texts("SELECT search FROM client").await, ["école bridge"]);
        }
    }
}
