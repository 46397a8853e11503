//! Recording an agreement, and writing over the terms of one that is not signed yet.

use super::{
    State,
    api::{Agreement, AgreementRecord, record},
    store,
    terms::{self, Terms},
};
use crate::{known::plan, registry::donor};
use ::store::{TenantTx, params, person, sql};
use actix_web::{HttpRequest, post, put, web::Data};
use auth::{ApiError, Caller, perm};
use kernel::{AgreementId, Code, Fault, OfficeId, PersonId, Problem, Reason, RecordKind};
use serde::Deserialize;
use service::{
    ApiResult, Changed, Context, Created, Id, JsonBody,
    openapi::{CreateProblems, UpdateProblems},
};
use utoipa::ToSchema;

/// A new agreement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAgreement {
    /// The implementing office: the caller's or one below it. Defaults to the caller's.
    office_id: Option<OfficeId>,
    /// The active member of staff who is responsible for it.
    responsible_id: Option<PersonId>,
    terms: Terms,
}

/// Creates an agreement
///
/// The agreement is created as a draft. The platform assigns its reference.
#[utoipa::path(tag = "agreements", request_body = NewAgreement, security(("oauth2" = ["agreements:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The agreement", body = Agreement), CreateProblems))]
#[post("/v1/agreements")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::AgreementsWrite>,
    context: Data<Context>,
    body: JsonBody<NewAgreement>,
) -> ApiResult {
    let NewAgreement { office_id, responsible_id, terms } = body.value;
    under_terms(terms::check(&terms))?;
    let organisation_id = caller.claims.organisation_id;
    let office_id = context.office_for(&caller.claims, office_id).await?;
    if let Some(person) = responsible_id {
        person::check(&context.store, organisation_id, person, "/responsible_id").await?;
    }
    under_terms(plan::find_all(&context.store, organisation_id, &terms.plan_ids).await)?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, _| {
        donor::merge_lock::shared(tx, organisation_id).await?;
        let donor_name = under_terms(donor_of(tx, &terms).await)?;
        let now = tx.now();
        let reference = store::next_reference(tx, organisation_id, chrono::Datelike::year(&now)).await?;
        let blank = store::Model {
            id: tx.new_id(),
            version: 1,
            organisation_id,
            office_id,
            reference,
            donor_id: terms.donor_id,
            donor_name,
            state: State::Draft,
            title: String::new(),
            title_fr: None,
            title_es: None,
            search: String::new(),
            start_date: terms.start_date,
            end_date: terms.end_date,
            amount: 0,
            currency: String::new(),
            countries: String::new(),
            plan_ids: String::new(),
            visibility: terms.visibility,
            terms: String::new(),
            signed_on: None,
            first_signed_by: None,
            first_signed_at: None,
            signatory: None,
            responsible_id,
            created_at: now,
            updated_at: now,
        };
        let model = blank.under(&terms)?;
        store::save(tx, &model).await?;
        let shown = Agreement::try_from(model.clone())?;
        tx.audit_created("agreement.create", &model, &shown).await?;
        Ok(Created::new(format!("/v1/agreements/{}", model.id), 1, shown))
    })
    .await
}

/// Updates an unsigned agreement
///
/// Replaces its terms. Signed agreements are amended instead. Send the agreement's ETag in `If-Match`.
#[utoipa::path(tag = "agreements", request_body = Terms, security(("oauth2" = ["agreements:write"])),
    params(("id" = Uuid, Path, description = "The agreement"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The agreement", body = AgreementRecord), UpdateProblems))]
#[put("/v1/agreements/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::AgreementsWrite>,
    context: Data<Context>,
    id: Id<AgreementId>,
    body: JsonBody<Terms>,
) -> ApiResult {
    let terms = body.value;
    // It may wait for the event of a plan just made, which needs the writer: so before the transaction.
    let plans = plan::find_all(&context.store, caller.claims.organisation_id, &terms.plan_ids).await;
    service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        donor::merge_lock::shared(tx, caller.claims.organisation_id).await?;
        let before = own(tx, &caller.claims, id.0).await?;
        precondition.check(before.version)?;
        terms::check(&terms)?;
        plans?;
        if !before.state.is_open() {
            let why = format!("an agreement that is {} can only be amended", before.state);
            let fault = Fault::state(RecordKind::Agreement, before.state.as_str(), why);
            return Err(Problem::new(Code::Conflict).field("/state", fault).into());
        }
        let donor_name = donor_of(tx, &terms).await?;
        // What was signed first were other terms.
        let renewed = store::Model {
            version: before.version + 1,
            donor_name,
            first_signed_by: None,
            first_signed_at: None,
            signatory: None,
            updated_at: tx.now(),
            ..before.clone()
        };
        let after = renewed.under(&terms)?;
        let text = "UPDATE agreement_document SET donor_id = $1 WHERE agreement_id = $2";
        sql::execute(tx.db(), text, params![after.donor_id, after.id]).await?;
        changed(tx, before, after, "agreement.update").await
    })
    .await
}

/// The agreement, for a change by the office that it belongs to.
pub(crate) async fn own(
    tx: &TenantTx,
    claims: &auth::Claims,
    id: AgreementId,
) -> Result<store::Model, ApiError> {
    let found = store::get_to_change(tx.scope(), tx, id).await?.ok_or_else(Problem::not_found)?;
    if found.office_id == claims.office_id {
        return Ok(found);
    }
    let why = "only the office that owns the agreement may change it";
    Err(Problem::new(Code::Forbidden).because(Reason::OfficeOnly, why).into())
}

/// Saves the next version with its audit row, and shows the record as it is then: what else belongs to the change comes
/// before.
pub(crate) async fn changed(
    tx: &mut TenantTx,
    before: store::Model,
    after: store::Model,
    action: &'static str,
) -> Result<Changed<AgreementRecord>, ApiError> {
    store::save(tx, &after).await?;
    let (old, new) = (Agreement::try_from(before)?, Agreement::try_from(after.clone())?);
    tx.audit_changed(action, &after, &old, &new).await?;
    let today = tx.now().date_naive();
    let version = after.version;
    // Money that came before a hand-over is with the office that has it.
    let shown = tx.across_offices(async |all| record(all, after, today, true).await).await?;
    Ok(Changed::new(version, shown))
}

/// Errors of terms are reported under `/terms` when they are a part of the body.
fn under_terms<T, E: Into<ApiError>>(result: Result<T, E>) -> Result<T, ApiError> {
    result.map_err(|error| {
        let ApiError(mut problem) = error.into();
        for error in problem.errors.iter_mut().filter(|error| error.pointer.starts_with('/')) {
            error.pointer = format!("/terms{}", error.pointer);
        }
        ApiError(problem)
    })
}

async fn donor_of(tx: &TenantTx, terms: &Terms) -> Result<String, ApiError> {
    let found = donor::store::get(tx.scope(), tx.db(), terms.donor_id).await?;
    let unknown = || Problem::invalid_field("/donor_id", Fault::unknown(RecordKind::Donor));
    let donor = found.ok_or_else(unknown)?;
    donor::check_not_merged(&donor)?;
    Ok(donor.name)
}
