//! Numbers, money and dates in the reader's locale.

use crate::i18n::{Language, text};
use chrono::NaiveDate;
use fixed_decimal::Decimal;
use fluent_bundle::FluentArgs;
use icu_datetime::{DateTimeFormatter, fieldsets::YMD, input::Date};
use icu_decimal::{DecimalFormatter, options::DecimalFormatterOptions};
use icu_locale::{Locale, locale};
use std::{collections::HashMap, str::FromStr};

fn icu_locale(language: Language) -> Locale {
    match language {
        Language::English => locale!("en"),
        Language::French => locale!("fr"),
        Language::Spanish => locale!("es"),
    }
}

thread_local! {
    // ICU's formatters do not cross threads.
    static NUMBERS: HashMap<Language, DecimalFormatter> = Language::ALL
        .into_iter()
        .filter_map(|language| {
            let formatter = DecimalFormatter::try_new(icu_locale(language).into(), DecimalFormatterOptions::default());
            Some((language, formatter.ok()?))
        })
        .collect();
}

/// A decimal text (`1234.5`) in the reader's locale.
pub(crate) fn number(language: Language, decimal: &str) -> String {
    let Ok(number) = Decimal::from_str(decimal) else { return decimal.to_owned() };
    NUMBERS.with(|formatters| {
        let formatter = formatters.get(&language);
        formatter.map_or_else(|| decimal.to_owned(), |formatter| formatter.format(&number).to_string())
    })
}

/// An amount with its currency, all digits; cents only where there are any.
pub(crate) fn money(language: Language, amount: &str, currency: &str) -> String {
    let shown = match amount.split_once('.') {
        Some((whole, cents)) if cents.bytes().all(|digit| digit == b'0') => whole,
        _ => amount,
    };
    let mut arguments = FluentArgs::new();
    arguments.set("amount", number(language, shown));
    arguments.set("currency", currency);
    text(language, if currency == "USD" { "money-usd" } else { "money" }, Some(&arguments))
}

/// An amount of US dollars in a few words: millions with one decimal above a million.
pub(crate) fn money_short(language: Language, amount: &str) -> String {
    let value: f64 = amount.parse().unwrap_or_default();
    let (key, scaled) = match value.abs() {
        large if large >= 999_950_000.0 => ("money-billions", value / 1e9),
        medium if medium >= 999_500.0 => ("money-millions", value / 1e6),
        _ => return money(language, amount, "USD"),
    };
    let digits = if key == "money-billions" { 2 } else { 1 };
    let mut arguments = FluentArgs::new();
    arguments.set("amount", number(language, &format!("{scaled:.digits$}")));
    text(language, key, Some(&arguments))
}

/// A percentage.
pub(crate) fn percent(language: Language, percent: &str) -> String {
    let mut arguments = FluentArgs::new();
    arguments.set("number", number(language, percent));
    text(language, "percent", Some(&arguments))
}

/// A calendar date in words.
pub(crate) fn date(language: Language, date: NaiveDate) -> String {
    use chrono::Datelike;
    let formatter = DateTimeFormatter::try_new(icu_locale(language).into(), YMD::long());
    let day = u8::try_from(date.day()).ok().zip(u8::try_from(date.month()).ok());
    let input = day.and_then(|(day, month)| Date::try_new_iso(date.year(), month, day).ok());
    match (formatter, input) {
        (Ok(formatter), Some(input)) => formatter.format(&input).to_string(),
        _ => date.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_their_readers_do() {
        let nbsp = |text: String| text.replace(['\u{a0}', '\u{202f}'], " ");
        assert_eq!(money(Language::English, "725591299.00", "USD"), "US$725,591,299");
        assert_eq!(nbsp(money(Language::French, "725591299.00", "USD")), "725 591 299 $ US");
        assert_eq!(nbsp(money(Language::Spanish, "725591299.50", "USD")), "725.591.299,50 US$");
        assert_eq!(nbsp(money(Language::English, "7.50", "EUR")), "EUR 7.50");
        assert_eq!(nbsp(money_short(Language::English, "725591299.00")), "US$725.6 million");
        assert_eq!(nbsp(money_short(Language::French, "725591299.00")), "725,6 millions $ US");
        assert_eq!(nbsp(percent(Language::French, "49.9")), "49,9 %");
        let day = NaiveDate::from_ymd_opt(2020, 3, 1).unwrap();
        assert_eq!(date(Language::English, day), "March 1, 2020");
        assert_eq!(date(Language::Spanish, day), "1 de marzo de 2020");
    }
}
