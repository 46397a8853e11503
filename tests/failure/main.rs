//! Nothing acknowledged is lost and nothing is counted twice, shown by killing things.
//!
//! A few clients write contributions and have money allocated, and note everything that was acknowledged, while services,
//! Kafka, PostgreSQL and Redis are killed with kill -9 and started again, in an order that the seed gives. Then everything
//! is counted.

#![expect(clippy::unwrap_used, reason = "what cannot go on stops here, and says why")]

mod allocators;
mod count;
mod disk;
mod ledger;
mod small_disk;
mod writers;

use allocators::Allocators;
use clap::Parser;
use passerelle::platform::{names, processes};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::{
    process::{Command, ExitCode},
    sync::Arc,
    time::{Duration, Instant},
};
use testkit::{Http, eventually};
use tests::{connect, deployment, infra};
use writers::{Organisation, Writers};
use xtask::{deployment::Deployment, infra::Infra};

#[derive(Parser)]
struct Arguments {
    /// How many rounds.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// The seed of the order, to repeat a run.
    #[arg(long)]
    seed: Option<u64>,
    /// This many rounds in which the disk is full, and nothing else: the platform in one process, no infrastructure.
    #[arg(long)]
    disk: Option<usize>,
}

/// How long Kafka is stopped, once in every run.
const KAFKA_OUTAGE: Duration = Duration::from_secs(60);
/// Longer than a group waits for a silent member (`session.timeout.ms`).
const FREEZE: Duration = Duration::from_secs(13);

/// What is done to the platform in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// kill -9 of a service: its relay and its consumers go with it.
    Kill(&'static str),
    KillKafka,
    /// Kafka is down for a minute; writes continue.
    StopKafka,
    KillPostgres,
    StopRedis,
    /// A second replica joins crisis's groups and is killed.
    Rebalance,
    /// A replica that its groups think dead holds records that another one was given.
    Zombie,
}

/// Beside the kill of each process. Clients write to donors and to allocations, which are therefore killed twice.
const OTHER_FAULTS: [Fault; 7] = [
    Fault::Kill("donors"),
    Fault::Kill("allocations"),
    Fault::KillKafka,
    Fault::KillPostgres,
    Fault::StopRedis,
    Fault::Rebalance,
    Fault::Zombie,
];

/// Every fault comes before any comes a second time, and Kafka's outage in every run.
fn plan(rounds: usize, rng: &mut StdRng) -> Vec<Fault> {
    let kills = processes().into_iter().map(|process| Fault::Kill(process.name));
    let faults: Vec<Fault> = kills.chain(OTHER_FAULTS).collect();
    let mut plan = Vec::new();
    while plan.len() + 1 < rounds {
        let mut deck = faults.clone();
        deck.shuffle(rng);
        plan.extend(deck);
    }
    plan.truncate(rounds.saturating_sub(1));
    plan.insert(rng.random_range(0..=plan.len()), Fault::StopKafka);
    plan
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Before there are threads: a mount namespace of its own is a process of its own.
    if arguments.disk.is_some()
        && let Some(code) = small_disk::in_own_mounts()
    {
        return if code == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(arguments))
}

async fn run(Arguments { rounds, seed, disk }: Arguments) -> ExitCode {
    if let Some(rounds) = disk {
        return disk::run(rounds, seed.unwrap_or_else(rand::random)).await;
    }
    let Some(infra) = infra() else {
        eprintln!("the failure suite needs its servers: run `cargo xtask test failure`");
        return ExitCode::FAILURE;
    };
    let seed = seed.unwrap_or_else(rand::random);
    println!("failure: seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let platform = Arc::new(deployment(&infra, "failure", "").await);
    let writers = Writers::start(&platform, seed).await;
    let allocators = Allocators::start(&platform, &writers.organisation).await;
    for (number, fault) in plan(rounds, &mut rng).into_iter().enumerate() {
        let (before, started) = (writers.acknowledged(), Instant::now());
        inject(fault, &infra, &platform, &mut rng, &writers).await;
        tokio::time::sleep(Duration::from_millis(rng.random_range(500..2500))).await;
        let written = writers.acknowledged() - before;
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "round {:>2}: {:<22} {seconds:>5.1} s, {written} acknowledged",
            number + 1,
            format!("{fault:?}")
        );
    }
    let steps = allocators.stop().await;
    let written = writers.stop().await;
    count::report(rounds, &platform, &written, &steps).await
}

async fn blocking(task: impl FnOnce() -> anyhow::Result<()> + Send + 'static) {
    tokio::task::spawn_blocking(task).await.unwrap().unwrap();
}

async fn pause(rng: &mut StdRng, most: u64) {
    tokio::time::sleep(Duration::from_millis(rng.random_range(0..most))).await;
}

async fn inject(
    fault: Fault,
    infra: &Infra,
    platform: &Arc<Deployment>,
    rng: &mut StdRng,
    writers: &Writers,
) {
    let (infra, platform) = (infra.clone(), platform.clone());
    match fault {
        Fault::Kill(service) => {
            platform.kill(service);
            pause(rng, 3000).await;
            platform.start_service(service, service).unwrap();
            blocking(move || platform.wait_until_ready(service)).await;
        }
        Fault::KillKafka => {
            let kafka = infra.clone();
            blocking(move || {
                kafka.kill_kafka();
                Ok(())
            })
            .await;
            pause(rng, 3000).await;
            blocking(move || infra.start_kafka()).await;
        }
        Fault::StopKafka => {
            let kafka = infra.clone();
            blocking(move || {
                kafka.kill_kafka();
                Ok(())
            })
            .await;
            let before = writers.acknowledged();
            tokio::time::sleep(KAFKA_OUTAGE).await;
            assert!(writers.acknowledged() > before + 100, "writes must continue while Kafka is down");
            blocking(move || infra.start_kafka()).await;
        }
        Fault::KillPostgres => {
            let postgres = infra.clone();
            blocking(move || {
                postgres.kill_postgres();
                Ok(())
            })
            .await;
            pause(rng, 3000).await;
            blocking(move || infra.start_postgres()).await;
            for service in names() {
                let platform = platform.clone();
                blocking(move || platform.wait_until_ready(service)).await;
            }
        }
        Fault::StopRedis => {
            let redis = infra.clone();
            blocking(move || {
                redis.kill_redis();
                Ok(())
            })
            .await;
            pause(rng, 5000).await;
            blocking(move || infra.start_redis()).await;
        }
        Fault::Rebalance => {
            second_crisis(&platform).await;
            pause(rng, 4000).await;
            platform.kill("crisis-2");
        }
        Fault::Zombie => {
            let pid = platform.pid("crisis").unwrap();
            signal(pid, "-STOP");
            second_crisis(&platform).await;
            tokio::time::sleep(FREEZE).await;
            signal(pid, "-CONT");
            pause(rng, 4000).await;
            platform.kill("crisis-2");
        }
    }
}

async fn second_crisis(platform: &Arc<Deployment>) {
    platform.start_service("crisis-2", "crisis").unwrap();
    let platform = platform.clone();
    blocking(move || platform.wait_until_ready("crisis-2")).await;
}

fn signal(pid: u32, signal: &str) {
    Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
}

/// The first organisation, a donor, and a pool.
async fn found(platform: &Deployment) -> Organisation {
    let (identity, _) = connect(&platform.config, "identity").await;
    let founded = identity::found(&identity, "Failure suite", "FS").await.unwrap();
    let http = Http::new(&platform.url);
    let token = http.client_token(&founded.client_id.to_string(), &founded.client_secret).await;
    let made = async |path: &str, body: serde_json::Value| -> String {
        let made = eventually(path, || async {
            let answer = http.post(Some(&token), path, &body).await;
            (answer.status == 201).then(|| answer.json())
        });
        made.await["id"].as_str().unwrap().to_owned()
    };
    let donor = made("/v1/donors", serde_json::json!({ "name": "Norway", "type": "government" })).await;
    let pool = made("/v1/pools", serde_json::json!({ "name": "Softly earmarked", "intake": {} })).await;
    Organisation {
        client: (founded.client_id.to_string(), founded.client_secret),
        headquarters: founded.office_id.to_string(),
        donor,
        pool,
    }
}
