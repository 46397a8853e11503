//! Offices: created, renamed, moved, closed and opened again, and what follows in every service.

mod closing;
mod lists;

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use store::{Store, params, sql};
use testkit::{Response, eventually};
use tests::{World, text};

/// How soon a moved office is seen everywhere.
const SOON: Duration = Duration::from_secs(5);
/// Attempts at what happens at the same time.
const ROUNDS: usize = 4;

/// Two regions under headquarters, and a country office under the first.
struct Scene {
    world: World,
    headquarters: String,
    north: String,
    south: String,
    country: String,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (north, south) =
        (world.office(&headquarters, "regional").await, world.office(&headquarters, "regional").await);
    let country = world.office(&north, "country").await;
    world.settled().await;
    Scene { world, headquarters, north, south, country }
}

impl Scene {
    async fn get(&self, path: &str) -> Response {
        self.world.http.get(Some(&self.world.token), path).await
    }

    async fn office(&self, id: &str) -> Value {
        let answer = self.get(&format!("/v1/offices/{id}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    async fn version(&self, id: &str) -> String {
        self.get(&format!("/v1/offices/{id}")).await.header("etag").to_owned()
    }

    async fn send(&self, method: Method, path: &str, version: &str, body: &Value) -> Response {
        let request = self.world.http.request(method, path).bearer_auth(&self.world.token);
        self.world.http.send(request.header("if-match", version).json(body)).await
    }

    /// Replaces the fields of an office at its present version.
    async fn put(&self, id: &str, body: &Value) -> Response {
        let version = self.version(id).await;
        self.send(Method::PUT, &format!("/v1/offices/{id}"), &version, body).await
    }

    async fn move_to(&self, id: &str, parent: &str) -> Response {
        self.put(id, &json!({ "name": "Moved", "parent_id": parent })).await
    }

    /// Closes an office or opens it again, at its present version.
    async fn act(&self, id: &str, step: &str) -> Response {
        let version = self.version(id).await;
        self.send(Method::POST, &format!("/v1/offices/{id}/{step}"), &version, &json!({})).await
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        self.world.http.post(Some(&self.world.token), path, body).await
    }
}

/// The status, the first pointer and its code.
fn refusal(answer: &Response) -> (u16, String, String) {
    let error = answer.json()["errors"][0].clone();
    let part = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    (answer.status, part("pointer"), part("code"))
}

fn refused(status: u16, pointer: &str, code: &str) -> (u16, String, String) {
    (status, pointer.to_owned(), code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_is_created_and_changed_with_its_place() {
    let scene = scene().await;
    let new = |zone: &str| {
        json!({ "code": "TCD", "name": "Chad", "kind": "country", "parent_id": scene.north, "country": "TCD",
            "time_zone": zone })
    };
    let wrong = scene.post("/v1/offices", &new("Africa/Atlantis")).await;
    assert_eq!(refusal(&wrong), refused(422, "/time_zone", "not_a_time_zone"));
    let made = scene.post("/v1/offices", &new("Africa/Ndjamena")).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let office = made.json();
    let id = text(&office["id"]);
    assert_eq!((&office["time_zone"], &office["state"]), (&json!("Africa/Ndjamena"), &json!("open")));
    assert_eq!(office["closed_at"], Value::Null);

    let change = json!({ "name": "Tchad", "parent_id": scene.south, "country": null, "time_zone": null });
    let changed = scene.put(&id, &change).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let changed = changed.json();
    assert_eq!((&changed["name"], &changed["version"]), (&json!("Tchad"), &json!(2)));
    assert_eq!((&changed["parent_id"], &changed["country"]), (&json!(scene.south), &Value::Null));
    assert_eq!((&changed["code"], &changed["kind"]), (&json!("TCD"), &json!("country")));
    assert_eq!(scene.office(&id).await, changed);

    let both = json!({ "name": " ", "parent_id": scene.south, "country": "XXX", "time_zone": "here" });
    let wrong = scene.put(&id, &both).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    assert_eq!(wrong.pointers(), ["/name", "/country", "/time_zone"]);
    let zoned = json!({ "name": "Chad", "parent_id": scene.south, "time_zone": "Africa/Ndjamena" });
    assert_eq!(scene.put(&id, &zoned).await.status, 200);
    scene.world.settled().await;
    for service in passerelle::platform::names() {
        let store = scene.world.database(service).await;
        let db = store.system_read().await.unwrap();
        let text = "SELECT name, time_zone, is_closed FROM office WHERE code = $1";
        let row = sql::row(&db, text, params!["TCD"]).await.unwrap().unwrap();
        let seen: (String, String) = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        assert_eq!(seen, ("Chad".to_owned(), "Africa/Ndjamena".to_owned()), "{service}");
        assert!(!row.try_get_by_index::<bool>(2).unwrap(), "{service}");
    }
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_is_moved_to_where_one_of_its_kind_stands_and_never_below_itself() {
    let scene = scene().await;
    let liaison = scene.world.office(&scene.headquarters, "liaison").await;
    let (_, other) = scene.world.other_organisation("OTHER").await;
    let theirs = scene.world.http.get(Some(&other), "/v1/offices").await.json();
    let theirs = text(&theirs["items"][0]["id"]);
    let wrong = "wrong_parent";
    for (office, parent, code) in [
        (&scene.country, &theirs, "unknown_reference"),
        (&scene.country, &scene.country, "circular"),
        (&scene.north, &scene.country, "circular"),
        (&scene.north, &scene.south, wrong),
        (&liaison, &scene.south, wrong),
        (&scene.country, &liaison, wrong),
        (&scene.headquarters, &scene.north, "circular"),
    ] {
        let answer = scene.move_to(office, parent).await;
        assert_eq!(refusal(&answer), refused(422, "/parent_id", code), "{}", answer.text);
    }
    let nowhere = scene.put(&scene.country, &json!({ "name": "Lost" })).await;
    assert_eq!(refusal(&nowhere), refused(422, "/parent_id", "required"));
    let top =
        scene.put(&scene.headquarters, &json!({ "name": "Head office", "time_zone": "Europe/Zurich" })).await;
    assert_eq!((top.status, &top.json()["name"]), (200, &json!("Head office")), "{}", top.text);

    // Who is of the region moves within it, and nothing of others.
    let region = scene.world.client(&scene.north, &["offices:read", "offices:write"]).await;
    let send = async |office: &str, parent: &str| {
        let version = scene.version(office).await;
        let request = scene.world.http.request(Method::PUT, &format!("/v1/offices/{office}"));
        let body = json!({ "name": "By the region", "parent_id": parent });
        scene.world.http.send(request.bearer_auth(&region).header("if-match", version).json(&body)).await
    };
    assert_eq!(refusal(&send(&scene.country, &scene.south).await).2, "unknown_reference");
    assert_eq!(send(&scene.south, &scene.headquarters).await.status, 403);
    assert_eq!(send(&scene.north, &scene.headquarters).await.status, 200, "its own name");
    assert_eq!(send(&scene.country, &scene.north).await.status, 200);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_of_two_edits_is_told_and_changes_nothing() {
    let scene = scene().await;
    let path = format!("/v1/offices/{}", scene.country);
    let body = |name: &str| json!({ "name": name, "parent_id": scene.north });
    for round in 0..ROUNDS {
        let version = scene.version(&scene.country).await;
        let (first, second) = (body(&format!("First {round}")), body(&format!("Second {round}")));
        let (first, second) = join(
            scene.send(Method::PUT, &path, &version, &first),
            scene.send(Method::PUT, &path, &version, &second),
        )
        .await;
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        let kept = if first.status == 200 { first.json() } else { second.json() };
        assert_eq!(scene.office(&scene.country).await, kept);
    }
    let request = scene.world.http.request(Method::PUT, &path).bearer_auth(&scene.world.token);
    assert_eq!(scene.world.http.send(request.json(&body("No version"))).await.status, 428);
    scene.world.stop().await;
}

/// Whether each path is answered with the status.
async fn all_answer(scene: &Scene, token: &str, paths: &[String], status: u16) -> bool {
    for path in paths {
        if scene.world.http.get(Some(token), path).await.status != status {
            return false;
        }
    }
    true
}

/// How many offices a service knows below one.
async fn below(service: &Store, parent: &str) -> i64 {
    let db = service.system_read().await.unwrap();
    let id: kernel::OfficeId = parent.parse().unwrap();
    let row = sql::row(&db, "SELECT count(*) FROM office WHERE parent_id = $1", params![id]).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_of_regions_with_a_hundred_offices_follow_a_move_in_every_service() {
    let scene = scene().await;
    let mut offices = vec![scene.country.clone()];
    for _ in 0..100 {
        offices.push(scene.world.office(&scene.north, "country").await);
    }
    let donor = scene.world.donor("Norway").await;
    scene.world.settled().await;
    let contribution = json!({ "donor_id": donor, "office_id": scene.country, "status": "paid",
        "decision_date": "2025-01-01", "amount": { "amount": "500", "currency": "USD" } });
    let contribution = scene.world.create("/v1/contributions", contribution).await;
    let plan = json!({ "name": "Plan", "plan_type": "other", "countries": ["TCD"], "years": [2026],
        "office_id": scene.country });
    let plan = scene.world.create("/v1/plans", plan).await;
    let person = json!({ "name": "Mahamat", "email": "mahamat@example.org", "password": tests::PASSWORD,
        "roles": [{ "office_id": scene.country, "role": "country_officer" }] });
    let person = scene.world.create("/v1/people", person).await;
    let session = scene.world.sign_in("mahamat@example.org").await;
    let path = |list: &str, record: &Value| format!("/v1/{list}/{}", text(&record["id"]));
    let paths = [path("contributions", &contribution), path("plans", &plan), path("people", &person)];
    let scopes = ["contributions:read", "plans:read", "people:read"];
    let north = scene.world.client(&scene.north, &scopes).await;
    let south = scene.world.client(&scene.south, &scopes).await;
    let total = async |token: &str| {
        let path = "/v1/diversification?year=2025";
        let found = scene.world.http.get(Some(token), path).await.json();
        text(&found["years"][0]["total"]["amount"])
    };
    let mut services = Vec::new();
    for service in passerelle::platform::names() {
        services.push(scene.world.database(service).await);
    }
    assert!(all_answer(&scene, &north, &paths, 200).await && all_answer(&scene, &south, &paths, 404).await);
    assert_eq!((total(&north).await.as_str(), total(&south).await.as_str()), ("500.00", "0.00"));

    // The other hundred first: the one with the records is the last.
    for office in offices.iter().rev() {
        let moved = scene.move_to(office, &scene.south).await;
        assert_eq!(moved.status, 200, "{}", moved.text);
    }
    let seen = tokio::time::timeout(SOON, async {
        eventually("every service knows where they are", || async {
            let moved = all_answer(&scene, &south, &paths, 200).await
                && all_answer(&scene, &north, &paths, 404).await
                && total(&south).await == "500.00"
                && total(&north).await == "0.00";
            for service in &services {
                if below(service, &scene.south).await != 101 {
                    return None;
                }
            }
            moved.then_some(())
        })
        .await;
    });
    assert!(seen.await.is_ok(), "not seen within {SOON:?}");
    let own = scene.world.http.get(Some(&session), &paths[0]).await;
    assert_eq!(own.status, 200, "the session of somebody there goes on: {}", own.text);
    let whole = total(&scene.world.token).await;
    assert_eq!(whole, "500.00", "headquarters has it all the time");
    scene.world.stop().await;
}
