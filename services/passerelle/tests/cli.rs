//! The binary as a user runs it: init, up, import, kill -9, and the figures of the real data where it is at hand.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing where something must be has failed")]

mod common;

use bus::{Bus, EmbeddedBus};
use common::{PASSERELLE, Up, init};
use passerelle::platform;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};
use testkit::{Http, TempDir, eventually, folder, sample_data, shared_data};

fn import(up: &Up, founded: &Value, files: &[PathBuf], more: &[&str]) -> (Output, Value) {
    let out = Command::new(PASSERELLE)
        .args(["import", "fts", "--office", "TST", "--json", "--url", &up.url])
        .args(["--client-id", founded["client_id"].as_str().unwrap()])
        .args(["--client-secret", founded["client_secret"].as_str().unwrap()])
        .args(more)
        .args(files)
        .output()
        .unwrap();
    let summary = serde_json::from_slice(&out.stdout).unwrap_or(Value::Null);
    (out, summary)
}

fn flow(id: u64, amount: i64) -> Value {
    json!({ "id": id.to_string(), "versionId": 1, "amountUSD": amount, "status": "paid", "newMoney": true,
        "description": "Relief items for people displaced by floods, with transport and distribution",
        "sourceObjects": [{ "type": "Organization", "id": "5", "name": "Examplia, Government of",
                            "organizationTypes": ["Government"] }],
        "destinationObjects": [{ "type": "Location", "id": "1", "name": "Afghanistan" },
                               { "type": "UsageYear", "id": "42", "name": "2021" }] })
}

fn write_page(folder: &TempDir, name: &str, flows: &[Value]) -> PathBuf {
    let file = folder.path().join(name);
    std::fs::write(&file, json!({ "status": "ok", "data": { "flows": flows } }).to_string()).unwrap();
    file
}

async fn token(up: &Up, founded: &Value) -> String {
    let text = |name: &str| founded[name].as_str().unwrap().to_owned();
    Http::new(&up.url).client_token(&text("client_id"), &text("client_secret")).await
}

/// `allocations what-if` needs a file and no database.
#[test]
fn an_election_of_pabulib_is_solved() {
    let Some(shared) = shared_data("an_election_of_pabulib_is_solved") else { return };
    let solved = |more: &[&str]| {
        let file = shared.join("pabulib/Poland_Czestochowa_2024_Kiedrzyn.pb");
        let out = Command::new(PASSERELLE)
            .args(["allocations", "what-if", "--json"])
            .args(more)
            .arg(file)
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice::<Value>(&out.stdout).unwrap()
    };
    let printed = solved(&[]);
    assert_eq!(printed["best"]["value"], json!(344_870_000));
    assert_eq!(printed["best"]["cost"], json!(235_000));
    assert_eq!(printed["best"]["selected"], json!(["234", "181", "701", "225"]));
    assert_eq!(printed["greedy"]["selected"], json!(["88", "603", "62"]));
    assert_eq!(printed["proven"], json!(true));
    assert_eq!(printed["explanation"].as_array().unwrap().len(), 20);
    assert_eq!(solved(&["--objective", "score"])["best"]["value"], json!(4_031));
}

/// Compose gives a variable that is not set as an empty one.
#[test]
fn variables_that_are_set_to_nothing_are_not_set() {
    let folder = folder();
    for arguments in [["events", "lag"], ["health", "--help"]] {
        let out = Command::new(PASSERELLE)
            .args(arguments)
            .envs([("PASSERELLE_TRUSTED_PROXIES", ""), ("PASSERELLE_OPERATIONS", "")])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.code() != Some(2) && !said.contains("invalid value"), "{arguments:?}: {said}");
    }
    let mut command = Command::new(PASSERELLE);
    command.args(["up", "--empty", "--port", "0", "--data"]).arg(folder.path().join("data"));
    command.envs([("PASSERELLE_TRUSTED_PROXIES", " "), ("PASSERELLE_OPERATIONS", "")]);
    command.envs([("PASSERELLE_PUBLIC_URL", ""), ("PASSERELLE_MAIL_URL", "")]);
    let up = Up::of(&mut command);
    assert!(up.url.starts_with("http://localhost:"), "{}", up.url);
}

#[test]
fn the_processes_are_listed_for_people_and_for_programs() {
    let said = |arguments: &[&str]| {
        let out = Command::new(PASSERELLE).arg("services").args(arguments).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let listed: Vec<Value> = serde_json::from_str(&said(&["--json"])).unwrap();
    let named = |process: &Value| process["name"].as_str().unwrap().to_owned();
    let services: Vec<_> = listed.iter().filter(|process| process["is_service"] == true).map(named).collect();
    assert_eq!(services, platform::names());
    let first = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    assert_eq!(
        said(&[]).lines().map(first).collect::<Vec<_>>(),
        listed.iter().map(named).collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_with_wrong_rows_keeps_nothing_and_says_which() {
    let folder = folder();
    let founded = init(folder.path(), "TST");
    let up = Up::start(folder.path(), &["--empty"]);
    let file = write_page(&folder, "page.json", &[flow(1, 10), flow(2, -10)]);
    let (out, summary) = import(&up, &founded, std::slice::from_ref(&file), &[]);
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(
        (&summary["read"], &summary["created"], &summary["rejected"]),
        (&json!(2), &json!(0), &json!(1))
    );
    assert_eq!(summary["errors"][0]["pointer"], "/data/flows/1/amountUSD");
    let (out, summary) = import(&up, &founded, std::slice::from_ref(&file), &["--dry-run", "--skip-bad"]);
    assert_eq!((out.status.code(), &summary["created"]), (Some(0), &json!(1)));
    let (out, summary) = import(&up, &founded, std::slice::from_ref(&file), &["--skip-bad"]);
    assert_eq!((out.status.code(), &summary["created"]), (Some(0), &json!(1)));
    let (out, _) = import(&up, &founded, &[folder.path().join("nothing.json")], &[]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("there is no such file"));

    let again =
        Command::new(PASSERELLE).args(["up", "--port", "0", "--data"]).arg(folder.path()).output().unwrap();
    assert!(String::from_utf8_lossy(&again.stderr).contains("another Passerelle runs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_made_while_the_platform_runs_is_known_to_every_service() {
    let folder = folder();
    let up = Up::start(folder.path(), &["--empty"]);
    let founded = init(folder.path(), "LATE");
    let http = Http::new(&up.url);
    eventually("the organisation is public", || async {
        (http.get(None, "/v1/public/funding?country=AFG&year=2020").await.status == 200).then_some(())
    })
    .await;
    let token = token(&up, &founded).await;
    let donor = json!({ "name": "Norway", "type": "government" });
    assert_eq!(http.post(Some(&token), "/v1/donors", &donor).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_there_at_the_first_start_and_the_data_at_the_second() {
    let folder = folder();
    let up = Up::start(folder.path(), &[]);
    let http = Http::new(&up.url);
    let plans = http.get(None, "/v1/public/plans").await.json();
    assert_eq!(plans["items"].as_array().unwrap().len(), 16);
    for plan in plans["items"].as_array().unwrap() {
        let coverage: f64 = plan["coverage_percent"].as_str().unwrap().parse().unwrap();
        assert!((15.0..=80.0).contains(&coverage), "{plan}");
    }
    let iati = http.get(None, "/v1/public/iati/activities.xml").await.text;
    assert!(iati.matches("<iati-activity ").count() >= 12, "{iati}");
    for part in ["<narrative xml:lang=\"fr\">", "<narrative xml:lang=\"es\">", "<budget "] {
        assert!(iati.contains(part), "{part}");
    }
    let countries = http.get(None, "/v1/public/countries?limit=200").await.text;
    up.kill();
    let up = Up::start(folder.path(), &[]);
    let http = Http::new(&up.url);
    assert_eq!(http.get(None, "/v1/public/countries?limit=200").await.text, countries);
    let secrets = std::fs::read_to_string(folder.path().join("demo.json")).unwrap();
    assert_eq!(secrets, r#"{"done":true}"#, "the founding client's secret does not stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_finishes_by_itself_and_counts_every_flow_once() {
    const FLOWS: u64 = 12_000;
    let folder = folder();
    let founded = init(folder.path(), "TST");
    let flows: Vec<Value> = (1..=FLOWS).map(|id| flow(id, 100)).collect();
    let file = write_page(&folder, "large.json", &flows);
    let mut up = Up::start(folder.path(), &["--empty"]);
    let bearer = token(&up, &founded).await;
    let page = std::fs::read(&file).unwrap();
    let http = Http::new(&up.url);
    let sent = http.request(reqwest::Method::POST, "/v1/imports?format=fts").bearer_auth(&bearer);
    let sent = http.send(sent.header("content-type", "application/json").body(page)).await;
    assert_eq!(sent.status, 201, "{}", sent.text);
    let path = format!("/v1/imports/{}", sent.json()["id"].as_str().unwrap());
    // Killed at several points of its way; each start goes on where it was.
    for share in [5, 3, 2] {
        let http = Http::new(&up.url);
        // The port, and with it the issuer, is another one after each start.
        let bearer = token(&up, &founded).await;
        eventually("the import is on its way", || async {
            let job = http.get(Some(&bearer), &path).await.json();
            (job["done"].as_u64()? >= FLOWS / share).then_some(())
        })
        .await;
        up.kill();
        up = Up::start(folder.path(), &["--empty"]);
    }
    let http = Http::new(&up.url);
    let bearer = token(&up, &founded).await;
    let job = eventually("the import is done", || async {
        let job = http.get(Some(&bearer), &path).await.json();
        (job["state"] == "done").then_some(job)
    })
    .await;
    assert_eq!((&job["created"], &job["unchanged"]), (&json!(FLOWS), &json!(0)));
    let exact = format!("{}.00", FLOWS * 100);
    eventually("the totals are exact", || async {
        let funding = http.get(None, "/v1/public/funding?country=AFG&year=2021").await.json();
        assert!(funding["flow_count"].as_u64()? <= FLOWS, "a flow is counted twice");
        (funding["funding"]["amount"] == exact.as_str() && funding["flow_count"] == FLOWS).then_some(())
    })
    .await;
}

fn events(data: &Path, arguments: &[&str]) -> Vec<String> {
    let out =
        Command::new(PASSERELLE).arg("events").args(arguments).arg("--data").arg(data).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// A contribution of 70 units of a currency.
fn contribution(id: &str, organisation: &str, currency: &str) -> Value {
    json!({ "id": id, "sequence": 1, "organisation_id": organisation,
        "office_id": organisation, "source": "api", "external_ref": null, "donor_id": null,
        "donor_external_ref": null, "donor_name": null, "status": "paid", "new_money": true,
        "amount_usd": { "amount": "70.00", "currency": currency }, "contribution_type": "financial",
        "earmarking": null, "decision_date": null, "source_objects": [], "visibility": "public",
        "destination_objects": [
            { "kind": "Location", "id": "1", "name": "Afghanistan", "country": "AFG" },
            { "kind": "UsageYear", "id": "2021", "name": "2021" }] })
}

const ORGANISATION: &str = "01980000-0000-7000-8000-0000000000aa";
const CONTRIBUTIONS: &str = "passerelle.donors.contribution.v1";

fn record(topic: &str, kind: &str, payload: &Value) -> bus::OutgoingRecord {
    let key = payload["id"].as_str().unwrap().to_owned();
    let headers = vec![("ce_type".into(), kind.into()), ("ce_id".into(), key.clone())];
    bus::OutgoingRecord { topic: topic.to_owned(), key, headers, payload: payload.to_string().into_bytes() }
}

fn lines(data: &Path, arguments: &[&str]) -> Vec<Value> {
    events(data, arguments).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn funding_is(http: &Http, amount: &str) {
    eventually("the events are applied", || async {
        let funding = http.get(None, "/v1/public/funding?country=AFG&year=2021").await.json();
        (funding["funding"]["amount"] == amount).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_an_organisation_that_is_not_known_waits_for_it_and_is_applied_by_itself() {
    let folder = folder();
    let up = Up::start(folder.path(), &["--empty"]);
    let bus = EmbeddedBus::open(&folder.path().join("bus.db")).await.unwrap();
    let early = contribution("01980000-0000-7000-8000-000000000001", ORGANISATION, "USD");
    bus.publish(vec![record(CONTRIBUTIONS, CONTRIBUTIONS, &early)]).await.unwrap();
    let waiting = eventually("both groups set the event aside", || async {
        Some(lines(folder.path(), &["waiting", "--json"])).filter(|waiting| waiting.len() == 2)
    });
    for line in waiting.await {
        let about = (&line["key"], &line["waits_for"], &line["id"]);
        assert_eq!(about, (&early["id"], &json!("organisation"), &json!(ORGANISATION)));
    }
    eventually("nothing waits behind it", || async {
        let lag = events(folder.path(), &["lag"]);
        lag.iter().all(|line| line.trim_start().starts_with("0 ")).then_some(())
    })
    .await;
    assert_eq!(events(folder.path(), &["dlq"]), Vec::<String>::new(), "it is not buried for that");

    let topic = "passerelle.identity.organisation.v1";
    let organisation = json!({ "id": ORGANISATION, "sequence": 1, "name": "Late", "code": "LATE",
        "created_at": "2026-01-01T00:00:00Z" });
    bus.publish(vec![record(topic, topic, &organisation)]).await.unwrap();
    funding_is(&Http::new(&up.url), "70.00").await;
    let waiting = || async { events(folder.path(), &["waiting"]).is_empty().then_some(()) };
    eventually("nothing waits any more", waiting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_goes_to_the_one_group_that_could_not_apply_the_event() {
    let folder = folder();
    let founded = init(folder.path(), "TST");
    let up = Up::start(folder.path(), &["--empty"]);
    let bus = EmbeddedBus::open(&folder.path().join("bus.db")).await.unwrap();
    let organisation = founded["organisation_id"].as_str().unwrap();
    // One at fault, and one of a version that nobody here reads.
    let euros = contribution("01980000-0000-7000-8000-000000000001", organisation, "EUR");
    let later = contribution("01980000-0000-7000-8000-000000000002", organisation, "USD");
    let version = "passerelle.donors.contribution.v2";
    let records = [record(CONTRIBUTIONS, CONTRIBUTIONS, &euros), record(CONTRIBUTIONS, version, &later)];
    bus.publish(records.into()).await.unwrap();
    let dlq = || lines(folder.path(), &["dlq", "--json"]);
    let buried = eventually("both are buried twice", || async { (dlq().len() == 4).then(dlq) }).await;
    let topic = format!("{CONTRIBUTIONS}.crisis.contribution.dlq");
    let buried: Vec<Value> = buried.into_iter().filter(|line| line["topic"] == *topic).collect();
    let topic = topic.as_str();
    let of = |lines: &[Value], why: &str| {
        let line = lines.iter().find(|line| line["error"].as_str().is_some_and(|error| error.contains(why)));
        line.unwrap_or_else(|| panic!("nothing is buried because of {why}: {lines:?}"))["offset"].clone()
    };
    let place = (of(&buried, "not in US dollars"), of(&buried, version));

    // A third, which was at fault until its consumer was mended.
    let mended = contribution("01980000-0000-7000-8000-000000000003", organisation, "USD");
    let foreign = format!("{CONTRIBUTIONS}.unheard.of.dlq");
    bus.publish(vec![record(topic, CONTRIBUTIONS, &mended), record(&foreign, CONTRIBUTIONS, &mended)])
        .await
        .unwrap();
    assert_eq!(events(folder.path(), &["replay", topic]), [format!("{topic}: 3 replayed")]);
    funding_is(&Http::new(&up.url), "70.00").await;
    let again = eventually("two are buried again", || async { (dlq().len() == 5).then(dlq) }).await;
    let again: Vec<Value> = again.into_iter().filter(|line| line["topic"] == topic).collect();
    let places = (of(&again, "not in US dollars"), of(&again, version));
    assert_eq!((again.len(), places), (2, place), "they keep the place that they came from");
    let shared = bus.lag(&[("counter", CONTRIBUTIONS)]).await.unwrap();
    assert_eq!(shared[0].records, 2, "the topic that all share holds what was published there");
}

/// The figures of the small sample, added up by hand: five of its ten flows count in the country and year.
#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_a_small_sample_are_exact_to_the_dollar() {
    let folder = folder();
    let founded = init(folder.path(), "TST");
    let up = Up::start(folder.path(), &["--empty"]);
    let of = |name: &str| sample_data().join("fts").join(name);
    let (files, plans) = ([of("flows-1.json"), of("flows-2.json")], of("plans.json"));
    let with_plans = ["--plans", plans.to_str().unwrap()];
    let http = Http::new(&up.url);
    for (created, unchanged) in [(10, 0), (0, 10)] {
        let (out, summary) = import(&up, &founded, &files, &with_plans);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert_eq!((&summary["created"], &summary["unchanged"]), (&json!(created), &json!(unchanged)));
        let funding = funding_of(&http, 5).await;
        assert_eq!(funding["funding"], json!({ "amount": "1680500.00", "currency": "USD" }));
        assert_eq!(
            (&funding["paid"]["amount"], &funding["commitments"]["amount"]),
            (&json!("1410500.00"), &json!("270000.00"))
        );
        assert_eq!(funding["donor_count"], 3);
        for (list, reference, amount, flows) in [
            ("by_plan", Some("501"), "1400500.00", 2),
            ("by_plan", Some("502"), "10000.00", 1),
            ("by_plan", None, "270000.00", 2),
            ("by_earmarking", Some("earmarked"), "1000000.00", 1),
            ("by_earmarking", Some("softly earmarked"), "400500.00", 1),
            ("by_earmarking", Some("unearmarked"), "250000.00", 1),
            ("by_earmarking", None, "30000.00", 2),
            ("by_donor", Some("7001"), "1250000.00", 2),
            ("by_donor", Some("7002"), "400500.00", 1),
            ("by_donor", Some("7003"), "30000.00", 2),
            ("by_recipient", Some("8001"), "1410500.00", 3),
            ("by_recipient", Some("8002"), "270000.00", 2),
        ] {
            assert_eq!(part(&funding, list, reference), (amount.to_owned(), flows), "{list} {reference:?}");
        }
        check_sums(&funding, 168_050_000);
        // The plan's own page has the money that it shares with another country, too: 1,405,500 of 2,801,000.
        let plan = http.get(None, "/v1/public/plans/501").await.json();
        assert_eq!(
            (&plan["funding"]["amount"], &plan["coverage_percent"]),
            (&json!("1405500.00"), &json!("50.2"))
        );
        let without = http.get(None, "/v1/public/plans/502").await.json();
        assert_eq!(
            (&without["requirement"]["amount"], &without["coverage_percent"]),
            (&json!("0.00"), &Value::Null)
        );
    }
    let page = http.get(None, "/en/countries/AFG?year=2020").await.text;
    for figure in ["1,680,500", "1,410,500", "270,000", "1,400,500", "1,250,000"] {
        assert!(page.contains(figure), "the country page lacks {figure}");
    }
    let row = "<data value=\"1250000.00\">US$1,250,000</data>";
    check_portal(&http, &token(&up, &founded).await, [("7001", true), ("7002", false)], row).await;
}

/// Funding of Afghanistan in 2020, once so many flows are counted.
async fn funding_of(http: &Http, flows: u64) -> Value {
    eventually("every flow is counted", || async {
        let funding = http.get(None, "/v1/public/funding?country=AFG&year=2020").await.json();
        (funding["flow_count"] == flows).then_some(funding)
    })
    .await
}

/// A part of a list: its amount and its flows.
fn part(funding: &Value, list: &str, reference: Option<&str>) -> (String, u64) {
    let parts = funding[list].as_array().unwrap();
    let found = parts.iter().find(|part| part["external_ref"].as_str() == reference).unwrap();
    (found["funding"]["amount"].as_str().unwrap().to_owned(), found["flow_count"].as_u64().unwrap())
}

/// Every list adds up to the whole.
fn check_sums(funding: &Value, whole: u64) {
    for list in ["by_plan", "by_donor", "by_earmarking", "by_recipient"] {
        let parts = funding[list].as_array().unwrap().iter();
        let sum: u64 = parts.map(|part| cents(part["funding"]["amount"].as_str().unwrap())).sum();
        assert_eq!(sum, whole, "{list}");
    }
}

fn cents(text: &str) -> u64 {
    text.replace(['.', ','], "").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_the_real_data_are_exact_to_the_dollar() {
    let Some(data) = shared_data("the figures of the real data") else { return };
    let data = data.join("fts-afg-2020");
    let folder = folder();
    let founded = init(folder.path(), "TST");
    let up = Up::start(folder.path(), &["--empty"]);
    let files: Vec<PathBuf> = (1..=3).map(|page| data.join(format!("flows-{page}.json"))).collect();
    let plans = data.join("plans-2020.json");
    let with_plans = ["--plans", plans.to_str().unwrap()];
    let http = Http::new(&up.url);
    for (created, unchanged) in [(484, 0), (0, 484)] {
        let (out, summary) = import(&up, &founded, &files, &with_plans);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert_eq!((&summary["created"], &summary["unchanged"]), (&json!(created), &json!(unchanged)));
        check_figures(&http).await;
    }
    let page = http.get(None, "/en/countries/AFG?year=2020").await.text;
    for figure in
        ["725,591,299", "428,966,359", "296,624,940", "564,447,748", "49.9%", "29,129,842", "21,457,283"]
    {
        assert!(page.contains(figure), "the country page lacks {figure}");
    }
    let row = "<data value=\"29129842.00\">US$29,129,842</data>";
    check_portal(&http, &token(&up, &founded).await, [("4306", true), ("2921", false)], row).await;
}

async fn check_figures(http: &Http) {
    let funding = funding_of(http, 311).await;
    assert_eq!(funding["funding"], json!({ "amount": "725591299.00", "currency": "USD" }));
    assert_eq!(funding["paid"]["amount"], "428966359.00");
    assert_eq!(funding["commitments"]["amount"], "296624940.00");
    assert_eq!(funding["donor_count"], 43);
    let part = |list: &str, reference: Option<&str>| part(&funding, list, reference);
    assert_eq!(part("by_plan", Some("929")).0, "564447748.00");
    assert_eq!(funding["by_plan"][0]["coverage_percent"], "49.9");
    assert_eq!(part("by_plan", Some("1006")).0, "15000000.00");
    assert_eq!(part("by_plan", None).0, "146143551.00");
    assert_eq!(part("by_earmarking", Some("earmarked")).0, "426022056.00");
    assert_eq!(part("by_earmarking", Some("unearmarked")).0, "114212515.00");
    assert_eq!(part("by_earmarking", Some("softly earmarked")).0, "44598849.00");
    assert_eq!(part("by_earmarking", None).0, "140757879.00");
    assert_eq!(part("by_donor", Some("4306")), ("29129842.00".to_owned(), 25));
    assert_eq!(part("by_recipient", Some("2986")), ("21457283.00".to_owned(), 11));
    check_sums(&funding, 72_559_129_900);
    let plan = http.get(None, "/v1/public/plans/929").await.json();
    assert_eq!(
        (&plan["funding"]["amount"], &plan["coverage_percent"]),
        (&json!("564467765.00"), &json!("49.9"))
    );
    let without = http.get(None, "/v1/public/plans/952").await.json();
    assert_eq!(
        (&without["requirement"]["amount"], &without["coverage_percent"]),
        (&json!("0.00"), &Value::Null)
    );
}

/// A donor's representative sees its money, another donor's does not: what it gave to anybody, for none of it went to
/// the organisation.
async fn check_portal(http: &Http, bearer: &str, donors: [(&str, bool); 2], row: &str) {
    const PASSWORD: &str = "three little words";
    for (reference, sees) in donors {
        let found = http.get(Some(bearer), &format!("/v1/donors?external_ref=fts:{reference}")).await.json();
        let email = format!("{reference}@example.org");
        let person = json!({ "name": "Representative", "email": email, "password": PASSWORD,
            "donor_id": found["items"][0]["id"] });
        let made = http.post(Some(bearer), "/v1/people", &person).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let form = [("email", email.as_str()), ("password", PASSWORD)];
        let signed_in = http.send(http.request(reqwest::Method::POST, "/en/sign-in").form(&form)).await;
        let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
        for (path, shown) in [("/en/donor", false), ("/en/donor?scope=all", sees)] {
            let overview = http.request(reqwest::Method::GET, path).header("cookie", &cookie);
            let overview = http.send(overview).await.text;
            assert_eq!(overview.contains(row), shown, "{reference} {path}");
        }
    }
}
