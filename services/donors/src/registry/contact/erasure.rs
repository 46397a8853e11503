use super::{
    api::{Contact, Tombstone, may_change, unkept},
    store::{self, ContactId, Model},
};
use actix_web::{HttpRequest, post, web::Data};
use auth::{Caller, perm};
use kernel::{Code, ErasureReason, Fault, Problem, RecordKind};
use serde::Deserialize;
use service::{ApiResult, Changed, Context, Id, UncheckedBody, openapi::UpdateProblems};
use utoipa::ToSchema;

/// The reason for erasing a contact.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Erasure {
    reason: ErasureReason,
}

/// Erases a contact
///
/// All personal data is destroyed, beginning with its encryption key, and cannot be restored; who erased it, when and
/// why remains. Send the contact's ETag in `If-Match`.
#[utoipa::path(tag = "contacts", request_body = Erasure, security(("oauth2" = ["contacts:write"])),
    params(("id" = Uuid, Path, description = "The contact"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "What remains of the contact", body = Contact), UpdateProblems))]
#[post("/v1/contacts/{id}/erase")]
pub(crate) async fn erase(
    request: HttpRequest,
    caller: Caller<perm::ContactsWrite>,
    context: Data<Context>,
    id: Id<ContactId>,
    body: UncheckedBody<Erasure>,
) -> ApiResult {
    let changed = service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let seen = store::get(scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        may_change(scope, &seen)?;
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        let reason = body.checked(|_, _| ())?.reason;
        precondition.check(before.version)?;
        if before.erased_at.is_some() {
            let fault = Fault::state(RecordKind::Contact, "erased", "is already erased");
            return Err(Problem::new(Code::Conflict).field("/state", fault).into());
        }
        let place = (before.organisation_id, before.office_id, before.donor_id);
        let after = Model {
            version: before.version + 1,
            created_at: before.created_at,
            erased_at: Some(tx.now()),
            erased_by: Some(caller.claims.sub),
            erased_reason: Some(reason),
            ..Model::empty(before.id, place, tx.now())
        };
        store::save(tx, after.clone()).await?;
        tx.void_answers(after.organisation_id, &format!("/v1/contacts/{}", after.id)).await?;
        tx.audit_created("contact.erase", &after, &Tombstone::of(&after)).await?;
        Ok(Changed::new(after.version, Contact::of(&after, None, after.updated_at.date_naive())))
    });
    changed.await.map(unkept)
}
