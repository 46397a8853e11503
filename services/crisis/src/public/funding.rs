use super::{country, year};
use crate::{
    figures::{FigurePart, plan as figures},
    funding::{
        api::{OfWhichOurs, Totals},
        fact::{Amounts, country_scope, own_key},
        store::{self, Counted},
    },
    plan,
};
use ::store::{Snapshot, StoreError, TenantScope, office};
use actix_web::{HttpRequest, get, http::StatusCode, web::Data};
use kernel::{DonorId, DonorType, Money, OrganisationId, PlanId, Word};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{ApiResult, Context, Parameters, openapi::PublicProblems, response};
use utoipa::{IntoParams, ToSchema};

/// A share of the funding. All fields are null for "not stated".
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FundingPart {
    /// Its name in the source.
    #[schema(example = "2924", max_length = 100)]
    external_ref: Option<String>,
    #[schema(example = "Switzerland, Government of", max_length = 500)]
    name: Option<String>,
    funding: Money,
    /// Number of flows that count as funding.
    #[schema(minimum = 0)]
    flow_count: i64,
}

/// The share of a donor, with its type.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DonorFundingShare {
    /// The donor in the registry, if registered.
    donor_id: Option<DonorId>,
    /// `government`, `intergovernmental`, `civil_society` or `private_sector`.
    #[schema(value_type = Option<DonorType>)]
    donor_type: Option<Word<DonorType>>,
    /// Its name in French, if registered with one.
    #[schema(example = "Suisse", max_length = 300)]
    name_fr: Option<String>,
    /// Its name in Spanish, if registered with one.
    #[schema(example = "Suiza", max_length = 300)]
    name_es: Option<String>,
    #[serde(flatten)]
    part: FundingPart,
}

/// The share of a plan, with its coverage.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanFundingShare {
    /// The plan on the platform, if known.
    plan_id: Option<PlanId>,
    /// The current requirement.
    requirement: Option<Money>,
    /// All that the plan has received, as its own page counts it: also what is shared between countries or years.
    plan_funding: Option<Money>,
    /// Of `funding`, what only moved within the plan: the plan's own page leaves it out.
    within_plan: Option<Money>,
    /// `plan_funding` as a percentage of the requirement, one decimal, as on the plan's own page; null when not available
    /// and for plans of several countries.
    #[schema(example = "49.9", max_length = 20)]
    coverage_percent: Option<String>,
    #[serde(flatten)]
    part: FundingPart,
}

/// What a country received for a usage year.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountryFunding {
    #[schema(example = "AFG", max_length = 3)]
    country: String,
    #[schema(example = 2020)]
    year: i32,
    #[serde(flatten)]
    totals: Totals,
    /// What of `funding` went to the organisation that runs the platform.
    of_which_ours: OfWhichOurs,
    /// What of `funding` was allocated from contributions that are not earmarked: for one country and year, and told to
    /// the public.
    of_which_allocated: FigurePart,
    /// Of the funding, what goes to no plan, or to several at once.
    outside_plans: Money,
    /// Donors that the source states.
    #[schema(minimum = 0)]
    donor_count: usize,
    #[schema(max_items = 10000)]
    by_plan: Vec<PlanFundingShare>,
    #[schema(max_items = 10000)]
    by_donor: Vec<DonorFundingShare>,
    #[schema(max_items = 10)]
    by_earmarking: Vec<FundingPart>,
    #[schema(max_items = 10000)]
    by_recipient: Vec<FundingPart>,
}

/// The question.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// ISO 3166-1 alpha-3 code.
    #[param(example = "AFG", min_length = 3, max_length = 3)]
    country: String,
    /// The usage year.
    #[param(example = 2020, minimum = 1990, maximum = 2100)]
    year: i32,
}

/// Gets the funding of a country for a year
///
/// Paid and committed flows received for this country and year alone, whoever receives them, as OCHA's FTS counts them;
/// pledges are listed separately. Each list adds up to `funding`.
#[utoipa::path(tag = "public", params(Question),
    responses((status = 200, description = "The funding and its breakdown", body = CountryFunding), PublicProblems))]
#[get("/v1/public/funding")]
pub(crate) async fn get(
    request: HttpRequest,
    context: Data<Context>,
    question: Parameters<Question>,
) -> ApiResult {
    let country = country(&question.0.country)?;
    let year = year(question.0.year)?;
    super::answer(&context, &request, async |scope| {
        let ask = async |db: &Snapshot| Ok(of_country(db, scope, &country.iso3, year).await?);
        response::json(StatusCode::OK, &[], &service::read_within(&context, scope, ask).await?)
    })
    .await
}

async fn of_country(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    country: &str,
    year: i32,
) -> Result<CountryFunding, StoreError> {
    let organisation_id = scope.organisation_id();
    let counted = store::scope(db, organisation_id, &country_scope(country, year)).await?;
    let total =
        counted.iter().find(|cell| cell.dimension == "total").map(Counted::amounts).unwrap_or_default();
    let by_donor = donors(db, organisation_id, &counted).await?;
    let here = |of: &str, in_year: i32| of == country && in_year == year;
    Ok(CountryFunding {
        country: country.to_owned(),
        year,
        totals: total.into(),
        of_which_ours: OfWhichOurs::of(db, organisation_id, &counted).await?,
        of_which_allocated: FigurePart::allocated(&counted),
        outside_plans: Money::usd(of_dimension(&counted, "plan").1.funding()),
        donor_count: by_donor.iter().filter(|donor| donor.part.external_ref.is_some()).count(),
        by_plan: plans(db, scope, &counted, here).await?,
        by_donor,
        by_earmarking: parts(&counted, "earmarking"),
        by_recipient: recipients(db, organisation_id, &counted).await?,
    })
}

/// The cells of a dimension that hold funding, the largest first, and what is not stated in the end.
fn of_dimension<'a>(counted: &'a [Counted], dimension: &'static str) -> (Vec<&'a Counted>, Amounts) {
    let cells = counted.iter().filter(move |cell| cell.dimension == dimension && cell.funding_flows > 0);
    let (stated, not_stated): (Vec<&Counted>, Vec<&Counted>) =
        cells.partition(|cell| !cell.member.is_empty());
    (stated, not_stated.first().map(|cell| cell.amounts()).unwrap_or_default())
}

fn part(cell: &Counted) -> FundingPart {
    let (funding, flow_count) = (Money::usd(cell.amounts().funding()), cell.funding_flows);
    FundingPart { external_ref: cell.external_ref.clone(), name: cell.name.clone(), funding, flow_count }
}

fn not_stated(amounts: Amounts) -> FundingPart {
    let (funding, flow_count) = (Money::usd(amounts.funding()), amounts.funding_flows);
    FundingPart { external_ref: None, name: None, funding, flow_count }
}

/// The parts of a dimension, "not stated" last.
pub(crate) fn parts(counted: &[Counted], dimension: &'static str) -> Vec<FundingPart> {
    let (stated, rest) = of_dimension(counted, dimension);
    stated.into_iter().map(part).chain([not_stated(rest)]).collect()
}

/// Who received it, the organisation itself under the name that it has now.
pub(crate) async fn recipients(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    counted: &[Counted],
) -> Result<Vec<FundingPart>, StoreError> {
    let (own, name) = (own_key(organisation_id), office::organisation_name(db, organisation_id).await?);
    let (stated, rest) = of_dimension(counted, "recipient");
    let recipient = |cell: &Counted| {
        let mut part = part(cell);
        if cell.member == own {
            part.name = name.clone().or(part.name);
        }
        part
    };
    Ok(stated.into_iter().map(recipient).chain([not_stated(rest)]).collect())
}

/// The donors, under the names the registry has now.
pub(crate) async fn donors(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    counted: &[Counted],
) -> Result<Vec<DonorFundingShare>, StoreError> {
    let (stated, rest) = of_dimension(counted, "donor");
    let ids: Vec<DonorId> = stated.iter().filter_map(|cell| cell.member.parse().ok()).collect();
    let known = store::donors(db, organisation_id, &ids).await?;
    let donor = |cell: &Counted| {
        let mut part = part(cell);
        let registered = known.get(&cell.member);
        if let Some(registered) = registered {
            part.name = Some(registered.name.clone());
            part.external_ref = registered.external_ref.clone().or(part.external_ref);
        }
        DonorFundingShare {
            donor_id: registered.map(|donor| donor.id),
            donor_type: registered.map(|donor| donor.donor_type.clone()),
            name_fr: registered.and_then(|donor| donor.name_fr.clone()),
            name_es: registered.and_then(|donor| donor.name_es.clone()),
            part,
        }
    };
    let last = DonorFundingShare {
        donor_id: None,
        donor_type: None,
        name_fr: None,
        name_es: None,
        part: not_stated(rest),
    };
    Ok(stated.into_iter().map(donor).chain([last]).collect())
}

/// The plans, under the names that they have now. `here` says of a country and a year whether the scope counts it.
pub(crate) async fn plans(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    counted: &[Counted],
    here: impl Fn(&str, i32) -> bool,
) -> Result<Vec<PlanFundingShare>, StoreError> {
    let (stated, rest) = of_dimension(counted, "plan");
    let keys = stated.iter().map(|cell| cell.member.as_str());
    let known = plan::store::by_funding_keys(scope, db, keys).await?;
    let received = figures::of(db, scope.organisation_id(), known.keys().cloned()).await?;
    let one = |cell: &Counted| {
        let (mut part, plan) = (part(cell), known.get(&cell.member));
        if let Some(plan) = plan {
            part.name = Some(plan.name.clone());
        }
        let requirement = plan.and_then(plan::store::Model::requirement);
        let whole = plan.map(|_| received.get(&cell.member).cloned().unwrap_or_default());
        let one_country = plan.is_some_and(|plan| plan.country_codes().len() == 1);
        let within = |whole: &figures::OfPlan| part.funding.minor() - whole.counted_in(&here).funding.minor();
        PlanFundingShare {
            plan_id: plan.map(|plan| plan.id),
            requirement: requirement.map(Money::usd),
            plan_funding: whole.as_ref().map(|whole| Money::usd(whole.funding())),
            within_plan: whole.as_ref().map(|whole| Money::usd(within(whole))),
            coverage_percent: whole.and_then(|whole| whole.coverage(requirement)).filter(|_| one_country),
            part,
        }
    };
    let last = PlanFundingShare {
        plan_id: None,
        requirement: None,
        plan_funding: None,
        within_plan: None,
        coverage_percent: None,
        part: not_stated(rest),
    };
    Ok(stated.into_iter().map(one).chain([last]).collect())
}
