//! Currencies: those of ISO 4217's list one, and those of its list three, which were withdrawn. A withdrawn currency is
//! not its successor, whose unit often has another value: rates and amounts are kept under their own code.
//!
//! Source of list three: `data/withdrawn_currencies.csv` (see `data/NOTICE.md`).

use crate::{Fault, Money, MoneyError};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use std::{collections::HashMap, fmt, sync::LazyLock};

/// Currencies in force of which a hundred or more make a dollar, so that usual sums have more digits.
const SMALL_UNITS: [&str; 55] = [
    "AMD", "AOA", "ARS", "BDT", "BIF", "CDF", "CLP", "COP", "CRC", "DJF", "DZD", "ETB", "GNF", "GYD", "HTG",
    "HUF", "IDR", "IQD", "IRR", "ISK", "JMD", "JPY", "KES", "KHR", "KMF", "KPW", "KRW", "KZT", "LAK", "LBP",
    "LKR", "LRD", "MGA", "MMK", "MNT", "MWK", "NGN", "NPR", "PKR", "PYG", "RSD", "RWF", "SDG", "SOS", "SSP",
    "SYP", "TZS", "UGX", "UZS", "VES", "VND", "XAF", "XOF", "XPF", "YER",
];

/// A currency of ISO 4217, in force or withdrawn.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(Listed);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Listed {
    One(iso_currency::Currency),
    /// Of list three alone: its code.
    Three(&'static str),
}

/// What list three says of a currency.
#[derive(Debug, Deserialize)]
struct Withdrawn {
    code: String,
    /// The last month in which it was in force, such as `2014-12`.
    until: String,
    decimals: u32,
    /// Whether a hundred or more made a dollar.
    small: bool,
}

#[expect(clippy::expect_used, reason = "the table is part of the binary and a test reads every row")]
static WITHDRAWN: LazyLock<HashMap<String, Withdrawn>> = LazyLock::new(|| {
    let text = include_str!("../data/withdrawn_currencies.csv");
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize::<Withdrawn>();
    rows.map(|row| row.map(|row| (row.code.clone(), row)))
        .collect::<Result<_, _>>()
        .expect("withdrawn_currencies.csv is well formed")
});

impl Currency {
    /// The United States dollar, the currency of every total.
    pub const USD: Currency = Currency(Listed::One(iso_currency::Currency::USD));

    /// The currency of this three-letter code; [`Currency::in_force`] says whether it still is one.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`] for anything that is not an ISO 4217 code in capitals.
    pub fn from_code(code: &str) -> Result<Self, MoneyError> {
        let one = || iso_currency::Currency::from_code(code).map(Listed::One);
        let three = || WITHDRAWN.get(code).map(|withdrawn| Listed::Three(&withdrawn.code));
        let listed = one().or_else(three);
        listed.map(Currency).ok_or_else(|| MoneyError::UnknownCurrency(code.chars().take(20).collect()))
    }

    /// The three-letter code.
    pub fn code(&self) -> &'static str {
        match self.0 {
            Listed::One(currency) => currency.code(),
            Listed::Three(code) => code,
        }
    }

    /// Decimal places of the minor unit (2 for most, 0 for JPY, 3 for KWD). Source: ISO 4217.
    pub fn exponent(&self) -> u32 {
        match self.0 {
            Listed::One(currency) => u32::from(currency.exponent().unwrap_or(2)),
            Listed::Three(code) => WITHDRAWN.get(code).map_or(2, |withdrawn| withdrawn.decimals),
        }
    }

    /// The last month in which it was in force, such as `2014-12`; none for a currency that was not withdrawn.
    pub fn withdrawn(&self) -> Option<&'static str> {
        WITHDRAWN.get(self.code()).map(|withdrawn| withdrawn.until.as_str())
    }

    /// Whether money could be given in it on a day.
    ///
    /// # Errors
    /// The fault that names the month in which it was withdrawn, when that was before the day's.
    pub fn in_force(&self, day: NaiveDate) -> Result<(), Fault> {
        match self.withdrawn() {
            Some(until) if format!("{:04}-{:02}", day.year(), day.month()).as_str() > until => {
                Err(Fault::withdrawn_currency(self.code(), until))
            }
            _ => Ok(()),
        }
    }

    /// The largest amount one record may hold, in major units: a bound on its value and not on its digits, so it is a
    /// thousand times as many units of a currency of which a hundred or more make a dollar. (A hundred times where the units
    /// have thousandths: a sum of many records must not overflow.)
    pub fn max_major(&self) -> i64 {
        let withdrawn = WITHDRAWN.get(self.code());
        let small = withdrawn.map_or_else(|| SMALL_UNITS.contains(&self.code()), |withdrawn| withdrawn.small);
        match (small, self.exponent()) {
            (true, ..=2) => Money::MAX_SMALL_UNITS,
            (true, _) => Money::MAX_SMALL_UNITS / 10,
            (false, _) => Money::MAX_MAJOR,
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FieldCode;

    fn currency(code: &str) -> Currency {
        Currency::from_code(code).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        crate::date::parse(text).unwrap()
    }

    #[test]
    fn every_withdrawn_currency_is_known_by_its_own_code_and_until_its_month() {
        assert_eq!(WITHDRAWN.len(), 129);
        for (code, withdrawn) in &*WITHDRAWN {
            let known = currency(code);
            assert_eq!((known.code(), known.withdrawn()), (code.as_str(), Some(withdrawn.until.as_str())));
            let first = day(&format!("{}-01", withdrawn.until));
            assert!(known.in_force(first).is_ok(), "{code} in its last month");
            let later = first.checked_add_months(chrono::Months::new(1)).unwrap();
            assert_eq!(known.in_force(later).unwrap_err().code, FieldCode::WithdrawnCurrency, "{code}");
        }
        for code in ["HRK", "SLL", "ZWL", "CUC", "LTL", "ANG"] {
            assert!(currency(code).withdrawn().is_some(), "{code}");
        }
        for code in ["USD", "EUR", "VES", "BYN", "MRU", "SLE"] {
            assert!(currency(code).withdrawn().is_none(), "{code}");
        }
        assert_ne!(currency("BYR"), currency("BYN"));
        let late = currency("LTL").in_force(day("2015-01-01")).unwrap_err();
        assert_eq!(&*late.detail, "LTL is a currency that was withdrawn in 2014-12");
        assert!(Currency::from_code("ltl").is_err() && Currency::from_code("LTX").is_err());
    }

    #[test]
    fn a_currency_of_small_units_may_have_more_digits() {
        for code in SMALL_UNITS.iter().chain(&["ITL", "BYR", "ZWL"]) {
            let thousandths = i64::from(currency(code).exponent() > 2) * 9 + 1;
            assert_eq!(currency(code).max_major(), Money::MAX_SMALL_UNITS / thousandths, "{code}");
        }
        for code in ["USD", "EUR", "KWD", "DEM"] {
            assert_eq!(currency(code).max_major(), Money::MAX_MAJOR, "{code}");
        }
        assert_eq!((currency("ITL").exponent(), currency("DEM").exponent()), (0, 2));
    }
}
