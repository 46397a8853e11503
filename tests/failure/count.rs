//! What is there in the end.

use crate::{allocators::Step, ledger, writers::Written};
use kernel::ContributionId;
use passerelle::platform;
use serde_json::Value;
use std::{
    collections::HashMap,
    process::ExitCode,
    time::{Duration, Instant},
};
use store::{Store, sql};
use testkit::Http;
use tests::connect;
use xtask::deployment::Deployment;

/// Time for the consumers to catch up.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(180);

/// Waits until everything is quiet, counts, and says what it found in the last line.
pub async fn report(rounds: usize, platform: &Deployment, written: &Written, steps: &[Step]) -> ExitCode {
    let (donors, bus) = connect(&platform.config, "donors").await;
    let (crisis, _) = connect(&platform.config, "crisis").await;
    let (pools, _) = connect(&platform.config, "allocations").await;
    let started = Instant::now();
    let lag = loop {
        let waiting = store::backlog(&donors).await.unwrap_or(1);
        let lags = platform::lag(&bus).await.unwrap_or_default();
        let lag: i64 = lags.iter().map(|lag| lag.records).sum::<i64>() + waiting;
        if (lag == 0 && !lags.is_empty()) || started.elapsed() > CATCH_UP_TIMEOUT {
            break lag;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    println!("caught up in {:.1} s", started.elapsed().as_secs_f64());

    let recorded = recorded(&donors).await;
    let facts = facts(&crisis).await;
    let (mut lost, mut wrong) = (0, Vec::new());
    for (reference, cents) in &written.acknowledged {
        match recorded.get(reference) {
            Some((id, amount)) if amount == cents && facts.contains_key(id) => {}
            Some((_, amount)) if amount != cents => {
                wrong.push(format!("{reference} is {amount} cents in donors, not {cents}"));
            }
            Some(_) => {
                lost += 1;
                wrong.push(format!("{reference} is in donors and not in crisis"));
            }
            None => {
                lost += 1;
                wrong.push(format!("{reference} is not in donors"));
            }
        }
    }
    for (reference, (_, amount)) in &recorded {
        let known = written.acknowledged.get(reference).or_else(|| written.unknown.get(reference));
        if known != Some(amount) {
            wrong.push(format!("{reference} with {amount} cents was never sent so"));
        }
    }
    let http = Http::new(&platform.url);
    let funding = http.get(None, "/v1/public/funding?country=AFG&year=2026").await.json();
    let counted = funding["flow_count"].as_i64().unwrap_or(-1);
    let doubled = (counted - i64::try_from(recorded.len()).unwrap()).max(0);
    let sum: i64 = recorded.values().map(|(_, amount)| amount).sum();
    if counted != i64::try_from(recorded.len()).unwrap() || cents(&funding["funding"]) != sum {
        let shown = &funding["funding"]["amount"];
        wrong.push(format!(
            "crisis counts {counted} with {shown}, donors holds {} with {sum} cents",
            recorded.len()
        ));
    }
    let dead = dead_letters(&bus).await;
    if dead > 0 {
        wrong.push(format!("{dead} events are in dead-letter topics"));
    }
    wrong.extend(pooled(&donors, &pools).await);
    wrong.extend(ledger::wrong(&pools, platform, steps).await);
    let waiting = set_aside(&donors).await + set_aside(&crisis).await + set_aside(&pools).await;
    if waiting > 0 {
        wrong.push(format!("{waiting} events wait for what they refer to"));
    }
    for line in wrong.iter().take(20) {
        println!("wrong: {line}");
    }
    println!(
        "of {} that nobody knew of, {} are there, once",
        written.unknown.len(),
        written.unknown.keys().filter(|reference| recorded.contains_key(*reference)).count()
    );
    let acknowledged = written.acknowledged.len();
    println!(
        "failure: {rounds} rounds, {acknowledged} acknowledged, {lost} lost, {doubled} doubled, lag {lag}"
    );
    let were_tried = acknowledged > 0 && !steps.is_empty();
    if wrong.is_empty() && lag == 0 && were_tried { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Donors' records of the suite: reference → id and cents. Two of one reference stop the suite.
async fn recorded(donors: &Store) -> HashMap<String, (ContributionId, i64)> {
    let db = donors.system_read().await.unwrap();
    let text = "SELECT external_ref, id, amount_usd FROM contribution WHERE source = 'suite'";
    let mut recorded = HashMap::new();
    for row in sql::rows(&db, text, vec![]).await.unwrap() {
        let reference: String = row.try_get_by_index(0).unwrap();
        let record = (row.try_get_by_index(1).unwrap(), row.try_get_by_index(2).unwrap());
        assert!(recorded.insert(reference.clone(), record).is_none(), "donors holds {reference} twice");
    }
    recorded
}

async fn facts(crisis: &Store) -> HashMap<ContributionId, ()> {
    let db = crisis.system_read().await.unwrap();
    let rows = sql::rows(&db, "SELECT contribution_id FROM funding_fact", vec![]).await.unwrap();
    rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), ())).collect()
}

/// What is wrong with the pool: its ledger holds, and it has received what donors holds of softly earmarked money.
async fn pooled(donors: &Store, allocations: &Store) -> Vec<String> {
    let sum = async |store: &Store, text: &str| -> i64 {
        let db = store.system_read().await.unwrap();
        sql::row(&db, text, vec![]).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    };
    let given = "SELECT CAST(coalesce(sum(amount_usd), 0) AS bigint) FROM contribution
                 WHERE source = 'suite' AND earmarking = 'softly_earmarked'";
    // What is not earmarked at all is not the writers'.
    let received = "SELECT CAST(coalesce(sum(received), 0) AS bigint) FROM lot
                    WHERE earmarking = 'softly_earmarked'";
    let (given, received) = (sum(donors, given).await, sum(allocations, received).await);
    let mut wrong = Vec::new();
    if given != received {
        wrong.push(format!("the pool has received {received} cents, donors holds {given}"));
    }
    let db = allocations.system_read().await.unwrap();
    if let Err(broken) = allocations::verify(&db).await.unwrap() {
        wrong.push(broken.to_string());
    }
    wrong
}

fn cents(money: &Value) -> i64 {
    money["amount"].as_str().unwrap_or("-1").replace('.', "").parse().unwrap()
}

/// Events that still wait for something that they refer to.
async fn set_aside(store: &Store) -> usize {
    let db = store.system_read().await.unwrap();
    store::waiting::list(&db, None, 1000).await.unwrap().len()
}

async fn dead_letters(bus: &bus::SharedBus) -> i64 {
    let topics = bus.topics().await.unwrap();
    let dead: Vec<(&str, &str)> = topics
        .iter()
        .filter(|topic| topic.ends_with(".dlq"))
        .map(|topic| ("passerelle.replay", topic.as_str()))
        .collect();
    bus.lag(&dead).await.unwrap().iter().map(|lag| lag.records).sum()
}
