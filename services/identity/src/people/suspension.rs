//! Suspending an account, and restoring it.

use super::{
    administrators,
    rights::{Held, check_account, offices_of_new},
    shape::{self, Person, trail},
};
use crate::{
    State, office,
    person::{PersonState, announcement::announce, state_of, store},
    token::ending,
};
use ::store::Transaction;
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use kernel::{Code, Fault, OfficeId, PersonId, PrincipalId, Problem, Reason, RecordKind};
use service::{ApiResult, Changed, Context, Id, openapi::UpdateProblems};

/// Suspends an account
///
/// The person is signed out everywhere within seconds, and can neither sign in nor accept an invitation until the account is
/// restored; roles are kept. Other services refuse the person as focal point or responsible person. 409 for an account that
/// is suspended already, and for the last active administrator at headquarters; 403 for the caller's own account, and for one
/// with roles that may do more than the caller, or in offices outside the caller's tree. Send the account's ETag in
/// `If-Match`.
#[utoipa::path(tag = "people", security(("oauth2" = ["people:write"])),
    params(("id" = Uuid, Path, description = "The person"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The person", body = Person), UpdateProblems))]
#[post("/v1/people/{id}/suspend")]
pub(crate) async fn suspend(
    request: HttpRequest,
    caller: Caller<perm::PeopleWrite>,
    context: Data<Context>,
    state: Data<State>,
    id: Id<PersonId>,
) -> ApiResult {
    step(&request, &context, &state, &caller.claims, (id.0, Action::Suspend)).await
}

/// Restores a suspended account
///
/// The person can sign in again with the roles and the password it had, or accept an invitation that is still valid. Only
/// from the state `suspended`, and not after the account was erased (409 otherwise). 409 as well as long as a closed office
/// manages the account, or the person has a role in one: move the account, take the role away, or reopen the office before.
/// 403 for an account with roles that may do more than the caller, or in offices outside the caller's tree. Send the
/// account's ETag in `If-Match`.
#[utoipa::path(tag = "people", security(("oauth2" = ["people:write"])),
    params(("id" = Uuid, Path, description = "The person"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The person", body = Person), UpdateProblems))]
#[post("/v1/people/{id}/restore")]
pub(crate) async fn restore(
    request: HttpRequest,
    caller: Caller<perm::PeopleWrite>,
    context: Data<Context>,
    state: Data<State>,
    id: Id<PersonId>,
) -> ApiResult {
    step(&request, &context, &state, &caller.claims, (id.0, Action::Restore)).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Suspend,
    Restore,
}

/// Whether an account in this state can be suspended, or restored.
fn check_state(state: PersonState, action: Action) -> Result<(), Problem> {
    let why = match (action, state == PersonState::Suspended) {
        (Action::Suspend, true) => "the account is suspended already",
        (Action::Restore, false) => "the account is not suspended",
        (Action::Suspend, false) | (Action::Restore, true) => return Ok(()),
    };
    let fault = Fault::state(RecordKind::Person, state.as_str(), why);
    Err(Problem::new(Code::Conflict).field("/state", fault))
}

/// Whoever had an erased account is known to nobody: its id is never somebody else's.
async fn check_not_erased(tx: &Transaction, before: &store::Model) -> Result<(), ApiError> {
    if !store::is_erased(tx.db(), before.id).await? {
        return Ok(());
    }
    let why = "the account was erased: create another one";
    let fault = Fault::state(RecordKind::Person, PersonState::Suspended.as_str(), why);
    Err(Problem::new(Code::Conflict).field("/state", fault).into())
}

/// Nobody comes back to a closed office, which was closed while its suspended people did not count. Which roles somebody
/// keeps then is decided by whoever restores the account, and not by the restoring.
async fn check_offices_are_open(
    tx: &Transaction,
    before: &store::Model,
    held: &Held,
) -> Result<(), ApiError> {
    let (roles, custom_roles) = shape::lists(held);
    let mut offices = offices_of_new(&roles, &custom_roles, &Held::new());
    offices.push(("/office_id".to_owned(), before.office_id));
    let ids: Vec<OfficeId> = offices.iter().map(|(_, office_id)| *office_id).collect();
    let closed = office::closed_of(tx, before.organisation_id, &ids).await?;
    let mut refused = Problem::new(Code::Conflict);
    for (pointer, _) in offices.into_iter().filter(|(_, office_id)| closed.contains(office_id)) {
        refused = refused.field(pointer, Fault::closed_office());
    }
    if refused.errors.is_empty() { Ok(()) } else { Err(refused.into()) }
}

/// Nobody suspends themselves: nobody could restore them from where they are.
fn check_is_another(claims: &Claims, person: &store::Model) -> Result<(), Problem> {
    if claims.sub != PrincipalId::from(person.id) {
        return Ok(());
    }
    let why = "this is your own account: somebody else has to do this";
    Err(Problem::new(Code::Forbidden).because(Reason::OwnAccount, why))
}

async fn step(
    request: &HttpRequest,
    context: &Context,
    state: &State,
    claims: &Claims,
    (id, action): (PersonId, Action),
) -> ApiResult {
    let mut ended = Vec::new();
    let answer = service::change(context, request, claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let held = check_account(tx.db(), claims, scope, &before).await?;
        let now = tx.now();
        check_state(state_of(&before, now), action)?;
        let (suspended_at, name) = match action {
            Action::Suspend => (Some(now), "person.suspend"),
            Action::Restore => (None, "person.restore"),
        };
        if action == Action::Restore {
            check_not_erased(tx, &before).await?;
            check_offices_are_open(tx, &before, &held).await?;
        }
        if action == Action::Suspend {
            check_is_another(claims, &before)?;
            administrators::check_another_remains(tx, &before, &held, &Held::new()).await?;
            ended = tx.as_platform(async |tx| ending::end_sessions(tx, id, None).await).await?;
        }
        let after = store::Model { version: before.version + 1, suspended_at, ..before.clone() };
        store::save(tx, &after).await?;
        announce(tx, id).await?;
        tx.audit_changed(name, &before, &trail(&before, &held), &trail(&after, &held)).await?;
        Ok(Changed::new(after.version, shape::one(tx.db(), after, now).await?))
    })
    .await?;
    ending::announce_ended(state, &ended).await;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_suspended_is_restored_and_nothing_is_suspended_twice() {
        for state in PersonState::ALL.iter().copied() {
            let is_suspended = state == PersonState::Suspended;
            assert_eq!(check_state(state, Action::Suspend).is_ok(), !is_suspended, "{state}");
            assert_eq!(check_state(state, Action::Restore).is_ok(), is_suspended, "{state}");
        }
    }
}
