//! Identifiers: UUIDv7, so that they sort by creation time.

use crate::clock::Clock;
use std::sync::LazyLock;
use uuid::{ContextV7, Timestamp, Uuid};

static CONTEXT: LazyLock<std::sync::Mutex<ContextV7>> =
    LazyLock::new(|| std::sync::Mutex::new(ContextV7::new()));

/// A new id that sorts after every id this process made before, whatever the clock does within a millisecond.
pub fn new_id(clock: &dyn Clock) -> Uuid {
    let now = clock.now();
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let context = CONTEXT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    Uuid::new_v7(Timestamp::from_unix(&*context, seconds, now.timestamp_subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FixedClock;

    #[test]
    fn ids_made_within_one_instant_sort_in_the_order_they_were_made() {
        let clock = FixedClock::at(chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000));
        let ids: Vec<Uuid> = (0..1000).map(|_| new_id(&clock)).collect();
        let mut sorted = ids.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(ids, sorted);
    }
}
