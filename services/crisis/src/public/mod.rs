//! What everyone sees, without signing in: the deployment's public organisation, records that are public.

pub(crate) mod countries;
pub(crate) mod donors;
pub(crate) mod funding;
pub(crate) mod plans;
pub(crate) mod updates;
pub(crate) mod years;

use ::store::{TenantScope, office};
use auth::Failure;
use kernel::{Code, Problem};
use service::Context;

/// Answers may be kept by browsers and proxies for a minute.
pub(crate) const CACHE: (&str, &str) = ("cache-control", "public, max-age=60");

/// The years that a question may name.
pub(crate) const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

/// The scope of the public organisation.
pub(crate) async fn scope(context: &Context) -> Result<TenantScope, Failure> {
    let db = context.store.system_read().await?;
    let organisation_id = office::public_organisation(&db).await?;
    let nobody = || Problem::new(Code::NotFound).detail("this deployment has no organisation yet");
    Ok(TenantScope::Public { organisation_id: organisation_id.ok_or_else(nobody)? })
}

/// An ISO 3166-1 alpha-3 code of a parameter.
pub(crate) fn country(code: &str) -> Result<&'static kernel::country::Country, Problem> {
    let shown: String = code.chars().take(20).collect();
    let why = || format!("\"{shown}\" is not an ISO 3166-1 alpha-3 country code");
    kernel::country::by_iso3(code).ok_or_else(|| Problem::invalid_parameter("country", why()))
}

/// A year of a parameter.
pub(crate) fn year(year: i32) -> Result<i32, Problem> {
    let why = || format!("must be {} to {}", YEARS.start(), YEARS.end());
    if YEARS.contains(&year) { Ok(year) } else { Err(Problem::invalid_parameter("year", why())) }
}
