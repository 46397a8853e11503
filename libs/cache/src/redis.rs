use redis::{
    AsyncCommands, Client, RedisError, Script, ScriptInvocation,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Timeout of a Redis command: every request waits for one.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(250);
/// After a failure, how long Redis is not tried again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The generic cell rate algorithm, in one step on Redis's own clock: the time at which a caller would have all its
/// requests again is kept, in microseconds. Answers what is left (-1 for nothing), and the time in question.
const COUNT_SCRIPT: &str = "
local burst, interval = tonumber(ARGV[1]), 1000000 / tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + interval
local wait = full - burst * interval - now
if wait > 0 then return { -1, math.ceil(wait) } end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return { math.floor(burst - (full - now) / interval), math.ceil(full - now) }
";

/// Redis cannot be used now.
#[derive(Debug, thiserror::Error)]
pub enum Away {
    /// It refused, disconnected or did not respond in time.
    #[error("Redis cannot be used")]
    Failed(#[from] RedisError),
    /// It failed a moment ago; it is tried again soon.
    #[error("Redis failed a moment ago")]
    Pausing,
}

/// What a request counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It is within the limit: requests left now, and the time until all of them are.
    Within(u32, Duration),
    /// It is beyond: the time to wait.
    Beyond(Duration),
}

/// A connection that is made when it is needed, and made again when it broke.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    manager: ConnectionManager,
    prefix: String,
    count: Script,
    tried_again: Mutex<Option<Instant>>,
}

impl Redis {
    /// A client of the Redis at `url` (`redis://…`); it need not be reachable yet. `prefix` precedes every key: empty
    /// unless several deployments share the server. Call it inside a runtime.
    ///
    /// # Errors
    /// When the address cannot be read.
    pub fn new(url: &str, prefix: &str) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let manager = ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?;
        let (prefix, count) = (prefix.to_owned(), Script::new(COUNT_SCRIPT));
        Ok(Self(Arc::new(Inner { manager, prefix, count, tried_again: Mutex::default() })))
    }

    pub(crate) fn key(&self, kind: &str, name: impl std::fmt::Display) -> String {
        format!("{}{kind}:{name}", self.0.prefix)
    }

    pub(crate) fn connection(&self) -> Result<ConnectionManager, Away> {
        let tried_again = self.0.tried_again.lock().unwrap_or_else(PoisonError::into_inner);
        if tried_again.is_some_and(|at| Instant::now() < at) {
            return Err(Away::Pausing);
        }
        Ok(self.0.manager.clone())
    }

    pub(crate) fn note<T>(&self, result: Result<T, RedisError>) -> Result<T, Away> {
        let mut tried_again = self.0.tried_again.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(value) => {
                if tried_again.take().is_some() {
                    tracing::info!("Redis is back");
                }
                Ok(value)
            }
            Err(error) => {
                if tried_again.replace(Instant::now() + RETRY_DELAY).is_none() {
                    tracing::warn!(error = &error as &dyn std::error::Error, "Redis is unavailable");
                }
                Err(error.into())
            }
        }
    }

    /// Counts one request of `caller`: at most `burst` at once, `per_second` for ever.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn count(&self, caller: &str, burst: u32, per_second: u32) -> Result<Counted, Away> {
        let mut connection = self.connection()?;
        let mut asked: ScriptInvocation<'_> = self.0.count.key(self.key("limit", caller));
        let answer: Result<(i64, u64), RedisError> =
            asked.arg(burst).arg(per_second).invoke_async(&mut connection).await;
        let (left, micros) = self.note(answer)?;
        let time = Duration::from_micros(micros);
        Ok(u32::try_from(left).map_or(Counted::Beyond(time), |left| Counted::Within(left, time)))
    }

    pub(crate) async fn revoke(&self, sessions: &[(Uuid, Duration)]) -> Result<(), Away> {
        let mut connection = self.connection()?;
        let mut pipe = redis::pipe();
        for (session, left) in sessions {
            let milliseconds = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1);
            pipe.pset_ex(self.key("revoked", session), 1, milliseconds).ignore();
        }
        let done = pipe.query_async::<()>(&mut connection).await;
        self.note(done)
    }

    pub(crate) async fn lease(&self, life: Duration) -> Result<(), Away> {
        let mut connection = self.connection()?;
        let milliseconds = u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
        let done = connection.pset_ex::<_, _, ()>(self.key("revocations", "complete"), 1, milliseconds).await;
        self.note(done)
    }

    /// Whether the session is revoked; none when Redis may not hold all revocations.
    pub(crate) async fn is_revoked(&self, session: Uuid) -> Result<Option<bool>, Away> {
        let mut connection = self.connection()?;
        let keys = [self.key("revocations", "complete"), self.key("revoked", session)];
        let answer = connection.mget::<_, (Option<u8>, Option<u8>)>(&keys).await;
        Ok(match self.note(answer)? {
            (_, Some(_)) => Some(true),
            (Some(_), None) => Some(false),
            (None, None) => None,
        })
    }
}
