use super::{
    Consent, ContactFields, check,
    store::{self, ContactId, Model},
    within,
};
use crate::registry::donor;
use ::store::TenantScope;
use actix_web::{
    HttpRequest, get,
    http::header::{CACHE_CONTROL, HeaderValue},
    post, put,
    web::Data,
};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Code, DonorId, ErasureReason, Fault, OfficeId, PrincipalId, Problem, Reason, RecordKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use service::{
    ApiResult, Changed, Column, Context, Created, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// A contact person at a donor. After erasure, only the record's own fields and `erased` are present.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Contact {
    id: ContactId,
    #[schema(minimum = 1)]
    version: i64,
    /// The office that recorded it.
    office_id: OfficeId,
    donor_id: DonorId,
    #[schema(example = "Ingrid Solheim", max_length = 200)]
    name: Option<String>,
    #[schema(example = "Head of section", max_length = 200)]
    post: Option<String>,
    /// The ministry, department or unit.
    #[schema(max_length = 300)]
    unit: Option<String>,
    /// ISO 639 codes, preferred language first.
    #[schema(max_items = 20, value_type = Vec<kernel::items::LanguageCode>)]
    languages: Vec<String>,
    #[schema(max_length = 254)]
    email: Option<String>,
    #[schema(max_length = 40)]
    phone: Option<String>,
    #[schema(max_length = 500)]
    address: Option<String>,
    /// The role in the relationship.
    #[schema(max_length = 2000)]
    notes: Option<String>,
    /// `geneva`, or the capital whose liaison post is responsible for this contact.
    #[schema(example = "geneva", max_length = 100)]
    liaison_post: Option<String>,
    consent: Option<Consent>,
    valid_from: Option<NaiveDate>,
    valid_until: Option<NaiveDate>,
    /// Whether the person currently holds the position and has not withdrawn consent.
    may_be_contacted: bool,
    /// What remains of an erased contact.
    erased: Option<Tombstone>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Who erased a contact, when and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Tombstone {
    at: DateTime<Utc>,
    /// The person or client that erased it.
    by: Option<PrincipalId>,
    reason: ErasureReason,
}

/// A recorded contact. The personal data is not repeated, because the response may be stored for replay.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Receipt {
    id: ContactId,
    #[schema(minimum = 1)]
    version: i64,
    office_id: OfficeId,
    donor_id: DonorId,
    created_at: DateTime<Utc>,
}

impl Tombstone {
    pub(super) fn of(row: &Model) -> Option<Self> {
        Some(Self { at: row.erased_at?, by: row.erased_by, reason: row.erased_reason? })
    }
}

impl Contact {
    /// A row with what it holds; nothing when it was erased.
    pub(super) fn of(row: &Model, fields: Option<ContactFields>, today: NaiveDate) -> Self {
        let may_be_contacted = fields.as_ref().is_some_and(|fields| {
            within(fields.valid_from, fields.valid_until, today) && fields.consent.holds_on(today)
        });
        let mut contact = Self {
            id: row.id,
            version: row.version,
            office_id: row.office_id,
            donor_id: row.donor_id,
            name: None,
            post: None,
            unit: None,
            languages: Vec::new(),
            email: None,
            phone: None,
            address: None,
            notes: None,
            liaison_post: None,
            consent: None,
            valid_from: None,
            valid_until: None,
            may_be_contacted,
            erased: Tombstone::of(row),
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        if let Some(fields) = fields {
            contact.name = Some(fields.name);
            contact.post = fields.post;
            contact.unit = fields.unit;
            contact.languages = fields.languages;
            contact.email = fields.email;
            contact.phone = fields.phone;
            contact.address = fields.address;
            contact.notes = fields.notes;
            contact.liaison_post = fields.liaison_post;
            contact.consent = Some(fields.consent);
            (contact.valid_from, contact.valid_until) = (fields.valid_from, fields.valid_until);
        }
        contact
    }

    /// The record with its version, not cacheable by intermediaries.
    pub(super) fn answer(&self, request: &HttpRequest) -> ApiResult {
        response::record(request, self.version, self).map(unkept)
    }
}

/// Makes a response with personal data non-cacheable.
pub(super) fn unkept(mut answer: actix_web::HttpResponse) -> actix_web::HttpResponse {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    answer
}

impl Row for Contact {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("name", |row| row.name.clone().into()),
        ("post", |row| row.post.clone().into()),
        ("unit", |row| row.unit.clone().into()),
        ("languages", |row| row.languages.join(" ").into()),
        ("email", |row| row.email.clone().into()),
        ("phone", |row| row.phone.clone().into()),
        ("address", |row| row.address.clone().into()),
        ("liaison_post", |row| row.liaison_post.clone().into()),
        ("consent_basis", |row| row.consent.as_ref().map(|consent| consent.basis.clone()).into()),
        ("consent_given_on", |row| row.consent.as_ref().and_then(|consent| consent.given_on).into()),
        ("consent_withdrawn_on", |row| row.consent.as_ref().and_then(|consent| consent.withdrawn_on).into()),
        ("valid_from", |row| row.valid_from.into()),
        ("valid_until", |row| row.valid_until.into()),
        ("may_be_contacted", |row| row.may_be_contacted.into()),
        ("notes", |row| row.notes.clone().into()),
    ];
}

/// The office that recorded a contact changes it, and those above it: whoever is asked to erase somebody must be able to.
pub(super) fn may_change(scope: &TenantScope, row: &Model) -> Result<(), ApiError> {
    if scope.office_ids().contains(&row.office_id) {
        return Ok(());
    }
    let why = "only the office that recorded the contact, or one above it, may change it";
    Err(Problem::new(Code::Forbidden).because(Reason::OfficeOrAboveOnly, why).into())
}

/// The audit trail records which fields were written and their validity, never their values.
fn traced(fields: &ContactFields) -> Json {
    let text = [
        ("post", &fields.post),
        ("unit", &fields.unit),
        ("email", &fields.email),
        ("phone", &fields.phone),
        ("address", &fields.address),
        ("notes", &fields.notes),
        ("liaison_post", &fields.liaison_post),
    ];
    let written: Vec<&str> = text.iter().filter(|(_, text)| text.is_some()).map(|(name, _)| *name).collect();
    json!({ "written": written, "consent": fields.consent, "valid_from": fields.valid_from,
            "valid_until": fields.valid_until })
}

/// Filters of a donor's contacts.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContactFilter {
    /// Only those in their position on this date.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    valid_on: Option<NaiveDate>,
}

/// Lists a donor's contacts
///
/// Newest first, without erased contacts. 503 if the service has no encryption key for personal data.
#[utoipa::path(tag = "contacts", security(("oauth2" = ["contacts:read"])),
    params(("id" = Uuid, Path, description = "The donor"), ContactFilter, Paging),
    responses((status = 200, description = "The contacts", body = Envelope<Contact>), ReadProblems))]
#[get("/v1/donors/{id}/contacts")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ContactsRead>,
    context: Data<Context>,
    id: Id<DonorId>,
    listed: Listed<ContactFilter>,
) -> ApiResult {
    context.store.keys()?;
    let scope = context.scope(&caller.claims).await?;
    donor::known(&context, &scope, id.0).await?;
    let (valid_on, store) = (listed.filter.valid_on, context.store.clone());
    let filters = (id.0, valid_on);
    let page = listed.paging.of("contacts", &filters)?;
    let answer = service::list(&request, &context, scope, page, async move |db, scope, page| {
        let (keys, today) = (store.keys()?, store.clock().now().date_naive());
        let rows = store::list(scope, db, (id.0, valid_on), page, page.after()?).await?;
        let shown = |row: Model| Ok::<_, ApiError>(Contact::of(&row, row.open(keys)?, today));
        page.page(rows, |row| row.id).try_map(shown)
    });
    answer.await.map(unkept)
}

/// Gets a contact
///
/// For an erased contact: who erased it, when and why.
#[utoipa::path(tag = "contacts", params(("id" = Uuid, Path, description = "The contact")),
    security(("oauth2" = ["contacts:read"])),
    responses((status = 200, description = "The contact", body = Contact), ReadProblems))]
#[get("/v1/contacts/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::ContactsRead>,
    context: Data<Context>,
    id: Id<ContactId>,
) -> ApiResult {
    let keys = context.store.keys()?;
    service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let today = context.store.clock().now().date_naive();
        Contact::of(&row, row.open(keys)?, today).answer(&request)
    })
    .await
}

/// Creates a contact
///
/// All personal data is stored encrypted. The response does not repeat it.
#[utoipa::path(tag = "contacts", request_body = ContactFields, security(("oauth2" = ["contacts:write"])),
    params(("id" = Uuid, Path, description = "The donor"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The contact was created", body = Receipt), CreateProblems))]
#[post("/v1/donors/{id}/contacts")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ContactsWrite>,
    context: Data<Context>,
    id: Id<DonorId>,
    body: JsonBody<ContactFields>,
) -> ApiResult {
    let fields = body.value;
    let keys = context.store.keys()?;
    let scope = context.scope(&caller.claims).await?;
    donor::known(&context, &scope, id.0).await?;
    check(&fields, context.store.clock().now().date_naive())?;
    let (organisation_id, office_id) = (caller.claims.organisation_id, caller.claims.office_id);
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, _| {
        donor::merge_lock::shared(tx, organisation_id).await?;
        let donor = donor::store::get(tx.scope(), tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        donor::check_not_merged(&donor)?;
        let place = (organisation_id, office_id, id.0);
        let row = Model::empty(tx.new_id(), place, tx.now()).holding(&fields, keys)?;
        store::save(tx, row.clone()).await?;
        tx.audit_created("contact.create", &row, &traced(&fields)).await?;
        let receipt =
            Receipt { id: row.id, version: 1, office_id, donor_id: row.donor_id, created_at: row.created_at };
        Ok(Created::new(format!("/v1/contacts/{}", row.id), 1, receipt))
    })
    .await
}

/// Updates a contact
///
/// Replaces all fields; former values are not kept. Send the contact's ETag in `If-Match`.
#[utoipa::path(tag = "contacts", request_body = ContactFields, security(("oauth2" = ["contacts:write"])),
    params(("id" = Uuid, Path, description = "The contact"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The contact", body = Contact), UpdateProblems))]
#[put("/v1/contacts/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::ContactsWrite>,
    context: Data<Context>,
    id: Id<ContactId>,
    body: JsonBody<ContactFields>,
) -> ApiResult {
    let fields = body.value;
    let keys = context.store.keys()?;
    let changed = service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let seen = store::get(scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        may_change(scope, &seen)?;
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        let today = tx.now().date_naive();
        check(&fields, today)?;
        precondition.check(before.version)?;
        let Some(former) = before.open(keys)? else {
            let fault = Fault::state(RecordKind::Contact, "erased", "is erased: create a new contact");
            return Err(Problem::new(Code::Conflict).field("/state", fault).into());
        };
        let next = Model { version: before.version + 1, updated_at: tx.now(), ..before };
        let after = next.holding(&fields, keys)?;
        store::save(tx, after.clone()).await?;
        tx.audit_changed("contact.update", &after, &traced(&former), &traced(&fields)).await?;
        Ok(Changed::new(after.version, Contact::of(&after, Some(fields), today)))
    });
    changed.await.map(unkept)
}
