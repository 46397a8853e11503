//! Attempts at secrets that people choose, counted before each is made: by account and origin, by origin, by account.
//!
//! An attempt is reserved first and given back when the secret was right, so that many at once are not more than one after
//! the other. Somebody who guesses at an account cannot lock its owner out: what the account alone counts only makes
//! every origin more patient with it, and each origin has at least one attempt.
//!
//! Counted in Redis for all replicas together, or in memory: without Redis, and while it is unavailable.

use crate::{Away, Redis};
use redis::{Script, ScriptInvocation};
use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

/// Entries of each kind that are kept in memory; then those go that would be forgotten first.
const MAX_ENTRIES: usize = 50_000;

/// Attempts that refill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// So many at once.
    pub burst: u32,
    /// And one more after each such time.
    pub interval: Duration,
}

/// Free attempts, then waits that double.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// Attempts before the first wait.
    pub free: u32,
    /// The first wait.
    pub first: Duration,
    /// Maximum wait.
    pub longest: Duration,
}

impl Waits {
    /// The pause after `count` attempts.
    fn pause(&self, count: u32) -> u64 {
        if count < self.free {
            return 0;
        }
        let doubled = micros(self.first).saturating_mul(1 << (count - self.free).min(20));
        doubled.min(micros(self.longest))
    }
}

/// What may be tried before one has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimits {
    /// From one origin, whatever it tries.
    pub origin: Bucket,
    /// At one account, wherever from, before `guarded` holds for it instead of `pair`.
    pub account: Bucket,
    /// At one account from one origin.
    pub pair: Waits,
    /// The same for an account that is being guessed at from many origins.
    pub guarded: Waits,
    /// After so long without an attempt a pair is forgotten.
    pub memory: Duration,
}

/// Who tries what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Where it comes from.
    pub origin: String,
    /// The subject of the attempt; a digest where the name is personal data.
    pub account: String,
}

impl Attempt {
    fn pair(&self) -> String {
        format!("{}|{}", self.origin, self.account)
    }
}

/// An attempt that was counted and may be made.
#[must_use]
#[derive(Debug)]
pub struct Reserved {
    attempt: Attempt,
    shared: bool,
}

/// The counts.
pub struct Attempts {
    limits: AttemptLimits,
    shared: Option<Redis>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// When a bucket will be full again.
    buckets: HashMap<String, u64>,
    /// Attempts of a pair, and the last one.
    pairs: HashMap<String, (u32, u64)>,
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Attempts {
    /// With these limits; shared where there is a Redis.
    pub fn new(limits: AttemptLimits, shared: Option<Redis>) -> Self {
        Self { limits, shared, memory: Mutex::default() }
    }

    /// Counts an attempt before it is made. `now` is the time since the epoch.
    ///
    /// # Errors
    /// The time to wait; then nothing was counted.
    pub async fn reserve(&self, attempt: Attempt, now: Duration) -> Result<Reserved, Duration> {
        if let Some(shared) = &self.shared
            && let Ok(wait) = shared.reserve(&attempt, &self.limits).await
        {
            return if wait.is_zero() { Ok(Reserved { attempt, shared: true }) } else { Err(wait) };
        }
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = memory.reserve(&attempt, &self.limits, micros(now));
        if wait == 0 { Ok(Reserved { attempt, shared: false }) } else { Err(Duration::from_micros(wait)) }
    }

    /// The secret was right: nothing is counted, and what was counted for the pair is forgotten.
    pub async fn succeeded(&self, reserved: Reserved, now: Duration) {
        self.give_back(reserved, true, now).await;
    }

    /// The attempt was not made after all.
    pub async fn not_made(&self, reserved: Reserved, now: Duration) {
        self.give_back(reserved, false, now).await;
    }

    async fn give_back(&self, reserved: Reserved, succeeded: bool, now: Duration) {
        let Reserved { attempt, shared } = reserved;
        match &self.shared {
            // What cannot be given back is forgotten by itself.
            Some(redis) if shared => drop(redis.give_back(&attempt, &self.limits, succeeded).await),
            _ => {
                let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
                memory.give_back(&attempt, &self.limits, succeeded, micros(now));
            }
        }
    }

    /// Counts a wrong secret of an origin that nobody could guess anyhow; the time to wait when it had too many.
    pub async fn wrong(&self, origin: &str, now: Duration) -> Option<Duration> {
        self.of_origin("wrong", origin, now).await
    }

    /// Counts what an origin does, whatever comes of it, apart from its attempts and from other kinds of things; the time to
    /// wait when it had as much of it as it has attempts.
    pub async fn of_origin(&self, kind: &str, origin: &str, now: Duration) -> Option<Duration> {
        self.count(format!("{kind}:{origin}"), &self.limits.origin, now).await
    }

    /// Counts one under a name; the time to wait when the bucket is empty, and then nothing was counted.
    pub async fn count(&self, name: String, bucket: &Bucket, now: Duration) -> Option<Duration> {
        if let Some(shared) = &self.shared
            && let Ok(wait) = shared.take(&name, bucket).await
        {
            return (!wait.is_zero()).then_some(wait);
        }
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (full, wait) = memory.bucket(&name, bucket, micros(now));
        if wait > 0 {
            return Some(Duration::from_micros(wait));
        }
        memory.keep_bucket(name, full, micros(now));
        None
    }
}

fn origin_key(attempt: &Attempt) -> String {
    format!("origin:{}", attempt.origin)
}

fn account_key(attempt: &Attempt) -> String {
    format!("account:{}", attempt.account)
}

impl Memory {
    /// When the bucket would be full again after one more attempt, and how long to wait for that.
    fn bucket(&self, key: &str, bucket: &Bucket, now: u64) -> (u64, u64) {
        let interval = micros(bucket.interval);
        let full = self.buckets.get(key).copied().unwrap_or_default().max(now) + interval;
        (full, full.saturating_sub(u64::from(bucket.burst) * interval + now))
    }

    fn reserve(&mut self, attempt: &Attempt, limits: &AttemptLimits, now: u64) -> u64 {
        let (origin, wait) = self.bucket(&origin_key(attempt), &limits.origin, now);
        let (account, beyond) = self.bucket(&account_key(attempt), &limits.account, now);
        let waits = if beyond > 0 { &limits.guarded } else { &limits.pair };
        let (count, last) = self.pair(attempt, limits, now);
        let pause = (last + waits.pause(count)).saturating_sub(now);
        if wait.max(pause) > 0 {
            return wait.max(pause);
        }
        self.keep_bucket(origin_key(attempt), origin, now);
        let most = now + 2 * u64::from(limits.account.burst) * micros(limits.account.interval);
        self.keep_bucket(account_key(attempt), account.min(most), now);
        if self.pairs.len() >= MAX_ENTRIES {
            drop_oldest(&mut self.pairs, |(_, last)| *last, now.saturating_sub(micros(limits.memory)));
        }
        self.pairs.insert(attempt.pair(), (count + 1, now));
        0
    }

    fn pair(&self, attempt: &Attempt, limits: &AttemptLimits, now: u64) -> (u32, u64) {
        let found = self.pairs.get(&attempt.pair()).copied();
        found.filter(|(_, last)| last + micros(limits.memory) > now).unwrap_or_default()
    }

    fn keep_bucket(&mut self, key: String, full: u64, now: u64) {
        if self.buckets.len() >= MAX_ENTRIES {
            drop_oldest(&mut self.buckets, |full| *full, now);
        }
        self.buckets.insert(key, full);
    }

    fn give_back(&mut self, attempt: &Attempt, limits: &AttemptLimits, succeeded: bool, now: u64) {
        let buckets =
            [(origin_key(attempt), limits.origin.interval), (account_key(attempt), limits.account.interval)];
        for (key, interval) in buckets {
            if let Some(full) = self.buckets.get_mut(&key) {
                *full = full.saturating_sub(micros(interval));
                if *full <= now {
                    self.buckets.remove(&key);
                }
            }
        }
        match self.pairs.get_mut(&attempt.pair()) {
            Some((count, _)) if !succeeded && *count > 1 => *count -= 1,
            _ => drop(self.pairs.remove(&attempt.pair())),
        }
    }
}

/// Drops what is over, and if that is not half of it, the older half.
fn drop_oldest<V>(entries: &mut HashMap<String, V>, age: impl Fn(&V) -> u64, over: u64) {
    let mut ages: Vec<u64> = entries.values().map(&age).collect();
    ages.sort_unstable();
    let bound = ages.get(ages.len() / 2).copied().unwrap_or_default().max(over);
    entries.retain(|_, value| age(value) > bound);
}

/// [`Memory::reserve`] in one step on Redis's own clock. Keys: origin, account, pair. Answers the time to wait.
static RESERVE_SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function arg(n) return tonumber(ARGV[n]) end
local function bucket(key, burst, interval)
  local full = math.max(tonumber(redis.call('GET', key) or '0'), now) + interval
  return full, full - burst * interval - now
end
local function keep(key, full)
  redis.call('SET', key, string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
end
local origin, wait = bucket(KEYS[1], arg(1), arg(2))
local account, beyond = bucket(KEYS[2], arg(3), arg(4))
local free, first, longest = arg(5), arg(6), arg(7)
if beyond > 0 then free, first, longest = arg(8), arg(9), arg(10) end
local pair = redis.call('HMGET', KEYS[3], 'count', 'last')
local count, last = tonumber(pair[1] or '0'), tonumber(pair[2] or '0')
if count >= free then
  local pause = math.min(first * 2 ^ math.min(count - free, 20), longest)
  wait = math.max(wait, last + pause - now)
end
if wait > 0 then return math.ceil(wait) end
keep(KEYS[1], origin)
keep(KEYS[2], math.min(account, now + 2 * arg(3) * arg(4)))
redis.call('HSET', KEYS[3], 'count', count + 1, 'last', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[3], math.ceil(arg(11) / 1000))
return 0
",
    )
});

/// [`Memory::give_back`], with the same keys.
static RELEASE_SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for n = 1, 2 do
  local full = tonumber(redis.call('GET', KEYS[n]) or '0') - tonumber(ARGV[n])
  if full <= now then
    redis.call('DEL', KEYS[n])
  else
    redis.call('SET', KEYS[n], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
  end
end
if ARGV[3] == '1' or tonumber(redis.call('HGET', KEYS[3], 'count') or '0') < 2 then
  redis.call('DEL', KEYS[3])
else
  redis.call('HINCRBY', KEYS[3], 'count', -1)
end
return 0
",
    )
});

/// One more in a bucket. Answers the time to wait.
static TAKE_SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval = tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + interval
local wait = full - tonumber(ARGV[1]) * interval - now
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return 0
",
    )
});

impl Redis {
    async fn ask(&self, asked: ScriptInvocation<'_>) -> Result<Duration, Away> {
        let mut connection = self.connection()?;
        let micros: u64 = self.note(asked.invoke_async(&mut connection).await)?;
        Ok(Duration::from_micros(micros))
    }

    fn keys(&self, attempt: &Attempt) -> [String; 3] {
        let keys = [origin_key(attempt), account_key(attempt), format!("pair:{}", attempt.pair())];
        keys.map(|key| self.key("attempts", key))
    }

    async fn reserve(&self, attempt: &Attempt, limits: &AttemptLimits) -> Result<Duration, Away> {
        let mut asked = RESERVE_SCRIPT.prepare_invoke();
        self.keys(attempt).into_iter().for_each(|key| {
            asked.key(key);
        });
        for bucket in [&limits.origin, &limits.account] {
            asked.arg(bucket.burst).arg(micros(bucket.interval));
        }
        for waits in [&limits.pair, &limits.guarded] {
            asked.arg(waits.free).arg(micros(waits.first)).arg(micros(waits.longest));
        }
        asked.arg(micros(limits.memory));
        self.ask(asked).await
    }

    async fn give_back(
        &self,
        attempt: &Attempt,
        limits: &AttemptLimits,
        succeeded: bool,
    ) -> Result<Duration, Away> {
        let mut asked = RELEASE_SCRIPT.prepare_invoke();
        self.keys(attempt).into_iter().for_each(|key| {
            asked.key(key);
        });
        asked.arg(micros(limits.origin.interval)).arg(micros(limits.account.interval));
        asked.arg(u8::from(succeeded));
        self.ask(asked).await
    }

    async fn take(&self, key: &str, bucket: &Bucket) -> Result<Duration, Away> {
        let mut asked = TAKE_SCRIPT.prepare_invoke();
        asked.key(self.key("attempts", key)).arg(bucket.burst).arg(micros(bucket.interval));
        self.ask(asked).await
    }
}

#[cfg(test)]
mod tests;
