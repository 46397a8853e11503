//! An attack on sign-in: 300 at a time of one origin, each with another address, while somebody else signs in.

use crate::{Up, line};
use passerelle::demo::{PASSWORD, PEOPLE};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use testkit::{Http, Response, folder};

/// Concurrent sign-ins.
const CONCURRENT_SIGN_INS: u64 = 300;
/// Duration of the attack.
const DURATION: Duration = Duration::from_secs(20);
/// Maximum latency for other users, unless they are asked to retry.
const MAX_LATENCY: Duration = Duration::from_millis(500);

async fn sign_in(http: &Http, from: &str, email: &str, password: &str) -> Response {
    let body = json!({ "email": email, "password": password, "client_id": "portal",
        "redirect_uri": format!("{}/sign-in", http.url),
        "code_challenge": "x".repeat(43), "code_challenge_method": "S256" });
    let request = http.request(Method::POST, "/oauth/authorize").header("x-forwarded-for", from);
    http.send(request.json(&body)).await
}

/// Attacks a platform of its own, while somebody of its demo organisation signs in.
pub async fn run() {
    let folder = folder();
    // Each says where it comes from, as behind a reverse proxy on this machine.
    let up = Up::start(folder.path(), &["--trusted-proxy", "127.0.0.1"]);
    attack(&up.url, PEOPLE[0].email, PASSWORD).await;
}

/// Attacks the platform at `url`, which believes this machine's `x-forwarded-for`, while `email` signs in.
///
/// # Panics
/// When others wait too long, or too many passwords are tried.
pub async fn attack(url: &str, email: &str, password: &str) {
    let http = Http::new(url);
    let alone = others(&http, email, password, Instant::now() + Duration::from_secs(3)).await;
    let (over, number) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let statuses: Arc<Mutex<BTreeMap<u16, u64>>> = Arc::default();
    let flood: Vec<_> = (0..CONCURRENT_SIGN_INS)
        .map(|_| {
            let (over, number, statuses, url) =
                (over.clone(), number.clone(), statuses.clone(), url.to_owned());
            tokio::spawn(async move {
                let http = Http::new(&url);
                while !over.load(Ordering::Relaxed) {
                    let email = format!("nobody-{}@example.org", number.fetch_add(1, Ordering::Relaxed));
                    let status = sign_in(&http, "192.0.2.1", &email, "wrong").await.status;
                    *statuses.lock().unwrap().entry(status).or_default() += 1;
                }
            })
        })
        .collect();
    let meanwhile = others(&http, email, password, Instant::now() + DURATION).await;
    over.store(true, Ordering::Relaxed);
    for task in flood {
        task.await.unwrap();
    }
    report(&alone, &meanwhile, &statuses.lock().unwrap());
}

/// How long each of somebody's sign-ins took, from another origin, and its status.
async fn others(http: &Http, email: &str, password: &str, until: Instant) -> Vec<(u16, Duration)> {
    let mut taken = Vec::new();
    while Instant::now() < until {
        let started = Instant::now();
        let status = sign_in(http, "203.0.113.1", email, password).await.status;
        taken.push((status, started.elapsed()));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    taken
}

fn report(alone: &[(u16, Duration)], meanwhile: &[(u16, Duration)], statuses: &BTreeMap<u16, u64>) {
    let seconds = |time: Duration| format!("{:.3} s", time.as_secs_f64());
    let longest = |taken: &[(u16, Duration)]| taken.iter().map(|(_, time)| *time).max().unwrap_or_default();
    let (before, under_attack) = (longest(alone), longest(meanwhile));
    let measure = format!("{CONCURRENT_SIGN_INS} sign-ins at a time of one origin: longest of another");
    line(&measure, &seconds(under_attack), &seconds(before), "under 0.5 s, or a quick 503");
    let signed_in = meanwhile.iter().filter(|(status, _)| *status == 200).count();
    let part = format!("{signed_in} of {}", meanwhile.len());
    line("  signed in meanwhile", &part, "", "all, or a quick 503");
    let attack: Vec<Value> = statuses.iter().map(|(status, count)| json!([status, count])).collect();
    line("  what the attack was answered", "", "", &json!(attack).to_string());
    let answered = |(status, time): &(u16, Duration)| [200, 503].contains(status) && *time < MAX_LATENCY;
    assert!(meanwhile.iter().all(answered), "{meanwhile:?}");
    let tried = statuses.get(&401).copied().unwrap_or_default();
    assert!(tried <= 60 + DURATION.as_secs() / 20 + 2, "{tried} passwords were tried");
}
