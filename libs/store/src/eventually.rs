use crate::{Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use uuid::Uuid;

/// How often, and how long apart, a read model is asked for what was only just written elsewhere: two seconds together.
const MAX_ATTEMPTS: usize = 20;
const RETRY_DELAY: Duration = Duration::from_millis(100);
/// The age until which a record may be on its way from the service that made it. Clocks of machines differ by less.
const RECENT: TimeDelta = TimeDelta::minutes(1);

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

impl Store {
    /// [`eventually`] for records by their ids, which say when they were made: it waits only while one of them can be on
    /// its way. An id that somebody made up, or that is known to be old, is answered at once.
    ///
    /// # Errors
    /// What `ask` fails with.
    pub async fn eventually<T, E: From<StoreError>>(
        &self,
        ids: impl IntoIterator<Item = Uuid>,
        ask: impl AsyncFn() -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let now = self.clock().now();
        match ids.into_iter().any(|id| is_recent(id, now)) {
            true => eventually(ask).await,
            false => ask().await,
        }
    }
}

/// Whether a record with this id can have been made within the last minute: ids of records are UUIDv7.
fn is_recent(id: Uuid, now: DateTime<Utc>) -> bool {
    let made = (id.get_version_num() == 7).then(|| id.get_timestamp()).flatten();
    let (seconds, nanoseconds) = match made.map(|made| made.to_unix()) {
        Some(unix) => unix,
        None => return false,
    };
    let made = i64::try_from(seconds).ok().and_then(|seconds| DateTime::from_timestamp(seconds, nanoseconds));
    made.is_some_and(|made| (now - made).abs() < RECENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{FixedClock, PersonId};

    #[test]
    fn only_what_was_just_made_is_waited_for() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap_or_default();
        let made = |seconds: i64| PersonId::at(now + TimeDelta::seconds(seconds)).as_uuid();
        for (id, expected) in [
            (PersonId::new(&FixedClock::at(now)).as_uuid(), true),
            (made(-59), true),
            (made(59), true),
            (made(-61), false),
            (made(61), false),
            (made(-86_400), false),
            (PersonId::from_u128(7).as_uuid(), false),
            (Uuid::from_u128(0x9f3c_1b52_77aa_4c1e_8b06_0f7d_4a1b_2c3d), false),
            (Uuid::nil(), false),
            (Uuid::max(), false),
        ] {
            assert_eq!(is_recent(id, now), expected, "{id}");
        }
    }
}
