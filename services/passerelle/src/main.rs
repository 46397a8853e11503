//! `passerelle`: everything in one process, and the tools that go with it.

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use passerelle::commands::{import, init, openapi, up};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Gives memory back after a burst (an import, many sign-ins), which glibc's allocator keeps in its arenas.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The system of a donor-relations division.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Without a command: the whole platform.
    #[command(flatten)]
    up: up::Arguments,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the whole platform in one process (this is also what happens without a command).
    Up(up::Arguments),
    /// Makes an organisation with its headquarters and an API client that holds every scope.
    Init(init::Arguments),
    /// Imports files through the REST API.
    Import(Import),
    /// Writes the generated documents.
    Openapi(openapi::Arguments),
}

#[derive(Args)]
struct Import {
    #[command(subcommand)]
    format: Format,
}

#[derive(Subcommand)]
enum Format {
    /// Pages of flows as the FTS API returns them, and a plan overview.
    Fts(import::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("PASSERELLE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let cli = Cli::parse();
    match run(cli).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("passerelle: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command.unwrap_or(Command::Up(cli.up)) {
        Command::Up(arguments) => up::run(arguments).await?,
        Command::Init(arguments) => init::run(arguments).await?,
        Command::Import(Import { format: Format::Fts(arguments) }) => return import::run(arguments).await,
        Command::Openapi(arguments) => openapi::run(&arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}
