//! Sessions that were ended before their access tokens ran out.
//!
//! The truth is identity's database. Here is a copy that gateways may ask instead, with a lease: identity copies all
//! live revocations once every [`RENEWAL_INTERVAL`] and then says for [`LEASE`] that the copy is complete. A copy
//! without a lease (Redis was restarted, identity cannot reach it) says "revoked" or nothing, never "not revoked":
//! identity is asked then. A revocation that could not be copied at once is not acknowledged before every lease older
//! than it has ended.

use crate::{Away, Redis};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// How long a copy counts as complete.
pub const LEASE: Duration = Duration::from_secs(4);
/// How often it is renewed.
pub const RENEWAL_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum time from reading the source of truth to extending the lease; a slower renewal is discarded.
const MAX_RENEWAL_TIME: Duration = Duration::from_secs(1);

/// The copy of the revocations.
#[derive(Clone)]
pub enum Revocations {
    /// In this process, which holds identity and the gateway.
    Memory(Arc<RwLock<Memory>>),
    /// Shared by all replicas.
    Redis(Redis),
}

/// Revoked sessions and when they can be forgotten.
#[derive(Default)]
pub struct Memory {
    complete: bool,
    sessions: HashMap<Uuid, Instant>,
}

impl Default for Revocations {
    fn default() -> Self {
        Self::Memory(Arc::default())
    }
}

impl Revocations {
    /// Copies a revocation that was committed. When this returns, no gateway takes the session for a live one.
    pub async fn announce(&self, session: Uuid, left: Duration) {
        self.announce_all(&[session], left).await;
    }

    /// [`Revocations::announce`] for several sessions at once.
    pub async fn announce_all(&self, sessions: &[Uuid], left: Duration) {
        if sessions.is_empty() {
            return;
        }
        let sessions: Vec<(Uuid, Duration)> = sessions.iter().map(|session| (*session, left)).collect();
        if let Err(error) = self.copy(&sessions).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a revocation waits for the leases to end"
            );
            tokio::time::sleep(LEASE + MAX_RENEWAL_TIME).await;
        }
    }

    async fn copy(&self, sessions: &[(Uuid, Duration)]) -> Result<(), Away> {
        match self {
            Revocations::Memory(memory) => {
                let (mut memory, now) =
                    (memory.write().unwrap_or_else(PoisonError::into_inner), Instant::now());
                memory.sessions.retain(|_, until| *until > now);
                memory.sessions.extend(sessions.iter().map(|(session, left)| (*session, now + *left)));
                Ok(())
            }
            Revocations::Redis(_) if sessions.is_empty() => Ok(()),
            Revocations::Redis(redis) => redis.revoke(sessions).await,
        }
    }

    /// Copies all live revocations, read from the truth at `read_at`, and renews the lease.
    ///
    /// # Errors
    /// [`Away`]; then the lease runs out.
    pub async fn complete(&self, sessions: &[(Uuid, Duration)], read_at: Instant) -> Result<(), Away> {
        self.copy(sessions).await?;
        if read_at.elapsed() > MAX_RENEWAL_TIME {
            return Ok(());
        }
        match self {
            Revocations::Memory(memory) => {
                memory.write().unwrap_or_else(PoisonError::into_inner).complete = true;
                Ok(())
            }
            Revocations::Redis(redis) => redis.lease(LEASE).await,
        }
    }

    /// Whether the session is revoked; none when only identity knows.
    pub async fn is_revoked(&self, session: Uuid) -> Option<bool> {
        match self {
            Revocations::Memory(memory) => {
                let memory = memory.read().unwrap_or_else(PoisonError::into_inner);
                match memory.sessions.contains_key(&session) {
                    true => Some(true),
                    false => memory.complete.then_some(false),
                }
            }
            Revocations::Redis(redis) => redis.is_revoked(session).await.ok().flatten(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_copy_that_is_not_complete_says_revoked_or_nothing() {
        let revocations = Revocations::default();
        let (gone, live) = (Uuid::from_u128(1), Uuid::from_u128(2));
        revocations.announce(gone, Duration::from_secs(60)).await;
        assert_eq!(
            (revocations.is_revoked(gone).await, revocations.is_revoked(live).await),
            (Some(true), None)
        );
        revocations.complete(&[], Instant::now()).await.unwrap();
        assert_eq!(revocations.is_revoked(live).await, Some(false));
        assert_eq!(revocations.is_revoked(gone).await, Some(true));
        let several = [Uuid::from_u128(3), Uuid::from_u128(4)];
        revocations.announce_all(&several, Duration::from_secs(60)).await;
        for session in several {
            assert_eq!(revocations.is_revoked(session).await, Some(true));
        }
    }

    #[tokio::test]
    async fn a_redis_that_is_away_says_nothing_and_holds_nobody_up() {
        let redis = Redis::new("redis://127.0.0.1:1", "").unwrap();
        let revocations = Revocations::Redis(redis.clone());
        let started = Instant::now();
        for _ in 0..100 {
            assert_eq!(revocations.is_revoked(Uuid::from_u128(1)).await, None);
            assert!(redis.count("caller", 10, 1).await.is_err());
        }
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
}
