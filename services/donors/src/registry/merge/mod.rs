//! Two records of one donor become one: the duplicate's records are reassigned to the survivor, and back if the merge
//! is undone.

mod reassigned;
mod row;

use self::row::MergeId;
use super::donor::{self, MAX_LEVELS, merge_lock, store};
use crate::clearance;
use ::store::{StoreError, TenantScope, TenantTx, Transaction, audit, params, sql};
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use events::ExternalRef;
use kernel::{Code, DonorId, Fault, FieldCode, OfficeId, Problem, RecordKind};
use reassigned::{Reassigned, duplicates_of, point_at, reassign};
use row::{Model as Row, find, save};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Context, Created, Id, JsonBody, Precondition,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::ToSchema;

/// A merge of two donors.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Merge {
    id: MergeId,
    #[schema(minimum = 1)]
    version: i64,
    /// The record that is kept.
    survivor_id: DonorId,
    /// The record that was merged into it.
    duplicate_id: DonorId,
    #[schema(max_length = 300)]
    duplicate_name: String,
    #[schema(max_length = 2000)]
    reason: String,
    /// Number of contributions that were reassigned.
    #[schema(minimum = 0)]
    contributions: usize,
    #[schema(minimum = 0)]
    agreements: usize,
    #[schema(minimum = 0)]
    reports: usize,
    merged_at: DateTime<Utc>,
    /// When the merge was undone.
    undone_at: Option<DateTime<Utc>>,
}

/// The merges into a donor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Merges {
    /// Newest first.
    #[schema(max_items = 1000)]
    items: Vec<Merge>,
}

/// A duplicate to merge into a donor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMerge {
    /// The record that is merged into this one.
    duplicate_id: DonorId,
    #[schema(example = "The same ministry, recorded twice", min_length = 1, max_length = 2000)]
    reason: String,
}

impl TryFrom<Row> for Merge {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let reassigned = row.reassigned()?;
        Ok(Self {
            contributions: reassigned.contributions.len(),
            agreements: reassigned.agreements.len(),
            reports: reassigned.reports.len(),
            id: row.id,
            version: row.version,
            survivor_id: row.survivor_id,
            duplicate_id: row.duplicate_id,
            duplicate_name: row.duplicate_name,
            reason: row.reason,
            merged_at: row.merged_at,
            undone_at: row.undone_at,
        })
    }
}

/// Lists the merges into a donor
///
/// Newest first, with the reason, the number of records that were reassigned, and when a merge was undone. The
/// whole list is one page. Staff only: 404 for donor representatives.
#[utoipa::path(tag = "donors", params(("id" = Uuid, Path, description = "The donor")),
    security(("oauth2" = ["donors:read"])),
    responses((status = 200, description = "The merges", body = Merges), ReadProblems))]
#[get("/v1/donors/{id}/merges")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::DonorsRead>,
    context: Data<Context>,
    id: Id<DonorId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        if matches!(scope, TenantScope::Donor { .. }) {
            return Err(Problem::not_found().into());
        }
        let donor = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let rows = row::into(db, donor.organisation_id, donor.id).await?;
        let items = rows.into_iter().map(Merge::try_from).collect::<Result<_, _>>()?;
        response::record(&request, donor.version, &Merges { items })
    })
    .await
}

/// Merges a duplicate into a donor
///
/// Contributions, agreements, reports and external references of the duplicate are reassigned to this donor, and its
/// representatives see this donor from their next sign-in. Due-diligence decisions on either count for this donor: a
/// refusal of either is in force until a later decision on this donor. The duplicate stays on record but appears in no list, and
/// the merge can be undone. Headquarters only. Send the ETag of this donor in `If-Match`.
#[utoipa::path(tag = "donors", request_body = NewMerge, security(("oauth2" = ["donors:write"])),
    params(("id" = Uuid, Path, description = "The donor that is kept"),
           ("If-Match" = String, Header, description = "The ETag of the version you read"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The merge", body = Merge), CreateProblems))]
#[post("/v1/donors/{id}/merges")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    id: Id<DonorId>,
    body: JsonBody<NewMerge>,
) -> ApiResult {
    let new = body.value;
    let scope = context.scope(&caller.claims).await?;
    donor::known(&context, &scope, id.0).await?;
    let office_id = context.headquarters(&caller.claims).await?;
    let mut checks = Checks::new();
    let itself = (FieldCode::Circular, "is this donor itself");
    checks.require(new.duplicate_id != id.0, "/duplicate_id", itself);
    checks.required_long_text("/reason", &new.reason, 2000);
    checks.finish()?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, _| {
        merge_lock::exclusive(tx, caller.claims.organisation_id).await?;
        let (survivor, duplicate) = pair(tx, id.0, new.duplicate_id).await?;
        Precondition::of(&request).check(survivor.version)?;
        for (pointer, donor) in [("/id", &survivor), ("/duplicate_id", &duplicate)] {
            if donor.merged_into.is_some() {
                let fault = FieldCode::Merged.says("is already merged into another donor");
                return Err(Problem::new(Code::Conflict).field(pointer, fault).into());
            }
        }
        if is_above(tx, &duplicate, &survivor).await? {
            let why = "is a donor above this one: give this one another parent first";
            let fault = FieldCode::Circular.says(why);
            return Err(Problem::new(Code::Conflict).field("/duplicate_id", fault).into());
        }
        let marks = clearance::store::marks(tx.db(), survivor.id, duplicate.id).await?;
        let reassigned = Reassigned::of(tx, &duplicate).await?;
        reassign(tx, &reassigned, &duplicate, &survivor).await?;
        let gone = store::Model {
            version: duplicate.version + 1,
            merged_into: Some(survivor.id),
            updated_at: tx.now(),
            ..duplicate.clone()
        };
        store::remove_refs(tx, duplicate.id).await?;
        store::update(tx, &gone, &[]).await?;
        // Earlier duplicates of the duplicate now refer to the survivor, so that there are no chains.
        let before = duplicates_of(tx, duplicate.id).await?;
        point_at(tx, &before, survivor.id).await?;
        bump_version(tx, &survivor, &reassigned.external_refs).await?;
        let row = Row {
            id: tx.new_id(),
            version: 1,
            organisation_id: survivor.organisation_id,
            office_id,
            survivor_id: survivor.id,
            duplicate_id: duplicate.id,
            duplicate_name: duplicate.name.clone(),
            reason: new.reason.clone(),
            moved: serde_json::to_string(&reassigned).map_err(|error| ApiError::internal(&error))?,
            clearance_marks: serde_json::to_string(&marks).map_err(|error| ApiError::internal(&error))?,
            merged_at: tx.now(),
            undone_at: None,
        };
        save(tx, &row).await?;
        let merge = Merge::try_from(row)?;
        tx.audit_created("donor.merge", subject(&survivor, office_id, merge.id), &merge).await?;
        Ok(Created::new(format!("/v1/donor-merges/{}", merge.id), 1, merge))
    })
    .await
}

/// Undoes a merge
///
/// Reassigned records return to the donor they came from; records created since the merge stay where they are.
/// Headquarters only. Send the version of the merge in `If-Match`.
#[utoipa::path(tag = "donors", security(("oauth2" = ["donors:write"])),
    params(("id" = Uuid, Path, description = "The merge"),
           ("If-Match" = String, Header, description = "The version of the merge, as an ETag")),
    responses((status = 200, description = "The merge, undone", body = Merge), UpdateProblems))]
#[post("/v1/donor-merges/{id}/undo")]
pub(crate) async fn undo(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    id: Id<MergeId>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let found = service::read_within(&context, &scope, async |db| Ok(find(&scope, db, id.0).await?));
    found.await?.ok_or_else(Problem::not_found)?;
    let office_id = context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        merge_lock::exclusive(tx, caller.claims.organisation_id).await?;
        let first = find(scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        let (survivor, duplicate) = pair(tx, first.survivor_id, first.duplicate_id).await?;
        let row = find(scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(row.version)?;
        let moved_on = duplicate.merged_into != Some(survivor.id) || survivor.merged_into.is_some();
        if row.undone_at.is_some() || moved_on {
            let why = "the merge was undone, or its donors have been merged again since";
            let fault = FieldCode::Superseded.says(why).kind(RecordKind::Merge);
            return Err(Problem::new(Code::Conflict).field("/undone_at", fault).into());
        }
        let reassigned = row.reassigned()?;
        reassign(tx, &reassigned, &survivor, &duplicate).await?;
        let before = duplicates_of(tx, duplicate.id).await?;
        point_at(tx, &before, duplicate.id).await?;
        let own: Vec<DonorId> = before.into_iter().chain([duplicate.id]).collect();
        clearance::store::give_back(tx, &own, survivor.id, duplicate.id).await?;
        let back = store::Model {
            version: duplicate.version + 1,
            merged_into: None,
            updated_at: tx.now(),
            ..duplicate.clone()
        };
        for external in &reassigned.external_refs {
            let text = "DELETE FROM donor_external_ref WHERE donor_id = $1 AND source = $2 AND ref = $3";
            let parameters = params![survivor.id, external.source.as_str(), external.r#ref.as_str()];
            sql::execute(tx.db(), text, parameters).await?;
        }
        store::update(tx, &back, &reassigned.external_refs).await.map_err(taken_meanwhile)?;
        bump_version(tx, &survivor, &[]).await?;
        let before = Merge::try_from(find(scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?)?;
        let undone = Row { version: row.version + 1, office_id, undone_at: Some(tx.now()), ..row };
        save(tx, &undone).await?;
        let after = Merge::try_from(undone)?;
        tx.audit_changed("donor.unmerge", subject(&survivor, office_id, after.id), &before, &after).await?;
        Ok(Changed::new(after.version, after))
    })
    .await
}

fn taken_meanwhile(error: StoreError) -> ApiError {
    if error.is_duplicate() {
        let why = "another donor has taken its name or one of its references since";
        let fault = FieldCode::AlreadyExists.says(why).kind(RecordKind::Donor);
        return Problem::new(Code::Conflict).field("/duplicate_id", fault).into();
    }
    error.into()
}

/// Both donors, locked until the transaction ends; always in one order, so that two merges
/// wait for each other without a deadlock.
async fn pair(
    tx: &TenantTx,
    survivor: DonorId,
    duplicate: DonorId,
) -> Result<(store::Model, store::Model), ApiError> {
    let swapped = duplicate < survivor;
    let (first, second) = if swapped { (duplicate, survivor) } else { (survivor, duplicate) };
    let unknown = || Problem::invalid_field("/duplicate_id", Fault::unknown(RecordKind::Donor));
    let first = store::get_to_change(tx.scope(), tx, first).await?.ok_or_else(unknown)?;
    let second = store::get_to_change(tx.scope(), tx, second).await?.ok_or_else(unknown)?;
    Ok(if swapped { (second, first) } else { (first, second) })
}

async fn is_above(tx: &TenantTx, above: &store::Model, below: &store::Model) -> Result<bool, StoreError> {
    let mut next = below.parent_id;
    for _ in 0..MAX_LEVELS {
        let Some(id) = next else { return Ok(false) };
        if id == above.id {
            return Ok(true);
        }
        next = store::get(tx.scope(), tx.db(), id).await?.and_then(|donor| donor.parent_id);
    }
    Ok(false)
}

/// The next version of the donor that stays, with these references beside its own.
async fn bump_version(
    tx: &mut Transaction,
    donor: &store::Model,
    refs: &[ExternalRef],
) -> Result<(), StoreError> {
    let next = store::Model { version: donor.version + 1, updated_at: tx.now(), ..donor.clone() };
    store::update(tx, &next, refs).await
}

fn subject(survivor: &store::Model, office_id: OfficeId, id: MergeId) -> audit::Subject {
    let id = id.as_uuid();
    audit::Subject { resource: "donor_merge", id, organisation_id: survivor.organisation_id, office_id }
}
