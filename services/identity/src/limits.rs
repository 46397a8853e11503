//! How much may be tried at sign-in, and how much may wait.

use crate::queue::Bounds;
use cache::{AttemptLimits, Bucket, Waits};
use serde::Deserialize;
use std::time::Duration;

/// The waits after wrong passwords double from the first to the longest.
const MIN_WAIT: Duration = Duration::from_secs(2);
const MAX_WAIT: Duration = Duration::from_secs(15 * 60);
/// The first wait at an account that is being guessed at from many places, where each place has one attempt.
const GUARDED_WAIT: Duration = Duration::from_secs(60);
/// Wrong passwords of one account from one address are forgotten after a day without another.
const FAILURE_RETENTION: Duration = Duration::from_secs(86_400);

/// The limits of sign-in (docs/operations.md, "Sign-in under attack"). Only wrong passwords count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignInLimits {
    /// For one account from one address, before the first wait.
    pub attempts: u32,
    /// From one address, for any accounts; then one every `address_seconds`.
    pub attempts_per_address: u32,
    /// Seconds until an address has one more.
    pub address_seconds: u32,
    /// For one account from any addresses, before each address has one attempt at it instead of `attempts`.
    pub attempts_per_account: u32,
    /// Seconds until an account has one more.
    pub account_seconds: u32,
    /// Passwords that wait to be checked by one process; one more is answered 503.
    pub waiting: u32,
    /// The same from one address.
    pub waiting_per_address: u32,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self {
            attempts: 5,
            attempts_per_address: 60,
            address_seconds: 20,
            attempts_per_account: 20,
            account_seconds: 180,
            waiting: 64,
            waiting_per_address: 32,
        }
    }
}

impl SignInLimits {
    /// The first key whose value would refuse everybody, if any.
    pub fn fault(&self) -> Option<&'static str> {
        let all = [
            ("attempts", self.attempts),
            ("attempts_per_address", self.attempts_per_address),
            ("address_seconds", self.address_seconds),
            ("attempts_per_account", self.attempts_per_account),
            ("account_seconds", self.account_seconds),
            ("waiting", self.waiting),
            ("waiting_per_address", self.waiting_per_address),
        ];
        all.into_iter().find(|(_, value)| !(1..=1_000_000).contains(value)).map(|(key, _)| key)
    }

    pub(crate) fn bounds(&self) -> Bounds {
        let places = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Bounds { total: places(self.waiting), per_origin: places(self.waiting_per_address) }
    }

    pub(crate) fn attempts(&self) -> AttemptLimits {
        let bucket = |burst, seconds: u32| Bucket { burst, interval: Duration::from_secs(seconds.into()) };
        AttemptLimits {
            origin: bucket(self.attempts_per_address, self.address_seconds),
            account: bucket(self.attempts_per_account, self.account_seconds),
            pair: Waits { free: self.attempts, first: MIN_WAIT, longest: MAX_WAIT },
            guarded: Waits { free: 1, first: GUARDED_WAIT, longest: MAX_WAIT },
            memory: FAILURE_RETENTION,
        }
    }
}
