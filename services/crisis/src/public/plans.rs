use super::funding;
use crate::{
    figures::{
        FigurePart,
        plan::{OfPlan, PlanPlaces, gap},
    },
    funding::{
        api::{OfWhichOurs, Totals},
        fact::{Amounts, plan_scope},
        store,
    },
    plan,
};
use ::store::{Snapshot, StoreError, TenantScope};
use actix_web::{HttpRequest, get, http::StatusCode, web::Data};
use chrono::NaiveDate;
use events::ExternalRef;
use kernel::{Money, PlanId, PlanType, Problem, Visibility, pagination::Page};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Column, Context, Envelope, Listed, PageRequest, Paging, Row, openapi::PublicProblems, response,
};
use utoipa::{IntoParams, ToSchema};

/// A public response plan with its funding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicPlan {
    id: PlanId,
    /// How another system knows it.
    external_ref: Option<ExternalRef>,
    #[schema(example = "Chad crisis response plan 2026", max_length = 300)]
    name: String,
    plan_type: PlanType,
    #[schema(max_items = 250, value_type = Vec<kernel::items::CountryCode>)]
    countries: Vec<String>,
    #[schema(max_items = 20)]
    years: Vec<i32>,
    start_date: Option<NaiveDate>,
    end_date: Option<NaiveDate>,
    people_in_need: Option<i64>,
    people_targeted: Option<i64>,
    #[schema(max_length = 5000)]
    summary: Option<String>,
    #[schema(max_items = 20)]
    objectives: Vec<plan::objective::Objective>,
    original_requirement: Option<Money>,
    /// The current requirement: the revised one, if any.
    requirement: Option<Money>,
    /// The funding gap; null without a requirement, zero when overfunded.
    gap: Option<Money>,
    /// Funding as a percentage of the requirement, one decimal; null when not available.
    #[schema(example = "49.9", max_length = 20)]
    coverage_percent: Option<String>,
    #[serde(flatten)]
    totals: Totals,
}

/// A public response plan with the breakdown of its funding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanPage {
    #[serde(flatten)]
    plan: PublicPlan,
    /// What of `funding` went to the organisation that runs the platform.
    of_which_ours: OfWhichOurs,
    /// What of `funding` was allocated from contributions that are not earmarked: for one plan, and told to the public.
    of_which_allocated: FigurePart,
    counted: PlanPlaces,
    #[schema(minimum = 0)]
    donor_count: usize,
    #[schema(max_items = 10000)]
    by_donor: Vec<funding::DonorFundingShare>,
    #[schema(max_items = 10)]
    by_earmarking: Vec<funding::FundingPart>,
    #[schema(max_items = 10000)]
    by_recipient: Vec<funding::FundingPart>,
}

fn shown(plan: plan::store::Model, amounts: Amounts) -> Result<PublicPlan, StoreError> {
    let requirement = plan.requirement();
    let gap = gap(amounts.funding(), requirement).map(Money::usd);
    let (countries, years, objectives) = (plan.country_codes(), plan.year_numbers(), plan.objectives()?);
    let external = plan.external_source.zip(plan.external_ref);
    Ok(PublicPlan {
        id: plan.id,
        external_ref: external.map(|(source, reference)| ExternalRef { source, r#ref: reference }),
        name: plan.name,
        plan_type: plan.plan_type,
        countries,
        years,
        start_date: plan.start_date,
        end_date: plan.end_date,
        people_in_need: plan.people_in_need,
        people_targeted: plan.people_targeted,
        summary: plan.summary,
        objectives,
        original_requirement: plan.original_requirement.map(Money::usd),
        requirement: requirement.map(Money::usd),
        gap,
        coverage_percent: plan::coverage(amounts.funding(), requirement),
        totals: amounts.into(),
    })
}

impl Row for PublicPlan {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("external_ref", |row| row.external_ref.as_ref().map(|external| external.r#ref.as_str()).into()),
        ("name", |row| row.name.as_str().into()),
        ("plan_type", |row| row.plan_type.as_str().into()),
        ("countries", |row| row.countries.join(" ").into()),
        ("years", |row| service::joined(&row.years)),
        ("requirement_usd", |row| row.requirement.into()),
        ("funding_usd", |row| row.totals.funding.into()),
        ("pledges_usd", |row| row.totals.pledges.into()),
        ("coverage_percent", |row| row.coverage_percent.clone().into()),
    ];
}

/// Filters of the public plan list.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PublicPlanFilter {
    /// Only plans for this year.
    #[param(example = 2020, minimum = 1990, maximum = 2100)]
    year: Option<i32>,
    /// Only plans for this country: ISO 3166-1 alpha-3 code.
    #[param(example = "AFG", max_length = 3)]
    country: Option<String>,
    /// Only plans whose name contains this text.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// Lists the public response plans
///
/// Least funded first; plans without coverage last.
#[utoipa::path(tag = "public", params(PublicPlanFilter, Paging),
    responses((status = 200, description = "The plans", body = Envelope<PublicPlan>), PublicProblems))]
#[get("/v1/public/plans")]
pub(crate) async fn list(
    request: HttpRequest,
    context: Data<Context>,
    listed: Listed<PublicPlanFilter>,
) -> ApiResult {
    let PublicPlanFilter { year, country, q } = &listed.filter;
    let checked = plan::store::Filter { search: q.clone(), ..plan::api::checked(*year, country.as_deref())? };
    super::search_text(q.as_deref())?;
    super::answer(&context, &request, async |scope| {
        let (scope, filters, paging) = (scope.clone(), (year, country, q), listed.paging.clone());
        let filter = checked.clone();
        let page = paging.of("plans", &filters)?;
        service::list(&request, &context, scope, page, async move |db, scope, page| {
            least_funded_first(db, scope, &filter, page).await
        })
        .await
    })
    .await
}

/// Tenths of a percent; what is not available sorts last.
fn rank(coverage: Option<&str>, id: PlanId) -> (u64, PlanId) {
    let percent = coverage.and_then(|text| text.replace('.', "").parse().ok());
    (percent.unwrap_or(u64::MAX), id)
}

/// Coverage is computed of two tables, so all plans that fit are ranked; but only those of the page are read.
async fn least_funded_first(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    filter: &plan::store::Filter,
    page: &PageRequest,
) -> Result<Page<PublicPlan>, auth::ApiError> {
    let after: Option<(u64, PlanId)> = page.after()?;
    let organisation_id = scope.organisation_id();
    let totals = store::totals(db, organisation_id, "plan:").await?;
    let mut ranked: Vec<((u64, PlanId), Amounts)> = Vec::new();
    for outline in plan::store::outlines(scope, db, filter).await? {
        let amounts = totals.get(&outline.funding_key()).copied().unwrap_or_default();
        let coverage = plan::coverage(amounts.funding(), outline.requirement());
        let rank = rank(coverage.as_deref(), outline.id);
        if after.is_none_or(|after| rank > after) {
            ranked.push((rank, amounts));
        }
    }
    ranked.sort_unstable_by_key(|(rank, _)| *rank);
    ranked.truncate(usize::try_from(page.limit + 1).unwrap_or(usize::MAX));
    let ids: Vec<PlanId> = ranked.iter().map(|((_, id), _)| *id).collect();
    let mut plans = plan::store::by_ids(scope, db, &ids).await?;
    let shown = ranked.into_iter().filter_map(|((_, id), amounts)| Some(shown(plans.remove(&id)?, amounts)));
    let shown = shown.collect::<Result<Vec<PublicPlan>, StoreError>>()?;
    Ok(page.page(shown, |plan| rank(plan.coverage_percent.as_deref(), plan.id)))
}

/// Gets a public response plan
///
/// Its requirement and the flows it receives, whoever receives them, without transfers inside the plan.
#[utoipa::path(tag = "public",
    params(("id" = String, Path, description = "The id or the FTS number of the plan", max_length = 100)),
    responses((status = 200, description = "The plan and its funding", body = PlanPage), PublicProblems))]
#[get("/v1/public/plans/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    context: Data<Context>,
    id: actix_web::web::Path<String>,
) -> ApiResult {
    super::answer(&context, &request, async |scope| {
        let ask = async |db: &Snapshot| plan_page(db, scope, &id).await;
        response::json(StatusCode::OK, &[], &service::read_within(&context, scope, ask).await?)
    })
    .await
}

async fn plan_page(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    id: &str,
) -> Result<PlanPage, auth::ApiError> {
    let organisation_id = scope.organisation_id();
    let found = match id.parse::<PlanId>() {
        Ok(id) => plan::store::get(scope, db, id).await?,
        Err(_) => plan::store::by_ref(db, organisation_id, "fts", id).await?,
    };
    let plan = found.filter(|plan| plan.visibility == Visibility::Public).ok_or_else(Problem::not_found)?;
    let counted = store::scope(db, organisation_id, &plan_scope(&plan.funding_key())).await?;
    let received = OfPlan::from(counted.as_slice());
    let by_donor = funding::donors(db, organisation_id, &counted).await?;
    Ok(PlanPage {
        plan: shown(plan, received.amounts)?,
        of_which_ours: OfWhichOurs::of(db, organisation_id, &counted).await?,
        of_which_allocated: FigurePart::allocated(&counted),
        counted: PlanPlaces::from(&received),
        donor_count: by_donor.len() - 1,
        by_donor,
        by_earmarking: funding::parts(&counted, "earmarking"),
        by_recipient: funding::recipients(db, organisation_id, &counted).await?,
    })
}
