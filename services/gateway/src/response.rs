//! A service's answer on its way back.

use crate::{headers, origin::Caller, settings::Limits, turns::Turn};
use actix_web::{
    HttpResponse,
    body::SizedStream,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
};
use awc::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;
use kernel::{Code, Problem};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

/// Answers up to this size are read whole before they are sent: the service is free for the next request at once.
const MAX_BUFFERED: u64 = 64 * 1024;

/// What keeps a place at the service until the answer has been sent.
pub(crate) enum Place {
    /// A request.
    Request(#[expect(dead_code, reason = "held until it is dropped")] Turn<Caller>),
    /// An upload.
    Upload(#[expect(dead_code, reason = "held until it is dropped")] Turn<std::net::IpAddr>),
}

/// Passes an answer back.
///
/// # Errors
/// 503 if a short response is interrupted.
pub(crate) async fn pass_back<S>(
    mut answer: awc::ClientResponse<S>,
    place: Place,
    limits: &Limits,
) -> Result<HttpResponse, Problem>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin + 'static,
{
    let mut response = HttpResponse::build(answer.status());
    headers::copy(answer.headers(), |name, value| {
        response.append_header((name.clone(), value.clone()));
    });
    if [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&answer.status()) {
        return Ok(response.finish());
    }
    match content_length(answer.headers()) {
        Some(length) if length <= MAX_BUFFERED => {
            let body = answer.body().limit(usize::try_from(MAX_BUFFERED).unwrap_or(usize::MAX)).await;
            let body = body.map_err(|error| {
                tracing::warn!(%error, "a service's response was interrupted");
                Problem::new(Code::Unavailable)
            })?;
            Ok(response.body(body))
        }
        Some(length) => Ok(response.body(SizedStream::new(length, Paced::new(answer, place, limits)))),
        None => Ok(response.streaming(Paced::new(answer, place, limits))),
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Responses to requests with a token are not cacheable, unless the service says otherwise.
pub(crate) fn keep_private(headers: &mut HeaderMap) {
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// A long answer, ended when its reader is too slow; the time that the service takes does not count.
struct Paced<S> {
    answer: S,
    _place: Place,
    sent: u64,
    given_at: Option<Instant>,
    waited: Duration,
    pause: Duration,
    bytes_per_second: u64,
}

impl<S> Paced<S> {
    fn new(answer: S, place: Place, limits: &Limits) -> Self {
        let (pause, bytes_per_second) = (limits.body_timeout(), limits.min_bytes_per_second);
        Self {
            answer,
            _place: place,
            sent: 0,
            given_at: None,
            waited: Duration::ZERO,
            pause,
            bytes_per_second,
        }
    }

    fn is_too_slow(&mut self) -> bool {
        if let Some(given_at) = self.given_at.take() {
            self.waited += given_at.elapsed();
        }
        self.waited > self.pause + Duration::from_secs(self.sent / self.bytes_per_second)
    }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Paced<S> {
    type Item = Result<Bytes, io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_too_slow() {
            crate::refused("slow_reader");
            return Poll::Ready(Some(Err(io::Error::other("the response is read too slowly"))));
        }
        let part = ready!(Pin::new(&mut self.answer).poll_next(context));
        if let Some(Ok(part)) = &part {
            self.sent += part.len() as u64;
            self.given_at = Some(Instant::now());
        }
        Poll::Ready(part.map(|part| part.map_err(io::Error::other)))
    }
}
