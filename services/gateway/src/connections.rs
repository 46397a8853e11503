//! How many connections are open, of everybody together and of each origin: decided when one is accepted, before a byte
//! of it is read. Reverse proxies speak for many and are never refused; neither is the portal on its own listener.

use crate::{
    origin::{Trust, counted},
    settings::Limits,
};
use actix_web::dev::Extensions;
use kernel::{Clock, Code, Problem, Reason, id::new_uuid};
use socket2::SockRef;
use std::{
    collections::HashMap,
    net::{IpAddr, Shutdown, TcpListener},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::net::TcpStream;

/// Connections that the system may hold for us until they are accepted.
const BACKLOG: i32 = 1024;
/// Open files that are for other things: databases, connections to services, the program itself.
const RESERVED_FILES: u64 = 1024;
/// Seconds after which a refused client may try again.
const RETRY_AFTER: u64 = 5;

pub(crate) struct Connections {
    max: usize,
    max_of_one: usize,
    stalled: Duration,
    trust: Arc<Trust>,
    portal_port: Option<u16>,
    clock: Arc<dyn Clock>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: usize,
    of_one: HashMap<IpAddr, usize>,
}

/// An open connection, counted until it is dropped with it.
struct Counted {
    connections: Arc<Connections>,
    origin: IpAddr,
}

impl Connections {
    pub(crate) fn new(
        limits: &Limits,
        trust: Arc<Trust>,
        portal_port: Option<u16>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let (max, max_of_one) =
            (within_open_files(limits.max_connections), limits.max_connections_per_origin);
        let (stalled, open) = (limits.keep_alive(), Mutex::default());
        Arc::new(Self { max, max_of_one, stalled, trust, portal_port, clock, open })
    }

    /// Counts a new connection, or refuses it: with an answer, if the client still listens, and closed in any case.
    pub(crate) fn accept(self: &Arc<Self>, stream: &TcpStream, data: &mut Extensions) {
        self.end_when_stalled(stream);
        let is_portal = stream.local_addr().is_ok_and(|own| Some(own.port()) == self.portal_port);
        let Ok(peer) = stream.peer_addr() else { return };
        if is_portal || self.trust.is_proxy(peer.ip()) {
            return;
        }
        let origin = counted(peer.ip());
        match self.count(origin) {
            Ok(()) => {
                data.insert(Counted { connections: self.clone(), origin });
            }
            Err(reason) => {
                crate::refused(reason);
                // The runtime does not know yet that the socket can be written to; it can, its buffer is empty.
                let socket = SockRef::from(stream);
                let _ = socket.send(self.refusal().as_bytes());
                let _ = socket.shutdown(Shutdown::Both);
            }
        }
    }

    fn count(&self, origin: IpAddr) -> Result<(), &'static str> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.max {
            return Err("connections");
        }
        let of_one = open.of_one.entry(origin).or_default();
        if *of_one >= self.max_of_one {
            return Err("origin_connections");
        }
        *of_one += 1;
        open.all += 1;
        Ok(())
    }

    fn refusal(&self) -> String {
        let why = "too many connections are open";
        let mut problem = Problem::new(Code::Unavailable).because(Reason::Busy, why);
        problem.trace_id = Some(new_uuid(self.clock.as_ref()).to_string());
        let body = serde_json::to_string(&problem).unwrap_or_default();
        format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: {RETRY_AFTER}\r\n\
             connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// A client that reads nothing of its answer loses the connection: it would occupy the service that answers.
    #[cfg(target_os = "linux")]
    fn end_when_stalled(&self, stream: &TcpStream) {
        if let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(self.stalled)) {
            tracing::debug!(%error, "the write timeout of a connection could not be set");
        }
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "only Linux has this time-out")]
    fn end_when_stalled(&self, _: &TcpStream) {}
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        let left = open.of_one.get(&self.origin).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            open.of_one.remove(&self.origin);
        } else {
            open.of_one.insert(self.origin, left);
        }
    }
}

/// Lets the system hold many connections until they are accepted.
pub(crate) fn widen(listener: &TcpListener) {
    if let Err(error) = SockRef::from(listener).listen(BACKLOG) {
        tracing::debug!(%error, "the backlog of the listener could not be changed");
    }
}

/// As many connections as the process may have open files, which is made as many as the system allows.
fn within_open_files(wanted: usize) -> usize {
    let enough = RESERVED_FILES + wanted as u64;
    let files = match rlimit::increase_nofile_limit(enough) {
        Ok(files) => files,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be determined");
            return wanted;
        }
    };
    if files >= enough {
        return wanted;
    }
    let fitting = usize::try_from(files.saturating_sub(RESERVED_FILES).max(files / 2)).unwrap_or(wanted);
    tracing::warn!(
        files,
        connections = fitting,
        "fewer connections are accepted: raise the limit of open files"
    );
    fitting
}

#[cfg(test)]
mod tests;
