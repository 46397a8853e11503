//! `passerelle events lag|dlq|replay`: how far consumers are, what they could not apply, and trying that again.

use crate::{config::Config, platform::subscriptions};
use anyhow::{Context as _, Result, bail};
use bus::{EmbeddedBus, OutgoingRecord, Record, SharedBus, Subscription};
use clap::{Args, Subcommand};
use serde_json::json;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// The group that replays: what it has committed was replayed.
const REPLAY: &str = "passerelle.replay";
/// Dead-letter topics end so.
const DEAD_LETTERS: &str = ".dlq";
/// How long a record that the lag promises may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to do with events, and where they are.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    task: Task,
    /// The configuration file of the distributed mode; the environment stands over it.
    #[arg(long, env = "PASSERELLE_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// The data folder of the embedded mode, instead of a configuration.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Task {
    /// How many records each consumer group has still to take.
    Lag,
    /// The events that could not be applied and were not replayed, with their errors.
    Dlq,
    /// Puts the events of a dead-letter topic (or of all) back into their topic.
    Replay {
        /// A dead-letter topic, as `events dlq` names it; all of them unless told otherwise.
        topic: Option<String>,
    },
}

/// Does it.
///
/// # Errors
/// When the bus is away or the configuration is wrong.
pub async fn run(arguments: Arguments) -> Result<()> {
    let bus: SharedBus = match &arguments.data {
        Some(folder) => {
            Arc::new(EmbeddedBus::open(&folder.join("bus.db")).await.context("cannot open the bus")?)
        }
        None => Config::load(arguments.config.as_deref())?.bus()?,
    };
    match arguments.task {
        Task::Lag => lag(&bus, arguments.json).await,
        Task::Dlq => dead_letters(&bus, arguments.json).await,
        Task::Replay { topic } => replay(&bus, topic.as_deref()).await,
    }
}

async fn lag(bus: &SharedBus, as_json: bool) -> Result<()> {
    for lag in bus.lag(&subscriptions()).await? {
        if as_json {
            println!("{}", json!({ "group": lag.group, "topic": lag.topic, "records": lag.records }));
        } else {
            println!("{:>10}  {:<28} {}", lag.records, lag.group, lag.topic);
        }
    }
    Ok(())
}

async fn open_dead_letters(bus: &SharedBus) -> Result<Vec<(String, i64)>> {
    let topics = bus.topics().await?;
    let topics: Vec<&str> =
        topics.iter().map(String::as_str).filter(|topic| topic.ends_with(DEAD_LETTERS)).collect();
    let subscriptions: Vec<(&str, &str)> = topics.into_iter().map(|topic| (REPLAY, topic)).collect();
    let lags = bus.lag(&subscriptions).await?;
    Ok(lags.into_iter().filter(|lag| lag.records > 0).map(|lag| (lag.topic, lag.records)).collect())
}

/// The records of a topic that the replay has still to take.
async fn read(bus: &SharedBus, topic: &str, count: i64) -> Result<(Box<dyn Subscription>, Vec<Record>)> {
    let mut subscription = bus.subscribe(REPLAY, &[topic]).await?;
    let wanted = usize::try_from(count).unwrap_or(0);
    let mut records = Vec::with_capacity(wanted);
    while records.len() < wanted {
        let next = tokio::time::timeout(PATIENCE, subscription.next((wanted - records.len()) as u64)).await;
        records.extend(next.with_context(|| format!("{topic} gives nothing: does another replay run?"))??);
    }
    Ok((subscription, records))
}

async fn dead_letters(bus: &SharedBus, as_json: bool) -> Result<()> {
    for (topic, count) in open_dead_letters(bus).await? {
        // Read and not committed: they stay where they are.
        let (_subscription, records) = read(bus, &topic, count).await?;
        for record in records {
            let (at, error) =
                (record.header("dlq_offset").unwrap_or("?"), record.header("dlq_error").unwrap_or("?"));
            if as_json {
                println!("{}", json!({ "topic": topic, "key": record.key, "offset": at, "error": error }));
            } else {
                println!("{topic}  {}  {at}  {error}", record.key);
            }
        }
    }
    Ok(())
}

async fn replay(bus: &SharedBus, only: Option<&str>) -> Result<()> {
    let open = open_dead_letters(bus).await?;
    if let Some(only) = only.filter(|only| open.iter().all(|(topic, _)| topic != only)) {
        bail!("{only} holds nothing to replay");
    }
    for (topic, count) in open.into_iter().filter(|(topic, _)| only.is_none_or(|only| only == topic)) {
        let (mut subscription, records) = read(bus, &topic, count).await?;
        let back = records.into_iter().map(|record| {
            let from = record.header("dlq_topic").unwrap_or_default().to_owned();
            let headers = record.headers.into_iter().filter(|(name, _)| !name.starts_with("dlq_")).collect();
            OutgoingRecord { topic: from, key: record.key, headers, payload: record.payload }
        });
        let back: Vec<OutgoingRecord> = back.filter(|record| !record.topic.is_empty()).collect();
        let replayed = back.len();
        bus.publish(back).await?;
        subscription.commit().await?;
        println!("{topic}: {replayed} replayed");
    }
    Ok(())
}
