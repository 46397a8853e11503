//! `passerelle allocations verify|what-if`: whether the ledgers of pools hold, and which proposals an envelope could pay for.

use super::allocations_what_if;
use crate::{config::Config, output::say};
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use kernel::{Clock, SystemClock};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};
use store::Store;

/// The service whose database it is.
const SERVICE: &str = "allocations";

/// The subcommand, and whose ledgers.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    task: Task,
    /// The configuration file of the distributed mode; environment variables override it.
    #[arg(long, env = "PASSERELLE_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// The data folder of the embedded mode, instead of a configuration. Without either, the folder "data" if there is one.
    // An id of its own: a global argument takes its value from the program's argument of the same id, its default too.
    #[arg(long = "data", id = "allocations-data", global = true)]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Task {
    /// Walks through the ledgers of all pools. Exit code 1: one of them does not hold, and the first thing that is wrong
    /// is printed.
    Verify,
    /// Finds the best set of proposals in a file (pabulib's `.pb`).
    WhatIf(allocations_what_if::Arguments),
}

/// Runs the command; exit code 1 when a ledger does not hold.
///
/// # Errors
/// When the database is unavailable, a file cannot be read, or the configuration is invalid.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    match arguments.task {
        Task::Verify => verify(arguments.data.as_deref(), arguments.config.as_deref()).await,
        Task::WhatIf(what_if) => allocations_what_if::run(what_if),
    }
}

async fn verify(data: Option<&Path>, config: Option<&Path>) -> Result<ExitCode> {
    let store = opened(data, config).await?;
    let db = store.system_read().await?;
    match allocations::verify(&db).await? {
        Ok(verified) => {
            say(format_args!(
                "{} pools, {} entries: the ledgers hold, and decisions are what was decided",
                verified.pools, verified.entries
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            say(format_args!("BROKEN: {broken}"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The database: of the data folder that is named, else of the configuration that is, else of the folder "data".
async fn opened(data: Option<&Path>, config: Option<&Path>) -> Result<Store> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let usual = Path::new("data");
    let folder = data.or_else(|| (config.is_none() && usual.is_dir()).then_some(usual));
    let Some(folder) = folder else { return Config::load(config)?.store(SERVICE, clock).await };
    let file = folder.join(format!("{SERVICE}.db"));
    if !file.is_file() {
        bail!("{}: there is no such file", file.display());
    }
    Store::open_sqlite(&file, clock).await.with_context(|| format!("cannot open {}", file.display()))
}
