use super::{
    IatiOrganisationType, MAX_LEVELS,
    assigned::{self, Assigned},
    preferences::{self, Preferences},
    store,
};
use ::store::{StoreError, TenantScope};
use actix_web::{HttpRequest, get, post, put, web::Data};
use auth::{ApiError, Caller, perm};
use events::ExternalRef;
use kernel::{
    Code, DonorId, DonorStatus, DonorType, Fault, FieldCode, OfficeId, OrganisationId, PersonId, Problem,
    RecordKind, Segment, pagination::Page, text::search_key,
};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Column, Context, Created, Envelope, Id, Listed, Paging, Row, UncheckedBody,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// A donor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Donor {
    id: DonorId,
    #[schema(minimum = 1)]
    version: i64,
    #[serde(flatten)]
    fields: DonorFields,
    /// The donor that this duplicate was merged into. Merged donors appear in no list. Absent for other donors.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<DonorId>,
    created_at: chrono::DateTime<chrono::Utc>,
    updated_at: chrono::DateTime<chrono::Utc>,
}

/// The fields of a donor.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DonorFields {
    /// Official name of the donor.
    #[schema(example = "Norway, Ministry of Foreign Affairs", min_length = 1, max_length = 300)]
    name: String,
    /// French name, if known.
    #[schema(max_length = 300)]
    name_fr: Option<String>,
    /// Spanish name, if known.
    #[schema(max_length = 300)]
    name_es: Option<String>,
    #[schema(example = "MFA", max_length = 60)]
    short_name: Option<String>,
    /// `government`, `intergovernmental`, `civil_society` or `private_sector`.
    #[serde(rename = "type")]
    donor_type: DonorType,
    #[schema(example = "10")]
    iati_organisation_type: Option<IatiOrganisationType>,
    /// `traditional`, `emerging` or `private`.
    segment: Option<Segment>,
    /// ISO 3166-1 alpha-3 code.
    #[schema(example = "NOR", max_length = 3)]
    country: Option<String>,
    /// The parent donor, such as the government of a ministry.
    parent_id: Option<DonorId>,
    #[schema(example = "NO-BRC-971277882", max_length = 120)]
    iati_identifier: Option<String>,
    /// `geneva`, or the capital whose liaison post is responsible for the donor.
    #[schema(example = "geneva", max_length = 100)]
    liaison_post: Option<String>,
    /// The liaison office that is responsible for the donor: an open office of this kind.
    liaison_office_id: Option<OfficeId>,
    /// The focal point: the member of staff who answers its questions. Its representatives see the name and the e-mail
    /// address.
    focal_point_id: Option<PersonId>,
    /// `prospect`, `active` or `dormant`. Defaults to `active`.
    #[serde(default = "active")]
    status: DonorStatus,
    /// The donor's preferences.
    #[serde(default)]
    preferences: Preferences,
    /// References in other systems.
    #[serde(default)]
    #[schema(max_items = 50)]
    external_refs: Vec<ExternalRef>,
}

impl DonorFields {
    fn assigned(&self) -> Assigned {
        let (focal_point_id, liaison_office_id) = (self.focal_point_id, self.liaison_office_id);
        Assigned { focal_point_id, liaison_office_id }
    }
}

fn active() -> DonorStatus {
    DonorStatus::Active
}

impl Row for Donor {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("name", |row| row.fields.name.as_str().into()),
        ("short_name", |row| row.fields.short_name.clone().into()),
        ("type", |row| row.fields.donor_type.as_str().into()),
        ("segment", |row| row.fields.segment.map(Segment::as_str).into()),
        ("country", |row| row.fields.country.clone().into()),
        ("status", |row| row.fields.status.as_str().into()),
        ("focal_point_id", |row| row.fields.focal_point_id.into()),
        ("liaison_office_id", |row| row.fields.liaison_office_id.into()),
        ("iati_identifier", |row| row.fields.iati_identifier.clone().into()),
        ("external_refs", |row| {
            let refs = row.fields.external_refs.iter();
            service::joined(refs.map(|external| format!("{}:{}", external.source, external.r#ref)))
        }),
    ];
}

fn shown(row: store::Model, external_refs: Vec<ExternalRef>) -> Result<Donor, StoreError> {
    let preferences = Preferences::of_kept(row.id, row.preferences.as_deref())?;
    let fields = DonorFields {
        name: row.name,
        name_fr: row.name_fr,
        name_es: row.name_es,
        short_name: row.short_name,
        donor_type: row.donor_type,
        iati_organisation_type: row.iati_organisation_type,
        segment: row.segment,
        country: row.country,
        parent_id: row.parent_id,
        iati_identifier: row.iati_identifier,
        liaison_post: row.liaison_post,
        liaison_office_id: row.liaison_office_id,
        focal_point_id: row.focal_point_id,
        status: row.status,
        preferences,
        external_refs,
    };
    let (merged_into, created_at, updated_at) = (row.merged_into, row.created_at, row.updated_at);
    Ok(Donor { id: row.id, version: row.version, fields, merged_into, created_at, updated_at })
}

async fn with_refs(
    db: &impl sea_orm::ConnectionTrait,
    rows: Vec<store::Model>,
) -> Result<Vec<Donor>, StoreError> {
    let ids: Vec<DonorId> = rows.iter().map(|row| row.id).collect();
    let mut refs = store::refs(db, &ids).await?;
    let with_its_own = |row: store::Model| {
        let external = refs.remove(&row.id).unwrap_or_default();
        shown(row, external)
    };
    rows.into_iter().map(with_its_own).collect()
}

/// Maximum number of donors that are asked for by their ids.
const MAX_IDS: usize = 100;

/// Filters of the donor list.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DonorFilter {
    /// Words of a name, in any order, with or without accents. If no name contains them, similar names are returned.
    #[param(max_length = 200)]
    q: Option<String>,
    /// `government`, `intergovernmental`, `civil_society` or `private_sector`.
    #[serde(rename = "type")]
    donor_type: Option<DonorType>,
    /// `prospect`, `active` or `dormant`.
    status: Option<DonorStatus>,
    /// ISO 3166-1 alpha-3 code.
    #[param(max_length = 3)]
    country: Option<String>,
    /// `traditional`, `emerging` or `private`.
    segment: Option<Segment>,
    /// `geneva` or a capital.
    #[param(max_length = 100)]
    liaison_post: Option<String>,
    /// Only those of this liaison office.
    liaison_office_id: Option<OfficeId>,
    /// Only those with this focal point.
    focal_point_id: Option<PersonId>,
    /// `source:reference` of another system, such as `fts:2924`.
    #[param(max_length = 150)]
    external_ref: Option<String>,
    /// Only the donors with these ids, with commas between them: 1 to 100. Ids of other donors are left out.
    #[param(
        max_length = 3699,
        example = "0199a1b2-0000-7000-8000-000000000001,0199a1b2-0000-7000-8000-000000000002"
    )]
    id: Option<String>,
}

impl DonorFilter {
    fn ids(&self) -> Result<Option<Vec<DonorId>>, Problem> {
        let refuse = |fault: Fault| Problem::invalid_parameter("id", fault);
        let Some(text) = &self.id else { return Ok(None) };
        let ids: Vec<&str> = text.split(',').map(str::trim).collect();
        if ids.len() > MAX_IDS {
            return Err(refuse(Fault::too_many(MAX_IDS as u64, "ids")));
        }
        let not_an_id = || refuse(FieldCode::NotAnId.says("must be ids (UUIDs) with commas between them"));
        let read = ids.into_iter().map(|id| id.parse::<DonorId>().map_err(|_| not_an_id()));
        read.collect::<Result<Vec<DonorId>, Problem>>().map(Some)
    }

    fn checked(&self) -> Result<store::Filter, Problem> {
        service::country("country", self.country.as_deref())?;
        let ids = self.ids()?;
        let external = match self.external_ref.as_deref().map(|text| text.split_once(':')) {
            Some(None) => {
                let fault = Fault::wrong_format("fts:12345", "must be source:reference");
                return Err(Problem::invalid_parameter("external_ref", fault));
            }

            Some(Some((source, reference))) => {
                Some(ExternalRef { source: source.to_owned(), r#ref: reference.to_owned() })
            }
            None => None,
        };
        Ok(store::Filter {
            search: self.q.as_deref().map(search_key),
            donor_type: self.donor_type,
            status: self.status,
            country: self.country.clone(),
            segment: self.segment,
            liaison_post: self.liaison_post.clone(),
            liaison_office_id: self.liaison_office_id,
            focal_point_id: self.focal_point_id,
            external,
            ids,
        })
    }
}

/// Lists donors
///
/// The organisation's registry, by name. The search tolerates typing errors and returns the closest names first. A
/// donor's representative sees only its own donor.
#[utoipa::path(tag = "donors", params(DonorFilter, Paging), security(("oauth2" = ["donors:read"])),
    responses((status = 200, description = "The donors", body = Envelope<Donor>), ReadProblems))]
#[get("/v1/donors")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::DonorsRead>,
    context: Data<Context>,
    listed: Listed<DonorFilter>,
) -> ApiResult {
    let filter = listed.filter.checked()?;
    let scope = context.scope(&caller.claims).await?;
    let filters = (scope.organisation_id(), listed.filter);
    let page = listed.paging.of("donors", &filters)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, &filter, page, page.after()?).await?;
        let Page { items, next } = page.page(rows, |row| (row.name.clone(), row.id));
        Ok(Page { items: with_refs(db, items).await?, next })
    })
    .await
}

/// Gets a donor
///
/// Staff see every donor of their organisation, a donor's representative only its own; 404 for any other. A
/// duplicate that was merged can still be read: `merged_into` names the donor that replaced it.
#[utoipa::path(tag = "donors", params(("id" = Uuid, Path, description = "The donor")),
    security(("oauth2" = ["donors:read"])),
    responses((status = 200, description = "The donor", body = Donor), ReadProblems))]
#[get("/v1/donors/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::DonorsRead>,
    context: Data<Context>,
    id: Id<DonorId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let donor = with_refs(db, vec![row]).await?.pop().ok_or_else(Problem::not_found)?;
        response::record(&request, donor.version, &donor)
    })
    .await
}

/// Creates a donor
///
/// Headquarters only.
#[utoipa::path(tag = "donors", request_body = DonorFields, security(("oauth2" = ["donors:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The donor", body = Donor), CreateProblems))]
#[post("/v1/donors")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    body: UncheckedBody<DonorFields>,
) -> ApiResult {
    let digest = body.digest;
    let fields = body.checked(check)?;
    let office_id = context.headquarters(&caller.claims).await?;
    assigned::check(&context, &caller.claims, fields.assigned(), Assigned::default()).await?;
    service::create(&context, &request, &caller.claims, &digest, async |tx, scope| {
        check_parent(scope, tx.db(), &fields, None).await?;
        let now = tx.now();
        let mut donor = row(&fields, tx.new_id(), 1, caller.claims.organisation_id, office_id, (now, now));
        donor.preferences = fields.preferences.kept()?;
        store::insert(tx, &donor, &fields.external_refs).await.map_err(already_there)?;
        let shown = shown(donor.clone(), fields.external_refs.clone())?;
        tx.audit_created("donor.create", &donor, &shown).await?;
        Ok(Created::new(format!("/v1/donors/{}", donor.id), 1, shown))
    })
    .await
}

/// Updates a donor
///
/// Replaces all fields. Headquarters only. Send the donor's ETag in `If-Match`.
#[utoipa::path(tag = "donors", request_body = DonorFields, security(("oauth2" = ["donors:write"])),
    params(("id" = Uuid, Path, description = "The donor"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The donor", body = Donor), UpdateProblems))]
#[put("/v1/donors/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    id: Id<DonorId>,
    body: UncheckedBody<DonorFields>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let seen = known(&context, &scope, id.0).await?;
    context.headquarters(&caller.claims).await?;
    let fields = body.checked(check)?;
    let checked = assigned::check(&context, &caller.claims, fields.assigned(), Assigned::from(&seen)).await;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        if before.merged_into.is_some() {
            let why = "is merged into another donor: change that one";
            return Err(Problem::new(Code::Conflict)
                .field("/merged_into", FieldCode::Merged.says(why))
                .into());
        }
        checked?;
        check_parent(scope, tx.db(), &fields, Some(before.id)).await?;
        let old_refs = store::refs(tx.db(), &[before.id]).await?.remove(&before.id).unwrap_or_default();
        let times = (before.created_at, tx.now());
        let place = (before.organisation_id, before.office_id);
        let mut after = row(&fields, before.id, before.version + 1, place.0, place.1, times);
        after.preferences = fields.preferences.kept()?;
        if (&after.name, &after.donor_type) == (&before.name, &before.donor_type) {
            // The key of a name that has not changed stays, also where it was made by an earlier rule.
            after.search.clone_from(&before.search);
        }
        store::remove_refs(tx, before.id).await?;
        store::update(tx, &after, &fields.external_refs).await.map_err(already_there)?;
        let (old, new) = (shown(before, old_refs)?, shown(after.clone(), fields.external_refs)?);
        tx.audit_changed("donor.update", &after, &old, &new).await?;
        Ok(Changed::new(new.version, new))
    })
    .await
}

fn already_there(error: StoreError) -> ApiError {
    if error.is_duplicate() {
        let why = "a donor with this name and type, or with one of these references, already exists";
        let fault = FieldCode::AlreadyExists.says(why).kind(RecordKind::Donor);
        return Problem::new(Code::Conflict).field("/name", fault).into();
    }
    error.into()
}

/// A donor that the caller may read.
///
/// # Errors
/// 404 for any other.
pub(crate) async fn known(
    context: &Context,
    scope: &TenantScope,
    id: DonorId,
) -> Result<store::Model, ApiError> {
    let found = service::read_within(context, scope, async |db| Ok(store::get(scope, db, id).await?));
    Ok(found.await?.ok_or_else(Problem::not_found)?)
}

async fn check_parent(
    scope: &TenantScope,
    db: &impl sea_orm::ConnectionTrait,
    fields: &DonorFields,
    own: Option<DonorId>,
) -> Result<(), ApiError> {
    let mut next = fields.parent_id;
    for level in 0..MAX_LEVELS {
        let Some(parent_id) = next else { return Ok(()) };
        if Some(parent_id) == own {
            let fault = FieldCode::Circular.says("would make the donor its own parent");
            return Err(Problem::invalid_field("/parent_id", fault).into());
        }
        let parent = store::get(scope, db, parent_id).await?;
        let unknown = || Problem::invalid_field("/parent_id", Fault::unknown(RecordKind::Donor));
        let parent = parent.ok_or_else(unknown)?;
        if level == 0 && parent.merged_into.is_some() {
            let why = "is a duplicate that was merged into another donor";
            return Err(Problem::invalid_field("/parent_id", FieldCode::Merged.says(why)).into());
        }
        next = parent.parent_id;
    }
    let fault = FieldCode::TooMany.says("has too many levels of parent donors").with("max", MAX_LEVELS);
    Err(Problem::invalid_field("/parent_id", fault).into())
}

fn row(
    fields: &DonorFields,
    id: DonorId,
    version: i64,
    organisation_id: OrganisationId,
    office_id: OfficeId,
    (created_at, updated_at): (chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>),
) -> store::Model {
    let fields = fields.clone();
    store::Model {
        id,
        version,
        organisation_id,
        office_id,
        search: search_key(&fields.name),
        name: fields.name,
        name_fr: fields.name_fr,
        name_es: fields.name_es,
        short_name: fields.short_name,
        donor_type: fields.donor_type,
        iati_organisation_type: fields.iati_organisation_type,
        segment: fields.segment,
        country: fields.country,
        parent_id: fields.parent_id,
        iati_identifier: fields.iati_identifier,
        liaison_post: fields.liaison_post,
        liaison_office_id: fields.liaison_office_id,
        focal_point_id: fields.focal_point_id,
        status: fields.status,
        names: String::new(),
        match_key: String::new(),
        preferences: None,
        merged_into: None,
        created_at,
        updated_at,
    }
    .searchable()
}

const NO_LETTERS: (FieldCode, &str) = (FieldCode::NoLetters, "must contain a letter or a digit");

fn check(fields: &DonorFields, checks: &mut Checks) {
    checks.text("/name", &fields.name, 300);
    checks.require(!search_key(&fields.name).is_empty(), "/name", NO_LETTERS);
    checks.optional_text("/name_fr", fields.name_fr.as_deref(), 300);
    checks.optional_text("/name_es", fields.name_es.as_deref(), 300);
    checks.optional_text("/short_name", fields.short_name.as_deref(), 60);
    if let Some(country) = &fields.country {
        checks.country("/country", country);
    }
    checks.optional_text("/iati_identifier", fields.iati_identifier.as_deref(), 120);
    preferences::check(checks, &fields.preferences);
    checks.optional_text("/liaison_post", fields.liaison_post.as_deref(), 100);
    for (index, external) in checks.at_most("/external_refs", &fields.external_refs, 50).iter().enumerate() {
        checks.text(&format!("/external_refs/{index}/source"), &external.source, 40);
        checks.text(&format!("/external_refs/{index}/ref"), &external.r#ref, 100);
    }
}
