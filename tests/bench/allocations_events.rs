//! From a contribution to its lot in a pool, on PostgreSQL and Kafka: from the commit in donors to the commit in allocations.

use crate::{
    binary,
    distributed::{bare_kafka, percentile, shown, times, watch},
    line,
};
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::{Http, eventually};
use tests::{connect, infra};
use xtask::deployment::Deployment;

/// Contributions that are not earmarked a second: an organisation has some thousands of them a year.
const WRITES_PER_SECOND: u64 = 50;
const SECONDS: u64 = 25;
/// What is measured before this is warming up.
const WARM_UP: u64 = WRITES_PER_SECOND * 10;

pub(crate) async fn distributed() {
    let Some(infra) = infra() else {
        println!("skipped: lots on PostgreSQL and Kafka: nothing was started (cargo xtask bench does)");
        return;
    };
    let (start, name) = (infra.clone(), testkit::Infra::unique("bench"));
    let start = move || Deployment::start(&start, &binary(), &name, None, "");
    let platform = tokio::task::spawn_blocking(start).await.unwrap().unwrap();
    let (identity, _) = connect(&platform.config, "identity").await;
    let founded = identity::found(&identity, "Bench", "TST").await.unwrap();
    let http = Http::new(&platform.url);
    let token = http.client_token(&founded.client_id.to_string(), &founded.client_secret).await;
    let made = async |path: &str, body: serde_json::Value| {
        eventually(path, || async {
            let answer = http.post(Some(&token), path, &body).await;
            (answer.status == 201).then(|| answer.json()["id"].clone())
        })
        .await
    };
    let donor = made("/v1/donors", json!({ "name": "Norway", "type": "government" })).await;
    made("/v1/pools", json!({ "name": "Unearmarked", "intake": {} })).await;
    let donors = watch(&infra, &platform, "donors", "contribution", "id").await;
    let lots = watch(&infra, &platform, "allocations", "lot", "root_id").await;
    let mut bare = bare_kafka(&infra, WRITES_PER_SECOND).await;
    let writes = WRITES_PER_SECOND * SECONDS;
    let (written, counted) = (tokio::spawn(times(donors, writes)), tokio::spawn(times(lots, writes)));
    let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / WRITES_PER_SECOND));
    let mut sent = tokio::task::JoinSet::new();
    for _ in 0..writes {
        tick.tick().await;
        let (http, token, donor) = (http.clone(), token.clone(), donor.clone());
        sent.spawn(async move {
            let body = json!({ "donor_id": donor, "status": "paid", "earmarking": "unearmarked",
                "amount": { "amount": "100.00", "currency": "USD" } });
            let answer = http.post(Some(&token), "/v1/contributions", &body).await;
            assert_eq!(answer.status, 201, "{}", answer.text);
        });
    }
    sent.join_all().await;
    let (written, counted) = (written.await.unwrap(), counted.await.unwrap());
    let mut order: Vec<(&String, &Instant)> = written.iter().collect();
    order.sort_by_key(|(_, at)| **at);
    let warm = order.into_iter().skip(usize::try_from(WARM_UP).unwrap());
    let mut here: Vec<Duration> = warm.map(|(id, at)| counted[id].saturating_duration_since(*at)).collect();
    bare.extend(bare_kafka(&infra, WRITES_PER_SECOND).await);
    let (p50, p99) = (percentile(&mut here, 50), percentile(&mut here, 99));
    let (bare50, bare99) = (percentile(&mut bare, 50), percentile(&mut bare, 99));
    let title = format!("commit of a contribution to its lot, {WRITES_PER_SECOND} writes/s");
    line(&format!("{title}: p50"), &shown(p50), &shown(bare50), "");
    line("  p99 (baseline: bare rdkafka, produce to consume)", &shown(p99), &shown(bare99), "");
    let ratio = p99.as_secs_f64() / bare99.as_secs_f64();
    line("  p99 over the baseline's", &format!("{ratio:.2}"), "1.00", "at most 3.00");
}
