//! Many at once: no operation waits for a connection that a request of its kind holds.

use super::{
    CALLERS, scene,
    table::{Gets, expected},
};
use futures_util::future::join_all;
use std::time::{Duration, Instant};

/// As many as style rule 16 asks; more than a service has readers, and with two connections each more than its pool.
const CONCURRENCY: usize = 8;
/// Less than the timeout for a connection (3 s): a request that waits for one fails.
const MAX_LATENCY: Duration = Duration::from_millis(2500);

#[tokio::test(flavor = "multi_thread")]
async fn every_read_is_answered_eight_times_at_once() {
    let scene = scene().await;
    let mut wrong = Vec::new();
    let reads = expected().into_iter().filter(|(operation, _)| operation.starts_with("GET "));
    for (operation, row) in reads {
        // The donor, the parent office and the right role: those who are shown most.
        for caller in [3, 4, 7] {
            let started = Instant::now();
            let answers = join_all((0..CONCURRENCY).map(|_| scene.ask(operation, caller))).await;
            let taken = started.elapsed();
            let status = match row[caller] {
                Gets::Status(status) => status,
                Gets::Sees | Gets::Misses => 200,
            };
            let refused = answers.iter().find(|(answer, _, _)| *answer != status);
            if refused.is_some() || taken > MAX_LATENCY {
                wrong.push(format!("{operation} as {}: {taken:?}, {refused:?}", CALLERS[caller]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    scene.world.stop().await;
}
