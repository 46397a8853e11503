//! Gauges of a service's work: what its outbox holds, how far its consumers are, what they have set aside. Measured in
//! both modes, wherever there is somebody to read them.

use crate::platform::lag_of;
use bus::SharedBus;
use chrono::TimeDelta;
use service::{Job, Service};
use std::time::Duration;
use store::Store;

/// How often gauges are measured.
const INTERVAL: Duration = Duration::from_secs(15);
/// How long an event may wait for what it refers to before it is counted as overdue.
const SET_ASIDE_WARNING_AGE: TimeDelta = TimeDelta::minutes(5);

/// Measures a service as long as it runs.
pub fn worker(service: &Service, store: &Store, bus: &SharedBus) -> Job {
    let measured = (service.clone(), store.clone(), bus.clone());
    Job::forever(format!("{}.measuring", service.name), move || {
        let (service, store, bus) = measured.clone();
        measure(service, store, bus)
    })
}

async fn measure(service: Service, store: Store, bus: SharedBus) {
    let consumers = std::slice::from_ref(&service);
    loop {
        if let Ok(waiting) = store::backlog(&store).await {
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            metrics::gauge!("outbox_rows", "service" => service.name).set(waiting as f64);
        }
        for lag in lag_of(consumers, &bus).await.unwrap_or_default() {
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            metrics::gauge!("consumer_lag_records", "group" => lag.group, "topic" => lag.topic)
                .set(lag.records as f64);
        }
        measure_set_aside(&service, &store).await;
        tokio::time::sleep(INTERVAL).await;
    }
}

/// What waits for something it refers to, and has for longer than events of two topics are apart.
async fn measure_set_aside(service: &Service, store: &Store) {
    let now = store.clock().now();
    let Ok(backlogs) = store::waiting::backlogs(store, now - SET_ASIDE_WARNING_AGE).await else { return };
    for group in service.consumers.iter().map(store::Consumer::group) {
        let backlog = backlogs.iter().find(|backlog| backlog.consumer == group);
        let events = backlog.map_or(0, |backlog| backlog.events);
        let age = backlog.map_or(0.0, |backlog| (now - backlog.oldest).as_seconds_f64());
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("events_set_aside", "group" => group).set(events as f64);
        metrics::gauge!("events_set_aside_oldest_seconds", "group" => group).set(age);
    }
}
