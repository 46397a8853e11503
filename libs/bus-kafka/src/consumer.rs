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

/// How often the brokers are told at most: each time is a write of theirs.
const PACE: Duration = Duration::from_millis(50);
/// When a commit that failed is tried again.
const COMMIT_AGAIN: Duration = Duration::from_millis(500);

pub(crate) struct Member {
    consumer: Option<Arc<StreamConsumer>>,
    prefix: String,
    /// By topic and partition: the offset to go on from, of what was given out and is not committed.
    given: Offsets,
    /// The same, once the caller is done with it and the brokers do not know it yet.
    done: Offsets,
    /// What the brokers are being told meanwhile: the next records do not wait for it.
    telling: Option<JoinHandle<Told>>,
    /// When they may be told again.
    tell_at: Instant,
    /// An error that came behind records; it is the next answer.
    failed: Option<KafkaError>,
}

type Offsets = HashMap<(String, i32), i64>;
type Told = (Offsets, Result<(), KafkaError>);

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
        telling: None,
        tell_at: Instant::now(),
        failed: None,
    })
}

impl Drop for Member {
    fn drop(&mut self) {
        // The last commit and leaving the group talk to the brokers: not on a thread that serves requests.
        let (consumer, done) = (self.consumer.take(), std::mem::take(&mut self.done));
        let leave = move || {
            if let Some(consumer) = consumer.filter(|_| !done.is_empty())
                && let Err(error) = tell(&consumer, &done)
            {
                tracing::debug!(%error, "these records will be given to another member again");
            }
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(leave)),
            Err(_) => leave(),
        }
    }
}

/// Commits offsets and waits until the brokers have them.
fn tell(consumer: &StreamConsumer, done: &Offsets) -> Result<(), KafkaError> {
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

/// Errors after which the same member goes on by itself.
fn is_passing(error: &KafkaError) -> bool {
    !matches!(
        error,
        KafkaError::MessageConsumptionFatal(_)
            | KafkaError::MessageConsumption(RDKafkaErrorCode::PollExceeded)
    )
}

/// What a waiting member hears of first.
enum Heard<'a> {
    Message(Result<BorrowedMessage<'a>, KafkaError>),
    Told(Result<Told, JoinError>),
    TellAgain,
}

impl Member {
    async fn first(&mut self) -> Result<Record, BusError> {
        if let Some(error) = self.failed.take() {
            return Err(broker(error));
        }
        loop {
            let consumer = self.consumer.clone().ok_or_else(closed)?;
            let waits_to_tell = self.telling.is_none() && !self.done.is_empty();
            let heard = tokio::select! {
                message = consumer.recv() => Heard::Message(message),
                told = outcome(&mut self.telling) => Heard::Told(told),
                () = tokio::time::sleep_until(self.tell_at), if waits_to_tell => Heard::TellAgain,
            };
            match heard {
                Heard::Message(Ok(message)) => return Ok(self.note(&message)),
                Heard::Message(Err(error)) if is_passing(&error) => {
                    tracing::debug!(%error, "the brokers are waited for");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Heard::Message(Err(error)) => return Err(broker(error)),
                Heard::Told(told) => self.told(told)?,
                Heard::TellAgain => self.tell()?,
            }
        }
    }

    fn note(&mut self, message: &BorrowedMessage<'_>) -> Record {
        self.given.insert((message.topic().to_owned(), message.partition()), message.offset() + 1);
        read(message, &self.prefix)
    }

    /// Tells the brokers what is done, beside the caller's work; partitions that went to another member meanwhile are that
    /// one's to commit.
    fn tell(&mut self) -> Result<(), BusError> {
        let consumer = self.consumer.clone().ok_or_else(closed)?;
        let own = consumer.assignment().map_err(broker)?;
        self.done.retain(|(topic, partition), _| own.find_partition(topic, *partition).is_some());
        if self.telling.is_none() && !self.done.is_empty() && self.tell_at <= Instant::now() {
            self.tell_at = Instant::now() + PACE;
            let done = self.done.clone();
            self.telling = Some(tokio::task::spawn_blocking(move || {
                let outcome = tell(&consumer, &done);
                (done, outcome)
            }));
        }
        Ok(())
    }

    /// What the brokers have taken is forgotten, and they are told what was done meanwhile; what they have not taken is
    /// told again later.
    fn told(&mut self, told: Result<Told, JoinError>) -> Result<(), BusError> {
        self.telling = None;
        match told.map_err(|error| BusError::Broker(error.to_string()))? {
            (told, Ok(())) => {
                self.done.retain(|place, offset| told.get(place) != Some(offset));
                self.tell()
            }
            (_, Err(error)) => {
                tracing::debug!(%error, "the offsets are committed later");
                self.tell_at = Instant::now() + COMMIT_AGAIN;
                Ok(())
            }
        }
    }
}

/// The end of telling; never when nothing is being told.
async fn outcome(telling: &mut Option<JoinHandle<Told>>) -> Result<Told, JoinError> {
    match telling {
        Some(telling) => telling.await,
        None => std::future::pending().await,
    }
}

/// What there is now, at most `limit`, and the error that ended it: librdkafka tells of one only once, and a member that
/// swallows a fatal one waits for ever.
fn gather<T>(
    limit: u64,
    mut next: impl FnMut() -> Option<Result<T, KafkaError>>,
) -> (Vec<T>, Option<KafkaError>) {
    let mut gathered = Vec::new();
    while (gathered.len() as u64) < limit {
        match next() {
            Some(Ok(one)) => gathered.push(one),
            Some(Err(error)) if is_passing(&error) => {
                tracing::debug!(%error, "the brokers are waited for");
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
        self.tell()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_behind_records_is_the_next_answer_unless_it_passes() {
        let fatal = KafkaError::MessageConsumptionFatal(RDKafkaErrorCode::FencedInstanceId);
        let passing = KafkaError::MessageConsumption(RDKafkaErrorCode::AllBrokersDown);
        for (error, expected) in [(fatal.clone(), Some(fatal)), (passing, None)] {
            let mut answers = vec![Ok(1), Ok(2), Err(error), Ok(3)].into_iter();
            assert_eq!(gather(10, || answers.next()), (vec![1, 2], expected));
        }
        let mut answers = (0..5).map(Ok);
        assert_eq!(gather(3, || answers.next()), (vec![0, 1, 2], None));
    }
}
