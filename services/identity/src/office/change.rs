//! Changing an office: its name, its place in the tree, its country, its time zone.

use super::{
    api::{Office, check_kinds, check_place},
    lock, store,
};
use ::store::{StoreError, TenantTx, office::with_descendants};
use actix_web::{HttpRequest, put, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use kernel::{Code, Fault, FieldCode, OfficeId, Problem, Reason, RecordKind};
use serde::Deserialize;
use service::{
    ApiResult, Changed, Checks, Context, Id, Precondition, UncheckedBody, openapi::UpdateProblems,
};
use utoipa::ToSchema;

/// An office as it is from now on. Its code and its type stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfficeChange {
    #[schema(example = "Kabul country office", min_length = 1, max_length = 200)]
    name: String,
    /// The parent office; another one than before moves the office, with all offices below it. Null for headquarters.
    parent_id: Option<OfficeId>,
    /// ISO 3166-1 alpha-3 code.
    #[schema(example = "AFG", max_length = 3)]
    country: Option<String>,
    /// An IANA time zone.
    #[schema(example = "Asia/Kabul", max_length = 60)]
    time_zone: Option<String>,
}

/// An office that the caller may change, locked with its tree, after its version was compared.
///
/// # Errors
/// 404 in another organisation, 403 outside the caller's tree, 412 or 428 by the precondition.
pub(super) async fn to_change(
    tx: &TenantTx,
    claims: &Claims,
    id: OfficeId,
    precondition: &Precondition<'_>,
) -> Result<store::Model, ApiError> {
    lock(tx, claims.organisation_id).await?;
    let office = store::get_to_change(tx.scope(), tx, id).await?.ok_or_else(Problem::not_found)?;
    if !own_tree(tx, claims).await?.contains(&id) {
        let why = "only the office itself, or one above it, may change it";
        return Err(Problem::new(Code::Forbidden).because(Reason::OfficeOrAboveOnly, why).into());
    }
    precondition.check(office.version)?;
    Ok(office)
}

/// The caller's office and those below it. The scope of the transaction is older than its lock.
async fn own_tree(tx: &TenantTx, claims: &Claims) -> Result<Vec<OfficeId>, StoreError> {
    with_descendants(tx.db(), claims.organisation_id, claims.office_id).await
}

/// Updates an office
///
/// Replaces all fields: renames or moves it, with all offices below it. Only the office itself or one above it may do
/// this, and only into the caller's own tree. Which records people see follows within seconds in every service; nobody's
/// session ends. Send the office's ETag in `If-Match`.
#[utoipa::path(tag = "offices", request_body = OfficeChange, security(("oauth2" = ["offices:write"])),
    params(("id" = Uuid, Path, description = "The office"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The office", body = Office), UpdateProblems))]
#[put("/v1/offices/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::OfficesWrite>,
    context: Data<Context>,
    id: Id<OfficeId>,
    body: UncheckedBody<OfficeChange>,
) -> ApiResult {
    service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        let before = to_change(tx, &caller.claims, id.0, precondition).await?;
        let change = body.checked(check)?;
        check_parent(tx, &caller.claims, &before, change.parent_id).await?;
        let after = store::Model {
            version: before.version + 1,
            parent_id: change.parent_id,
            search: store::search_text(&change.name, &before.code),
            name: change.name,
            country: change.country,
            time_zone: change.time_zone,
            ..before.clone()
        };
        written(tx, "office.update", before, after).await
    })
    .await
}

/// Writes the next version of an office, with its event and its audit row.
pub(super) async fn written(
    tx: &mut TenantTx,
    action: &'static str,
    before: store::Model,
    after: store::Model,
) -> Result<Changed<Office>, ApiError> {
    store::update(tx, &after).await?;
    let (old, new) = (Office::from(before), Office::from(after.clone()));
    tx.audit_changed(action, &after, &old, &new).await?;
    Ok(Changed::new(after.version, new))
}

fn check(change: &OfficeChange, checks: &mut Checks) {
    checks.text("/name", &change.name, 200);
    check_place(checks, change.country.as_deref(), change.time_zone.as_deref());
}

/// The office above it: as it was, or an open one of the caller's tree that is not below it.
async fn check_parent(
    tx: &TenantTx,
    claims: &Claims,
    before: &store::Model,
    parent_id: Option<OfficeId>,
) -> Result<(), ApiError> {
    if parent_id == before.parent_id {
        return Ok(());
    }
    let refused = |fault: Fault| Problem::invalid_field("/parent_id", fault);
    let Some(parent_id) = parent_id else { return Err(refused(Fault::required()).into()) };
    let unknown = || refused(Fault::other_office());
    let parent = store::get(tx.scope(), tx.db(), parent_id).await?.ok_or_else(unknown)?;
    if with_descendants(tx.db(), before.organisation_id, before.id).await?.contains(&parent_id) {
        let fault = FieldCode::Circular.says("would place the office below itself");
        return Err(refused(fault.kind(RecordKind::Office)).into());
    }
    if !own_tree(tx, claims).await?.contains(&parent_id) {
        return Err(unknown().into());
    }
    check_kinds(before.kind, parent.kind)?;
    if parent.is_closed {
        return Err(refused(Fault::closed_office()).into());
    }
    Ok(())
}
