//! Money: integer minor units and an ISO 4217 currency. Never a float.

use crate::Currency;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct};
use std::{fmt, str::FromStr};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{AdditionalProperties, ObjectBuilder},
    },
};

/// Why a text is not an amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not an ISO 4217 code.
    #[error("\"{0}\" is not an ISO 4217 currency code")]
    UnknownCurrency(String),
    /// Not a plain decimal number.
    #[error("\"{0}\" is not a decimal number")]
    NotANumber(String),
    /// More decimals than the currency's minor unit.
    #[error("{amount} has more decimals than {currency} allows ({allowed})")]
    TooPrecise {
        /// The amount as given.
        amount: String,
        /// The currency's code.
        currency: &'static str,
        /// How many decimals it may have.
        allowed: u32,
    },
    /// Beyond what one record may hold.
    #[error("the amount is larger than {} {}", largest(.0), .0)]
    TooLarge(&'static str),
    /// Two currencies in one sum.
    #[error("{0} and {1} cannot be added")]
    CurrencyMismatch(&'static str, &'static str),
}

impl MoneyError {
    /// The error of which this is the text: a reader of JSON passes on nothing but the text, and where it stands.
    pub fn in_text(text: &str) -> Option<Self> {
        let text = text.rsplit_once(" at line ").map_or(text, |(before, _)| before);
        let quoted = |end: &str| text.strip_prefix('"')?.strip_suffix(end).map(str::to_owned);
        let currency = |code: &str| Currency::from_code(code).ok();
        if let Some(code) = quoted("\" is not an ISO 4217 currency code") {
            return Some(Self::UnknownCurrency(code));
        }
        if let Some(number) = quoted("\" is not a decimal number") {
            return Some(Self::NotANumber(number));
        }
        if let Some(rest) = text.strip_prefix("the amount is larger than ") {
            return Some(Self::TooLarge(currency(rest.split_once(' ')?.1)?.code()));
        }
        let (amount, rest) = text.split_once(" has more decimals than ")?;
        let currency = currency(rest.split_once(' ')?.0)?;
        let amount = amount.to_owned();
        Some(Self::TooPrecise { amount, currency: currency.code(), allowed: currency.exponent() })
    }
}

/// An amount in the minor units of its currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// The largest amount one record may hold, in major units: far above any contribution, far below overflow of a sum.
    pub const MAX_MAJOR: i64 = 1_000_000_000_000;
    /// The same in a currency of small units (see [`Currency::max_major`]).
    pub const MAX_SMALL_UNITS: i64 = 1_000 * Self::MAX_MAJOR;

    /// An amount from minor units (cents).
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// US dollars from cents.
    pub const fn usd(minor: i64) -> Self {
        Self::from_minor(minor, Currency::USD)
    }

    /// The amount in minor units (cents).
    pub const fn minor(&self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether the amount is below zero.
    pub const fn is_negative(&self) -> bool {
        self.minor < 0
    }

    /// The amount as an exact decimal in major units.
    pub fn to_decimal(&self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }

    /// The amount of a decimal in major units.
    ///
    /// # Errors
    /// [`MoneyError::TooPrecise`] when digits would be lost, [`MoneyError::TooLarge`] beyond [`Currency::max_major`].
    pub fn from_decimal(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        if amount.abs() > Decimal::from(currency.max_major()) {
            return Err(MoneyError::TooLarge(currency.code()));
        }
        let scaled = amount * Decimal::from(10_i64.pow(currency.exponent()));
        if scaled.fract() != Decimal::ZERO {
            let (amount, allowed) = (amount.to_string(), currency.exponent());
            return Err(MoneyError::TooPrecise { amount, currency: currency.code(), allowed });
        }
        let minor = i64::try_from(scaled.trunc()).map_err(|_| MoneyError::TooLarge(currency.code()))?;
        Ok(Self { minor, currency })
    }

    /// Reads a plain decimal (`1250000.00`, `-3`, `1e6` from a JSON number).
    ///
    /// # Errors
    /// [`MoneyError`] when the text is no number, too precise for the currency, or too large.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyError> {
        Self::from_decimal(parse_decimal(amount)?, currency)
    }

    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], or [`MoneyError::TooLarge`] on overflow.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch(self.currency.code(), other.currency.code()));
        }
        let minor = self.minor.checked_add(other.minor);
        Ok(Self { minor: minor.ok_or(MoneyError::TooLarge(self.currency.code()))?, ..self })
    }

    /// The amount in parts that are to each other as `weights` and together exactly it: each is rounded down, and the
    /// cents that are left go to the largest remainders, in order. Without a weight above zero the first part is
    /// all.
    pub fn in_parts(self, weights: &[i64]) -> Vec<Money> {
        let whole: i128 = weights.iter().map(|weight| i128::from((*weight).max(0))).sum();
        let total = i128::from(self.minor);
        if whole == 0 {
            let part = |index: usize| Self { minor: if index == 0 { self.minor } else { 0 }, ..self };
            return (0..weights.len()).map(part).collect();
        }
        let product = |weight: &i64| total * i128::from((*weight).max(0));
        let mut parts: Vec<i128> = weights.iter().map(|weight| product(weight).div_euclid(whole)).collect();
        let left = total - parts.iter().sum::<i128>();
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by_key(|index| {
            std::cmp::Reverse(weights.get(*index).map(|w| product(w).rem_euclid(whole)))
        });
        for index in order.into_iter().take(usize::try_from(left).unwrap_or(0)) {
            if let Some(part) = parts.get_mut(index) {
                *part += 1;
            }
        }
        // A part lies between zero and the whole, which fits.
        parts
            .into_iter()
            .map(|part| Self { minor: i64::try_from(part).unwrap_or(self.minor), ..self })
            .collect()
    }

    /// This amount in US dollars at `rate` units of its currency per dollar, rounded half up to the cent.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] when the result cannot be held; `rate` must be above zero or it is refused likewise.
    pub fn to_usd_at(self, rate: Decimal) -> Result<Money, MoneyError> {
        let too_large = MoneyError::TooLarge("USD");
        let dollars = self.to_decimal().checked_div(rate).ok_or(too_large)?;
        Self::from_decimal(
            dollars.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero),
            Currency::USD,
        )
    }
}

/// The largest amount in the currency of this code, in major units.
fn largest(code: &str) -> i64 {
    Currency::from_code(code).map_or(Money::MAX_MAJOR, |currency| currency.max_major())
}

/// Reads a decimal number as the API takes it: digits, at most a minus before them and a point between them.
///
/// # Errors
/// [`MoneyError::NotANumber`].
pub fn parse_plain(text: &str) -> Result<Decimal, MoneyError> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let is_plain = match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    };
    if is_plain { parse_decimal(text) } else { Err(MoneyError::NotANumber(crate::fault::shown(text))) }
}

/// Reads a decimal number as JSON or people write it, scientific notation included.
///
/// # Errors
/// [`MoneyError::NotANumber`].
pub fn parse_decimal(text: &str) -> Result<Decimal, MoneyError> {
    let parsed =
        if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { Decimal::from_str(text) };
    parsed.map_err(|_| MoneyError::NotANumber(crate::fault::shown(text)))
}

/// `part / whole` in percent with one decimal, rounded half up; `None` when `whole` is zero ("not available").
pub fn percent(part: i64, whole: i64) -> Option<String> {
    if whole <= 0 {
        return None;
    }
    let ratio = Decimal::from(part) * Decimal::ONE_HUNDRED / Decimal::from(whole);
    let rounded = ratio.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
    Some(format!("{rounded:.1}"))
}

impl fmt::Display for Money {
    /// The amount alone, with all the decimals of its currency: `1250000.00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_decimal())
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self, self.currency.code())
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut state = serializer.serialize_struct("Money", 2)?;
        state.serialize_field("amount", &self.to_string())?;
        state.serialize_field("currency", self.currency.code())?;
        state.end()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoneyInput {
    amount: Amount,
    currency: CurrencyCode,
}

struct Amount(String);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_plain(&text).map_err(de::Error::custom)?;
        Ok(Self(text))
    }
}

struct CurrencyCode(Currency);

impl<'de> Deserialize<'de> for CurrencyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Currency::from_code(&code).map(Self).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let input = MoneyInput::deserialize(deserializer)?;
        Money::parse(&input.amount.0, input.currency.0).map_err(de::Error::custom)
    }
}

impl PartialSchema for Money {
    fn schema() -> RefOr<Schema> {
        let amount = ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .pattern(Some(r"^-?\d{1,16}(\.\d{1,3})?$"))
            .max_length(Some(21))
            .description(Some("Decimal amount in major units, with the decimals of the currency"));
        let currency = ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .pattern(Some("^[A-Z]{3}$"))
            .max_length(Some(3))
            .description(Some("ISO 4217 code"));
        ObjectBuilder::new()
            .property("amount", amount)
            .property("currency", currency)
            .required("amount")
            .required("currency")
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .description(Some("An amount of money, exact"))
            .examples([serde_json::json!({"amount": "1250000.00", "currency": "CHF"})])
            .into()
    }
}

impl ToSchema for Money {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn money(text: &str, code: &str) -> Result<Money, MoneyError> {
        Money::parse(text, Currency::from_code(code)?)
    }

    #[test]
    fn amounts_keep_the_decimals_of_their_currency() {
        assert_eq!(money("1250000", "CHF").unwrap().to_string(), "1250000.00");
        assert_eq!(money("1250000", "JPY").unwrap().to_string(), "1250000");
        assert_eq!(money("0.125", "KWD").unwrap().minor(), 125);
        assert_eq!(money("1.5e3", "USD").unwrap().minor(), 150_000);
    }

    #[test]
    fn what_is_not_exact_money_is_refused_with_its_reason() {
        assert!(matches!(money("1.005", "USD"), Err(MoneyError::TooPrecise { allowed: 2, .. })));
        assert!(matches!(money("10.5", "JPY"), Err(MoneyError::TooPrecise { allowed: 0, .. })));
        assert!(matches!(money("12,5", "USD"), Err(MoneyError::NotANumber(_))));
        assert!(matches!(money("NaN", "USD"), Err(MoneyError::NotANumber(_))));
        assert!(matches!(money("1000000000001", "USD"), Err(MoneyError::TooLarge("USD"))));
        assert!(matches!(money("1", "ZZZ"), Err(MoneyError::UnknownCurrency(_))));
        assert!(matches!(money("1", "usd"), Err(MoneyError::UnknownCurrency(_))));
        let francs = money("1", "CHF").unwrap();
        assert_eq!(Money::usd(1).checked_add(francs), Err(MoneyError::CurrencyMismatch("USD", "CHF")));
    }

    #[test]
    fn json_is_a_decimal_string_and_a_code() {
        let json = serde_json::to_string(&money("7.5", "EUR").unwrap()).unwrap();
        assert_eq!(json, r#"{"amount":"7.50","currency":"EUR"}"#);
        assert!(serde_json::from_str::<Money>(r#"{"amount":7.5,"currency":"EUR"}"#).is_err());
        assert!(serde_json::from_str::<Money>(r#"{"amount":"7.5","currency":"EUR","x":1}"#).is_err());
        for loose in ["10_000", "1_0.5_0", "+10", "1e3", ".5", "5.", "", "-", " 5", "1,5"] {
            let json = serde_json::json!({ "amount": loose, "currency": "EUR" });
            assert!(serde_json::from_value::<Money>(json).is_err(), "{loose:?} is read");
        }
        let negative = serde_json::from_str::<Money>(r#"{"amount":"-007.50","currency":"EUR"}"#).unwrap();
        assert_eq!(negative.minor(), -750);
    }

    #[test]
    fn the_bound_is_one_of_value_and_not_of_units() {
        for (amount, code) in [("1500000000000", "IDR"), ("5000000000000", "IRR"), ("1000000000000", "USD")] {
            assert_eq!(money(amount, code).unwrap().to_decimal().to_string().split('.').next(), Some(amount));
        }
        let error = money("1000000000000001", "IDR").unwrap_err();
        assert_eq!(error.to_string(), "the amount is larger than 1000000000000000 IDR");
        assert_eq!(MoneyError::in_text(&error.to_string()), Some(error));
        // Where the rate is known, the dollars have their own bound.
        let rupiahs = money("1000000000000000", "IDR").unwrap();
        assert_eq!(rupiahs.to_usd_at(Decimal::ONE), Err(MoneyError::TooLarge("USD")));
        assert!(rupiahs.to_usd_at(Decimal::from(16_000)).is_ok());
    }

    #[test]
    fn errors_are_known_again_by_their_text() {
        for (amount, code) in [("1.005", "USD"), ("12,5", "USD"), ("1000000000001", "CHF"), ("1", "ZZZ")] {
            let error = money(amount, code).unwrap_err();
            assert_eq!(MoneyError::in_text(&error.to_string()), Some(error.clone()), "{error}");
            let placed = format!("{error} at line 1 column 7");
            assert_eq!(MoneyError::in_text(&placed), Some(error), "with its place");
        }
        assert_eq!(MoneyError::in_text("missing field `amount`"), None);
    }

    #[test]
    fn a_percentage_of_nothing_is_not_available() {
        assert_eq!(percent(5, 0), None);
        assert_eq!(percent(56_444_774_800, 113_105_082_000).as_deref(), Some("49.9"));
        assert_eq!(percent(1, 3).as_deref(), Some("33.3"));
        assert_eq!(percent(1, 2000).as_deref(), Some("0.1"));
    }

    #[test]
    fn the_cents_that_are_left_go_to_the_largest_remainders() {
        let of = |minor: i64, weights: &[i64]| -> Vec<i64> {
            Money::usd(minor).in_parts(weights).iter().map(Money::minor).collect()
        };
        assert_eq!(of(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(of(101, &[1, 2, 1]), [25, 51, 25]);
        assert_eq!(of(-100, &[1, 1, 1]), [-33, -33, -34]);
        assert_eq!(of(7, &[0, 0]), [7, 0]);
        assert_eq!(of(7, &[]), [0i64; 0]);
    }

    #[test]
    fn dollars_are_rounded_half_up_to_the_cent() {
        let rate = parse_decimal("0.884").unwrap();
        assert_eq!(money("1000", "EUR").unwrap().to_usd_at(rate).unwrap().to_string(), "1131.22");
        assert!(money("1", "EUR").unwrap().to_usd_at(Decimal::ZERO).is_err());
    }

    proptest! {
        #[test]
        fn text_and_minor_units_are_the_same_value(minor in -100_000_000_000_000i64..100_000_000_000_000) {
            for code in ["USD", "JPY", "KWD"] {
                let money = Money::from_minor(minor / 1000, Currency::from_code(code).unwrap());
                let json = serde_json::to_string(&money).unwrap();
                prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
            }
        }

        #[test]
        fn parts_are_together_the_whole_and_each_within_a_cent_of_its_share(
            minor in -1_000_000_000_000i64..1_000_000_000_000, weights in prop::collection::vec(0i64..1_000_000, 1..30),
        ) {
            let parts = Money::usd(minor).in_parts(&weights);
            prop_assert_eq!(parts.iter().map(Money::minor).sum::<i64>(), minor);
            let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            for (part, weight) in parts.iter().zip(&weights).filter(|_| whole > 0) {
                let off = i128::from(part.minor()) * whole - i128::from(minor) * i128::from(*weight);
                prop_assert!(off.abs() < whole, "{} of {} for {} in {}", part, minor, weight, whole);
            }
        }

        #[test]
        fn sums_do_not_depend_on_order(parts in prop::collection::vec(-1_000_000_000i64..1_000_000_000, 0..50)) {
            let sum = |items: &[i64]| items.iter()
                .try_fold(Money::usd(0), |total, &part| total.checked_add(Money::usd(part))).unwrap();
            let reversed: Vec<i64> = parts.iter().rev().copied().collect();
            prop_assert_eq!(sum(&parts), sum(&reversed));
            prop_assert_eq!(sum(&parts).minor(), parts.iter().sum::<i64>());
        }
    }
}
