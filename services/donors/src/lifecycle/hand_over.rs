//! Handing an agreement over to another office, or to another person.

use crate::{
    agreement::{State, api::AgreementRecord, create::changed, store},
    reporting::report,
};
use ::store::{params, person, sql};
use actix_web::{HttpRequest, post, web::Data};
use auth::{Caller, perm};
use kernel::{AgreementId, Code, Fault, FieldCode, OfficeId, PersonId, Problem, RecordKind};
use serde::Deserialize;
use service::{ApiResult, Context, Id, JsonBody, openapi::UpdateProblems};
use utoipa::ToSchema;

/// Who takes an agreement over: an office, a person, or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandOver {
    /// The office that implements it from now on: the caller's or one below it. Without it, the office stays.
    office_id: Option<OfficeId>,
    /// The active member of staff who is responsible from now on. Without one, the person stays; in another office nobody
    /// is responsible then.
    responsible_id: Option<PersonId>,
}

/// Hands an agreement over
///
/// To another office, with its reports and documents, or to another person, or both. The office that owns the agreement,
/// or one above it. Contributions and notifications stay with the office that has them. Not from the state `cancelled`
/// (409). Send the agreement's ETag in `If-Match`.
#[utoipa::path(tag = "agreements", request_body = HandOver, security(("oauth2" = ["agreements:write"])),
    params(("id" = Uuid, Path, description = "The agreement"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The agreement", body = AgreementRecord), UpdateProblems))]
#[post("/v1/agreements/{id}/hand-over")]
pub(crate) async fn hand_over(
    request: HttpRequest,
    caller: Caller<perm::AgreementsWrite>,
    context: Data<Context>,
    id: Id<AgreementId>,
    body: JsonBody<HandOver>,
) -> ApiResult {
    let HandOver { office_id, responsible_id } = body.value;
    let found =
        service::read(&context, &caller.claims, async |db, scope| Ok(store::get(scope, db, id.0).await?));
    let seen = found.await?.ok_or_else(Problem::not_found)?;
    // Both may wait for an event of identity, so they come before the transaction.
    let office_id = match office_id {
        Some(wanted) => Some(context.office_for(&caller.claims, Some(wanted)).await?),
        None => None,
    };
    if let Some(person) = responsible_id.filter(|_| responsible_id != seen.responsible_id) {
        person::check(&context.store, caller.claims.organisation_id, person, "/responsible_id").await?;
    }
    service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        // Whoever sees an agreement in its scope is of its office, or of one above.
        let before = store::get_to_change(tx.scope(), tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        if before.state == State::Cancelled {
            let why = "an agreement that is cancelled cannot be handed over";
            let fault = Fault::state(RecordKind::Agreement, before.state.as_str(), why);
            return Err(Problem::new(Code::Conflict).field("/state", fault).into());
        }
        let after = given_to(&before, office_id, responsible_id);
        if (after.office_id, after.responsible_id) == (before.office_id, before.responsible_id) {
            let fault = FieldCode::NoChange.says("name another office or another person");
            return Err(Problem::invalid_field("/office_id", fault).into());
        }
        // The last change of a closed agreement closed it: publication takes its end from there.
        let updated_at = if before.state == State::Closed { before.updated_at } else { tx.now() };
        let after = store::Model { version: before.version + 1, updated_at, ..after };
        if after.office_id != before.office_id {
            report::store::hand_over(tx, &after).await?;
            let text = "UPDATE agreement_document SET office_id = $1 WHERE agreement_id = $2";
            sql::execute(tx.db(), text, params![after.office_id, after.id]).await?;
        }
        changed(tx, before, after, "agreement.hand_over").await
    })
    .await
}

/// The agreement with its new office and person: in another office nobody is responsible who was not named.
fn given_to(
    before: &store::Model,
    office_id: Option<OfficeId>,
    responsible_id: Option<PersonId>,
) -> store::Model {
    let office_id = office_id.unwrap_or(before.office_id);
    let stays = before.responsible_id.filter(|_| office_id == before.office_id);
    store::Model { office_id, responsible_id: responsible_id.or(stays), ..before.clone() }
}
