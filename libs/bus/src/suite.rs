//! The behaviour of a bus, whatever carries it: the embedded log and Apache Kafka run the same tests.
//!
//! Every function gets a bus and the name of a topic that nobody else uses. They panic when a promise is broken.
#![expect(clippy::unwrap_used, reason = "these are tests")]

use crate::{Bus, OutgoingRecord, Record, Subscription};
use std::{collections::HashMap, time::Duration};

/// A record without headers but its id.
pub fn record(topic: &str, key: &str, payload: &str) -> OutgoingRecord {
    let headers = vec![("ce_id".to_owned(), payload.to_owned())];
    OutgoingRecord { topic: topic.into(), key: key.into(), headers, payload: payload.into() }
}

/// What records hold.
pub fn payloads(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| String::from_utf8(record.payload.clone()).unwrap()).collect()
}

async fn read(member: &mut Box<dyn Subscription>, wanted: usize) -> Vec<Record> {
    let mut records = Vec::new();
    while records.len() < wanted {
        let next =
            tokio::time::timeout(Duration::from_secs(30), member.next((wanted - records.len()) as u64));
        records.extend(next.await.unwrap().unwrap());
    }
    records
}

async fn lag(bus: &dyn Bus, group: &str, topic: &str) -> i64 {
    bus.lag(&[(group, topic)]).await.unwrap()[0].records
}

/// All the suite, one after the other.
pub async fn all(bus: &dyn Bus, topic: &str) {
    records_of_a_key_come_in_order_with_their_headers(bus, &format!("{topic}.order")).await;
    what_is_not_committed_comes_again_and_what_is_does_not(bus, &format!("{topic}.commit")).await;
    groups_read_independently(bus, &format!("{topic}.groups")).await;
    a_waiting_reader_is_woken(bus, &format!("{topic}.wake")).await;
    the_lag_is_what_is_not_committed(bus, &format!("{topic}.lag")).await;
}

/// Per key, whatever the partitions.
pub async fn records_of_a_key_come_in_order_with_their_headers(bus: &dyn Bus, topic: &str) {
    let all: Vec<_> = (0..1200).map(|n| record(topic, &(n % 7).to_string(), &n.to_string())).collect();
    bus.publish(all).await.unwrap();
    let mut member = bus.subscribe("suite.order", &[topic]).await.unwrap();
    let records = read(&mut member, 1200).await;
    let mut by_key: HashMap<String, Vec<u64>> = HashMap::new();
    for record in &records {
        let number = String::from_utf8(record.payload.clone()).unwrap();
        assert_eq!(record.header("ce_id"), Some(number.as_str()));
        assert_eq!(record.topic, topic);
        by_key.entry(record.key.clone()).or_default().push(number.parse().unwrap());
    }
    assert_eq!(by_key.len(), 7);
    for (key, numbers) in by_key {
        let expected: Vec<u64> = (0..1200).filter(|n| n % 7 == key.parse::<u64>().unwrap()).collect();
        assert_eq!(numbers, expected, "key {key}");
    }
    let mut partitions: HashMap<&str, i32> = HashMap::new();
    for record in &records {
        assert_eq!(*partitions.entry(&record.key).or_insert(record.partition), record.partition);
    }
    member.commit().await.unwrap();
}

/// At least once: a member that dies before its commit leaves its records to the next one.
pub async fn what_is_not_committed_comes_again_and_what_is_does_not(bus: &dyn Bus, topic: &str) {
    bus.publish((0..10).map(|n| record(topic, "k", &n.to_string())).collect()).await.unwrap();
    let mut first = bus.subscribe("suite.commit", &[topic]).await.unwrap();
    let expected: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    assert_eq!(payloads(&read(&mut first, 10).await), expected);
    drop(first);
    let mut second = bus.subscribe("suite.commit", &[topic]).await.unwrap();
    assert_eq!(payloads(&read(&mut second, 10).await), expected);
    second.commit().await.unwrap();
    drop(second);
    let mut third = bus.subscribe("suite.commit", &[topic]).await.unwrap();
    bus.publish(vec![record(topic, "k", "new")]).await.unwrap();
    assert_eq!(payloads(&read(&mut third, 1).await), ["new"]);
}

/// Each keeps its own offset, and starts with the oldest record.
pub async fn groups_read_independently(bus: &dyn Bus, topic: &str) {
    bus.publish(vec![record(topic, "k", "1")]).await.unwrap();
    for group in ["suite.a", "suite.b"] {
        let mut member = bus.subscribe(group, &[topic]).await.unwrap();
        assert_eq!(payloads(&read(&mut member, 1).await), ["1"]);
        member.commit().await.unwrap();
    }
}

/// Soon, and not by records of other topics.
pub async fn a_waiting_reader_is_woken(bus: &dyn Bus, topic: &str) {
    let mut member = bus.subscribe("suite.wake", &[topic]).await.unwrap();
    let (reader, ()) = tokio::join!(read(&mut member, 1), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        bus.publish(vec![record(&format!("{topic}.other"), "k", "x"), record(topic, "k", "1")])
            .await
            .unwrap();
    });
    assert_eq!(payloads(&reader), ["1"]);
}

/// And a group that never read is behind by everything.
pub async fn the_lag_is_what_is_not_committed(bus: &dyn Bus, topic: &str) {
    bus.publish((0..5).map(|n| record(topic, &n.to_string(), "x")).collect()).await.unwrap();
    assert_eq!(lag(bus, "suite.lag", topic).await, 5);
    let mut member = bus.subscribe("suite.lag", &[topic]).await.unwrap();
    read(&mut member, 5).await;
    assert_eq!(lag(bus, "suite.lag", topic).await, 5, "read is not done");
    member.commit().await.unwrap();
    let waits_for_more = tokio::time::timeout(Duration::from_secs(5), async {
        tokio::join!(member.next(1), async {
            while lag(bus, "suite.lag", topic).await > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            bus.publish(vec![record(topic, "k", "last")]).await.unwrap();
        })
    });
    assert_eq!(payloads(&waits_for_more.await.unwrap().0.unwrap()), ["last"]);
    assert!(bus.topics().await.unwrap().contains(&topic.to_owned()));
}
