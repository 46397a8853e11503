//! A token that was revoked stays revoked, whatever becomes of the copy that gateways ask.

use reqwest::Method;
use std::time::{Duration, Instant};
use tests::{PASSWORD, World, infra, sign_in, text};

async fn person(world: &World) -> serde_json::Value {
    let email = world.representative(&world.donor(&format!("Donor {}", world.number())).await).await;
    sign_in(&world.http, &email, PASSWORD).await
}

async fn status(world: &World, token: &str) -> u16 {
    world.http.get(Some(token), "/v1/me").await.status
}

async fn revoke(world: &World, token: &str) {
    let request = world.http.request(Method::POST, "/oauth/revoke").form(&[("token", token)]);
    assert_eq!(world.http.send(request).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_refused_at_once_and_its_sign_in_ends() {
    let world = World::new().await;
    for revoked in ["access_token", "refresh_token"] {
        let (tokens, other) = (person(&world).await, person(&world).await);
        let token = text(&tokens["access_token"]);
        assert_eq!(status(&world, &token).await, 200);
        revoke(&world, &text(&tokens[revoked])).await;
        let refused = world.http.get(Some(&token), "/v1/me").await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (401, Some("unauthenticated")));
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", &text(&tokens["refresh_token"]))];
        let refresh = world.http.send(world.http.request(Method::POST, "/oauth/token").form(&refresh)).await;
        assert_eq!(refresh.status, 400);
        assert_eq!(status(&world, &text(&other["access_token"])).await, 200, "nobody else is signed out");
    }
    let client = world.client(&world.founded.office_id.to_string(), &["donors:read"]).await;
    revoke(&world, &client).await;
    assert_eq!(world.http.get(Some(&client), "/v1/donors").await.status, 401);
    // What is no token is answered the same way (RFC 7009).
    revoke(&world, "nothing").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_stays_revoked_while_redis_comes_and_goes() {
    let Some(infra) = infra() else {
        testkit::skip_without_servers("revocations without Redis");
        return;
    };
    let infra = tokio::task::spawn_blocking(move || infra.with_own_redis()).await.unwrap().unwrap();
    let world = World::on(Some(infra.clone()), "").await;
    let (early, late, live) = (person(&world).await, person(&world).await, person(&world).await);
    let [early, late, live] = [early, late, live].map(|tokens| text(&tokens["access_token"]));
    revoke(&world, &early).await;
    let redis = infra.clone();
    tokio::task::spawn_blocking(move || redis.kill_redis()).await.unwrap();
    // Limits fall back to memory, revocations to identity.
    assert_eq!((status(&world, &early).await, status(&world, &live).await), (401, 200));
    let started = Instant::now();
    revoke(&world, &late).await;
    assert!(
        started.elapsed() >= cache::LEASE,
        "it is not acknowledged while an old copy might say otherwise"
    );
    assert_eq!(status(&world, &late).await, 401);
    let redis = infra.clone();
    tokio::task::spawn_blocking(move || redis.start_redis()).await.unwrap().unwrap();
    // Empty, then filled again by itself: at no moment does a revoked token hold.
    let back = Instant::now();
    while back.elapsed() < Duration::from_secs(4) {
        assert_eq!((status(&world, &early).await, status(&world, &late).await), (401, 401));
        assert_eq!(status(&world, &live).await, 200);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.stop().await;
    infra.kill_redis();
}
