use super::{
    State, access,
    fields::ProposalFields,
    fields_check,
    moves::require_state,
    shown::{AllocationProposal, ProposalRecord, record},
    store::{self, Filter, Model, Trace},
};
use crate::window::{self, api::unknown, state_fault};
use ::store::{TenantScope, TenantTx};
use actix_web::{HttpRequest, get, http::StatusCode, post, put, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::Datelike;
use kernel::{Code, OfficeId, PrincipalId, Problem, ProposalId, Reason, WindowId, text::search_key};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Context, Created, Envelope, Id, JsonBody, Listed, Paging,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::IntoParams;

/// Filters of the list of proposals.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProposalFilter {
    /// Only proposals to this window.
    window_id: Option<WindowId>,
    /// Only proposals in this state.
    state: Option<State>,
    /// Only proposals of this office.
    office_id: Option<OfficeId>,
    /// Only proposals for this country: ISO 3166-1 alpha-3 code.
    #[param(max_length = 3)]
    country: Option<String>,
    /// Only proposals of this category.
    #[param(max_length = 100)]
    category: Option<String>,
    /// Words of the title or the reference.
    #[param(max_length = 200)]
    q: Option<String>,
}

impl ProposalFilter {
    /// What is asked of the database.
    ///
    /// # Errors
    /// 400 for a country that there is not.
    pub(super) fn checked(self) -> Result<Filter, ApiError> {
        let Self { window_id, state, office_id, country, category, q } = self;
        service::country("country", country.as_deref())?;
        let search = q.as_deref().map(search_key);
        Ok(Filter { window_id, state, office_id, country, category, search })
    }
}

/// Lists proposals
///
/// Those of the caller's office and the offices below it, newest first. Members of a committee find all of a window's on its
/// board.
#[utoipa::path(tag = "allocation proposals", params(ProposalFilter, Paging), security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The proposals", body = Envelope<AllocationProposal>), ReadProblems))]
#[get("/v1/allocation-proposals")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    listed: Listed<ProposalFilter>,
) -> ApiResult {
    let filter = listed.filter.clone().checked()?;
    let scope = context.scope(&caller.claims).await?;
    if matches!(scope, TenantScope::Donor { .. }) {
        return Err(Problem::not_found().into());
    }
    let page = listed.paging.of("allocation-proposals", &(caller.claims.office_id, &listed.filter))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, &filter, page, page.after()?).await?;
        Ok(page.page(rows, |row| row.id).map(AllocationProposal::from))
    })
    .await
}

/// Gets a proposal
///
/// With where the money is that was promised to it, its documents and its history. For its office and those above it, and for
/// the members of the committee that decides on it once it is sent; 404 for others.
#[utoipa::path(tag = "allocation proposals", params(("id" = Uuid, Path, description = "The proposal")),
    security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The proposal", body = ProposalRecord), ReadProblems))]
#[get("/v1/allocation-proposals/{id}")]
pub(crate) async fn get(
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    id: Id<ProposalId>,
) -> ApiResult {
    let (now, claims) = (context.store.clock().now(), &caller.claims);
    let found = service::read(&context, claims, async |db, scope| {
        let row = access::read(db, scope, claims, id.0, now).await?;
        Ok(db.across_offices(scope, async |all| record(all, row).await).await?)
    });
    let found = found.await?;
    // Payments and documents change it, too: its version alone does not say that nothing has changed.
    let headers = [("etag", response::etag(found.version)), ("cache-control", "no-cache".to_owned())];
    response::json(StatusCode::OK, &headers, &found)
}

/// Creates a proposal
///
/// As a draft of the caller's office, for a window that is open (409 otherwise). The platform assigns its reference. What is
/// needed to submit it may be left out for now.
#[utoipa::path(tag = "allocation proposals", request_body = ProposalFields, security(("oauth2" = ["proposals:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The proposal", body = ProposalRecord), CreateProblems))]
#[post("/v1/allocation-proposals")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ProposalsWrite>,
    context: Data<Context>,
    body: JsonBody<ProposalFields>,
) -> ApiResult {
    let fields = body.value;
    fields_check::check(&fields)?;
    let office_id = context.office_for(&caller.claims, None).await?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, _| {
        new_draft(tx, office_id, &fields, caller.claims.sub).await
    })
    .await
}

/// Writes a new draft of an office.
///
/// # Errors
/// 409 when the window is not open, 422 for a window or a plan that is not the organisation's.
pub(super) async fn new_draft(
    tx: &TenantTx,
    office_id: OfficeId,
    fields: &ProposalFields,
    author: PrincipalId,
) -> Result<Created<ProposalRecord>, ApiError> {
    check_references(tx, fields).await?;
    let (now, organisation_id) = (tx.now(), tx.scope().organisation_id());
    let reference = store::next_reference(tx, organisation_id, now.year()).await?;
    let blank = Model {
        id: tx.new_id(),
        version: 1,
        organisation_id,
        office_id,
        window_id: fields.window_id,
        reference,
        state: State::Draft,
        title: String::new(),
        search: String::new(),
        category: String::new(),
        nature: fields.nature,
        countries: String::new(),
        plan_ids: String::new(),
        asked: fields.asked.minor(),
        least: fields.least.minor(),
        start_date: fields.start_date,
        end_date: fields.end_date,
        visibility: fields.visibility,
        fields: String::new(),
        created_by: author,
        authors: String::new(),
        endorsed_by: None,
        endorsed_at: None,
        submitted_by: None,
        submitted_at: None,
        screened_by: None,
        screened_at: None,
        verdicts: "[]".to_owned(),
        is_reopened: false,
        approved: None,
        decision_id: None,
        final_budget: None,
        created_at: now,
        updated_at: now,
    };
    let row = blank.with(fields, author)?;
    store::insert(tx, &row).await?;
    tx.audit_created("allocation_proposal.create", &row, &Trace::from(&row)).await?;
    let location = format!("/v1/allocation-proposals/{}", row.id);
    Ok(Created::new(location, 1, record(tx.db(), row).await?))
}

/// Updates the draft of a proposal
///
/// Replaces its fields. Only the office that proposes, and only a draft (409 otherwise). An endorsement of the regional office
/// falls away: it was of what stood there before. Send the proposal's ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", request_body = ProposalFields, security(("oauth2" = ["proposals:write"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The proposal", body = ProposalRecord), UpdateProblems))]
#[put("/v1/allocation-proposals/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::ProposalsWrite>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<ProposalFields>,
) -> ApiResult {
    let fields = body.value;
    service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        let before = own(tx, &caller.claims, id.0).await?;
        precondition.check(before.version)?;
        fields_check::check(&fields)?;
        require_state(&before, before.state == State::Draft, "cannot be edited")?;
        check_references(tx, &fields).await?;
        let renewed = Model {
            version: before.version + 1,
            endorsed_by: None,
            endorsed_at: None,
            updated_at: tx.now(),
            ..before.clone()
        };
        let after = renewed.with(&fields, caller.claims.sub)?;
        store::save(tx, &after).await?;
        let (old, new) = (Trace::from(&before), Trace::from(&after));
        tx.audit_changed("allocation_proposal.update", &after, &old, &new).await?;
        Ok(Changed::new(after.version, record(tx.db(), after).await?))
    })
    .await
}

/// The proposal, locked, for a change by the office that proposes.
///
/// # Errors
/// 404 for who does not read it, 403 for another office.
pub(crate) async fn own(tx: &TenantTx, claims: &Claims, id: ProposalId) -> Result<Model, ApiError> {
    let found = store::get_to_change(tx.scope(), tx, id).await?.ok_or_else(Problem::not_found)?;
    if found.office_id == claims.office_id {
        return Ok(found);
    }
    let why = "only the office that proposes may do this";
    Err(Problem::new(Code::Forbidden).because(Reason::OfficeOnly, why).into())
}

/// The window is open, and the plans are the organisation's.
async fn check_references(tx: &TenantTx, fields: &ProposalFields) -> Result<(), ApiError> {
    let organisation_id = tx.scope().organisation_id();
    let window = window::store::find(tx.db(), organisation_id, fields.window_id).await?;
    let unknown_window = || Problem::invalid_field("/window_id", unknown("allocation_window"));
    let window = window.ok_or_else(unknown_window)?;
    if window.state != window::State::Open {
        let fault = state_fault(window.state.as_str(), "is not open for proposals".to_owned());
        return Err(Problem::new(Code::Conflict).field("/window_id", fault).into());
    }
    let mut problem = Problem::new(Code::InvalidField);
    for (index, plan) in fields.plan_ids.iter().enumerate() {
        if !window::store::is_known(tx.db(), "known_plan", organisation_id, plan.as_uuid()).await? {
            let fault = kernel::Fault::unknown(kernel::RecordKind::Plan);
            problem = problem.field(format!("/plan_ids/{index}"), fault);
        }
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(problem.into()) }
}
