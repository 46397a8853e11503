use super::{
    Action, State,
    store::{self, Filter, Model},
    transition,
};
use crate::{
    allocation_event,
    disbursement::{api::check_dollars, store as allocations},
    known,
    ledger::{self, Cause, CauseKind, Command},
    lot, proposal,
};
use ::store::{StoreError, TenantTx, Transaction, sql};
use actix_web::{HttpRequest, get, http::StatusCode, post, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{DateTime, Utc};
use kernel::{ContributionId, DonorId, LotId, Money, PoolId, Problem, ProposalId, ShortfallId};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Column, Context, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{ReadProblems, UpdateProblems},
    response,
};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

/// The case of a contribution that became less than what was promised of it. Amounts are in US dollars.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ShortfallCase {
    pub(crate) id: ShortfallId,
    #[schema(minimum = 1)]
    pub(crate) version: i64,
    pub(crate) pool_id: PoolId,
    pub(crate) lot_id: LotId,
    /// The first record of the contribution.
    pub(crate) contribution_id: ContributionId,
    pub(crate) donor_id: Option<DonorId>,
    #[schema(max_length = 500)]
    pub(crate) donor_name: Option<String>,
    pub(crate) state: State,
    /// What was missing when the case opened.
    pub(crate) missing: Money,
    /// What is missing now.
    pub(crate) uncovered: Money,
    /// What other money of the pool took the place of.
    pub(crate) covered: Money,
    /// What the organisation's own funds took the place of.
    pub(crate) absorbed: Money,
    /// What was said of the last step.
    #[schema(max_length = 2000)]
    pub(crate) reason: Option<String>,
    pub(crate) opened_at: DateTime<Utc>,
    pub(crate) closed_at: Option<DateTime<Utc>>,
}

impl Row for ShortfallCase {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("pool_id", |row| row.pool_id.into()),
        ("contribution_id", |row| row.contribution_id.into()),
        ("donor", |row| row.donor_name.clone().into()),
        ("state", |row| row.state.as_str().into()),
        ("missing_usd", |row| row.missing.into()),
        ("uncovered_usd", |row| row.uncovered.into()),
        ("covered_usd", |row| row.covered.into()),
        ("absorbed_usd", |row| row.absorbed.into()),
        ("reason", |row| row.reason.clone().into()),
        ("opened_at", |row| row.opened_at.to_rfc3339().into()),
        ("closed_at", |row| row.closed_at.map(|at| at.to_rfc3339()).into()),
    ];
}

/// The lots of some cases, and the names of their donors.
struct Lots {
    lots: BTreeMap<LotId, lot::store::Model>,
    donors: BTreeMap<DonorId, String>,
}

impl Lots {
    async fn of(db: &impl ConnectionTrait, cases: &[Model]) -> Result<Self, StoreError> {
        let keys = cases.iter().map(|case| case.lot_id.into());
        let rows = sql::select_by_keys(db, "SELECT * FROM lot WHERE true", vec![], "id", keys).await?;
        let lots: Vec<lot::store::Model> = sql::read(&rows)?;
        let ids: BTreeSet<DonorId> = lots.iter().filter_map(|lot| lot.donor_id).collect();
        let donors = known::donor::names(db, &ids).await?;
        Ok(Self { lots: lots.into_iter().map(|lot| (lot.id, lot)).collect(), donors })
    }

    fn shown(&self, case: Model) -> ShortfallCase {
        let lot = self.lots.get(&case.lot_id);
        let donor_id = lot.and_then(|lot| lot.donor_id);
        let known = donor_id.and_then(|id| self.donors.get(&id).cloned());
        ShortfallCase {
            id: case.id,
            version: case.version,
            pool_id: case.pool_id,
            lot_id: case.lot_id,
            contribution_id: case.contribution_id,
            donor_id,
            donor_name: known.or_else(|| lot.and_then(|lot| lot.donor_name.clone())),
            state: case.state,
            missing: Money::usd(case.uncovered),
            uncovered: Money::usd(lot.map_or(0, |lot| lot.uncovered)),
            covered: Money::usd(case.covered),
            absorbed: Money::usd(case.absorbed),
            reason: case.reason,
            opened_at: case.opened_at,
            closed_at: case.closed_at,
        }
    }
}

/// Filters of the list of shortfalls.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShortfallFilter {
    /// Only in this state.
    state: Option<State>,
    /// Only of this pool.
    pool_id: Option<PoolId>,
}

/// Lists shortfalls
///
/// Contributions that became less than what was promised of them, and what was done about it: the organisation's cases,
/// newest first. A case opens when something has been missing for a minute; while it is, less can be approved. Staff only.
#[utoipa::path(tag = "pools", params(ShortfallFilter, Paging), security(("oauth2" = ["pools:read"])),
    responses((status = 200, description = "The shortfalls", body = Envelope<ShortfallCase>), ReadProblems))]
#[get("/v1/shortfalls")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::PoolsRead>,
    context: Data<Context>,
    listed: Listed<ShortfallFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let asked = listed.filter;
    let filter = Filter { state: asked.state, pool_id: asked.pool_id };
    let page = listed.paging.of("shortfalls", &(asked, caller.claims.organisation_id))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, &filter, page, page.after()?).await?;
        let page = page.page(rows, |row| row.id);
        let lots = Lots::of(db, &page.items).await?;
        Ok(page.map(|row| lots.shown(row)))
    })
    .await
}

/// Gets a shortfall
///
/// With what is missing now. Staff only.
#[utoipa::path(tag = "pools", params(("id" = Uuid, Path, description = "The shortfall")),
    security(("oauth2" = ["pools:read"])),
    responses((status = 200, description = "The shortfall", body = ShortfallCase), ReadProblems))]
#[get("/v1/shortfalls/{id}")]
pub(crate) async fn get(
    caller: Caller<perm::PoolsRead>,
    context: Data<Context>,
    id: Id<ShortfallId>,
) -> ApiResult {
    let case = service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let lots = Lots::of(db, std::slice::from_ref(&row)).await?;
        Ok(lots.shown(row))
    });
    let case = case.await?;
    // What is missing becomes less without a new version of the case.
    let headers = [("etag", response::etag(case.version)), ("cache-control", "no-cache".to_owned())];
    response::json(StatusCode::OK, &headers, &case)
}

/// Why a shortfall is covered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShortfallCover {
    #[schema(example = "Sweden's money is still available", min_length = 1, max_length = 2000)]
    reason: String,
}

/// How much of a shortfall the organisation absorbs, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShortfallAbsorption {
    /// In US dollars. Defaults to all that is missing.
    amount: Option<Money>,
    #[schema(example = "Charged to the operational reserve", min_length = 1, max_length = 2000)]
    reason: String,
}

/// What is done about a shortfall.
struct Step {
    action: Action,
    /// US cents; all when none is said.
    amount: Option<i64>,
    reason: String,
}

impl Step {
    const fn audit_name(&self) -> &'static str {
        match self.action {
            Action::Cover => "shortfall.cover",
            Action::Absorb => "shortfall.absorb",
            Action::Reduce | Action::Close => "shortfall.close",
        }
    }

    fn command(&self, lot: &lot::store::Model) -> Command {
        match self.action {
            Action::Absorb => {
                Command::Absorb { lot_id: lot.id, amount: self.amount.unwrap_or(lot.uncovered) }
            }
            Action::Cover | Action::Reduce | Action::Close => Command::Cover { lot_id: lot.id },
        }
    }
}

async fn step(
    request: &HttpRequest,
    context: &Context,
    claims: &Claims,
    id: ShortfallId,
    step: Step,
) -> ApiResult {
    context.headquarters(claims).await?;
    service::change(context, request, claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        transition(before.state, step.action, 0)?;
        let after = take(tx, before, &step).await?;
        let lots = Lots::of(tx.db(), std::slice::from_ref(&after)).await?;
        Ok(Changed::new(after.version, lots.shown(after)))
    })
    .await
}

/// Posts the step, writes the case's next version, and tells of the allocations whose sources changed.
async fn take(tx: &mut TenantTx, before: Model, step: &Step) -> Result<Model, ApiError> {
    let lot = store::lot_of(tx.db(), before.lot_id).await?;
    let concerned = allocations::with_money_of(tx.db(), lot.id).await?;
    let cause = Cause {
        kind: CauseKind::Shortfall,
        id: before.id.as_uuid(),
        sequence: before.version + 1,
        day: tx.now().date_naive(),
        reason: Some(step.reason.clone()),
        decision_id: None,
    };
    ledger::store::post(tx, before.pool_id, step.command(&lot), cause).await?;
    let left = store::lot_of(tx.db(), lot.id).await?.uncovered;
    let replaced = lot.uncovered - left;
    let state = transition(before.state, step.action, left)?;
    let (covered, absorbed) = if step.action == Action::Absorb { (0, replaced) } else { (replaced, 0) };
    let now = tx.now();
    let after = Model {
        version: before.version + 1,
        state,
        covered: before.covered + covered,
        absorbed: before.absorbed + absorbed,
        reason: Some(step.reason.clone()),
        closed_at: (state != State::Open).then_some(now),
        updated_at: now,
        ..before.clone()
    };
    store::save(tx, &after).await?;
    let trail = |case: &Model| (case.state, Money::usd(case.covered), Money::usd(case.absorbed));
    tx.audit_changed(step.audit_name(), &after, &trail(&before), &trail(&after)).await?;
    tell(tx, &before, concerned).await?;
    Ok(after)
}

/// Tells of allocations, each at its next version: other lots pay for them now.
async fn tell(tx: &mut Transaction, case: &Model, concerned: Vec<ProposalId>) -> Result<(), StoreError> {
    // An office may be filing its budget meanwhile.
    tx.lock_all(concerned.iter().map(|id| proposal::store::lock_of(*id))).await?;
    for id in concerned {
        let found = proposal::store::find(tx.db(), case.organisation_id, id).await?;
        if let Some(row) = found {
            allocations::touch(tx, row).await?;
            allocation_event::emit(tx, id).await?;
        }
    }
    Ok(())
}

/// Covers a shortfall with other money of the pool
///
/// Headquarters only, while the case is open (409 otherwise). What is available in lots that may be used for each proposal
/// takes the place of what is missing, stage by stage (reserved, allocated, disbursed), in proportion; 409 when there is not
/// enough of it, then nothing happens. Nothing is taken from a proposal: other contributions pay for it. Send the case's ETag
/// (its `version`) in `If-Match`.
#[utoipa::path(tag = "pools", request_body = ShortfallCover, security(("oauth2" = ["pools:write"])),
    params(("id" = Uuid, Path, description = "The shortfall"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The shortfall", body = ShortfallCase), UpdateProblems))]
#[post("/v1/shortfalls/{id}/cover")]
pub(crate) async fn cover(
    request: HttpRequest,
    caller: Caller<perm::PoolsWrite>,
    context: Data<Context>,
    id: Id<ShortfallId>,
    body: JsonBody<ShortfallCover>,
) -> ApiResult {
    let ShortfallCover { reason } = body.value;
    let mut checks = Checks::new();
    checks.required_long_text("/reason", &reason, 2000);
    checks.finish()?;
    let cover = Step { action: Action::Cover, amount: None, reason };
    step(&request, &context, &caller.claims, id.0, cover).await
}

/// Absorbs a shortfall with the organisation's own funds
///
/// Headquarters only, while the case is open (409 otherwise). Own funds come in as a lot of the organisation and take the
/// place of what is missing, spent or not; of all of it, unless an amount is given (409 when it is more). Send the case's
/// ETag (its `version`) in `If-Match`.
#[utoipa::path(tag = "pools", request_body = ShortfallAbsorption, security(("oauth2" = ["pools:write"])),
    params(("id" = Uuid, Path, description = "The shortfall"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The shortfall", body = ShortfallCase), UpdateProblems))]
#[post("/v1/shortfalls/{id}/absorb")]
pub(crate) async fn absorb(
    request: HttpRequest,
    caller: Caller<perm::PoolsWrite>,
    context: Data<Context>,
    id: Id<ShortfallId>,
    body: JsonBody<ShortfallAbsorption>,
) -> ApiResult {
    let ShortfallAbsorption { amount, reason } = body.value;
    let mut checks = Checks::new();
    checks.required_long_text("/reason", &reason, 2000);
    if let Some(amount) = amount {
        check_dollars(&mut checks, "/amount", amount);
    }
    checks.finish()?;
    let absorb = Step { action: Action::Absorb, amount: amount.map(|amount| amount.minor()), reason };
    step(&request, &context, &caller.claims, id.0, absorb).await
}
