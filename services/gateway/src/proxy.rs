//! One request through the gateway: named, limited, checked, read, forwarded, answered.

use crate::{
    State,
    body::{self, Body},
    headers,
    limits::Remaining,
    origin::{Caller, Origin},
    response::{self, Place},
    routes::{Route, Unrouted},
};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::{Data, Payload},
};
use auth::{ApiError, Claims, INTERNAL_HEADER, TRACE_HEADER, bearer};
use awc::{Client, ClientRequest, Connector, error::SendRequestError};
use kernel::{Code, Fault, FieldCode, Problem, Reason};
use std::{sync::Arc, time::Duration};

/// Where services live; everything else is the portal's.
pub(crate) const SERVICE_PREFIXES: [&str; 3] = ["/v1/", "/oauth/", "/.well-known/"];
/// How long identity has to say whether a session was revoked.
const SESSION_TIMEOUT: Duration = Duration::from_secs(3);
/// Connections of a worker to ask that.
const MAX_SESSION_CHECKS: usize = 64;
/// How long a page may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long an upload may take, with its answer. (How fast it must be is another matter: `body`.)
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(900);
/// Maximum size of a form a page accepts: the files of an import pass through the portal.
const MAX_PAGE_BODY: u64 = 512 * 1024 * 1024;
/// Methods that pages have.
const PAGE_METHODS: &str = "GET, HEAD, POST";

/// Clients of the services, one each and for each worker thread: the connections of one are never another's. How many
/// requests use them at once is decided before (`turns`).
pub(crate) struct Clients {
    of_upstreams: Vec<Client>,
    /// Asks identity about sessions, beside all that it is asked by others.
    sessions: Client,
}

impl Clients {
    pub(crate) fn new(upstreams: usize) -> Self {
        let of_upstreams = (0..upstreams).map(|_| client(0)).collect();
        Self { of_upstreams, sessions: client(MAX_SESSION_CHECKS) }
    }
}

/// A client with at most this many connections; unlimited if 0.
fn client(connections: usize) -> Client {
    let connector = Connector::new().limit(connections).conn_keep_alive(Duration::from_secs(30));
    Client::builder().connector(connector).disable_redirects().no_default_headers().finish()
}

pub(crate) async fn handle(
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
    clients: Data<Clients>,
) -> Result<HttpResponse, ApiError> {
    let started = state.clock.now();
    let origin = request.extensions().get::<Origin>().cloned();
    let origin = origin.unwrap_or_else(|| state.trust.origin(request.head()));
    let has_token = request.headers().contains_key(header::AUTHORIZATION);
    let claims = match has_token {
        true => match bearer(request.headers()) {
            Ok(token) => state.verifier.verify(token).await.map(Some),
            Err(problem) => Err(problem),
        },
        false => Ok(None),
    };
    let caller = Caller::of(claims.as_ref().ok().and_then(Option::as_ref).map(Arc::as_ref), &origin);
    let exchange = Exchange { request: &request, state: &state, clients: &clients, origin, caller };
    let mut response = match state.rates.count(caller).await {
        Ok(left) => {
            let answer = exchange.route(payload, claims).await;
            let mut response = answer.unwrap_or_else(HttpResponse::from_error);
            write_headers(&mut response, left);
            response
        }
        Err(problem) => HttpResponse::from_error(ApiError::from(problem)),
    };
    if has_token || response.status() == StatusCode::UNAUTHORIZED {
        response::keep_private(response.headers_mut());
    }
    let milliseconds = (state.clock.now() - started).num_milliseconds();
    let (method, path, status) = (request.method().as_str(), request.path(), response.status().as_u16());
    let trace = request.headers().get(TRACE_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let caller = if let Caller::Subject(id) = caller { Some(id.to_string()) } else { None };
    tracing::info!(method, path, status, milliseconds, trace, caller, "request");
    Ok(response)
}

fn write_headers(response: &mut HttpResponse, left: Remaining) {
    for (name, value) in left.headers() {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}

/// 405, with the methods that there are.
pub(crate) fn no_such_method(allowed: &str) -> HttpResponse {
    let problem = Problem::new(Code::MethodNotAllowed).detail(format!("this path supports {allowed}"));
    let mut response = HttpResponse::from_error(ApiError::from(problem));
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

/// A request in progress, and its context.
struct Exchange<'a> {
    request: &'a HttpRequest,
    state: &'a State,
    clients: &'a Clients,
    origin: Origin,
    caller: Caller,
}

impl Exchange<'_> {
    async fn route(
        &self,
        payload: Payload,
        claims: Result<Option<Arc<Claims>>, Problem>,
    ) -> Result<HttpResponse, ApiError> {
        let (method, path) = (self.request.method(), self.request.path());
        // `*` and the authority of CONNECT are no paths.
        if !path.starts_with('/') {
            return Err(Problem::new(Code::MalformedBody)
                .detail("the target of the request is not a path")
                .into());
        }
        if !SERVICE_PREFIXES.iter().any(|prefix| path.starts_with(prefix)) {
            if [Method::CONNECT, Method::TRACE].contains(method) {
                return Ok(no_such_method(PAGE_METHODS));
            }
            let (upstream, body_limit) = (self.state.portal, MAX_PAGE_BODY);
            let page = Route { upstream, scopes: None, body_limit, timeout: PAGE_TIMEOUT };
            return Ok(self.forward(payload, &page).await?);
        }
        let route = match self.state.routes.find(method, path) {
            Ok(route) => route,
            Err(Unrouted::NotFound) => return Err(Problem::not_found().into()),
            Err(Unrouted::Method(allowed)) => return Ok(no_such_method(&allowed)),
        };
        if let Some(scopes) = &route.scopes {
            self.admit(claims, scopes).await?;
        }
        Ok(self.forward(payload, route).await?)
    }

    /// Accepts a token whose session is active and that has the required scopes.
    async fn admit(
        &self,
        claims: Result<Option<Arc<Claims>>, Problem>,
        scopes: &[String],
    ) -> Result<(), Problem> {
        let claims = claims?.ok_or_else(|| unauthenticated(FieldCode::Required.says("no token was sent")))?;
        let revoked = match self.state.revocations.is_revoked(claims.sid).await {
            Some(revoked) => revoked,
            None => self.ask_identity(&claims).await?,
        };
        if revoked {
            return Err(unauthenticated(FieldCode::TokenNotValid.says("the token was revoked")));
        }
        if let Some(missing) = scopes.iter().find(|scope| !claims.may(scope)) {
            return Err(auth::needs(missing));
        }
        self.request.extensions_mut().insert(claims);
        Ok(())
    }

    /// The copy may not be complete: only identity knows. While it is unavailable too, all tokens are refused.
    async fn ask_identity(&self, claims: &Claims) -> Result<bool, Problem> {
        let away = || {
            let why = "sign-in is not available at the moment";
            Problem::new(Code::Unavailable).because(Reason::SignInUnavailable, why)
        };
        let url = format!("{}/internal/sessions/{}", self.state.identity, claims.sid);
        let asked =
            self.clients.sessions.get(url).insert_header((INTERNAL_HEADER, self.state.internal.value()));
        let mut answer = asked.timeout(SESSION_TIMEOUT).send().await.map_err(|error| {
            tracing::warn!(%error, "identity did not return the revoked sessions");
            away()
        })?;
        if answer.status() != StatusCode::OK {
            return Err(away());
        }
        answer.json::<bool>().await.map_err(|_| away())
    }

    async fn forward(&self, payload: Payload, route: &Route) -> Result<HttpResponse, Problem> {
        let state = self.state;
        let read =
            body::read(self.request, payload, route.body_limit, &state.limits, &state.memory, &self.origin);
        let body = read.await?;
        let upstream = &state.upstreams[route.upstream];
        let place = match &body {
            Body::Empty | Body::Whole(..) => Place::Request(upstream.requests.take(self.caller).await?),
            Body::Stream(..) => Place::Upload(upstream.uploads.take(self.origin.address).await?),
        };
        let outgoing = self.outgoing(route, &upstream.url);
        let answered = match body {
            Body::Empty => outgoing.send().await,
            Body::Whole(bytes, held) => {
                let answered = outgoing.send_body(bytes).await;
                drop(held);
                answered
            }
            Body::Stream(parts, fault) => {
                let answered = outgoing.timeout(route.timeout.max(UPLOAD_TIMEOUT)).send_stream(parts).await;
                if let (Err(_), Some(fault)) = (&answered, fault.get()) {
                    return Err(fault.into());
                }
                answered
            }
        };
        let answer = answered.map_err(|error| unanswered(&error))?;
        response::pass_back(answer, place, &state.limits).await
    }

    fn outgoing(&self, route: &Route, url: &str) -> ClientRequest {
        let request = self.request;
        // Services answer GET; the server in front leaves the body of a HEAD out.
        let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let client = &self.clients.of_upstreams[route.upstream];
        let mut outgoing =
            client.request(method, format!("{url}{path}")).timeout(route.timeout).no_decompress();
        let to = outgoing.headers_mut();
        headers::copy(request.headers(), |name, value| to.append(name.clone(), value.clone()));
        if let Some(host) = &self.origin.host {
            to.insert(HeaderName::from_static("x-forwarded-host"), host.clone());
        }
        outgoing
            .insert_header((INTERNAL_HEADER, self.state.internal.value()))
            .insert_header(("x-forwarded-for", self.origin.address.to_string()))
            .insert_header(("x-forwarded-proto", self.origin.scheme))
    }
}

fn unauthenticated(fault: Fault) -> Problem {
    Problem::new(Code::Unauthenticated).field("authorization", fault)
}

fn unanswered(error: &SendRequestError) -> Problem {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the enum is the library's and non-exhaustive")]
    match error {
        SendRequestError::Timeout => Problem::new(Code::Timeout),
        _ => {
            tracing::warn!(%error, "a service did not respond");
            Problem::new(Code::Unavailable)
        }
    }
}
