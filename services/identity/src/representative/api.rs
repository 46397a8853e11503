//! Representatives: the list, one of them, and their invitation.

use super::{
    access,
    store::{self, Donor, Filter},
};
use crate::{
    State,
    mail::account::{self, AccountLetter},
    organisation,
    people::inviting,
    person::{self, PersonState, announcement::announce, invitations, is_email, normal_email, store::Model},
    secret,
};
use ::store::Transaction;
use actix_web::{HttpRequest, get, http::StatusCode, post, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Code, DonorId, FieldCode, PersonId, Problem, RecordKind, pagination::Page};
use locale::Language;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Column, Context, Created, Envelope, Id, Listed, Paging, Row, UncheckedBody,
    openapi::{CreateProblems, ReadProblems},
    response,
};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// A donor's representative: an account that reads what is visible to one donor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Representative {
    id: PersonId,
    #[schema(minimum = 1)]
    version: i64,
    /// The donor; after a merger, the donor that was kept.
    donor_id: DonorId,
    #[schema(example = "Norway", max_length = 300)]
    donor_name: String,
    #[schema(example = "Ingrid Solberg", max_length = 200)]
    name: String,
    #[schema(example = "ingrid@example.org", max_length = 254)]
    email: String,
    /// `en`, `fr` or `es`.
    language: Language,
    /// Only active accounts can sign in.
    state: PersonState,
    /// The last day of access (UTC); null for accounts from before access was limited in time.
    access_until: Option<NaiveDate>,
    /// Until when the open invitation can be accepted; null without one.
    invitation_expires_at: Option<DateTime<Utc>>,
    suspended_at: Option<DateTime<Utc>>,
    last_sign_in_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl Row for Representative {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("donor_id", |row| row.donor_id.into()),
        ("donor_name", |row| row.donor_name.as_str().into()),
        ("name", |row| row.name.as_str().into()),
        ("email", |row| row.email.as_str().into()),
        ("language", |row| row.language.as_str().into()),
        ("state", |row| row.state.as_str().into()),
        ("access_until", |row| row.access_until.into()),
        ("last_sign_in_at", |row| row.last_sign_in_at.map(|at| at.to_rfc3339()).into()),
        ("created_at", |row| row.created_at.to_rfc3339().into()),
    ];
}

/// An account as the API shows it.
pub(super) fn shown(
    row: Model,
    donor: &Donor,
    invitation_expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Representative {
    let state = person::state_of(&row, now);
    // An invitation cannot be accepted as long as the account cannot be used.
    let invitation_expires_at = invitation_expires_at.filter(|_| state == PersonState::Invited);
    let Model {
        id,
        version,
        name,
        email,
        language,
        access_until,
        suspended_at,
        last_sign_in_at,
        created_at,
        ..
    } = row;
    Representative {
        id,
        version,
        donor_id: donor.id,
        donor_name: donor.name.clone(),
        name,
        email,
        language,
        state,
        access_until,
        invitation_expires_at,
        suspended_at,
        last_sign_in_at,
        created_at,
    }
}

/// An account as it is recorded, with what belongs to it.
pub(super) async fn described(
    db: &impl ConnectionTrait,
    row: Model,
    donor: &Donor,
    now: DateTime<Utc>,
) -> Result<Representative, ApiError> {
    let open = invitations::open_until(db, &[row.id], now).await?;
    Ok(shown(row, donor, open.first().map(|(_, until)| *until), now))
}

async fn described_all(
    db: &impl ConnectionTrait,
    rows: Vec<Model>,
    now: DateTime<Utc>,
) -> Result<Vec<Representative>, ApiError> {
    let ids: Vec<PersonId> = rows.iter().map(|row| row.id).collect();
    let asked: Vec<DonorId> = rows.iter().filter_map(|row| row.donor_id).collect();
    let donors = store::donors(db, &asked).await?;
    let open: HashMap<PersonId, DateTime<Utc>> =
        invitations::open_until(db, &ids, now).await?.into_iter().collect();
    let described = rows.into_iter().filter_map(|row| {
        let donor = donors.get(&row.donor_id?)?;
        let until = open.get(&row.id).copied();
        Some(shown(row, donor, until, now))
    });
    Ok(described.collect())
}

/// Filters of the list of representatives.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RepresentativeFilter {
    /// Full-text search in name and e-mail address.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only representatives of this donor, and of those that were merged into it.
    donor_id: Option<DonorId>,
    /// Only accounts in this state.
    state: Option<PersonState>,
    /// Only accounts whose last day of access is before this date.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    expiring_before: Option<NaiveDate>,
}

/// Lists donors' representatives
///
/// Those of every donor of the organisation, by name.
#[utoipa::path(tag = "people", params(RepresentativeFilter, Paging),
    security(("oauth2" = ["representatives:read"])),
    responses((status = 200, description = "The representatives", body = Envelope<Representative>), ReadProblems))]
#[get("/v1/representatives")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::RepresentativesRead>,
    context: Data<Context>,
    listed: Listed<RepresentativeFilter>,
) -> ApiResult {
    let filter = listed.filter;
    let page = listed.paging.of("representatives", &(caller.claims.organisation_id, &filter))?;
    let RepresentativeFilter { q, donor_id, state, expiring_before } = filter;
    let words = q.as_deref().map(str::to_lowercase);
    let filter = Filter { words, donor_id, state, expiring_before };
    let (scope, now) = (access::of_organisation(&caller.claims), context.store.clock().now());
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::page(scope, db, &filter, now.date_naive(), page, page.after()?).await?;
        let Page { items, next } = page.page(rows, |row| (row.sort_name.clone(), row.id));
        Ok(Page { items: described_all(db, items, now).await?, next })
    })
    .await
}

/// Gets a donor's representative
///
/// Of any donor of the organisation; 404 for members of staff.
#[utoipa::path(tag = "people", params(("id" = Uuid, Path, description = "The representative")),
    security(("oauth2" = ["representatives:read"])),
    responses((status = 200, description = "The representative", body = Representative), ReadProblems))]
#[get("/v1/representatives/{id}")]
pub(crate) async fn get(
    caller: Caller<perm::RepresentativesRead>,
    context: Data<Context>,
    id: Id<PersonId>,
) -> ApiResult {
    let (scope, now) = (access::of_organisation(&caller.claims), context.store.clock().now());
    let organisation_id = caller.claims.organisation_id;
    let found = service::read_within(&context, &scope, async |db| {
        let row = store::get(organisation_id, db, id.0).await?.ok_or_else(Problem::not_found)?;
        described_all(db, vec![row], now).await
    });
    let found = found.await?.pop().ok_or_else(Problem::not_found)?;
    // Its state changes with the day, and sign-ins make no version: whoever has this version is answered all the same.
    response::json(StatusCode::OK, &[("etag", response::etag(found.version))], &found)
}

/// A new representative of a donor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRepresentative {
    donor_id: DonorId,
    #[schema(example = "Ingrid Solberg", min_length = 1, max_length = 200)]
    name: String,
    #[schema(example = "ingrid@example.org", max_length = 254)]
    email: String,
    /// `en`, `fr` or `es`. Defaults to the organisation's default language.
    language: Option<Language>,
    /// The last day of access (UTC): after today, and at most two years ahead.
    #[serde(deserialize_with = "kernel::date::day")]
    #[schema(example = "2027-06-30")]
    access_until: NaiveDate,
}

/// A newly invited representative. `invitation_url` is returned only once: send it to the representative, unless the
/// deployment sends e-mail, which then carries it as well.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedRepresentative {
    #[serde(flatten)]
    representative: Representative,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    invitation_url: Option<String>,
}

/// Invites a donor's representative
///
/// Opens an account that reads what is visible to the donor and can change nothing, until its last day of access. Only the
/// donor's focal point and administrators at headquarters can do this. An e-mail address has one account per
/// organisation; whether it has one in another organisation is irrelevant and not disclosed. The invitation is valid for
/// seven days and, if the deployment sends e-mail, is also sent to the address.
#[utoipa::path(tag = "people", request_body = NewRepresentative,
    security(("oauth2" = ["representatives:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The representative", body = CreatedRepresentative), CreateProblems))]
#[post("/v1/representatives")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::RepresentativesWrite>,
    context: Data<Context>,
    state: Data<State>,
    body: UncheckedBody<NewRepresentative>,
) -> ApiResult {
    let digest = body.digest;
    let today = context.store.clock().now().date_naive();
    let new = body.checked(|new, checks| check(new, checks, today))?;
    let donor = access::donor(&context, &caller.claims, new.donor_id).await?;
    service::create(&context, &request, &caller.claims, &digest, async |tx, _| {
        // The account is kept by headquarters, whichever office the focal point works in.
        tx.as_platform(async |tx| {
            let row = new_account(tx, &caller.claims, &new).await?;
            person::store::insert(tx, &row, &[]).await.map_err(|error| {
                // Within this organisation: accounts elsewhere are not disclosed.
                if error.is_duplicate() {
                    let fault = FieldCode::AlreadyExists.says("already has an account");
                    return Problem::new(Code::Conflict)
                        .field("/email", fault.kind(RecordKind::Person))
                        .into();
                }
                ApiError::from(error)
            })?;
            let (url, expires_at) = invite(tx, &state, row.id).await?;
            announce(tx, row.id).await?;
            tx.audit_created("representative.create", &row, &audited(&row, tx.now())).await?;
            let representative = shown(row, &donor, Some(expires_at), tx.now());
            let location = format!("/v1/representatives/{}", representative.id);
            let body = CreatedRepresentative { representative, invitation_url: None };
            Ok::<_, ApiError>(Created { location, version: 1, body, once: Some(("invitation_url", url)) })
        })
        .await
    })
    .await
}

fn check(new: &NewRepresentative, checks: &mut Checks, today: NaiveDate) {
    checks.text("/name", &new.name, 200);
    checks.require(is_email(new.email.trim()), "/email", (FieldCode::NotAnEmail, "is not an e-mail address"));
    if let Some(fault) = person::access_fault(new.access_until, today) {
        checks.refuse("/access_until", fault);
    }
}

/// The row of a new account.
async fn new_account(tx: &Transaction, claims: &Claims, new: &NewRepresentative) -> Result<Model, ApiError> {
    let headquarters = ::store::office::headquarters(tx.db(), claims.organisation_id).await?;
    let language = match new.language {
        Some(language) => language,
        None => organisation::default_language(tx.db(), claims.organisation_id).await?,
    };
    Ok(Model {
        id: tx.new_id(),
        version: 1,
        organisation_id: claims.organisation_id,
        office_id: headquarters.ok_or_else(Problem::not_found)?,
        donor_id: Some(new.donor_id),
        name: new.name.clone(),
        email: normal_email(&new.email),
        login_key: String::new(),
        language,
        password_hash: None,
        time_zone: None,
        muted: String::new(),
        mail: true,
        search: String::new(),
        created_at: tx.now(),
        suspended_at: None,
        access_until: Some(new.access_until),
        last_sign_in_at: None,
        sort_name: String::new(),
    })
}

/// Makes an invitation, in the place of any earlier one: its link, and until when it holds.
pub(super) async fn invite(
    tx: &Transaction,
    state: &State,
    id: PersonId,
) -> Result<(String, DateTime<Utc>), ApiError> {
    let (token, expires_at) = (secret::new(), tx.now() + inviting::LIFETIME);
    invitations::give(tx, id, &secret::hash(&token), expires_at).await?;
    let url = format!("{}/invitation?token={token}", state.issuer);
    account::send(tx, state, id, AccountLetter::Invitation { token }).await?;
    Ok((url, expires_at))
}

/// The audit trail never holds personal data: a representative is an id.
pub(super) fn audited(row: &Model, now: DateTime<Utc>) -> serde_json::Value {
    serde_json::json!({
        "donor_id": row.donor_id, "language": row.language, "access_until": row.access_until,
        "state": person::state_of(row, now),
    })
}
