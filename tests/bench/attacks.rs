//! Attacks on a running platform, and what others notice of them: `cargo xtask bench attack` starts one of its own;
//! `PASSERELLE_URL=http://… cargo xtask bench attack` attacks that one. Attackers and others come from one address, which is the
//! hardest case: no limit of an origin can tell them apart.

use crate::{Up, line};
use reqwest::{Client, redirect::Policy};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use testkit::folder;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Connections of the attack; so many clients do nothing else than to hold one each.
const SLOW_BODIES: u64 = 1500;
/// How long it goes on.
const DURATION: Duration = Duration::from_secs(60);
/// What others ask for.
const PATHS: [&str; 3] = ["/", "/sign-in", "/v1/public/countries"];
/// Target of their median latency.
const TARGET: Duration = Duration::from_millis(100);

pub async fn run() {
    match std::env::var("PASSERELLE_URL") {
        Ok(url) => attack(url.trim_end_matches('/')).await,
        Err(_) => {
            let folder = folder();
            let up = Up::start(folder.path(), &[]);
            attack(&up.url).await;
        }
    }
}

async fn attack(url: &str) {
    let files = rlimit::increase_nofile_limit(SLOW_BODIES + 500).unwrap();
    assert!(files >= SLOW_BODIES + 500, "{files} open files are too few for the attack: ulimit -n");
    let quiet = others(url, Duration::from_secs(5)).await;
    let sent = Arc::new(AtomicU64::new(0));
    let address = url.strip_prefix("http://").expect("an http:// address").to_owned();
    let attackers: Vec<_> =
        (0..SLOW_BODIES).map(|_| tokio::spawn(slow_bodies(address.clone(), sent.clone()))).collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let attacked = others(url, DURATION).await;
    attackers.iter().for_each(tokio::task::JoinHandle::abort);
    let bytes = sent.load(Ordering::Relaxed);
    println!(
        "{SLOW_BODIES} slow bodies: {bytes} bytes in {} s; the baseline is without them",
        DURATION.as_secs()
    );
    for (path, (attacked, quiet)) in PATHS.iter().zip(attacked.iter().zip(&quiet)) {
        let target = format!("under {:.0} ms", TARGET.as_secs_f64() * 1000.0);
        line(&format!("GET {path} of others, median"), &attacked.at(50), &quiet.at(50), &target);
        line("  99 of 100", &attacked.at(99), &quiet.at(99), "");
        line("  longest", &attacked.at(100), &quiet.at(100), "");
        line("  not answered 200", &attacked.failed.to_string(), &quiet.failed.to_string(), "0");
    }
}

/// Sends the head of a request and one byte of its body, waits for the answer, and begins again.
async fn slow_bodies(address: String, sent: Arc<AtomicU64>) {
    let head = format!(
        "POST /oauth/token HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 1000\r\n\r\ng"
    );
    loop {
        if let Ok(mut stream) = TcpStream::connect(&address).await
            && stream.write_all(head.as_bytes()).await.is_ok()
        {
            sent.fetch_add(head.len() as u64, Ordering::Relaxed);
            let mut answer = [0; 1024];
            let _ = stream.read(&mut answer).await;
        } else {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// How long answers took, shortest first.
struct Waited {
    times: Vec<Duration>,
    failed: u64,
}

impl Waited {
    fn at(&self, percent: usize) -> String {
        let index = (self.times.len() * percent / 100).min(self.times.len().saturating_sub(1));
        self.times
            .get(index)
            .map_or("none".to_owned(), |time| format!("{:.1} ms", time.as_secs_f64() * 1000.0))
    }
}

/// One client for each path, one request after the other, each over a new connection.
async fn others(url: &str, duration: Duration) -> Vec<Waited> {
    let clients = PATHS.map(|path| {
        let url = format!("{url}{path}");
        tokio::spawn(async move {
            let client = Client::builder().pool_max_idle_per_host(0).redirect(Policy::none());
            let client = client.timeout(Duration::from_secs(60)).build().unwrap();
            let (mut waited, begun) = (Waited { times: Vec::new(), failed: 0 }, Instant::now());
            while begun.elapsed() < duration {
                let asked = Instant::now();
                let answer = client.get(&url).send().await;
                let whole = match answer {
                    Ok(answer) if answer.status() == 200 => answer.bytes().await.is_ok(),
                    _ => false,
                };
                waited.times.push(asked.elapsed());
                waited.failed += u64::from(!whole);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            waited.times.sort_unstable();
            waited
        })
    });
    let mut all = Vec::new();
    for client in clients {
        all.push(client.await.unwrap());
    }
    all
}
