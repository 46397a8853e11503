//! A world for tests and benchmarks: a platform of their own on a free port, with organisations, offices and people.

mod audited;
mod servers;

pub use servers::{binary, connect, deployment, infra};

use bus::SharedBus;
use kernel::{Clock, SystemClock};
use passerelle::{Options, Platform, platform};
use reqwest::{Method, multipart};
use serde_json::{Value, json};
use servers::{databases, headquarters_is_known};
use std::{
    net::{IpAddr, Ipv4Addr},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use store::Store;
use testkit::{Http, Response, TempDir, eventually};
use xtask::{deployment::Deployment, infra::Infra};

/// The password of everyone in a world.
pub const PASSWORD: &str = "three little words";
/// Tests speak for others (`x-forwarded-for`), as a reverse proxy on this machine does. From 127.0.0.2 nobody does.
const TRUSTED: &str = "trusted_proxies = [\"127.0.0.1\"]";

/// A platform with its first organisation: in this process on SQLite; as separate processes on PostgreSQL and Kafka when
/// `cargo xtask test` started them.
pub struct World {
    /// A client of it.
    pub http: Http,
    /// What founding the first organisation gave.
    pub founded: identity::Founded,
    /// A token of the first organisation's founding client: every scope, at headquarters.
    pub token: String,
    /// Identity's database.
    pub identity: Store,
    /// The events.
    pub bus: SharedBus,
    running: Running,
    counter: AtomicU64,
}

enum Running {
    Embedded { platform: Box<Platform>, folder: TempDir },
    Distributed { deployment: Box<Deployment>, stores: Vec<Store> },
}

impl World {
    /// A platform with one organisation, `ORG`.
    ///
    /// # Panics
    /// When it cannot start.
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// The same with settings of the gateway (`gateway.burst = 100`).
    ///
    /// # Panics
    /// When it cannot start.
    pub async fn with(settings: &str) -> Self {
        Self::on(infra(), settings).await
    }

    /// The same on these servers, or in this process.
    ///
    /// # Panics
    /// When it cannot start.
    pub async fn on(infra: Option<Infra>, settings: &str) -> Self {
        let (url, identity, bus, running) = match infra {
            Some(infra) => {
                let deployment =
                    Box::new(deployment(&infra, "world", &format!("{TRUSTED}\n{settings}")).await);
                let (identity, bus) = connect(&deployment.config, "identity").await;
                let stores = databases(&deployment.config).await;
                (deployment.url.clone(), identity, bus, Running::Distributed { deployment, stores })
            }
            None => {
                let folder = testkit::folder();
                if let Err(error) = std::fs::write(folder.path().join("passerelle.toml"), settings) {
                    panic!("the settings cannot be written: {error}");
                }
                let mut options = Options::local(folder.path());
                options.trusted_proxies = vec![IpAddr::from(Ipv4Addr::LOCALHOST).into()];
                let platform = Platform::start(&options, Arc::new(SystemClock)).await;
                let platform = Box::new(
                    platform.unwrap_or_else(|error| panic!("the platform does not start: {error:#}")),
                );
                let (identity, bus) = (platform.identity.clone(), platform.bus.clone());
                (platform.url.clone(), identity, bus, Running::Embedded { platform, folder })
            }
        };
        let http = Http::new(&url);
        let founded = found(&identity, "Organisation", "ORG").await;
        let token = http.client_token(&founded.client_id.to_string(), &founded.client_secret).await;
        let world = Self { http, founded, token, identity, bus, running, counter: AtomicU64::new(0) };
        // Services know the organisation by its event.
        eventually("services know the organisation", || async {
            (world.http.get(None, "/v1/public/plans").await.status == 200).then_some(())
        })
        .await;
        if let Running::Distributed { stores, .. } = &world.running {
            headquarters_is_known(stores, &world.founded).await;
        }
        eventually("donors knows who the organisation is", || async {
            let setting = world.http.get(Some(&world.token), "/v1/recipient").await.json();
            (setting["names"] == json!(["Organisation"])).then_some(())
        })
        .await;
        world
    }

    /// Another organisation; a token of its founding client.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn other_organisation(&self, code: &str) -> (identity::Founded, String) {
        let founded = found(&self.identity, "Another organisation", code).await;
        if let Running::Distributed { stores, .. } = &self.running {
            headquarters_is_known(stores, &founded).await;
        }
        let token = self.http.client_token(&founded.client_id.to_string(), &founded.client_secret).await;
        (founded, token)
    }

    /// A number that this world has not given before.
    pub fn number(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Creates something and gives it back. A service that has not heard of the office yet says "try again" (503), as a
    /// client then does.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn create(&self, path: &str, body: Value) -> Value {
        let answer = eventually(path, || async {
            let answer = self.http.post(Some(&self.token), path, &body).await;
            (answer.status != 503).then_some(answer)
        })
        .await;
        assert_eq!(answer.status, 201, "{path}: {}", answer.text);
        answer.json()
    }

    /// An office; its id.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn office(&self, parent: &str, kind: &str) -> String {
        let code = format!("OFF-{}", self.number());
        let body =
            json!({ "code": code, "name": format!("Office {code}"), "kind": kind, "parent_id": parent });
        text(&self.create("/v1/offices", body).await["id"])
    }

    /// A token of a new client in an office with these scopes.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn client(&self, office: &str, scopes: &[&str]) -> String {
        let body = json!({ "name": "Client", "office_id": office, "scopes": scopes });
        let made = self.create("/v1/clients", body).await;
        self.http.client_token(&text(&made["id"]), &text(&made["client_secret"])).await
    }

    /// A donor; its id.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn donor(&self, name: &str) -> String {
        let body = json!({ "name": name, "type": "government", "country": "NOR" });
        text(&self.create("/v1/donors", body).await["id"])
    }

    /// The address of a new representative of a donor.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn representative(&self, donor_id: &str) -> String {
        // Identity hears of donors from the bus; until then this one is none of the organisation's.
        self.settled().await;
        let email = format!("donor-{}@example.org", self.number());
        let body =
            json!({ "name": "Representative", "email": email, "donor_id": donor_id, "password": PASSWORD });
        self.create("/v1/people", body).await;
        email
    }

    /// The e-mails that were sent, whole.
    pub fn mails(&self) -> Vec<String> {
        let folder = match &self.running {
            Running::Embedded { folder, .. } => folder.path().join("mail"),
            Running::Distributed { deployment, .. } => deployment.config.with_file_name("mail"),
        };
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let whole = files.filter(|file| file.extension().is_some_and(|extension| extension == "eml"));
        whole.filter_map(|file| std::fs::read_to_string(file).ok()).collect()
    }

    /// A person's token, by the way the portal takes: authorisation code with PKCE.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn sign_in(&self, email: &str) -> String {
        text(&sign_in(&self.http, email, PASSWORD).await["access_token"])
    }

    /// Sends files as an import and waits for its end.
    ///
    /// # Panics
    /// When it is refused or never ends.
    pub async fn import(&self, token: &str, query: &str, files: &[(&str, Vec<u8>)]) -> Value {
        let answer = self.upload(token, query, files).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        self.end_of(token, &text(&answer.json()["id"])).await
    }

    /// Sends files as an import.
    ///
    /// # Panics
    /// When nothing answers.
    pub async fn upload(&self, token: &str, query: &str, files: &[(&str, Vec<u8>)]) -> Response {
        self.upload_as(token, &format!("format=fts{query}"), &[], files).await
    }

    /// Sends files as an import of any format, which the query says; `fields` stand before them in the form.
    ///
    /// # Panics
    /// When nothing answers.
    pub async fn upload_as(
        &self,
        token: &str,
        query: &str,
        fields: &[(&str, &str)],
        files: &[(&str, Vec<u8>)],
    ) -> Response {
        let mut form = multipart::Form::new().percent_encode_noop();
        for (name, text) in fields {
            form = form.text((*name).to_owned(), (*text).to_owned());
        }
        for (name, bytes) in files {
            form = form.part("file", multipart::Part::bytes(bytes.clone()).file_name((*name).to_owned()));
        }
        let path = format!("/v1/imports?{query}");
        self.http.send(self.http.request(Method::POST, &path).bearer_auth(token).multipart(form)).await
    }

    /// Waits for the end of an import.
    ///
    /// # Panics
    /// When it never ends.
    pub async fn end_of(&self, token: &str, id: &str) -> Value {
        eventually("the import ends", || async {
            let job = self.http.get(Some(token), &format!("/v1/imports/{id}")).await.json();
            (!["queued", "applying"].contains(&job["state"].as_str().unwrap_or_default())).then_some(job)
        })
        .await
    }

    /// Waits until every event has been published and applied, and those that followed from it too.
    ///
    /// # Panics
    /// When it never is.
    pub async fn settled(&self) {
        let (began, mut quiet) = (std::time::Instant::now(), 0);
        // What a consumer writes after its last record was counted is in an outbox, or on the bus, a moment later.
        while quiet < 3 {
            quiet = if self.is_published().await && self.is_taken().await { quiet + 1 } else { 0 };
            assert!(began.elapsed() < Duration::from_secs(60), "events are not applied");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Whether nothing waits in an outbox. A relay that is away from its database, or that nothing woke, takes a while.
    async fn is_published(&self) -> bool {
        let stores = match &self.running {
            Running::Embedded { platform, .. } => platform.stores(),
            Running::Distributed { stores, .. } => stores,
        };
        for store in stores {
            if !store::is_drained(store).await.unwrap_or(false) {
                return false;
            }
        }
        true
    }

    async fn is_taken(&self) -> bool {
        let lag = platform::lag(&self.bus).await.unwrap_or_default();
        !lag.is_empty() && lag.iter().all(|lag| lag.records == 0)
    }

    /// The folder of the embedded platform's data; none when it runs as processes.
    pub fn folder(&self) -> Option<&Path> {
        match &self.running {
            Running::Embedded { folder, .. } => Some(folder.path()),
            Running::Distributed { .. } => None,
        }
    }

    /// A service's database.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn database(&self, service: &str) -> Store {
        match &self.running {
            Running::Embedded { folder, .. } => {
                let file = folder.path().join(format!("{service}.db"));
                let store = Store::open_sqlite(&file, Arc::new(SystemClock)).await;
                store.unwrap_or_else(|error| panic!("{service}: {error}"))
            }
            Running::Distributed { deployment, .. } => connect(&deployment.config, service).await.0,
        }
    }

    /// What `passerelle events` prints about it.
    ///
    /// # Panics
    /// When the command fails.
    pub fn events(&self, arguments: &[&str]) -> Vec<String> {
        let mut command = std::process::Command::new(binary());
        command.arg("events").args(arguments);
        match &self.running {
            Running::Embedded { folder, .. } => command.arg("--data").arg(folder.path()),
            Running::Distributed { deployment, .. } => command.arg("--config").arg(&deployment.config),
        };
        let out = command.output().unwrap_or_else(|error| panic!("the program does not start: {error}"));
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect()
    }

    /// Where a service listens, behind the gateway.
    ///
    /// # Panics
    /// When there is no such service.
    pub fn address(&self, service: &str) -> String {
        let address = match &self.running {
            Running::Embedded { platform, .. } => platform.addresses.get(service).cloned(),
            Running::Distributed { deployment, .. } => deployment.address(service),
        };
        address.unwrap_or_else(|| panic!("there is no service {service}"))
    }

    /// Stops the platform; the data goes with the world.
    pub async fn stop(self) {
        match self.running {
            Running::Embedded { platform, folder } => {
                platform.stop().await;
                drop(folder);
            }
            Running::Distributed { deployment, .. } => drop(deployment),
        }
    }
}

async fn found(identity: &Store, name: &str, code: &str) -> identity::Founded {
    let founded = identity::found(identity, name, code).await;
    founded.unwrap_or_else(|error| panic!("{code} cannot be founded: {error}"))
}

/// The day that comes so many days after today (UTC).
///
/// # Panics
/// Where the calendar ends.
pub fn day_ahead(days: usize) -> String {
    let day = SystemClock.now().date_naive().iter_days().nth(days);
    day.unwrap_or_else(|| panic!("there is no day {days} days ahead")).to_string()
}

/// A text of an answer.
///
/// # Panics
/// When it is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text")).to_owned()
}

/// The tokens of a person.
///
/// # Panics
/// When the sign-in is refused.
pub async fn sign_in(http: &Http, email: &str, password: &str) -> Value {
    // RFC 7636 appendix B.
    let (verifier, challenge) =
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let redirect_uri = format!("{}/sign-in", http.url);
    let asked = json!({ "email": email, "password": password, "client_id": "portal", "redirect_uri": redirect_uri,
        "code_challenge": challenge, "code_challenge_method": "S256" });
    let answer = http.post(None, "/oauth/authorize", &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let code = text(&answer.json()["code"]);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("code_verifier", verifier),
        ("redirect_uri", &redirect_uri),
        ("client_id", "portal"),
    ];
    let answer = http.send(http.request(Method::POST, "/oauth/token").form(&form)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// A small page of flows in the shape of the FTS API, written for tests: `count` flows from one donor to the world's
/// organisation.
pub fn flows(first_id: u64, count: u64) -> Vec<Value> {
    (0..count)
        .map(|number| {
            json!({
                "id": (first_id + number).to_string(), "versionId": 1, "amountUSD": 1000 + number, "status": "paid",
                "newMoney": true, "contributionType": "financial", "grandBargainEarmarkingType": ["earmarked"],
                "decisionDate": "2021-05-04T00:00:00Z", "description": format!("Flow {number}"),
                "sourceObjects": [{ "type": "Organization", "id": "77", "name": "Examplia, Government of",
                                    "organizationTypes": ["Government"] }],
                "destinationObjects": [
                    { "type": "Organization", "id": "88", "name": "Organisation", "organizationTypes": ["NGO"] },
                    { "type": "Location", "id": "1", "name": "Afghanistan" },
                    { "type": "UsageYear", "id": "42", "name": "2021" }],
            })
        })
        .collect()
}

/// A page of the FTS API.
pub fn page(flows: &[Value]) -> Vec<u8> {
    json!({ "status": "ok", "data": { "flows": flows } }).to_string().into_bytes()
}
