//! Invitations: the link by which a person sets the initial password, sent anew as often as it takes.

use super::{rights::check_account, shape::trail};
use crate::{
    State, guard,
    mail::account::{self, AccountLetter},
    person::{PersonState, invitations, state_of, store},
    secret,
};
use ::store::{StoreError, TenantTx};
use actix_web::{HttpRequest, post, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Code, Fault, PersonId, Problem, RecordKind};
use serde::Serialize;
use service::{ApiResult, Context, Created, Id, openapi::CreateProblems};
use utoipa::ToSchema;

/// How long an invitation holds.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::days(7);

/// A link by which somebody accepts an invitation.
pub(crate) struct Link {
    pub(crate) url: String,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Makes a link for a person, in the place of any earlier one, and has it mailed where the deployment sends mail.
pub(crate) async fn send_link(
    tx: &mut TenantTx,
    state: &State,
    person: PersonId,
) -> Result<Link, StoreError> {
    let token = secret::new();
    let expires_at = tx.now() + LIFETIME;
    invitations::give(tx, person, &secret::hash(&token), expires_at).await?;
    let url = format!("{}/invitation?token={token}", state.issuer);
    // Mails are the platform's.
    let letter = AccountLetter::Invitation { token };
    tx.as_platform(async |tx| account::send(tx, state, person, letter).await).await?;
    Ok(Link { url, expires_at })
}

/// A new invitation. `invitation_url` is returned only once: send it to the person, unless the deployment sends e-mail and
/// has done so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invitation {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    invitation_url: Option<String>,
    invitation_expires_at: DateTime<Utc>,
}

/// Invites a person again
///
/// Makes a new invitation link, valid once, for seven days; earlier links stop working. Where the deployment sends e-mail, it is
/// sent to the person's address: five times, then once every ten minutes (429). Only from the state `invited` (409 otherwise).
/// 403 for an account with roles that may do more than the caller, or in offices outside the caller's tree.
#[utoipa::path(tag = "people", security(("oauth2" = ["people:write"])),
    params(("id" = Uuid, Path, description = "The person"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The invitation, with its link", body = Invitation), CreateProblems))]
#[post("/v1/people/{id}/invite")]
pub(crate) async fn invite(
    request: HttpRequest,
    caller: Caller<perm::PeopleWrite>,
    context: Data<Context>,
    state: Data<State>,
    id: Id<PersonId>,
) -> ApiResult {
    service::create(&context, &request, &caller.claims, &[], async |tx, scope| {
        let person = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        let held = check_account(tx.db(), &caller.claims, scope, &person).await?;
        let now = state_of(&person, tx.now());
        if now != PersonState::Invited {
            let why = "only somebody whose invitation is pending can be invited again";
            let fault = Fault::state(RecordKind::Person, now.as_str(), why);
            return Err(Problem::new(Code::Conflict).field("/state", fault).into());
        }
        guard::invitation(&context, &state, person.id).await?;
        let link = send_link(tx, &state, person.id).await?;
        let trail = trail(&person, &held);
        tx.audit_changed("person.invite", &person, &trail, &trail).await?;
        let body = Invitation { invitation_url: None, invitation_expires_at: link.expires_at };
        let location = format!("/v1/people/{}", person.id);
        Ok(Created { location, version: person.version, body, once: Some(("invitation_url", link.url)) })
    })
    .await
}
