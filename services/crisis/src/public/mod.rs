//! What everyone sees, without signing in: the deployment's public organisation, records that are public.

pub(crate) mod countries;
pub(crate) mod donors;
pub(crate) mod figures;
pub(crate) mod funding;
pub(crate) mod plans;
pub(crate) mod search;
pub(crate) mod updates;
pub(crate) mod years;

use crate::version;
use ::store::{TenantScope, office};
use actix_web::HttpRequest;
use auth::ApiError;
use kernel::{Fault, Problem};
use service::{ApiResult, Context};

/// The years that a query may ask for.
pub(crate) const QUERY_YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;
/// Characters of a text to look for.
const MAX_SEARCH_LENGTH: usize = 200;

/// Answers a question about the public organisation: what is kept of the present version of its data, or what `compute`
/// makes of them. Every public endpoint answers by this.
pub(crate) async fn answer(
    context: &Context,
    request: &HttpRequest,
    compute: impl AsyncFn(&TenantScope) -> ApiResult,
) -> ApiResult {
    let (scope, version) = present(context).await?;
    service::cached(context, request, &version, async || compute(&scope).await).await
}

/// The scope of the public organisation, and the version of its data, of which its name is a part.
async fn present(context: &Context) -> Result<(TenantScope, String), ApiError> {
    service::read_public(context, async |db, scope| {
        let organisation_id = scope.organisation_id();
        let version = version::current(db, organisation_id).await?;
        let name = office::organisation_name(db, organisation_id).await?.unwrap_or_default();
        Ok((scope.clone(), format!("{organisation_id} {version} {name}")))
    })
    .await
}

/// A text to look for.
pub(crate) fn search_text(text: Option<&str>) -> Result<(), Problem> {
    let too_long = text.is_some_and(|text| text.chars().count() > MAX_SEARCH_LENGTH);
    if too_long { Err(Problem::invalid_parameter("q", Fault::too_long(MAX_SEARCH_LENGTH))) } else { Ok(()) }
}

/// An ISO 3166-1 alpha-3 code of a parameter.
pub(crate) fn country(code: &str) -> Result<&'static kernel::country::Country, Problem> {
    let unknown = || Problem::invalid_parameter("country", Fault::not_a_country(code));
    kernel::country::by_iso3(code).ok_or_else(unknown)
}

/// A year of a parameter.
pub(crate) fn year(year: i32) -> Result<i32, Problem> {
    service::year("year", Some(year), QUERY_YEARS).map(|()| year)
}
