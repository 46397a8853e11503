//! The HTTP server of a service on its listener, with the relay, the consumers and the workers beside it.

use crate::ops::Dependency;
use crate::{Context, Job, Routes, Service, Serving, Tasks, audit, context::trace_id, worker};
use actix_web::{
    App, HttpMessage, HttpResponse, HttpServer,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{Server, ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderName, HeaderValue},
    middleware::{Next, from_fn},
    web::{self, Data},
};
use auth::{ApiError, InternalKey, TRACE_HEADER, internal_only};
use bus::SharedBus;
use kernel::{Clock, Code, Fault, Problem, id::new_uuid};
use std::{net::TcpListener, sync::Arc, time::Duration};
use store::{Actor, Store, StoreError, idempotency, run_relay};
use telemetry::TRACEPARENT;
use tokio::task::JoinHandle;
use tracing::{Instrument, field};
use utoipa_actix_web::AppExt;

/// Time for requests in progress to finish when the service stops.
const DRAIN_SECONDS: u64 = 10;

/// A service that runs.
pub struct Running {
    server: Serving,
    running: Vec<JoinHandle<()>>,
    tasks: Tasks,
    service: &'static str,
    store: store::Store,
}

impl Running {
    /// Its tasks, for readiness and for others that run beside it.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Its database, for readiness.
    pub fn database(&self) -> Dependency {
        Dependency::database(&self.store).named(format!("{}.database", self.service))
    }

    /// What its consumers have set aside for a day: a warning of readiness.
    pub fn set_aside(&self) -> Dependency {
        Dependency::set_aside(&self.store).named(format!("{}.events", self.service))
    }

    /// Shuts it down: no new requests, those in progress finish, the outbox is published, workers stop.
    pub async fn stop(self) {
        self.server.stop(true).await;
        for _ in 0..20 {
            if store::is_drained(&self.store).await.unwrap_or(true) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.running.iter().for_each(JoinHandle::abort);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
        self.running.iter().for_each(JoinHandle::abort);
    }
}

/// How often expired idempotent responses are removed.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(3600);

/// What runs beside the server: the relay, housekeeping, the heads of the audit trails, the consumers and the workers.
fn jobs(service: &Service, context: &Context, bus: &SharedBus) -> Vec<Job> {
    let (name, store) = (service.name, context.store.clone());
    let tidied = store.clone();
    let mut jobs = vec![worker(format!("{name}.housekeeping"), CLEANUP_INTERVAL, move || {
        let store = tidied.clone();
        async move { forget_old_answers(&store).await.map(|()| false) }
    })];
    jobs.push(audit::worker(name, &store, service.audit_heads.clone()));
    let (outbox, relayed) = (store.clone(), bus.clone());
    jobs.push(Job::forever(format!("{name}.relay"), move || {
        run_relay(outbox.clone(), relayed.clone(), name)
    }));
    jobs.extend(service.consumers.iter().map(|consumer| {
        let (consumer, store, bus) = (consumer.clone(), store.clone(), bus.clone());
        Job::forever(consumer.group(), move || consumer.clone().run(store.clone(), bus.clone()))
    }));
    jobs.extend((service.jobs)(context.clone()));
    jobs
}

pub(crate) fn start(
    service: &Service,
    listener: TcpListener,
    context: Context,
    bus: SharedBus,
    internal: InternalKey,
) -> std::io::Result<Running> {
    let tasks = Tasks::default();
    let (routes, shared, threads) = (service.routes.clone(), context.clone(), service.threads);
    let build = move |listener| serve(&routes, &shared, (&internal, threads), listener);
    let server = Serving::start(&tasks, format!("{}.http", service.name), listener, build)?;
    let running = jobs(service, &context, &bus).into_iter().map(|job| tasks.supervise(job)).collect();
    Ok(Running { server, running, tasks, service: service.name, store: context.store })
}

fn serve(
    routes: &Routes,
    shared: &Context,
    (internal, threads): (&InternalKey, usize),
    listener: TcpListener,
) -> std::io::Result<Server> {
    let (routes, shared, internal) = (routes.clone(), shared.clone(), internal.clone());
    let server = HttpServer::new(move || {
        let routes = routes.clone();
        let (app, _) = App::new()
            .into_utoipa_app()
            .app_data(Data::new(shared.clone()))
            .app_data(Data::new(shared.verifier.clone()))
            .configure(move |config| routes(config))
            .split_for_parts();
        let (name, store, internal) = (shared.service, shared.store.clone(), internal.clone());
        let clock = store.clock().clone();
        app.default_service(web::to(|| async { Err::<HttpResponse, ApiError>(Problem::not_found().into()) }))
            .wrap(from_fn(move |request, next| full_noted(store.clone(), request, next)))
            .wrap(from_fn(one_connection))
            .wrap(from_fn(without_nul))
            .wrap(from_fn(move |request, next| internal_only(internal.clone(), request, next)))
            .wrap(from_fn(move |request, next| observed(name, clock.clone(), request, next)))
    })
    // A long answer is written in parts: the second would wait for the first one's acknowledgement, 40 ms.
    .tcp_nodelay(true)
    .workers(threads)
    .keep_alive(Duration::from_secs(60))
    .shutdown_timeout(DRAIN_SECONDS)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

/// An address that holds a NUL character names nothing: PostgreSQL cannot even compare with it.
async fn without_nul<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let is_path = request.uri().path().contains("%00");
    let of_query = request.query_string().split('&').find(|pair| pair.contains("%00"));
    let name = if is_path { Some("path") } else { of_query.and_then(|pair| pair.split('=').next()) };
    let Some(name) = name else { return Ok(next.call(request).await?.map_into_left_body()) };
    let problem = Problem::invalid_parameter(name, Fault::control_characters());
    // An answer and not an error, so that it is completed like every other problem.
    Ok(request.error_response(ApiError::from(problem)).map_into_right_body())
}

/// A handler holds one connection to the database at a time.
async fn one_connection<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    store::one_connection(next.call(request)).await
}

/// Reports a request that found the disk full to readiness.
pub(crate) async fn full_noted<B: MessageBody>(
    store: Store,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let response = next.call(request).await?;
    if api_error(&response).is_some_and(|ApiError(problem)| problem.code.is(Code::StorageFull)) {
        store.note_full();
    }
    Ok(response)
}

fn api_error<B>(response: &ServiceResponse<B>) -> Option<&ApiError> {
    response.response().error().and_then(|error| error.as_error::<ApiError>())
}

async fn forget_old_answers(store: &Store) -> Result<(), StoreError> {
    let tx = store.system(Actor::system()).await?;
    idempotency::forget_old(tx.db(), tx.now()).await?;
    tx.commit().await
}

/// Names the request, logs it, and completes problems with its path and id.
///
/// # Errors
/// What the handler failed with, when it is not a problem of ours.
pub async fn observed<B: MessageBody + 'static>(
    service: &'static str,
    clock: Arc<dyn Clock>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let started = clock.now();
    let name = HeaderName::from_static(TRACE_HEADER);
    let trace = trace_id(request.request()).unwrap_or_else(|| new_uuid(clock.as_ref()).to_string());
    if let Ok(value) = HeaderValue::from_str(&trace) {
        request.headers_mut().insert(name.clone(), value);
    }
    let method = request.method().to_string();
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{method} {service}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = field::Empty,
        http.response.status_code = field::Empty,
        request_id = trace,
    );
    if let Some(traceparent) = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok()) {
        telemetry::follow(&span, traceparent);
    }
    // What continues from here (the gateway's request to a service, an event) is a part of this span.
    if let Some(value) = telemetry::traceparent(&span).and_then(|text| HeaderValue::from_str(&text).ok()) {
        request.headers_mut().insert(HeaderName::from_static(TRACEPARENT), value);
    }
    let mut response = complete(next.call(request).instrument(span.clone()).await?, &trace);
    if let Ok(value) = HeaderValue::from_str(&trace) {
        response.headers_mut().insert(name, value);
    }
    let taken = clock.now() - started;
    let milliseconds = taken.num_milliseconds();
    let (method, path) = (response.request().method().as_str(), response.request().path());
    let status = response.status().as_u16();
    let subject = response.request().extensions().get::<Arc<auth::Claims>>().map(|claims| claims.sub);
    let subject = subject.map(|sub| sub.to_string()).unwrap_or_default();
    // The route, not the path: one series each.
    let route = response.request().match_pattern().unwrap_or_else(|| "other".to_owned());
    span.record("http.route", route.as_str());
    span.record("http.response.status_code", status);
    let labels = [
        ("service", service.to_owned()),
        ("method", method.to_owned()),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::histogram!("http_request_seconds", &labels).record(taken.as_seconds_f64());
    tracing::debug!(service, method, path, status, milliseconds, trace, subject, "request");
    Ok(response)
}

/// What was written beside the problem (`Allow`, `RateLimit`) stays.
fn keep_headers(from: &HeaderMap, to: &mut HeaderMap) {
    let own: Vec<HeaderName> = to.keys().cloned().collect();
    for (name, value) in from.iter().filter(|(name, _)| !own.contains(name)) {
        to.append(name.clone(), value.clone());
    }
}

fn complete<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    trace: &str,
) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let Some(ApiError(mut problem)) = api_error(&response).cloned() else {
        return response.map_into_left_body();
    };
    problem.instance = Some(response.request().path().to_owned());
    problem.trace_id = Some(trace.to_owned());
    let mut answer = actix_web::ResponseError::error_response(&ApiError(problem));
    keep_headers(response.headers(), answer.headers_mut());
    response.into_response(answer).map_into_right_body()
}
