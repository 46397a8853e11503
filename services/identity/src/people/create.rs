//! Creating a user account.

use super::{
    inviting,
    rights::{self, Giver, Held},
    shape::{CustomRoleIn, Person, trail},
};
use crate::{
    State, known, office, organisation,
    person::{
        access_fault,
        announcement::announce,
        api::{RoleIn, check_password},
        is_email, may_give, normal_email, store,
    },
    role::rights::save_custom,
};
use ::store::{StoreError, TenantScope};
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, Claims, DONOR_REPRESENTATIVE, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Code, DonorId, Fault, FieldCode, OfficeId, PersonId, Problem, RecordKind, Situation};
use locale::Language;
use serde::{Deserialize, Serialize};
use service::{ApiResult, Checks, Context, Created, UncheckedBody, openapi::CreateProblems};
use utoipa::ToSchema;

/// The error for a donor unknown to identity: the donors service registers and publishes them.
const UNKNOWN_DONOR: &str =
    "is not a donor of your organisation; if it was registered just now, try again in a moment";

/// A new user account: staff with roles, or a representative of one donor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPerson {
    #[schema(example = "Amina Rahimi", min_length = 1, max_length = 200)]
    name: String,
    #[schema(example = "amina@example.org", max_length = 254)]
    email: String,
    /// `en`, `fr` or `es`. Defaults to the organisation's default language.
    language: Option<Language>,
    /// For staff: built-in roles by office. The first office manages the account.
    #[serde(default)]
    #[schema(max_items = 50)]
    roles: Vec<RoleIn>,
    /// For staff: custom roles by office. Without other roles, the first office manages the account.
    #[serde(default)]
    #[schema(max_items = 50)]
    custom_roles: Vec<CustomRoleIn>,
    /// For a donor's representative: the donor. Not allowed together with roles.
    donor_id: Option<DonorId>,
    /// For a donor's representative: the last day of access (UTC), after today and at most two years ahead. Without it,
    /// access does not end.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    access_until: Option<NaiveDate>,
    /// An initial password of 12 to 128 characters. Without it the response contains an invitation link.
    #[schema(min_length = 12, max_length = 128, format = Password)]
    password: Option<String>,
}

impl NewPerson {
    /// What a repeated request is recognised by. Its digest is fast to make and kept for days, so that whoever has it could
    /// try passwords: of the password it says only whether there is one.
    fn told(&self) -> String {
        let Self { name, email, language, roles, custom_roles, donor_id, access_until, password } = self;
        serde_json::json!([
            name,
            email,
            language,
            roles,
            custom_roles,
            donor_id,
            access_until,
            password.is_some()
        ])
        .to_string()
    }
}

/// A newly created user account. `invitation_url` is returned only once, and only when no password was set: send it to
/// the person, unless the deployment sends e-mail and has done so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedPerson {
    #[serde(flatten)]
    person: Person,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    invitation_url: Option<String>,
}

/// Creates a user account
///
/// Staff get roles in offices of the caller's tree, never with a permission that the caller lacks. A donor's
/// representative gets read-only access to one donor; only headquarters can create such accounts. An e-mail address has
/// one account per organisation; whether it has one in another organisation is irrelevant and not disclosed. Where the
/// deployment sends e-mail, the invitation is sent to the address as well.
#[utoipa::path(tag = "people", request_body = NewPerson, security(("oauth2" = ["people:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The person, with an invitation link unless a password was set",
               body = CreatedPerson), CreateProblems))]
#[post("/v1/people")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::PeopleWrite>,
    context: Data<Context>,
    state: Data<State>,
    body: UncheckedBody<NewPerson>,
) -> ApiResult {
    let today = context.store.clock().now().date_naive();
    let new = body.checked(|new, checks| check(new, today, checks))?;
    let told = new.told();
    let held = rights::given(&new.roles, &new.custom_roles);
    // Decided before the write begins: that has one connection, and must not wait for another.
    let home = service::read(&context, &caller.claims, async |db, scope| {
        let giver = Giver::of(db, &caller.claims, scope, &[&held]).await?;
        giver.check_known(&new.roles, &new.custom_roles, &Held::new())?;
        giver.check_change(&Held::new(), &held)?;
        if new.donor_id.is_some() {
            check_may_invite_donors(db, scope, &caller.claims).await?;
        }
        let offices = new.roles.iter().map(|given| given.office_id);
        let mut offices = offices.chain(new.custom_roles.iter().map(|given| given.office_id));
        Ok(offices.next().unwrap_or(caller.claims.office_id))
    })
    .await?;
    if let Some(donor_id) = new.donor_id {
        let known = known::donor::is_known(&context.store, caller.claims.organisation_id, donor_id).await?;
        if !known {
            return Err(Problem::invalid_field("/donor_id", unknown_donor()).into());
        }
    }
    let password_hash = match new.password.clone() {
        Some(password) => Some(state.passwords.hash(&caller.claims.sub.to_string(), password).await?),
        None => None,
    };
    let offices = rights::offices_of_new(&new.roles, &new.custom_roles, &Held::new());
    service::create(&context, &request, &caller.claims, told.as_bytes(), async |tx, _| {
        office::check_open_for_new(tx, caller.claims.organisation_id, &offices).await?;
        let language = match new.language {
            Some(language) => language,
            None => organisation::default_language(tx.db(), caller.claims.organisation_id).await?,
        };
        let made = (tx.new_id(), tx.now());
        let person = account(&new, &caller.claims, (home, language), password_hash, made);
        store::insert(tx, &person, &rights::built_in(&held)).await.map_err(taken)?;
        if !new.custom_roles.is_empty() {
            save_custom(tx, person.id, &rights::custom(&held)).await?;
        }
        let link = match person.password_hash {
            Some(_) => None,
            None => Some(inviting::send_link(tx, &state, person.id).await?),
        };
        announce(tx, person.id).await?;
        tx.audit_created("person.create", &person, &trail(&person, &held)).await?;
        let location = format!("/v1/people/{}", person.id);
        let (expires_at, once) = match link {
            Some(link) => (Some(link.expires_at), Some(("invitation_url", link.url))),
            None => (None, None),
        };
        let person = Person::of(person, &held, expires_at, tx.now());
        Ok(Created { location, version: 1, body: CreatedPerson { person, invitation_url: None }, once })
    })
    .await
}

fn account(
    new: &NewPerson,
    claims: &Claims,
    (office_id, language): (OfficeId, Language),
    password_hash: Option<String>,
    (id, created_at): (PersonId, DateTime<Utc>),
) -> store::Model {
    store::Model {
        id,
        version: 1,
        organisation_id: claims.organisation_id,
        office_id,
        donor_id: new.donor_id,
        name: new.name.clone(),
        email: normal_email(&new.email),
        login_key: String::new(),
        language,
        password_hash,
        time_zone: None,
        muted: String::new(),
        mail: true,
        search: String::new(),
        created_at,
        suspended_at: None,
        access_until: new.access_until,
        last_sign_in_at: None,
        sort_name: String::new(),
    }
}

/// What an address is refused with that another account has. Within this organisation: accounts elsewhere are not disclosed.
pub(super) fn taken(error: StoreError) -> ApiError {
    if error.is_duplicate() {
        let fault = FieldCode::AlreadyExists.says("already has an account").kind(RecordKind::Person);
        return Problem::new(Code::Conflict).field("/email", fault).into();
    }
    error.into()
}

/// Accounts of donors are headquarters' to give, to whoever may do as much.
async fn check_may_invite_donors(
    db: &impl sea_orm::ConnectionTrait,
    scope: &TenantScope,
    claims: &Claims,
) -> Result<(), ApiError> {
    let held: Vec<&str> = claims.permissions().collect();
    if !may_give(&held, DONOR_REPRESENTATIVE) {
        let why = "you cannot give the role donor_representative: it may do more than you";
        let fault = FieldCode::BeyondYourRights.says(why).with("value", "donor_representative");
        return Err(Problem::new(Code::Forbidden).field("/roles", fault).into());
    }
    let own = office::store::get(scope, db, claims.office_id).await?;
    if own.is_none_or(|office| office.kind != office::Kind::Headquarters) {
        let fault = FieldCode::HeadquartersOnly.says("only headquarters may create donor accounts");
        return Err(Problem::new(Code::Forbidden).field("/donor_id", fault).into());
    }
    Ok(())
}

fn unknown_donor() -> Fault {
    FieldCode::UnknownReference.says(UNKNOWN_DONOR).kind(RecordKind::Donor)
}

fn check(new: &NewPerson, today: NaiveDate, checks: &mut Checks) {
    checks.text("/name", &new.name, 200);
    checks.require(is_email(new.email.trim()), "/email", (FieldCode::NotAnEmail, "is not an e-mail address"));
    check_password(checks, new.password.as_deref());
    rights::check_lengths(checks, &new.roles, &new.custom_roles);
    let has_roles = !new.roles.is_empty() || !new.custom_roles.is_empty();
    match (has_roles, new.donor_id) {
        (false, None) => {
            let fault = FieldCode::RequiredOneOf.says("give roles, or a donor_id");
            checks.refuse("/roles", fault.with("fields", "roles, donor_id"));
        }
        (true, Some(_)) => {
            let why = "a donor's representative has no roles in offices";
            checks.refuse("/donor_id", Fault::not_allowed_with(Situation::DonorAccount, why));
        }
        (false, Some(_)) | (true, None) => {}
    }
    if let Some(last_day) = new.access_until {
        let why = "access ends by itself for donors' representatives alone";
        let fault = Fault::not_allowed_with(Situation::StaffAccount, why);
        checks.require(new.donor_id.is_some(), "/access_until", fault);
        if let Some(fault) = access_fault(last_day, today) {
            checks.refuse("/access_until", fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_request_is_recognised_by_all_but_the_password() {
        let told = |more: serde_json::Value| {
            let mut body = serde_json::json!({ "name": "Amina", "email": "amina@example.org" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::from_value::<NewPerson>(body).unwrap().told()
        };
        let id = "0199a1b2-0000-7000-8000-000000000001";
        let without = told(serde_json::json!({}));
        let with = told(serde_json::json!({ "password": "correct horse battery" }));
        assert_eq!(with, told(serde_json::json!({ "password": "another long password" })));
        assert!(!with.contains("correct horse battery"), "{with}");
        for other in [
            serde_json::json!({ "password": "correct horse battery" }),
            serde_json::json!({ "name": "Binta" }),
            serde_json::json!({ "email": "binta@example.org" }),
            serde_json::json!({ "language": "fr" }),
            serde_json::json!({ "roles": [{ "office_id": id, "role": "auditor" }] }),
            serde_json::json!({ "custom_roles": [{ "office_id": id, "role_id": id }] }),
            serde_json::json!({ "donor_id": id }),
            serde_json::json!({ "access_until": "2027-01-31" }),
        ] {
            assert_ne!(told(other.clone()), without, "{other}");
        }
    }
}
