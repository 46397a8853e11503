//! Free ports below those that the system gives to outgoing connections, so that nobody takes one before its server
//! listens.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU16, Ordering},
};

/// Ports of one process: the range starts at an offset derived from the process id.
const PORTS_PER_PROCESS: u16 = 200;
const FIRST_PORT: u16 = 20_000;
const LAST_PORT: u16 = 32_000;

/// A port on which nothing listens, and that this process has not given before.
///
/// # Panics
/// When all are taken.
pub fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let shares = (LAST_PORT - FIRST_PORT) / PORTS_PER_PROCESS;
    let begin = u16::try_from(std::process::id() % u32::from(shares)).unwrap_or(0) * PORTS_PER_PROCESS;
    for _ in 0..LAST_PORT - FIRST_PORT {
        let port = FIRST_PORT + (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % (LAST_PORT - FIRST_PORT);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free")
}
