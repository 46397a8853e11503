use super::{
    new_plan::NewPlan,
    objective::{self, Objective},
    store,
};
use crate::version;
use ::store::StoreError;
use actix_web::{HttpRequest, get, post, put, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, NaiveDate, Utc};
use events::ExternalRef;
use kernel::{
    Code, Currency, Fault, FieldCode, Money, OfficeId, OrganisationId, PlanId, PlanType, Problem, Reason,
    RecordKind, Visibility,
};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Column, Context, Created, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// A response plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plan {
    id: PlanId,
    #[schema(minimum = 1)]
    version: i64,
    /// The office that owns it.
    office_id: OfficeId,
    #[serde(flatten)]
    fields: PlanFields,
    /// The current requirement: the revised one, if any.
    requirement: Option<Money>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// The fields of a response plan.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanFields {
    #[schema(example = "Chad crisis response plan 2026", min_length = 1, max_length = 300)]
    name: String,
    /// `crisis_response_plan`, `humanitarian_response_plan`, `flash_appeal`, `regional_response_plan`,
    /// `refugee_response_plan` or `other`.
    plan_type: PlanType,
    /// ISO 3166-1 alpha-3 codes.
    #[schema(example = json!(["TCD"]), max_items = 100, value_type = Vec<kernel::items::CountryCode>)]
    countries: Vec<String>,
    #[schema(example = json!([2026]), min_items = 1, max_items = 20, value_type = Vec<kernel::items::PlanYear>)]
    years: Vec<i32>,
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    start_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    end_date: Option<NaiveDate>,
    /// Amount in US dollars.
    original_requirement: Option<Money>,
    /// In US dollars; replaces the original requirement.
    revised_requirement: Option<Money>,
    #[schema(minimum = 0, maximum = 10000000000_i64)]
    people_in_need: Option<i64>,
    #[schema(minimum = 0, maximum = 10000000000_i64)]
    people_targeted: Option<i64>,
    #[schema(max_length = 5000)]
    summary: Option<String>,
    /// The objectives of the plan; their amounts together do not exceed the requirement.
    #[serde(default)]
    #[schema(max_items = 20)]
    objectives: Vec<Objective>,
    /// Its reference in another system, such as FTS's number.
    external_ref: Option<ExternalRef>,
    /// `internal`, `donor` or `public`. Defaults to `internal`.
    #[serde(default = "internal")]
    visibility: Visibility,
}

fn internal() -> Visibility {
    Visibility::Internal
}

impl TryFrom<store::Model> for Plan {
    type Error = StoreError;

    fn try_from(row: store::Model) -> Result<Self, StoreError> {
        let requirement = row.requirement().map(Money::usd);
        let (countries, years, objectives) = (row.country_codes(), row.year_numbers(), row.objectives()?);
        let external = row.external_source.zip(row.external_ref);
        let fields = PlanFields {
            name: row.name,
            plan_type: row.plan_type,
            countries,
            years,
            start_date: row.start_date,
            end_date: row.end_date,
            original_requirement: row.original_requirement.map(Money::usd),
            revised_requirement: row.revised_requirement.map(Money::usd),
            people_in_need: row.people_in_need,
            people_targeted: row.people_targeted,
            summary: row.summary,
            objectives,
            external_ref: external.map(|(source, reference)| ExternalRef { source, r#ref: reference }),
            visibility: row.visibility,
        };
        let store::Model { id, version, office_id, created_at, updated_at, .. } = row;
        Ok(Self { id, version, office_id, fields, requirement, created_at, updated_at })
    }
}

impl Row for Plan {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("name", |row| row.fields.name.as_str().into()),
        ("plan_type", |row| row.fields.plan_type.as_str().into()),
        ("countries", |row| row.fields.countries.join(" ").into()),
        ("years", |row| service::joined(&row.fields.years)),
        ("requirement_usd", |row| row.requirement.into()),
        ("external_ref", |row| {
            row.fields
                .external_ref
                .as_ref()
                .map(|external| format!("{}:{}", external.source, external.r#ref))
                .into()
        }),
        ("visibility", |row| row.fields.visibility.as_str().into()),
    ];
}

/// Filters of the plan list.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlanFilter {
    /// Only plans for this year.
    #[param(minimum = 1990, maximum = 2100)]
    year: Option<i32>,
    /// Only plans for this country: ISO 3166-1 alpha-3 code.
    #[param(max_length = 3)]
    country: Option<String>,
}

/// Years and countries of a filter, checked.
pub(crate) fn checked(year: Option<i32>, country: Option<&str>) -> Result<store::Filter, Problem> {
    service::year("year", year, 1990..=2100)?;
    service::country("country", country)?;
    Ok(store::Filter { year, country: country.map(str::to_owned), search: None })
}

/// Lists response plans
///
/// Plans of the caller's office and the offices below it, newest first. A donor's representative sees those that are
/// visible to donors or public.
#[utoipa::path(tag = "plans", params(PlanFilter, Paging), security(("oauth2" = ["plans:read"])),
    responses((status = 200, description = "The plans", body = Envelope<Plan>), ReadProblems))]
#[get("/v1/plans")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::PlansRead>,
    context: Data<Context>,
    listed: Listed<PlanFilter>,
) -> ApiResult {
    let PlanFilter { year, country } = listed.filter;
    let filter = checked(year, country.as_deref())?;
    let scope = context.scope(&caller.claims).await?;
    let filters = (caller.claims.office_id, year, country);
    let page = listed.paging.of("plans", &filters)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, &filter, page, page.after()?).await?;
        Ok(page.page(rows, |row| row.id).try_map(Plan::try_from)?)
    })
    .await
}

/// Gets a response plan
///
/// Staff see the plans of their office and the offices below it, a donor's representative those that are visible to
/// donors or public; 404 for any other. Public plans with their funding are at `GET /v1/public/plans/{id}`.
#[utoipa::path(tag = "plans", params(("id" = Uuid, Path, description = "The plan")),
    security(("oauth2" = ["plans:read"])),
    responses((status = 200, description = "The plan", body = Plan), ReadProblems))]
#[get("/v1/plans/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::PlansRead>,
    context: Data<Context>,
    id: Id<PlanId>,
) -> ApiResult {
    let row = service::read(&context, &caller.claims, async |db, scope| {
        Ok(store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?)
    });
    let row = row.await?;
    response::record(&request, row.version, &Plan::try_from(row)?)
}

/// Creates a response plan
///
/// Amounts are in US dollars, and the objectives together must not exceed the requirement (422). It belongs to the
/// caller's office, or to `office_id`, an office below it (422 for any other). It is `internal` unless `visibility`
/// says otherwise. 409 if another plan of the organisation has the same external reference.
#[utoipa::path(tag = "plans", request_body = NewPlan, security(("oauth2" = ["plans:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The plan", body = Plan), CreateProblems))]
#[post("/v1/plans")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::PlansWrite>,
    context: Data<Context>,
    body: JsonBody<NewPlan>,
) -> ApiResult {
    let NewPlan { office_id, fields } = body.value;
    check(&fields)?;
    let office_id = context.office_for(&caller.claims, office_id).await?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, _| {
        tx.lock_shared(&store::references(caller.claims.organisation_id)).await?;
        let now = tx.now();
        let plan = row(&fields, (tx.new_id(), 1), (caller.claims.organisation_id, office_id), (now, now))?;
        store::insert(tx, &plan).await.map_err(already_there)?;
        tx.audit_created("plan.create", &plan, &Plan::try_from(plan.clone())?).await?;
        version::change(tx.db(), tx.new_uuid(), [plan.organisation_id]).await?;
        Ok(Created::new(format!("/v1/plans/{}", plan.id), 1, Plan::try_from(plan)?))
    })
    .await
}

/// Updates a response plan
///
/// Replaces all fields. Only the office that owns the plan can do this. Send the plan's ETag in `If-Match`.
#[utoipa::path(tag = "plans", request_body = PlanFields, security(("oauth2" = ["plans:write"])),
    params(("id" = Uuid, Path, description = "The plan"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The plan", body = Plan), UpdateProblems))]
#[put("/v1/plans/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::PlansWrite>,
    context: Data<Context>,
    id: Id<PlanId>,
    body: JsonBody<PlanFields>,
) -> ApiResult {
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        tx.lock_shared(&store::references(caller.claims.organisation_id)).await?;
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        if before.office_id != caller.claims.office_id {
            let why = "only the office that owns the plan may change it";
            return Err(Problem::new(Code::Forbidden).because(Reason::OfficeOnly, why).into());
        }
        check(&body.value)?;
        precondition.check(before.version)?;
        let place = (before.organisation_id, before.office_id);
        let times = (before.created_at, tx.now());
        let after = row(&body.value, (before.id, before.version + 1), place, times)?;
        store::update(tx, &after).await.map_err(already_there)?;
        let shown = Plan::try_from(after.clone())?;
        tx.audit_changed("plan.update", &after, &Plan::try_from(before)?, &shown).await?;
        version::change(tx.db(), tx.new_uuid(), [after.organisation_id]).await?;
        Ok(Changed::new(after.version, shown))
    })
    .await
}

pub(crate) fn already_there(error: ::store::StoreError) -> ApiError {
    if error.is_duplicate() {
        let fault = FieldCode::AlreadyExists.says("a plan with this reference already exists");
        return Problem::new(Code::Conflict).field("/external_ref", fault.kind(RecordKind::Plan)).into();
    }
    error.into()
}

fn row(
    fields: &PlanFields,
    (id, version): (PlanId, i64),
    (organisation_id, office_id): (OrganisationId, OfficeId),
    (created_at, updated_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<store::Model, StoreError> {
    let fields = fields.clone();
    let (external_source, external_ref) = fields.external_ref.map(|ext| (ext.source, ext.r#ref)).unzip();
    Ok(store::Model {
        id,
        version,
        organisation_id,
        office_id,
        external_source,
        external_ref,
        name: fields.name,
        plan_type: fields.plan_type,
        countries: kernel::text::joined(fields.countries),
        years: kernel::text::joined(fields.years.iter().map(i32::to_string)),
        start_date: fields.start_date,
        end_date: fields.end_date,
        original_requirement: fields.original_requirement.map(|money| money.minor()),
        revised_requirement: fields.revised_requirement.map(|money| money.minor()),
        people_in_need: fields.people_in_need,
        people_targeted: fields.people_targeted,
        summary: fields.summary,
        objectives: serde_json::to_string(&fields.objectives)?,
        visibility: fields.visibility,
        created_at,
        updated_at,
    })
}

fn check(fields: &PlanFields) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.text("/name", &fields.name, 300);
    for (index, code) in checks.at_most("/countries", &fields.countries, 100).iter().enumerate() {
        checks.country(&format!("/countries/{index}"), code);
    }
    checks.require(!fields.years.is_empty(), "/years", (FieldCode::Required, "must have 1 to 20 entries"));
    checks.at_most("/years", &fields.years, 20);
    for (index, year) in fields.years.iter().take(20).enumerate() {
        checks.within(&format!("/years/{index}"), *year, 1990..=2100);
    }
    for (pointer, date) in [("/start_date", fields.start_date), ("/end_date", fields.end_date)] {
        if let Some(date) = date {
            checks.day(pointer, date);
        }
    }
    if let Some((start, _)) = fields.start_date.zip(fields.end_date).filter(|(start, end)| start > end) {
        checks.refuse("/end_date", Fault::before("start_date", start));
    }
    for (pointer, money) in [
        ("/original_requirement", fields.original_requirement),
        ("/revised_requirement", fields.revised_requirement),
    ] {
        let in_dollars = money.is_none_or(|money| money.currency() == Currency::USD);
        checks.require(in_dollars, &format!("{pointer}/currency"), Fault::wrong_currency("USD"));
        let fits = money.is_none_or(|money| !money.is_negative());
        checks.require(fits, &format!("{pointer}/amount"), Fault::negative());
    }
    for (pointer, people) in
        [("/people_in_need", fields.people_in_need), ("/people_targeted", fields.people_targeted)]
    {
        objective::check_people(&mut checks, pointer, people);
    }
    checks.optional_long_text("/summary", fields.summary.as_deref(), 5000);
    let needed = fields.revised_requirement.or(fields.original_requirement);
    objective::check(&fields.objectives, needed, &mut checks);
    if let Some(external) = &fields.external_ref {
        checks.text("/external_ref/source", &external.source, 40);
        checks.text("/external_ref/ref", &external.r#ref, 100);
    }
    checks.finish()
}
