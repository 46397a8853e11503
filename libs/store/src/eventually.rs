use crate::StoreError;
use std::time::Duration;

/// How often, and how long apart, a read model is asked for what was only just written elsewhere: two seconds together.
const MAX_ATTEMPTS: usize = 20;
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// Asks a read model until it has an answer, or two seconds have passed: what it is asked for may have been written in
/// another service a moment ago. It must not be asked inside a transaction: the consumer that it waits for may need what
/// the transaction holds.
///
/// # Errors
/// What `ask` fails with.
pub async fn eventually<T, E: From<StoreError>>(
    ask: impl AsyncFn() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    for attempt in 0..MAX_ATTEMPTS {
        if attempt > 0 {
            tokio::time::sleep(RETRY_DELAY).await;
        }
        if let Some(found) = ask().await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
