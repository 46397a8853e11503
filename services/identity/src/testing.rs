//! What the tests of this service share: a store with an organisation of one office, on either back end.

use crate::{Founded, found, migration::Migrator, person};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Clock, DonorId, FixedClock, OfficeId, OrganisationId, PersonId, StaffRole};
use std::sync::Arc;
use store::{Actor, Postgres, Store, migration, params, seal::Keyring, sql};
use testkit::{Infra, TempDir};

/// An invited member of staff of no organisation, to be changed into another account.
pub(crate) fn account(created_at: DateTime<Utc>) -> person::store::Model {
    person::store::Model {
        id: PersonId::nil(),
        version: 1,
        organisation_id: OrganisationId::nil(),
        office_id: OfficeId::nil(),
        donor_id: None,
        name: "Somebody".to_owned(),
        email: "somebody@example.org".to_owned(),
        login_key: String::new(),
        language: locale::Language::English,
        password_hash: None,
        time_zone: None,
        muted: String::new(),
        mail: true,
        search: String::new(),
        created_at,
        suspended_at: None,
        access_until: None,
        last_sign_in_at: None,
        sort_name: String::new(),
    }
}

/// A deployment of one organisation, and a clock that the test moves.
pub(crate) struct World {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) store: Store,
    pub(crate) founded: Founded,
    /// Where another replica finds the database.
    place: Place,
}

enum Place {
    Folder(TempDir),
    Postgres(String),
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at("2026-09-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap()))
}

/// A keyring whose first key is called `id`; equal digits are equal keys.
pub(crate) fn keys(pairs: &[(&str, &str)]) -> Keyring {
    let pairs: Vec<String> = pairs.iter().map(|(id, digit)| format!("{id}:{}", digit.repeat(64))).collect();
    Keyring::parse(&pairs.join(",")).unwrap()
}

async fn postgres(url: &str, clock: Arc<dyn Clock>) -> Store {
    let settings =
        Postgres { url: url.to_owned(), connections: 8, application: "test".into(), files: "files".into() };
    Store::open_postgres(&settings, clock).await.unwrap()
}

impl World {
    /// On SQLite, without the deployment's keys.
    pub(crate) async fn new() -> Self {
        let (folder, clock) = (testkit::folder(), clock());
        let store = Store::open_sqlite(&folder.path().join("identity.db"), clock.clone()).await.unwrap();
        migration::migrate::<Migrator>(&store).await.unwrap();
        let founded = found(&store, "Test", "TST").await.unwrap();
        Self { clock, store, founded, place: Place::Folder(folder) }
    }

    /// On PostgreSQL as the service's role; none without a PostgreSQL.
    pub(crate) async fn on_postgres(test: &str) -> Option<Self> {
        let Some(infra) = Infra::get() else {
            testkit::skip_without_servers(test);
            return None;
        };
        let (database, clock) = (infra.database("identity").await, clock());
        let owner = postgres(&database.owner, clock.clone()).await;
        migration::migrate::<Migrator>(&owner).await.unwrap();
        migration::grant(&owner, &infra.postgres.service_role).await.unwrap();
        let store = postgres(&database.service, clock.clone()).await;
        let founded = found(&store, "Test", "TST").await.unwrap();
        Some(Self { clock, store, founded, place: Place::Postgres(database.service) })
    }

    /// Both back ends, as far as they are there.
    pub(crate) async fn on_both(test: &str) -> Vec<Self> {
        let mut worlds = vec![Self::new().await];
        worlds.extend(Self::on_postgres(test).await);
        worlds
    }

    /// A store of another process on the same database, with these keys.
    pub(crate) async fn replica(&self, keys: Keyring) -> Store {
        let clock = self.clock.clone();
        let store = match &self.place {
            Place::Folder(folder) => {
                Store::open_sqlite(&folder.path().join("identity.db"), clock).await.unwrap()
            }
            Place::Postgres(url) => postgres(url, clock).await,
        };
        store.with_keys(keys)
    }

    /// Two replicas with these keys; on SQLite, where one process has a database, the same twice.
    pub(crate) async fn replicas(&self, pairs: &[(&str, &str)]) -> [Store; 2] {
        let one = self.replica(keys(pairs)).await;
        match &self.place {
            Place::Folder(_) => [one.clone(), one],
            Place::Postgres(_) => [one, self.replica(keys(pairs)).await],
        }
    }

    /// Adds a person as an older version of the program did: without telling anybody.
    pub(crate) async fn person(
        &self,
        email: &str,
        roles: &[StaffRole],
        donor_id: Option<DonorId>,
    ) -> PersonId {
        let tx = self.store.system(Actor::system()).await.unwrap();
        let person = person::store::Model {
            id: tx.new_id(),
            organisation_id: self.founded.organisation_id,
            office_id: self.founded.office_id,
            donor_id,
            name: format!("Somebody, {email}"),
            email: email.to_owned(),
            ..account(tx.now())
        };
        let roles: Vec<(OfficeId, StaffRole)> =
            roles.iter().map(|role| (self.founded.office_id, *role)).collect();
        person::store::insert(&tx, &person, &roles).await.unwrap();
        tx.commit().await.unwrap();
        person.id
    }

    /// Adds a member of staff of this name.
    pub(crate) async fn named(&self, email: &str, name: &str) -> PersonId {
        let person = self.person(email, &[StaffRole::Auditor], None).await;
        let tx = self.store.system(Actor::system()).await.unwrap();
        let saved = person::store::by_id(tx.db(), person).await.unwrap().unwrap();
        person::store::save(&tx, &person::store::Model { name: name.to_owned(), ..saved }).await.unwrap();
        tx.commit().await.unwrap();
        person
    }

    /// The day of the clock.
    pub(crate) fn today(&self) -> NaiveDate {
        self.clock.now().date_naive()
    }

    /// Runs a statement.
    pub(crate) async fn execute(&self, text: &str) -> u64 {
        let tx = self.store.system(Actor::system()).await.unwrap();
        let changed = sql::execute(tx.db(), text, params![]).await.unwrap();
        tx.commit().await.unwrap();
        changed
    }

    /// The texts in the first column of a query.
    pub(crate) async fn texts(&self, query: &str) -> Vec<String> {
        let db = self.store.system_read().await.unwrap();
        let rows = sql::rows(&db, query, params![]).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        let db = self.store.system_read().await.unwrap();
        let row = sql::row(&db, &format!("SELECT count(*) FROM {table}"), params![]).await.unwrap();
        row.unwrap().try_get_by_index(0).unwrap()
    }
}
