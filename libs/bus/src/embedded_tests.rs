use super::*;
use crate::suite::{self, payloads, record};

#[tokio::test]
async fn it_behaves_as_a_bus() {
    let folder = tempfile::tempdir().unwrap();
    let bus = EmbeddedBus::open(&folder.path().join("bus.db")).await.unwrap();
    suite::all(&bus, "suite").await;
}

#[tokio::test]
async fn records_of_a_topic_come_in_order_and_only_once_committed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bus.db");
    let bus = EmbeddedBus::open(&file).await.unwrap();
    let all: Vec<_> = (0..1200).map(|n| record("t", &(n % 7).to_string(), &n.to_string())).collect();
    bus.publish(all).await.unwrap();

    let mut first = bus.subscribe("g", &["t"]).await.unwrap();
    let expected: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    let batch = first.next(1000).await.unwrap();
    assert_eq!(payloads(&batch), expected);
    assert_eq!(batch[3].header("ce_id"), Some("3"));
    drop(first);

    // Nothing was committed: after a crash (a new process opens the file) the same records come again.
    drop(bus);
    let bus = EmbeddedBus::open(&file).await.unwrap();
    let mut again = bus.subscribe("g", &["t"]).await.unwrap();
    assert_eq!(payloads(&again.next(1000).await.unwrap()), expected);
    again.commit().await.unwrap();
    drop(again);
    let mut later = bus.subscribe("g", &["t"]).await.unwrap();
    assert_eq!(later.next(1000).await.unwrap().len(), 200);
    assert_eq!(bus.lag(&[("g", "t")]).await.unwrap()[0].records, 200);
}

#[tokio::test]
async fn one_member_of_a_group_reads_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let bus = EmbeddedBus::open(&folder.path().join("bus.db")).await.unwrap();
    bus.publish(vec![record("t", "k", "1")]).await.unwrap();
    let mut active = bus.subscribe("a", &["t"]).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(50), bus.subscribe("a", &["t"])).await;
    assert!(waiting.is_err(), "a second member must wait");
    active.next(1).await.unwrap();
    active.commit().await.unwrap();
    drop(active);
    let mut successor = bus.subscribe("a", &["t"]).await.unwrap();
    bus.publish(vec![record("t", "k", "2")]).await.unwrap();
    assert_eq!(payloads(&successor.next(10).await.unwrap()), ["2"]);
}

#[tokio::test]
async fn compaction_keeps_the_last_record_of_every_key_and_what_is_unread() {
    let folder = tempfile::tempdir().unwrap();
    let bus = EmbeddedBus::open(&folder.path().join("bus.db")).await.unwrap();
    let mut member = bus.subscribe("g", &["t"]).await.unwrap();
    bus.publish(vec![record("t", "a", "1"), record("t", "b", "2"), record("t", "a", "3")]).await.unwrap();
    assert_eq!(bus.compact(100).await.unwrap(), 0, "unread records stay");
    member.next(10).await.unwrap();
    member.commit().await.unwrap();
    bus.publish(vec![record("t", "b", "4")]).await.unwrap();
    assert_eq!(bus.compact(100).await.unwrap(), 2);
    let mut rebuilt = bus.subscribe("new read model", &["t"]).await.unwrap();
    assert_eq!(payloads(&rebuilt.next(10).await.unwrap()), ["3", "4"]);
}
