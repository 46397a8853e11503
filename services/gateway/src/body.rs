//! Reading a request's body: small ones whole, before anything is asked of a service, so that a slow client occupies
//! nothing but its own connection; large ones are streamed. Slow senders get 408.

use crate::{busy, origin::Origin, settings::Limits};
use actix_web::{
    HttpRequest,
    http::header::{self, HeaderMap},
    web::Payload,
};
use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, LocalBoxStream},
};
use kernel::{Code, Problem, Reason};
use std::{
    cell::Cell,
    collections::HashMap,
    io,
    net::IpAddr,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// Maximum size of a body that is buffered as a whole, in bytes.
pub(crate) const MAX_BUFFERED: u64 = 1024 * 1024;
/// Memory for a body grows by this much, and by [`LARGE_INCREMENT`] from there on: what is reserved stays close to what
/// is used.
const SMALL_INCREMENT: usize = 16 * 1024;
const LARGE_INCREMENT: usize = 64 * 1024;
/// This much of each body is not counted as memory: connections are limited, and ordinary requests always get through.
const UNMETERED_BYTES: usize = 16 * 1024;
/// Seconds after which a refused body may be sent again.
const RETRY_AFTER: u64 = 5;

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is longer than the operation takes, in bytes.
    TooLarge(u64),
    /// Its sender pauses too long, or is too slow.
    TooSlow,
    /// It was interrupted, or its chunks are invalid.
    Broken,
    /// Its origin has too many bodies in progress.
    OriginFull,
    /// Everybody together has.
    Full,
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let why = "too many request bodies are being read";
        match fault {
            Fault::TooLarge(limit) => Problem::new(Code::BodyTooLarge)
                .because(Reason::BodyTooLarge, format!("the limit of this operation is {limit} bytes"))
                .with("max", limit),
            Fault::TooSlow => Problem::new(Code::RequestTimeout),
            Fault::Broken => {
                let why = "the body is truncated or its chunks are invalid";
                Problem::new(Code::MalformedBody).because(Reason::BodyBroken, why)
            }
            Fault::OriginFull => busy(Code::RateLimited, why, RETRY_AFTER),
            Fault::Full => busy(Code::Unavailable, why, RETRY_AFTER),
        }
    }
}

/// A body that was read, or whose first part was.
pub(crate) enum Body {
    /// There is none.
    Empty,
    /// All of it, and its memory.
    Whole(Bytes, Held),
    /// A large body, streamed; why it was interrupted, if it was.
    Stream(LocalBoxStream<'static, Result<Bytes, io::Error>>, Rc<Cell<Option<Fault>>>),
}

/// Reads a body up to `limit` bytes.
///
/// # Errors
/// [`Fault`].
pub(crate) async fn read(
    request: &HttpRequest,
    payload: Payload,
    limit: u64,
    limits: &Limits,
    memory: &Arc<Memory>,
    origin: &Origin,
) -> Result<Body, Fault> {
    let announced = announced(request.headers());
    if announced.is_some_and(|length| length > limit) {
        return Err(Fault::TooLarge(limit));
    }
    let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    if !is_chunked && announced.is_none_or(|length| length == 0) {
        return Ok(Body::Empty);
    }
    let mut reader = Reader::new(payload, limit, limits);
    let mut held =
        Held { memory: memory.clone(), origin: origin.address, bytes: 0, uncounted: UNMETERED_BYTES };
    // Copied into one piece: a part, however small, keeps the whole buffer that it was read into.
    let mut whole = Vec::new();
    while reader.received <= MAX_BUFFERED {
        match reader.next().await {
            Some(part) => {
                let part = part?;
                let (before, wanted) = (whole.capacity(), whole.len() + part.len());
                if wanted > before {
                    let step = if wanted <= LARGE_INCREMENT { SMALL_INCREMENT } else { LARGE_INCREMENT };
                    let capacity = wanted.next_multiple_of(step);
                    held.grow(capacity - before)?;
                    whole.reserve_exact(capacity - whole.len());
                }
                whole.extend_from_slice(&part);
            }
            None => return Ok(Body::Whole(whole.into(), held)),
        }
    }
    Ok(streamed(whole.into(), reader, held))
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn streamed(begun: Bytes, reader: Reader, held: Held) -> Body {
    let fault = Rc::new(Cell::new(None));
    let noted = fault.clone();
    let first = stream::iter([Ok(begun)]);
    let rest = stream::unfold((reader, Some(held)), move |(mut reader, held)| {
        // What was read beforehand is on its way by now.
        drop(held);
        let noted = noted.clone();
        async move {
            let part = reader.next().await?.map_err(|fault| {
                noted.set(Some(fault));
                io::Error::other("the body ends here")
            });
            Some((part, (reader, None)))
        }
    });
    Body::Stream(first.chain(rest).boxed_local(), fault)
}

/// Reads a body's parts; counts the time spent waiting for them.
struct Reader {
    payload: Payload,
    limit: u64,
    received: u64,
    waited: Duration,
    pause: Duration,
    bytes_per_second: u64,
}

impl Reader {
    fn new(payload: Payload, limit: u64, limits: &Limits) -> Self {
        let (pause, bytes_per_second) = (limits.body_timeout(), limits.min_bytes_per_second);
        Self { payload, limit, received: 0, waited: Duration::ZERO, pause, bytes_per_second }
    }

    /// How long the next part may take: no pause is too long, nor is the whole slower than the least rate.
    fn allowed(&self) -> Duration {
        let in_all = self.pause + Duration::from_secs(self.received / self.bytes_per_second);
        self.pause.min(in_all.saturating_sub(self.waited))
    }

    async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        let asked = Instant::now();
        let part = timeout(self.allowed(), self.payload.next()).await;
        self.waited += asked.elapsed();
        match part {
            Ok(None) => None,
            Err(_) => {
                crate::refused("slow_body");
                Some(Err(Fault::TooSlow))
            }
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "a request body cannot be read");
                Some(Err(Fault::Broken))
            }
            Ok(Some(Ok(part))) => {
                self.received += part.len() as u64;
                let is_too_large = self.received > self.limit;
                Some(if is_too_large { Err(Fault::TooLarge(self.limit)) } else { Ok(part) })
            }
        }
    }
}

/// Memory for bodies that are being read.
pub(crate) struct Memory {
    max: usize,
    max_of_one: usize,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    all: usize,
    of_one: HashMap<IpAddr, usize>,
}

impl Memory {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        let max = limits.max_buffered_mebibytes.saturating_mul(1024 * 1024);
        Arc::new(Self { max, max_of_one: max / 4, used: Mutex::default() })
    }
}

/// A body's share of it, given back when it is dropped.
pub(crate) struct Held {
    memory: Arc<Memory>,
    origin: IpAddr,
    bytes: usize,
    uncounted: usize,
}

impl Held {
    fn grow(&mut self, bytes: usize) -> Result<(), Fault> {
        let counted = bytes.saturating_sub(self.uncounted);
        self.uncounted = self.uncounted.saturating_sub(bytes);
        if counted == 0 {
            return Ok(());
        }
        let mut used = self.memory.used.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = used.of_one.get(&self.origin).copied().unwrap_or_default();
        if of_one + counted > self.memory.max_of_one {
            crate::refused("origin_memory");
            return Err(Fault::OriginFull);
        }
        if used.all + counted > self.memory.max {
            crate::refused("memory");
            return Err(Fault::Full);
        }
        used.all += counted;
        used.of_one.insert(self.origin, of_one + counted);
        self.bytes += counted;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut used = self.memory.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.all -= self.bytes;
        let left = used.of_one.get(&self.origin).copied().unwrap_or_default().saturating_sub(self.bytes);
        if left == 0 {
            used.of_one.remove(&self.origin);
        } else {
            used.of_one.insert(self.origin, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{FromRequest, dev, error::PayloadError, test::TestRequest};
    use futures_util::Stream;
    use std::{
        pin::Pin,
        sync::atomic::{AtomicUsize, Ordering},
    };

    /// A byte of a large buffer; how many are alive is counted.
    struct Part(Arc<AtomicUsize>);

    impl AsRef<[u8]> for Part {
        fn as_ref(&self) -> &[u8] {
            b"x"
        }
    }

    impl Drop for Part {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }

    #[actix_web::test]
    async fn a_body_in_very_small_parts_takes_no_more_memory_than_is_counted() {
        let (alive, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, noted) = (alive.clone(), most.clone());
        let parts = stream::iter(0..100_000).map(move |_| {
            noted.fetch_max(counted.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            Ok(Bytes::from_owner(Part(counted.clone())))
        });
        let request =
            TestRequest::default().insert_header(("transfer-encoding", "chunked")).to_http_request();
        let parts: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(parts);
        let mut parts = dev::Payload::Stream { payload: parts };
        let payload = Payload::from_request(&request, &mut parts).await.unwrap();
        let limits = Limits::default();
        let memory = Memory::new(&limits);
        let address = IpAddr::from([192, 0, 2, 1]);
        let origin = Origin { address, scheme: "http", host: None };
        let body = read(&request, payload, 1 << 20, &limits, &memory, &origin).await;
        let Ok(Body::Whole(bytes, held)) = body else { panic!("it is not read whole") };
        assert_eq!(bytes.len(), 100_000);
        assert!(most.load(Ordering::Relaxed) <= 2, "{} parts were kept", most.load(Ordering::Relaxed));
        assert!(held.bytes + UNMETERED_BYTES >= bytes.len(), "{} bytes are counted", held.bytes);
        drop(held);
        assert_eq!(memory.used.lock().unwrap().all, 0);
    }
}
