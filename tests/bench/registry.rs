//! A division's daily work over a generated organisation: 45 offices, 50,000 donors, 1,000,000 contributions, 10,000 signed
//! agreements with 100,000 reports, all of it through the platform's API. Measured at a hundredth of that, and at
//! all of it: what grew is shown. `CONTRIBUTIONS`, `DONORS` and `AGREEMENTS` set other sizes.

use crate::{
    Client, Up, diversification, found,
    generated::{self, RARE_COUNTRY, drawn, mistyped},
    line, ms, seconds,
    tables::{self, Imported},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use testkit::{Http, Response, folder};
use tests::{PASSWORD, connect, infra, text};
use xtask::deployment::Deployment;

/// Offices under four regions, and requests of each measure.
const OFFICES: u64 = 40;
const REQUESTS: usize = 100;
/// What this many times more rows may cost: the depth of an index grows by a level or two.
const GROWTH_FACTOR: u64 = 100;

#[derive(Clone, Copy)]
struct Size {
    contributions: u64,
    donors: u64,
    agreements: u64,
}

impl Size {
    fn asked() -> Self {
        let of = |name: &str, usual: u64| {
            std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
        };
        Self {
            contributions: of("CONTRIBUTIONS", 1_000_000),
            donors: of("DONORS", 50_000),
            agreements: of("AGREEMENTS", 10_000),
        }
    }

    fn small(self) -> Self {
        Self {
            contributions: self.contributions / GROWTH_FACTOR,
            donors: self.donors / GROWTH_FACTOR,
            agreements: self.agreements / GROWTH_FACTOR,
        }
    }
}

/// An office with a client of its own.
struct Office {
    id: String,
    client: Client,
}

struct Site {
    http: Http,
    client: Client,
    headquarters: String,
    region: Client,
    offices: Vec<Office>,
    /// The process whose memory is watched.
    process: Option<u32>,
    imported: Imported,
    rows: u64,
    agreed: u64,
}

/// A measure: paths with a text that the answer has to hold, and who asks.
struct Question {
    name: String,
    paths: Vec<(String, String)>,
    by: By,
    status: u16,
    target: &'static str,
}

enum By {
    Token(String),
    Cookie(String),
    Nobody,
}

const SCOPES: [&str; 8] = [
    "donors:read",
    "contributions:read",
    "contributions:write",
    "agreements:read",
    "agreements:write",
    "reports:read",
    "reports:write",
    "offices:read",
];

impl Site {
    async fn new(http: Http, client: Client, headquarters: String, process: Option<u32>) -> Self {
        let mut site = Self {
            http,
            region: client.clone(),
            client,
            headquarters,
            offices: Vec::new(),
            process,
            imported: Imported::default(),
            rows: 0,
            agreed: 0,
        };
        let token = site.client.token(&site.http).await;
        let mut regions = Vec::new();
        for number in 0..4 {
            let body = json!({ "code": format!("REG-{number}"), "name": format!("Region {number}"), "kind": "regional",
                "parent_id": site.headquarters });
            regions.push(text(&site.created(&token, "/v1/offices", &body).await["id"]));
        }
        site.region = site.client_of(&token, &regions[0]).await;
        for number in 0..OFFICES {
            let parent = &regions[usize::try_from(number % 4).unwrap()];
            let body = json!({ "code": format!("OFF-{number}"), "name": format!("Office {number}"), "kind": "country",
                "parent_id": parent });
            let id = text(&site.created(&token, "/v1/offices", &body).await["id"]);
            let client = site.client_of(&token, &id).await;
            site.offices.push(Office { id, client });
        }
        site
    }

    /// What was created; a service that has not heard of the office yet says "try again".
    async fn created(&self, token: &str, path: &str, body: &Value) -> Value {
        let answer = testkit::eventually(path, || async {
            let answer = self.http.post(Some(token), path, body).await;
            (answer.status != 503).then_some(answer)
        })
        .await;
        assert_eq!(answer.status, 201, "{path}: {}", answer.text);
        answer.json()
    }

    async fn client_of(&self, token: &str, office: &str) -> Client {
        let body = json!({ "name": "Bench", "office_id": office, "scopes": SCOPES });
        let made = self.created(token, "/v1/clients", &body).await;
        Client { id: text(&made["id"]), secret: text(&made["client_secret"]) }
    }

    async fn get(&self, token: &str, path: &str) -> Value {
        let (answer, _) = self.timed(&By::Token(token.to_owned()), path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// An answer and its time. Whoever asks too much at once is told to wait, and asks again.
    async fn timed(&self, by: &By, path: &str) -> (Response, Duration) {
        loop {
            let request = self.http.request(Method::GET, path);
            let request = match by {
                By::Token(token) => request.bearer_auth(token),
                By::Cookie(cookie) => request.header("cookie", cookie),
                By::Nobody => request,
            };
            let started = Instant::now();
            let answer = self.http.send(request).await;
            let took = started.elapsed();
            if answer.status != 429 {
                return (answer, took);
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }

    /// Brings the organisation to this size.
    async fn grow(&mut self, size: Size, folder: &Path) {
        let (first, rows) = (self.rows, size.contributions - self.rows);
        for (number, office) in self.offices.iter().enumerate() {
            let at = |number: usize| first + rows * number as u64 / OFFICES;
            let file = folder.join("table.csv");
            generated::write(&file, at(number)..at(number + 1), first, size.donors);
            let imported =
                tables::import(&self.http, &self.client, &file, Some(&office.id), self.process).await;
            self.imported.add(&imported);
        }
        self.rows = size.contributions;
        let started = Instant::now();
        let donors = self.donors().await;
        let public: Vec<&(String, String, String)> =
            donors.iter().filter(|(_, _, kind)| kind != "private_sector").collect();
        let agreements = size.agreements - self.agreed;
        let mut sent = tokio::task::JoinSet::new();
        for (number, office) in self.offices.iter().enumerate() {
            let (http, token) = (self.http.clone(), office.client.token(&self.http).await);
            let share = agreements * (number as u64 + 1) / OFFICES - agreements * number as u64 / OFFICES;
            let terms: Vec<Value> = (0..share)
                .map(|index| {
                    let drawn = drawn(index * OFFICES + number as u64, 20);
                    terms(drawn, &public[usize::try_from(drawn).unwrap() % public.len()].0)
                })
                .collect();
            if sent.len() == 8 {
                sent.join_next().await.unwrap().unwrap();
            }
            sent.spawn(async move {
                for terms in terms {
                    sign(&http, &token, &terms).await;
                }
            });
        }
        sent.join_all().await;
        self.agreed = size.agreements;
        line(
            &format!("{agreements} agreements recorded, negotiated and signed, with their reports"),
            &seconds(started.elapsed()),
            "",
            "",
        );
    }

    /// Every donor: id, name, type.
    async fn donors(&self) -> Vec<(String, String, String)> {
        let token = self.client.token(&self.http).await;
        let (mut donors, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&token, &format!("/v1/donors?limit=200{cursor}")).await;
            let items = page["items"].as_array().unwrap();
            donors.extend(items.iter().map(|d| (text(&d["id"]), text(&d["name"]), text(&d["type"]))));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return donors,
            }
        }
    }

    /// Ids of a list, and the cursors of its pages, from the first to a deep one.
    async fn walk(&self, token: &str, list: &str, pages: usize) -> (Vec<String>, Vec<String>) {
        let (mut ids, mut cursors) = (Vec::new(), Vec::<String>::new());
        while cursors.len() < pages {
            let cursor = cursors.last().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = self.get(token, &format!("{list}limit=200{cursor}")).await;
            ids.extend(page["items"].as_array().unwrap().iter().map(|item| text(&item["id"])));
            match page["next_cursor"].as_str() {
                Some(next) => cursors.push(next.to_owned()),
                None => break,
            }
        }
        (ids, cursors)
    }

    async fn measured(&self, question: &Question) -> Duration {
        let mut times = Vec::new();
        for (path, wanted) in question.paths.iter().cycle().take(REQUESTS) {
            let (answer, took) = self.timed(&question.by, path).await;
            times.push(took);
            assert_eq!(answer.status, question.status, "{path}: {}", answer.text);
            assert!(answer.text.contains(wanted), "{path} lacks {wanted}: {}", answer.text);
        }
        times.sort();
        times[times.len() * 95 / 100]
    }
}

/// Three or two years: twelve or eight reports.
fn terms(drawn: u64, donor: &str) -> Value {
    let (year, month) = (2022 + drawn % 4, 1 + drawn / 4 % 12);
    let years = if drawn.is_multiple_of(2) { 3 } else { 2 };
    let money = |amount: u64| json!({ "amount": format!("{amount}.00"), "currency": "USD" });
    json!({ "donor_id": donor, "title": format!("Shelter and relief, generated agreement {}", drawn % 1_000_000),
        "start_date": format!("{year}-{month:02}-01"), "end_date": format!("{}-{month:02}-01", year + years),
        "amount": money(1_000_000 + drawn % 1_000_000), "earmarking": "earmarked", "modality": "F", "countries": ["TCD"],
        "visibility": "donor", "instalments": [
            { "due_date": format!("{year}-{month:02}-15"), "amount": money(500_000), "condition": null }] })
}

async fn sign(http: &Http, token: &str, terms: &Value) {
    let made = http.post(Some(token), "/v1/agreements", &json!({ "terms": terms })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = made.header("location").to_owned();
    for (step, version) in [("negotiate", "\"1\""), ("sign", "\"2\"")] {
        let request = http.request(Method::POST, &format!("{path}/{step}")).bearer_auth(token);
        let answer = http.send(request.header("if-match", version).json(&json!({}))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

/// Some of these, spread over all of them.
fn some<T: Clone>(of: &[T]) -> Vec<T> {
    of.iter().step_by((of.len() / REQUESTS).max(1)).take(REQUESTS).cloned().collect()
}

fn queried(words: &str) -> String {
    let words: String = words.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    words.split_whitespace().collect::<Vec<_>>().join("+")
}

mod questions;

async fn stage(site: &Site) -> Vec<(Question, Duration)> {
    let mut found = Vec::new();
    for question in questions::api(site).await.into_iter().chain(questions::pages(site).await) {
        let time = site.measured(&question).await;
        found.push((question, time));
    }
    found
}

/// Both sizes; `folder` has room for a table.
async fn both(site: &mut Site, folder: &Path) {
    let size = Size::asked();
    site.grow(size.small(), folder).await;
    let before = stage(site).await;
    site.imported = Imported::default();
    site.grow(size, folder).await;
    site.imported.show(size.contributions - size.small().contributions);
    // A 404 of the gateway.
    let bare = Question {
        name: String::new(),
        paths: vec![("/v1/nothing".to_owned(), String::new())],
        by: By::Nobody,
        status: 404,
        target: "",
    };
    let bare = site.measured(&bare).await;
    for ((question, time), (_, small)) in stage(site).await.into_iter().zip(before) {
        let growth = time.as_secs_f64() / small.as_secs_f64();
        let target = format!("{}; {} a hundredth: {growth:.1} ×", question.target, ms(small));
        line(&format!("  p95: {}", question.name), &ms(time), &ms(bare), &target);
    }
}

pub(super) async fn embedded() {
    schedules();
    let folder = folder();
    let data = folder.path().join("data");
    let founded = found(&data);
    let up = Up::start(&data, &["--empty"]);
    let (client, headquarters) = (Client::of(&founded), text(&founded["office_id"]));
    let mut site = Site::new(Http::new(&up.url), client, headquarters, Some(up.child.id())).await;
    both(&mut site, folder.path()).await;
    let dashboards = |site: &Site| {
        let paths = [String::new(), format!("&office_id={}", site.offices[7].id)];
        paths.map(|office| format!("/v1/diversification?from=2017&to=2026{office}"))
    };
    let token = site.client.token(&site.http).await;
    let mut along = Vec::new();
    for path in dashboards(&site) {
        along.push(site.get(&token, &path).await);
    }
    drop(up);
    diversification::forget(&data);
    let up = Up::start(&data, &["--empty"]);
    site.http = Http::new(&up.url);
    let token = site.client.token(&site.http).await;
    for (path, along) in dashboards(&site).iter().zip(along) {
        assert_eq!(site.get(&token, path).await, along, "{path}: counting anew gives the same");
    }
    line("  dashboards equal to a full recount", "yes", "", "");
}

pub(super) async fn distributed() {
    let Some(infra) = infra() else {
        println!("skipped: the registry on PostgreSQL: nothing was started (cargo xtask bench does)");
        return;
    };
    let name = testkit::Infra::unique("bench");
    let start = move || Deployment::start(&infra, &crate::binary(), &name, None, "");
    let platform = tokio::task::spawn_blocking(start).await.unwrap().unwrap();
    let (identity, _) = connect(&platform.config, "identity").await;
    let founded = identity::found(&identity, "Bench", "TST").await.unwrap();
    let client = Client { id: founded.client_id.to_string(), secret: founded.client_secret.clone() };
    let process = platform.pid("donors").unwrap();
    let headquarters = founded.office_id.to_string();
    let mut site = Site::new(Http::new(&platform.url), client, headquarters, Some(process)).await;
    both(&mut site, folder().path()).await;
}

/// What agreements owe, worked out by one core.
fn schedules() {
    const AGREEMENTS: u64 = 10_000;
    let donor = uuid::Uuid::nil().to_string();
    let agreed: Vec<donors::Schedule> = (0..AGREEMENTS)
        .map(|number| donors::Schedule::of_terms(&terms(drawn(number, 20), &donor).to_string()).unwrap())
        .collect();
    let started = Instant::now();
    let owed: usize = agreed.iter().map(|agreement| agreement.due(Some("Europe/Oslo")).len()).sum();
    let took = started.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "a rate is shown without decimals")]
    let rate = AGREEMENTS as f64 / took.as_secs_f64();
    line(
        &format!("reports of {AGREEMENTS} agreements worked out: {owed}"),
        &format!("{rate:.0}/s"),
        "",
        "at least 10000/s per core",
    );
}
