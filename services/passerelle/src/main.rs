//! `passerelle`: everything in one process, and the tools that go with it.

#![deny(clippy::print_stdout, clippy::print_stderr, reason = "they panic when the reader has gone: `output`")]

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use passerelle::{
    commands::{
        administrator, allocations, audit, demo, events, health, import, init, migrate, openapi, serve,
        services, up,
    },
    config::{Config, LogFormat},
    output::note,
};
use rustix::{fs::Mode, process::umask};
use std::process::ExitCode;

/// Gives memory back after a burst (an import, many sign-ins), which glibc's allocator keeps in its arenas.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The platform of a donor-relations division.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Without a command, runs the whole platform.
    #[command(flatten)]
    up: up::Arguments,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the whole platform in one process (the default command).
    Up(up::Arguments),
    /// Creates an organisation with its headquarters, an API client with every scope and, if asked, its first administrator.
    Init(init::Arguments),
    /// Invites an administrator of an organisation's headquarters, and prints the link.
    Administrator(administrator::Arguments),
    /// Imports files through the REST API.
    Import(Import),
    /// Runs one service of the distributed mode.
    Serve(serve::Arguments),
    /// Lists the processes of the distributed mode.
    Services(services::Arguments),
    /// Migrates the databases of the distributed mode.
    Migrate(migrate::Arguments),
    /// Creates the demo organisation in the distributed mode (the embedded mode does so automatically).
    Demo(demo::Arguments),
    /// Shows the lag of consumers and the events they could not apply, and replays those.
    Events(events::Arguments),
    /// Verifies that the audit trails are as they were written, and publishes their heads.
    Audit(audit::Arguments),
    /// Verifies the ledgers of pools, and tries out which proposals an envelope could pay for.
    Allocations(allocations::Arguments),
    /// Checks whether the local process is ready.
    Health(health::Arguments),
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
    /// Imports pages of flows as returned by the FTS API, and a plan overview.
    Fts(import::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    // Before anything else: no file that we or a library make is for others. SQLite makes its files by this mask.
    umask(Mode::RWXG | Mode::RWXO);
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            note(format_args!("passerelle: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode> {
    let command = cli.command.unwrap_or(Command::Up(cli.up));
    if let Command::Serve(arguments) = command {
        let config = Config::load(arguments.config.as_deref())?;
        let (service, filter, json) =
            (arguments.service.as_str(), &*config.log, config.log_format == LogFormat::Json);
        let otlp = config.otlp.as_deref();
        let telemetry = telemetry::start(telemetry::Settings { service, filter, json, otlp });
        let _telemetry = telemetry.context("configuration")?;
        serve::run(arguments, config).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let filter = std::env::var("PASSERELLE_LOG").unwrap_or_else(|_| "warn".to_owned());
    let settings = telemetry::Settings { service: "passerelle", filter: &filter, json: false, otlp: None };
    let _telemetry = telemetry::start(settings).context("PASSERELLE_LOG")?;
    match command {
        Command::Up(arguments) => up::run(arguments).await?,
        Command::Init(arguments) => init::run(arguments).await?,
        Command::Administrator(arguments) => administrator::run(arguments).await?,
        Command::Import(Import { format: Format::Fts(arguments) }) => return import::run(arguments).await,
        Command::Openapi(arguments) => openapi::run(&arguments)?,
        Command::Services(arguments) => services::run(&arguments)?,
        Command::Migrate(arguments) => {
            let config = Config::load(arguments.config.as_deref())?;
            migrate::run(arguments, config).await?;
        }
        Command::Demo(arguments) => demo::run(arguments).await?,
        Command::Events(arguments) => events::run(arguments).await?,
        Command::Audit(arguments) => return audit::run(arguments).await,
        Command::Allocations(arguments) => return allocations::run(arguments).await,
        Command::Health(arguments) => health::run(arguments).await?,
        Command::Serve(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory as _;

    /// clap gives a global argument the value, the default too, of an argument with the same id above it.
    #[test]
    fn no_global_argument_of_a_command_takes_its_value_from_one_of_the_program() {
        Cli::command().debug_assert();
        let program = Cli::command();
        let taken: Vec<_> = program.get_arguments().map(clap::Arg::get_id).collect();
        let globals = |command: &clap::Command| {
            let global = command.get_arguments().filter(|argument| argument.is_global_set());
            global.map(|argument| argument.get_id().clone()).collect::<Vec<_>>()
        };
        let mut seen = 0;
        for command in program.get_subcommands() {
            for id in globals(command) {
                seen += 1;
                assert!(!taken.contains(&&id), "{} {id}", command.get_name());
            }
        }
        assert!(seen > 0, "there are global arguments to look at");
    }

    #[test]
    fn events_are_those_of_the_configuration_unless_a_data_folder_is_named() {
        let program = Cli::command();
        let arguments = ["passerelle", "events", "replay", "--config", "passerelle.toml"];
        let matches = program.clone().get_matches_from(arguments);
        let events = matches.subcommand_matches("events").unwrap();
        assert_eq!(events.get_one::<std::path::PathBuf>("events-data"), None);
        let matches = program.get_matches_from(["passerelle", "events", "--data", "elsewhere", "lag"]);
        let events = matches.subcommand_matches("events").unwrap();
        assert_eq!(events.get_one::<std::path::PathBuf>("events-data").unwrap(), "elsewhere");
    }
}
