//! How many requests a caller may make: counted in Redis for all gateways together, or by each in its memory.

use cache::{Counted, Redis};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock, clock::DefaultClock,
    middleware::StateInformationMiddleware,
};
use kernel::{Code, Problem};
use std::{num::NonZeroU32, time::Duration};

/// Requests a caller may make at once.
const BURST: u32 = 3000;
/// Requests a second that a caller may make for ever.
const SUSTAINED: u32 = 300;

type Limiter = RateLimiter<
    String,
    governor::state::keyed::DefaultKeyedStateStore<String>,
    DefaultClock,
    StateInformationMiddleware,
>;

pub(crate) struct Limits {
    shared: Option<Redis>,
    limiter: Limiter,
    clock: DefaultClock,
}

/// What a caller has left (IETF draft-ietf-httpapi-ratelimit-headers).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left {
    remaining: u32,
    reset_seconds: u64,
}

impl Left {
    pub(crate) fn headers(&self) -> [(&'static str, String); 2] {
        let window = BURST / SUSTAINED;
        [
            ("ratelimit-policy", format!("\"caller\";q={BURST};w={window}")),
            ("ratelimit", format!("\"caller\";r={};t={}", self.remaining, self.reset_seconds)),
        ]
    }
}

fn non_zero(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

fn beyond(wait: Duration) -> (Problem, u64) {
    let seconds = wait.as_secs() + 1;
    (Problem::new(Code::RateLimited).detail(format!("try again in {seconds} seconds")), seconds)
}

impl Limits {
    pub(crate) fn new(shared: Option<Redis>) -> Self {
        let quota = Quota::per_second(non_zero(SUSTAINED)).allow_burst(non_zero(BURST));
        let limiter: DefaultKeyedRateLimiter<String> = RateLimiter::keyed(quota);
        Self { shared, limiter: limiter.with_middleware(), clock: DefaultClock::default() }
    }

    /// Counts one request of `caller`.
    ///
    /// # Errors
    /// 429, and the seconds to wait.
    pub(crate) async fn count(&self, caller: &str) -> Result<Left, (Problem, u64)> {
        if let Some(shared) = &self.shared
            && let Ok(counted) = shared.count(caller, BURST, SUSTAINED).await
        {
            return match counted {
                Counted::Within(remaining, reset) => Ok(Left { remaining, reset_seconds: reset.as_secs() }),
                Counted::Beyond(wait) => Err(beyond(wait)),
            };
        }
        match self.limiter.check_key(&caller.to_owned()) {
            Ok(snapshot) => {
                let remaining = snapshot.remaining_burst_capacity();
                let reset_seconds = u64::from((BURST - remaining.min(BURST)) / SUSTAINED);
                Ok(Left { remaining, reset_seconds })
            }
            Err(until) => Err(beyond(until.wait_time_from(self.clock.now()))),
        }
    }

    /// Forgets callers that have all their requests left.
    pub(crate) fn tidy(&self) {
        if self.limiter.len() > 10_000 {
            self.limiter.retain_recent();
        }
    }
}
