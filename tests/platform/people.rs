//! People as administrators keep them: who is listed, who changes whose account, what a suspension ends, and who can still
//! sign in.

mod access;
mod administrators;
mod invitations;
mod lists;
mod rights;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Response;
use tests::{PASSWORD, World, text};

/// A member of staff who has accepted, with these roles by office: the id and the address.
async fn staff(world: &World, roles: &[(&str, &str)]) -> (String, String) {
    let email = format!("person-{}@example.org", world.number());
    let body =
        json!({ "name": "Amina Rahimi", "email": email, "password": PASSWORD, "roles": listed(roles) });
    (text(&world.create("/v1/people", body).await["id"]), email)
}

/// Roles as the API lists them.
fn listed(roles: &[(&str, &str)]) -> Value {
    roles.iter().map(|(office, role)| json!({ "office_id": office, "role": role })).collect()
}

/// An account, as headquarters sees it.
async fn get(world: &World, id: &str) -> Value {
    let answer = world.http.get(Some(&world.token), &format!("/v1/people/{id}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// A request about an account under its present version.
async fn send(world: &World, token: &str, method: Method, path: &str, body: Option<Value>) -> Response {
    let id = path.split('/').nth(3).unwrap();
    let version = format!("\"{}\"", get(world, id).await["version"]);
    let request = world.http.request(method, path).bearer_auth(token).header("if-match", version);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    world.http.send(request).await
}

/// `suspend` or `restore`.
async fn step(world: &World, token: &str, id: &str, step: &str) -> Response {
    send(world, token, Method::POST, &format!("/v1/people/{id}/{step}"), None).await
}

/// Changes an account; what is not named stays as it is.
async fn change(world: &World, token: &str, id: &str, changes: Value) -> Response {
    let mut body = json!({ "name": "Amina Rahimi", "language": "en" });
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    send(world, token, Method::PUT, &format!("/v1/people/{id}"), Some(body)).await
}

/// The status and the reason of a refusal.
fn refusal(answer: &Response) -> (u16, String) {
    let problem = answer.json();
    (answer.status, problem["reason"].as_str().unwrap_or_default().to_owned())
}

/// The answer to a password.
async fn try_password(world: &World, email: &str, password: &str) -> Response {
    let body = json!({ "email": email, "password": password, "client_id": "portal",
        "redirect_uri": format!("{}/sign-in", world.http.url), "code_challenge": "x".repeat(43),
        "code_challenge_method": "S256" });
    world.http.post(None, "/oauth/authorize", &body).await
}

/// The answer to a refresh token.
async fn refresh(world: &World, tokens: &Value) -> Response {
    let token = text(&tokens["refresh_token"]);
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    world.http.send(world.http.request(Method::POST, "/oauth/token").form(&form)).await
}

/// Runs a statement in identity's database, for what no request brings about: a day that has passed.
async fn execute(world: &World, statement: &str) {
    let tx = world.identity.system(store::Actor::system()).await.unwrap();
    store::sql::execute(tx.db(), statement, vec![]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_who_edit_one_person_the_second_reads_it_again() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (id, _) = staff(&world, &[(&headquarters, "auditor")]).await;
    let path = format!("/v1/people/{id}");
    let read = world.http.get(Some(&world.token), &path).await;
    assert_eq!(read.header("etag"), "\"1\"");
    let put = async |version: Option<&str>, name: &str| {
        let request = world.http.request(Method::PUT, &path).bearer_auth(&world.token);
        let request = match version {
            Some(version) => request.header("if-match", version),
            None => request,
        };
        world.http.send(request.json(&json!({ "name": name, "language": "fr" }))).await
    };
    assert_eq!(put(None, "Nobody").await.status, 428);
    let first = put(Some("\"1\""), "Émile Zongo").await;
    assert_eq!((first.status, first.header("etag")), (200, "\"2\""), "{}", first.text);
    let second = put(Some("\"1\""), "Emil Zongo").await;
    assert_eq!((second.status, second.json()["code"].as_str()), (412, Some("stale_version")));
    let kept = get(&world, &id).await;
    assert_eq!((&kept["name"], &kept["language"]), (&json!("Émile Zongo"), &json!("fr")));
    assert_eq!(kept["roles"], listed(&[(&headquarters, "auditor")]), "what was not sent stays");
    // Two at once under one version: one of them is written.
    let (one, other) = tokio::join!(put(Some("\"2\""), "One"), put(Some("\"2\""), "Other"));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_cannot_have_is_named_where_it_stands() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (id, _) = staff(&world, &[(&headquarters, "auditor")]).await;
    let nowhere = "00000000-0000-7000-8000-000000000000";
    let custom = json!([{ "office_id": headquarters, "role_id": nowhere }]);
    for (changes, status, pointers) in [
        (json!({ "name": " ", "email": "nobody" }), 422, vec!["/name", "/email"]),
        (json!({ "language": "de" }), 422, vec!["/language"]),
        (json!({ "office_id": nowhere }), 422, vec!["/office_id"]),
        (json!({ "roles": listed(&[(nowhere, "auditor")]) }), 422, vec!["/roles/0/office_id"]),
        (json!({ "custom_roles": custom }), 422, vec!["/custom_roles/0/role_id"]),
        (json!({ "roles": [], "custom_roles": [] }), 422, vec!["/roles"]),
        (json!({ "email": "other@example.org" }), 409, vec!["/email"]),
    ] {
        let refused = change(&world, &world.token, &id, changes.clone()).await;
        assert_eq!(
            (refused.status, refused.pointers()),
            (status, pointers.into_iter().map(str::to_owned).collect()),
            "{changes}"
        );
    }
    assert_eq!(get(&world, &id).await["version"], 1, "nothing was written");
    let donor = world.donor("Norway").await;
    let email = world.representative(&donor).await;
    let found = world.http.get(Some(&world.token), &format!("/v1/people?q={email}")).await.json();
    let representative = text(&found["items"][0]["id"]);
    let roles = json!({ "roles": listed(&[(&headquarters, "auditor")]) });
    let refused = change(&world, &world.token, &representative, roles).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/roles".to_owned()]));
    let renamed = change(&world, &world.token, &representative, json!({ "name": "Ingrid" })).await;
    assert_eq!((renamed.status, &renamed.json()["name"]), (200, &json!("Ingrid")), "{}", renamed.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_is_recognised_without_its_password() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let send = async |name: &str, password: Option<&str>| {
        let mut body = json!({ "name": name, "email": "binta@example.org",
            "roles": listed(&[(&headquarters, "auditor")]) });
        if let Some(password) = password {
            body["password"] = json!(password);
        }
        let request = world.http.request(Method::POST, "/v1/people").bearer_auth(&world.token);
        world.http.send(request.header("idempotency-key", "binta").json(&body)).await
    };
    let first = send("Binta", Some(PASSWORD)).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let another = "another long password";
    let again = send("Binta", Some(another)).await;
    assert_eq!((again.status, &again.json()["id"]), (201, &first.json()["id"]), "{}", again.text);
    assert_eq!(try_password(&world, "binta@example.org", PASSWORD).await.status, 200, "the first one holds");
    assert_eq!(try_password(&world, "binta@example.org", another).await.status, 401);
    for (name, password) in [("Bintou", Some(PASSWORD)), ("Binta", None)] {
        let refused = send(name, password).await;
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (422, &json!("idempotency_key_reused")),
            "{name}"
        );
    }
    world.stop().await;
}
