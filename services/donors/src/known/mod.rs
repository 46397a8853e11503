//! What other services told: one file per read model, with the questions that are put to it. `consumers/` writes them.

pub(crate) mod person;
pub(crate) mod plan;

use std::time::Duration;
use store::StoreError;

/// How often, and how long apart, a read model is asked for what was only just written elsewhere: two seconds together.
const ATTEMPTS: usize = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Asks until there is an answer, or two seconds have passed. It must not be asked inside a transaction: the consumer
/// that it waits for may need what the transaction holds.
async fn eventually<T>(
    ask: impl AsyncFn() -> Result<Option<T>, StoreError>,
) -> Result<Option<T>, StoreError> {
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        if let Some(found) = ask().await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
