//! What identity does by itself once a minute.

use crate::person::announcement;
use service::{Context, Job};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(60);

/// The announcement of people that nobody was told of.
pub(crate) fn workers(context: &Context) -> [Job; 1] {
    let store = context.store.clone();
    [service::worker("identity.announcements", INTERVAL, move || {
        let store = store.clone();
        async move {
            let announced = announcement::catch_up(&store).await?;
            if announced > 0 {
                tracing::info!(announced, "people were announced to the other services");
            }
            Ok::<bool, store::StoreError>(false)
        }
    })]
}
