use super::{
    Kind, OfficeState, check_open_for_new, may_hang_under,
    store::{self, OfficeOrder},
};
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{Caller, perm};
use kernel::{Code, Fault, FieldCode, OfficeId, Problem, RecordKind, text::search_key};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Column, Context, Created, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{CreateProblems, ReadProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// An office. Each office is a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Office {
    id: OfficeId,
    #[schema(minimum = 1)]
    version: i64,
    /// The parent office; null for headquarters.
    parent_id: Option<OfficeId>,
    /// Unique in the organisation.
    #[schema(example = "AFG-KBL", max_length = 20)]
    code: String,
    #[schema(example = "Kabul country office", max_length = 200)]
    name: String,
    kind: Kind,
    /// ISO 3166-1 alpha-3 code.
    #[schema(example = "AFG", max_length = 3)]
    country: Option<String>,
    /// An IANA time zone; null if not stated.
    #[schema(example = "Asia/Kabul", max_length = 60)]
    time_zone: Option<String>,
    state: OfficeState,
    /// When it was closed; null for an open office.
    closed_at: Option<chrono::DateTime<chrono::Utc>>,
    created_at: chrono::DateTime<chrono::Utc>,
}

impl From<store::Model> for Office {
    fn from(row: store::Model) -> Self {
        let (state, closed_at, created_at) = (row.state(), row.closed_at, row.created_at);
        let store::Model { id, version, parent_id, code, name, kind, country, time_zone, .. } = row;
        Self { id, version, parent_id, code, name, kind, country, time_zone, state, closed_at, created_at }
    }
}

impl Row for Office {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("code", |row| row.code.as_str().into()),
        ("name", |row| row.name.as_str().into()),
        ("kind", |row| row.kind.as_str().into()),
        ("country", |row| row.country.clone().into()),
        ("parent_id", |row| row.parent_id.into()),
        ("time_zone", |row| row.time_zone.clone().into()),
        ("state", |row| row.state.as_str().into()),
    ];
}

/// A new office.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOffice {
    /// 2 to 20 capital letters, digits and hyphens; unique in the organisation.
    #[schema(example = "AFG-KBL", min_length = 2, max_length = 20)]
    code: String,
    #[schema(example = "Kabul country office", min_length = 1, max_length = 200)]
    name: String,
    kind: Kind,
    /// The parent office: headquarters, or a regional office for a country office. It must be open.
    parent_id: OfficeId,
    /// ISO 3166-1 alpha-3 code.
    #[schema(example = "AFG", max_length = 3)]
    country: Option<String>,
    /// An IANA time zone.
    #[schema(example = "Asia/Kabul", max_length = 60)]
    time_zone: Option<String>,
}

/// Filters of the office list.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfficeFilter {
    /// Only the office with this code.
    #[param(max_length = 20)]
    code: Option<String>,
    /// Only offices whose name or code contains these words; case and accents are ignored.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only offices of this type.
    kind: Option<Kind>,
    /// Only open or only closed offices.
    state: Option<OfficeState>,
    /// Only offices directly below this one.
    parent_id: Option<OfficeId>,
    /// `code`, or `tree`: each office after the one above it. Defaults to `code`.
    #[param(inline)]
    sort: Option<OfficeOrder>,
}

/// Lists the offices of the organisation
///
/// Every office may see the whole office tree of its organisation.
#[utoipa::path(tag = "offices", params(OfficeFilter, Paging), security(("oauth2" = ["offices:read"])),
    responses((status = 200, description = "The offices", body = Envelope<Office>), ReadProblems))]
#[get("/v1/offices")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::OfficesRead>,
    context: Data<Context>,
    listed: Listed<OfficeFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let page = listed.paging.of("offices", &(caller.claims.organisation_id, &listed.filter))?;
    let OfficeFilter { code, q, kind, state, parent_id, sort } = listed.filter;
    let key = q.as_deref().map(search_key).unwrap_or_default();
    let words = key.split_whitespace().map(str::to_owned).collect();
    let filter = store::Filter { code, words, kind, state, parent_id };
    let order = sort.unwrap_or(OfficeOrder::Code);
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, &filter, order, page, page.after()?).await?;
        let page = page.page(rows, |row| (row.place.clone(), row.office.id));
        Ok(page.map(|row| Office::from(row.office)))
    })
    .await
}

/// Gets an office
///
/// Any office of the caller's organisation, also outside the caller's own tree; 404 for those of other
/// organisations.
#[utoipa::path(tag = "offices", params(("id" = Uuid, Path, description = "The office")),
    security(("oauth2" = ["offices:read"])),
    responses((status = 200, description = "The office", body = Office), ReadProblems))]
#[get("/v1/offices/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::OfficesRead>,
    context: Data<Context>,
    id: Id<OfficeId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let office = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        response::record(&request, office.version, &Office::from(office))
    })
    .await
}

/// Creates an office
///
/// The parent must be in the caller's own tree and open: regional and liaison offices are created under headquarters,
/// country offices under headquarters or a regional office.
#[utoipa::path(tag = "offices", request_body = NewOffice, security(("oauth2" = ["offices:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The office", body = Office), CreateProblems))]
#[post("/v1/offices")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::OfficesWrite>,
    context: Data<Context>,
    body: JsonBody<NewOffice>,
) -> ApiResult {
    let new = body.value;
    check(&new)?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let below = [("/parent_id".to_owned(), new.parent_id)];
        check_open_for_new(tx, caller.claims.organisation_id, &below).await?;
        let unknown = || Problem::invalid_field("/parent_id", Fault::other_office());
        let parent = store::get(scope, tx.db(), new.parent_id).await?.ok_or_else(unknown)?;
        if !scope.office_ids().contains(&parent.id) {
            return Err(unknown().into());
        }
        check_kinds(new.kind, parent.kind)?;
        let office = store::Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: parent.organisation_id,
            parent_id: Some(parent.id),
            code: new.code.clone(),
            name: new.name.clone(),
            kind: new.kind,
            country: new.country.clone(),
            time_zone: new.time_zone.clone(),
            is_closed: false,
            closed_at: None,
            search: store::search_text(&new.name, &new.code),
            created_at: tx.now(),
        };
        store::insert(tx, &office).await.map_err(|error| {
            if error.is_duplicate() {
                let why = format!("the organisation has an office with the code \"{}\"", office.code);
                let fault = FieldCode::AlreadyExists.says(why).kind(RecordKind::Office);
                return Problem::new(Code::Conflict).field("/code", fault).into();
            }
            auth::ApiError::from(error)
        })?;
        tx.include(office.id).await?;
        let shown = Office::from(office.clone());
        tx.audit_created("office.create", &office, &shown).await?;
        Ok(Created::new(format!("/v1/offices/{}", office.id), 1, shown))
    })
    .await
}

/// Whether an office of a kind hangs under one of another.
pub(super) fn check_kinds(kind: Kind, parent: Kind) -> Result<(), Problem> {
    if may_hang_under(kind, parent) {
        return Ok(());
    }
    let why = format!("a {kind} office cannot hang under a {parent} office");
    let fault = FieldCode::WrongParent.says(why).with("office", kind.as_str());
    Err(Problem::invalid_field("/parent_id", fault.with("parent", parent.as_str())))
}

/// What an office says of its place: country and time zone.
pub(super) fn check_place(checks: &mut Checks, country: Option<&str>, time_zone: Option<&str>) {
    if let Some(country) = country {
        checks.country("/country", country);
    }
    if let Some(zone) = time_zone {
        let known = zone.parse::<chrono_tz::Tz>().is_ok();
        checks.require(known, "/time_zone", (FieldCode::NotATimeZone, "is not an IANA time zone"));
    }
}

fn check(new: &NewOffice) -> Result<(), Problem> {
    let mut checks = Checks::new();
    let code_fits = (2..=20).contains(&new.code.len())
        && new.code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-');
    let fault = Fault::wrong_format("NBO-01", "must be 2 to 20 capital letters, digits and hyphens");
    checks.require(code_fits, "/code", fault);
    checks.text("/name", &new.name, 200);
    check_place(&mut checks, new.country.as_deref(), new.time_zone.as_deref());
    checks.finish()
}
