//! The servers and processes of a world that is distributed.

use bus::SharedBus;
use kernel::SystemClock;
use passerelle::{config::Config, platform};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use store::Store;
use testkit::eventually;
use xtask::{deployment::Deployment, infra::Infra};

/// The infrastructure that was started for the tests; none when they run on SQLite.
///
/// # Panics
/// When it was started and does not answer: a test for PostgreSQL never passes on SQLite.
pub fn infra() -> Option<Infra> {
    testkit::Infra::get()?;
    let running = Infra::running();
    assert!(running.is_some(), "the servers of PASSERELLE_TEST_INFRA do not answer");
    running
}

/// The program, built beside this test.
///
/// # Panics
/// When it was not built.
pub fn binary() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let built = own.ancestors().skip(1).map(|folder| folder.join("passerelle")).find(|file| file.is_file());
    built.unwrap_or_else(|| panic!("the program is not there: run `cargo build -p passerelle` first"))
}

/// Starts the services as processes; `settings` stand at the top of their configuration.
///
/// # Panics
/// When they do not start.
pub async fn deployment(infra: &Infra, name: &str, settings: &str) -> Deployment {
    let (infra, binary, name) = (infra.clone(), binary(), testkit::Infra::unique(name));
    let settings = settings.to_owned();
    let start = move || Deployment::start(&infra, &binary, &name, None, &settings);
    match tokio::task::spawn_blocking(start).await {
        Ok(Ok(deployment)) => deployment,
        Ok(Err(error)) => panic!("the services do not start: {error:#}"),
        Err(error) => panic!("the services do not start: {error}"),
    }
}

/// A service's database and the bus of processes with this configuration.
///
/// # Panics
/// When the configuration is wrong.
pub async fn connect(config: &Path, service: &str) -> (Store, SharedBus) {
    let config = Config::load(Some(config)).unwrap_or_else(|error| panic!("{error:#}"));
    (database(&config, service).await, config.bus().unwrap_or_else(|error| panic!("{error:#}")))
}

async fn database(config: &Config, service: &str) -> Store {
    config.store(service, Arc::new(SystemClock)).await.unwrap_or_else(|error| panic!("{error:#}"))
}

/// The databases of all services, in their order.
pub(crate) async fn databases(config: &Path) -> Vec<Store> {
    let config = &Config::load(Some(config)).unwrap_or_else(|error| panic!("{error:#}"));
    let mut stores = Vec::new();
    for service in platform::names() {
        stores.push(database(config, service).await);
    }
    stores
}

/// Waits until every service knows headquarters: each event has a topic of its own, and a request that names an office is
/// refused (503) while it is on its way.
pub(crate) async fn headquarters_is_known(stores: &[Store], founded: &identity::Founded) {
    // Identity, the first, is where it was founded.
    for store in &stores[1..] {
        eventually("the services know headquarters", || async {
            store.await_office(founded.organisation_id, founded.office_id).await.ok().flatten().map(drop)
        })
        .await;
    }
}
