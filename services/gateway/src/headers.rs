//! Which headers are passed on, and which belong to one connection or to one place only.

use actix_web::http::header::{self, HeaderMap, HeaderName};
use auth::INTERNAL_HEADER;

/// Hop-by-hop headers (RFC 9110 section 7.6.1), and those the gateway writes itself.
const HOP_BY_HOP: [&str; 12] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "accept-encoding",
    "content-length",
];

/// What only a proxy in front may say, and the gateway has read by then: who asks, how, and for which host.
const FORWARDING: [&str; 9] = [
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-original-url",
    "x-rewrite-url",
    INTERNAL_HEADER,
];

/// Copies end-to-end headers.
pub(crate) fn copy(from: &HeaderMap, mut append: impl FnMut(&HeaderName, &header::HeaderValue)) {
    let named = named_by_connection(from);
    for (name, value) in from {
        let text = name.as_str();
        let is_ours = HOP_BY_HOP.contains(&text)
            || text.starts_with("x-forwarded-")
            || FORWARDING.contains(&text)
            || named.iter().any(|named| named.eq_ignore_ascii_case(text));
        if !is_ours {
            append(name, value);
        }
    }
}

/// The headers that `connection` says are for this connection alone.
fn named_by_connection(headers: &HeaderMap) -> Vec<&str> {
    let lines = headers.get_all(header::CONNECTION).filter_map(|line| line.to_str().ok());
    let names = lines.flat_map(|line| line.split(',')).map(str::trim);
    names
        .filter(|name| !name.eq_ignore_ascii_case("keep-alive") && !name.eq_ignore_ascii_case("close"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_one_connection_or_for_the_gateway_alone_is_not_passed_on() {
        let mut headers = HeaderMap::new();
        let sent = [
            ("connection", "keep-alive, X-Secret-Hop"),
            ("connection", "x-other"),
            ("x-secret-hop", "1"),
            ("x-other", "1"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-port", "1"),
            ("forwarded", "for=192.0.2.1"),
            ("x-real-ip", "192.0.2.1"),
            (INTERNAL_HEADER, "guess"),
            ("te", "trailers"),
            ("accept", "text/csv"),
            ("cookie", "a=1"),
        ];
        for (name, value) in sent {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        let mut copied = Vec::new();
        copy(&headers, |name, _| copied.push(name.to_string()));
        copied.sort();
        assert_eq!(copied, ["accept", "cookie"]);
    }
}
