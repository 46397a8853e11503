//! Roles: the built-in ones, and those that an organisation makes, changes and deletes itself.

use crate::sign_in::form;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use store::{params, sql};
use testkit::Response;
use tests::{PASSWORD, World, sign_in, text};

/// How long a token may still hold after its session was ended.
const LIMIT: Duration = Duration::from_secs(5);

fn fields(name: &str, permissions: &[&str]) -> Value {
    json!({ "name": name, "description": "For tests.", "permissions": permissions })
}

async fn role(world: &World, name: &str, permissions: &[&str]) -> String {
    text(&world.create("/v1/roles", fields(name, permissions)).await["id"])
}

async fn change(world: &World, token: &str, id: &str, version: i64, body: &Value) -> Response {
    let request = world.http.request(Method::PUT, &format!("/v1/roles/{id}")).bearer_auth(token);
    world.http.send(request.header("if-match", format!("\"{version}\"")).json(body)).await
}

async fn delete(world: &World, id: &str) -> Response {
    world.http.call(Method::DELETE, Some(&world.token), &format!("/v1/roles/{id}"), None).await
}

/// Somebody with a custom role at headquarters.
fn holder(world: &World, role: &str) -> Value {
    let email = format!("holder-{}@example.org", world.number());
    json!({ "name": "Holder", "email": email, "password": PASSWORD,
        "custom_roles": [{ "office_id": world.founded.office_id, "role_id": role }] })
}

async fn names(world: &World, query: &str) -> Vec<String> {
    let list = world.http.get(Some(&world.token), &format!("/v1/roles?{query}")).await;
    assert_eq!(list.status, 200, "{}", list.text);
    let items = list.json()["items"].as_array().unwrap().clone();
    items.iter().map(|role| text(&role["name"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_roles_stand_after_the_built_in_ones_and_are_changed_by_one_at_a_time() {
    let world = World::new().await;
    let built_in = names(&world, "limit=200").await;
    assert_eq!((built_in.len(), built_in[0].as_str()), (kernel::StaffRole::ALL.len(), "Administrator"));
    let id = role(&world, "Grants", &["plans:read", "plans:read", "imports:write"]).await;
    role(&world, "Audit of plans", &["plans:read"]).await;
    assert_eq!(names(&world, "limit=200").await[built_in.len()..], ["Audit of plans", "Grants"]);
    assert_eq!(names(&world, "is_built_in=false&permission=imports:write").await, ["Grants"]);
    assert_eq!(names(&world, "permission=organisation:write").await, ["Administrator"]);
    // Page by page it is the same list.
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let query = format!("/v1/roles?limit=5{cursor}");
        let page = world.http.get(Some(&world.token), &query).await.json();
        paged.extend(page["items"].as_array().unwrap().iter().map(|role| text(&role["name"])));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, names(&world, "limit=200").await);
    let shown = world.http.get(Some(&world.token), &format!("/v1/roles/{id}")).await;
    assert_eq!((shown.header("etag"), &shown.json()["holders"]), ("\"1\"", &json!(0)));
    assert_eq!(shown.json()["permissions"], json!(["plans:read", "imports:write"]), "each once");
    for (body, status, pointer) in [
        (fields("GRANTS!", &["plans:read"]), 409, "/name"),
        (fields(" ", &["plans:read"]), 422, "/name"),
        (fields("None", &[]), 422, "/permissions"),
        (fields("Wrong", &["plans:eat"]), 422, "/permissions/0"),
    ] {
        let refused = world.http.post(Some(&world.token), "/v1/roles", &body).await;
        assert_eq!((refused.status, refused.pointers()), (status, vec![pointer.to_owned()]), "{body}");
    }
    let taken = change(&world, &world.token, &id, 1, &fields("audit of PLANS", &["plans:read"])).await;
    assert_eq!((taken.status, taken.pointers()), (409, vec!["/name".to_owned()]));
    let body = fields("Grants and plans", &["plans:read"]);
    let (one, other) = tokio::join!(
        change(&world, &world.token, &id, 1, &body),
        change(&world, &world.token, &id, 1, &body),
    );
    let mut both = [one.status, other.status];
    both.sort_unstable();
    assert_eq!(both, [200, 412], "{} {}", one.text, other.text);
    let request = world.http.request(Method::PUT, &format!("/v1/roles/{id}")).bearer_auth(&world.token);
    assert_eq!(world.http.send(request.json(&body)).await.status, 428);
    let (_, foreign) = world.other_organisation("OTHER").await;
    assert_eq!(world.http.get(Some(&foreign), &format!("/v1/roles/{id}")).await.status, 404);
    assert_eq!(delete(&world, &id).await.status, 204);
    assert_eq!(delete(&world, &id).await.status, 404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_or_takes_a_permission_beyond_their_own() {
    let world = World::new().await;
    let office = world.founded.office_id.to_string();
    let small = world.client(&office, &["people:read", "people:write", "plans:read"]).await;
    let large = role(&world, "Large", &["plans:read", "donors:write"]).await;
    let made = world.http.post(Some(&small), "/v1/roles", &fields("Small", &["plans:read"])).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let expected = (403, vec!["/permissions".to_owned()]);
    let beyond = world.http.post(Some(&small), "/v1/roles", &fields("More", &["plans:write"])).await;
    assert_eq!((beyond.status, beyond.pointers()), expected);
    for permissions in [vec!["plans:read"], vec!["plans:read", "donors:write", "donors:read"]] {
        let refused = change(&world, &small, &large, 1, &fields("Large", &permissions)).await;
        assert_eq!((refused.status, refused.pointers()), expected, "{permissions:?}");
    }
    // Roles are made at headquarters.
    let below = world.office(&office, "country").await;
    let elsewhere = world.client(&below, &["people:read", "people:write", "plans:read"]).await;
    let refused = world.http.post(Some(&elsewhere), "/v1/roles", &fields("Own", &["plans:read"])).await;
    assert_eq!((refused.status, &refused.json()["reason"]), (403, &json!("headquarters_only")));
    // Nor is a role given whose permissions the giver lacks.
    let refused = world.http.post(Some(&small), "/v1/people", &holder(&world, &large)).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    world.stop().await;
}

async fn status(world: &World, token: &str) -> u16 {
    world.http.get(Some(token), "/v1/me").await.status
}

async fn refresh(world: &World, tokens: &Value) -> Response {
    let token = text(&tokens["refresh_token"]);
    form(world, "/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", &token)]).await
}

fn scopes(tokens: &Value) -> Vec<String> {
    text(&tokens["scope"]).split(' ').map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_role_changes_what_its_holders_may_do_and_what_it_loses_ends_their_sessions() {
    let world = World::new().await;
    let id = role(&world, "Grants", &["plans:read", "offices:read"]).await;
    let body = holder(&world, &id);
    let person = world.create("/v1/people", body.clone()).await;
    let place = format!("/v1/people/{}", text(&person["id"]));
    let version =
        async || world.http.get(Some(&world.token), &place).await.json()["version"].as_i64().unwrap();
    let first = sign_in(&world.http, &text(&body["email"]), PASSWORD).await;
    assert_eq!(scopes(&first), ["offices:read", "plans:read"]);
    let me = world.http.get(Some(&text(&first["access_token"])), "/v1/me").await.json();
    assert_eq!(me["offices"][0]["id"], json!(world.founded.office_id), "the office of a custom role");
    let shown = world.http.get(Some(&world.token), &format!("/v1/roles/{id}")).await.json();
    assert_eq!(shown["holders"], 1);

    let before = version().await;
    let more = fields("Grants", &["plans:read", "offices:read", "donors:read"]);
    assert_eq!(change(&world, &world.token, &id, 1, &more).await.status, 200);
    assert_eq!(version().await, before + 1, "its holders have changed");
    assert_eq!(status(&world, &text(&first["access_token"])).await, 200, "more ends nothing");
    let second = refresh(&world, &first).await;
    assert_eq!(second.status, 200, "{}", second.text);
    let second = second.json();
    assert_eq!(scopes(&second), ["donors:read", "offices:read", "plans:read"]);

    let renamed = fields("Grants and more", &["plans:read", "offices:read", "donors:read"]);
    assert_eq!(change(&world, &world.token, &id, 2, &renamed).await.status, 200);
    assert_eq!(version().await, before + 1, "a name changes nothing for them");

    let changed = Instant::now();
    let less = fields("Grants", &["plans:read", "donors:read"]);
    assert_eq!(change(&world, &world.token, &id, 3, &less).await.status, 200);
    for token in [text(&first["access_token"]), text(&second["access_token"])] {
        while status(&world, &token).await != 401 {
            assert!(changed.elapsed() < LIMIT, "the token holds for too long");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert_eq!(refresh(&world, &second).await.status, 400, "the session is over");
    let third = sign_in(&world.http, &text(&body["email"]), PASSWORD).await;
    assert_eq!(scopes(&third), ["donors:read", "plans:read"]);

    let held = delete(&world, &id).await;
    assert_eq!((held.status, held.pointers()), (409, vec!["/holders".to_owned()]), "{}", held.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_deleted_is_never_held() {
    let world = World::new().await;
    let mut deleted = 0;
    for number in 0..12 {
        let id = role(&world, &format!("Role {number}"), &["plans:read"]).await;
        let body = holder(&world, &id);
        let (given, gone) = tokio::join!(world.http.post(Some(&world.token), "/v1/people", &body), async {
            // Each of the two comes first now and then.
            tokio::time::sleep(Duration::from_millis(number * 12)).await;
            delete(&world, &id).await
        },);
        assert!([201, 422, 503].contains(&given.status), "{}", given.text);
        assert!([204, 409, 503].contains(&gone.status), "{}", gone.text);
        assert!(!(given.status == 201 && gone.status == 204), "both happened");
        deleted += i32::from(gone.status == 204);
    }
    assert!(deleted > 0, "none was deleted: the race was not run");
    let db = world.identity.system_read().await.unwrap();
    let orphans = "SELECT 1 FROM person_custom_role h WHERE NOT EXISTS
                   (SELECT 1 FROM custom_role r WHERE r.id = h.role_id)";
    assert!(sql::row(&db, orphans, params![]).await.unwrap().is_none());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_and_its_holders_are_changed_at_once_and_do_not_wait_for_each_other() {
    let world = World::new().await;
    let id = role(&world, "Grants", &["plans:read"]).await;
    let mut places = Vec::new();
    for _ in 0..6 {
        let person = world.create("/v1/people", holder(&world, &id)).await;
        places.push(format!("/v1/people/{}", text(&person["id"])));
    }
    let office = world.founded.office_id;
    for round in 0..8 {
        // Each of them is given another role, or loses it, while the one that they hold becomes another.
        let (roles, permissions): (Value, &[&str]) = if round % 2 == 0 {
            (json!([{ "office_id": office, "role": "auditor" }]), &["plans:read", "offices:read"])
        } else {
            (json!([]), &["plans:read"])
        };
        let held = json!([{ "office_id": office, "role_id": id }]);
        let body = json!({ "name": "Holder", "language": "en", "roles": roles, "custom_roles": held });
        let put = async |place: &str, version: i64| {
            let request = world.http.request(Method::PUT, place).bearer_auth(&world.token);
            world.http.send(request.header("if-match", format!("\"{version}\"")).json(&body)).await
        };
        let mut versions = Vec::new();
        for place in &places {
            let person = world.http.get(Some(&world.token), place).await.json();
            versions.push(person["version"].as_i64().unwrap());
        }
        let people = places.iter().zip(versions).map(|(place, version)| put(place, version));
        let changed = fields("Grants", permissions);
        let (people, role) =
            tokio::join!(join_all(people), change(&world, &world.token, &id, round + 1, &changed));
        assert_eq!(role.status, 200, "{}", role.text);
        for person in people {
            // Whoever comes after the role finds a newer version.
            assert!([200, 412].contains(&person.status), "{}", person.text);
        }
    }
    world.stop().await;
}
