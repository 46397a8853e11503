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

/// How often a commit that failed is tried again while no records come.
const COMMIT_AGAIN: Duration = Duration::from_millis(500);

pub(crate) struct Member {
    consumer: Option<Arc<StreamConsumer>>,
    prefix: String,
    /// By topic and partition: the offset to go on from, of what was given out and is not committed.
    given: HashMap<(String, i32), i64>,
    /// The same, once the caller is done with it and the brokers do not know it yet.
    done: HashMap<(String, i32), i64>,
}

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
    let (given, done) = (HashMap::new(), HashMap::new());
    Ok(Member { consumer: Some(Arc::new(consumer)), prefix: settings.prefix.clone(), given, done })
}

impl Drop for Member {
    fn drop(&mut self) {
        // Leaving the group talks to the brokers: not on a thread that serves requests.
        let consumer = self.consumer.take();
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || drop(consumer))),
            Err(_) => drop(consumer),
        }
    }
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

/// Errors after which the same member goes on by itself.
fn is_passing(error: &KafkaError) -> bool {
    !matches!(
        error,
        KafkaError::MessageConsumptionFatal(_)
            | KafkaError::MessageConsumption(RDKafkaErrorCode::PollExceeded)
    )
}

impl Member {
    async fn first(&mut self) -> Result<Record, BusError> {
        loop {
            let consumer = self.consumer.clone().ok_or_else(closed)?;
            let waiting = consumer.recv();
            let message = if self.done.is_empty() {
                waiting.await
            } else {
                match tokio::time::timeout(COMMIT_AGAIN, waiting).await {
                    Ok(message) => message,
                    Err(_) => {
                        self.try_commit().await?;
                        continue;
                    }
                }
            };
            match message {
                Ok(message) => return Ok(self.note(&message)),
                Err(error) if is_passing(&error) => {
                    tracing::debug!(%error, "the brokers are waited for");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(error) => return Err(broker(error)),
            }
        }
    }

    fn note(&mut self, message: &BorrowedMessage<'_>) -> Record {
        self.given.insert((message.topic().to_owned(), message.partition()), message.offset() + 1);
        read(message, &self.prefix)
    }

    /// Tells the brokers what is done. What they do not take now is tried again; partitions that went to another member
    /// meanwhile are that one's to commit.
    async fn try_commit(&mut self) -> Result<(), BusError> {
        let consumer = self.consumer.clone().ok_or_else(closed)?;
        let own = consumer.assignment().map_err(broker)?;
        self.done.retain(|(topic, partition), _| own.find_partition(topic, *partition).is_some());
        if self.done.is_empty() {
            return Ok(());
        }
        let mut offsets = TopicPartitionList::new();
        for ((topic, partition), offset) in &self.done {
            offsets.add_partition_offset(topic, *partition, Offset::Offset(*offset)).map_err(broker)?;
        }
        let commit = tokio::task::spawn_blocking(move || consumer.commit(&offsets, CommitMode::Sync));
        match commit.await {
            Ok(Ok(())) => self.done.clear(),
            Ok(Err(error)) => tracing::debug!(%error, "the offsets are committed later"),
            Err(error) => return Err(BusError::Broker(error.to_string())),
        }
        Ok(())
    }
}

#[async_trait]
impl Subscription for Member {
    async fn next(&mut self, limit: u64) -> Result<Vec<Record>, BusError> {
        let mut records = vec![self.first().await?];
        let consumer = self.consumer.clone().ok_or_else(closed)?;
        while (records.len() as u64) < limit {
            match consumer.recv().now_or_never() {
                Some(Ok(message)) => records.push(self.note(&message)),
                Some(Err(_)) | None => break,
            }
        }
        Ok(records)
    }

    async fn commit(&mut self) -> Result<(), BusError> {
        self.done.extend(self.given.drain());
        self.try_commit().await
    }
}
