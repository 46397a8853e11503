use crate::tests::harness::{Gateway, read};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_has_so_many_connections_and_a_trusted_proxy_as_many_as_it_needs() {
    let gateway = Gateway::start(|settings| {
        settings.limits.max_connections_per_origin = 5;
        settings.trusted = vec!["127.0.0.3/32".parse().unwrap()];
    });
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(gateway.connect("127.0.0.2").await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut refused = gateway.connect("127.0.0.2").await;
    let answer = read(&mut refused, Duration::from_secs(5)).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 5"), "{answer}");
    assert!(answer.contains("application/problem+json") && answer.contains("trace_id"), "{answer}");
    assert_eq!(gateway.at("127.0.0.4").status("/").await, Some(200), "another origin is none the worse");
    let mut proxied = Vec::new();
    for _ in 0..20 {
        let mut stream = gateway.connect("127.0.0.3").await;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let answer = read(&mut stream, Duration::from_millis(200)).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        proxied.push(stream);
    }
    open.clear();
    let again = || async { (gateway.at("127.0.0.2").status("/").await == Some(200)).then_some(()) };
    testkit::eventually("closed connections count no more", again).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portals_own_listener_cannot_be_crowded_out() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let gateway = Gateway::start(|settings| {
        settings.limits.max_connections = 3;
        settings.portal_listener = Some(listener);
    });
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(gateway.connect("127.0.0.1").await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut refused = gateway.connect("127.0.0.9").await;
    assert!(read(&mut refused, Duration::from_secs(5)).await.starts_with("HTTP/1.1 503"));
    let portal = testkit::Http::new(&format!("http://127.0.0.1:{port}"));
    assert_eq!(portal.get(None, "/v1/public/countries").await.status, 200);
    gateway.stop().await;
}
