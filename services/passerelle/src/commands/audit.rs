//! `passerelle audit verify|heads`: whether the audit trails are as they were written, and their heads published now.

mod export;
mod published;

use crate::{
    config::Config,
    output::{note, say},
    platform::{Options, services},
};
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kernel::{Clock, OfficeId, SystemClock};
use published::Heads;
use serde_json::json;
use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use store::{
    Store,
    audit::{self, Verdict},
};

/// The subcommand, and whose audit trails.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    task: Task,
    /// The configuration file of the distributed mode; environment variables override it.
    #[arg(long, env = "PASSERELLE_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// The data folder of the embedded mode, instead of a configuration. Without either, the folder "data" if there is one.
    // An id of its own: a global argument takes its value from the program's argument of the same id, its default too.
    #[arg(long = "data", id = "audit-data", global = true)]
    data: Option<PathBuf>,
    /// The folder of the published heads. Defaults to where the platform writes them.
    #[arg(long, global = true)]
    heads: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Task {
    /// Walks along every chain and compares it with its published heads. Exit code 1: something was changed.
    Verify {
        /// An export (`GET /v1/audit/<service>/chain`) to verify instead of the databases. Of which service it is, its
        /// name says (audit-donors-….ndjson), or --service.
        #[arg(long)]
        export: Option<PathBuf>,
        /// The service that the export is of.
        #[arg(long, requires = "export")]
        service: Option<String>,
        /// Print JSON: an object for each chain.
        #[arg(long)]
        json: bool,
    },
    /// Publishes the heads of chains that have grown now, without waiting for the next day.
    Heads,
}

/// Runs the command; exit code 1 when a trail is not as it was written.
///
/// # Errors
/// When a database is unavailable, a file cannot be read, or the configuration is invalid.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    match &arguments.task {
        Task::Verify { export: Some(file), service, json } => {
            export::run(file, service.as_deref(), arguments.heads.as_deref(), *json)
        }
        Task::Verify { export: None, json, .. } => verify(&arguments, *json).await,
        Task::Heads => {
            publish(&arguments).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Where the audit trails are.
enum Place<'a> {
    Folder(&'a Path),
    Deployment(Box<Config>),
}

impl<'a> Place<'a> {
    fn of(arguments: &'a Arguments) -> Result<Self> {
        let usual = Path::new("data");
        Ok(match (&arguments.data, arguments.config.as_deref()) {
            (Some(folder), _) => Self::Folder(folder),
            (None, None) if usual.is_dir() => Self::Folder(usual),
            (None, config) => Self::Deployment(Box::new(Config::load(config)?)),
        })
    }

    async fn store(&self, service: &str) -> Result<Store> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        match self {
            Self::Folder(folder) => {
                let file = folder.join(format!("{service}.db"));
                if !file.is_file() {
                    bail!("{}: there is no such file", file.display());
                }
                let store = Store::open_sqlite(&file, clock).await;
                store.with_context(|| format!("cannot open {}", file.display()))
            }
            Self::Deployment(config) => config.store(service, clock).await,
        }
    }

    /// The folder of the published heads.
    fn heads(&self, named: Option<&Path>) -> Option<PathBuf> {
        named.map(Path::to_owned).or_else(|| match self {
            Self::Folder(folder) => Some(Options::local(*folder).heads()),
            Self::Deployment(config) => config.audit_heads(),
        })
    }
}

fn names() -> Vec<&'static str> {
    services(identity::Settings::new("http://localhost")).iter().map(|service| service.name).collect()
}

/// Every chain of every service; a database that is unavailable is named, and the others are verified.
async fn verify(arguments: &Arguments, as_json: bool) -> Result<ExitCode> {
    let place = Place::of(arguments)?;
    // Read before the chains: what is published meanwhile is no longer than they are.
    let folder = place.heads(arguments.heads.as_deref());
    let heads = Heads::read(folder.as_deref())?;
    let (mut broken, mut unavailable) = (0, Vec::new());
    for service in names() {
        let verified = async {
            let store = place.store(service).await?;
            of_service(&store, service, &heads, as_json).await
        };
        match verified.await {
            Ok(count) => broken += count,
            Err(error) => {
                note(format_args!("{service}: {error:#}"));
                unavailable.push(service);
            }
        }
    }
    if !unavailable.is_empty() {
        bail!("not verified: {}", unavailable.join(", "));
    }
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The chains of a service, and those of which nothing is left but what was published. How many are broken.
async fn of_service(store: &Store, service: &str, heads: &Heads, as_json: bool) -> Result<u64> {
    let mut offices = audit::offices(&store.system_read().await?).await?;
    let gone: Vec<OfficeId> = heads.offices(service).filter(|office| !offices.contains(office)).collect();
    offices.extend(gone);
    let bar = progress_bar(service);
    let mut broken = 0;
    for office_id in offices {
        let published = heads.of(service, office_id);
        let db = store.system_read().await?;
        bar.set_message(office_id.to_string());
        let verdict = audit::verify(&db, office_id, published, |count| bar.set_position(count)).await?;
        broken += u64::from(verdict.count > 0);
        bar.suspend(|| tell(service, office_id, &verdict, as_json))?;
    }
    bar.finish_and_clear();
    Ok(broken)
}

fn progress_bar(service: &str) -> ProgressBar {
    let bar = ProgressBar::no_length();
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{prefix} {msg}: {human_pos} entries") {
        bar.set_style(style);
    }
    bar.set_prefix(service.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Says what became of a chain.
fn tell(service: &str, office_id: OfficeId, verdict: &Verdict, as_json: bool) -> std::io::Result<()> {
    let Verdict { entries, breaks, count } = verdict;
    if as_json {
        let breaks: Vec<String> = breaks.iter().map(ToString::to_string).collect();
        return say(
            json!({ "service": service, "office_id": office_id, "entries": entries, "holds": *count == 0,
            "breaks": breaks, "break_count": count }),
        );
    }
    let result = if *count == 0 { "holds" } else { "BROKEN" };
    say(format_args!("{service:<10}  {office_id}  {entries:>9} entries  {result}"))?;
    for found in breaks {
        say(format_args!("    {found}"))?;
    }
    let more = count.saturating_sub(breaks.len() as u64);
    if more > 0 {
        say(format_args!("    and {more} more"))?;
    }
    Ok(())
}

/// Publishes what has grown since it was published last. A platform that runs sends the events; otherwise they wait for
/// its next start.
async fn publish(arguments: &Arguments) -> Result<()> {
    let place = Place::of(arguments)?;
    let folder = place.heads(arguments.heads.as_deref());
    for service in names() {
        let store = place.store(service).await?;
        let published = service::audit::publish(service, &store, folder.as_deref(), None).await;
        let count = published.with_context(|| service.to_owned())?;
        say(format_args!("{service}: {count} heads published"))?;
    }
    Ok(())
}
