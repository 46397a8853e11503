//! Numbers and dates in the language of a statement.

use chrono::NaiveDate;
use fixed_decimal::Decimal;
use icu_datetime::{DateTimeFormatter, fieldsets::YMD};
use icu_decimal::{DecimalFormatter, options::DecimalFormatterOptions};
use kernel::Money;
use locale::{Language, icu_date};
use std::str::FromStr;

/// ICU's formatters of a language; they do not cross threads.
pub(super) struct Formats {
    language: Language,
    numbers: Option<DecimalFormatter>,
    days: Option<DateTimeFormatter<YMD>>,
}

impl Formats {
    pub(super) fn of(language: Language) -> Self {
        let locale = language.locale();
        let numbers = DecimalFormatter::try_new(locale.clone().into(), DecimalFormatterOptions::default());
        let days = DateTimeFormatter::try_new(locale.into(), YMD::medium());
        Self { language, numbers: numbers.ok(), days: days.ok() }
    }

    /// An amount with all decimals of its currency, without it.
    pub(super) fn amount(&self, money: Money) -> String {
        self.number(&money.to_string())
    }

    /// An amount and the code of its currency, which are not parted at the end of a line.
    pub(super) fn money(&self, money: Money) -> String {
        format!("{}\u{a0}{}", self.amount(money), money.currency().code())
    }

    pub(super) fn number(&self, decimal: &str) -> String {
        match (Decimal::from_str(decimal), &self.numbers) {
            (Ok(number), Some(formatter)) => formatter.format(&number).to_string(),
            _ => decimal.to_owned(),
        }
    }

    pub(super) fn day(&self, day: NaiveDate) -> String {
        match (icu_date(day), &self.days) {
            (Some(date), Some(formatter)) => {
                self.language.with_first(day, formatter.format(&date).to_string())
            }
            _ => day.to_string(),
        }
    }
}
