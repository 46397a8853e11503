//! The bus on Apache Kafka, or any broker that speaks its protocol (classic group protocol).
//!
//! Published is what the brokers have acknowledged (`acks=all`, idempotent producer). A group's offset moves when the
//! caller commits, after its database did. Topics are made when they are first used: compacted and never expiring, so
//! that a read model can be rebuilt from the start; dead-letter and retry topics keep every record.

mod consumer;
mod topics;

use async_trait::async_trait;
use bus::{Bus, BusError, Lag, OutgoingRecord, Subscription};
use futures_util::future::join_all;
use rdkafka::{
    ClientConfig,
    admin::AdminClient,
    client::DefaultClientContext,
    consumer::BaseConsumer,
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord, Producer},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How to reach the brokers.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `bootstrap.servers`: `host:port,host:port`.
    pub brokers: String,
    /// Stands before the name of every topic and group; empty unless several deployments share the brokers.
    pub prefix: String,
    /// Partitions of a topic that this makes: the most replicas of a service that share its work.
    pub partitions: i32,
    /// Copies of each partition that this makes.
    pub replication: i32,
    /// Further properties of librdkafka, by their names there.
    pub properties: BTreeMap<String, String>,
}

/// Time for the brokers to acknowledge a record before publishing fails.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);
/// Delay before a record is offered again when librdkafka's queue is full.
const QUEUE_FULL_DELAY: Duration = Duration::from_millis(5);

/// Kafka as a bus.
#[derive(Clone)]
pub struct KafkaBus(Arc<Inner>);

struct Inner {
    settings: Settings,
    producer: Mutex<FutureProducer>,
    admin: AdminClient<DefaultClientContext>,
    known_topics: Mutex<HashSet<String>>,
    /// By group: the client that asks how far it is behind.
    observers: Mutex<HashMap<String, Arc<BaseConsumer>>>,
}

fn broker(error: KafkaError) -> BusError {
    BusError::Broker(error.to_string())
}

impl Settings {
    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "passerelle")
            .set("socket.keepalive.enable", "true")
            // A broker that comes back is found within a second.
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000");
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        config
    }

    fn producer(&self) -> Result<FutureProducer, BusError> {
        let mut config = self.client();
        config
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "0")
            .set("compression.type", "lz4")
            // The same partition for a key as the Java clients choose.
            .set("partitioner", "murmur2_random")
            .set("message.timeout.ms", DELIVERY_TIMEOUT.as_millis().to_string());
        config.create().map_err(broker)
    }

    /// A topic's or a group's name on the brokers.
    fn prefixed(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

impl KafkaBus {
    /// A bus over brokers that need not be there yet.
    ///
    /// # Errors
    /// [`BusError::Broker`] when a property is wrong.
    pub fn new(settings: Settings) -> Result<Self, BusError> {
        let producer = Mutex::new(settings.producer()?);
        let admin = settings.client().create().map_err(broker)?;
        let (known_topics, observers) = Default::default();
        Ok(Self(Arc::new(Inner { settings, producer, admin, known_topics, observers })))
    }

    fn producer(&self) -> FutureProducer {
        self.0.producer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An idempotent producer that lost its place among the brokers for good is replaced by a new one.
    fn replace_if_fatal(&self, failed: &FutureProducer) -> Result<(), BusError> {
        if let Some((code, why)) = failed.client().fatal_error() {
            tracing::error!(%code, why, "the producer was replaced after a fatal error");
            *self.0.producer.lock().unwrap_or_else(PoisonError::into_inner) = self.0.settings.producer()?;
        }
        Ok(())
    }
}

#[async_trait]
impl Bus for KafkaBus {
    async fn publish(&self, records: Vec<OutgoingRecord>) -> Result<(), BusError> {
        let names: HashSet<&str> = records.iter().map(|record| record.topic.as_str()).collect();
        topics::make(&self.0, names.into_iter()).await?;
        let producer = self.producer();
        let mut deliveries = Vec::with_capacity(records.len());
        for record in &records {
            let topic = self.0.settings.prefixed(&record.topic);
            let headers = record.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
                headers.insert(Header { key, value: Some(value) })
            });
            let mut outgoing =
                FutureRecord::to(&topic).key(&record.key).payload(&record.payload).headers(headers);
            let delivery = loop {
                match producer.send_result(outgoing) {
                    Ok(delivery) => break delivery,
                    Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), refused)) => {
                        tokio::time::sleep(QUEUE_FULL_DELAY).await;
                        outgoing = refused;
                    }
                    Err((error, _)) => {
                        self.replace_if_fatal(&producer)?;
                        return Err(broker(error));
                    }
                }
            };
            deliveries.push(delivery);
        }
        for delivered in join_all(deliveries).await {
            let failed = match delivered {
                Ok(Ok(_)) => continue,
                Ok(Err((error, _))) => error.to_string(),
                Err(_) => "the producer was closed".to_owned(),
            };
            self.replace_if_fatal(&producer)?;
            return Err(BusError::Broker(failed));
        }
        Ok(())
    }

    async fn subscribe(&self, group: &str, topics: &[&str]) -> Result<Box<dyn Subscription>, BusError> {
        topics::make(&self.0, topics.iter().copied()).await?;
        Ok(Box::new(consumer::join(&self.0.settings, group, topics)?))
    }

    async fn lag(&self, subscriptions: &[(&str, &str)]) -> Result<Vec<Lag>, BusError> {
        topics::lag(self.0.clone(), subscriptions).await
    }

    async fn topics(&self) -> Result<Vec<String>, BusError> {
        topics::all(self.0.clone()).await
    }
}
