//! What operators and their systems ask a process, on a port of its own that is never public: `/livez`, `/readyz`,
//! `/metrics`.

use crate::{Failed, Serving, Tasks};
use actix_web::{
    App, HttpResponse, HttpServer,
    http::{StatusCode, header},
    web::{self, Data},
};
use chrono::TimeDelta;
pub use metrics_exporter_prometheus::PrometheusHandle;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};
use serde::Serialize;
use std::{borrow::Cow, future::Future, net::TcpListener, pin::Pin, sync::Arc, time::Duration};

/// Timeout of the check of a dependency.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// Upper ends of the histogram of answer times, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

type Asking = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// How long an event may wait for what it refers to before readiness warns of it.
const WARN_AFTER: TimeDelta = TimeDelta::hours(24);

/// Something without which the process cannot answer requests; or that operators are only warned of.
#[derive(Clone)]
pub struct Dependency {
    name: Cow<'static, str>,
    ask: Arc<dyn Fn() -> Asking + Send + Sync>,
    warns_only: bool,
}

impl Dependency {
    /// A dependency by its name, and how to ask whether it is there.
    pub fn new<F>(name: impl Into<Cow<'static, str>>, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self { name: name.into(), ask: Arc::new(move || Box::pin(ask())), warns_only: false }
    }

    /// The same under another name.
    #[must_use]
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Events that have waited for a day for what they refer to: the process is ready all the same.
    pub fn set_aside(store: &store::Store) -> Self {
        let store = store.clone();
        let dependency = Self::new("events", move || {
            let store = store.clone();
            async move {
                let before = store.clock().now() - WARN_AFTER;
                let old = store::waiting::backlogs(&store, before).await.map_err(|error| chain(&error))?;
                let texts = old.iter().map(|one| {
                    format!(
                        "{} events of {} wait since {}",
                        one.events,
                        one.consumer,
                        one.oldest.to_rfc3339()
                    )
                });
                let texts: Vec<String> = texts.collect();
                if texts.is_empty() { Ok(()) } else { Err(texts.join("; ")) }
            }
        });
        Self { warns_only: true, ..dependency }
    }

    /// The database of a service.
    pub fn database(store: &store::Store) -> Self {
        let store = store.clone();
        Self::new("database", move || {
            let store = store.clone();
            async move {
                store.ping().await.map_err(|error| chain(&error))?;
                if store.is_full() { Err("its disk is full".to_owned()) } else { Ok(()) }
            }
        })
    }

    async fn asked(&self) -> DependencyStatus {
        let answer = tokio::time::timeout(CHECK_TIMEOUT, (self.ask)()).await;
        let error = match answer {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error),
            Err(_) => Some(format!("no answer within {} s", CHECK_TIMEOUT.as_secs())),
        };
        if self.warns_only {
            if let Some(warning) = &error {
                tracing::warn!(dependency = %self.name, warning, "ready, with a warning");
            }
            return DependencyStatus {
                name: self.name.to_string(),
                ready: true,
                error: None,
                warning: error,
            };
        }
        if let Some(error) = &error {
            tracing::warn!(dependency = %self.name, error, "not ready");
        }
        DependencyStatus { name: self.name.to_string(), ready: error.is_none(), error, warning: None }
    }
}

/// An error with its causes, in one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

#[derive(Serialize)]
struct DependencyStatus {
    name: String,
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    dependencies: Vec<DependencyStatus>,
    /// Those that failed since the start: one that does not hold makes the process not ready.
    failed_tasks: Vec<Failed>,
}

/// Starts to count; once per process.
///
/// # Errors
/// [`BuildError`] when something counts already.
pub fn count() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?
        .install_recorder()
}

/// The operators' port, answering.
pub struct Ops(Serving);

impl Ops {
    /// Ends it.
    pub async fn stop(self) {
        self.0.stop(false).await;
    }
}

/// Answers operators on `listener`: ready is who has all `dependencies` and whose `tasks` run.
///
/// # Errors
/// [`std::io::Error`] when the listener cannot be used.
pub fn start(
    listener: TcpListener,
    dependencies: Vec<Dependency>,
    mut tasks: Vec<Tasks>,
    metrics: PrometheusHandle,
) -> std::io::Result<Ops> {
    let own = Tasks::default();
    tasks.push(own.clone());
    let (dependencies, tasks, metrics) = (Data::new(dependencies), Data::new(tasks), Data::new(metrics));
    let build = move |listener| {
        let (dependencies, tasks, metrics) = (dependencies.clone(), tasks.clone(), metrics.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(dependencies.clone())
                .app_data(tasks.clone())
                .app_data(metrics.clone())
                .route("/livez", web::get().to(|| async { "alive" }))
                .route("/readyz", web::get().to(readiness))
                .route("/metrics", web::get().to(measured))
        });
        Ok(server.workers(1).disable_signals().listen(listener)?.run())
    };
    Ok(Ops(Serving::start(&own, "operations.http", listener, build)?))
}

async fn readiness(dependencies: Data<Vec<Dependency>>, tasks: Data<Vec<Tasks>>) -> HttpResponse {
    let dependencies = futures_util::future::join_all(dependencies.iter().map(Dependency::asked)).await;
    let failed_tasks: Vec<Failed> = tasks.iter().flat_map(Tasks::failed).collect();
    let ready = dependencies.iter().all(|asked| asked.ready) && failed_tasks.iter().all(|task| task.ready);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    HttpResponse::build(status).json(Readiness { ready, dependencies, failed_tasks })
}

async fn measured(metrics: Data<PrometheusHandle>) -> HttpResponse {
    metrics.run_upkeep();
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(metrics.render())
}

#[cfg(test)]
#[path = "ops_tests.rs"]
mod tests;
