use super::{announcement::announce, is_email, may_give, normal_email, store};
use crate::{State, known, office, organisation, password, secret};
use ::store::{TenantScope, Transaction};
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{ApiError, Caller, Claims, DONOR_REPRESENTATIVE, perm, permissions_of};
use chrono::TimeDelta;
use kernel::{
    Code, DonorId, Fault, FieldCode, OfficeId, PersonId, Problem, RecordKind, Situation, StaffRole,
    pagination::Page,
};
use locale::Language;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Column, Context, Created, Envelope, Id, Listed, Paging, Row, UncheckedBody,
    openapi::{CreateProblems, ReadProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// How long an invitation holds.
const INVITATION_LIFETIME: TimeDelta = TimeDelta::days(7);
/// The error for a donor unknown to identity: the donors service registers and publishes them.
const UNKNOWN_DONOR: &str =
    "is not a donor of your organisation; if it was registered just now, try again in a moment";

/// A role in an office.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleIn {
    office_id: OfficeId,
    role: StaffRole,
}

/// A person who can sign in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    id: PersonId,
    #[schema(minimum = 1)]
    version: i64,
    /// The office that manages the account.
    office_id: OfficeId,
    #[schema(example = "Amina Rahimi", max_length = 200)]
    name: String,
    #[schema(example = "amina@example.org", max_length = 254)]
    email: String,
    /// `en`, `fr` or `es`.
    language: Language,
    /// For staff: roles by office.
    #[schema(max_items = 50)]
    roles: Vec<RoleIn>,
    /// For a donor's representative: the donor.
    donor_id: Option<DonorId>,
    /// Whether a password is set; false while the invitation is pending.
    active: bool,
    created_at: chrono::DateTime<chrono::Utc>,
}

impl Row for Person {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("name", |row| row.name.as_str().into()),
        ("email", |row| row.email.as_str().into()),
        ("language", |row| row.language.as_str().into()),
        ("roles", |row| service::joined(row.roles.iter().map(|role| role.role))),
        ("donor_id", |row| row.donor_id.into()),
        ("active", |row| row.active.into()),
    ];
}

fn shown(row: store::Model, roles: Vec<RoleIn>) -> Person {
    let store::Model { id, version, office_id, donor_id, name, email, language, created_at, .. } = row;
    let active = row.password_hash.is_some();
    Person { id, version, office_id, name, email, language, roles, donor_id, active, created_at }
}

async fn with_roles(
    db: &impl sea_orm::ConnectionTrait,
    rows: Vec<store::Model>,
) -> Result<Vec<Person>, ApiError> {
    let ids: Vec<PersonId> = rows.iter().map(|row| row.id).collect();
    let held = store::roles(db, &ids).await?;
    let roles_of = |id: PersonId| {
        let mine = held.iter().filter(|held| held.person_id == id);
        mine.map(|held| RoleIn { office_id: held.office_id, role: held.role }).collect()
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            let roles = roles_of(row.id);
            shown(row, roles)
        })
        .collect())
}

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
    /// For staff: roles by office. The first office manages the account.
    #[serde(default)]
    #[schema(max_items = 50)]
    roles: Vec<RoleIn>,
    /// For a donor's representative: the donor. Not allowed together with roles.
    donor_id: Option<DonorId>,
    /// An initial password of 12 to 128 characters. Without it the response contains an invitation link.
    #[schema(min_length = 12, max_length = 128, format = Password)]
    password: Option<String>,
}

/// A newly created user account. `invitation_url` is returned only once, and only when no password was set: send it to
/// the person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedPerson {
    #[serde(flatten)]
    person: Person,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    invitation_url: Option<String>,
}

/// Filters of the people list.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeopleFilter {
    /// Full-text search in name and e-mail address.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only accounts managed by this office.
    office_id: Option<OfficeId>,
}

/// Lists people
///
/// Accounts managed by the caller's office and the offices below it.
#[utoipa::path(tag = "people", params(PeopleFilter, Paging), security(("oauth2" = ["people:read"])),
    responses((status = 200, description = "The people", body = Envelope<Person>), ReadProblems))]
#[get("/v1/people")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::PeopleRead>,
    context: Data<Context>,
    listed: Listed<PeopleFilter>,
) -> ApiResult {
    let PeopleFilter { q, office_id } = listed.filter;
    let scope = context.scope(&caller.claims).await?;
    let filters = (caller.claims.office_id, &q, office_id);
    let filter = store::Filter { office_id, words: q.as_deref().map(str::to_lowercase) };
    let page = listed.paging.of("people", &filters)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, &filter, page, page.after()?).await?;
        let Page { items, next } = page.page(rows, |row| row.id);
        Ok(Page { items: with_roles(db, items).await?, next })
    })
    .await
}

/// Gets a user account
///
/// With its roles by office or, for a donor's representative, the donor. Only accounts managed by the caller's
/// office and the offices below it; 404 for any other. The caller's own account is at `GET /v1/me`.
#[utoipa::path(tag = "people", params(("id" = Uuid, Path, description = "The person")),
    security(("oauth2" = ["people:read"])),
    responses((status = 200, description = "The person", body = Person), ReadProblems))]
#[get("/v1/people/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::PeopleRead>,
    context: Data<Context>,
    id: Id<PersonId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let person = with_roles(db, vec![row]).await?.pop().ok_or_else(Problem::not_found)?;
        response::record(&request, person.version, &person)
    })
    .await
}

/// Creates a user account
///
/// Staff get roles in offices of the caller's tree, never with a permission that the caller lacks. A donor's
/// representative gets read-only access to one donor; only headquarters can create such accounts. An e-mail address has
/// one account per organisation; whether it has one in another organisation is irrelevant and not disclosed.
#[utoipa::path(tag = "people", request_body = NewPerson, security(("oauth2" = ["people:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The person", body = CreatedPerson), CreateProblems))]
#[post("/v1/people")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::PeopleWrite>,
    context: Data<Context>,
    state: Data<State>,
    body: UncheckedBody<NewPerson>,
) -> ApiResult {
    let digest = body.digest;
    let new = body.checked(check)?;
    check_rights(&new, &caller.claims)?;
    let roles: Vec<(OfficeId, StaffRole)> =
        new.roles.iter().map(|given| (given.office_id, given.role)).collect();
    // Decided before the write begins: that has one connection, and must not wait for another.
    let home = service::read(&context, &caller.claims, async |db, scope| {
        home_office(db, scope, &caller.claims, &roles, new.donor_id).await
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
    service::create(&context, &request, &caller.claims, &digest, async |tx, _| {
        let language = match new.language {
            Some(language) => language,
            None => organisation::default_language(tx.db(), caller.claims.organisation_id).await?,
        };
        let person = store::Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: caller.claims.organisation_id,
            office_id: home,
            donor_id: new.donor_id,
            search: store::search_text(&new.name, &normal_email(&new.email)),
            name: new.name.clone(),
            email: normal_email(&new.email),
            login_key: String::new(),
            time_zone: None,
            muted: String::new(),
            mail: true,
            language,
            password_hash,
            created_at: tx.now(),
        };
        store::insert(tx, &person, &roles).await.map_err(|error| {
            // Within this organisation: accounts elsewhere are not disclosed.
            if error.is_duplicate() {
                let fault = FieldCode::AlreadyExists.says("already has an account").kind(RecordKind::Person);
                return Problem::new(Code::Conflict).field("/email", fault).into();
            }
            ApiError::from(error)
        })?;
        let invitation = if new.password.is_none() { Some(secret::new()) } else { None };
        if let Some(token) = &invitation {
            store::invite(tx, person.id, &secret::hash(token), tx.now() + INVITATION_LIFETIME).await?;
        }
        announce(tx, person.id).await?;
        audit_person(tx, &person, "person.create", &new.roles).await?;
        let (location, once) = (
            format!("/v1/people/{}", person.id),
            invitation.map(|token| ("invitation_url", format!("{}/invitation?token={token}", state.issuer))),
        );
        let body = CreatedPerson { person: shown(person, new.roles.clone()), invitation_url: None };
        Ok(Created { location, version: 1, body, once })
    })
    .await
}

/// The audit trail never holds personal data: a person is an id.
pub(crate) async fn audit_person(
    tx: &Transaction,
    person: &store::Model,
    action: &'static str,
    roles: &[RoleIn],
) -> Result<(), ApiError> {
    let after =
        serde_json::json!({ "roles": roles, "donor_id": person.donor_id, "language": person.language });
    tx.audit_created(action, person, &after).await?;
    Ok(())
}

/// The office that keeps the account: the first of the roles', or the caller's own.
async fn home_office(
    db: &impl sea_orm::ConnectionTrait,
    scope: &TenantScope,
    claims: &Claims,
    roles: &[(OfficeId, StaffRole)],
    donor_id: Option<DonorId>,
) -> Result<OfficeId, ApiError> {
    for (index, (office_id, _)) in roles.iter().enumerate() {
        let known = office::store::get(scope, db, *office_id).await?.is_some();
        if !known || !scope.office_ids().contains(office_id) {
            let pointer = format!("/roles/{index}/office_id");
            return Err(Problem::invalid_field(pointer, Fault::other_office()).into());
        }
    }
    if donor_id.is_some() {
        let own = office::store::get(scope, db, claims.office_id).await?;
        if own.is_none_or(|office| office.kind != office::Kind::Headquarters) {
            let fault = FieldCode::HeadquartersOnly.says("only headquarters may create donor accounts");
            return Err(Problem::new(Code::Forbidden).field("/donor_id", fault).into());
        }
    }
    Ok(roles.first().map_or(claims.office_id, |(office_id, _)| *office_id))
}

fn unknown_donor() -> Fault {
    FieldCode::UnknownReference.says(UNKNOWN_DONOR).kind(RecordKind::Donor)
}

fn check(new: &NewPerson, checks: &mut Checks) {
    checks.text("/name", &new.name, 200);
    checks.require(is_email(new.email.trim()), "/email", (FieldCode::NotAnEmail, "is not an e-mail address"));
    check_password(checks, new.password.as_deref());
    checks.at_most("/roles", &new.roles, 50);
    match (new.roles.is_empty(), new.donor_id) {
        (true, None) => {
            let fault = FieldCode::RequiredOneOf.says("give roles, or a donor_id");
            checks.refuse("/roles", fault.with("fields", "roles, donor_id"));
        }
        (false, Some(_)) => {
            let why = "a donor's representative has no roles in offices";
            checks.refuse("/donor_id", Fault::not_allowed_with(Situation::DonorAccount, why));
        }
        (true, Some(_)) | (false, None) => {}
    }
}

/// Nobody gives a role that may do more than they may themselves.
fn check_rights(new: &NewPerson, claims: &Claims) -> Result<(), Problem> {
    let held: Vec<&str> = claims.permissions().collect();
    let roles = new.roles.iter().map(|given| (given.role.as_str(), permissions_of(given.role)));
    let donor_role = new.donor_id.map(|_| ("donor_representative", DONOR_REPRESENTATIVE));
    match roles.chain(donor_role).find(|(_, permissions)| !may_give(&held, permissions)) {
        Some((name, _)) => {
            let why = format!("you cannot give the role {name}: it may do more than you");
            let fault = FieldCode::BeyondYourRights.says(why).with("value", name);
            Err(Problem::new(Code::Forbidden).field("/roles", fault))
        }
        None => Ok(()),
    }
}

pub(crate) fn check_password(checks: &mut Checks, password: Option<&str>) {
    if let Some(password) = password {
        let (min, max) = (password::MIN_LENGTH, password::MAX_LENGTH);
        let why = || format!("must have {min} to {max} characters");
        match password.chars().count() {
            few if few < min => {
                let fault = FieldCode::TooShort.says(why()).with("min", min);
                checks.refuse("/password", fault);
            }
            many if many > max => checks.refuse("/password", FieldCode::TooLong.says(why()).with("max", max)),
            _ => {}
        }
    }
}
