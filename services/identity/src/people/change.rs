//! Changing an account: its name, its language, the office that manages it, its roles.

use super::{
    administrators,
    create::taken,
    rights::{self, Giver, Held, MAX_ROLES, Role},
    shape::{self, CustomRoleIn, Person, held_by, trail},
};
use crate::{
    State, office,
    person::{
        PersonState, announcement::announce, api::RoleIn, is_email, links, normal_email, state_of, store,
    },
    role::rights::{lock_shared, save_custom},
    token::ending,
};
use ::store::TenantTx;
use actix_web::{HttpRequest, put, web::Data};
use auth::{ApiError, Caller, perm};
use kernel::{Code, Fault, FieldCode, OfficeId, PersonId, Problem, RecordKind, Situation};
use locale::Language;
use serde::Deserialize;
use service::{ApiResult, Changed, Checks, Context, Id, UncheckedBody, openapi::UpdateProblems};
use utoipa::ToSchema;

/// What changes of a user account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonUpdate {
    #[schema(example = "Amina Rahimi", min_length = 1, max_length = 200)]
    name: String,
    /// `en`, `fr` or `es`.
    language: Language,
    /// The office that manages the account: one of the caller's tree. Unchanged if omitted. Changed by those alone who may
    /// suspend the account.
    office_id: Option<OfficeId>,
    /// Built-in roles in offices of the caller's tree, in the place of those that the person has there. Unchanged if omitted.
    #[schema(max_items = 50)]
    roles: Option<Vec<RoleIn>>,
    /// Custom roles in offices of the caller's tree, in the place of those that the person has there. Unchanged if omitted.
    #[schema(max_items = 50)]
    custom_roles: Option<Vec<CustomRoleIn>>,
    /// Another address, while the invitation is pending: links that were sent to the former one stop working. Unchanged if
    /// omitted.
    #[schema(example = "amina@example.org", max_length = 254)]
    email: Option<String>,
}

/// Updates a user account
///
/// Name, language, roles, and the office that manages the account. Roles that the person has in offices outside the caller's
/// tree stay as they are, whether they are sent or not. Nobody gives or takes away a role that may do more than they may
/// themselves (403). A person who loses a role or is moved to another office is signed out everywhere within seconds: like
/// suspending it, moving an account is refused (403) if it has roles that may do more than the caller, or in offices outside
/// the caller's tree. Open links into the account (its invitation, links to a new password) stop working when it is given
/// a role: invite the person again. 409 for the last active administrator at headquarters, who keeps that role and is not
/// moved. Of a donor's representative only name and language can change. Send the account's ETag in `If-Match`.
#[utoipa::path(tag = "people", request_body = PersonUpdate, security(("oauth2" = ["people:write"])),
    params(("id" = Uuid, Path, description = "The person"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The person", body = Person), UpdateProblems))]
#[put("/v1/people/{id}")]
pub(crate) async fn change(
    request: HttpRequest,
    caller: Caller<perm::PeopleWrite>,
    context: Data<Context>,
    state: Data<State>,
    id: Id<PersonId>,
    body: UncheckedBody<PersonUpdate>,
) -> ApiResult {
    let claims = &caller.claims;
    let mut ended = Vec::new();
    let answer = service::change(&context, &request, claims, async |tx, scope, precondition| {
        lock_shared(tx, claims.organisation_id).await?;
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let update = body.checked(check)?;
        let held = held_by(tx.db(), &[before.id]).await?.remove(&before.id).unwrap_or_default();
        let wanted = update.wanted(&held);
        let giver = Giver::of(tx.db(), claims, scope, &[&held, &wanted]).await?;
        let (after, holds) = update.applied(&before, &held, &wanted, &giver)?;
        let offices = update.offices_given(&before, &held);
        office::check_open_for_new(tx, claims.organisation_id, &offices).await?;
        let (is_moved, is_readdressed) = (after.office_id != before.office_id, after.email != before.email);
        if is_readdressed {
            check_address(state_of(&before, tx.now()))?;
        }
        if is_moved || is_readdressed {
            giver.check_account(&held, before.donor_id)?;
        }
        let loses = held.difference(&holds).next().is_some();
        let gains = holds.difference(&held).next().is_some();
        let stays = if is_moved { Held::new() } else { holds.clone() };
        administrators::check_another_remains(tx, &before, &held, &stays).await?;
        if is_moved || loses {
            ended = tx.as_platform(async |tx| ending::end_sessions(tx, before.id, None).await).await?;
        }
        save(tx, (&before, &held), (&after, &holds)).await?;
        if gains {
            links::end(tx, &[before.id]).await?;
        }
        Ok(Changed::new(after.version, shape::one(tx.db(), after, tx.now()).await?))
    })
    .await?;
    ending::announce_ended(&state, &ended).await;
    Ok(answer)
}

fn check(update: &PersonUpdate, checks: &mut Checks) {
    checks.text("/name", &update.name, 200);
    if let Some(email) = &update.email {
        checks.require(is_email(email.trim()), "/email", (FieldCode::NotAnEmail, "is not an e-mail address"));
    }
    rights::check_lengths(checks, update.roles(), update.custom_roles());
}

/// Whoever has signed in keeps the address by which it is known.
fn check_address(state: PersonState) -> Result<(), Problem> {
    if state == PersonState::Invited {
        return Ok(());
    }
    let why = "the address can change while the invitation is pending, and not afterwards";
    let fault = Fault::state(RecordKind::Person, state.as_str(), why);
    Err(Problem::new(Code::Conflict).field("/email", fault))
}

impl PersonUpdate {
    fn roles(&self) -> &[RoleIn] {
        self.roles.as_deref().unwrap_or_default()
    }

    fn custom_roles(&self) -> &[CustomRoleIn] {
        self.custom_roles.as_deref().unwrap_or_default()
    }

    /// The roles that are asked for: of what was not sent, those that are held.
    fn wanted(&self, held: &Held) -> Held {
        let mut wanted = rights::given(self.roles(), self.custom_roles());
        wanted.extend(held.iter().copied().filter(|(_, role)| match role {
            Role::BuiltIn(_) => self.roles.is_none(),
            Role::Custom(_) => self.custom_roles.is_none(),
        }));
        wanted
    }

    /// The offices that the account newly has to do with, with where they were sent.
    fn offices_given(&self, before: &store::Model, held: &Held) -> Vec<(String, OfficeId)> {
        let mut offices = rights::offices_of_new(self.roles(), self.custom_roles(), held);
        let manages = self.office_id.filter(|office_id| *office_id != before.office_id);
        offices.extend(manages.map(|office_id| ("/office_id".to_owned(), office_id)));
        offices
    }

    /// The account and its roles as they are to be.
    ///
    /// # Errors
    /// 403 and 422 for what the caller may not give, or this account not have.
    fn applied(
        &self,
        before: &store::Model,
        held: &Held,
        wanted: &Held,
        giver: &Giver<'_>,
    ) -> Result<(store::Model, Held), Problem> {
        let office_id = self.office_id.unwrap_or(before.office_id);
        let email = self.email.as_deref().map_or_else(|| before.email.clone(), normal_email);
        if before.donor_id.is_some() {
            self.check_representative(before, office_id, &email)?;
        }
        if office_id != before.office_id && !giver.is_own(office_id) {
            return Err(Problem::invalid_field("/office_id", Fault::other_office()));
        }
        giver.check_known(self.roles(), self.custom_roles(), held)?;
        let holds = giver.after(held, wanted);
        giver.check_change(held, &holds)?;
        if before.donor_id.is_none() {
            check_number(&holds)?;
        }
        let (version, name, language) = (before.version + 1, self.name.clone(), self.language);
        Ok((store::Model { version, office_id, name, email, language, ..before.clone() }, holds))
    }

    fn check_representative(
        &self,
        before: &store::Model,
        office_id: OfficeId,
        email: &str,
    ) -> Result<(), Problem> {
        let mut checks = Checks::new();
        for (pointer, is_fine) in [
            ("/office_id", office_id == before.office_id),
            ("/roles", self.roles().is_empty()),
            ("/custom_roles", self.custom_roles().is_empty()),
            ("/email", email == before.email),
        ] {
            let why = "of a donor's representative only name and language can change here";
            checks.require(is_fine, pointer, Fault::not_allowed_with(Situation::DonorAccount, why));
        }
        checks.finish()
    }
}

/// A member of staff has some roles, and not more than an answer shows. Who has none is suspended instead.
fn check_number(holds: &Held) -> Result<(), Problem> {
    if holds.is_empty() {
        let fault =
            FieldCode::RequiredOneOf.says("give at least one role; suspend the account to end its access");
        return Err(Problem::invalid_field("/roles", fault.with("fields", "roles, custom_roles")));
    }
    let mut checks = Checks::new();
    for (pointer, number) in
        [("/roles", rights::built_in(holds).len()), ("/custom_roles", rights::custom(holds).len())]
    {
        let fault = Fault::too_many(MAX_ROLES as u64, "roles, with those in other offices");
        checks.require(number <= MAX_ROLES, pointer, fault);
    }
    checks.finish()
}

async fn save(
    tx: &mut TenantTx,
    (before, held): (&store::Model, &Held),
    (after, holds): (&store::Model, &Held),
) -> Result<(), ApiError> {
    store::save(tx, after).await?;
    if after.email != before.email {
        store::save_address(tx, after).await.map_err(taken)?;
    }
    if holds != held {
        store::replace_roles(tx, after.id, &rights::built_in(holds)).await?;
        save_custom(tx, after.id, &rights::custom(holds)).await?;
    }
    announce(tx, after.id).await?;
    tx.audit_changed("person.update", before, &trail(before, held), &trail(after, holds)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::RoleId;
    use kernel::StaffRole;

    #[test]
    fn roles_that_were_not_sent_are_those_that_are_held() {
        let office = OfficeId::from_u128(1);
        let (auditor, own) = (Role::BuiltIn(StaffRole::Auditor), Role::Custom(RoleId::from_u128(2)));
        let held = Held::from([(office, auditor), (office, own)]);
        let update = |more: serde_json::Value| {
            let mut body = serde_json::json!({ "name": "Amina", "language": "en" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::from_value::<PersonUpdate>(body).unwrap()
        };
        let wanted = |more| update(more).wanted(&held);
        assert_eq!(wanted(serde_json::json!({})), held);
        assert_eq!(wanted(serde_json::json!({ "roles": [] })), Held::from([(office, own)]));
        assert_eq!(wanted(serde_json::json!({ "custom_roles": [] })), Held::from([(office, auditor)]));
        assert!(wanted(serde_json::json!({ "roles": [], "custom_roles": [] })).is_empty());
    }

    #[test]
    fn a_member_of_staff_has_a_role_and_not_too_many() {
        let one = |number| (OfficeId::from_u128(number), Role::BuiltIn(StaffRole::Auditor));
        assert_eq!(check_number(&Held::new()).unwrap_err().errors[0].code, FieldCode::RequiredOneOf);
        assert!(check_number(&(1..=50).map(one).collect()).is_ok());
        assert_eq!(
            check_number(&(1..=51).map(one).collect()).unwrap_err().errors[0].code,
            FieldCode::TooMany
        );
    }

    #[test]
    fn an_address_changes_while_the_invitation_is_pending() {
        for state in PersonState::ALL.iter().copied() {
            assert_eq!(check_address(state).is_ok(), state == PersonState::Invited, "{state}");
        }
    }
}
