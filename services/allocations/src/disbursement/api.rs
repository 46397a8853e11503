//! The steps of allocated money, and how far it is.

use super::{
    FundsAction, check_state,
    funds::{self, AllocationFunds},
    store,
};
use crate::{
    allocation_event,
    ledger::{self, Cause, CauseKind},
    notice,
    proposal::{self, budget},
    window,
};
use ::store::Transaction;
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::NaiveDate;
use kernel::{
    AllocationNoticeKind, Code, Currency, Fault, FieldCode, Money, PoolId, Problem, ProposalId, Reason,
};
use serde::Deserialize;
use service::{
    ApiResult, Changed, Checks, Context, Id, JsonBody,
    openapi::{ReadProblems, UpdateProblems},
    response,
};
use utoipa::ToSchema;

/// A step of allocated money.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FundsStep {
    /// In US dollars: 100.00 at least, or all that is left at this stage.
    pub(crate) amount: Money,
    /// The day of the step, where it is recorded later; not in the future. Defaults to today (UTC).
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    pub(crate) on: Option<NaiveDate>,
    /// What the ledger says about it.
    #[schema(example = "First instalment", max_length = 2000)]
    pub(crate) comment: Option<String>,
}

impl FundsStep {
    fn check(&self) -> Result<(), Problem> {
        let mut checks = Checks::new();
        check_dollars(&mut checks, "/amount", self.amount);
        checks.optional_long_text("/comment", self.comment.as_deref(), 2000);
        if let Some(day) = self.on {
            checks.date("/on", day);
        }
        checks.finish()
    }

    /// The day on which it happened: no later than today, where the committee is.
    fn day(&self, today: NaiveDate) -> Result<NaiveDate, Problem> {
        let day = self.on.unwrap_or(today);
        if day <= today { Ok(day) } else { Err(Problem::invalid_field("/on", Fault::in_future())) }
    }
}

/// An amount above zero in US dollars.
pub(crate) fn check_dollars(checks: &mut Checks, pointer: &str, amount: Money) {
    let is_usd = amount.currency() == Currency::USD;
    checks.require(is_usd, &format!("{pointer}/currency"), Fault::wrong_currency("USD"));
    checks.require(amount.minor() > 0, &format!("{pointer}/amount"), Fault::not_above_zero());
}

/// Somebody else has to do this (403).
pub(crate) fn second_person(why: &'static str) -> ApiError {
    Problem::new(Code::Forbidden).because(Reason::SecondPerson, why).into()
}

/// Who may not take a step, and what has to be there before it.
async fn guard(
    tx: &Transaction,
    row: &proposal::store::Model,
    action: FundsAction,
    claims: &Claims,
) -> Result<(), ApiError> {
    if action == FundsAction::Disburse && store::took_part(tx.db(), row, claims.sub).await? {
        return Err(second_person("whoever took part in the decision cannot record the payment"));
    }
    if action == FundsAction::Disburse {
        let due = store::budgeted(tx.db(), row).await?;
        let filed = row.final_budget()?.map(|lines| budget::total(&lines));
        if filed != Some(i128::from(due)) {
            let why = "the office has to file a budget of exactly what it gets first";
            let fault = FieldCode::Required.says(why).amount(Money::usd(due));
            return Err(Problem::new(Code::Conflict).field("/final_budget", fault).into());
        }
    }
    if action == FundsAction::Restore && store::has_returned(tx.db(), row.id, claims.sub).await? {
        return Err(second_person("whoever recorded a return of this money cannot confirm it"));
    }
    Ok(())
}

async fn step(
    request: &HttpRequest,
    context: &Context,
    claims: &Claims,
    id: ProposalId,
    (action, body): (FundsAction, FundsStep),
) -> ApiResult {
    body.check()?;
    if matches!(action, FundsAction::Disburse | FundsAction::Restore) {
        context.headquarters(claims).await?;
    }
    service::change(context, request, claims, async |tx, scope, precondition| {
        let (before, pool_id) = store::to_change(scope, tx, id).await?;
        precondition.check(before.version)?;
        check_state(before.state, action)?;
        guard(tx, &before, action, claims).await?;
        // The pool is headquarters', whichever office spends.
        let after = tx.as_platform(async |tx| take(tx, pool_id, before, (action, &body)).await).await?;
        let shown = funds::funds(tx.db(), after).await?;
        Ok(Changed::new(shown.version, shown))
    })
    .await
}

/// Posts a step, moves the proposal on, and tells of it.
async fn take(
    tx: &mut Transaction,
    pool_id: PoolId,
    before: proposal::store::Model,
    (action, body): (FundsAction, &FundsStep),
) -> Result<proposal::store::Model, ApiError> {
    let old = funds::trail(tx.db(), &before).await?;
    let today = window::store::day_of(tx.db(), before.organisation_id, before.window_id, tx.now()).await?;
    let cause = Cause {
        kind: CauseKind::Proposal,
        id: before.id.as_uuid(),
        sequence: before.version + 1,
        day: body.day(today)?,
        reason: body.comment.clone(),
        decision_id: before.decision_id,
    };
    ledger::store::post(tx, pool_id, action.command(before.id, body.amount.minor()), cause).await?;
    let after = match action.of_proposal() {
        Some(step) => proposal::moves::apply(tx, before, step).await?,
        None => store::touch(tx, before).await?,
    };
    let new = funds::trail(tx.db(), &after).await?;
    tx.audit_changed(action.audit_name(), funds::subject(&after), &old, &new).await?;
    allocation_event::emit(tx, after.id).await?;
    if action == FundsAction::Disburse {
        notice::to_office(tx, &proposal::notice(&after, AllocationNoticeKind::Disbursed)).await?;
    }
    Ok(after)
}

/// Gets how far the money of a proposal is
///
/// What was approved, allocated, disbursed, spent, returned and withdrawn, the report on its use, and what a decision gave to
/// others or to it. For the office of the proposal and those above it, 404 for any other.
#[utoipa::path(tag = "allocation proposals", params(("id" = Uuid, Path, description = "The proposal")),
    security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "How far the money is", body = AllocationFunds), ReadProblems))]
#[get("/v1/allocation-proposals/{id}/funds")]
pub(crate) async fn get(
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    id: Id<ProposalId>,
) -> ApiResult {
    let found = service::read(&context, &caller.claims, async |db, scope| {
        let row = proposal::store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        Ok(funds::funds(db, row).await?)
    });
    let shown = found.await?;
    let headers = [("etag", response::etag(shown.version)), ("cache-control", "no-cache".to_owned())];
    response::json(actix_web::http::StatusCode::OK, &headers, &shown)
}

macro_rules! steps {
    ($($(#[$doc:meta])* $handler:ident $path:literal $action:ident;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "allocation proposals", request_body = FundsStep,
            security(("oauth2" = ["disbursements:write"])),
            params(("id" = Uuid, Path, description = "The proposal"),
                   ("If-Match" = String, Header, description = "The ETag of the version you read")),
            responses((status = 200, description = "How far the money is", body = AllocationFunds), UpdateProblems))]
        #[post($path)]
        pub(crate) async fn $handler(
            request: HttpRequest,
            caller: Caller<perm::DisbursementsWrite>,
            context: Data<Context>,
            id: Id<ProposalId>,
            body: JsonBody<FundsStep>,
        ) -> ApiResult {
            step(&request, &context, &caller.claims, id.0, (FundsAction::$action, body.value)).await
        })+
    };
}

steps! {
    /// Disburses allocated money
    ///
    /// Headquarters only, from the states `approved`, `partly_approved` and `disbursing` (409 otherwise), and not by
    /// whoever moved, voted on, confirmed or recorded the decision (403). The proposal becomes `disbursing`. Of a partial approval the
    /// office has to file a budget first (409). No more than what is allocated (409). Each lot pays its part. Send the
    /// proposal's ETag in `If-Match`.
    disburse "/v1/allocation-proposals/{id}/disburse" Disburse;
    /// Records what was spent of disbursed money
    ///
    /// The office of the proposal or one above it, in the states `disbursing` and `reporting`: no more than what is disbursed
    /// and not yet spent (409). Send the proposal's ETag in `If-Match`.
    spend "/v1/allocation-proposals/{id}/spend" Spend;
    /// Records that unspent money is returned
    ///
    /// The office of the proposal or one above it, in the states `disbursing` and `reporting`: no more than what is disbursed
    /// and not yet spent (409). It is available again once headquarters confirms that it came (`restore`). Send the
    /// proposal's ETag in `If-Match`.
    give_back "/v1/allocation-proposals/{id}/return" Return;
    /// Confirms that returned money came
    ///
    /// Headquarters only, and not by whoever recorded a return of it (403). The money is available again in the lots that it
    /// came from, with their year of intake. Also after the proposal was closed. Send the proposal's ETag in `If-Match`.
    restore "/v1/allocation-proposals/{id}/restore" Restore;
}
