//! Developer commands: `cargo xtask test`, `infra`, `run-distributed`, `openapi`, `lists`, `deployments`, `map`, `bench`.

mod browser;
mod contract;
mod executables;
mod map;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use std::{
    collections::BTreeSet,
    process::{Command, ExitCode},
    time::Instant,
};
use xtask::{
    SERVER_SUITES, deployment::Deployment, infra, infra::Infra, lists, manifests, root, target, tools,
};

#[derive(Parser)]
#[command(about = "Developer commands of Passerelle")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs formatting, lints, and every test: on SQLite, then on real PostgreSQL, Kafka and Redis. Missing tools are
    /// listed at the end; with CI=true they fail the run.
    #[command(args_conflicts_with_subcommands = true)]
    Test {
        #[command(subcommand)]
        only: Option<Suite>,
        /// What is too slow for every change as well: 20 rounds of the failure suite, 6 with a full disk, schemathesis
        /// without a limit.
        #[arg(long)]
        all: bool,
    },
    /// Manages real PostgreSQL, Apache Kafka and Redis on free ports, without Docker.
    Infra {
        #[command(subcommand)]
        task: InfraTask,
    },
    /// Runs the platform as separate processes on that infrastructure, with the demo data.
    RunDistributed {
        /// The public port.
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// Writes the generated documents under openapi/.
    Openapi {
        /// Keeps them as those of a release as well, with which later ones are compared (openapi/released/).
        #[arg(long)]
        release: bool,
    },
    /// Writes what docker-compose.yml and k8s/ hold of each service, from what it says it needs.
    Deployments,
    /// Rewrites the lists of modules (migrations, consumers, …) by the files beside them.
    Lists,
    /// Generates the portal's world map from Natural Earth.
    Map,
    /// Runs the benchmarks and prints ratios against baselines run beside them.
    Bench {
        /// `distributed`, `gateway`, `attack`, `diversification`, …: that part alone.
        only: Option<String>,
    },
}

#[derive(Subcommand)]
enum Suite {
    /// The pages in a real browser.
    Browser,
    /// The tests that ask real PostgreSQL, Kafka and Redis.
    Servers,
    /// The API's documents: linted, compared with the last release, tried by schemathesis, used by generated clients.
    Contract {
        /// Requests that schemathesis makes up for each operation.
        #[arg(long, default_value_t = contract::Effort::USUAL.examples)]
        examples: u32,
    },
    /// Kills services, Kafka, PostgreSQL and Redis in random order during writes, then verifies the counts.
    Failure {
        /// Number of rounds.
        #[arg(long, default_value_t = 20)]
        rounds: u32,
        /// The seed of the order, to repeat a run.
        #[arg(long)]
        seed: Option<u64>,
    },
}

#[derive(Subcommand)]
enum InfraTask {
    /// Starts the servers that are not running.
    Up,
    /// Stops the servers and removes their data.
    Down,
    /// Shows which servers are running, and where.
    Status,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Test { only: None, all } => test(all),
        Task::Test { only: Some(Suite::Browser), .. } => browser_suite(),
        Task::Test { only: Some(Suite::Servers), .. } => servers_suite(),
        Task::Test { only: Some(Suite::Contract { examples }), .. } => contract_suite(examples),
        Task::Test { only: Some(Suite::Failure { rounds, seed }), .. } => failure_suite(rounds, seed),
        Task::Infra { task } => infrastructure(&task),
        Task::RunDistributed { port } => run_distributed(port),
        Task::Openapi { release } => openapi(release),
        Task::Deployments => deployments(),
        Task::Lists => renew_lists(),
        Task::Map => map::make(),
        Task::Bench { only } => bench(only.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Builds the programs, with the tests, as `cargo test` does: always those of the whole workspace, because one package
/// alone, or the workspace without its tests, would have its dependencies built again with the features that it asks for.
const BUILD: [&str; 3] = ["test", "--workspace", "--no-run"];

/// Tests at once: they wait for events more than they compute, most of all where these pass through Kafka.
const EMBEDDED_AT_ONCE: &str = "3";
const DISTRIBUTED_AT_ONCE: &str = "4";

fn timed(what: &str, run: impl FnOnce() -> Result<()>) -> Result<()> {
    let started = Instant::now();
    let done = run();
    println!("── {what}: {:.0} s", started.elapsed().as_secs_f64());
    done.with_context(|| what.to_owned())
}

fn cargo(what: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    println!("── {what}: cargo {}", arguments.join(" "));
    let mut command = tools::cargo();
    shown(what, command.args(arguments).envs(environment.iter().copied()).current_dir(root()))
}

/// Runs a command whose output people read meanwhile.
fn shown(what: &str, command: &mut Command) -> Result<()> {
    let started = Instant::now();
    let status = command.status();
    let status = status.with_context(|| format!("{what}: the program does not start"))?;
    println!("── {what}: {:.0} s", started.elapsed().as_secs_f64());
    if status.success() { Ok(()) } else { bail!("{what} failed") }
}

/// A tool of the Rust distribution; why it is not there.
fn missing_component(tool: &str) -> Option<String> {
    let answer = Command::new("cargo").args([tool, "--version"]).current_dir(root()).output();
    let there = answer.is_ok_and(|answer| answer.status.success());
    if there || add_component(tool) { None } else { Some(format!("rustup cannot add {tool}")) }
}

fn add_component(tool: &str) -> bool {
    let component = if tool == "fmt" { "rustfmt" } else { tool };
    let added = Command::new("rustup").args(["component", "add", component]).status();
    added.is_ok_and(|status| status.success())
}

/// Infrastructure for one command: ended with it, unless it ran before.
struct Borrowed {
    state: String,
    ran_before: bool,
}

impl Borrowed {
    fn up() -> Result<Self> {
        let ran_before = Infra::running().is_some();
        Infra::up()?;
        Ok(Self { state: infra::state_file().display().to_string(), ran_before })
    }

    fn environment(&self) -> [(&str, &str); 1] {
        [("PASSERELLE_TEST_INFRA", &self.state)]
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if !self.ran_before {
            Infra::down();
        }
    }
}

/// Programs that tests ask: the program, Debian's package, and what is not tested without.
const TOOLS: [(&str, &str, &str); 2] = [
    ("xmllint", "libxml2-utils", "validation of the IATI file"),
    ("pdftotext", "poppler-utils", "statements in another reader of PDF"),
];

/// Where tests note that the real data beside the project is not there: they pass, and are named at the end. What they
/// prove is proved on small samples of our own as well.
struct Notes(String);

impl Notes {
    fn begin() -> Result<Self> {
        let file = std::path::absolute(target())?.join("tests-without-shared-data");
        std::fs::create_dir_all(target())?;
        std::fs::write(&file, "").context("the notes of tests")?;
        Ok(Self(file.display().to_string()))
    }

    fn environment(&self) -> (&str, &str) {
        ("PASSERELLE_TEST_NOTES", &self.0)
    }

    fn print(&self) -> Result<()> {
        let text = std::fs::read_to_string(&self.0).context("the notes of tests")?;
        let names: BTreeSet<&str> = text.lines().collect();
        if !names.is_empty() {
            println!(
                "{} tests need the data in ../shared, which is not there, and did nothing:",
                names.len()
            );
        }
        for name in names {
            println!("  {name}");
        }
        Ok(())
    }
}

fn test(all: bool) -> Result<()> {
    let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    let mut skipped: Vec<(&str, String)> = Vec::new();
    match missing_component("fmt") {
        None => cargo("formatting", &["fmt", "--all", "--check"], &[])?,
        Some(why) => skipped.push(("formatting", why)),
    }
    match missing_component("clippy") {
        None => cargo("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[])?,
        Some(why) => skipped.push(("lints", why)),
    }
    for (program, package, what) in TOOLS {
        if let Err(why) = tools::need(program, package) {
            skipped.push((what, why.to_string()));
        }
    }
    let notes = Notes::begin()?;
    let first =
        [("PASSERELLE_TEST_SERVERS", "later"), ("RUST_TEST_THREADS", EMBEDDED_AT_ONCE), notes.environment()];
    cargo("tests on SQLite and the embedded bus", &["test", "--workspace"], &first)?;
    // The browser tests and the services of the distributed mode run the program itself, which was built with them.
    match browser::missing() {
        None => shown("pages in a browser", &mut browser::command())?,
        Some(missing) => skipped.push(missing),
    }
    match contract::missing() {
        None => contract::check(if all { contract::Effort::ALL } else { contract::Effort::USUAL })?,
        Some(missing) => skipped.push(missing),
    }
    let missing = infra::missing();
    if missing.is_empty() {
        on_servers(&notes)?;
        // On servers of its own: Kafka takes minutes to come back from a kill with the topics of a hundred platforms.
        let infra = Borrowed::up()?;
        let rounds = match (all, is_ci) {
            (true, _) => Rounds { kills: 20, full_disk: 6 },
            (false, true) => Rounds { kills: 3, full_disk: 2 },
            (false, false) => Rounds { kills: 6, full_disk: 6 },
        };
        failure(&infra, rounds, None)?;
    }
    skipped.extend(missing);
    notes.print()?;
    for (what, why) in &skipped {
        println!("skipped: {what}: {why}");
    }
    if !skipped.is_empty() && is_ci {
        bail!("with CI=true nothing may be skipped");
    }
    println!("all tests passed");
    Ok(())
}

/// How often the failure suite does what it does.
#[derive(Clone, Copy)]
struct Rounds {
    kills: u32,
    full_disk: u32,
}

fn failure(infra: &Borrowed, rounds: Rounds, seed: Option<u64>) -> Result<()> {
    let run = |what: &str, arguments: &[&str], environment: &[(&str, &str)]| {
        let seed = seed.map(|seed| seed.to_string());
        let mut suite = Command::new(target().join("debug/failure"));
        suite.args(arguments).args(seed.iter().flat_map(|seed| ["--seed", seed]));
        shown(what, suite.envs(environment.iter().copied()).current_dir(root()))
    };
    run("failure suite", &["--rounds", &rounds.kills.to_string()], &infra.environment())?;
    run("a full disk", &["--disk", &rounds.full_disk.to_string()], &[])
}

fn browser_suite() -> Result<()> {
    cargo("the program", &BUILD, &[])?;
    match browser::missing() {
        None => shown("pages in a browser", &mut browser::command()),
        Some((what, why)) => bail!("{what}: {why}"),
    }
}

/// Writes the generated documents.
fn openapi(release: bool) -> Result<()> {
    cargo("the program", &BUILD, &[])?;
    shown("documents", Command::new(target().join("debug/passerelle")).arg("openapi").current_dir(root()))?;
    if release { contract::release() } else { Ok(()) }
}

/// Writes the services' parts of the manifests.
fn deployments() -> Result<()> {
    cargo("the program", &BUILD, &[])?;
    let listed = tools::run(Command::new(target().join("debug/passerelle")).args(["services", "--json"]))?;
    let processes = serde_json::from_str(&listed).context("passerelle services")?;
    for path in manifests::write(&root(), &processes)? {
        println!("{path}");
    }
    Ok(())
}

/// Rewrites the generated lists and names those that changed.
fn renew_lists() -> Result<()> {
    let root = root();
    for list in lists::write(&root)? {
        println!("{}", list.strip_prefix(&root).unwrap_or(&list).display());
    }
    Ok(())
}

fn contract_suite(examples: u32) -> Result<()> {
    cargo("the program", &BUILD, &[])?;
    match contract::missing() {
        None => contract::check(contract::Effort { examples, again: true, ..contract::Effort::USUAL }),
        Some((what, why)) => bail!("{what}: {why}"),
    }
}

fn servers_suite() -> Result<()> {
    need_servers()?;
    let notes = Notes::begin()?;
    on_servers(&notes)?;
    notes.print()
}

fn on_servers(notes: &Notes) -> Result<()> {
    let environment = [("RUST_TEST_THREADS", DISTRIBUTED_AT_ONCE), notes.environment()];
    timed("tests on PostgreSQL, Kafka and Redis", || executables::run(&SERVER_SUITES, &environment))
}

fn failure_suite(rounds: u32, seed: Option<u64>) -> Result<()> {
    need_servers()?;
    cargo("the program", &BUILD, &[])?;
    let infra = Borrowed::up()?;
    failure(&infra, Rounds { kills: rounds, full_disk: rounds }, seed)
}

/// Installs the servers that tests run on, where that can be done.
fn need_servers() -> Result<()> {
    match infra::missing().first() {
        Some((what, why)) => bail!("{what}: {why}"),
        None => Ok(()),
    }
}

fn bench(only: Option<&str>) -> Result<()> {
    cargo("release build", &["build", "--release", "--package", "passerelle"], &[])?;
    let mut bench = vec!["bench", "--package", "tests", "--bench", "platform"];
    bench.extend(only.iter().flat_map(|only| ["--", only]));
    let missing = infra::missing();
    if missing.is_empty() {
        let infra = Borrowed::up()?;
        return cargo("benchmarks", &bench, &infra.environment());
    }
    for (what, why) in &missing {
        println!("skipped: {what}: {why}");
    }
    cargo("benchmarks", &bench, &[])
}

fn infrastructure(task: &InfraTask) -> Result<()> {
    match task {
        InfraTask::Up => {
            need_servers()?;
            let infra = Infra::up()?;
            println!("PostgreSQL    {}", infra.postgres.service);
            println!("Apache Kafka  {}", infra.kafka);
            println!("Redis         {}", infra.redis);
            println!("Data          {}", infra.folder.display());
            println!("For tests     export PASSERELLE_TEST_INFRA={}", infra::state_file().display());
        }
        InfraTask::Down => Infra::down(),
        InfraTask::Status => match std::fs::read_to_string(infra::state_file()) {
            Err(_) => println!("nothing was started"),
            Ok(text) => {
                let infra: Infra = serde_json::from_str(&text)?;
                for (what, up) in infra.status() {
                    println!("{what:<13} {}", if up { "runs" } else { "does not answer" });
                }
            }
        },
    }
    Ok(())
}

fn run_distributed(port: u16) -> Result<()> {
    if let Some((what, why)) = infra::missing().first() {
        bail!("{what}: {why}");
    }
    cargo("release build", &["build", "--release", "--package", "passerelle"], &[])?;
    let infra = Infra::up()?;
    let binary = target().join("release/passerelle");
    let deployment = Deployment::start(&infra, &binary, "passerelle", Some(port), "")?;
    let mut demo = deployment.passerelle("demo");
    demo.arg("--state").arg(infra.folder.join("demo.json"));
    println!("{}", tools::run(&mut demo).context("the demo organisation")?);
    println!("Passerelle is ready: {}", deployment.url);
    println!("Logs           {}", deployment.log("*").display());
    println!("Configuration  {}", deployment.config.display());
    println!(
        "Press Enter to stop the services (`cargo xtask infra down` ends the rest and removes the data)."
    );
    std::io::stdin().read_line(&mut String::new())?;
    deployment.stop();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory as _;

    #[test]
    fn commands_are_put_together_without_a_contradiction() {
        Cli::command().debug_assert();
    }
}
