//! The platform as separate processes, on the infrastructure of [`Infra`].

use crate::{infra::Infra, ports, tools};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Processes of one platform.
pub struct Deployment {
    /// The address people use.
    pub url: String,
    /// The configuration file that its processes share.
    pub config: PathBuf,
    /// Stands before the names of its topics and groups.
    pub prefix: String,
    name: String,
    binary: PathBuf,
    folder: PathBuf,
    services: Vec<Service>,
    listen: BTreeMap<String, u16>,
    processes: Mutex<BTreeMap<String, Process>>,
}

/// What `passerelle services --json` says of each process that it can be, in the order they start.
#[derive(Deserialize)]
struct Service {
    name: String,
    /// It has a database.
    is_service: bool,
}

struct Process {
    child: Child,
    operations: u16,
}

impl Deployment {
    /// Makes databases and topics of its own under `name` (letters, digits, underscores), migrates, and starts every
    /// service. `port` is the gateway's; any free one when there is none. `settings` stand at the top of the configuration.
    ///
    /// # Errors
    /// When something does not start.
    pub fn start(
        infra: &Infra,
        binary: &Path,
        name: &str,
        port: Option<u16>,
        settings: &str,
    ) -> Result<Self> {
        let folder = infra.folder.join(name);
        fs::create_dir_all(&folder)?;
        let listed = tools::run(Command::new(binary).args(["services", "--json"]))?;
        let services: Vec<Service> = serde_json::from_str(&listed).context("passerelle services")?;
        let mut listen: BTreeMap<String, u16> =
            services.iter().map(|service| (service.name.clone(), ports::free())).collect();
        let gateway = port.unwrap_or_else(ports::free);
        listen.insert("gateway".to_owned(), gateway);
        let is_new = make_databases(infra, binary, name, &services)?;
        let url = format!("http://localhost:{gateway}");
        let prefix = format!("{name}.");
        let config = folder.join("passerelle.toml");
        let configuration = configuration(infra, &folder, name, &url, &prefix, &listen)?;
        fs::write(&config, format!("{settings}\n{configuration}"))?;
        let binary = binary.to_owned();
        let (name, processes) = (name.to_owned(), Mutex::default());
        let deployment = Self { url, config, prefix, name, binary, folder, services, listen, processes };
        if !is_new {
            tools::run(&mut deployment.passerelle("migrate")).context("passerelle migrate")?;
        }
        for Service { name, .. } in &deployment.services {
            deployment.start_service(name, name)?;
        }
        for Service { name, .. } in &deployment.services {
            deployment.wait_until_ready(name)?;
        }
        Ok(deployment)
    }

    /// A subcommand of the binary with the configuration.
    pub fn passerelle(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg(subcommand).arg("--config").arg(&self.config);
        command
    }

    /// Where a service listens.
    pub fn address(&self, service: &str) -> Option<String> {
        self.listen.get(service).map(|port| format!("http://127.0.0.1:{port}"))
    }

    /// The database of a service.
    pub fn database(&self, service: &str) -> String {
        format!("{}_{service}", self.name)
    }

    /// Starts `service` as the process `instance`; an instance with another name than its service is a second replica.
    ///
    /// # Errors
    /// When the program does not start.
    pub fn start_service(&self, instance: &str, service: &str) -> Result<()> {
        let log = self.folder.join(format!("{instance}.log"));
        let log = fs::File::options().create(true).append(true).open(log)?;
        let (port, operations) =
            (self.listen.get(instance).copied().unwrap_or_else(ports::free), ports::free());
        let mut command = self.passerelle("serve");
        command.arg(service).env("PASSERELLE_LISTEN", format!("127.0.0.1:{port}"));
        command.env("PASSERELLE_OPERATIONS", format!("127.0.0.1:{operations}"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let process = Process { child: child.context("passerelle does not start")?, operations };
        self.processes().insert(instance.to_owned(), process);
        Ok(())
    }

    fn processes(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Process>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a process says it is ready.
    ///
    /// # Errors
    /// When it has ended, or is not ready within a minute.
    pub fn wait_until_ready(&self, instance: &str) -> Result<()> {
        let started = Instant::now();
        loop {
            {
                let mut processes = self.processes();
                let process =
                    processes.get_mut(instance).with_context(|| format!("{instance} was not started"))?;
                if let Some(status) = process.child.try_wait()? {
                    bail!("{instance} ended: {status}: {}", self.last_line(instance));
                }
                if get(process.operations, "/readyz").is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
                {
                    return Ok(());
                }
            }
            if started.elapsed() > START_TIMEOUT {
                bail!("{instance} is not ready: {}", self.last_line(instance));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn last_line(&self, instance: &str) -> String {
        let log = fs::read_to_string(self.log(instance)).unwrap_or_default();
        log.lines().last().unwrap_or_default().to_owned()
    }

    /// The log of a process.
    pub fn log(&self, instance: &str) -> PathBuf {
        self.folder.join(format!("{instance}.log"))
    }

    /// An answer of the operators' port of a process, whole.
    pub fn operations(&self, instance: &str, path: &str) -> Option<String> {
        let port = self.processes().get(instance)?.operations;
        get(port, path)
    }

    /// The process's number.
    pub fn pid(&self, instance: &str) -> Option<u32> {
        self.processes().get(instance).map(|process| process.child.id())
    }

    /// Kills a process with kill -9.
    pub fn kill(&self, instance: &str) {
        if let Some(mut process) = self.processes().remove(instance) {
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
    }

    /// Tells every process to stop, the gateway first, and waits.
    pub fn stop(&self) {
        for service in self.services.iter().rev() {
            let Some(mut process) = self.processes().remove(&service.name) else { continue };
            let _ = tools::run(Command::new("kill").args(["-TERM", &process.child.id().to_string()]));
            let started = Instant::now();
            while process.child.try_wait().is_ok_and(|status| status.is_none())
                && started.elapsed() < START_TIMEOUT
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        for process in self.processes().values_mut() {
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
    }
}

/// Databases with this name before `_<service>`: the ones that were migrated once, from which others are copied.
struct Template {
    /// Of these servers.
    servers: PathBuf,
    /// By this program.
    binary: PathBuf,
    name: String,
}

/// Migrating takes longer than everything else that a start does, and gives the same each time.
static TEMPLATES: Mutex<Vec<Template>> = Mutex::new(Vec::new());

/// Makes the databases of a deployment, as the program migrates empty ones; false when some are there already, which may be
/// those of an older program.
fn make_databases(infra: &Infra, binary: &Path, name: &str, services: &[Service]) -> Result<bool> {
    let of = |name: &str| -> Vec<String> {
        let services = services.iter().filter(|service| service.is_service);
        services.map(|service| format!("{name}_{}", service.name)).collect()
    };
    let there = infra.sql("postgres", "SELECT datname FROM pg_database")?;
    let is_missing = |database: &str| there.lines().all(|line| line.trim() != database);
    let (missing, known): (Vec<_>, Vec<_>) = of(name).into_iter().partition(|database| is_missing(database));
    let empty =
        |database: &String| format!("CREATE DATABASE {database} OWNER passerelle_owner TEMPLATE template0");
    if !known.is_empty() {
        infra.sql_each("postgres", &missing.iter().map(empty).collect::<Vec<_>>())?;
        return Ok(false);
    }
    let mut templates = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
    let made = templates.iter().find(|made| made.servers == infra.folder && made.binary == binary);
    let template = match made {
        Some(made) => made.name.clone(),
        None => {
            let template = format!("template_{}_{}", std::process::id(), templates.len());
            infra.sql_each("postgres", &of(&template).iter().map(empty).collect::<Vec<_>>())?;
            migrate(infra, binary, &template)?;
            let (servers, binary) = (infra.folder.clone(), binary.to_owned());
            templates.push(Template { servers, binary, name: template.clone() });
            template
        }
    };
    let copies = missing.iter().zip(of(&template)).map(|(database, template)| {
        format!("CREATE DATABASE {database} OWNER passerelle_owner TEMPLATE {template}")
    });
    infra.sql_each("postgres", &copies.collect::<Vec<_>>())?;
    Ok(true)
}

/// Migrates databases that have no services yet.
fn migrate(infra: &Infra, binary: &Path, name: &str) -> Result<()> {
    let folder = infra.folder.join(name);
    fs::create_dir_all(&folder)?;
    let file = folder.join("passerelle.toml");
    fs::write(&file, configuration(infra, &folder, name, "http://localhost", "", &BTreeMap::new())?)?;
    let mut migrate = Command::new(binary);
    tools::run(migrate.args(["migrate", "--config"]).arg(&file)).context("passerelle migrate").map(drop)
}

fn configuration(
    infra: &Infra,
    folder: &Path,
    name: &str,
    url: &str,
    prefix: &str,
    listen: &BTreeMap<String, u16>,
) -> Result<String> {
    let of = |role: &str| role.replace("{database}", &format!("{name}_{{service}}"));
    let key = tools::run(Command::new("od").args(["-An", "-N64", "-tx1", "-v", "/dev/urandom"]))?;
    let key: String = key.split_whitespace().collect();
    let internal = tools::run(Command::new("od").args(["-An", "-N32", "-tx1", "-v", "/dev/urandom"]))?;
    let internal: String = internal.split_whitespace().collect();
    let upstreams: Vec<String> =
        listen.iter().map(|(service, port)| format!("{service} = \"http://127.0.0.1:{port}\"\n")).collect();
    Ok(format!(
        "public_url = \"{url}\"\nlog = \"info\"\ninternal_key = \"{internal}\"\n\n[database]\nurl = \"{}\"\nowner_url = \"{}\"\nrole = \"{}\"\nconnections = 8\nfiles = \"{}/files/{{service}}\"\n\n\
         [kafka]\nbrokers = \"{}\"\nprefix = \"{prefix}\"\npartitions = 3\n\n[redis]\nurl = \"{}\"\nprefix = \"{prefix}\"\n\n[upstreams]\n{}\n[portal]\nkey = \"{key}\"\n\n[personal_data]\nkeys = \"1:{}\"\n\n\
         [mail]\nfolder = \"{}\"\nfrom = \"Passerelle <passerelle@example.org>\"\n\n[audit]\nheads = \"{}\"\n",
        of(&infra.postgres.service),
        of(&infra.postgres.owner),
        infra.postgres.service_role,
        folder.display(),
        infra.kafka,
        infra.redis,
        upstreams.concat(),
        &key[..64],
        folder.join("mail").display(),
        folder.join("audit-heads").display(),
    ))
}

/// One small request, without a library: the whole answer.
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
