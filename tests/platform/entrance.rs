//! The gateway is the only way in, and it knows who asks.

use passerelle::platform::processes;
use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use tests::{PASSWORD, World, sign_in, text};

/// The status of a request that goes past the gateway.
async fn directly(world: &World, service: &str, path: &str, token: Option<&str>) -> StatusCode {
    let mut request = Client::new().get(format!("{}{path}", world.address(service)));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_service_answers_whoever_reaches_its_port() {
    let world = World::new().await;
    let email = world.representative(&world.donor("Norway").await).await;
    let tokens = sign_in(&world.http, &email, PASSWORD).await;
    let token = text(&tokens["access_token"]);
    assert_eq!(world.http.get(Some(&token), "/v1/me").await.status, 200);
    let revocation = world.http.request(Method::POST, "/oauth/revoke").form(&[("token", &token)]);
    assert_eq!(world.http.send(revocation).await.status, 200);
    assert_eq!(world.http.get(Some(&token), "/v1/me").await.status, 401);
    // A service alone does not know of it: nobody asks a service alone.
    assert_eq!(directly(&world, "identity", "/v1/me", Some(&token)).await, 403);
    assert_eq!(directly(&world, "donors", "/v1/donors", Some(&world.token)).await, 403);
    let session = "/internal/sessions/0190a0a0-0000-7000-8000-000000000000";
    for (service, path) in [
        ("identity", session),
        ("identity", "/.well-known/jwks.json"),
        ("crisis", "/v1/public/plans"),
        ("portal", "/sign-in"),
    ] {
        assert_eq!(directly(&world, service, path, None).await, 403, "{service}{path}");
    }
    for process in processes().iter().filter(|process| process.name != "gateway") {
        assert_eq!(directly(&world, process.name, "/", None).await, 403, "{}", process.name);
    }
    assert_eq!(world.http.get(None, session).await.status, 404, "nor is it there through the gateway");
    world.stop().await;
}

/// A guess at a password, from an address of this machine, with a header that says it is another's.
async fn guess(world: &World, from: &str, forwarded: &str, email: &str) -> u16 {
    let redirect_uri = format!("{}/sign-in", world.http.url);
    let body = json!({ "email": email, "password": "wrong", "client_id": "portal", "redirect_uri": redirect_uri,
        "code_challenge": "x".repeat(43), "code_challenge_method": "S256" });
    let client = Client::builder().local_address(Some(from.parse().unwrap())).build().unwrap();
    // By number: a name may lead to an address of the other family.
    let url = world.http.url.replace("localhost", "127.0.0.1");
    let request = client.post(format!("{url}/oauth/authorize")).header("x-forwarded-for", forwarded);
    request.json(&body).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_of_the_attackers_choice_does_not_get_round_the_throttle() {
    let world = World::new().await;
    let email = world.representative(&world.donor("Norway").await).await;
    // Behind a trusted proxy, which appends the address it saw; and without one, from an address that nobody trusts.
    for (from, seen) in [("127.0.0.1", ", 203.0.113.77"), ("127.0.0.2", "")] {
        let mut answers = Vec::new();
        for number in 0..8 {
            answers.push(guess(&world, from, &format!("198.51.100.{number}{seen}"), &email).await);
        }
        assert_eq!(&answers[..5], [401; 5], "{from}: {answers:?}");
        assert_eq!(&answers[5..], [429; 3], "{from}: {answers:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_pages_are_counted_each_for_themselves() {
    let world = World::new().await;
    let email = world.representative(&world.donor("Norway").await).await;
    let sign_in = async |from: &str, password: &str| {
        let request = world.http.request(Method::POST, "/sign-in").header("x-forwarded-for", from);
        world.http.send(request.form(&[("email", email.as_str()), ("password", password)])).await.status
    };
    for _ in 0..6 {
        assert_ne!(sign_in("203.0.113.1", "wrong").await, 303);
    }
    assert_ne!(sign_in("203.0.113.1", PASSWORD).await, 303, "this one must wait");
    assert_eq!(sign_in("203.0.113.2", PASSWORD).await, 303, "the portal speaks for another here");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_with_a_token_is_for_nobodys_cache() {
    let world = World::new().await;
    for path in ["/v1/donors", "/v1/people", "/v1/nothing", "/v1/donors?limit=0"] {
        let answer = world.http.get(Some(&world.token), path).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    let csv =
        world.http.request(Method::GET, "/v1/donors").bearer_auth(&world.token).header("accept", "text/csv");
    assert_eq!(world.http.send(csv).await.header("cache-control"), "no-store");
    let keys = world.http.get(Some(&world.token), "/.well-known/jwks.json").await;
    assert_eq!(keys.header("cache-control"), "public, max-age=300", "a service's own word stands");
    let unauthenticated = world.http.get(None, "/v1/donors").await;
    assert_eq!((unauthenticated.status, unauthenticated.header("cache-control")), (401, "no-store"));
    world.stop().await;
}
