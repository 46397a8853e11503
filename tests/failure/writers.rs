//! Clients that write without a pause and note what was acknowledged.

use crate::found;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinHandle;
use xtask::deployment::Deployment;

const WRITERS: u64 = 4;
/// Timeout of a client's request.
const TIMEOUT: Duration = Duration::from_secs(10);
/// One write in this many is abandoned when its first attempt fails: it may have been recorded once, or not.
const GIVE_UP_ONE_IN: u32 = 10;

/// What was written, by reference: the amount in cents.
#[derive(Debug, Default)]
pub struct Written {
    /// The platform said that it has them.
    pub acknowledged: HashMap<String, i64>,
    /// Nobody knows.
    pub unknown: HashMap<String, i64>,
}

/// What the suite works in.
pub struct Organisation {
    /// Id and secret of a client that holds every scope.
    pub client: (String, String),
    /// The id of its headquarters.
    pub headquarters: String,
    /// The id of the donor of all contributions.
    pub donor: String,
    /// The id of the pool of softly earmarked money.
    pub pool: String,
}

/// The clients at work.
pub struct Writers {
    /// What they write into.
    pub organisation: Organisation,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    url: String,
    http: Client,
    client: (String, String),
    donor: String,
    token: tokio::sync::RwLock<String>,
    written: Mutex<Written>,
    acknowledged: AtomicU64,
    stop: AtomicBool,
}

impl Writers {
    /// Founds an organisation and begins to write into it.
    pub async fn start(platform: &Deployment, seed: u64) -> Self {
        let organisation = found(platform).await;
        let shared = Arc::new(Shared {
            url: platform.url.clone(),
            http: Client::builder().timeout(TIMEOUT).build().unwrap(),
            client: organisation.client.clone(),
            donor: organisation.donor.clone(),
            token: tokio::sync::RwLock::default(),
            written: Mutex::default(),
            acknowledged: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let tasks = (0..WRITERS).map(|number| {
            let rng = StdRng::seed_from_u64(seed ^ (number + 1));
            tokio::spawn(write(shared.clone(), number, rng))
        });
        let tasks = tasks.collect();
        Self { organisation, shared, tasks }
    }

    /// How many writes were acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.shared.acknowledged.load(Ordering::Relaxed)
    }

    /// Lets every client end what it has begun.
    pub async fn stop(self) -> Written {
        self.shared.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        std::mem::take(&mut *self.shared.written.lock().unwrap())
    }
}

async fn write(shared: Arc<Shared>, writer: u64, mut rng: StdRng) {
    let mut number = 0;
    while !shared.stop.load(Ordering::Relaxed) {
        number += 1;
        let (reference, cents) = (format!("w{writer}-{number}"), rng.random_range(1..1_000_000_i64));
        // Every other one is for a pool of softly earmarked money.
        let earmarking = if number % 2 == 0 { "softly_earmarked" } else { "earmarked" };
        let body = json!({
            "donor_id": shared.donor, "status": "paid", "usage_years": [2026], "countries": ["AFG"],
            "earmarking": earmarking,
            "amount": { "amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "USD" },
            "external_ref": { "source": "suite", "ref": reference }, "visibility": "public",
        });
        let gives_up = rng.random_ratio(1, GIVE_UP_ONE_IN);
        let acknowledged = loop {
            match shared.post(&reference, &body).await {
                Ok(()) => break true,
                Err(_) if gives_up => break false,
                Err(why) => {
                    tracing_line(&why);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        };
        shared.note(acknowledged, reference, cents);
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..20))).await;
    }
}

/// What a refused write said, when somebody wants to see it.
fn tracing_line(why: &str) {
    if std::env::var_os("FAILURE_VERBOSE").is_some() {
        eprintln!("{why}");
    }
}

impl Shared {
    fn note(&self, acknowledged: bool, reference: String, cents: i64) {
        let mut written = self.written.lock().unwrap();
        if acknowledged {
            written.acknowledged.insert(reference, cents);
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        } else {
            written.unknown.insert(reference, cents);
        }
    }

    /// One try; the idempotency key makes a repetition safe.
    async fn post(&self, key: &str, body: &Value) -> Result<(), String> {
        let token = self.token.read().await.clone();
        let request = self.http.post(format!("{}/v1/contributions", self.url)).bearer_auth(token).json(body);
        let answer =
            request.header("idempotency-key", key).send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        // The answer is read to its end: an acknowledgement that breaks off is none.
        let text = answer.text().await.map_err(|error| error.to_string())?;
        if status == StatusCode::CREATED {
            return Ok(());
        }
        if status == StatusCode::UNAUTHORIZED {
            self.renew().await?;
        }
        assert!(
            status != StatusCode::UNPROCESSABLE_ENTITY && status != StatusCode::FORBIDDEN,
            "a good write was refused: {text}"
        );
        Err(format!("{status}: {text}"))
    }

    async fn renew(&self) -> Result<(), String> {
        let (id, secret) = &self.client;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id.as_str()),
            ("client_secret", secret.as_str()),
        ];
        let answer = self.http.post(format!("{}/oauth/token", self.url)).form(&form).send().await;
        let answer =
            answer.and_then(reqwest::Response::error_for_status).map_err(|error| error.to_string())?;
        let tokens: Value = answer.json().await.map_err(|error| error.to_string())?;
        *self.token.write().await = tokens["access_token"].as_str().unwrap_or_default().to_owned();
        Ok(())
    }
}
