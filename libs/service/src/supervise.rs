//! Background tasks under supervision: one that panics, or ends although it should not, is logged, counted and started
//! again after an increasing delay; readiness reports it. Nothing of the platform is spawned without.

use crate::ops::chain;
use futures_util::FutureExt;
use kernel::Backoff;
use serde::Serialize;
use std::{
    any::Any,
    borrow::Cow,
    collections::BTreeMap,
    error::Error,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

/// Number of consecutive failures after which the process is not ready.
const MAX_FAILURES: u32 = 3;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A task that can be started as often as it fails.
#[derive(Clone)]
pub struct Job {
    name: Cow<'static, str>,
    start: Arc<dyn Fn() -> Work + Send + Sync>,
    ends: bool,
}

impl Job {
    /// A task that never ends by itself. `name` is its label in metrics and its name in `/readyz`.
    pub fn forever<F>(
        name: impl Into<Cow<'static, str>>,
        start: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { name: name.into(), start: Arc::new(move || Box::pin(start())), ends: false }
    }

    /// A task that is done when it ends; one that panics is started again.
    pub fn once<F>(name: impl Into<Cow<'static, str>>, start: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { ends: true, ..Self::forever(name, start) }
    }
}

/// A job that takes a step again and again, `every` so often; at once when the step says that there is more to do. A step
/// that fails is tried again in its turn.
pub fn worker<F, E>(
    name: impl Into<Cow<'static, str>>,
    every: Duration,
    step: impl Fn() -> F + Send + Sync + 'static,
) -> Job
where
    F: Future<Output = Result<bool, E>> + Send + 'static,
    E: Error + Send + 'static,
{
    let (name, step) = (name.into(), Arc::new(step));
    let task = name.clone();
    Job::forever(name, move || repeat(task.clone(), every, step.clone()))
}

async fn repeat<F, E>(task: Cow<'static, str>, every: Duration, step: Arc<impl Fn() -> F + Send + Sync>)
where
    F: Future<Output = Result<bool, E>> + Send,
    E: Error + 'static,
{
    let mut failing = Failing::default();
    loop {
        match step().await {
            Ok(is_more) => {
                if failing.ends() {
                    metrics::gauge!("task_failing", "task" => task.clone()).set(0);
                    tracing::info!(%task, "a task has recovered");
                }
                if is_more {
                    continue;
                }
            }
            Err(error) => {
                metrics::counter!("task_failures_total", "task" => task.clone()).increment(1);
                metrics::gauge!("task_failing", "task" => task.clone()).set(1);
                let error = chain(&error);
                if failing.is_news(&error) {
                    tracing::warn!(%task, error, failures = failing.in_a_row, "a task failed and will be retried");
                }
            }
        }
        tokio::time::sleep(every).await;
    }
}

/// The failures in a row of a step.
#[derive(Debug, Default)]
struct Failing {
    in_a_row: u64,
    error: String,
}

impl Failing {
    /// Counts one. Worth a line in the log when it is another error than before, or when twice as many have passed since
    /// the last line: an outage of hours does not flood the log, and is not forgotten in it.
    fn is_news(&mut self, error: &str) -> bool {
        let is_another = self.error != error;
        if is_another {
            (self.in_a_row, self.error) = (0, error.to_owned());
        }
        self.in_a_row += 1;
        is_another || self.in_a_row.is_power_of_two()
    }

    /// Whether there were any.
    fn ends(&mut self) -> bool {
        std::mem::take(self).in_a_row > 0
    }
}

/// The delays before a task is restarted, and when it counts as recovered.
#[derive(Debug, Clone, Copy)]
struct Pace {
    backoff: Backoff,
    /// A task that ran for so long has no failures in a row any more.
    held: Duration,
}

const RESTART_PACE: Pace = Pace {
    backoff: Backoff { first: Duration::from_millis(100), max: Duration::from_secs(30) },
    held: Duration::from_secs(60),
};

#[derive(Debug, Default)]
struct State {
    /// Since when it runs; none while it waits to be started again, or is done.
    since: Option<Instant>,
    failures: u32,
    restarts: u64,
    error: String,
}

impl State {
    fn is_failing(&self, held: Duration) -> bool {
        self.failures >= MAX_FAILURES && self.since.is_none_or(|since| since.elapsed() < held)
    }
}

/// The tasks of a service, and how they do.
#[derive(Debug, Clone)]
pub struct Tasks {
    states: Arc<Mutex<BTreeMap<Cow<'static, str>, State>>>,
    pace: Pace,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { states: Arc::default(), pace: RESTART_PACE }
    }
}

/// A task that failed at least once since the process started.
#[derive(Debug, Clone, Serialize)]
pub struct Failed {
    /// Its name.
    pub name: String,
    /// Whether it holds again.
    pub ready: bool,
    /// How often it was started again.
    pub restarts: u64,
    /// Why, the last time.
    pub error: String,
}

impl Tasks {
    /// Starts a job, and again whenever it fails. Its task ends when it is aborted, or when a job that ends is done.
    pub fn supervise(&self, job: Job) -> JoinHandle<()> {
        let tasks = self.clone();
        tokio::spawn(async move { tasks.keep(job).await })
    }

    async fn keep(&self, job: Job) {
        let mut failures = 0;
        loop {
            let started = Instant::now();
            self.change(&job.name, |state| state.since = Some(started));
            // Creating the task may panic like running it.
            let outcome = AssertUnwindSafe(async { (job.start)().await }).catch_unwind().await;
            let error = match outcome {
                Ok(()) if job.ends => return self.change(&job.name, |state| state.failures = 0),
                Ok(()) => "it ended".to_owned(),
                Err(panic) => format!("it panicked: {}", message(panic.as_ref())),
            };
            let held = started.elapsed() >= self.pace.held;
            failures = if held { 1 } else { failures + 1 };
            metrics::counter!("task_restarts_total", "task" => job.name.clone()).increment(1);
            tracing::error!(task = %job.name, error, "a task failed and is restarted");
            self.change(&job.name, |state| {
                state.since = None;
                state.failures = failures;
                state.restarts += 1;
                state.error = error;
            });
            tokio::time::sleep(self.pace.backoff.delay(failures)).await;
        }
    }

    /// Tasks that failed since the start, those that hold again too.
    pub fn failed(&self) -> Vec<Failed> {
        let states = self.lock();
        let failed = states.iter().filter(|(_, state)| state.restarts > 0);
        let failed = failed.map(|(name, state)| Failed {
            name: name.to_string(),
            ready: !state.is_failing(self.pace.held),
            restarts: state.restarts,
            error: state.error.clone(),
        });
        failed.collect()
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut State)) {
        change(self.lock().entry(Cow::Owned(name.to_owned())).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Cow<'static, str>, State>> {
        // Nothing that holds it can panic halfway through a change.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The message of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests;
