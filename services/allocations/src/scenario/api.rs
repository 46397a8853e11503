use super::{
    answer::{WhatIfAnswer, WhatIfPortfolio},
    question::{WhatIfObjective, WhatIfQuestion},
    run,
    store::{self, Model, ScenarioReason, Trace},
};
use ::store::StoreError;
use actix_web::{HttpRequest, get, http::StatusCode, post, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{FieldCode, Money, PrincipalId, Problem, ScenarioId, WindowId};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Column, Context, Created, Envelope, Id, JsonBody, Paging, Parameters, Row,
    openapi::{CreateProblems, ReadProblems},
    response,
};
use utoipa::ToSchema;

/// Maximum number of reasons of a scenario.
const MAX_REASONS: usize = 500;

/// A scenario that was saved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Scenario {
    id: ScenarioId,
    window_id: WindowId,
    #[schema(max_length = 200)]
    title: String,
    #[schema(max_length = 5000)]
    note: Option<String>,
    question: WhatIfQuestion,
    /// The answer of the day on which it was saved.
    answer: WhatIfAnswer,
    #[schema(max_items = 500)]
    reasons: Vec<ScenarioReason>,
    created_by: PrincipalId,
    created_at: DateTime<Utc>,
}

impl TryFrom<Model> for Scenario {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let (question, answer, reasons) = (row.question()?, row.answer()?, row.reasons()?);
        let Model { id, window_id, title, note, created_by, created_at, .. } = row;
        Ok(Self { id, window_id, title, note, question, answer, reasons, created_by, created_at })
    }
}

/// A scenario in a list: what was asked, and what it comes to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScenarioSummary {
    id: ScenarioId,
    window_id: WindowId,
    #[schema(max_length = 200)]
    title: String,
    #[schema(max_length = 5000)]
    note: Option<String>,
    objective: WhatIfObjective,
    /// In US dollars.
    envelope: Money,
    /// Whether no portfolio is better than `best` (or, where there is none, that none is possible).
    is_proven: bool,
    /// The best portfolio; null where none keeps to all rules.
    best: Option<ScenarioValue>,
    /// What the committee had approved on the day on which it was saved.
    decided: ScenarioValue,
    created_by: PrincipalId,
    created_at: DateTime<Utc>,
}

/// What a portfolio comes to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScenarioValue {
    /// All together, in US dollars.
    amount: Money,
    /// Points times dollars, or points, by the objective.
    #[schema(example = "163200000", max_length = 60)]
    value: String,
}

impl From<WhatIfPortfolio> for ScenarioValue {
    fn from(portfolio: WhatIfPortfolio) -> Self {
        Self { amount: portfolio.amount, value: portfolio.value }
    }
}

impl TryFrom<Model> for ScenarioSummary {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let answer = row.answer()?;
        let Model { id, window_id, title, note, created_by, created_at, .. } = row;
        Ok(Self {
            id,
            window_id,
            title,
            note,
            objective: answer.objective,
            envelope: answer.envelope,
            is_proven: answer.is_proven,
            best: answer.best.map(ScenarioValue::from),
            decided: answer.decided.into(),
            created_by,
            created_at,
        })
    }
}

impl Row for ScenarioSummary {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("title", |row| row.title.as_str().into()),
        ("objective", |row| row.objective.as_str().into()),
        ("envelope_usd", |row| row.envelope.into()),
        ("is_proven", |row| row.is_proven.into()),
        ("best_usd", |row| row.best.as_ref().map(|best| best.amount).into()),
        ("best_value", |row| row.best.as_ref().map(|best| best.value.as_str()).into()),
        ("decided_usd", |row| row.decided.amount.into()),
        ("decided_value", |row| row.decided.value.as_str().into()),
        ("created_at", |row| row.created_at.to_rfc3339().into()),
    ];
}

/// A scenario to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewScenario {
    #[schema(example = "With half of the envelope", min_length = 1, max_length = 200)]
    title: String,
    #[schema(max_length = 5000)]
    note: Option<String>,
    question: WhatIfQuestion,
    /// Why proposals are treated otherwise than in the best portfolio.
    #[serde(default)]
    #[schema(max_items = 500)]
    reasons: Vec<ScenarioReason>,
}

fn check(new: &NewScenario) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.text("/title", &new.title, 200);
    checks.optional_long_text("/note", new.note.as_deref(), 5000);
    let reasons = checks.at_most("/reasons", &new.reasons, MAX_REASONS);
    for (index, reason) in reasons.iter().enumerate() {
        checks.required_long_text(&format!("/reasons/{index}/text"), &reason.text, 2000);
        let is_twice = reasons.iter().take(index).any(|other| other.proposal_id == reason.proposal_id);
        let fault = FieldCode::Duplicate.says("is given twice");
        checks.require(!is_twice, &format!("/reasons/{index}/proposal_id"), fault);
    }
    checks.finish()
}

/// A reason is for a proposal of the answer.
fn check_reasons(new: &NewScenario, answer: &WhatIfAnswer) -> Result<(), Problem> {
    let mut checks = Checks::new();
    for (index, reason) in new.reasons.iter().enumerate() {
        let is_known = answer.proposals.iter().any(|proposal| proposal.proposal_id == reason.proposal_id);
        let fault = FieldCode::UnknownReference.says("is not a proposal of this window that has points");
        let fault = fault.with("kind", "allocation_proposal");
        checks.require(is_known, &format!("/reasons/{index}/proposal_id"), fault);
    }
    checks.finish()
}

/// Errors of a question that is a part of a body.
fn in_question(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        error.pointer = format!("/question{}", error.pointer);
    }
    problem
}

/// Finds the best portfolio of a window
///
/// What its envelope would buy best among the proposals that have points, exactly, under the window's balance and the
/// assumptions of the question; with what each rule costs, and what it costs to treat each proposal otherwise. Advice, never a
/// decision: it changes nothing, so it is safe to repeat and takes no `Idempotency-Key`. For the secretariat, and for members
/// of the committee from the deliberation on (404 for others). One question at a time for each caller (429).
#[utoipa::path(tag = "allocation windows", request_body = WhatIfQuestion, security(("oauth2" = ["proposals:read"])),
    params(("id" = Uuid, Path, description = "The window")),
    responses((status = 200, description = "The answer", body = WhatIfAnswer), CreateProblems))]
#[post("/v1/allocation-windows/{id}/what-if")]
pub(crate) async fn what_if(
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    id: Id<WindowId>,
    body: JsonBody<WhatIfQuestion>,
) -> ApiResult {
    let answer = run::solved(&context, &caller.claims, id.0, &body.value).await?;
    response::json(StatusCode::OK, &[], &answer)
}

/// Lists the scenarios of a window
///
/// Newest first, each with what it comes to; `GET /v1/scenarios/{id}` has the whole answer. For the secretariat, and
/// for members of the committee from the deliberation on (404 for others).
#[utoipa::path(tag = "allocation windows", params(("id" = Uuid, Path, description = "The window"), Paging),
    security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The scenarios", body = Envelope<ScenarioSummary>), ReadProblems))]
#[get("/v1/allocation-windows/{id}/scenarios")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    id: Id<WindowId>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let (claims, now) = (&caller.claims, context.store.clock().now());
    let window = service::read(&context, claims, async |db, scope| {
        run::shown_window(db, scope, claims, id.0, now).await
    });
    let window_id = window.await?.id;
    let scope = context.scope(claims).await?;
    let page = paging.0.of("allocation-scenarios", &(claims.office_id, window_id))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, window_id, page, page.after()?).await?;
        Ok(page.page(rows, |row| row.id).try_map(ScenarioSummary::try_from)?)
    })
    .await
}

/// Gets a scenario
///
/// With its question, its answer and the reasons for every difference. For the secretariat, and for members of the
/// committee from the deliberation on (404 for others).
#[utoipa::path(tag = "allocation windows", params(("id" = Uuid, Path, description = "The scenario")),
    security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The scenario", body = Scenario), ReadProblems))]
#[get("/v1/scenarios/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    id: Id<ScenarioId>,
) -> ApiResult {
    let (claims, now) = (&caller.claims, context.store.clock().now());
    let found = service::read(&context, claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        run::shown_window(db, scope, claims, row.window_id, now).await?;
        Ok(Scenario::try_from(row)?)
    });
    // It never changes.
    response::record(&request, 1, &found.await?)
}

/// Saves a scenario
///
/// The question with its answer of today and the reasons for every difference, to be laid before the committee. Headquarters
/// only. It never changes, and decides nothing.
#[utoipa::path(tag = "allocation windows", request_body = NewScenario, security(("oauth2" = ["proposals:screen"])),
    params(("id" = Uuid, Path, description = "The window"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The scenario", body = Scenario), CreateProblems))]
#[post("/v1/allocation-windows/{id}/scenarios")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ProposalsScreen>,
    context: Data<Context>,
    id: Id<WindowId>,
    body: JsonBody<NewScenario>,
) -> ApiResult {
    let (new, claims) = (body.value, &caller.claims);
    check(&new)?;
    super::question::check(&new.question).map_err(in_question)?;
    let office_id = context.headquarters(claims).await?;
    let answer = run::solved(&context, claims, id.0, &new.question).await;
    let answer = answer.map_err(|error| in_question(*error.0))?;
    check_reasons(&new, &answer)?;
    service::create(&context, &request, claims, &body.digest, async |tx, scope| {
        let row = Model {
            id: tx.new_id(),
            organisation_id: scope.organisation_id(),
            office_id,
            window_id: id.0,
            title: new.title,
            note: new.note,
            question: serde_json::to_string(&new.question).map_err(StoreError::from)?,
            answer: serde_json::to_string(&answer).map_err(StoreError::from)?,
            reasons: serde_json::to_string(&new.reasons).map_err(StoreError::from)?,
            created_by: caller.claims.sub,
            created_at: tx.now(),
        };
        store::insert(tx, &row).await?;
        tx.audit_created("scenario.create", &row, &Trace::from(&row)).await?;
        let location = format!("/v1/scenarios/{}", row.id);
        Ok(Created::new(location, 1, Scenario::try_from(row)?))
    })
    .await
}
