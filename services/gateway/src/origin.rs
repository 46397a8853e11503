//! The origin of a request: the address that limits count, and the headers of a reverse proxy.
//!
//! `x-forwarded-for` is a list to which each proxy appends the address it saw; what stands before that, the client wrote
//! itself. So the list is read from its end, trusted proxies are passed over, and the first other address is the origin.
//! A client that is not a trusted proxy is itself the origin; its forwarding headers are neither used nor passed on.

use actix_web::{
    dev::RequestHead,
    http::header::{self, HeaderMap, HeaderValue},
};
use auth::{Claims, InternalKey};
use ipnet::IpNet;
use kernel::PrincipalId;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::atomic::{AtomicBool, Ordering},
};

/// Bits of an IPv6 address that name a customer's network: one machine has all addresses below.
const IPV6_NETWORK_BITS: u32 = 64;

/// Where a request comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The address, as it is counted: an IPv4 address, or the first of an IPv6 network.
    pub(crate) address: IpAddr,
    /// `http` or `https`: how the client reached the first trusted proxy.
    pub(crate) scheme: &'static str,
    /// The host it asked for.
    pub(crate) host: Option<HeaderValue>,
}

/// The subject of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// The subject of the token.
    Subject(PrincipalId),
    /// An origin.
    Network(IpAddr),
}

impl Caller {
    pub(crate) fn of(claims: Option<&Claims>, origin: &Origin) -> Self {
        claims.map_or(Self::Network(origin.address), |claims| Self::Subject(claims.sub))
    }
}

impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Caller::Subject(id) => id.fmt(f),
            Caller::Network(address) => address.fmt(f),
        }
    }
}

/// Who may speak for others.
pub(crate) struct Trust {
    proxies: Vec<IpNet>,
    internal: InternalKey,
    has_warned: AtomicBool,
}

impl Trust {
    pub(crate) fn new(proxies: Vec<IpNet>, internal: InternalKey) -> Self {
        Self { proxies, internal, has_warned: AtomicBool::new(false) }
    }

    pub(crate) fn is_proxy(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.proxies.iter().any(|network| network.contains(&address))
    }

    /// Where a request comes from.
    pub(crate) fn origin(&self, request: &RequestHead) -> Origin {
        let headers = request.headers();
        let peer =
            request.peer_addr.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
        let own_host = || headers.get(header::HOST).cloned();
        if !self.is_proxy(peer) && !self.internal.is_in(headers) {
            self.warn_once(peer, headers);
            return Origin { address: counted(peer), scheme: "http", host: own_host() };
        }
        let address = self.forwarded_for(headers).unwrap_or(peer);
        let scheme = if last(headers, "x-forwarded-proto") == Some("https") { "https" } else { "http" };
        let host = headers.get("x-forwarded-host").cloned().or_else(own_host);
        Origin { address: counted(address), scheme, host }
    }

    /// The nearest address that is not a trusted proxy; none if the entry is not an address.
    fn forwarded_for(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let lines: Vec<&[u8]> = headers.get_all("x-forwarded-for").map(HeaderValue::as_bytes).collect();
        let mut farthest = None;
        // Bytes: what a client put into its part must not hide what the proxy has added.
        for entry in lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
            let address = parse(std::str::from_utf8(entry).ok()?.trim())?;
            farthest = Some(address);
            if !self.is_proxy(address) {
                break;
            }
        }
        farthest
    }

    fn warn_once(&self, peer: IpAddr, headers: &HeaderMap) {
        if headers.contains_key("x-forwarded-for") && !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "x-forwarded-for is ignored: if this is your reverse proxy, add it to trusted_proxies (--trusted-proxy)"
            );
        }
    }
}

/// The last value of a header that may be a list.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(name).last()?.to_str().ok()?.rsplit(',').next().map(str::trim)
}

/// An address, perhaps with a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// The address that represents all addresses of one customer.
pub(crate) fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() >> IPV6_NETWORK_BITS << IPV6_NETWORK_BITS).into()
        }
    }
}

#[cfg(test)]
mod tests;
