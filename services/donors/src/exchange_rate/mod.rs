//! Exchange rates: units of each currency per US dollar, month by month, as an organisation imports them.
//!
//! A record keeps the rate it was made with, its date and its source: another rate for the month changes nothing that is
//! recorded. A month without a rate is an error that names it, never a rate of one.

pub(crate) mod api;
mod file;
pub(crate) mod store;

use auth::ApiError;
use chrono::{Datelike, NaiveDate};
use kernel::{
    Currency, Fault, FieldCode, Money, OrganisationId, Problem, Situation, fault, money::parse_plain,
};
use rust_decimal::Decimal;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::Checks;
use std::collections::HashMap;
use utoipa::ToSchema;

use utoipa_actix_web::service_config::ServiceConfig;

/// Its endpoints.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(api::list).service(api::take);
}

/// An organisation's rates by currency and month, cached for repeated lookups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rates(HashMap<(String, String), ExchangeRate>);

impl Rates {
    pub(crate) fn of(rates: impl IntoIterator<Item = (String, String, ExchangeRate)>) -> Self {
        Self(rates.into_iter().map(|(currency, month, rate)| ((currency, month), rate)).collect())
    }

    /// The rate of a currency in a month such as `2026-03`.
    pub(crate) fn get(&self, currency: &str, month: &str) -> Option<&ExchangeRate> {
        self.0.get(&(currency.to_owned(), month.to_owned()))
    }
}

/// A dated exchange rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeRate {
    /// Units of the amount's currency per US dollar, decimal.
    #[schema(example = "0.884", max_length = 40)]
    pub(crate) rate: String,
    #[serde(deserialize_with = "kernel::date::day")]
    pub(crate) date: NaiveDate,
    /// Who publishes the rate.
    #[schema(example = "UN operational rates of exchange", min_length = 1, max_length = 200)]
    pub(crate) source: String,
}

/// An amount converted to US dollars, and the exchange rate used; no rate when it was in US dollars already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UsdAmount {
    pub(crate) amount: Money,
    pub(crate) rate: Option<ExchangeRate>,
}

/// The month of a day, `2026-03`.
pub(crate) fn month_of(day: NaiveDate) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

/// A rate as it is written: a decimal number above zero.
pub(crate) fn parse(rate: &str) -> Result<Decimal, Fault> {
    let unread = |_| FieldCode::NotANumber.says("is not a decimal number").with("value", fault::shown(rate));
    let parsed = parse_plain(rate).map_err(unread)?;
    if parsed > Decimal::ZERO { Ok(parsed) } else { Err(Fault::not_above_zero()) }
}

/// What is wrong with a rate that comes with an amount.
pub(crate) fn check(given: Option<&ExchangeRate>, amount: Money, checks: &mut Checks) {
    let Some(given) = given else { return };
    if amount.currency() == Currency::USD {
        checks.refuse("/exchange_rate", not_for_dollars());
        return;
    }
    checks.text("/exchange_rate/source", &given.source, 200);
    if let Err(fault) = parse(&given.rate) {
        checks.refuse("/exchange_rate/rate", fault);
    }
}

/// A rate beside an amount in US dollars.
pub(crate) fn not_for_dollars() -> Fault {
    Fault::not_allowed_with(Situation::UsDollars, "does not belong to an amount in US dollars")
}

/// Converts an amount to US dollars: at the given rate, else at the organisation's rate for the month of `day`.
///
/// # Errors
/// 422 that names the currency and the month for which there is no rate.
pub(crate) async fn convert(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    amount: Money,
    given: Option<&ExchangeRate>,
    day: NaiveDate,
) -> Result<UsdAmount, ApiError> {
    if amount.currency() == Currency::USD {
        return Ok(UsdAmount { amount, rate: None });
    }
    let code = amount.currency().code();
    let rate = match given {
        Some(given) => given.clone(),
        None => store::of_month(db, organisation_id, code, day).await?.ok_or_else(|| {
            let month = month_of(day);
            let why = format!(
                "no exchange rate of {code} for {month} is recorded: give one with its date and source, or import the rates of {month}"
            );
            let fault = FieldCode::NoRate.says(why).with("currency", code).with("month", month);
            Problem::invalid_field("/exchange_rate", fault)
        })?,
    };
    let parsed = parse(&rate.rate).map_err(|fault| Problem::invalid_field("/exchange_rate/rate", fault))?;
    let converted = amount.to_usd_at(parsed);
    let amount = converted.map_err(|error| Problem::invalid_field("/amount", error))?;
    Ok(UsdAmount { amount, rate: Some(rate) })
}
