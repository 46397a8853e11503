use super::{
    Kind, State, check_envelope,
    fields::WindowFields,
    fields_check, state_fault,
    store::{self, Filter, Model},
};
use crate::ledger;
use ::store::{StoreError, TenantScope, TenantTx};
use actix_web::{HttpRequest, get, post, put, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{Code, CommitteeId, Fault, FieldCode, Money, OfficeId, PoolId, Problem, WindowId};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Column, Context, Created, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// An allocation window.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AllocationWindow {
    pub(crate) id: WindowId,
    #[schema(minimum = 1)]
    pub(crate) version: i64,
    /// The office that runs it: headquarters.
    pub(crate) office_id: OfficeId,
    pub(crate) state: State,
    #[serde(flatten)]
    pub(crate) fields: WindowFields,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl TryFrom<Model> for AllocationWindow {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            version: row.version,
            office_id: row.office_id,
            state: row.state,
            fields: row.fields()?,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl Row for AllocationWindow {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("title", |row| row.fields.title.as_str().into()),
        ("kind", |row| row.fields.kind.as_str().into()),
        ("state", |row| row.state.as_str().into()),
        ("pool_id", |row| row.fields.pool_id.into()),
        ("committee_id", |row| row.fields.committee_id.into()),
        ("envelope_usd", |row| row.fields.envelope.into()),
        ("opens_at", |row| row.fields.opens_at.to_rfc3339().into()),
        ("closes_at", |row| row.fields.closes_at.to_rfc3339().into()),
        ("decides_on", |row| row.fields.decides_on.into()),
        ("time_zone", |row| row.fields.time_zone.as_str().into()),
    ];
}

/// An allocation window with what has been promised in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WindowRecord {
    #[serde(flatten)]
    pub(crate) window: AllocationWindow,
    /// Reserved and allocated in it, less what was released and withdrawn.
    pub(crate) promised: Money,
    /// What can still be promised in it today: within the envelope, and within what the pool has for it. 0 or above.
    pub(crate) headroom: Money,
}

/// A window with its sums.
pub(crate) async fn record(db: &impl ConnectionTrait, row: Model) -> Result<WindowRecord, ApiError> {
    let promised = ledger::promise::of_window(db, row.id).await?;
    let headroom = ledger::load::headroom(db, row.pool_id, row.id).await?;
    let (promised, headroom) = (Money::usd(promised), Money::usd(headroom.max(0)));
    Ok(WindowRecord { window: AllocationWindow::try_from(row)?, promised, headroom })
}

/// Filters of the list of windows.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WindowFilter {
    /// Only windows in this state.
    state: Option<State>,
    /// `standard` or `reserve`.
    kind: Option<Kind>,
    /// Only windows of this pool.
    pool_id: Option<PoolId>,
    /// Only windows of this committee.
    committee_id: Option<CommitteeId>,
}

/// Lists allocation windows
///
/// Those of the organisation, newest first: every office sees which calls there are, have been and are being prepared.
#[utoipa::path(tag = "allocation windows", params(WindowFilter, Paging), security(("oauth2" = ["windows:read"])),
    responses((status = 200, description = "The windows", body = Envelope<AllocationWindow>), ReadProblems))]
#[get("/v1/allocation-windows")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::WindowsRead>,
    context: Data<Context>,
    listed: Listed<WindowFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    if matches!(scope, TenantScope::Donor { .. }) {
        return Err(Problem::not_found().into());
    }
    let page = listed.paging.of("allocation-windows", &(caller.claims.organisation_id, &listed.filter))?;
    let WindowFilter { state, kind, pool_id, committee_id } = listed.filter;
    let filter = Filter { state, kind, pool_id, committee_id };
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, &filter, page, page.after()?).await?;
        Ok(page.page(rows, |row| row.id).try_map(AllocationWindow::try_from)?)
    })
    .await
}

/// Gets an allocation window
///
/// With what has been promised in it and what is left.
#[utoipa::path(tag = "allocation windows", params(("id" = Uuid, Path, description = "The window")),
    security(("oauth2" = ["windows:read"])),
    responses((status = 200, description = "The window", body = WindowRecord), ReadProblems))]
#[get("/v1/allocation-windows/{id}")]
pub(crate) async fn get(
    caller: Caller<perm::WindowsRead>,
    context: Data<Context>,
    id: Id<WindowId>,
) -> ApiResult {
    let found = service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        record(db, row).await
    });
    let found = found.await?;
    // Decisions and contributions change its sums, too: its version alone does not say that nothing has changed.
    let headers = [("etag", response::etag(found.window.version)), ("cache-control", "no-cache".to_owned())];
    response::json(actix_web::http::StatusCode::OK, &headers, &found)
}

/// Creates an allocation window
///
/// As a draft. Headquarters only. The weights of the criteria add up to 100; the floors of the balance to at most 100 %, and
/// each is at most its ceiling (422). A reserve window needs a cap (`eligibility.most`) and may do without criteria.
#[utoipa::path(tag = "allocation windows", request_body = WindowFields, security(("oauth2" = ["windows:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The window", body = AllocationWindow), CreateProblems))]
#[post("/v1/allocation-windows")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::WindowsWrite>,
    context: Data<Context>,
    body: JsonBody<WindowFields>,
) -> ApiResult {
    let fields = body.value;
    fields_check::check(&fields)?;
    let office_id = context.headquarters(&caller.claims).await?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        check_references(tx, &fields).await?;
        let now = tx.now();
        let blank = Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: scope.organisation_id(),
            office_id,
            pool_id: fields.pool_id,
            committee_id: fields.committee_id,
            kind: fields.kind,
            state: State::Draft,
            title: String::new(),
            envelope: 0,
            opens_at: fields.opens_at,
            closes_at: fields.closes_at,
            time_zone: String::new(),
            fields: String::new(),
            created_at: now,
            updated_at: now,
        };
        let row = blank.with(&fields)?;
        store::insert(tx, &row).await?;
        let shown = AllocationWindow::try_from(row.clone())?;
        tx.audit_created("allocation_window.create", &row, &shown).await?;
        Ok(Created::new(format!("/v1/allocation-windows/{}", row.id), 1, shown))
    })
    .await
}

/// Updates an allocation window
///
/// Replaces its fields. Headquarters only. Once it is open, what proposals are judged by is frozen (pool, committee, kind,
/// eligibility, criteria, balance, partial funding, step, categories: 409 at the field); the envelope may grow as
/// far as the pool has money, and shrink to what is promised (409 at `/envelope`). Closed and cancelled windows do not
/// change (409). Send the window's ETag in `If-Match`.
#[utoipa::path(tag = "allocation windows", request_body = WindowFields, security(("oauth2" = ["windows:write"])),
    params(("id" = Uuid, Path, description = "The window"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The window", body = WindowRecord), UpdateProblems))]
#[put("/v1/allocation-windows/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::WindowsWrite>,
    context: Data<Context>,
    id: Id<WindowId>,
    body: JsonBody<WindowFields>,
) -> ApiResult {
    let fields = body.value;
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        fields_check::check(&fields)?;
        check_references(tx, &fields).await?;
        check_frozen(&before, &fields, tx.now())?;
        let renewed = Model { version: before.version + 1, updated_at: tx.now(), ..before.clone() };
        let after = renewed.with(&fields)?;
        store::save(tx, &after).await?;
        if after.state.is_under_way() && after.envelope != before.envelope {
            let is_grown = after.envelope > before.envelope;
            if is_grown { check_money(tx, &after).await? } else { check_promised(tx, &after).await? }
        }
        let (old, new) = (AllocationWindow::try_from(before)?, AllocationWindow::try_from(after.clone())?);
        tx.audit_changed("allocation_window.update", &after, &old, &new).await?;
        Ok(Changed::new(after.version, record(tx.db(), after).await?))
    })
    .await
}

/// Whether an open window, as it is written, promises no less than was promised and no more than its pool has: asked after
/// it is written, under the lock of the pool, so that two windows never count on the same money.
pub(crate) async fn check_money(tx: &TenantTx, window: &Model) -> Result<(), ApiError> {
    let promised = ledger::promise::of_window(tx.db(), window.id).await?;
    let headroom = ledger::load::headroom(tx.db(), window.pool_id, window.id).await?;
    Ok(check_envelope(window.envelope, promised, headroom)?)
}

/// Whether a window whose envelope shrank promises no less than was promised. How much its pool has is not asked: after a
/// contribution fell away, a smaller envelope is what helps.
async fn check_promised(tx: &TenantTx, window: &Model) -> Result<(), ApiError> {
    let promised = ledger::promise::of_window(tx.db(), window.id).await?;
    Ok(check_envelope(window.envelope, promised, i64::MAX)?)
}

/// What an open window's fields may not become any more.
fn check_frozen(before: &Model, fields: &WindowFields, now: DateTime<Utc>) -> Result<(), ApiError> {
    if before.state == State::Draft {
        return Ok(());
    }
    if !before.state.is_under_way() {
        let why = format!("an allocation window that is {} cannot be changed", before.state);
        let fault = state_fault(before.state.as_str(), why);
        return Err(Problem::new(Code::Conflict).field("/state", fault).into());
    }
    let written = before.fields()?;
    let mut problem = Problem::new(Code::Conflict);
    for pointer in written.frozen_changes(fields) {
        let why = "cannot be changed once the window is open".to_owned();
        problem = problem.field(pointer, state_fault(before.state.as_str(), why));
    }
    let is_moved = written.closes_at != fields.closes_at;
    if is_moved && (before.state != State::Open || fields.closes_at <= now) {
        let why = "can only be moved to a later instant than now, while the call is open".to_owned();
        problem = problem.field("/closes_at", state_fault(before.state.as_str(), why));
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(problem.into()) }
}

/// The pool and the committee are the organisation's.
async fn check_references(tx: &TenantTx, fields: &WindowFields) -> Result<(), ApiError> {
    let organisation_id = tx.scope().organisation_id();
    let wanted = [
        ("/pool_id", "pool", fields.pool_id.as_uuid()),
        ("/committee_id", "committee", fields.committee_id.as_uuid()),
    ];
    let mut problem = Problem::new(Code::InvalidField);
    for (pointer, table, id) in wanted {
        if !store::is_known(tx.db(), table, organisation_id, id).await? {
            problem = problem.field(pointer, unknown(table));
        }
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(problem.into()) }
}

/// No record of this kind that the caller may see.
pub(crate) fn unknown(kind: &'static str) -> Fault {
    let words = kind.replace('_', " ");
    FieldCode::UnknownReference.says(format!("is not known in your organisation: {words}")).with("kind", kind)
}
