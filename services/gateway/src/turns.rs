//! Limits on requests in progress at one service, in total and per caller. Requests beyond a limit wait for a while.
//!
//! Each service has its own turns, so a slow one starves no other; and the portal's pages, which ask services through the
//! gateway again, wait for nothing that they hold themselves.

use crate::busy;
use kernel::{Code, Problem};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Seconds after which a refused caller may try again.
const RETRY_AFTER: u64 = 2;

pub(crate) struct Turns<K> {
    all: Arc<Semaphore>,
    of_one: Mutex<HashMap<K, Arc<Semaphore>>>,
    max_of_one: usize,
    queue_timeout: Duration,
}

/// A request in progress; the next one's turn when it is dropped.
pub(crate) struct Turn<K: Hash + Eq> {
    turns: Arc<Turns<K>>,
    key: K,
    semaphore: Option<Arc<Semaphore>>,
    own: Option<OwnedSemaphorePermit>,
    all: Option<OwnedSemaphorePermit>,
}

impl<K: Hash + Eq + Copy> Turns<K> {
    pub(crate) fn new(max: usize, max_of_one: usize, queue_timeout: Duration) -> Arc<Self> {
        let all = Arc::new(Semaphore::new(max));
        Arc::new(Self { all, of_one: Mutex::default(), max_of_one, queue_timeout })
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// 429 while the caller has too many requests in progress, 503 while all callers together have.
    pub(crate) async fn take(self: &Arc<Self>, key: K) -> Result<Turn<K>, Problem> {
        let semaphore = {
            let mut of_one = self.of_one.lock().unwrap_or_else(PoisonError::into_inner);
            of_one.entry(key).or_insert_with(|| Arc::new(Semaphore::new(self.max_of_one))).clone()
        };
        // From here on the turn tidies up, even when nobody waits for it any more.
        let mut turn =
            Turn { turns: self.clone(), key, semaphore: Some(semaphore.clone()), own: None, all: None };
        turn.own = self.wait(semaphore).await;
        if turn.own.is_none() {
            crate::refused("caller_busy");
            let why = "too many of your requests are in progress: wait for their responses";
            return Err(busy(Code::RateLimited, why, RETRY_AFTER));
        }
        turn.all = self.wait(self.all.clone()).await;
        if turn.all.is_none() {
            crate::refused("service_busy");
            let why = "too many requests are in progress";
            return Err(busy(Code::Unavailable, why, RETRY_AFTER));
        }
        Ok(turn)
    }

    async fn wait(&self, semaphore: Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        timeout(self.queue_timeout, semaphore.acquire_owned()).await.ok()?.ok()
    }

    #[cfg(test)]
    fn callers(&self) -> usize {
        self.of_one.lock().unwrap().len()
    }
}

impl<K: Hash + Eq> Drop for Turn<K> {
    fn drop(&mut self) {
        drop((self.all.take(), self.own.take(), self.semaphore.take()));
        let mut of_one = self.turns.of_one.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody else holds or waits: they would hold the semaphore too, and can only get it under this lock.
        if of_one.get(&self.key).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
            of_one.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_caller_waits_for_its_own_requests_and_nobody_elses() {
        let turns = Turns::new(3, 2, Duration::from_millis(50));
        let (first, second) = (turns.take("a").await.unwrap(), turns.take("a").await.unwrap());
        let refused = turns.take("a").await.err().unwrap();
        assert_eq!((refused.status, refused.retry_after), (429, Some(RETRY_AFTER)));
        let other = turns.take("b").await.unwrap();
        let refused = turns.take("b").await.err().unwrap();
        assert_eq!((refused.status, refused.retry_after), (503, Some(RETRY_AFTER)));
        let waiting = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take("a").await.is_ok() }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert!(waiting.await.unwrap());
        drop((other, second));
        assert_eq!(turns.callers(), 0, "nobody is remembered who has nothing under way");
    }

    #[tokio::test]
    async fn who_gives_up_waiting_leaves_nothing_behind() {
        let turns = Turns::new(1, 1, Duration::from_secs(60));
        let held = turns.take("a").await.unwrap();
        for key in ["a", "b"] {
            assert!(timeout(Duration::from_millis(10), turns.take(key)).await.is_err());
        }
        drop(held);
        assert_eq!(turns.callers(), 0);
        assert!(turns.take("b").await.is_ok());
    }
}
