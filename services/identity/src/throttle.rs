//! Slows down password guessing. The count belongs to the address guessed *and* where the guess came from, so that
//! nobody can lock somebody else out.

use chrono::{DateTime, TimeDelta, Utc};
use std::{collections::HashMap, sync::Mutex};

/// Failures before the first wait.
const FREE: u32 = 5;
/// The first wait doubles with every further failure, up to the longest.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(2);
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(15);
/// Entries kept; the oldest half goes when it is reached.
const KEPT: usize = 50_000;

#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<String, Failures>>);

struct Failures {
    count: u32,
    last: DateTime<Utc>,
}

impl Failures {
    fn open_again(&self) -> DateTime<Utc> {
        if self.count < FREE {
            return self.last;
        }
        let doubled = FIRST_WAIT * 2_i32.pow((self.count - FREE).min(20));
        self.last + doubled.min(LONGEST_WAIT)
    }
}

impl Throttle {
    /// How long `who` must wait before the next try; none when it may try now.
    pub(crate) fn wait(&self, who: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
        let entries = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let left = entries.get(who)?.open_again() - now;
        (left > TimeDelta::zero()).then_some(left)
    }

    pub(crate) fn failed(&self, who: &str, now: DateTime<Utc>) {
        let mut entries = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if entries.len() >= KEPT {
            let mut ages: Vec<DateTime<Utc>> = entries.values().map(|failures| failures.last).collect();
            ages.sort();
            let median = ages[ages.len() / 2];
            entries.retain(|_, failures| failures.last > median);
        }
        let failures = entries.entry(who.to_owned()).or_insert(Failures { count: 0, last: now });
        failures.count += 1;
        failures.last = now;
    }

    pub(crate) fn succeeded(&self, who: &str) {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_slow_down_and_do_not_lock_out_anyone_elsewhere() {
        let throttle = Throttle::default();
        let now = DateTime::UNIX_EPOCH;
        for _ in 0..FREE - 1 {
            throttle.failed("a@b|1.1.1.1", now);
            assert_eq!(throttle.wait("a@b|1.1.1.1", now), None);
        }
        throttle.failed("a@b|1.1.1.1", now);
        assert_eq!(throttle.wait("a@b|1.1.1.1", now), Some(FIRST_WAIT));
        assert_eq!(throttle.wait("a@b|2.2.2.2", now), None);
        for _ in 0..40 {
            throttle.failed("a@b|1.1.1.1", now);
        }
        assert_eq!(throttle.wait("a@b|1.1.1.1", now), Some(LONGEST_WAIT));
        assert_eq!(throttle.wait("a@b|1.1.1.1", now + LONGEST_WAIT), None);
        throttle.succeeded("a@b|1.1.1.1");
        assert_eq!(throttle.wait("a@b|1.1.1.1", now), None);
    }
}
