//! The bus on real Apache Kafka behaves as the embedded one does.

use bus::{Bus, suite};
use bus_kafka::{KafkaBus, Settings};
use std::{collections::HashSet, time::Duration};

fn kafka(test: &str) -> Option<KafkaBus> {
    let Some(infra) = testkit::Infra::get() else {
        testkit::skip_without_servers(test);
        return None;
    };
    let prefix = format!("{}.", testkit::Infra::unique("bus"));
    let settings = Settings {
        brokers: infra.kafka,
        prefix,
        partitions: 3,
        replication: 1,
        properties: Default::default(),
    };
    Some(KafkaBus::new(settings).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn kafka_behaves_as_a_bus() {
    let Some(bus) = kafka("the bus on Kafka") else { return };
    suite::all(&bus, "suite").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_share_the_partitions_and_one_takes_over_when_the_other_leaves() {
    let Some(bus) = kafka("sharing partitions on Kafka") else { return };
    let mut first = bus.subscribe("shared", &["t"]).await.unwrap();
    let mut second = bus.subscribe("shared", &["t"]).await.unwrap();
    let (mut seen, mut both) = (HashSet::new(), (0, 0));
    for number in 0..400 {
        bus.publish(vec![suite::record("t", &number.to_string(), &number.to_string())]).await.unwrap();
        tokio::select! {
            records = first.next(100) => {
                let records = records.unwrap();
                both.0 += records.len();
                seen.extend(suite::payloads(&records));
                first.commit().await.unwrap();
            }
            records = second.next(100) => {
                let records = records.unwrap();
                both.1 += records.len();
                seen.extend(suite::payloads(&records));
                second.commit().await.unwrap();
            }
        }
        if both.0 > 0 && both.1 > 0 && seen.len() > 50 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(both.0 > 0 && both.1 > 0, "one member got everything: {both:?}");
    drop(second);
    let all: Vec<_> = (1000..1100).map(|n| suite::record("t", &n.to_string(), &n.to_string())).collect();
    bus.publish(all).await.unwrap();
    while (1000..1100).any(|n| !seen.contains(&n.to_string())) {
        let records = tokio::time::timeout(Duration::from_secs(30), first.next(100)).await.unwrap().unwrap();
        seen.extend(suite::payloads(&records));
        first.commit().await.unwrap();
    }
}
