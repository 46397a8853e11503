//! Events between services: the trait [`Bus`] and its embedded, durable implementation.
//!
//! The semantics are Kafka's: a topic is an ordered log, a record has a key, a consumer group keeps its own offset and
//! moves it by committing, delivery is at least once, and topics are compacted (the last record of each key stays
//! for ever). [`EmbeddedBus`] keeps all of it in one SQLite file, so it survives `kill -9`.

mod embedded;
#[cfg(any(test, feature = "suite"))]
pub mod suite;

pub use embedded::EmbeddedBus;

use async_trait::async_trait;
use std::sync::Arc;

/// Headers of a record, in CloudEvents' Kafka binary mode (`ce_id`, `ce_type`, …).
pub type Headers = Vec<(String, String)>;

/// A record to publish.
#[derive(Debug, Clone)]
pub struct OutgoingRecord {
    /// Where to.
    pub topic: String,
    /// Records of one key keep their order.
    pub key: String,
    /// CloudEvents attributes.
    pub headers: Headers,
    /// The event, JSON.
    pub payload: Vec<u8>,
}

/// A record as it was read.
#[derive(Debug, Clone)]
pub struct Record {
    /// Where from.
    pub topic: String,
    /// The part of the topic; records of one key share it.
    pub partition: i32,
    /// The position in the partition; grows, with gaps.
    pub offset: i64,
    /// The key.
    pub key: String,
    /// CloudEvents attributes.
    pub headers: Headers,
    /// The event, JSON.
    pub payload: Vec<u8>,
}

impl Record {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// How far a group is behind in a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The consumer group.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// Records not yet committed.
    pub records: i64,
}

/// The bus did not do it; the cause is inside.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The log could not be read or written.
    #[error("the event log cannot be used")]
    Storage(#[from] sea_orm::DbErr),
    /// The broker is unavailable or refused.
    #[error("the event broker cannot be used: {0}")]
    Broker(String),
    /// A record in the log is damaged.
    #[error("record {offset} of {topic} has unreadable headers")]
    Damaged {
        /// The topic.
        topic: String,
        /// The record's offset.
        offset: i64,
    },
}

/// A log of events that many consumer groups read.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Appends records, in order; when it returns they are durable.
    async fn publish(&self, records: Vec<OutgoingRecord>) -> Result<(), BusError>;

    /// Joins a consumer group. Its members share the partitions of the topics; embedded topics have one, so that one
    /// member reads and the others wait for it to leave.
    async fn subscribe(&self, group: &str, topics: &[&str]) -> Result<Box<dyn Subscription>, BusError>;

    /// How far each of these groups is behind in its topic. One that has committed nothing is behind by all there is.
    async fn lag(&self, subscriptions: &[(&str, &str)]) -> Result<Vec<Lag>, BusError>;

    /// The topics there are.
    async fn topics(&self) -> Result<Vec<String>, BusError>;
}

/// A member of a consumer group.
#[async_trait]
pub trait Subscription: Send {
    /// The next records, at most `limit`, waiting until there is at least one. Without a commit the same records come
    /// again to the next member.
    async fn next(&mut self, limit: u64) -> Result<Vec<Record>, BusError>;

    /// Marks everything returned by [`Subscription::next`] as done. The commit may reach the brokers later: records
    /// that are done may come again after a crash.
    async fn commit(&mut self) -> Result<(), BusError>;
}

/// A bus that services share.
pub type SharedBus = Arc<dyn Bus>;
