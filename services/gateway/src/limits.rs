//! How many requests a caller may make: counted in Redis for all gateways together, or by each in its memory.

use crate::{origin::Caller, settings::Limits};
use cache::{Counted, Redis};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
};
use kernel::Problem;
use std::{num::NonZeroU32, time::Duration};

/// How often callers are forgotten that have all their requests left.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(10);

type Limiter = RateLimiter<
    Caller,
    governor::state::keyed::DefaultKeyedStateStore<Caller>,
    DefaultClock,
    StateInformationMiddleware,
>;

pub(crate) struct Rates {
    burst: u32,
    per_second: u32,
    shared: Option<Redis>,
    limiter: Limiter,
    clock: DefaultClock,
}

/// What a caller has left (IETF draft-ietf-httpapi-ratelimit-headers).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remaining {
    burst: u32,
    per_second: u32,
    remaining: u32,
    reset_seconds: u64,
}

impl Remaining {
    pub(crate) fn headers(&self) -> [(&'static str, String); 2] {
        let Self { burst, per_second, remaining, reset_seconds } = self;
        let window = burst.div_ceil(*per_second);
        [
            ("ratelimit-policy", format!("\"caller\";q={burst};w={window}")),
            ("ratelimit", format!("\"caller\";r={remaining};t={reset_seconds}")),
        ]
    }
}

fn non_zero(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

fn beyond(wait: Duration) -> Problem {
    crate::refused("rate");
    let seconds = wait.as_secs() + 1;
    Problem::rate_limited(seconds)
}

impl Rates {
    pub(crate) fn new(limits: &Limits, shared: Option<Redis>) -> Self {
        let (burst, per_second) = (limits.burst, limits.requests_per_second);
        let quota = Quota::per_second(non_zero(per_second)).allow_burst(non_zero(burst));
        let limiter = RateLimiter::keyed(quota).with_middleware();
        Self { burst, per_second, shared, limiter, clock: DefaultClock::default() }
    }

    /// Counts one request of `caller`.
    ///
    /// # Errors
    /// 429, with the seconds to wait.
    pub(crate) async fn count(&self, caller: Caller) -> Result<Remaining, Problem> {
        if let Some(shared) = &self.shared
            && let Ok(counted) = shared.count(&caller.to_string(), self.burst, self.per_second).await
        {
            return match counted {
                Counted::Within(remaining, reset) => Ok(self.left(remaining, reset.as_secs())),
                Counted::Beyond(wait) => Err(beyond(wait)),
            };
        }
        match self.limiter.check_key(&caller) {
            Ok(snapshot) => {
                let remaining = snapshot.remaining_burst_capacity();
                let used = self.burst.saturating_sub(remaining);
                Ok(self.left(remaining, u64::from(used / self.per_second)))
            }
            Err(until) => Err(beyond(until.wait_time_from(self.clock.now()))),
        }
    }

    fn left(&self, remaining: u32, reset_seconds: u64) -> Remaining {
        Remaining { burst: self.burst, per_second: self.per_second, remaining, reset_seconds }
    }

    /// Forgets, for ever, callers that have all their requests left; ends when its task is dropped. No request waits for it.
    pub(crate) async fn tidy(&self) {
        loop {
            tokio::time::sleep(CLEANUP_INTERVAL).await;
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }
}
