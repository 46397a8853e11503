//! `passerelle services`: the processes of the distributed mode, for operators, and for programs that start them.

use crate::{output::say, platform::processes};
use anyhow::Result;
use clap::Args;

/// How they are listed.
#[derive(Args)]
pub struct Arguments {
    /// Prints JSON: an array of objects with `name`, `summary`, `is_service` (it has a database) and `needs` (of a
    /// service: its keys, documents, memory and replicas), in the order in which they start.
    #[arg(long)]
    json: bool,
}

/// Lists them in the order in which they start.
///
/// # Errors
/// When the list cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let processes = processes();
    if arguments.json {
        say(serde_json::to_string_pretty(&processes)?)?;
        return Ok(());
    }
    for process in processes {
        say(format_args!("{:<12}  {}", process.name, process.summary))?;
    }
    Ok(())
}
