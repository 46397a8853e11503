//! Numbers and dates in the language of a statement.

use super::texts::Language;
use chrono::{Datelike, NaiveDate};
use fixed_decimal::Decimal;
use icu_calendar::Iso;
use icu_datetime::{DateTimeFormatter, fieldsets::YMD, input::Date};
use icu_decimal::{DecimalFormatter, options::DecimalFormatterOptions};
use icu_locale::{Locale, locale};
use kernel::Money;
use std::str::FromStr;

/// ICU's formatters of a language; they do not cross threads.
pub(super) struct Formats {
    numbers: Option<DecimalFormatter>,
    days: Option<DateTimeFormatter<YMD>>,
}

impl Formats {
    pub(super) fn of(language: Language) -> Self {
        let locale: Locale = match language {
            Language::English => locale!("en"),
            Language::French => locale!("fr"),
            Language::Spanish => locale!("es"),
        };
        let numbers = DecimalFormatter::try_new(locale.clone().into(), DecimalFormatterOptions::default());
        let days = DateTimeFormatter::try_new(locale.into(), YMD::medium());
        Self { numbers: numbers.ok(), days: days.ok() }
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
        let date = u8::try_from(day.month()).ok().zip(u8::try_from(day.day()).ok());
        let date: Option<Date<Iso>> =
            date.and_then(|(month, of)| Date::try_new_iso(day.year(), month, of).ok());
        match (date, &self.days) {
            (Some(date), Some(formatter)) => formatter.format(&date).to_string(),
            _ => day.to_string(),
        }
    }
}
