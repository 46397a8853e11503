//! One request through the door: named, limited, checked, forwarded, streamed back.

use crate::{State, limits::Left, routes::Route};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    web::{Data, Payload},
};
use auth::{Claims, Failure, TRACE_HEADER, bearer};
use awc::{Client, Connector, error::SendRequestError};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use ipnet::IpNet;
use kernel::{Code, Problem};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Where services live; everything else is the portal's.
const SERVICE_PREFIXES: [&str; 3] = ["/v1/", "/oauth/", "/.well-known/"];
/// How long identity has to say whether a session was revoked.
const SESSION_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a page may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(60);
/// The largest form a page takes: an import's files go through the portal.
const PAGE_BODY: u64 = 512 * 1024 * 1024;
/// Headers of one connection (RFC 9110 section 7.6.1), and those this door writes itself.
const NOT_FORWARDED: [&str; 14] = [
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
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
];

/// A client of the services, one per worker thread.
pub(crate) fn client() -> Client {
    let connector = Connector::new().limit(256).conn_keep_alive(Duration::from_secs(30));
    Client::builder().connector(connector).disable_redirects().no_default_headers().finish()
}

/// The address the request comes from. Only a neighbour on this machine or a trusted one (the portal, a reverse proxy)
/// may say it speaks for another.
fn client_address(request: &HttpRequest, trusted: &[IpNet]) -> String {
    let peer = request.peer_addr().map(|address| address.ip());
    let claimed = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let claimed =
        claimed.and_then(|list| list.split(',').next()).map(str::trim).filter(|claimed| !claimed.is_empty());
    match (peer, claimed) {
        (Some(peer), Some(claimed))
            if peer.is_loopback() || trusted.iter().any(|network| network.contains(&peer)) =>
        {
            claimed.to_owned()
        }
        (Some(peer), _) => peer.to_string(),
        (None, _) => "unknown".to_owned(),
    }
}

pub(crate) async fn handle(
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
    client: Data<Client>,
) -> Result<HttpResponse, Failure> {
    let started = state.clock.now();
    let address = client_address(&request, &state.trusted);
    let claims = match request.headers().contains_key(header::AUTHORIZATION) {
        true => match bearer(request.headers()) {
            Ok(token) => state.verifier.verify(token).await.map(Some),
            Err(problem) => Err(problem),
        },
        false => Ok(None),
    };
    let caller = claims.as_ref().ok().and_then(Option::as_ref).map(|claims| claims.sub.to_string());
    let left = match state.limits.count(caller.as_deref().unwrap_or(&address)).await {
        Ok(left) => left,
        Err((problem, seconds)) => return Ok(limited(&problem, seconds)),
    };
    let answer = route(&request, payload, &state, &client, claims, &address).await;
    let mut response = answer.unwrap_or_else(HttpResponse::from_error);
    write_headers(&mut response, left);
    let milliseconds = (state.clock.now() - started).num_milliseconds();
    let (method, path, status) = (request.method().as_str(), request.path(), response.status().as_u16());
    let trace = request.headers().get(TRACE_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    tracing::info!(method, path, status, milliseconds, trace, caller, "request");
    state.limits.tidy();
    Ok(response)
}

fn limited(problem: &Problem, seconds: u64) -> HttpResponse {
    HttpResponse::TooManyRequests()
        .insert_header((header::RETRY_AFTER, seconds))
        .content_type("application/problem+json")
        .body(serde_json::to_vec(problem).unwrap_or_default())
}

fn write_headers(response: &mut HttpResponse, left: Left) {
    for (name, value) in left.headers() {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}

async fn route(
    request: &HttpRequest,
    payload: Payload,
    state: &State,
    client: &Client,
    claims: Result<Option<Arc<Claims>>, Problem>,
    address: &str,
) -> Result<HttpResponse, Failure> {
    let path = request.path();
    if !SERVICE_PREFIXES.iter().any(|prefix| path.starts_with(prefix)) {
        let page = Route {
            upstream: state.portal.clone(),
            scopes: None,
            body_limit: PAGE_BODY,
            timeout: PAGE_TIMEOUT,
        };
        return forward(request, payload, client, &page, address).await;
    }
    let route = state.routes.find(request.method(), path)?;
    if let Some(scopes) = &route.scopes {
        let claims = claims?
            .ok_or_else(|| Problem::new(Code::Unauthenticated).field("authorization", "no token was sent"))?;
        refuse_revoked(state, client, &claims).await?;
        if let Some(missing) = scopes.iter().find(|scope| !claims.may(scope)) {
            return Err(Problem::new(Code::Forbidden)
                .field("authorization", format!("needs {missing}"))
                .into());
        }
        request.extensions_mut().insert(claims);
    }
    forward(request, payload, client, route, address).await
}

/// A session that was ended gives nothing any more, though its access token still reads well.
async fn refuse_revoked(state: &State, client: &Client, claims: &Claims) -> Result<(), Problem> {
    let revoked = match state.revocations.is_revoked(claims.sid).await {
        Some(revoked) => revoked,
        None => ask_identity(state, client, claims).await?,
    };
    if revoked {
        return Err(Problem::new(Code::Unauthenticated).field("authorization", "the token was revoked"));
    }
    Ok(())
}

/// The copy may not be complete: only identity knows. While it is away too, nobody can be let in.
async fn ask_identity(state: &State, client: &Client, claims: &Claims) -> Result<bool, Problem> {
    let away = || Problem::new(Code::Unavailable).detail("sign-in is not available at the moment");
    let url = format!("{}/internal/sessions/{}", state.identity, claims.sid);
    let answer = client.get(url).timeout(SESSION_TIMEOUT).send().await;
    let mut answer = answer.map_err(|error| {
        tracing::warn!(%error, "identity does not say which sessions were revoked");
        away()
    })?;
    if answer.status() != StatusCode::OK {
        return Err(away());
    }
    answer.json::<bool>().await.map_err(|_| away())
}

async fn forward(
    request: &HttpRequest,
    payload: Payload,
    client: &Client,
    route: &Route,
    address: &str,
) -> Result<HttpResponse, Failure> {
    let too_large = || {
        let why = format!("the limit of this operation is {} bytes", route.body_limit);
        Failure::from(Problem::new(Code::BodyTooLarge).detail(why))
    };
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced: Option<u64> = announced.and_then(|value| value.parse().ok());
    if announced.is_some_and(|length| length > route.body_limit) {
        return Err(too_large());
    }
    // Services answer GET; the server in front leaves the body of a HEAD out.
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let mut outgoing =
        client.request(method, format!("{}{path}", route.upstream)).timeout(route.timeout).no_decompress();
    copy_headers(request.headers(), outgoing.headers_mut());
    let scheme = request.connection_info().scheme().to_owned();
    let host = request.connection_info().host().to_owned();
    let outgoing = outgoing
        .insert_header(("x-forwarded-for", address))
        .insert_header(("x-forwarded-proto", scheme))
        .insert_header(("x-forwarded-host", host));
    let has_body = announced.is_some_and(|length| length > 0)
        || request.headers().contains_key(header::TRANSFER_ENCODING);
    let received = Arc::new(AtomicU64::new(0));
    let answered = if has_body {
        outgoing.send_stream(counted(payload, received.clone(), route.body_limit)).await
    } else {
        outgoing.send().await
    };
    match answered {
        Ok(answer) => Ok(pass_back(answer)),
        Err(_) if received.load(Ordering::Relaxed) > route.body_limit => Err(too_large()),
        Err(error) => Err(refused(&error).into()),
    }
}

/// The body on its way through, up to the operation's limit.
fn counted(
    payload: Payload,
    received: Arc<AtomicU64>,
    limit: u64,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Unpin {
    payload.map(move |chunk| {
        let chunk = chunk.map_err(|error| std::io::Error::other(error.to_string()))?;
        let total = received.fetch_add(chunk.len() as u64, Ordering::Relaxed) + chunk.len() as u64;
        if total > limit { Err(std::io::Error::other("the body is too large")) } else { Ok(chunk) }
    })
}

fn refused(error: &SendRequestError) -> Problem {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the enum is the library's and non-exhaustive")]
    match error {
        SendRequestError::Timeout => Problem::new(Code::Timeout),
        _ => {
            tracing::warn!(%error, "a service did not answer");
            Problem::new(Code::Unavailable)
        }
    }
}

fn copy_headers(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from {
        if !NOT_FORWARDED.contains(&name.as_str()) && name != header::CONTENT_LENGTH {
            to.append(name.clone(), value.clone());
        }
    }
}

fn pass_back(
    answer: awc::ClientResponse<
        impl Stream<Item = Result<Bytes, awc::error::PayloadError>> + Unpin + 'static,
    >,
) -> HttpResponse {
    let mut response = HttpResponse::build(answer.status());
    for (name, value) in answer.headers() {
        if !NOT_FORWARDED.contains(&name.as_str()) && name != header::CONTENT_LENGTH {
            response.append_header((name.clone(), value.clone()));
        }
    }
    if [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&answer.status()) {
        return response.finish();
    }
    let length = answer.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    match length.and_then(|length| length.parse().ok()) {
        Some(length) => response.body(actix_web::body::SizedStream::new(length, answer)),
        None => response.streaming(answer),
    }
}
