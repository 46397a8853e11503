//! The gateway beside what others use for the same work: in one run on one upstream that answers at once, each alone on
//! core 0, wrk and the upstream on core 1. nginx passes requests on and checks nothing; HAProxy checks an RS256 token and
//! counts by its subject; the gateway checks token, revocation, scope and the limits that it shares through Redis.

use crate::{binary, line};
use passerelle::platform::processes;
use serde_json::{Value, json};
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use testkit::{Http, eventually, folder};
use tests::{connect, infra};
use xtask::{deployment::Deployment, infra::Infra, ports, tools};

/// API clients whose tokens requests carry in turn.
const CLIENTS: usize = 60;
/// Connections of wrk.
const CONNECTIONS: usize = 32;
/// Of so many rounds each figure is the median.
const ROUNDS: usize = 3;
/// Seconds per round, unless `BENCH_SECONDS` is set.
const ROUND_SECONDS: u64 = 10;
/// What is asked: an operation that needs a scope.
const PATH: &str = "/v1/plans";
/// How long a proxy may take to listen.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A program on a core of its own; told to end when it is dropped.
struct Pinned(Child);

impl Pinned {
    fn start(core: u8, command: &Command, log: &Path) -> Self {
        let mut pinned = Command::new("taskset");
        pinned.args(["-c", &core.to_string()]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            pinned.env(name, value.unwrap_or_default());
        }
        let log = fs::File::create(log).unwrap();
        let pinned = pinned.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Self(pinned.spawn().unwrap())
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // nginx tells its worker when it is told itself.
        let _ = tools::run(Command::new("kill").args(["-TERM", &self.0.id().to_string()]));
        let _ = self.0.wait();
    }
}

/// What wrk measured.
#[derive(Debug, Clone, Copy)]
struct Measured {
    rate: f64,
    p50: f64,
    p99: f64,
    failed: u64,
}

/// The proxies under test: a name, a port, and the script of wrk that asks it.
struct Subject {
    name: &'static str,
    port: u16,
    script: PathBuf,
}

pub(super) async fn run() {
    for (program, package) in
        [("nginx", "nginx"), ("haproxy", "haproxy"), ("wrk", "wrk"), ("openssl", "openssl")]
    {
        tools::need(program, package).unwrap();
    }
    let infra =
        infra().expect("no PostgreSQL, Kafka and Redis were started: run `cargo xtask bench gateway`");
    let folder = folder();
    let platform = platform(infra).await;
    let tokens = tokens(&platform).await;
    // Nothing but identity, which the gateway asks for keys and revocations, shares the cores.
    for process in processes().iter().filter(|process| process.name != "identity") {
        platform.kill(process.name);
    }
    let work = folder.path();
    let (upstream, operations) = (ports::free(), ports::free());
    let rotating = script(work, "rotating", &tokens);
    let signed = script(work, "signed", &[signed_token(work)]);
    let subjects = [
        Subject { name: "nginx, a plain proxy", port: ports::free(), script: rotating.clone() },
        Subject { name: "HAProxy, RS256 and stick table", port: ports::free(), script: signed },
        Subject { name: "gateway", port: ports::free(), script: rotating },
    ];
    let gateway = gateway(&platform, upstream, subjects[2].port, operations);
    let _programs = [
        Pinned::start(1, &nginx(work, "upstream", &answering(upstream)), &work.join("upstream.log")),
        Pinned::start(
            0,
            &nginx(work, "proxy", &passing(subjects[0].port, upstream)),
            &work.join("nginx.log"),
        ),
        Pinned::start(0, &haproxy(work, subjects[1].port, upstream), &work.join("haproxy.log")),
        Pinned::start(0, &gateway, &work.join("gateway.log")),
    ];
    for port in [upstream, operations].into_iter().chain(subjects.iter().map(|subject| subject.port)) {
        wait_for(port);
    }
    let bearer = token_of(&subjects[1].script);
    check(&subjects, [None, Some(&bearer), Some(&tokens[0])]);
    report(&subjects, &rounds(&subjects));
}

async fn platform(infra: Infra) -> Deployment {
    let (name, binary) = (testkit::Infra::unique("gateway_bench"), binary());
    let start = move || Deployment::start(&infra, &binary, &name, None, "");
    tokio::task::spawn_blocking(start).await.unwrap().unwrap()
}

/// Tokens of as many clients, all of one office.
async fn tokens(platform: &Deployment) -> Vec<String> {
    let (identity, _) = connect(&platform.config, "identity").await;
    let founded = identity::found(&identity, "Bench", "BENCH").await.unwrap();
    let http = Http::new(&platform.url);
    let admin = http.client_token(&founded.client_id.to_string(), &founded.client_secret).await;
    let mut tokens = Vec::with_capacity(CLIENTS);
    for number in 0..CLIENTS {
        let body = json!({ "name": format!("Client {number}"), "office_id": founded.office_id,
            "scopes": ["plans:read"] });
        let made = eventually("the client is made", || async {
            let made = http.post(Some(&admin), "/v1/clients", &body).await;
            (made.status != 503).then(|| made.json())
        })
        .await;
        let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        tokens.push(http.client_token(&text("id"), &text("client_secret")).await);
    }
    tokens
}

/// A script for wrk that carries tokens in turn and prints what was measured as JSON.
fn script(folder: &Path, name: &str, tokens: &[String]) -> PathBuf {
    let quoted: Vec<String> = tokens.iter().map(|token| format!("\"Bearer {token}\"")).collect();
    let text = format!(
        r#"local tokens, turn = {{ {tokens} }}, 0
request = function()
  turn = turn % #tokens + 1
  return wrk.format("GET", "{PATH}", {{ ["authorization"] = tokens[turn] }})
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('{{"rate":%f,"p50":%f,"p99":%f,"failed":%d}}\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.status + e.connect + e.read + e.write + e.timeout))
end
"#,
        tokens = quoted.join(", ")
    );
    let file = folder.join(format!("{name}.lua"));
    fs::write(&file, text).unwrap();
    file
}

/// The first token of a script.
fn token_of(script: &Path) -> String {
    let text = fs::read_to_string(script).unwrap();
    text.split("Bearer ").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

/// A token as another issuer would sign it, RS256 with 2,048 bits; its public key lies beside it.
fn signed_token(folder: &Path) -> String {
    let (private, public) = (folder.join("private.pem"), folder.join("public.pem"));
    tools::run(Command::new("openssl").args(["genrsa", "-out"]).arg(&private).arg("2048")).unwrap();
    let mut publish = Command::new("openssl");
    publish.args(["rsa", "-pubout", "-in"]).arg(&private).arg("-out").arg(&public);
    tools::run(&mut publish).unwrap();
    let part = |value: &Value| encoded(value.to_string().as_bytes());
    let payload = json!({ "iss": "bench", "aud": "api", "sub": "client", "exp": 4_102_444_800_u64 });
    let signed = format!("{}.{}", part(&json!({ "alg": "RS256", "typ": "JWT" })), part(&payload));
    let (text, signature) = (folder.join("signed"), folder.join("signature"));
    fs::write(&text, &signed).unwrap();
    let mut sign = Command::new("openssl");
    sign.args(["dgst", "-sha256", "-sign"]).arg(&private).arg("-out").arg(&signature).arg(&text);
    tools::run(&mut sign).unwrap();
    format!("{signed}.{}", encoded(&fs::read(signature).unwrap()))
}

fn encoded(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(bytes)
}

fn nginx(folder: &Path, name: &str, http: &str) -> Command {
    let (file, at) = (folder.join(format!("{name}.conf")), folder.join(name).display().to_string());
    let text = format!(
        "daemon off; worker_processes 1; pid {at}.pid; error_log {at}.err;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; keepalive_requests 1000000;\n{http}\n}}\n"
    );
    fs::write(&file, text).unwrap();
    let mut command = Command::new("nginx");
    command.arg("-c").arg(file);
    command
}

/// An upstream that answers at once.
fn answering(port: u16) -> String {
    format!(
        "server {{ listen 127.0.0.1:{port}; location / {{ default_type application/json;\n\
         return 200 '{{\"items\":[],\"next_cursor\":null}}'; }} }}"
    )
}

fn passing(port: u16, upstream: u16) -> String {
    format!(
        "upstream answering {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 1000000; }}\n\
         server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://answering;\n\
         proxy_http_version 1.1; proxy_set_header Connection \"\"; }} }}"
    )
}

/// HAProxy on one thread: signature, issuer, audience and expiry of the token, and a limit by its subject.
fn haproxy(folder: &Path, port: u16, upstream: u16) -> Command {
    let text = format!(
        r#"global
  maxconn 2000
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  http-reuse always
frontend checked
  bind 127.0.0.1:{port}
  http-request set-var(txn.token) http_auth_bearer
  http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny unless {{ var(txn.token),jwt_header_query('$.alg') -m str RS256 }}
  http-request deny unless {{ var(txn.token),jwt_payload_query('$.iss') -m str bench }}
  http-request deny unless {{ var(txn.token),jwt_payload_query('$.aud') -m str api }}
  http-request deny if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
  http-request deny unless {{ var(txn.token),jwt_verify("RS256","{key}") -m int 1 }}
  stick-table type string size 100k expire 60s store http_req_rate(10s)
  http-request track-sc0 var(txn.token),jwt_payload_query('$.sub')
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt 100000000 }}
  default_backend answering
backend answering
  server upstream 127.0.0.1:{upstream}
"#,
        key = folder.join("public.pem").display()
    );
    let file = folder.join("haproxy.cfg");
    fs::write(&file, text).unwrap();
    let mut command = Command::new("haproxy");
    command.args(["-db", "-f"]).arg(file);
    command
}

fn gateway(platform: &Deployment, upstream: u16, port: u16, operations: u16) -> Command {
    let mut command = platform.passerelle("serve");
    command.arg("gateway").env("PASSERELLE_LISTEN", format!("127.0.0.1:{port}"));
    command.env("PASSERELLE_OPERATIONS", format!("127.0.0.1:{operations}"));
    command.env("PASSERELLE_UPSTREAMS__CRISIS", format!("http://127.0.0.1:{upstream}"));
    command.env("PASSERELLE_LOG", "warn");
    command
}

fn wait_for(port: u16) {
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < TIMEOUT, "nothing listens on port {port}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Who checks tokens lets in those with one, and nobody else: what is measured is the work.
fn check(subjects: &[Subject], bearers: [Option<&str>; 3]) {
    for (subject, bearer) in subjects.iter().zip(bearers) {
        assert_eq!(status(subject.port, bearer), 200, "{}", subject.name);
        if bearer.is_some() {
            let refused = status(subject.port, None);
            assert!([401, 403].contains(&refused), "{} without a token: {refused}", subject.name);
        }
    }
}

fn status(port: u16, bearer: Option<&str>) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let token = bearer.map(|bearer| format!("authorization: Bearer {bearer}\r\n")).unwrap_or_default();
    write!(stream, "GET {PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{token}\r\n").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

/// Rounds in which each has its turn, so that a noisy minute meets all.
fn rounds(subjects: &[Subject; 3]) -> [Vec<Measured>; 3] {
    let mut measured = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (subject, measured) in subjects.iter().zip(&mut measured) {
            measured.push(wrk(subject));
        }
    }
    measured
}

fn wrk(subject: &Subject) -> Measured {
    let seconds =
        std::env::var("BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUND_SECONDS);
    let mut command = Command::new("taskset");
    command.args(["-c", "1", "wrk", "-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "-s"]);
    command.arg(&subject.script).arg(format!("http://127.0.0.1:{}", subject.port));
    let said = tools::run(&mut command).unwrap();
    let json = said.lines().find(|line| line.starts_with('{')).unwrap_or_else(|| panic!("{said}"));
    let json: Value = serde_json::from_str(json).unwrap();
    let number = |name: &str| json[name].as_f64().unwrap_or_else(|| panic!("{json}"));
    let failed = json["failed"].as_u64().unwrap();
    Measured { rate: number("rate"), p50: number("p50"), p99: number("p99"), failed }
}

fn median(rounds: &[Measured], of: impl Fn(&Measured) -> f64) -> f64 {
    let mut figures: Vec<f64> = rounds.iter().map(of).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn report(subjects: &[Subject; 3], measured: &[Vec<Measured>; 3]) {
    println!("medians of {ROUNDS} rounds, {CONNECTIONS} connections, {CLIENTS} clients in turn");
    for (subject, rounds) in subjects.iter().zip(measured) {
        let failed: u64 = rounds.iter().map(|round| round.failed).sum();
        line(subject.name, &format!("{:.0} req/s", median(rounds, |round| round.rate)), "", "");
        let [p50, p99] = [median(rounds, |round| round.p50), median(rounds, |round| round.p99)];
        line("  p50, p99", &format!("{p50:.2} ms"), &format!("{p99:.2} ms"), "");
        line("  requests that failed", &failed.to_string(), "", "0");
    }
    let rate = |index: usize| median(&measured[index], |round| round.rate);
    line("gateway / HAProxy", &format!("{:.2}", rate(2) / rate(1)), "1.00", "");
    line("gateway / nginx", &format!("{:.2}", rate(2) / rate(0)), "1.00", "");
}
