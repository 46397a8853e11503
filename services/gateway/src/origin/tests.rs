use super::*;
use actix_web::test::TestRequest;
use auth::INTERNAL_HEADER;

fn trust(proxies: &[&str]) -> Trust {
    Trust::new(proxies.iter().map(|network| network.parse().unwrap()).collect(), InternalKey::random())
}

fn request(peer: &str, headers: &[(&str, &str)]) -> actix_web::HttpRequest {
    let mut request = TestRequest::default().peer_addr(SocketAddr::new(peer.parse().unwrap(), 4711));
    for (name, value) in headers {
        request = request.append_header((*name, *value));
    }
    request.insert_header(("host", "own.example")).to_http_request()
}

fn address(trust: &Trust, peer: &str, forwarded: &[&str]) -> String {
    let headers: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
    trust.origin(request(peer, &headers).head()).address.to_string()
}

#[test]
fn the_origin_is_the_last_address_that_is_no_trusted_proxys() {
    let trust = trust(&["127.0.0.1/32", "10.0.0.0/8"]);
    // What nginx's $proxy_add_x_forwarded_for makes of a header that the client invented.
    assert_eq!(address(&trust, "127.0.0.1", &["198.51.100.9, 203.0.113.77"]), "203.0.113.77");
    assert_eq!(address(&trust, "127.0.0.1", &["198.51.100.9", "203.0.113.77, 10.1.2.3"]), "203.0.113.77");
    assert_eq!(address(&trust, "10.0.0.1", &["203.0.113.77:5000"]), "203.0.113.77");
    assert_eq!(address(&trust, "10.0.0.1", &["10.0.0.7"]), "10.0.0.7");
    assert_eq!(address(&trust, "10.0.0.1", &[]), "10.0.0.1");
    assert_eq!(address(&trust, "::ffff:10.0.0.1", &["203.0.113.77"]), "203.0.113.77");
}

#[test]
fn what_is_no_address_names_nobody() {
    let trust = trust(&["127.0.0.1/32"]);
    for junk in ["junk3", &"A".repeat(5000), "unknown", "1.2.3", "203.0.113.77, _hidden", "", "203.0.113.77,"]
    {
        assert_eq!(address(&trust, "127.0.0.1", &[junk]), "127.0.0.1", "{junk}");
    }
}

#[test]
fn nobody_else_chooses_who_they_are_and_loopback_is_nobody_special() {
    let trust = trust(&["10.0.0.0/8"]);
    for peer in ["127.0.0.1", "203.0.113.5"] {
        assert_eq!(address(&trust, peer, &["198.51.100.9"]), peer);
        let said = [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
            ("forwarded", "proto=https"),
        ];
        let origin = trust.origin(request(peer, &said).head());
        assert_eq!((origin.scheme, origin.host.unwrap().to_str().unwrap()), ("http", "own.example"));
    }
    let said = [("x-forwarded-proto", "https"), ("x-forwarded-host", "funding.example")];
    let origin = trust.origin(request("10.0.0.1", &said).head());
    assert_eq!((origin.scheme, origin.host.unwrap().to_str().unwrap()), ("https", "funding.example"));
}

#[test]
fn the_portal_speaks_for_its_readers_by_the_key_of_the_deployment() {
    let trust = trust(&[]);
    let with = |key: &str| {
        let headers = [(INTERNAL_HEADER, key), ("x-forwarded-for", "203.0.113.77")];
        trust.origin(request("127.0.0.1", &headers).head()).address.to_string()
    };
    assert_eq!(with(trust.internal.value()), "203.0.113.77");
    assert_eq!(with(InternalKey::random().value()), "127.0.0.1");
}

#[test]
fn an_ipv6_network_counts_as_one() {
    let trust = trust(&["127.0.0.1/32"]);
    let of = |forwarded: &str| address(&trust, "127.0.0.1", &[forwarded]);
    assert_eq!(of("2001:db8:1:2:aaaa::1"), of("[2001:db8:1:2:bbbb::2]:443"));
    assert_eq!(of("[2001:db8:1:2::9]"), "2001:db8:1:2::");
    assert_ne!(of("2001:db8:1:3::1"), of("2001:db8:1:2::1"));
    assert_eq!(of("::ffff:203.0.113.77"), "203.0.113.77");
}

#[test]
fn bytes_that_a_client_put_in_front_hide_nobody() {
    let trust = trust(&["127.0.0.1/32"]);
    let request = request("127.0.0.1", &[]);
    let mut head = request.head().headers().clone();
    head.append(
        header::HeaderName::from_static("x-forwarded-for"),
        header::HeaderValue::from_bytes(b"\xff, 203.0.113.77").unwrap(),
    );
    assert_eq!(trust.forwarded_for(&head).unwrap().to_string(), "203.0.113.77");
}
