//! Exports (CSV and XLSX) take turns: one at a time for each caller, and few XLSX files in the making at once.

use crate::Context;
use actix_web::{HttpMessage, HttpRequest, web::Data};
use auth::Claims;
use kernel::{Code, Problem, Reason};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// How long an export waits for the caller's other one.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an XLSX file waits for those of other callers.
const WRITER_TIMEOUT: Duration = Duration::from_secs(20);
/// XLSX files that are written at once: each keeps a processor busy.
const MAX_WRITERS: usize = 2;
/// Callers that are remembered before those without an export are forgotten.
const MAX_IDLE_CALLERS: usize = 100;

/// The exports in progress in a process.
pub(crate) struct Exports {
    callers: Mutex<HashMap<String, Arc<AsyncMutex<()>>>>,
    writers: Arc<Semaphore>,
}

impl Default for Exports {
    fn default() -> Self {
        Self { callers: Mutex::default(), writers: Arc::new(Semaphore::new(MAX_WRITERS)) }
    }
}

/// A caller's turn; the next export of the caller begins when it is dropped.
pub(crate) struct Turn {
    _guard: OwnedMutexGuard<()>,
}

impl Exports {
    /// Waits for the caller's turn.
    ///
    /// # Errors
    /// 429 when the caller's other export does not end.
    pub(crate) async fn turn(&self, caller: String) -> Result<Turn, Problem> {
        self.turn_within(caller, TURN_TIMEOUT).await
    }

    async fn turn_within(&self, caller: String, timeout: Duration) -> Result<Turn, Problem> {
        let guard = tokio::time::timeout(timeout, self.of(caller).lock_owned()).await;
        let guard = guard.map_err(|_| {
            let why = "another export of yours is in progress: run one at a time";
            Problem::rate_limited(TURN_TIMEOUT.as_secs()).because(Reason::ExportUnderWay, why)
        })?;
        Ok(Turn { _guard: guard })
    }

    fn of(&self, caller: String) -> Arc<AsyncMutex<()>> {
        let mut callers = self.callers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if callers.len() > MAX_IDLE_CALLERS {
            // Whoever exports or waits holds another reference.
            callers.retain(|_, own| Arc::strong_count(own) > 1);
        }
        callers.entry(caller).or_default().clone()
    }

    /// Waits until an XLSX file may be written.
    ///
    /// # Errors
    /// 503 when those of others do not end.
    pub(crate) async fn writer(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let busy =
            || Problem::new(Code::Unavailable).because(Reason::Busy, "too many exports are in progress");
        let permit = tokio::time::timeout(WRITER_TIMEOUT, self.writers.clone().acquire_owned()).await;
        permit.map_err(|_| busy())?.map_err(|_| busy())
    }
}

/// The exports of the service that answers `request`.
pub(crate) fn of(request: &HttpRequest) -> Arc<Exports> {
    request.app_data::<Data<Context>>().map(|context| context.exports.clone()).unwrap_or_default()
}

/// Who asks: the token's subject, or the address that the gateway saw.
pub(crate) fn caller(request: &HttpRequest) -> String {
    if let Some(claims) = request.extensions().get::<Arc<Claims>>() {
        return claims.sub.to_string();
    }
    let origin = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let peer = || request.peer_addr().map(|address| address.ip().to_string());
    origin.map(str::to_owned).or_else(peer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_caller_has_one_export_at_a_time_and_is_told_when_it_does_not_end() {
        let exports = Exports::default();
        let first = exports.turn("a".to_owned()).await.unwrap();
        exports.turn("b".to_owned()).await.unwrap();
        let refused = exports.turn_within("a".to_owned(), Duration::from_millis(20)).await.err().unwrap();
        assert_eq!((refused.status, refused.code.as_str()), (429, "rate_limited"));
        let (next, ()) = tokio::join!(exports.turn("a".to_owned()), async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop(first);
        });
        assert!(next.is_ok());
    }

    #[tokio::test]
    async fn callers_without_an_export_are_forgotten() {
        let exports = Exports::default();
        let held = exports.turn("held".to_owned()).await.unwrap();
        for caller in 0..10 * MAX_IDLE_CALLERS {
            drop(exports.turn(caller.to_string()).await.unwrap());
        }
        let remembered = exports.callers.lock().unwrap().len();
        assert!(remembered <= MAX_IDLE_CALLERS + 1, "{remembered}");
        assert!(exports.callers.lock().unwrap().contains_key("held"));
        drop(held);
    }
}
