//! Real PostgreSQL, Apache Kafka and Redis on free ports, in a temporary folder, without Docker.

use crate::{cache, ports, root, target, tools};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    net::TcpStream,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The version of Apache Kafka, as `xtask/kafka/pom.xml` has it.
const KAFKA_VERSION: &str = "4.3.1";
/// Time for a server to become available.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// The databases' owner and the services' role, with their passwords (this machine only).
const ROLES: [(&str, &str); 2] = [("passerelle_owner", "owner"), ("passerelle_service", "service")];

/// The three servers, and where they are. Written to a file for the tests (`testkit::Infra` reads it).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Infra {
    /// Where their data and logs are.
    pub folder: PathBuf,
    /// PostgreSQL's programs.
    pub postgres_programs: PathBuf,
    /// PostgreSQL's port.
    pub postgres_port: u16,
    /// Kafka's port, and its controller's.
    pub kafka_ports: (u16, u16),
    /// Redis's port.
    pub redis_port: u16,
    /// Addresses of the cluster by role, with `{database}` where the database's name goes.
    pub postgres: Roles,
    /// Kafka's bootstrap servers.
    pub kafka: String,
    /// Redis's address.
    pub redis: String,
}

/// PostgreSQL's addresses by role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Roles {
    /// The superuser.
    pub admin: String,
    /// Owns the tables.
    pub owner: String,
    /// The services' role: owns nothing.
    pub service: String,
    /// Its name.
    pub service_role: String,
}

/// The file that says what runs.
pub fn state_file() -> PathBuf {
    target().join("infra.json")
}

/// Why a server cannot be had: what, and why.
pub type Missing = (&'static str, String);

/// What is not on the machine and cannot be installed; empty when everything can be started.
pub fn missing() -> Vec<Missing> {
    let mut missing = Vec::new();
    let mut check = |what, result: Result<()>| {
        if let Err(error) = result {
            missing.push((what, format!("{error:#}")));
        }
    };
    check("PostgreSQL", tools::postgres().map(drop));
    check("Redis", tools::need("redis-server", "redis-server"));
    check("Apache Kafka", kafka_libraries().map(drop));
    missing
}

/// Kafka's jars, from Maven Central, kept in the cache.
fn kafka_libraries() -> Result<PathBuf> {
    let folder = cache().join(format!("kafka-{KAFKA_VERSION}"));
    tools::need("java", "openjdk-17-jre-headless")?;
    if folder.is_dir() {
        return Ok(folder);
    }
    tools::need("mvn", "maven")?;
    println!("── fetching Apache Kafka {KAFKA_VERSION} from Maven Central");
    let beside = cache().join(format!("kafka-{KAFKA_VERSION}.{}", std::process::id()));
    fs::create_dir_all(&beside)?;
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-f"]).arg(root().join("xtask/kafka/pom.xml")).args([
        "dependency:copy-dependencies",
        "-DincludeScope=runtime",
        &format!("-DoutputDirectory={}", beside.display()),
    ]);
    tools::run(&mut maven).context("Maven Central")?;
    match fs::rename(&beside, &folder) {
        Ok(()) => Ok(folder),
        // Another one was faster.
        Err(_) if folder.is_dir() => Ok(folder),
        Err(error) => Err(error).context("the cache"),
    }
}

fn wait_for(what: &str, port: u16) -> Result<()> {
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if started.elapsed() > START_TIMEOUT {
            bail!("{what} does not answer on port {port}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn kill(pid_file: &Path, signal: &str) {
    let pid = fs::read_to_string(pid_file).ok();
    let pid =
        pid.as_deref().and_then(|text| text.lines().next()).map(str::trim).unwrap_or_default().to_owned();
    if !pid.is_empty() {
        let _ = tools::run(Command::new("kill").args([signal, &pid]));
        let started = Instant::now();
        while Path::new(&format!("/proc/{pid}")).exists() && started.elapsed() < START_TIMEOUT {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Infra {
    /// What `up` started, when it still answers.
    pub fn running() -> Option<Self> {
        let infra: Self = serde_json::from_str(&fs::read_to_string(state_file()).ok()?).ok()?;
        infra.status().iter().all(|(_, up)| *up).then_some(infra)
    }

    /// Starts the three servers, unless they run.
    ///
    /// # Errors
    /// When a program is missing, or a server does not start.
    pub fn up() -> Result<Self> {
        if let Some(running) = Self::running() {
            return Ok(running);
        }
        Self::down();
        let folder = tools::run(Command::new("mktemp").args(["-d", "-t", "passerelle-infra-XXXXXX"]))?;
        let folder = PathBuf::from(folder.trim());
        let (postgres_port, redis_port, kafka_ports) =
            (ports::free(), ports::free(), (ports::free(), ports::free()));
        let of = |(role, password): (&str, &str)| {
            format!("postgres://{role}:{password}@127.0.0.1:{postgres_port}/{{database}}")
        };
        let infra = Self {
            postgres_programs: tools::postgres()?,
            postgres_port,
            kafka_ports,
            redis_port,
            postgres: Roles {
                admin: of(("postgres", "admin")),
                owner: of(ROLES[0]),
                service: of(ROLES[1]),
                service_role: ROLES[1].0.to_owned(),
            },
            kafka: format!("127.0.0.1:{}", kafka_ports.0),
            redis: format!("redis://127.0.0.1:{redis_port}"),
            folder,
        };
        infra.make_cluster()?;
        infra.make_kafka()?;
        infra.start_postgres()?;
        infra.start_redis()?;
        infra.start_kafka()?;
        for (role, password) in ROLES {
            infra.sql("postgres", &format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'"))?;
        }
        fs::create_dir_all(target())?;
        fs::write(state_file(), serde_json::to_string_pretty(&infra)?)?;
        Ok(infra)
    }

    /// Ends what `up` started and removes its data.
    pub fn down() {
        let Ok(text) = fs::read_to_string(state_file()) else { return };
        if let Ok(infra) = serde_json::from_str::<Self>(&text) {
            infra.kill_kafka();
            for file in fs::read_dir(&infra.folder).into_iter().flatten().flatten() {
                if file.file_name().to_string_lossy().starts_with("redis-") {
                    kill(&file.path(), "-9");
                }
            }
            infra.kill_postgres();
            let _ = fs::remove_dir_all(&infra.folder);
        }
        let _ = fs::remove_file(state_file());
    }

    /// Which servers answer.
    pub fn status(&self) -> [(&'static str, bool); 3] {
        let answers = |port: u16| TcpStream::connect(("127.0.0.1", port)).is_ok();
        [
            ("PostgreSQL", answers(self.postgres_port)),
            ("Apache Kafka", answers(self.kafka_ports.0)),
            ("Redis", answers(self.redis_port)),
        ]
    }

    /// A command as the user that may run PostgreSQL: not the superuser.
    fn postgres_command(&self, program: &str) -> Command {
        let path = self.postgres_programs.join(program);
        let mut command = if tools::is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir("/");
        command
    }

    fn cluster(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    fn make_cluster(&self) -> Result<()> {
        let password = self.folder.join("password");
        fs::write(&password, "admin\n")?;
        fs::create_dir_all(self.cluster())?;
        if tools::is_root() {
            tools::run(Command::new("chown").arg("-R").arg("postgres").arg(&self.folder))?;
        }
        let mut initdb = self.postgres_command("initdb");
        // Not SCRAM: its thousands of hashes for each of the hundreds of connections of a test run, unoptimised, would take
        // a sixth of the run. A wrong password is refused all the same.
        initdb.arg("-D").arg(self.cluster()).args(["-U", "postgres", "-A", "password", "-E", "UTF8"]);
        initdb.arg("--locale=C.UTF-8").arg("--pwfile").arg(&password);
        tools::run(&mut initdb).context("initdb")?;
        Ok(())
    }

    /// Starts PostgreSQL.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_postgres(&self) -> Result<()> {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=400",
            self.postgres_port,
            self.folder.display()
        );
        let mut command = self.postgres_command("pg_ctl");
        command.arg("-D").arg(self.cluster()).arg("-l").arg(self.folder.join("postgres.log"));
        // A background server must not hold this process's output open.
        command.args(["-w", "-t", "60", "-o", &options, "start"]).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.stdin(Stdio::null()).status().context("pg_ctl does not start")?;
        if !status.success() {
            let log = fs::read_to_string(self.folder.join("postgres.log")).unwrap_or_default();
            bail!("PostgreSQL does not start: {}", log.lines().last().unwrap_or_default());
        }
        Ok(())
    }

    /// Kills PostgreSQL with kill -9, its children included.
    pub fn kill_postgres(&self) {
        let pid_file = self.cluster().join("postmaster.pid");
        if let Ok(text) = fs::read_to_string(&pid_file)
            && let Some(pid) = text.lines().next()
        {
            let _ = tools::run(Command::new("pkill").args(["-9", "-P", pid.trim()]));
        }
        kill(&pid_file, "-9");
    }

    /// Runs SQL as the superuser.
    ///
    /// # Errors
    /// When it fails.
    pub fn sql(&self, database: &str, text: &str) -> Result<String> {
        self.sql_each(database, &[text.to_owned()])
    }

    /// The same for several statements, each in a transaction of its own.
    ///
    /// # Errors
    /// When PostgreSQL refuses one: those after it are not run.
    pub fn sql_each(&self, database: &str, texts: &[String]) -> Result<String> {
        if texts.is_empty() {
            return Ok(String::new());
        }
        let url = self.postgres.admin.replace("{database}", database);
        let mut psql = Command::new(self.postgres_programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &url]);
        tools::run(psql.args(texts.iter().flat_map(|text| ["-c", text])))
    }

    fn make_kafka(&self) -> Result<()> {
        let (broker, controller) = self.kafka_ports;
        let data = self.folder.join("kafka");
        let properties = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
             listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{broker}\ncontroller.listener.names=CONTROLLER\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs={}\n\
             offsets.topic.replication.factor=1\noffsets.topic.num.partitions=5\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
             group.initial.rebalance.delay.ms=0\nauto.create.topics.enable=false\n",
            data.display()
        );
        let file = self.folder.join("kafka.properties");
        fs::write(&file, properties)?;
        let mut format = self.kafka_command("kafka.tools.StorageTool", 128)?;
        format.args(["format", "-t", "cGFzc2VyZWxsZS1kZXYtMQ", "-c"]).arg(&file);
        tools::run(&mut format).context("Kafka's storage")?;
        Ok(())
    }

    fn kafka_command(&self, class: &str, megabytes: u32) -> Result<Command> {
        let mut command = Command::new("java");
        command.arg(format!("-Xmx{megabytes}m")).args(["-XX:+UseSerialGC", "-cp"]);
        command.arg(kafka_libraries()?.join("*")).arg(class);
        Ok(command)
    }

    /// Starts Kafka.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_kafka(&self) -> Result<()> {
        let log = fs::File::options().create(true).append(true).open(self.folder.join("kafka.log"))?;
        let mut command = self.kafka_command("kafka.Kafka", 512)?;
        command.arg(self.folder.join("kafka.properties")).stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log).process_group(0);
        let child = command.spawn().context("java does not start")?;
        fs::write(self.folder.join("kafka.pid"), child.id().to_string())?;
        // Reaped when it ends, so that its process is gone for those who wait for that.
        std::thread::spawn(move || {
            let mut child = child;
            child.wait()
        });
        wait_for("Kafka", self.kafka_ports.0)
    }

    /// Kills Kafka with kill -9.
    pub fn kill_kafka(&self) {
        kill(&self.folder.join("kafka.pid"), "-9");
    }

    /// Starts Redis. It keeps nothing: what is in it can be lost.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_redis(&self) -> Result<()> {
        let mut command = Command::new("redis-server");
        command.args(["--port", &self.redis_port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.args(["--appendonly", "no", "--daemonize", "yes", "--dir"]).arg(&self.folder);
        command.arg("--pidfile").arg(self.redis_pid());
        tools::run(&mut command)?;
        wait_for("Redis", self.redis_port)
    }

    fn redis_pid(&self) -> PathBuf {
        self.folder.join(format!("redis-{}.pid", self.redis_port))
    }

    /// Kills Redis with kill -9.
    pub fn kill_redis(&self) {
        kill(&self.redis_pid(), "-9");
    }

    /// The same PostgreSQL and Kafka with a Redis that nobody else uses, for those who kill it.
    ///
    /// # Errors
    /// When it does not start.
    pub fn with_own_redis(&self) -> Result<Self> {
        let redis_port = ports::free();
        let own = Self { redis_port, redis: format!("redis://127.0.0.1:{redis_port}"), ..self.clone() };
        own.start_redis()?;
        Ok(own)
    }
}
