//! Where a request comes from, for the counts of wrong secrets and the turns of the password queue.

use actix_web::HttpRequest;
use std::net::{IpAddr, Ipv6Addr};

/// The origin as the gateway told it: an IPv4 address, or the /64 network of an IPv6 address (whoever has one address of
/// it has them all). The gateway writes the header itself, with one address; anything else is one origin together.
pub(crate) fn of(request: &HttpRequest) -> String {
    let header = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    header.and_then(parse).unwrap_or_else(|| "unknown".to_owned())
}

fn parse(header: &str) -> Option<String> {
    // Of several the last one: what stands before it was somebody else's to write.
    let address: IpAddr = header.rsplit(',').next()?.trim().parse().ok()?;
    Some(match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn origin(header: &str) -> String {
        of(&TestRequest::default().insert_header(("x-forwarded-for", header)).to_http_request())
    }

    #[test]
    fn an_ipv6_network_is_one_origin_and_an_ipv4_address_is_one() {
        assert_eq!(origin("192.0.2.7"), "192.0.2.7");
        assert_eq!(origin("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(origin("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(origin("2001:db8:1:2::ffff"), "2001:db8:1:2::/64");
        assert_ne!(origin("2001:db8:1:3::1"), "2001:db8:1:2::/64");
    }

    #[test]
    fn what_somebody_wrote_before_the_gateway_is_no_origin() {
        assert_eq!(origin("198.51.100.9, 192.0.2.7"), "192.0.2.7");
        let long = "A".repeat(5_000);
        for junk in ["junk", "", "192.0.2.7:80", long.as_str()] {
            assert_eq!(origin(junk), "unknown", "{junk}");
        }
        assert_eq!(of(&TestRequest::default().to_http_request()), "unknown");
    }
}
