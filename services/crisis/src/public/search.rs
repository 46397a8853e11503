use crate::{
    funding::{fact::place_of, listed, store::Counted},
    search::{self, FoundCountry, FoundOrganisation, FoundPlan},
};
use ::store::Snapshot;
use actix_web::{HttpRequest, get, http::StatusCode, web::Data};
use kernel::{DonorId, DonorType, Fault, Money, PlanId, Problem, Word};
use serde::{Deserialize, Serialize};
use service::{ApiResult, Context, Parameters, openapi::PublicProblems, response};
use utoipa::{IntoParams, ToSchema};

/// What was found of each kind, the best first: what is called as was typed, then what begins with it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SearchResult {
    /// What was probably meant, when there is nothing of the name that was typed: what was found then has names like it.
    #[schema(example = "Sudan", max_length = 500)]
    did_you_mean: Option<String>,
    #[schema(max_items = 20)]
    countries: Vec<CountryFound>,
    #[schema(max_items = 20)]
    plans: Vec<PlanFound>,
    #[schema(max_items = 20)]
    donors: Vec<DonorFound>,
    #[schema(max_items = 20)]
    organisations: Vec<OrganisationFound>,
}

/// A country that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountryFound {
    /// ISO 3166-1 alpha-3 code.
    #[schema(example = "AFG", max_length = 3)]
    country: String,
    /// The latest year that something was reported for; null without any.
    #[schema(example = 2026)]
    year: Option<i32>,
    /// Funding for the country and that year; null without any.
    funding: Option<Money>,
}

/// A response plan that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanFound {
    id: PlanId,
    #[schema(max_length = 300)]
    name: String,
    /// The current requirement.
    requirement: Option<Money>,
    /// All that it has received.
    funding: Money,
    /// Funding as a percentage of the requirement, one decimal; null when not available.
    #[schema(example = "49.9", max_length = 20)]
    coverage_percent: Option<String>,
}

/// A donor that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DonorFound {
    id: DonorId,
    #[schema(example = "Norway, Government of", max_length = 300)]
    name: String,
    #[schema(max_length = 300)]
    name_fr: Option<String>,
    #[schema(max_length = 300)]
    name_es: Option<String>,
    /// `government`, `intergovernmental`, `civil_society` or `private_sector`.
    #[serde(rename = "type")]
    #[schema(value_type = DonorType)]
    donor_type: Word<DonorType>,
    /// What it gave for all years, in country totals.
    funding: Money,
}

/// An organisation that was found, which received something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrganisationFound {
    /// Its reference in the source.
    #[schema(example = "2986", max_length = 100)]
    external_ref: Option<String>,
    #[schema(example = "International Organization for Migration", max_length = 500)]
    name: Option<String>,
    /// What it received, in country totals.
    funding: Money,
    #[schema(minimum = 0)]
    flow_count: i64,
    /// Where it received most: at most five, the largest first.
    #[schema(max_items = 5)]
    places: Vec<PlaceFound>,
}

/// What an organisation received in a country for a year.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceFound {
    /// ISO 3166-1 alpha-3 code.
    #[schema(example = "AFG", max_length = 3)]
    country: String,
    #[schema(example = 2020)]
    year: i32,
    funding: Money,
}

/// Places of an organisation that are named.
const MAX_PLACES: usize = 5;

impl From<FoundCountry> for CountryFound {
    fn from(found: FoundCountry) -> Self {
        Self {
            country: found.country.iso3.clone(),
            year: found.latest.as_ref().map(listed::Country::year),
            funding: found.latest.map(|latest| Money::usd(latest.amounts().funding())),
        }
    }
}

impl From<FoundPlan> for PlanFound {
    fn from(FoundPlan { outline, received }: FoundPlan) -> Self {
        let requirement = outline.requirement();
        Self {
            id: outline.id,
            requirement: requirement.map(Money::usd),
            funding: Money::usd(received.funding()),
            coverage_percent: received.coverage(requirement),
            name: outline.name,
        }
    }
}

impl From<listed::Donor> for DonorFound {
    fn from(donor: listed::Donor) -> Self {
        let funding = Money::usd(donor.amounts().funding());
        let listed::Donor { id, name, name_fr, name_es, donor_type, .. } = donor;
        Self { id, name, name_fr, name_es, donor_type, funding }
    }
}

impl From<FoundOrganisation> for OrganisationFound {
    fn from(FoundOrganisation { organisation, places }: FoundOrganisation) -> Self {
        let place = |cell: &Counted| {
            let (country, year) = place_of(&cell.member)?;
            let funding = Money::usd(cell.amounts().funding());
            (cell.funding_flows > 0).then(|| PlaceFound { country: country.to_owned(), year, funding })
        };
        Self {
            places: places.iter().filter_map(place).take(MAX_PLACES).collect(),
            funding: Money::usd(organisation.amounts().funding()),
            flow_count: organisation.funding_flows,
            external_ref: organisation.external_ref,
            name: organisation.name,
        }
    }
}

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuestion {
    /// A name, the beginning or a part of one, an acronym of an organisation or a country code.
    #[param(example = "sudan", max_length = 200)]
    q: String,
    /// Results of each kind, 1 to 20. Defaults to 10.
    #[param(minimum = 1, maximum = 20)]
    limit: Option<u64>,
}

/// Maximum number of results of each kind.
const MAX_RESULTS: u64 = 20;
/// Results of each kind, if the caller names no number.
const DEFAULT_RESULTS: u64 = 10;

/// Searches everything public
///
/// Countries, response plans, donors and the organisations that received something, each with its figure. In all
/// languages, ignoring case and accents; typing errors are tolerated where nothing else is found.
#[utoipa::path(tag = "public", params(SearchQuestion),
    responses((status = 200, description = "What was found", body = SearchResult), PublicProblems))]
#[get("/v1/public/search")]
pub(crate) async fn get(
    request: HttpRequest,
    context: Data<Context>,
    question: Parameters<SearchQuestion>,
) -> ApiResult {
    let SearchQuestion { q, limit } = question.0;
    super::search_text(Some(&q))?;
    let limit = limit.unwrap_or(DEFAULT_RESULTS);
    if !(1..=MAX_RESULTS).contains(&limit) {
        let max = i64::try_from(MAX_RESULTS).unwrap_or(i64::MAX);
        return Err(Problem::invalid_parameter("limit", Fault::out_of_range(1, max)).into());
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    super::answer(&context, &request, async |scope| {
        let ask = async |db: &Snapshot| Ok(search::of(db, scope, &q, limit).await?);
        let found = service::read_within(&context, scope, ask).await?;
        let shown = SearchResult {
            did_you_mean: found.did_you_mean,
            countries: found.countries.into_iter().map(CountryFound::from).collect(),
            plans: found.plans.into_iter().map(PlanFound::from).collect(),
            donors: found.donors.into_iter().map(DonorFound::from).collect(),
            organisations: found.organisations.into_iter().map(OrganisationFound::from).collect(),
        };
        response::json(StatusCode::OK, &[], &shown)
    })
    .await
}
