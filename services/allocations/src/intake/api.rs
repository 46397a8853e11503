use super::count::{Why, recount};
use crate::{
    allocation_event,
    known::contribution as facts,
    ledger, lot,
    pool::{
        intake::Intake,
        store::{self, Model},
    },
};
use ::store::{StoreError, TenantTx, insert_models, upsert_models};
use actix_web::{HttpRequest, get, post, put, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{Code, ContributionId, Earmarking, Fault, FieldCode, Money, OfficeId, PoolId, Problem};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Column, Context, Created, Envelope, Id, JsonBody, Paging, Parameters, Row,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::ToSchema;

/// A pool of money that is not earmarked, or softly.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Pool {
    id: PoolId,
    /// It rises with every entry of its ledger.
    #[schema(minimum = 1)]
    version: i64,
    /// Headquarters.
    office_id: OfficeId,
    #[serde(flatten)]
    fields: PoolFields,
    /// The number of entries of its ledger.
    #[schema(minimum = 0)]
    entries: i64,
    /// What its ledger adds up to; null in lists and in answers to changes.
    totals: Option<PoolTotals>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// The fields of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PoolFields {
    #[schema(example = "Unearmarked contributions", min_length = 1, max_length = 200)]
    name: String,
    /// Which contributions it takes in.
    intake: Intake,
    /// The overhead that is charged on allocations, in hundredths of a percent: 700 is 7 %. Defaults to none.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10000, example = 700)]
    overhead_rate: i64,
    /// The part of what was received that is kept for reserve windows, in percent. Defaults to none.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100, example = 20)]
    reserve_floor: i64,
}

/// What a pool's ledger adds up to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PoolTotals {
    /// What the donors service counts, and own funds.
    received: Money,
    available: Money,
    reserved: Money,
    allocated: Money,
    disbursed: Money,
    spent: Money,
    returned: Money,
    /// What was promised and is no longer counted.
    uncovered: Money,
}

impl From<ledger::rows::Totals> for PoolTotals {
    fn from(totals: ledger::rows::Totals) -> Self {
        Self {
            received: Money::usd(totals.received),
            available: Money::usd(totals.available),
            reserved: Money::usd(totals.reserved),
            allocated: Money::usd(totals.allocated),
            disbursed: Money::usd(totals.disbursed),
            spent: Money::usd(totals.spent),
            returned: Money::usd(totals.returned),
            uncovered: Money::usd(totals.uncovered),
        }
    }
}

impl TryFrom<Model> for Pool {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let intake = row.intake()?;
        let Model {
            id,
            version,
            office_id,
            name,
            overhead_rate,
            reserve_floor,
            entries,
            created_at,
            updated_at,
            ..
        } = row;
        let fields = PoolFields { name, intake, overhead_rate, reserve_floor };
        Ok(Self { id, version, office_id, fields, entries, totals: None, created_at, updated_at })
    }
}

impl Row for Pool {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("name", |row| row.fields.name.as_str().into()),
        ("firmness", |row| row.fields.intake.firmness.as_str().into()),
        ("overhead_rate", |row| row.fields.overhead_rate.into()),
        ("reserve_floor", |row| row.fields.reserve_floor.into()),
        ("entries", |row| row.entries.into()),
    ];
}

/// Lists pools
///
/// The pools of the organisation, newest first. Every office reads them.
#[utoipa::path(tag = "pools", params(Paging), security(("oauth2" = ["pools:read"])),
    responses((status = 200, description = "The pools", body = Envelope<Pool>), ReadProblems))]
#[get("/v1/pools")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::PoolsRead>,
    context: Data<Context>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let page = paging.0.of("pools", &caller.claims.organisation_id)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, page, page.after()?).await?;
        Ok(page.page(rows, |row| row.id).try_map(Pool::try_from)?)
    })
    .await
}

/// Gets a pool
///
/// With what its ledger adds up to.
#[utoipa::path(tag = "pools", params(("id" = Uuid, Path, description = "The pool")),
    security(("oauth2" = ["pools:read"])),
    responses((status = 200, description = "The pool", body = Pool), ReadProblems))]
#[get("/v1/pools/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::PoolsRead>,
    context: Data<Context>,
    id: Id<PoolId>,
) -> ApiResult {
    let found = service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let totals = ledger::rows::totals(db, row.id).await?;
        Ok(Pool { totals: Some(totals.into()), ..Pool::try_from(row)? })
    });
    let found = found.await?;
    response::record(&request, found.version, &found)
}

/// Creates a pool
///
/// Only headquarters can do this. Contributions that are recorded already are counted at once, each in the oldest pool that
/// takes it in. 409 if there is a pool of this name.
#[utoipa::path(tag = "pools", request_body = PoolFields, security(("oauth2" = ["pools:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The pool", body = Pool), CreateProblems))]
#[post("/v1/pools")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::PoolsWrite>,
    context: Data<Context>,
    body: JsonBody<PoolFields>,
) -> ApiResult {
    let fields = body.value;
    check(&fields)?;
    let office_id = context.headquarters(&caller.claims).await?;
    let organisation_id = caller.claims.organisation_id;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, _| {
        tx.lock(&store::intake_lock(organisation_id)).await?;
        let now = tx.now();
        let row = Model {
            id: tx.new_id(),
            version: 1,
            organisation_id,
            office_id,
            name: fields.name.clone(),
            intake: serde_json::to_string(&fields.intake).map_err(StoreError::from)?,
            overhead_rate: fields.overhead_rate,
            reserve_floor: fields.reserve_floor,
            entries: 0,
            created_at: now,
            updated_at: now,
        };
        insert_models(tx.db(), std::slice::from_ref(&row)).await.map_err(already_there)?;
        tx.audit_created("pool.create", &row, &Pool::try_from(row.clone())?).await?;
        let made = counted(tx, row).await?;
        Ok(Created::new(format!("/v1/pools/{}", made.id), made.version, Pool::try_from(made)?))
    })
    .await
}

/// Updates a pool
///
/// Replaces all fields; only headquarters can do this. What is counted follows at once: money that the pool no longer takes
/// in is reduced, and what was promised of it lacks cover. Send the pool's ETag in `If-Match`.
#[utoipa::path(tag = "pools", request_body = PoolFields, security(("oauth2" = ["pools:write"])),
    params(("id" = Uuid, Path, description = "The pool"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The pool", body = Pool), UpdateProblems))]
#[put("/v1/pools/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::PoolsWrite>,
    context: Data<Context>,
    id: Id<PoolId>,
    body: JsonBody<PoolFields>,
) -> ApiResult {
    let organisation_id = caller.claims.organisation_id;
    let fields = body.value;
    check(&fields)?;
    let may_read = service::read(&context, &caller.claims, async |db, scope| {
        Ok(store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?)
    });
    may_read.await?;
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        tx.lock(&store::intake_lock(organisation_id)).await?;
        tx.lock(&store::lock(id.0)).await?;
        let before = store::get(scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let after = Model {
            version: before.version + 1,
            name: fields.name.clone(),
            intake: serde_json::to_string(&fields.intake).map_err(StoreError::from)?,
            overhead_rate: fields.overhead_rate,
            reserve_floor: fields.reserve_floor,
            updated_at: tx.now(),
            ..before.clone()
        };
        upsert_models(tx.db(), std::slice::from_ref(&after)).await.map_err(already_there)?;
        let takes_the_same = after.intake == before.intake;
        tx.audit_changed("pool.update", &after, &Pool::try_from(before)?, &Pool::try_from(after.clone())?)
            .await?;
        let counted = if takes_the_same { after } else { counted(tx, after).await? };
        Ok(Changed::new(counted.version, Pool::try_from(counted)?))
    })
    .await
}

/// Counts what the pool takes in by now; the pool afterwards.
async fn counted(tx: &mut TenantTx, pool: Model) -> Result<Model, ApiError> {
    let roots = facts::free_roots(tx.db(), pool.organisation_id).await?;
    let of_pool = lot::store::of_pool(tx.db(), pool.id).await?;
    let held: Vec<ContributionId> = of_pool.iter().filter_map(|lot| lot.root_id).collect();
    // A part that is counted apart is known by a record of its own.
    let known = facts::roots_of(tx.db(), &held).await?;
    let held = held.into_iter().map(|id| known.get(&id).copied().unwrap_or(id));
    let roots = roots.into_iter().chain(held).map(|root_id| (root_id, Why::Pool)).collect();
    let concerned = recount(tx, pool.organisation_id, &roots).await?;
    allocation_event::emit_next(tx, concerned).await?;
    Ok(store::held(tx.db(), pool.id).await?.ok_or_else(Problem::not_found)?)
}

fn already_there(error: StoreError) -> ApiError {
    if error.is_duplicate() {
        let fault = FieldCode::AlreadyExists.says("a pool of this name already exists");
        return Problem::new(Code::Conflict).field("/name", fault.with("kind", "pool")).into();
    }
    error.into()
}

fn check(fields: &PoolFields) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.text("/name", &fields.name, 200);
    let intake = &fields.intake;
    for (index, source) in checks.at_most("/intake/sources", &intake.sources, 20).iter().enumerate() {
        checks.text(&format!("/intake/sources/{index}"), source, 40);
    }
    checks.at_most("/intake/office_ids", &intake.office_ids, 200);
    for (index, earmarking) in
        checks.at_most("/intake/earmarkings", &intake.earmarkings, 2).iter().enumerate()
    {
        let is_free = matches!(earmarking, Earmarking::Unearmarked | Earmarking::SoftlyEarmarked);
        let allowed = [Earmarking::Unearmarked.as_str(), Earmarking::SoftlyEarmarked.as_str()];
        let pointer = format!("/intake/earmarkings/{index}");
        checks.require(is_free, &pointer, Fault::not_one_of(earmarking.as_str(), &allowed));
    }
    if let Some(from) = intake.from {
        checks.day("/intake/from", from);
    }
    let is_share = |number: i64, max: i64| (0..=max).contains(&number);
    checks.require(is_share(fields.overhead_rate, 10_000), "/overhead_rate", Fault::out_of_range(0, 10_000));
    checks.require(is_share(fields.reserve_floor, 100), "/reserve_floor", Fault::out_of_range(0, 100));
    checks.finish()
}
