//! The audit trail: who sees what of it, that a chain cannot be changed unnoticed, and that somebody else can verify it.

use bus::Record;
use events::{AuditHeadPublished, EventPayload};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};
use testkit::{Response, eventually, folder, skip_or_fail};
use tests::{PASSWORD, World, text};

async fn listed(world: &World, token: &str, query: &str) -> Vec<Value> {
    let answer = world.http.get(Some(token), &format!("/v1/audit/donors{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    answer.json()["items"].as_array().unwrap().clone()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

async fn renamed(world: &World, donor: &str, name: &str) -> Response {
    let request = world.http.request(Method::PUT, &format!("/v1/donors/{donor}"));
    let request = request.bearer_auth(&world.token).header("if-match", "\"1\"");
    world.http.send(request.json(&json!({ "name": name, "type": "government", "country": "NOR" }))).await
}

async fn export(world: &World, token: &str, service: &str, office: &str) -> Response {
    world.http.get(Some(token), &format!("/v1/audit/{service}/chain?office_id={office}")).await
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_listed_the_latest_first_by_whom_to_what_and_when() {
    let world = World::new().await;
    let (norway, sweden) = (world.donor("Norway").await, world.donor("Sweden").await);
    assert_eq!(renamed(&world, &norway, "Norge").await.status, 200);
    let every = listed(&world, &world.token, "").await;
    assert_eq!(actions(&every), ["donor.update", "donor.create", "donor.create"]);
    let latest = &every[0];
    let client = world.founded.client_id.to_string();
    assert_eq!((&latest["actor_kind"], &latest["actor_id"]), (&json!("client"), &json!(client)));
    assert_eq!((&latest["resource"], &latest["resource_id"]), (&json!("donor"), &json!(norway)));
    assert_eq!((&latest["before"]["name"], &latest["after"]["name"]), (&json!("Norway"), &json!("Norge")));
    assert_eq!((&every[2]["before"], &every[2]["sequence"]), (&Value::Null, &json!(1)));
    let count = async |query: String| listed(&world, &world.token, &query).await.len();
    let today = text(&latest["at"])[..10].to_owned();
    for (query, expected) in [
        (format!("?resource_id={sweden}"), 1),
        (format!("?resource_id={norway}&action=donor.create"), 1),
        ("?resource=donor&action=donor.create".to_owned(), 2),
        ("?resource=plan".to_owned(), 0),
        (format!("?actor_id={client}"), 3),
        (format!("?actor_id={norway}"), 0),
        (format!("?from={today}&to={today}&office_id={}", world.founded.office_id), 3),
        ("?to=2020-01-01".to_owned(), 0),
        ("?from=2200-01-01".to_owned(), 0),
        (format!("?office_id={norway}"), 0),
    ] {
        assert_eq!(count(query.clone()).await, expected, "{query}");
    }
    let refused = world.http.get(Some(&world.token), "/v1/audit/donors?from=2026-2-3").await;
    assert_eq!((refused.status, refused.pointers()), (400, vec!["from".to_owned()]), "{}", refused.text);

    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/audit/donors?limit=1{cursor}");
        let page = world.http.get(Some(&world.token), &path).await.json();
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, every);
    let foreign = format!("/v1/audit/crisis?limit=1{cursor}");
    assert_eq!(world.http.get(Some(&world.token), &foreign).await.status, 400, "of another list");

    let request = world.http.request(Method::GET, "/v1/audit/donors").bearer_auth(&world.token);
    let file = world.http.send(request.header("accept", "text/csv")).await;
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(lines.len(), 4, "{}", file.text);
    assert!(lines[0].starts_with("at,actor_kind,actor_id,action,"), "{}", lines[0]);
    assert!(lines[1].contains("Norge") && file.header("content-disposition").contains("audit.csv"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_sees_its_own_trail_and_those_below_and_no_other() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let region = world.office(&headquarters, "regional").await;
    let (office, sister) = (world.office(&region, "country").await, world.office(&region, "country").await);
    let donor = world.donor("Norway").await;
    let scopes = ["audit:read", "contributions:write", "donors:read"];
    let own = world.client(&office, &scopes).await;
    let (of_region, of_sister) = (world.client(&region, &scopes).await, world.client(&sister, &scopes).await);
    let (_, foreign) = world.other_organisation("FOREIGN").await;
    let contribution =
        json!({ "donor_id": donor, "status": "paid", "amount": { "amount": "10", "currency": "USD" } });
    let made = eventually("donors knows the office", || async {
        let made = world.http.post(Some(&own), "/v1/contributions", &contribution).await;
        (made.status != 503).then_some(made)
    })
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    world.settled().await;
    assert_eq!(actions(&listed(&world, &own, "").await), ["contribution.create"]);
    assert_eq!(actions(&listed(&world, &of_region, "").await), ["contribution.create"]);
    let of_office = format!("?office_id={office}");
    assert_eq!(actions(&listed(&world, &world.token, &of_office).await), ["contribution.create"]);
    assert!(listed(&world, &of_sister, "").await.is_empty() && listed(&world, &foreign, "").await.is_empty());
    assert!(listed(&world, &of_sister, &of_office).await.is_empty());

    for (token, status) in
        [(&own, 200), (&of_region, 200), (&world.token, 200), (&of_sister, 400), (&foreign, 400)]
    {
        let answer = export(&world, token, "donors", &office).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(answer.text.contains("contribution.create"), status == 200);
    }
    let without = world.client(&office, &["donors:read"]).await;
    for path in ["/v1/audit/donors", "/v1/audit/donors/chain", "/v1/audit/identity", "/v1/audit/crisis/chain"]
    {
        assert_eq!(world.http.get(Some(&without), path).await.status, 403, "{path}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_of_a_closed_office_can_still_be_exported() {
    let world = World::new().await;
    let office = world.office(&world.founded.office_id.to_string(), "country").await;
    let close = world.http.request(Method::POST, &format!("/v1/offices/{office}/close"));
    let closed = world.http.send(close.bearer_auth(&world.token).header("if-match", "\"1\"")).await;
    assert_eq!((closed.status, &closed.json()["state"]), (200, &json!("closed")), "{}", closed.text);
    world.settled().await;
    for service in ["identity", "donors", "crisis", "allocations"] {
        let answer = export(&world, &world.token, service, &office).await;
        assert_eq!(answer.status, 200, "{service}: {}", answer.text);
        assert_eq!(answer.text.contains("office.close"), service == "identity");
    }
    world.stop().await;
}

/// The chain of an office in a file, as it is downloaded.
async fn file(world: &World, folder: &Path) -> PathBuf {
    let office = world.founded.office_id.to_string();
    let answer = export(world, &world.token, "donors", &office).await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let named = answer.header("content-disposition").to_owned();
    let name = named.split('"').nth(1).unwrap();
    assert_eq!(name, format!("audit-donors-{office}.ndjson"));
    let path = folder.join(name);
    std::fs::write(&path, &answer.text).unwrap();
    path
}

/// The program in docs/audit.md, as whoever reads it copies it.
fn program() -> String {
    let document = std::fs::read_to_string(xtask::root().join("docs/audit.md")).unwrap();
    let (_, rest) = document.split_once("```python\n").unwrap();
    rest.split_once("\n```").unwrap().0.to_owned()
}

fn python(program: &Path, export: &Path, heads: &Path) -> (Option<i32>, String) {
    let output = Command::new("python3").arg(program).arg(export).arg(heads).output().unwrap();
    (output.status.code(), said(&output))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_program_of_somebody_else_verifies_an_export() {
    let test = "a_short_program_of_somebody_else_verifies_an_export";
    if Command::new("python3").arg("--version").output().is_err() {
        return skip_or_fail(test, "python3 is missing");
    }
    let program_text = program();
    assert!(program_text.lines().count() <= 30, "it can be read in a minute");
    let imports = program_text.lines().filter(|line| line.contains("import ")).collect::<Vec<_>>();
    assert_eq!(imports, ["import hashlib, json, sys"], "the standard library is enough");
    let world = World::new().await;
    let names = ["Norway", "Norvège « N »", "النرويج \\ \"quoted\""];
    for name in names {
        world.create("/v1/donors", json!({ "name": name, "type": "government" })).await;
    }
    assert!(world.audit(&["heads"]).status.success());
    let folder = folder();
    let verify = folder.path().join("verify.py");
    std::fs::write(&verify, program_text).unwrap();
    let (export, heads) = (file(&world, folder.path()).await, world.audit_heads().join("donors.ndjson"));
    let verified = python(&verify, &export, &heads);
    assert_eq!(verified.0, Some(0), "{}", verified.1);
    let own = |export: &Path| {
        let heads = world.audit_heads();
        world.audit(&["verify", "--export", export.to_str().unwrap(), "--heads", heads.to_str().unwrap()])
    };
    assert!(own(&export).status.success(), "{}", said(&own(&export)));

    let whole = std::fs::read_to_string(&export).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    assert_eq!(lines.len(), names.len());
    for (what, text, complaint) in [
        ("a changed row", whole.replace("Norway", "Norwal"), "entry 1 was changed"),
        ("a missing row", [lines[0], lines[2]].join("\n"), "entry 3 does not follow"),
        ("a cut tail", format!("{}\n", lines[..2].join("\n")), "entry 3 was published"),
    ] {
        std::fs::write(&export, text).unwrap();
        let (code, told) = python(&verify, &export, &heads);
        assert!(code == Some(1) && told.contains(complaint), "{what}: {code:?} {told}");
        let output = own(&export);
        assert_eq!(output.status.code(), Some(1), "{what}: {}", said(&output));
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_or_cut_off_in_the_database_is_found() {
    let world = World::new().await;
    for name in ["Norway", "Sweden", "Finland"] {
        world.donor(name).await;
    }
    let office = world.founded.office_id;
    let heads = world.audit(&["heads"]);
    assert!(heads.status.success() && said(&heads).contains("donors: 1 heads published"), "{}", said(&heads));
    assert!(said(&world.audit(&["heads"])).contains("donors: 0 heads published"), "nothing has been added");
    let file = std::fs::read_to_string(world.audit_heads().join("donors.ndjson")).unwrap();
    let head: Value = serde_json::from_str(file.lines().next_back().unwrap()).unwrap();
    assert_eq!((&head["service"], &head["entry_sequence"]), (&json!("donors"), &json!(3)));
    let record = published(&world).await;
    assert_eq!((record["hash"].clone(), record["office_id"].clone()), (head["hash"].clone(), json!(office)));

    let verified = world.audit(&["verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
    assert!(said(&verified).contains(" 3 entries  holds"), "{}", said(&verified));

    world.tamper("donors", "UPDATE audit SET after = '{}' WHERE sequence = 2").await;
    let broken = async |complaint: &str| {
        let output = world.audit(&["verify"]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains(complaint), "{complaint}: {}", said(&output));
    };
    broken("entry 2 was changed").await;
    let as_json = world.audit(&["verify", "--json"]);
    let chains: Vec<Value> = String::from_utf8_lossy(&as_json.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of_donors = chains.iter().find(|chain| chain["service"] == "donors").unwrap();
    assert_eq!((&of_donors["holds"], &of_donors["break_count"]), (&json!(false), &json!(1)));
    assert!(chains.iter().any(|chain| chain["service"] == "identity" && chain["holds"] == true));
    // What was spoilt is shown all the same.
    assert_eq!(listed(&world, &world.token, "").await.len(), 3);

    world.tamper("donors", "DELETE FROM audit WHERE sequence > 1").await;
    broken("entry 3 was published, the last one is 1").await;
    world.tamper("donors", "DELETE FROM audit").await;
    broken("entry 3 was published, the last one is 0").await;
    world.stop().await;
}

/// The head of donors' chain, as the bus has it.
async fn published(world: &World) -> Value {
    eventually("the head is published", || async {
        let topics = world.bus.topics().await.unwrap();
        topics.iter().any(|topic| topic == AuditHeadPublished::TOPIC).then_some(())
    })
    .await;
    let mut reader = world.bus.subscribe("audit.reader", &[AuditHeadPublished::TOPIC]).await.unwrap();
    loop {
        let records: Vec<Record> = reader.next(100).await.unwrap();
        let mut events =
            records.iter().map(|record| serde_json::from_slice::<Value>(&record.payload).unwrap());
        let found = events.rfind(|event| event["service"] == "donors");
        if let Some(found) = found {
            return found;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_changes_at_once_are_eight_links_of_one_chain() {
    let world = World::new().await;
    let made = join_all((0..8).map(|number| {
        let body = json!({ "name": format!("Donor {number}"), "type": "government" });
        let world = &world;
        async move { world.http.post(Some(&world.token), "/v1/donors", &body).await.status }
    }));
    assert_eq!(made.await, [201; 8]);
    let (verified, lists) =
        (world.audit(&["verify"]), join_all((0..8).map(|_| listed(&world, &world.token, ""))).await);
    assert!(verified.status.success(), "{}", said(&verified));
    assert!(said(&verified).contains(" 8 entries  holds"), "{}", said(&verified));
    assert!(lists.iter().all(|list| *list == lists[0] && list.len() == 8));
    // Heads that are published at once are published once.
    let started: Vec<Child> = (0..4)
        .map(|_| {
            let mut command = world.audit_command(&["heads"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let published: Vec<String> =
        started.into_iter().map(|one| said(&one.wait_with_output().unwrap())).collect();
    let counted = published.iter().filter(|told| told.contains("donors: 1 heads published")).count();
    assert_eq!(counted, 1, "{published:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_trail_holds_personal_data() {
    let world = World::new().await;
    let office = world.founded.office_id.to_string();
    let person = json!({ "name": "Amina Zeltzer", "email": "amina.zeltzer@example.org", "password": PASSWORD,
        "roles": [{ "office_id": office, "role": "donor_relations_officer" }] });
    world.create("/v1/people", person).await;
    let donor = world.donor("Norway").await;
    world.representative(&donor).await;
    let token = world.sign_in("amina.zeltzer@example.org").await;
    let contact = json!({ "name": "Ingrid Zeltzer", "email": "ingrid.zeltzer@example.org", "phone": "+47 22 33 44 55",
        "consent": { "basis": "public_interest" } });
    let made = world.http.post(Some(&token), &format!("/v1/donors/{donor}/contacts"), &contact).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let mut seen = 0;
    for service in ["identity", "donors", "crisis", "allocations"] {
        let chain = export(&world, &world.token, service, &office).await;
        assert_eq!(chain.status, 200, "{service}: {}", chain.text);
        seen += chain.text.lines().count();
        for personal in ["Zeltzer", "zeltzer", "Amina", "Ingrid", "donor-1@", "22 33 44", PASSWORD] {
            assert!(!chain.text.contains(personal), "{service}: {personal}");
        }
    }
    assert!(seen >= 5, "there were entries to look at: {seen}");
    world.stop().await;
}
