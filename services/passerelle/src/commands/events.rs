//! `passerelle events lag|waiting|dlq|replay`: how far consumers are, what waits for something it refers to, what they
//! could not apply, and trying that again.

use crate::{
    config::Config,
    output::{note, say},
    platform::{consumers, lag, services},
};
use anyhow::{Context as _, Result, bail};
use bus::{EmbeddedBus, OutgoingRecord, Record, SharedBus, Subscription};
use clap::{Args, Subcommand};
use kernel::{Clock, SystemClock};
use serde_json::json;
use std::{path::PathBuf, sync::Arc, time::Duration};
use store::{
    Store,
    waiting::{self, WaitingEvent},
};

/// The group that replays: what it has committed was replayed.
const REPLAY: &str = "passerelle.replay";
/// Suffix of dead-letter topics.
const DEAD_LETTERS: &str = ".dlq";
/// Events read per batch.
const PAGE_SIZE: u64 = 1000;
/// Timeout for a record that the lag announces.
const RECORD_TIMEOUT: Duration = Duration::from_secs(30);

/// The subcommand, and where the events are.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    task: Task,
    /// The configuration file of the distributed mode; environment variables override it.
    #[arg(long, env = "PASSERELLE_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// The data folder of the embedded mode, instead of a configuration.
    // An id of its own: a global argument takes its value from the program's argument of the same id, its default too.
    #[arg(long = "data", id = "events-data", global = true)]
    data: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Task {
    /// Shows the lag of each consumer group.
    Lag,
    /// Lists the events that are set aside because they refer to something not known yet, with what they wait for.
    Waiting,
    /// Lists the events that could not be applied and have not been replayed, with their errors.
    Dlq,
    /// Replays the events of a dead-letter topic (or of all) to the consumer group that could not apply them.
    Replay {
        /// A dead-letter topic, as listed by `events dlq`. Defaults to all.
        topic: Option<String>,
    },
}

/// Runs the command.
///
/// # Errors
/// When the bus is unavailable or the configuration is invalid.
pub async fn run(arguments: Arguments) -> Result<()> {
    if matches!(arguments.task, Task::Waiting) {
        return waiting(&arguments).await;
    }
    let bus: SharedBus = match &arguments.data {
        Some(folder) => {
            Arc::new(EmbeddedBus::open(&folder.join("bus.db")).await.context("cannot open the bus")?)
        }
        None => Config::load(arguments.config.as_deref())?.bus()?,
    };
    match arguments.task {
        Task::Lag => print_lag(&bus, arguments.json).await,
        Task::Waiting => Ok(()),
        Task::Dlq => dead_letters(&bus, arguments.json).await,
        Task::Replay { topic } => replay(&bus, topic.as_deref()).await,
    }
}

async fn print_lag(bus: &SharedBus, as_json: bool) -> Result<()> {
    for lag in lag(bus).await? {
        if as_json {
            say(json!({ "group": lag.group, "topic": lag.topic, "records": lag.records }))?;
        } else {
            say(format_args!("{:>10}  {:<28} {}", lag.records, lag.group, lag.topic))?;
        }
    }
    Ok(())
}

/// What the databases of all services hold; one that is unavailable is named, and the others are shown.
async fn waiting(arguments: &Arguments) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut unavailable = Vec::new();
    for service in services(identity::Settings::new("http://localhost")) {
        let printed = async {
            let store = match &arguments.data {
                Some(folder) => {
                    let file = folder.join(format!("{}.db", service.name));
                    if !file.is_file() {
                        bail!("{}: there is no such file", file.display());
                    }
                    Store::open_sqlite(&file, clock.clone()).await?
                }
                None => Config::load(arguments.config.as_deref())?.store(service.name, clock.clone()).await?,
            };
            print_waiting(&store, arguments.json).await
        };
        if let Err(error) = printed.await {
            note(format_args!("{}: {error:#}", service.name));
            unavailable.push(service.name);
        }
    }
    if unavailable.is_empty() { Ok(()) } else { bail!("not shown: {}", unavailable.join(", ")) }
}

async fn print_waiting(store: &Store, as_json: bool) -> Result<()> {
    let db = store.system_read().await?;
    let mut last: Option<WaitingEvent> = None;
    loop {
        let events = waiting::list(&db, last.as_ref(), PAGE_SIZE).await?;
        for event in &events {
            let place = format!("{}/{}", event.partition_id, event.position);
            let since = event.since.to_rfc3339();
            if as_json {
                let line = json!({ "group": event.consumer, "topic": event.topic, "key": event.aggregate_id,
                    "sequence": event.sequence, "offset": place, "waits_for": event.waits_for_kind,
                    "id": event.waits_for_id, "since": since });
                say(line)?;
            } else {
                say(format_args!(
                    "{}  {}  {place}  waits for {} {} since {since}",
                    event.consumer, event.aggregate_id, event.waits_for_kind, event.waits_for_id
                ))?;
            }
        }
        match events.into_iter().next_back() {
            Some(event) => last = Some(event),
            None => return Ok(()),
        }
    }
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
        let next =
            tokio::time::timeout(RECORD_TIMEOUT, subscription.next((wanted - records.len()) as u64)).await;
        records.extend(
            next.with_context(|| format!("{topic} returned no record: is another replay running?"))??,
        );
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
                say(json!({ "topic": topic, "key": record.key, "offset": at, "error": error }))?;
            } else {
                say(format_args!("{topic}  {}  {at}  {error}", record.key))?;
            }
        }
    }
    Ok(())
}

/// Into the retry topic of the group that could not apply them. In the shared topic they would stand behind newer states
/// of their keys, outlive those in compaction, and spoil every read model that is rebuilt.
async fn replay(bus: &SharedBus, only: Option<&str>) -> Result<()> {
    let open = open_dead_letters(bus).await?;
    if let Some(only) = only.filter(|only| open.iter().all(|(topic, _)| topic != only)) {
        bail!("{only} has nothing to replay");
    }
    let consumers = consumers();
    for (topic, count) in open.into_iter().filter(|(topic, _)| only.is_none_or(|only| only == topic)) {
        let Some(consumer) = consumers.iter().find(|consumer| consumer.dead_letters() == topic) else {
            note(format_args!(
                "{topic}: no consumer of this version reads these events; they stay where they are"
            ));
            continue;
        };
        let (mut subscription, records) = read(bus, &topic, count).await?;
        let retried = records.into_iter().map(|record| {
            let headers = record.headers.into_iter().filter(|(name, _)| name != "dlq_error").collect();
            OutgoingRecord { topic: consumer.retries(), key: record.key, headers, payload: record.payload }
        });
        let retried: Vec<OutgoingRecord> = retried.collect();
        let replayed = retried.len();
        bus.publish(retried).await?;
        subscription.commit().await?;
        say(format_args!("{topic}: {replayed} replayed"))?;
    }
    Ok(())
}
