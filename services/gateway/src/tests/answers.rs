//! What is answered, what is passed on, and what is not.

use super::harness::{Gateway, read};
use auth::INTERNAL_HEADER;
use reqwest::Method;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_a_path_has_not_is_answered_with_those_it_has() {
    let gateway = Gateway::start(|_| {});
    for (path, allowed) in [
        ("/v1/public/countries", "GET, POST, HEAD"),
        ("/oauth/token", "POST"),
        ("/openapi.json", "GET, HEAD"),
        ("/api-docs/index.html", "GET, HEAD"),
    ] {
        let answer = gateway.http.call(Method::DELETE, None, path, None).await;
        assert_eq!((answer.status, answer.header("allow")), (405, allowed), "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(answer.json()["trace_id"].is_string(), "{}", answer.text);
    }
    let head = gateway.http.call(Method::HEAD, None, "/openapi.json", None).await;
    assert_eq!(head.status, 200);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_the_clients_fault() {
    let gateway = Gateway::start(|_| {});
    for request in ["GET * HTTP/1.1", "OPTIONS * HTTP/1.1"] {
        let answer = gateway.raw(&format!("{request}\r\nhost: a\r\nconnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{request}: {answer}");
    }
    for path in ["/oauth/token", "/sign-in", "/v1/uploads"] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
        let answer = gateway.raw(&format!("{head}5\r\nhello\r\nnonsense\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("malformed_body"), "{path}: {answer}");
    }
    // Also where the body is so long that a part of it is on its way by then.
    let large = "x".repeat(2_000_000);
    let head = "POST /v1/uploads HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1e8480\r\n";
    let answer = gateway.raw(&format!("{head}{large}\r\nnonsense\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("malformed_body"), "{answer}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_offers_another_protocol_is_told_that_the_connection_ends() {
    let gateway = Gateway::start(|_| {});
    let upgrade =
        "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAABAAMAAABk\r\n";
    for (first, body) in [
        ("GET /v1/public/countries HTTP/1.1", ""),
        ("POST /v1/uploads HTTP/1.1", "content-length: 5\r\n\r\nhello"),
        ("GET /v1/nothing HTTP/1.1", ""),
    ] {
        let end = if body.is_empty() { "\r\n" } else { body };
        let answer = gateway.raw(&format!("{first}\r\nhost: a\r\n{upgrade}{end}")).await;
        let head = answer.split("\r\n\r\n").next().unwrap_or_default();
        assert!(head.contains("\r\nconnection: close"), "{first}: {head}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_arrive_whole_and_those_beyond_the_limit_are_refused() {
    let gateway = Gateway::start(|_| {});
    for size in [0, 1, 70_000, 1_048_576, 1_048_577, 7_000_000] {
        let body: Vec<u8> = (0..size).map(|at: u32| u8::try_from(at % 251).unwrap()).collect();
        let sum: u64 = body.iter().map(|byte| u64::from(*byte)).sum();
        let answer = gateway.http.send(gateway.http.request(Method::POST, "/v1/uploads").body(body)).await;
        let wanted = format!("size: {size}\nsum: {sum}\n");
        assert!(answer.status == 200 && answer.text.ends_with(&wanted), "{size}: {}", answer.text);
    }
    let chunks = futures_util::stream::iter((0..90).map(|_| Ok::<_, std::io::Error>(vec![1; 100_000])));
    let request = gateway.http.request(Method::POST, "/v1/uploads").body(reqwest::Body::wrap_stream(chunks));
    assert_eq!(gateway.http.send(request).await.status, 413);
    let announced = "POST /v1/uploads HTTP/1.1\r\nhost: a\r\ncontent-length: 8000001\r\n\r\n";
    let answer = gateway.raw(announced).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_says_of_itself_is_not_passed_on() {
    let gateway = Gateway::start(|_| {});
    let request = gateway.http.request(Method::GET, "/v1/public/countries");
    let request = request
        .header("x-forwarded-for", "198.51.100.9")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "for=198.51.100.9;proto=https;host=evil.example")
        .header("x-real-ip", "198.51.100.9")
        .header(INTERNAL_HEADER, "guess")
        .header("connection", "x-secret-hop")
        .header("x-secret-hop", "1");
    let answer = gateway.http.send(request).await;
    let got = |name: &str| answer.text.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    assert_eq!((got("x-forwarded-for"), got("x-forwarded-proto")), (Some("127.0.0.1"), Some("http")));
    assert_eq!(got("x-forwarded-host"), Some(format!("127.0.0.1:{}", gateway.port).as_str()));
    assert_eq!(got(INTERNAL_HEADER), Some(gateway.internal.value()));
    assert_eq!((got("forwarded"), got("x-real-ip"), got("x-secret-hop")), (None, None, None));
    assert_eq!(answer.header("strict-transport-security"), "", "nobody outside switches it on");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_says_for_whom_and_how_it_asks() {
    let gateway = Gateway::start(|settings| settings.trusted = vec!["127.0.0.1/32".parse().unwrap()]);
    let request = gateway.http.request(Method::GET, "/v1/public/countries");
    let request = request
        .header("x-forwarded-for", "198.51.100.9, 203.0.113.77")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "funding.example");
    let answer = gateway.http.send(request).await;
    for line in
        ["x-forwarded-for: 203.0.113.77", "x-forwarded-proto: https", "x-forwarded-host: funding.example"]
    {
        assert!(answer.text.contains(line), "{line}: {}", answer.text);
    }
    assert!(!answer.header("strict-transport-security").is_empty());
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_refused_as_problems_and_by_origin() {
    let gateway = Gateway::start(|settings| {
        (settings.limits.burst, settings.limits.requests_per_second) = (3, 1);
        settings.trusted = vec!["127.0.0.1/32".parse().unwrap()];
    });
    let get = async |path: &str, origin: &str| {
        let request = gateway.http.request(Method::GET, path);
        // What stands first in the list is of the client's choice.
        let forwarded = format!("{}, {origin}", rand_text());
        gateway.http.send(request.header("x-forwarded-for", forwarded)).await
    };
    for left in ["r=2", "r=1", "r=0"] {
        let answer = get("/v1/public/countries", "2001:db8:1:2::1").await;
        assert!(
            answer.status == 200 && answer.header("ratelimit").contains(left),
            "{}",
            answer.header("ratelimit")
        );
    }
    for path in ["/", "/v1/public/countries", "/oauth/token", "/v1/nothing"] {
        let refused = get(path, "2001:db8:1:2:ffff::9").await;
        assert_eq!(
            (refused.status, refused.header("content-type")),
            (429, "application/problem+json"),
            "{path}"
        );
        assert!(
            refused.json()["trace_id"].is_string() && !refused.header("retry-after").is_empty(),
            "{path}"
        );
    }
    assert_eq!(get("/", "2001:db8:1:3::1").await.status, 200);
    let missing = get("/v1/nothing", "203.0.113.5").await;
    assert_eq!(
        (missing.status, missing.header("ratelimit").contains("r=2")),
        (404, true),
        "problems say it too"
    );
    gateway.stop().await;
}

fn rand_text() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("junk{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_has_its_share_of_memory_and_ordinary_bodies_need_none() {
    let gateway = Gateway::start(|settings| settings.limits.max_buffered_mebibytes = 4);
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = gateway.connect("127.0.0.1").await;
        let head = "POST /v1/uploads HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![b'x'; 500_000]).await.unwrap();
        held.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let large = || gateway.http.request(Method::POST, "/v1/uploads").body(vec![0; 500_000]);
    let refused = gateway.http.send(large()).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "5"), "{}", refused.text);
    let small = gateway.http.request(Method::POST, "/v1/uploads").body(vec![0; 10_000]);
    assert_eq!(gateway.http.send(small).await.status, 200);
    held.truncate(1);
    tokio::time::sleep(Duration::from_millis(500)).await;
    held[0].write_all(&vec![b'x'; 500_000]).await.unwrap();
    assert!(read(&mut held[0], Duration::from_secs(3)).await.starts_with("HTTP/1.1 200"));
    assert_eq!(gateway.http.send(large()).await.status, 200, "what was read and sent on is free");
    gateway.stop().await;
}
