//! A member of a consumer group.

use crate::{Settings, broker};
use async_trait::async_trait;
use bus::{BusError, Record, Subscription};
use futures_util::FutureExt;
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{CommitMode, Consumer, StreamConsumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::{BorrowedMessage, Headers},
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    task::{JoinError, JoinHandle},
    time::Instant,
};

/// Minimum time between two offset commits: each is a write by the brokers.
const COMMIT_INTERVAL: Duration = Duration::from_millis(50);
/// Delay before a failed offset commit is retried.
const COMMIT_RETRY_DELAY: Duration = Duration::from_millis(500);

pub(crate) struct Member {
    consumer: Option<Arc<StreamConsumer>>,
    prefix: String,
    /// By topic and partition: the offset to continue from, for records handed out and not yet committed.
    given: Offsets,
    /// The same, once the caller is done with it and before the commit has succeeded.
    done: Offsets,
    /// The offset commit in progress: the next records do not wait for it.
    committing: Option<JoinHandle<Committed>>,
    /// The earliest time of the next commit.
    commit_at: Instant,
    /// An error that followed records; it is returned by the next call.
    failed: Option<KafkaError>,
}

type Offsets = HashMap<(String, i32), i64>;
type Committed = (Offsets, Result<(), KafkaError>);

/// Joins `group` for `topics`.
pub(crate) fn join(settings: &Settings, group: &str, topics: &[&str]) -> Result<Member, BusError> {
    let mut config = settings.client();
    config
        .set("group.id", settings.prefixed(group))
        .set("group.protocol", "classic")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("allow.auto.create.topics", "false")
        // A member that was killed leaves its partitions to the others after this time.
        .set("session.timeout.ms", "10000")
        .set("heartbeat.interval.ms", "2000")
        // Memory for what is fetched ahead, per partition and in all.
        .set("queued.min.messages", "1000")
        .set("queued.max.messages.kbytes", "4096")
        .set("fetch.error.backoff.ms", "100");
    let consumer: StreamConsumer = config.create().map_err(broker)?;
    let names: Vec<String> = topics.iter().map(|topic| settings.prefixed(topic)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    consumer.subscribe(&names).map_err(broker)?;
    let (given, done, prefix) = (HashMap::new(), HashMap::new(), settings.prefix.clone());
    Ok(Member {
        consumer: Some(Arc::new(consumer)),
        prefix,
        given,
        done,
        committing: None,
        commit_at: Instant::now(),
        failed: None,
    })
}

impl Drop for Member {
    fn drop(&mut self) {
        // The last commit and leaving the group talk to the brokers: not on a thread that serves requests.
        let (consumer, done) = (self.consumer.take(), std::mem::take(&mut self.done));
        let leave = move || {
            if let Some(consumer) = consumer.filter(|_| !done.is_empty())
                && let Err(error) = commit(&consumer, &done)
            {
                tracing::debug!(%error, "these records will be delivered again to another member");
            }
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(leave)),
            Err(_) => leave(),
        }
    }
}

/// Commits offsets and waits until the brokers have them.
fn commit(consumer: &StreamConsumer, done: &Offsets) -> Result<(), KafkaError> {
    let mut offsets = TopicPartitionList::new();
    for ((topic, partition), offset) in done {
        offsets.add_partition_offset(topic, *partition, Offset::Offset(*offset))?;
    }
    consumer.commit(&offsets, CommitMode::Sync)
}

fn closed() -> BusError {
    BusError::Broker("the subscription is closed".to_owned())
}

fn read(message: &BorrowedMessage<'_>, prefix: &str) -> Record {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = message.headers().map(|headers| {
        let header =
            headers.iter().map(|header| (header.key.to_owned(), text(header.value.unwrap_or_default())));
        header.collect()
    });
    Record {
        topic: message.topic().strip_prefix(prefix).unwrap_or(message.topic()).to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        key: text(message.key().unwrap_or_default()),
        headers: headers.unwrap_or_default(),
        payload: message.payload().unwrap_or_default().to_vec(),
    }
}

/// Errors from which a member recovers by itself.
fn is_transient(error: &KafkaError) -> bool {
    !matches!(
        error,
        KafkaError::MessageConsumptionFatal(_)
            | KafkaError::MessageConsumption(RDKafkaErrorCode::PollExceeded)
    )
}

/// What a waiting member wakes up for.
enum Wakeup<'a> {
    Message(Result<BorrowedMessage<'a>, KafkaError>),
    Committed(Result<Committed, JoinError>),
    CommitDue,
}

impl Member {
    async fn first(&mut self) -> Result<Record, BusError> {
        if let Some(error) = self.failed.take() {
            return Err(broker(error));
        }
        loop {
            let consumer = self.consumer.clone().ok_or_else(closed)?;
            let commit_pending = self.committing.is_none() && !self.done.is_empty();
            let wakeup = tokio::select! {
                message = consumer.recv() => Wakeup::Message(message),
                committed = outcome(&mut self.committing) => Wakeup::Committed(committed),
                () = tokio::time::sleep_until(self.commit_at), if commit_pending => Wakeup::CommitDue,
            };
            match wakeup {
                Wakeup::Message(Ok(message)) => return Ok(self.note(&message)),
                Wakeup::Message(Err(error)) if is_transient(&error) => {
                    tracing::debug!(%error, "waiting for the brokers");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Wakeup::Message(Err(error)) => return Err(broker(error)),
                Wakeup::Committed(committed) => self.finish_commit(committed)?,
                Wakeup::CommitDue => self.start_commit()?,
            }
        }
    }

    fn note(&mut self, message: &BorrowedMessage<'_>) -> Record {
        self.given.insert((message.topic().to_owned(), message.partition()), message.offset() + 1);
        read(message, &self.prefix)
    }

    /// Starts committing the offsets that are done, in the background; partitions that moved to another member are left
    /// for that member to commit.
    fn start_commit(&mut self) -> Result<(), BusError> {
        let consumer = self.consumer.clone().ok_or_else(closed)?;
        let own = consumer.assignment().map_err(broker)?;
        self.done.retain(|(topic, partition), _| own.find_partition(topic, *partition).is_some());
        if self.committing.is_none() && !self.done.is_empty() && self.commit_at <= Instant::now() {
            self.commit_at = Instant::now() + COMMIT_INTERVAL;
            let done = self.done.clone();
            self.committing = Some(tokio::task::spawn_blocking(move || {
                let outcome = commit(&consumer, &done);
                (done, outcome)
            }));
        }
        Ok(())
    }

    /// Forgets the committed offsets and starts committing those done meanwhile; a failed commit is retried later.
    fn finish_commit(&mut self, committed: Result<Committed, JoinError>) -> Result<(), BusError> {
        self.committing = None;
        match committed.map_err(|error| BusError::Broker(error.to_string()))? {
            (committed, Ok(())) => {
                self.done.retain(|place, offset| committed.get(place) != Some(offset));
                self.start_commit()
            }
            (_, Err(error)) => {
                tracing::debug!(%error, "the offset commit failed and will be retried");
                self.commit_at = Instant::now() + COMMIT_RETRY_DELAY;
                Ok(())
            }
        }
    }
}

/// Resolves when the offset commit in progress finishes; pends if there is none.
async fn outcome(committing: &mut Option<JoinHandle<Committed>>) -> Result<Committed, JoinError> {
    match committing {
        Some(committing) => committing.await,
        None => std::future::pending().await,
    }
}

/// What there is now, at most `limit`, and the error that ended it: librdkafka reports one only once, and a member
/// that swallows a fatal one waits for ever.
fn gather<T>(
    limit: u64,
    mut next: impl FnMut() -> Option<Result<T, KafkaError>>,
) -> (Vec<T>, Option<KafkaError>) {
    let mut gathered = Vec::new();
    while (gathered.len() as u64) < limit {
        match next() {
            Some(Ok(one)) => gathered.push(one),
            Some(Err(error)) if is_transient(&error) => {
                tracing::debug!(%error, "waiting for the brokers");
                break;
            }
            Some(Err(error)) => return (gathered, Some(error)),
            None => break,
        }
    }
    (gathered, None)
}

#[async_trait]
impl Subscription for Member {
    async fn next(&mut self, limit: u64) -> Result<Vec<Record>, BusError> {
        let mut records = vec![self.first().await?];
        let consumer = self.consumer.clone().ok_or_else(closed)?;
        let wanted = limit.saturating_sub(1);
        let (more, failed) = gather(wanted, || consumer.recv().now_or_never());
        self.failed = failed;
        records.extend(more.iter().map(|message| self.note(message)));
        Ok(records)
    }

    async fn commit(&mut self) -> Result<(), BusError> {
        self.done.extend(self.given.drain());
        self.start_commit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_after_records_is_returned_next_unless_it_is_transient() {
        let fatal = KafkaError::MessageConsumptionFatal(RDKafkaErrorCode::FencedInstanceId);
        let transient = KafkaError::MessageConsumption(RDKafkaErrorCode::AllBrokersDown);
        for (error, expected) in [(fatal.clone(), Some(fatal)), (transient, None)] {
            let mut answers = vec![Ok(1), Ok(2), Err(error), Ok(3)].into_iter();
            assert_eq!(gather(10, || answers.next()), (vec![1, 2], expected));
        }
        let mut answers = (0..5).map(Ok);
        assert_eq!(gather(3, || answers.next()), (vec![0, 1, 2], None));
    }
}
