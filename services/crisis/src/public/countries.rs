use super::scope;
use crate::funding::{api::Totals, store};
use actix_web::{HttpRequest, get, web::Data};
use kernel::pagination::Page;
use serde::{Deserialize, Serialize};
use service::{Answer, Cell, Context, Envelope, Parameters, Row, openapi::PublicProblems};
use std::cmp::Reverse;
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

type Rank = (Reverse<i32>, Reverse<i64>, String);

fn rank(entry: &FundedCountry) -> Rank {
    (Reverse(entry.year), Reverse(entry.totals.funding.minor()), entry.country.clone())
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
    let scope = scope(&context).await?;
    service::list(&request, "countries", &year, limit, cursor, move |page| {
        let (context, scope) = (context.clone(), scope.clone());
        Box::pin(async move {
            let after: Option<(i32, i64, String)> = page.after()?;
            let after: Option<Rank> =
                after.map(|(year, funding, country)| (Reverse(year), Reverse(funding), country));
            let db = context.store.read(&scope).await?;
            let totals = store::totals(&db, scope.organisation_id(), "country:").await?;
            let entries = totals.into_iter().filter_map(|(key, amounts)| {
                let (country, of_year) = key.split_once(':')?;
                Some(FundedCountry {
                    country: country.to_owned(),
                    year: of_year.parse().ok()?,
                    totals: amounts.into(),
                })
            });
            let mut entries: Vec<FundedCountry> = entries
                .filter(|entry| year.is_none_or(|year| entry.year == year))
                .filter(|entry| after.as_ref().is_none_or(|after| rank(entry) > *after))
                .collect();
            entries.sort_by_key(rank);
            entries.truncate(usize::try_from(page.limit + 1).unwrap_or(usize::MAX));
            let Page { items, next } = page.page(entries, |entry| {
                let (Reverse(year), Reverse(funding), country) = rank(entry);
                (year, funding, country)
            });
            Ok(Page { items, next })
        })
    })
    .await
}
