//! Free ports below those that the system gives to outgoing connections, so that nobody takes one before its server
//! listens.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU16, Ordering},
};

/// Ports of one process: its share begins somewhere by its number.
const SHARE: u16 = 200;
const FIRST: u16 = 20_000;
const LAST: u16 = 32_000;

/// A port on which nothing listens, and that this process has not given before.
///
/// # Panics
/// When all are taken.
pub fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let shares = (LAST - FIRST) / SHARE;
    let begin = u16::try_from(std::process::id() % u32::from(shares)).unwrap_or(0) * SHARE;
    for _ in 0..LAST - FIRST {
        let port = FIRST + (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % (LAST - FIRST);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free")
}
