//! An organisation of 10,000 people and 500 offices, made through the API: lists by name, searches, filters, names for pages.

use crate::{Client, Up, binary, found, line, ms, seconds};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::{Http, Response, folder};
use tests::{connect, infra, text};
use xtask::deployment::Deployment;

const PEOPLE: u64 = 10_000;
/// Offices, with headquarters and the regions.
const OFFICES: u64 = 500;
const REGIONS: u64 = 20;
/// People that are recorded at once.
const AT_ONCE: u64 = 8;
/// Requests of each measure.
const REQUESTS: usize = 100;
const TARGET: &str = "under 50 ms";

const GIVEN: [&str; 10] = ["Amina", "Zoë", "Émile", "Björn", "Ana", "Binta", "José", "Li", "Mariam", "Olga"];
const FAMILY: [&str; 12] = [
    "Rahimi",
    "Ångström",
    "Zongo",
    "Traoré",
    "García",
    "Müller",
    "Okafor",
    "Nguyen",
    "Haddad",
    "Petrov",
    "Silva",
    "Dupont",
];
const ROLES: [&str; 5] =
    ["country_officer", "country_officer", "country_officer", "regional_officer", "auditor"];

/// Sends a request until the caller is no longer told to wait: the answer, and how long the last one took.
async fn sent(request: reqwest::RequestBuilder, http: &Http) -> (Response, Duration) {
    loop {
        let again = request.try_clone().unwrap();
        let started = Instant::now();
        let answer = http.send(again).await;
        let took = started.elapsed();
        // A service that has not heard of the office yet says "try again".
        if ![429, 503].contains(&answer.status) {
            return (answer, took);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn created(http: &Http, token: &str, path: &str, body: &Value) -> Value {
    let (answer, _) = sent(http.request(Method::POST, path).bearer_auth(token).json(body), http).await;
    assert_eq!(answer.status, 201, "{path}: {}", answer.text);
    answer.json()
}

async fn get(http: &Http, token: &str, path: &str) -> (Value, Duration) {
    let (answer, took) = sent(http.request(Method::GET, path).bearer_auth(token), http).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    (answer.json(), took)
}

/// Offices in regions; the ids of all, regions first.
async fn offices(http: &Http, token: &str, headquarters: &str) -> Vec<String> {
    let mut offices: Vec<String> = Vec::new();
    for number in 0..OFFICES - 1 {
        let (kind, parent) = match number.checked_sub(REGIONS) {
            None => ("regional", headquarters),
            Some(number) => ("country", offices[usize::try_from(number % REGIONS).unwrap()].as_str()),
        };
        let body = json!({ "code": format!("OFF-{number}"), "name": format!("Office number {number}"), "kind": kind,
            "parent_id": parent });
        offices.push(text(&created(http, token, "/v1/offices", &body).await["id"]));
    }
    offices
}

fn person(number: u64, office: &str) -> Value {
    let of = |names: &[&'static str], drawn: u64| names[usize::try_from(drawn).unwrap() % names.len()];
    let name = format!("{} {} {number}", of(&GIVEN, number / 7), of(&FAMILY, number / 3));
    json!({ "name": name, "email": format!("person-{number}@example.org"),
        "roles": [{ "office_id": office, "role": of(&ROLES, number) }] })
}

/// Invites everybody, some at once.
async fn people(http: &Http, client: &Client, offices: &[String]) {
    let mut tasks = tokio::task::JoinSet::new();
    for part in 0..AT_ONCE {
        let (http, client, offices) = (http.clone(), client.clone(), offices.to_vec());
        tasks.spawn(async move {
            let mut token = client.token(&http).await;
            for number in (part..PEOPLE).step_by(usize::try_from(AT_ONCE).unwrap()) {
                // A token holds for a quarter of an hour.
                if number % 800 == part {
                    token = client.token(&http).await;
                }
                let office = &offices[usize::try_from(number).unwrap() % offices.len()];
                created(&http, &token, "/v1/people", &person(number, office)).await;
            }
        });
    }
    tasks.join_all().await;
}

async fn p95(http: &Http, token: &str, paths: &[String]) -> Duration {
    let mut times = Vec::new();
    for path in paths.iter().cycle().take(REQUESTS) {
        times.push(get(http, token, path).await.1);
    }
    times.sort();
    times[times.len() * 95 / 100]
}

/// Pages of a list, from the first to the last, and ids of everybody on them.
async fn walk(http: &Http, token: &str, list: &str) -> (Vec<String>, Vec<String>) {
    let (mut pages, mut ids) = (vec![format!("{list}?limit=50")], Vec::new());
    loop {
        let (page, _) = get(http, token, &pages[pages.len() - 1]).await;
        ids.extend(page["items"].as_array().unwrap().iter().map(|item| text(&item["id"])));
        match page["next_cursor"].as_str() {
            Some(next) => pages.push(format!("{list}?limit=50&cursor={next}")),
            None => return (pages, ids),
        }
    }
}

async fn measure(http: &Http, client: &Client, headquarters: &str) {
    let mut token = client.token(http).await;
    let started = Instant::now();
    let offices = offices(http, &token, headquarters).await;
    people(http, client, &offices).await;
    line(&format!("{OFFICES} offices and {PEOPLE} people recorded"), &seconds(started.elapsed()), "", "");
    let reader = |office: &str| json!({ "name": "Bench", "office_id": office, "scopes": ["people:read"] });
    let mut readers = Vec::new();
    for office in [&offices[0], &offices[offices.len() - 1]] {
        let made = created(http, &token, "/v1/clients", &reader(office)).await;
        readers.push(Client { id: text(&made["id"]), secret: text(&made["client_secret"]) });
    }
    token = client.token(http).await;
    let (pages, ids) = walk(http, &token, "/v1/people").await;
    assert_eq!(ids.len() as u64, PEOPLE);
    let (office_pages, found) = walk(http, &token, "/v1/offices").await;
    assert_eq!(found.len() as u64, OFFICES);
    let many = |path: &str, texts: &[&str]| -> Vec<String> {
        texts.iter().map(|text| format!("{path}{text}")).collect()
    };
    let names: Vec<String> =
        ids.chunks(100).take(20).map(|ids| format!("/v1/people?limit=100&ids={}", ids.join(","))).collect();
    let of_offices: Vec<String> =
        offices.iter().step_by(10).map(|office| format!("/v1/people?office_id={office}")).collect();
    let filters =
        ["role=auditor", "role=regional_officer", "state=invited", "kind=representative", "state=active"];
    token = client.token(http).await;
    let bare = bare(http).await;
    for (name, paths) in [
        ("people, page by page", pages),
        ("people by a word", many("/v1/people?q=", &["rahimi", "angstrom", "%C3%89mile", "garc%C3%ADa"])),
        ("people by two words", many("/v1/people?q=", &["zongo+emile", "binta+haddad", "ana+silva"])),
        ("people by a number", many("/v1/people?q=", &["9999", "person-777@", "4321"])),
        ("people by a word that nobody has", many("/v1/people?q=", &["nobody", "zzz"])),
        ("people by a filter", many("/v1/people?", &filters)),
        ("people of an office", of_offices),
        ("names of 100 people", names),
        ("offices, page by page", office_pages),
        ("offices by a word", many("/v1/offices?q=", &["number+17", "office", "499", "nowhere"])),
    ] {
        line(&format!("  p95: {name}"), &ms(p95(http, &token, &paths).await), &ms(bare), TARGET);
    }
    for (reader, name) in readers.iter().zip(["a region's people", "a country office's people"]) {
        let token = reader.token(http).await;
        let paths = many("/v1/people", &["", "?q=rahimi", "?q=nobody"]);
        line(&format!("  p95: {name}"), &ms(p95(http, &token, &paths).await), &ms(bare), TARGET);
    }
}

/// A 404 of the gateway.
async fn bare(http: &Http) -> Duration {
    let mut times = Vec::new();
    for _ in 0..REQUESTS {
        let (answer, took) = sent(http.request(Method::GET, "/v1/nothing"), http).await;
        assert_eq!(answer.status, 404);
        times.push(took);
    }
    times.sort();
    times[times.len() * 95 / 100]
}

pub(super) async fn embedded() {
    let folder = folder();
    let data = folder.path().join("data");
    let founded = found(&data);
    let up = Up::start(&data, &["--empty"]);
    measure(&Http::new(&up.url), &Client::of(&founded), &text(&founded["office_id"])).await;
}

pub(super) async fn distributed() {
    let Some(infra) = infra() else {
        println!("skipped: people on PostgreSQL: nothing was started (cargo xtask bench does)");
        return;
    };
    let name = testkit::Infra::unique("bench");
    let start = move || Deployment::start(&infra, &binary(), &name, None, "");
    let platform = tokio::task::spawn_blocking(start).await.unwrap().unwrap();
    let (identity, _) = connect(&platform.config, "identity").await;
    let founded = identity::found(&identity, "Bench", "TST").await.unwrap();
    let client = Client { id: founded.client_id.to_string(), secret: founded.client_secret.clone() };
    measure(&Http::new(&platform.url), &client, &founded.office_id.to_string()).await;
}
