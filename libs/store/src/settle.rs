//! Applying what a consumer has set aside, once what it waits for is known.

use crate::{
    Actor, ConsumeError, Consumer, Store, StoreError, SystemTx,
    consumer::{BACKOFF, BATCH_SIZE, MAX_ATTEMPTS, Work},
    inbox::{Done, Place, lock},
    waiting::{self, Arrived, Ready},
};
use bus::SharedBus;
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};
use uuid::Uuid;

/// How often a consumer looks again: what another process was told of, or this service recorded itself, wakes nobody.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

impl Consumer {
    /// Looks when something was set aside, when a consumer of this process applied something, and now and then.
    pub(crate) async fn settle(&self, store: &Store, bus: &SharedBus) {
        if self.handler.known().is_empty() {
            return;
        }
        let mut arrivals = store.arrivals();
        loop {
            arrivals.mark_unchanged();
            let waits = self.resume(store, bus).await;
            let arrival = async {
                // The sender lives as long as the store does.
                if !waits || arrivals.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = arrival => {}
                () = self.set_aside.notified() => {}
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
    }

    /// Applies all that need wait no longer; whether something still waits.
    async fn resume(&self, store: &Store, bus: &SharedBus) -> bool {
        let mut failures = 0;
        loop {
            match self.ready(store).await {
                Ok(None) => return false,
                Ok(Some(ready)) if ready.is_empty() => return true,
                Ok(Some(ready)) => {
                    self.resume_some(store, bus, &ready).await;
                    store.announce();
                    failures = 0;
                }
                Err(error) => self.wait(&error, &mut failures).await,
            }
        }
    }

    async fn ready(&self, store: &Store) -> Result<Option<Vec<Ready>>, StoreError> {
        let db = store.system_read().await?;
        waiting::ready(&db, self.group, &self.handler.known(), BATCH_SIZE).await
    }

    async fn resume_some(&self, store: &Store, bus: &SharedBus, ready: &[Ready]) {
        if self.when_possible(store, Work::Waiting(ready)).await.is_err() {
            // They contain a bad event; the others proceed.
            for one in ready {
                self.resume_one_by_one(store, bus, one).await;
            }
        }
    }

    /// The events of one aggregate, up to one that waits for something else. One that is at fault is tried a few more
    /// times and then goes to the dead-letter topic.
    async fn resume_one_by_one(&self, store: &Store, bus: &SharedBus, one: &Ready) {
        let (mut attempts, mut at_fault) = (0, None);
        loop {
            let tried = AtomicI64::new(0);
            match self.when_possible(store, Work::First(one, &tried)).await {
                Ok(Done { read: 0, .. }) => return,
                Ok(Done { set_aside: 1.., .. }) => return,
                Ok(_) => attempts = 0,
                Err(error) => {
                    let sequence = tried.into_inner();
                    // Another replica may have buried the one before.
                    if at_fault.replace(sequence) != Some(sequence) {
                        attempts = 0;
                    }
                    attempts += 1;
                    if attempts < MAX_ATTEMPTS {
                        tokio::time::sleep(BACKOFF.delay(attempts)).await;
                        continue;
                    }
                    self.bury_first(store, bus, (one.aggregate_id, sequence), &error).await;
                }
            }
        }
    }

    /// Buries the event of this sequence, unless another replica did. First buries and then removes: a crash in between
    /// buries it twice, and loses nothing.
    pub(crate) async fn bury_first(
        &self,
        store: &Store,
        bus: &SharedBus,
        (aggregate_id, sequence): (Uuid, i64),
        error: &ConsumeError,
    ) {
        let mut failures = 0;
        let mut is_buried = false;
        loop {
            let step = async {
                let tx = store.system(Actor::system()).await?;
                if is_buried {
                    waiting::remove(tx.db(), self.group, aggregate_id, sequence).await?;
                    tx.commit().await?;
                    return Ok::<_, StoreError>(None);
                }
                let first = waiting::first(tx.db(), self.group, aggregate_id).await?;
                Ok(first.filter(|(first, _)| *first == sequence))
            };
            match step.await {
                Ok(None) => return,
                Ok(Some((_, Arrived { record, .. }))) => {
                    self.bury_when_possible(bus, &record, error).await;
                    is_buried = true;
                }
                Err(unavailable) => self.wait(&unavailable, &mut failures).await,
            }
        }
    }

    /// Applies the events of these aggregates, or sets them aside again.
    pub(crate) async fn apply_all(&self, store: &Store, ready: &[Ready]) -> Result<Done, ConsumeError> {
        let tx = store.system(Actor::system()).await?;
        let partitions: BTreeSet<i32> = ready.iter().map(|one| one.partition_id).collect();
        tx.lock_all(partitions.iter().map(|partition| lock(self.group, *partition))).await?;
        tx.by_index().await?;
        let arrived = waiting::take_back(tx.db(), self.group, ready).await?;
        self.apply_back(tx, arrived).await
    }

    /// [`Consumer::apply_all`] of the first event of one aggregate.
    pub(crate) async fn apply_first(
        &self,
        store: &Store,
        one: &Ready,
        tried: &AtomicI64,
    ) -> Result<Done, ConsumeError> {
        let tx = store.system(Actor::system()).await?;
        tx.lock(&lock(self.group, one.partition_id)).await?;
        let first = waiting::first(tx.db(), self.group, one.aggregate_id).await?;
        let Some((sequence, arrived)) = first else { return Ok(Done::default()) };
        tried.store(sequence, Ordering::Relaxed);
        waiting::remove(tx.db(), self.group, one.aggregate_id, sequence).await?;
        self.apply_back(tx, vec![arrived]).await
    }

    async fn apply_back(&self, mut tx: SystemTx, arrived: Vec<Arrived>) -> Result<Done, ConsumeError> {
        let done = self.handler.apply(self.group, &mut tx, arrived, Place::First).await?;
        tx.commit().await?;
        Ok(done)
    }
}
