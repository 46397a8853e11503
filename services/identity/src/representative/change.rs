//! What becomes of a representative's account: another name or language, more time, a new invitation, a suspension.

use super::{
    access,
    api::{self, Representative},
    store,
};
use crate::{
    State, guard,
    person::{self, PersonState, announcement::announce, store::Model},
    token::ending,
};
use ::store::Transaction;
use actix_web::{HttpRequest, post, put, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Code, Fault, PersonId, Problem, RecordKind};
use locale::Language;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Context, Created, Id, UncheckedBody,
    openapi::{CreateProblems, UpdateProblems},
};
use utoipa::ToSchema;
use uuid::Uuid;

/// A step that takes no part of an account but its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Suspend,
    Restore,
}

impl Step {
    fn action(self) -> &'static str {
        match self {
            Step::Suspend => "representative.suspend",
            Step::Restore => "representative.restore",
        }
    }

    /// An account after the step; none when its state does not allow it.
    fn taken(self, before: &Model, now: DateTime<Utc>) -> Option<Model> {
        let is_suspended = before.suspended_at.is_some();
        let suspended_at = match self {
            Step::Suspend if !is_suspended => Some(now),
            Step::Restore if is_suspended => None,
            Step::Suspend | Step::Restore => return None,
        };
        Some(Model { version: before.version + 1, suspended_at, ..before.clone() })
    }
}

/// The state of the account does not allow it.
fn not_now(state: PersonState, why: &str) -> ApiError {
    let fault = Fault::state(RecordKind::Person, state.as_str(), format!("the account is {state}: {why}"));
    Problem::new(Code::Conflict).field("/state", fault).into()
}

/// Whoever had an erased account is known to nobody: its id is never somebody else's.
async fn check_not_erased(tx: &Transaction, before: &Model) -> Result<(), ApiError> {
    if !person::store::is_erased(tx.db(), before.id).await? {
        return Ok(());
    }
    Err(not_now(person::state_of(before, tx.now()), "it was erased, invite somebody anew"))
}

/// What can be changed of a representative.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepresentativeFields {
    #[schema(example = "Ingrid Solberg", min_length = 1, max_length = 200)]
    name: String,
    /// `en`, `fr` or `es`.
    language: Language,
    /// The last day of access (UTC): after today, and at most two years ahead.
    #[serde(deserialize_with = "kernel::date::day")]
    #[schema(example = "2027-06-30")]
    access_until: NaiveDate,
}

/// Updates a donor's representative
///
/// Name, language and the last day of access: a later one gives an account that has expired its access back. Only the
/// donor's focal point and administrators at headquarters can do this. Send the version you read in `If-Match`.
#[utoipa::path(tag = "people", request_body = RepresentativeFields,
    security(("oauth2" = ["representatives:write"])),
    params(("id" = Uuid, Path, description = "The representative"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The representative", body = Representative), UpdateProblems))]
#[put("/v1/representatives/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::RepresentativesWrite>,
    context: Data<Context>,
    id: Id<PersonId>,
    body: UncheckedBody<RepresentativeFields>,
) -> ApiResult {
    let donor = access::donor_of(&context, &caller.claims, id.0).await?;
    service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        tx.as_platform(async |tx| {
            let found = store::get_to_change(caller.claims.organisation_id, tx, id.0).await?;
            let before = found.ok_or_else(Problem::not_found)?;
            precondition.check(before.version)?;
            check_not_erased(tx, &before).await?;
            let now = tx.now();
            let fields = body.checked(|fields, checks| {
                checks.text("/name", &fields.name, 200);
                if let Some(fault) = person::access_fault(fields.access_until, now.date_naive()) {
                    checks.refuse("/access_until", fault);
                }
            })?;
            let after = Model {
                version: before.version + 1,
                name: fields.name,
                language: fields.language,
                access_until: Some(fields.access_until),
                ..before.clone()
            };
            store::save(tx, &after).await?;
            announce(tx, after.id).await?;
            let (was, is) = (api::audited(&before, now), api::audited(&after, now));
            tx.audit_changed("representative.update", &after, &was, &is).await?;
            Ok::<_, ApiError>(Changed::new(after.version, api::described(tx.db(), after, &donor, now).await?))
        })
        .await
    })
    .await
}

/// Suspends a donor's representative
///
/// The account cannot sign in any more, and its sessions end within seconds. Only the donor's focal point and
/// administrators at headquarters can do this. Send the version you read in `If-Match`; 409 when it is suspended already.
#[utoipa::path(tag = "people", security(("oauth2" = ["representatives:write"])),
    params(("id" = Uuid, Path, description = "The representative"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The representative", body = Representative), UpdateProblems))]
#[post("/v1/representatives/{id}/suspend")]
pub(crate) async fn suspend(
    request: HttpRequest,
    caller: Caller<perm::RepresentativesWrite>,
    context: Data<Context>,
    state: Data<State>,
    id: Id<PersonId>,
) -> ApiResult {
    take(&request, (&context, &state), &caller.claims, id.0, Step::Suspend).await
}

/// Restores a donor's representative
///
/// Ends a suspension: the account can sign in again with its password until its last day of access. Only the donor's focal
/// point and administrators at headquarters can do this. Send the version you read in `If-Match`; 409 when it is not
/// suspended.
#[utoipa::path(tag = "people", security(("oauth2" = ["representatives:write"])),
    params(("id" = Uuid, Path, description = "The representative"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The representative", body = Representative), UpdateProblems))]
#[post("/v1/representatives/{id}/restore")]
pub(crate) async fn restore(
    request: HttpRequest,
    caller: Caller<perm::RepresentativesWrite>,
    context: Data<Context>,
    state: Data<State>,
    id: Id<PersonId>,
) -> ApiResult {
    take(&request, (&context, &state), &caller.claims, id.0, Step::Restore).await
}

async fn take(
    request: &HttpRequest,
    (context, state): (&Context, &State),
    claims: &Claims,
    id: PersonId,
    step: Step,
) -> ApiResult {
    let donor = access::donor_of(context, claims, id).await?;
    let mut ended: Vec<Uuid> = Vec::new();
    let answer = service::change(context, request, claims, async |tx, _, precondition| {
        tx.as_platform(async |tx| {
            let found = store::get_to_change(claims.organisation_id, tx, id).await?;
            let before = found.ok_or_else(Problem::not_found)?;
            precondition.check(before.version)?;
            if step == Step::Restore {
                check_not_erased(tx, &before).await?;
            }
            let now = tx.now();
            let was = person::state_of(&before, now);
            let after =
                step.taken(&before, now).ok_or_else(|| not_now(was, "nothing of that would change"))?;
            store::save(tx, &after).await?;
            announce(tx, id).await?;
            if step == Step::Suspend {
                ended = ending::end_sessions(tx, id, None).await?;
            }
            let (was, is) = (api::audited(&before, now), api::audited(&after, now));
            tx.audit_changed(step.action(), &after, &was, &is).await?;
            Ok::<_, ApiError>(Changed::new(after.version, api::described(tx.db(), after, &donor, now).await?))
        })
        .await
    })
    .await?;
    ending::announce_ended(state, &ended).await;
    Ok(answer)
}

/// A new invitation. `invitation_url` is returned only once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepresentativeInvitation {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    invitation_url: Option<String>,
    /// Until when it can be accepted.
    invitation_expires_at: DateTime<Utc>,
}

/// Invites a donor's representative again
///
/// Makes a new invitation, valid for seven days; earlier ones can no longer be accepted. If the deployment sends e-mail, it
/// is also sent to the address: five times, then once every ten minutes (429). Only the donor's focal point and
/// administrators at headquarters can do this. 409 unless the account is still to be activated.
#[utoipa::path(tag = "people", security(("oauth2" = ["representatives:write"])),
    params(("id" = Uuid, Path, description = "The representative"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The invitation", body = RepresentativeInvitation), CreateProblems))]
#[post("/v1/representatives/{id}/invite")]
pub(crate) async fn invite(
    request: HttpRequest,
    caller: Caller<perm::RepresentativesWrite>,
    context: Data<Context>,
    state: Data<State>,
    id: Id<PersonId>,
) -> ApiResult {
    access::donor_of(&context, &caller.claims, id.0).await?;
    access::check_sees_as_much(&caller.claims)?;
    service::create(&context, &request, &caller.claims, &[], async |tx, _| {
        tx.as_platform(async |tx| {
            let found = store::get_to_change(caller.claims.organisation_id, tx, id.0).await?;
            let row = found.ok_or_else(Problem::not_found)?;
            let now = tx.now();
            match person::state_of(&row, now) {
                PersonState::Invited => {}
                was @ (PersonState::Active | PersonState::Suspended | PersonState::Expired) => {
                    return Err(not_now(was, "it cannot be invited"));
                }
            }
            guard::invitation(&context, &state, row.id).await?;
            let (url, invitation_expires_at) = api::invite(tx, &state, row.id).await?;
            tx.audit_created("representative.invite", &row, &api::audited(&row, now)).await?;
            let body = RepresentativeInvitation { invitation_url: None, invitation_expires_at };
            let location = format!("/v1/representatives/{}", row.id);
            Ok::<_, ApiError>(Created {
                location,
                version: row.version,
                body,
                once: Some(("invitation_url", url)),
            })
        })
        .await
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn an_account_is_suspended_once_and_restored_once() {
        let now: DateTime<Utc> = "2026-09-30T12:00:00Z".parse().unwrap();
        let account = testing::account(now);
        let suspended = Step::Suspend.taken(&account, now).unwrap();
        assert_eq!((suspended.version, suspended.suspended_at), (account.version + 1, Some(now)));
        assert_eq!(Step::Suspend.taken(&suspended, now), None);
        assert_eq!(Step::Restore.taken(&account, now), None);
        let restored = Step::Restore.taken(&suspended, now).unwrap();
        assert_eq!((restored.version, restored.suspended_at), (account.version + 2, None));
    }
}
