use crate::funding::{api::Totals, listed};
use actix_web::{HttpRequest, get, web::Data};
use serde::{Deserialize, Serialize};
use service::{ApiResult, Column, Context, Envelope, Listed, Paging, Row, openapi::PublicProblems};
use utoipa::{IntoParams, ToSchema};

/// A country and a year that received funding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FundedCountry {
    /// ISO 3166-1 alpha-3 code.
    #[schema(example = "AFG", max_length = 3)]
    country: String,
    #[schema(example = 2020)]
    year: i32,
    #[serde(flatten)]
    totals: Totals,
}

impl Row for FundedCountry {
    const COLUMNS: &'static [Column<Self>] = &[
        ("country", |row| row.country.as_str().into()),
        ("year", |row| i64::from(row.year).into()),
        ("funding_usd", |row| row.totals.funding.into()),
        ("pledges_usd", |row| row.totals.pledges.into()),
        ("flow_count", |row| row.totals.flow_count.into()),
    ];
}

/// Filters of the country list.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountryFilter {
    /// Only this usage year.
    #[param(example = 2020, minimum = 1990, maximum = 2100)]
    year: Option<i32>,
}

impl From<listed::Country> for FundedCountry {
    fn from(entry: listed::Country) -> Self {
        Self { year: entry.year(), totals: entry.amounts().into(), country: entry.country }
    }
}

/// Lists the countries that received funding
///
/// By usage year, latest first, then largest amount first.
#[utoipa::path(tag = "public", params(CountryFilter, Paging),
    responses((status = 200, description = "Countries and years", body = Envelope<FundedCountry>), PublicProblems))]
#[get("/v1/public/countries")]
pub(crate) async fn list(
    request: HttpRequest,
    context: Data<Context>,
    listed: Listed<CountryFilter>,
) -> ApiResult {
    let year = listed.filter.year.map(super::year).transpose()?;
    super::answer(&context, &request, async |scope| {
        let (scope, paging) = (scope.clone(), listed.paging.clone());
        let page = paging.of("countries", &year)?;
        service::list(&request, &context, scope, page, async move |db, scope, page| {
            let (after, rows) = (page.after()?, page.limit + 1);
            let entries = listed::countries(db, scope.organisation_id(), year, after, rows).await?;
            let entries = entries.into_iter().map(FundedCountry::from).collect();
            let key =
                |entry: &FundedCountry| (entry.year, entry.totals.funding.minor(), entry.country.clone());
            Ok(page.page(entries, key))
        })
        .await
    })
    .await
}
