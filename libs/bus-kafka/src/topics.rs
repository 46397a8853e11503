//! Making topics, and how far groups are behind in them.

use crate::{Inner, broker};
use bus::{BusError, Lag};
use futures_util::future::try_join_all;
use rdkafka::{
    Offset, TopicPartitionList,
    admin::{AdminOptions, NewTopic, TopicReplication},
    consumer::{BaseConsumer, Consumer},
    error::RDKafkaErrorCode,
    metadata::MetadataTopic,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

/// Timeout of a request to the brokers.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Delay before the brokers are asked again for a topic that was just made.
const VISIBLE_RETRY_DELAY: Duration = Duration::from_millis(20);

/// Makes the topics that are not there, and returns when the brokers show them: a consumer that subscribes to one before
/// that would look for it again only after many seconds. Those it has seen before are not asked for again.
pub(crate) async fn make(inner: &Arc<Inner>, names: impl Iterator<Item = &str>) -> Result<(), BusError> {
    let known = |name: &str| inner.known_topics.lock().unwrap_or_else(PoisonError::into_inner).contains(name);
    let missing: Vec<&str> = names.filter(|name| !known(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let settings = &inner.settings;
    let full: Vec<String> = missing.iter().map(|name| settings.prefixed(name)).collect();
    let in_sync = (settings.replication - 1).max(1).to_string();
    let topics = full.iter().map(|name| {
        let topic = NewTopic::new(name, settings.partitions, TopicReplication::Fixed(settings.replication))
            .set("min.insync.replicas", &in_sync);
        if name.ends_with(".dlq") || name.ends_with(".retry") {
            topic.set("cleanup.policy", "delete").set("retention.ms", "-1")
        } else {
            topic.set("cleanup.policy", "compact")
        }
    });
    let topics: Vec<NewTopic<'_>> = topics.collect();
    let options =
        AdminOptions::new().request_timeout(Some(REQUEST_TIMEOUT)).operation_timeout(Some(REQUEST_TIMEOUT));
    for made in inner.admin.create_topics(&topics, &options).await.map_err(broker)? {
        match made {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => return Err(BusError::Broker(format!("the topic {name}: {code}"))),
        }
    }
    let (asked, full) = (inner.clone(), full);
    blocking(move || full.iter().try_for_each(|name| await_visible(&asked, name))).await?;
    let mut known = inner.known_topics.lock().unwrap_or_else(PoisonError::into_inner);
    known.extend(missing.iter().map(|name| (*name).to_owned()));
    Ok(())
}

/// Waits until the brokers tell the partitions of a topic.
fn await_visible(inner: &Inner, topic: &str) -> Result<(), BusError> {
    let started = Instant::now();
    loop {
        let metadata = inner.admin.inner().fetch_metadata(Some(topic), REQUEST_TIMEOUT).map_err(broker)?;
        let is_visible = |topic: &MetadataTopic| {
            let partitions = topic.partitions();
            topic.error().is_none()
                && !partitions.is_empty()
                && partitions.iter().all(|partition| partition.leader() >= 0)
        };
        if metadata.topics().iter().any(is_visible) {
            return Ok(());
        }
        if started.elapsed() > REQUEST_TIMEOUT {
            return Err(BusError::Broker(format!("the topic {topic} was made and is not to be seen")));
        }
        std::thread::sleep(VISIBLE_RETRY_DELAY);
    }
}

async fn blocking<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, BusError> + Send + 'static,
) -> Result<T, BusError> {
    tokio::task::spawn_blocking(ask).await.map_err(|error| BusError::Broker(error.to_string()))?
}

/// A client that asks about a group and never joins it. It is kept, for it takes its time to find the brokers.
fn member(inner: &Inner, group: &str) -> Result<Arc<BaseConsumer>, BusError> {
    let mut observers = inner.observers.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = observers.get(group) {
        let kept = kept.clone();
        drop(observers);
        // What librdkafka has reported since is of no use, and would pile up.
        while kept.poll(Duration::ZERO).is_some() {}
        return Ok(kept);
    }
    let mut config = inner.settings.client();
    config.set("group.id", inner.settings.prefixed(group)).set("enable.auto.commit", "false");
    let new: Arc<BaseConsumer> = Arc::new(config.create().map_err(broker)?);
    observers.insert(group.to_owned(), new.clone());
    Ok(new)
}

pub(crate) async fn all(inner: Arc<Inner>) -> Result<Vec<String>, BusError> {
    blocking(move || {
        let metadata =
            member(&inner, "passerelle.topics")?.fetch_metadata(None, REQUEST_TIMEOUT).map_err(broker)?;
        let names = metadata.topics().iter().filter(|topic| !topic.name().starts_with("__"));
        let mut names: Vec<String> = names
            .filter_map(|topic| Some(topic.name().strip_prefix(&inner.settings.prefix)?.to_owned()))
            .collect();
        names.sort();
        Ok(names)
    })
    .await
}

/// High water less committed, over the partitions of each topic. A topic that is not there has no records. Every group is
/// asked at the same time: each has a client of its own, which takes its time to find the brokers.
pub(crate) async fn lag(inner: Arc<Inner>, subscriptions: &[(&str, &str)]) -> Result<Vec<Lag>, BusError> {
    let mut topics: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (group, topic) in subscriptions {
        topics.entry(group).or_default().push((*topic).to_owned());
    }
    let asked = topics.into_iter().map(|(group, topics)| {
        let (inner, group) = (inner.clone(), group.to_owned());
        blocking(move || lag_of_group(&inner, &group, topics))
    });
    let found: Vec<Vec<Lag>> = try_join_all(asked).await?;
    let mut found: HashMap<(String, String), Lag> =
        found.into_iter().flatten().map(|lag| ((lag.group.clone(), lag.topic.clone()), lag)).collect();
    let of = |(group, topic): &(&str, &str)| found.remove(&((*group).to_owned(), (*topic).to_owned()));
    Ok(subscriptions.iter().filter_map(of).collect())
}

fn lag_of_group(inner: &Inner, group: &str, topics: Vec<String>) -> Result<Vec<Lag>, BusError> {
    let member = member(inner, group)?;
    let of = |topic: String| {
        let records = behind(&member, &inner.settings.prefixed(&topic))?;
        Ok(Lag { group: group.to_owned(), topic, records })
    };
    topics.into_iter().map(of).collect()
}

fn behind(member: &BaseConsumer, topic: &str) -> Result<i64, BusError> {
    let metadata = member.fetch_metadata(Some(topic), REQUEST_TIMEOUT).map_err(broker)?;
    let Some(described) = metadata.topics().first().filter(|topic| topic.error().is_none()) else {
        return Ok(0);
    };
    let mut partitions = TopicPartitionList::new();
    for partition in described.partitions() {
        partitions.add_partition(topic, partition.id());
    }
    let committed = member.committed_offsets(partitions, REQUEST_TIMEOUT).map_err(broker)?;
    let mut records = 0;
    for partition in committed.elements() {
        let (low, high) =
            member.fetch_watermarks(topic, partition.partition(), REQUEST_TIMEOUT).map_err(broker)?;
        let done = match partition.offset() {
            Offset::Offset(done) => done,
            Offset::Beginning | Offset::End | Offset::Stored | Offset::Invalid | Offset::OffsetTail(_) => low,
        };
        records += (high - done).max(0);
    }
    Ok(records)
}
