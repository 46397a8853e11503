//! Running a question: what it needs is read first, then it is solved beside the threads that answer requests.

use super::{
    answer::{WhatIfAnswer, answer},
    question::{self, WhatIfQuestion},
};
use crate::{
    proposal::access,
    score::board,
    what_if::{self, Answer, SOLVE_LIMIT, solve},
    window::{self, State},
};
use ::store::{Snapshot, TenantScope};
use actix_web::web;
use auth::{ApiError, Claims};
use chrono::{DateTime, Utc};
use kernel::{Code, PrincipalId, Problem, Reason, WindowId};
use service::Context;
use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard},
    time::Duration,
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Questions that are solved at once: each keeps a processor busy.
const MAX_SOLVERS: usize = 2;
/// How long a question waits for those of others.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);
/// After how many seconds a caller may ask again whose other question is being solved.
const RETRY_SECONDS: u64 = 5;

static SOLVERS: Semaphore = Semaphore::const_new(MAX_SOLVERS);
/// Whose questions are being solved.
static CALLERS: Mutex<BTreeSet<PrincipalId>> = Mutex::new(BTreeSet::new());

fn callers() -> MutexGuard<'static, BTreeSet<PrincipalId>> {
    CALLERS.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A caller's turn: it ends when the question is solved, also when nobody waits for the answer any more.
struct Turn {
    caller: PrincipalId,
    _solver: SemaphorePermit<'static>,
}

impl Turn {
    /// Waits for a processor.
    ///
    /// # Errors
    /// 429 while another question of the caller is solved, 503 when those of others do not end.
    async fn take(caller: PrincipalId) -> Result<Self, Problem> {
        let busy =
            || Problem::new(Code::Unavailable).because(Reason::Busy, "too many questions are being solved");
        let permit = tokio::time::timeout(TURN_TIMEOUT, SOLVERS.acquire()).await;
        let solver = permit.map_err(|_| busy())?.map_err(|_| busy())?;
        if !callers().insert(caller) {
            return Err(Problem::rate_limited(RETRY_SECONDS));
        }
        Ok(Self { caller, _solver: solver })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        callers().remove(&self.caller);
    }
}

/// The window, for the secretariat, and for members of its committee from the deliberation on.
///
/// # Errors
/// 404 for anybody else.
pub(crate) async fn shown_window(
    db: &Snapshot,
    scope: &TenantScope,
    claims: &Claims,
    id: WindowId,
    now: DateTime<Utc>,
) -> Result<window::store::Model, ApiError> {
    let window = window::store::get(scope, db, id).await?.ok_or_else(Problem::not_found)?;
    let is_late = matches!(window.state, State::Deliberation | State::Closed);
    let is_member = is_late && access::is_seated(db, &window, claims, now).await?;
    if is_member || access::is_secretariat(db, claims).await? {
        Ok(window)
    } else {
        Err(Problem::not_found().into())
    }
}

/// Answers a question about a window.
///
/// # Errors
/// 404, 422 for what the question names, 429 and 503 as [`Turn::take`].
pub(crate) async fn solved(
    context: &Context,
    claims: &Claims,
    id: WindowId,
    question: &WhatIfQuestion,
) -> Result<WhatIfAnswer, ApiError> {
    question::check(question)?;
    let now = context.store.clock().now();
    let asked = service::read(context, claims, async |db, scope| {
        let window = shown_window(db, scope, claims, id, now).await?;
        let fields = window.fields().map_err(ApiError::from)?;
        let scores = db.across_offices(scope, async |all| board::scores(all, &window).await).await?;
        Ok(question::asked(&window, &fields, &scores, question)?)
    });
    let asked = asked.await?;
    let turn = Turn::take(claims.sub).await?;
    let question = question.clone();
    let solving = web::block(move || {
        let answer = answer(id, &question, &asked);
        drop(turn);
        answer
    });
    let answer = solving.await.map_err(|error| ApiError::internal(&error))?;
    // The amounts and points that the platform takes are within what the solver takes.
    answer.map_err(|invalid| Problem::new(Code::Conflict).detail(invalid.to_string()).into())
}

/// The best portfolios of several problems, in their order; none of a problem without a meaning. Together they take no more
/// than one question does.
///
/// # Errors
/// 429 and 503 as [`Turn::take`].
pub(crate) async fn optima(
    caller: PrincipalId,
    problems: Vec<what_if::Problem>,
) -> Result<Vec<Option<Answer>>, ApiError> {
    if problems.is_empty() {
        return Ok(Vec::new());
    }
    let turn = Turn::take(caller).await?;
    let limit = SOLVE_LIMIT / u64::try_from(problems.len()).unwrap_or(u64::MAX);
    let solving = web::block(move || {
        let found: Vec<Option<Answer>> = problems.iter().map(|problem| solve(problem, limit).ok()).collect();
        drop(turn);
        found
    });
    solving.await.map_err(|error| ApiError::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_caller_has_one_question_solved_at_a_time() {
        let caller = PrincipalId::from_u128(1);
        let first = Turn::take(caller).await.unwrap();
        let refused = Turn::take(caller).await.err().unwrap();
        assert_eq!(refused.status, 429);
        drop(first);
        assert!(Turn::take(caller).await.is_ok());
    }
}
