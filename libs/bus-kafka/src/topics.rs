//! Making topics, and how far groups are behind in them.

use crate::{Inner, broker};
use bus::{BusError, Lag};
use rdkafka::{
    Offset, TopicPartitionList,
    admin::{AdminOptions, NewTopic, TopicReplication},
    consumer::{BaseConsumer, Consumer},
    error::RDKafkaErrorCode,
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::Duration,
};

/// Timeout of a request to the brokers.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Makes the topics that are not there. Those it has seen before are not asked for again.
pub(crate) async fn make(inner: &Inner, names: impl Iterator<Item = &str>) -> Result<(), BusError> {
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
    let mut known = inner.known_topics.lock().unwrap_or_else(PoisonError::into_inner);
    known.extend(missing.iter().map(|name| (*name).to_owned()));
    Ok(())
}

async fn blocking<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, BusError> + Send + 'static,
) -> Result<T, BusError> {
    tokio::task::spawn_blocking(ask).await.map_err(|error| BusError::Broker(error.to_string()))?
}

fn member(inner: &Inner, group: &str) -> Result<BaseConsumer, BusError> {
    let mut config = inner.settings.client();
    config.set("group.id", inner.settings.prefixed(group)).set("enable.auto.commit", "false");
    config.create().map_err(broker)
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

/// High water less committed, over the partitions of each topic. A topic that is not there has no records.
pub(crate) async fn lag(inner: Arc<Inner>, subscriptions: &[(&str, &str)]) -> Result<Vec<Lag>, BusError> {
    let wanted: Vec<(String, String)> =
        subscriptions.iter().map(|(group, topic)| ((*group).to_owned(), (*topic).to_owned())).collect();
    blocking(move || {
        let mut members: HashMap<String, BaseConsumer> = HashMap::new();
        let mut lags = Vec::with_capacity(wanted.len());
        for (group, topic) in wanted {
            if !members.contains_key(&group) {
                members.insert(group.clone(), member(&inner, &group)?);
            }
            let records = behind(&members[&group], &inner.settings.prefixed(&topic))?;
            lags.push(Lag { group, topic, records });
        }
        Ok(lags)
    })
    .await
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
