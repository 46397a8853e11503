//! Slow clients and slow services: neither takes anything from others.

use super::harness::{Gateway, read};
use reqwest::Method;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;

/// Far more than an answer takes, far less than it took to wait for a place that slow bodies held (30 s).
const SOON: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_keep_nobody_else_waiting() {
    let gateway = Gateway::start(|_| {});
    rlimit::increase_nofile_limit(8192).unwrap();
    // More than two workers' connections to services were, when those were taken before the body was there.
    let slow = gateway.slow_bodies(600).await;
    for path in ["/", "/sign-in", "/v1/public/countries", "/"] {
        let started = Instant::now();
        let answer = tokio::time::timeout(SOON, gateway.http.get(None, path)).await;
        assert_eq!(answer.map(|answer| answer.status).ok(), Some(200), "{path}: {:?}", started.elapsed());
    }
    let token = gateway.http.request(Method::POST, "/oauth/token").body("grant_type=x");
    let answer = tokio::time::timeout(SOON, gateway.http.send(token)).await.unwrap();
    assert!(answer.text.contains("size: 12"), "the same operation goes on for others: {}", answer.text);
    assert_eq!(gateway.heard()[0], 1, "a service hears of a request when its body is there");
    drop(slow);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_comes_too_slowly_is_refused_and_a_steady_one_is_not() {
    let gateway = Gateway::start(|settings| {
        settings.limits.body_timeout_seconds = 1;
        settings.limits.min_bytes_per_second = 100;
    });
    let head =
        |length: usize| format!("POST /oauth/token HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n");
    let is_refused = |answer: &str| {
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(
            answer.contains("request_timeout") && answer.contains("application/problem+json"),
            "{answer}"
        );
    };
    let mut silent = gateway.connect("127.0.0.1").await;
    silent.write_all(head(100).as_bytes()).await.unwrap();
    is_refused(&read(&mut silent, Duration::from_secs(4)).await);
    // Never silent for long, but 20 bytes a second.
    let mut dripping = gateway.connect("127.0.0.1").await;
    dripping.write_all(head(1000).as_bytes()).await.unwrap();
    for _ in 0..40 {
        let _ = dripping.write_all(b"x").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    is_refused(&read(&mut dripping, Duration::from_secs(4)).await);
    // As long as that, but fast enough.
    let mut steady = gateway.connect("127.0.0.1").await;
    steady.write_all(head(30 * 40).as_bytes()).await.unwrap();
    for _ in 0..30 {
        steady.write_all(&[b'x'; 40]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let answer = read(&mut steady, Duration::from_secs(2)).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("size: 1200"), "{answer}");
    assert_eq!(gateway.heard()[0], 1);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_hangs_takes_nothing_from_another() {
    let gateway = Gateway::start(|settings| settings.trusted = vec!["127.0.0.1/32".parse().unwrap()]);
    rlimit::increase_nofile_limit(8192).unwrap();
    let mut hanging = Vec::new();
    for number in 0..600 {
        let mut stream = gateway.connect("127.0.0.1").await;
        let from = format!("203.0.{}.{}", number / 250, number % 250);
        let head = format!("GET /v1/hanging HTTP/1.1\r\nhost: a\r\nx-forwarded-for: {from}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        hanging.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    for path in ["/", "/v1/public/countries"] {
        let answer = tokio::time::timeout(SOON, gateway.http.get(None, path)).await;
        assert_eq!(answer.map(|answer| answer.status).ok(), Some(200), "{path}");
    }
    assert_eq!(gateway.heard()[0], 256, "the rest waits for its turn");
    drop(hanging);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_with_too_much_under_way_waits_alone() {
    let gateway = Gateway::start(|settings| {
        settings.limits.max_requests_per_caller = 2;
        settings.limits.queue_timeout_seconds = 1;
    });
    let mut hanging = Vec::new();
    for _ in 0..2 {
        let client = gateway.at("127.0.0.1");
        hanging.push(tokio::spawn(async move { client.status("/v1/hanging").await }));
    }
    testkit::eventually("both are under way", || async { (gateway.heard()[0] == 2).then_some(()) }).await;
    let refused = gateway.http.get(None, "/v1/hanging").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "2"));
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert!(refused.json()["trace_id"].is_string(), "{}", refused.text);
    assert_eq!(
        gateway.http.get(None, "/v1/public/countries").await.status,
        200,
        "at another service it is free"
    );
    let other = gateway.at("127.0.0.2");
    let other = tokio::spawn(async move { other.status("/v1/hanging").await });
    testkit::eventually("another caller is heard", || async { (gateway.heard()[0] == 3).then_some(()) })
        .await;
    hanging.iter().for_each(tokio::task::JoinHandle::abort);
    other.abort();
    gateway.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_nothing_of_an_answer_does_not_keep_its_place() {
    let gateway = Gateway::start(|settings| {
        settings.limits.max_requests_per_caller = 1;
        settings.limits.queue_timeout_seconds = 20;
        settings.limits.keep_alive_seconds = 1;
    });
    let mut deaf = gateway.connect("127.0.0.1").await;
    deaf.write_all(b"GET /v1/endless HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    testkit::eventually("it is under way", || async { (gateway.heard()[1] == 1).then_some(()) }).await;
    let answer = gateway.http.get(None, "/v1/public/countries").await;
    assert_eq!(answer.status, 200, "its place was free again: {}", answer.text);
    drop(deaf);
    gateway.stop().await;
}
