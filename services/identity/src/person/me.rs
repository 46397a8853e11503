//! The caller itself: identity, offices and notification settings.

use super::{announcement::announce, api::audit_person, may_sign_in, store};
use crate::{State, known, office, organisation, role::rights};
use ::store::TenantScope;
use actix_web::{HttpRequest, get, http::StatusCode, put, web::Data};
use auth::{AnyCaller, ApiError, Claims, PrincipalKind};
use kernel::{Code, DonorId, FieldCode, OfficeKind, PrincipalId, Problem, Reason, closed_set};
use locale::Language;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Context, UncheckedBody,
    openapi::{ReadProblems, UpdateProblems},
    response,
};
use utoipa::ToSchema;
use uuid::Uuid;

closed_set! {
    /// A kind of notification that a person can switch off in the notification centre.
    pub(crate) enum MutableKind {
        DueIn30Days = "due_in_30_days",
        DueIn7Days = "due_in_7_days",
        Submit = "submit",
        Accept = "accept",
    }
}

/// The authenticated caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    id: PrincipalId,
    kind: PrincipalKind,
    /// For people: name.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// For people: e-mail address.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// For people: `en`, `fr` or `es`.
    language: Option<Language>,
    /// For people who chose one: the IANA time zone in which times are displayed.
    #[schema(example = "Africa/Ndjamena", max_length = 60)]
    time_zone: Option<String>,
    /// For people: muted kinds of notification.
    #[schema(max_items = 20)]
    muted: Vec<MutableKind>,
    /// For people: whether notifications are also sent by e-mail; null if the deployment sends no e-mail.
    mail: Option<bool>,
    organisation: Named,
    office: Named,
    /// For staff: every office in which they have a role. Refresh the token with its `office_id` to switch to it.
    #[schema(max_items = 50)]
    offices: Vec<Named>,
    donor_id: Option<DonorId>,
    /// The scopes of the token.
    #[schema(max_items = 200, value_type = Vec<service::openapi::words::Permission>)]
    permissions: Vec<String>,
}

/// An organisation or an office with its name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Named {
    id: Uuid,
    #[schema(example = "KBL", max_length = 20)]
    code: String,
    #[schema(example = "Kabul country office", max_length = 200)]
    name: String,
    /// The office, if it is one.
    kind: Option<OfficeKind>,
}

async fn person_of(claims: &Claims, db: &impl ConnectionTrait) -> Result<Option<store::Model>, ApiError> {
    Ok(match claims.kind {
        PrincipalKind::Person | PrincipalKind::Donor => store::by_id(db, claims.sub.as_person()).await?,
        PrincipalKind::Client => None,
    })
}

async fn describe(
    state: &State,
    claims: &Claims,
    db: &impl ConnectionTrait,
    person: Option<store::Model>,
) -> Result<Me, ApiError> {
    let scope = TenantScope::Public { organisation_id: claims.organisation_id };
    let (name, code) =
        organisation::name_of(db, claims.organisation_id).await?.ok_or_else(Problem::not_found)?;
    let organisation = Named { id: claims.organisation_id.as_uuid(), code, name, kind: None };
    let named = |office: office::store::Model| Named {
        id: office.id.as_uuid(),
        code: office.code,
        name: office.name,
        kind: Some(office.kind),
    };
    let own = office::store::get(&scope, db, claims.office_id).await?.ok_or_else(Problem::not_found)?;
    let mut offices = Vec::new();
    if let Some(person) = &person {
        for id in rights::offices(db, person.id).await? {
            offices.extend(office::store::get(&scope, db, id).await?.map(named));
        }
    }
    let mail = person.as_ref().map(|person| person.mail).filter(|_| state.sends_mail);
    let muted = person.as_ref().map(|person| muted_kinds(&person.muted)).unwrap_or_default();
    Ok(Me {
        id: claims.sub,
        kind: claims.kind,
        name: person.as_ref().map(|person| person.name.clone()),
        email: person.as_ref().map(|person| person.email.clone()),
        time_zone: person.as_ref().and_then(|person| person.time_zone.clone()),
        language: person.map(|person| person.language),
        muted,
        mail,
        organisation,
        office: named(own),
        offices,
        donor_id: claims.donor_id,
        permissions: claims.permissions().map(str::to_owned).collect(),
    })
}

/// The kinds in a row's text.
fn muted_kinds(text: &str) -> Vec<MutableKind> {
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// Gets the caller
///
/// Available to every token, whatever its scopes.
#[utoipa::path(tag = "people", security(("oauth2" = [])),
    responses((status = 200, description = "The caller", body = Me), ReadProblems))]
#[get("/v1/me")]
pub(crate) async fn me(caller: AnyCaller, context: Data<Context>, state: Data<State>) -> ApiResult {
    let claims = caller.0;
    // Its own record, whichever office the token is for.
    let db = context.store.system_read().await?;
    let person = person_of(&claims, &db).await?;
    let version = person.as_ref().map_or(1, |person| person.version);
    let shown = describe(&state, &claims, &db, person).await?;
    response::json(StatusCode::OK, &[("etag", response::etag(version))], &shown)
}

/// A person's display and notification settings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// `en`, `fr` or `es`.
    language: Language,
    /// An IANA time zone; null for UTC.
    #[schema(example = "Africa/Ndjamena", max_length = 60)]
    time_zone: Option<String>,
    /// Kinds of notification to mute: `due_in_30_days`, `due_in_7_days`, `submit` and `accept`.
    #[serde(default)]
    #[schema(max_items = 20)]
    muted: Vec<MutableKind>,
    /// Whether to send notifications by e-mail as well. Unchanged if omitted.
    mail: Option<bool>,
}

/// Updates the caller's profile
///
/// Language, time zone, notifications and e-mail. Only people have a profile. Send the profile's ETag in `If-Match`.
#[utoipa::path(tag = "people", request_body = Profile, security(("oauth2" = [])),
    params(("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The caller", body = Me), UpdateProblems))]
#[put("/v1/me")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: AnyCaller,
    context: Data<Context>,
    state: Data<State>,
    body: UncheckedBody<Profile>,
) -> ApiResult {
    let claims = caller.0;
    let actor = context.actor(&claims, &request);
    service::change_own(&context, &request, actor, async |tx, precondition| {
        let found = match claims.kind {
            PrincipalKind::Person | PrincipalKind::Donor => {
                store::by_id_to_change(tx, claims.sub.as_person()).await?
            }
            PrincipalKind::Client => None,
        };
        let why = "an API client has no profile";
        let before = found.ok_or_else(|| Problem::new(Code::Forbidden).because(Reason::PeopleOnly, why))?;
        precondition.check(before.version)?;
        let profile = body.checked(check)?;
        let after = store::Model {
            version: before.version + 1,
            language: profile.language,
            time_zone: profile.time_zone,
            muted: profile.muted.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" "),
            mail: profile.mail.unwrap_or(before.mail),
            ..before
        };
        store::save_profile(tx, &after).await?;
        announce(tx, after.id).await?;
        audit_person(tx, &after, "person.profile", &[]).await?;
        Ok(Changed::new(after.version, describe(&state, &claims, tx.db(), Some(after)).await?))
    })
    .await
}

fn check(profile: &Profile, checks: &mut Checks) {
    if let Some(zone) = &profile.time_zone {
        let known = zone.parse::<chrono_tz::Tz>().is_ok();
        checks.require(known, "/time_zone", (FieldCode::NotATimeZone, "is not an IANA time zone"));
    }
}

/// The focal point: the member of staff who answers a donor's questions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FocalPoint {
    #[schema(example = "Claire Fontaine", max_length = 200)]
    name: String,
    #[schema(example = "claire@example.org", max_length = 254)]
    email: String,
    /// The preferred language: `en`, `fr` or `es`.
    language: Language,
    /// The office.
    #[schema(max_length = 200)]
    office: String,
}

/// Gets the focal point of the caller's donor
///
/// The focal point set by headquarters in the donor registry; 404 if there is none, if its account is suspended, and for
/// staff.
#[utoipa::path(tag = "people", security(("oauth2" = [])),
    responses((status = 200, description = "The focal point", body = FocalPoint), ReadProblems))]
#[get("/v1/me/focal-point")]
pub(crate) async fn focal_point(caller: AnyCaller, context: Data<Context>) -> ApiResult {
    let claims = caller.0;
    let donor_id = claims.donor_id.ok_or_else(Problem::not_found)?;
    let db = context.store.system_read().await?;
    let id = known::donor::focal_point(&db, claims.organisation_id, donor_id).await?;
    let person = store::by_id(&db, id.ok_or_else(Problem::not_found)?).await?;
    let person = person.filter(|person| person.organisation_id == claims.organisation_id);
    let now = context.store.clock().now();
    let person = person.filter(|person| person.donor_id.is_none() && may_sign_in(person, now));
    let person = person.ok_or_else(Problem::not_found)?;
    let scope = TenantScope::Public { organisation_id: claims.organisation_id };
    let office = office::store::get(&scope, &db, person.office_id).await?;
    let shown = FocalPoint {
        name: person.name,
        email: person.email,
        language: person.language,
        office: office.map(|office| office.name).unwrap_or_default(),
    };
    response::json(StatusCode::OK, &[("cache-control", "no-store".into())], &shown)
}
