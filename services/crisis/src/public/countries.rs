use crate::funding::{api::Totals, listed};
use actix_web::{HttpRequest, get, web::Data};
use kernel::pagination::Page;
use serde::{Deserialize, Serialize};
use service::{Answer, Cell, Context, Envelope, Parameters, Row, openapi::PublicProblems};
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
    const COLUMNS: &'static [&'static str] = &["country", "year", "funding_usd", "pledges_usd", "flow_count"];
    fn cells(&self) -> Vec<Cell> {
        vec![
            self.country.as_str().into(),
            i64::from(self.year).into(),
            self.totals.funding.into(),
            self.totals.pledges.into(),
            self.totals.flow_count.into(),
        ]
    }
}

/// Filters of the country list.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountryFilter {
    /// Only this usage year.
    #[param(example = 2020, minimum = 1990, maximum = 2100)]
    year: Option<i32>,
    /// Rows of a page, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(max_length = 2000)]
    cursor: Option<String>,
}

impl From<listed::Country> for FundedCountry {
    fn from(entry: listed::Country) -> Self {
        Self { year: entry.year(), totals: entry.amounts().into(), country: entry.country }
    }
}

/// Lists the countries that received funding
///
/// By usage year, the latest first, then the largest.
#[utoipa::path(tag = "public", params(CountryFilter),
    responses((status = 200, description = "Countries and years", body = Envelope<FundedCountry>), PublicProblems))]
#[get("/v1/public/countries")]
pub(crate) async fn list(
    request: HttpRequest,
    context: Data<Context>,
    filter: Parameters<CountryFilter>,
) -> Answer {
    let CountryFilter { year, limit, cursor } = filter.0;
    let year = year.map(super::year).transpose()?;
    super::answer(&context, &request, async |scope| {
        let (context, scope) = (context.clone(), scope.clone());
        service::list(&request, "countries", &year, limit, cursor.clone(), move |page| {
            let (context, scope) = (context.clone(), scope.clone());
            Box::pin(async move {
                let after = page.after()?;
                let (organisation_id, rows) = (scope.organisation_id(), page.limit + 1);
                let entries = service::read_within(&context, &scope, async |db| {
                    Ok(listed::countries(db, organisation_id, year, after, rows).await?)
                });
                let entries = entries.await?;
                let entries = entries.into_iter().map(FundedCountry::from).collect();
                let Page { items, next } = page.page(entries, |entry: &FundedCountry| {
                    (entry.year, entry.totals.funding.minor(), entry.country.clone())
                });
                Ok(Page { items, next })
            })
        })
        .await
    })
    .await
}
