//! Delays between retries.

use std::time::Duration;

/// Enough for any maximum: a first delay of a tenth of a second becomes more than a day.
const MAX_DOUBLINGS: u32 = 20;

/// Delays that double with each failure in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The delay after the first failure.
    pub first: Duration,
    /// Maximum delay.
    pub max: Duration,
}

impl Backoff {
    /// The delay after so many failures in a row; zero while there are none.
    pub fn delay(&self, failures: u32) -> Duration {
        let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
        self.first.saturating_mul(1 << doublings.min(MAX_DOUBLINGS)).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_maximum() {
        let backoff = Backoff { first: Duration::from_millis(100), max: Duration::from_secs(5) };
        let delays: Vec<u128> = (0..8).map(|failures| backoff.delay(failures).as_millis()).collect();
        assert_eq!(delays, [0, 100, 200, 400, 800, 1600, 3200, 5000]);
        assert_eq!(backoff.delay(u32::MAX), backoff.max);
    }

    #[test]
    fn the_first_delay_is_never_more_than_the_maximum() {
        let backoff = Backoff { first: Duration::MAX, max: Duration::from_secs(1) };
        assert_eq!((backoff.delay(1), backoff.delay(9)), (backoff.max, backoff.max));
    }
}
