//! What identity does by itself: signing keys, announcements of people and API clients, the removal of what has ended.

use crate::{
    client, key,
    person::{announcement, list},
    token::sweep,
};
use service::{Context, Job, worker};
use std::time::Duration;
use store::{Store, StoreError};

const INTERVAL: Duration = Duration::from_secs(60);
/// Sign-ins without tokens are what older versions of the program left: there are no new ones.
const ORPHANS_INTERVAL: Duration = Duration::from_secs(3600);

/// The workers that keep house.
pub(crate) fn workers(context: &Context) -> [Job; 4] {
    let each = |name, interval, step: fn(Store) -> Step| {
        let store = context.store.clone();
        worker(name, interval, move || step(store.clone()))
    };
    [
        each("identity.signing_keys", INTERVAL, |store| Box::pin(keys(store))),
        each("identity.announcements", INTERVAL, |store| Box::pin(announce(store))),
        each("identity.ended_sign_ins", INTERVAL, |store| Box::pin(ended(store))),
        each("identity.orphaned_sign_ins", ORPHANS_INTERVAL, |store| Box::pin(orphans(store))),
    ]
}

/// A step of a worker: whether there is more to do at once.
type Step = std::pin::Pin<Box<dyn Future<Output = Result<bool, StoreError>> + Send>>;

async fn keys(store: Store) -> Result<bool, StoreError> {
    key::keep(&store).await.map(|()| false)
}

async fn announce(store: Store) -> Result<bool, StoreError> {
    announcement::fill_addresses(&store).await?;
    list::fill_names(&store).await?;
    let announced = announcement::catch_up(&store).await?;
    if announced > 0 {
        tracing::info!(announced, "people were announced to the other services");
    }
    let announced = client::announcement::catch_up(&store).await?;
    if announced > 0 {
        tracing::info!(announced, "API clients were announced to the other services");
    }
    Ok(false)
}

async fn ended(store: Store) -> Result<bool, StoreError> {
    sweep::run(&store).await.map(|_| false)
}

async fn orphans(store: Store) -> Result<bool, StoreError> {
    sweep::orphans(&store).await.map(|_| false)
}
