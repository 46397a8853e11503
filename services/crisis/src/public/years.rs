use super::funding::{self, DonorFundingShare, FundingPart, PlanFundingShare};
use crate::{
    figures::year::{self as figures, PlansOfYear, YearParts},
    funding::{
        api::{OfWhichOurs, Totals},
        fact::{Amounts, OURS, year_scope},
        store::{self, Counted},
    },
    plan,
};
use ::store::{Snapshot, StoreError, TenantScope};
use actix_web::{HttpRequest, get, http::StatusCode, web::Data};
use kernel::{DonorId, Fault, Money, PlanId, Problem};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use service::{
    ApiResult, Column, Context, Envelope, Paging, Parameters, Row, openapi::PublicProblems, response,
};
use std::{cmp::Reverse, collections::HashMap};
use utoipa::ToSchema;

/// A usage year with its funding by earmarking, over the countries that count it, and its response plans.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FundedYear {
    #[schema(example = 2026)]
    year: i32,
    #[serde(flatten)]
    totals: Totals,
    plans: PlansOfYear,
    parts: YearParts,
    #[schema(max_items = 10)]
    by_earmarking: Vec<FundingPart>,
}

impl Row for FundedYear {
    const COLUMNS: &'static [Column<Self>] = &[
        ("year", |row| i64::from(row.year).into()),
        ("funding_usd", |row| row.totals.funding.into()),
        ("pledges_usd", |row| row.totals.pledges.into()),
        ("flow_count", |row| row.totals.flow_count.into()),
        ("outside_plans_usd", |row| row.parts.outside_plans.into()),
        ("plan_count", |row| i64::try_from(row.plans.plan_count).unwrap_or(i64::MAX).into()),
        ("plan_requirement_usd", |row| row.plans.requirement.into()),
        ("plan_funding_usd", |row| row.plans.funding.into()),
        ("plan_gap_usd", |row| row.plans.gap.into()),
        ("plan_coverage_percent", |row| row.plans.coverage_percent.clone().into()),
    ];
}

/// A usage year with its funding breakdown, over the countries that count it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct YearFunding {
    #[schema(example = 2026)]
    year: i32,
    #[serde(flatten)]
    totals: Totals,
    /// What of `funding` went to the organisation that runs the platform.
    of_which_ours: OfWhichOurs,
    plans: PlansOfYear,
    parts: YearParts,
    #[schema(max_items = 10000)]
    by_donor: Vec<DonorFundingShare>,
    #[schema(max_items = 10000)]
    by_plan: Vec<PlanFundingShare>,
    #[schema(max_items = 10)]
    by_earmarking: Vec<FundingPart>,
    /// Flows from the ten largest donors, and from all others together, to plans; largest first.
    #[schema(max_items = 10000)]
    flows: Vec<DonorToPlan>,
}

/// The flow from a donor, or from all others together, to a plan. Nulls for "not stated" and for funding outside any
/// plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DonorToPlan {
    donor_id: Option<DonorId>,
    #[schema(max_length = 500)]
    donor_name: Option<String>,
    /// The donor's name in French, if registered with one.
    #[schema(max_length = 300)]
    donor_name_fr: Option<String>,
    /// The donor's name in Spanish, if registered with one.
    #[schema(max_length = 300)]
    donor_name_es: Option<String>,
    /// All donors other than those named.
    all_others: bool,
    plan_id: Option<PlanId>,
    #[schema(max_length = 500)]
    plan_name: Option<String>,
    funding: Money,
    #[schema(minimum = 0)]
    flow_count: i64,
}

/// Lists the usage years with their funding
///
/// Every year that a response plan is for or that funding was reported for, latest first: its funding by earmarking, and
/// what its plans need and have received.
#[utoipa::path(tag = "public", params(Paging),
    responses((status = 200, description = "The years", body = Envelope<FundedYear>), PublicProblems))]
#[get("/v1/public/years")]
pub(crate) async fn list(
    request: HttpRequest,
    context: Data<Context>,
    paging: Parameters<Paging>,
) -> ApiResult {
    super::answer(&context, &request, async |scope| {
        let (scope, paging) = (scope.clone(), paging.0.clone());
        let page = paging.of("years", &())?;
        service::list(&request, &context, scope, page, async |db, scope, page| {
            let years = years(db, scope, page.after()?, page.limit + 1).await?;
            Ok(page.page(years, |entry| entry.year))
        })
        .await
    })
    .await
}

/// Years after this one, latest first. (There are few: a year is one total.)
async fn years(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    after: Option<i32>,
    limit: u64,
) -> Result<Vec<FundedYear>, StoreError> {
    let mut known = figures::known(db, scope).await?;
    known.retain(|year| after.is_none_or(|after| *year < after));
    known.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let mut of_years = figures::of(db, scope, &known).await?;
    let scopes = known.iter().map(|year| year_scope(*year));
    let mut counted: HashMap<String, Vec<Counted>> = HashMap::new();
    for cell in store::dimension_of(db, scope.organisation_id(), scopes, "earmarking").await? {
        counted.entry(cell.scope.clone()).or_default().push(cell);
    }
    let year = |year: i32| {
        let counted = counted.remove(&year_scope(year)).unwrap_or_default();
        let figures::OfYear { totals, plans, parts } = of_years.remove(&year)?;
        let by_earmarking = funding::parts(&counted, "earmarking");
        Some(FundedYear { year, totals: totals.into(), plans, parts, by_earmarking })
    };
    Ok(known.into_iter().filter_map(year).collect())
}

/// Gets a usage year
///
/// Over the countries that count it: by donor, by plan, by earmarking, and flows from donors to plans; and what the response
/// plans of the year need and have received.
#[utoipa::path(tag = "public",
    params(("year" = i32, Path, description = "The usage year", minimum = 1990, maximum = 2100)),
    responses((status = 200, description = "The year and its breakdown", body = YearFunding), PublicProblems))]
#[get("/v1/public/years/{year}")]
pub(crate) async fn get(
    request: HttpRequest,
    context: Data<Context>,
    year: actix_web::web::Path<String>,
) -> ApiResult {
    let unreadable = || {
        Problem::invalid_parameter(
            "year",
            Fault::not_a_year(*super::QUERY_YEARS.start(), *super::QUERY_YEARS.end()),
        )
    };
    let year = super::year(year.parse().map_err(|_| unreadable())?)?;
    super::answer(&context, &request, async |scope| {
        let ask = async |db: &Snapshot| Ok(of_year(db, scope, year).await?);
        response::json(StatusCode::OK, &[], &service::read_within(&context, scope, ask).await?)
    })
    .await
}

async fn of_year(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    year: i32,
) -> Result<YearFunding, StoreError> {
    let organisation_id = scope.organisation_id();
    let year_scope = year_scope(year);
    let wanted = [OURS, "donor", "plan", "earmarking"];
    let counted = store::dimensions(db, organisation_id, &year_scope, &wanted).await?;
    let figures::OfYear { totals, plans, parts } = figures::one(db, scope, year).await?;
    Ok(YearFunding {
        year,
        totals: totals.into(),
        of_which_ours: OfWhichOurs::of(db, organisation_id, &counted).await?,
        plans,
        parts,
        by_donor: funding::donors(db, organisation_id, &counted).await?,
        by_plan: funding::plans(db, scope, &counted, |_, counted| counted == year).await?,
        by_earmarking: funding::parts(&counted, "earmarking"),
        flows: flows(db, scope, &year_scope, &counted).await?,
    })
}

/// Maximum number of donors that are named; the others are added up.
const MAX_NAMED_DONORS: usize = 10;

/// From the largest donors, and from all others together, to plans, under the names that they have now. What the others
/// gave to a plan is what it got in all less what the named ones gave, so that nothing is read a hundred times.
async fn flows(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    year_scope: &str,
    counted: &[Counted],
) -> Result<Vec<DonorToPlan>, StoreError> {
    let organisation_id = scope.organisation_id();
    let of = |dimension: &str| {
        let dimension = dimension.to_owned();
        counted.iter().filter(move |cell| cell.dimension == dimension && cell.funding_flows > 0)
    };
    let named: Vec<&Counted> = of("donor").take(MAX_NAMED_DONORS).collect();
    let ids: Vec<DonorId> = named.iter().filter_map(|cell| cell.member.parse().ok()).collect();
    let donors = store::donors(db, organisation_id, &ids).await?;
    let keys = of("plan").map(|cell| cell.member.as_str());
    let plans = plan::store::by_funding_keys(scope, db, keys).await?;
    let mut left: Vec<(&Counted, Amounts)> = of("plan").map(|cell| (cell, cell.amounts())).collect();
    let stated = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
    let flow = |donor: Option<&Counted>, key: &str, plan_name: Option<String>, amounts: Amounts| {
        let (registered, known) = (donor.and_then(|cell| donors.get(&cell.member)), plans.get(key));
        DonorToPlan {
            donor_id: registered.map(|donor| donor.id),
            donor_name: registered
                .map(|donor| donor.name.clone())
                .or_else(|| donor.and_then(|cell| stated(&cell.name))),
            donor_name_fr: registered.and_then(|donor| donor.name_fr.clone()),
            donor_name_es: registered.and_then(|donor| donor.name_es.clone()),
            all_others: donor.is_none(),
            plan_id: known.map(|plan| plan.id),
            plan_name: known.map(|plan| plan.name.clone()).or(plan_name),
            funding: Money::usd(amounts.funding()),
            flow_count: amounts.funding_flows,
        }
    };
    let mut found = Vec::new();
    for donor in named {
        for cell in store::plans_of_donor(db, organisation_id, year_scope, &donor.member).await? {
            let Some((_, key)) = cell.member.split_once('|') else { continue };
            if let Some((_, rest)) = left.iter_mut().find(|(plan, _)| plan.member == key) {
                rest.add(cell.amounts(), -1);
            }
            if cell.funding_flows > 0 {
                found.push(flow(Some(donor), key, stated(&cell.name), cell.amounts()));
            }
        }
    }
    let rest = left.into_iter().filter(|(_, rest)| rest.funding_flows > 0);
    found.extend(rest.map(|(plan, rest)| flow(None, &plan.member, stated(&plan.name), rest)));
    found.sort_by_key(|flow| Reverse(flow.funding.minor()));
    Ok(found)
}
