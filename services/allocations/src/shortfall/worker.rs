//! Opens a case when a lot has lacked something for a minute, and closes it when that came back by itself.

use super::{STANDING, store};
use ::store::{Actor, Store, StoreError};
use service::{Context, Job};
use std::time::Duration;

/// How often the worker looks.
const INTERVAL: Duration = Duration::from_secs(15);

/// Looks again and again, as long as the service runs.
pub(crate) fn worker(context: &Context) -> Job {
    let store = context.store.clone();
    service::worker("allocations.shortfalls", INTERVAL, move || {
        let store = store.clone();
        async move { look(&store).await }
    })
}

/// Opens and closes a batch of cases. Whether there may be more.
///
/// # Errors
/// [`StoreError`]; then nothing happened.
pub(crate) async fn look(store: &Store) -> Result<bool, StoreError> {
    let before = store.clock().now() - STANDING;
    if !store::is_anything_due(&store.system_read().await?, before).await? {
        return Ok(false);
    }
    let mut tx = store.system(Actor::system()).await?;
    // Two processes do not open the same case side by side.
    tx.lock("allocations:shortfalls").await?;
    let done = store::open_due(&mut tx, before).await? + store::close_settled(&mut tx).await?;
    tx.commit().await?;
    Ok(done > 0)
}
