//! The organisation's own rates of the months, beside what a row states of its value in dollars.

use super::{
    dates,
    record::{RATE_DATES, RATE_OF_MONTH, Record, UNASKED},
};
use crate::exchange_rate::{self, Rates};
use kernel::{Currency, FieldCode, FieldError, Money, money::parse_decimal};

/// How far stated dollars, or those of a stated rate, may be from what the rate of the month gives before they are
/// remarked on, one in so many: rates of a month differ by their source and day.
const TOLERANCE: i64 = 10;

impl Record {
    /// With the organisation's rate of its month, where the row has neither a rate nor an amount in US dollars. That is not
    /// a part of what the row states: the same row is the same when the rate changes.
    pub(crate) fn priced(mut self, rates: &Rates) -> Self {
        let states = |field: &str| self.text(field).is_some();
        let asks = !states("amount_usd") && !states("exchange_rate") && self.text("currency") != Some("USD");
        let found = self.text("currency").zip(self.rate_month());
        let found = found.filter(|_| asks).and_then(|(currency, month)| rates.get(currency, &month)).cloned();
        if let Some(rate) = found {
            let unasked = !["amount_usd", "exchange_rate"].iter().any(|field| self.has(field));
            self.set("exchange_rate", &rate.rate);
            self.set("exchange_rate_date", &rate.date.to_string());
            self.set("exchange_rate_source", &rate.source);
            self.set(RATE_OF_MONTH, if unasked { UNASKED } else { "yes" });
        }
        self
    }

    /// A remark on a stated rate, or on stated dollars, that are far from the organisation's own rate of the month: often
    /// the rate is upside down, or its point is in another place.
    pub(crate) fn far_from_month(&self, rates: &Rates) -> Option<FieldError> {
        let currency = Currency::from_code(self.text("currency")?).ok()?;
        if currency == Currency::USD || self.text(RATE_OF_MONTH).is_some() {
            return None;
        }
        let month = self.rate_month()?;
        let rate = &rates.get(currency.code(), &month)?.rate;
        let amount = Money::parse(self.text("amount")?, currency).ok()?;
        let (field, stated) = match (self.text("amount_usd"), self.text("exchange_rate")) {
            (Some(dollars), _) => ("amount_usd", Money::parse(dollars, Currency::USD).ok()?),
            (None, Some(stated)) => ("exchange_rate", amount.to_usd_at(parse_decimal(stated).ok()?).ok()?),
            (None, None) => return None,
        };
        let by_month = amount.to_usd_at(parse_decimal(rate).ok()?).ok()?;
        if (stated.minor() - by_month.minor()).abs() <= by_month.minor() / TOLERANCE {
            return None;
        }
        let why = format!(
            "is {stated} US dollars, but {by_month} by the organisation's rate of {month} ({rate}): kept as stated"
        );
        let fault = FieldCode::KeptAsStated.says(why).with("stated", stated.to_string());
        Some(FieldError::new(format!("/{field}"), fault.with("computed", by_month.to_string())))
    }

    /// The month whose rate applies, such as `2026-03`: that of the value's date, else of the flow's, else of the decision's.
    pub(crate) fn rate_month(&self) -> Option<String> {
        let day = RATE_DATES.iter().find_map(|field| self.text(field))?;
        dates::day(day).map(exchange_rate::month_of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{exchange_rate::ExchangeRate, import::flow::Staged};

    fn rates() -> Rates {
        let date = kernel::date::parse("2024-03-31").unwrap();
        let rate = ExchangeRate { rate: "0.9".to_owned(), date, source: "x".to_owned() };
        Rates::of([("EUR".to_owned(), "2024-03".to_owned(), rate)])
    }

    fn remarks(fields: &[(&'static str, &str)]) -> Vec<(String, String)> {
        let mut record = Record::default();
        let whole = [
            ("external_ref", "R-1"),
            ("donor", "Testland"),
            ("status", "paid"),
            ("amount", "1000"),
            ("currency", "EUR"),
            ("flow_date", "2024-03-01"),
        ];
        for (field, text) in whole.iter().chain(fields) {
            record.set(field, text);
        }
        let staged = Staged::of_table("/lines/2".to_owned(), record, &rates(), Vec::new());
        assert!(staged.errors.is_empty(), "{:?}", staged.errors);
        staged.warnings.into_iter().map(|remark| (remark.pointer, remark.detail)).collect()
    }

    #[test]
    fn a_value_far_from_the_rate_of_the_month_is_remarked_on() {
        let stated = |rate: &str| {
            remarks(&[
                ("exchange_rate", rate),
                ("exchange_rate_date", "2024-03-31"),
                ("exchange_rate_source", "UN"),
            ])
        };
        for (remarks, pointer, dollars) in [
            (remarks(&[("amount_usd", "9999")]), "/amount_usd", "9999.00"),
            (stated("1.11"), "/exchange_rate", "900.90"),
            (stated("90"), "/exchange_rate", "11.11"),
        ] {
            assert_eq!((remarks.len(), remarks[0].0.as_str()), (1, pointer));
            let detail = &remarks[0].1;
            assert!(
                detail.contains(dollars) && detail.contains("1111.11") && detail.contains("2024-03"),
                "{detail}"
            );
        }
        assert!(stated("0.95").is_empty() && remarks(&[("amount_usd", "1050")]).is_empty());
        assert!(remarks(&[]).is_empty(), "at the rate itself");
        let other_month = remarks(&[("amount_usd", "9999"), ("flow_date", "2024-04-01")]);
        assert!(other_month.is_empty(), "of that month no rate is known");
    }

    #[test]
    fn a_row_that_is_valued_by_its_month_has_said_nothing_of_dollars() {
        let mut record = Record::default();
        record.set("currency", "EUR");
        record.set("flow_date", "2024-03-01");
        let mut asked = record.clone();
        asked.erase("amount_usd");
        let silent = record.priced(&rates()).silent();
        assert!(silent.contains("amount_usd") && silent.contains("exchange_rate"), "{silent:?}");
        let asked = asked.priced(&rates());
        assert_eq!(asked.text("exchange_rate"), Some("0.9"), "an empty cell asks for the rate");
        assert!(!asked.silent().contains("exchange_rate"));
    }
}
