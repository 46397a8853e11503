//! Numbers, money and dates in the reader's locale.

use crate::i18n::{Language, text};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use fixed_decimal::Decimal;
use fluent_bundle::FluentArgs;
use icu_datetime::{
    DateTimeFormatter,
    fieldsets::{E, YM},
};
use icu_decimal::{DecimalFormatter, options::DecimalFormatterOptions};
use locale::icu_date;
use std::{collections::HashMap, str::FromStr};

thread_local! {
    // ICU's formatters do not cross threads.
    static NUMBERS: HashMap<Language, DecimalFormatter> = Language::ALL
        .iter()
        .copied()
        .filter_map(|language| {
            let formatter = DecimalFormatter::try_new(language.locale().into(), DecimalFormatterOptions::default());
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
    // The sign stands before the currency, in every language.
    let (sign, shown) = shown.strip_prefix('-').map_or(("", shown), |rest| ("\u{2212}", rest));
    let mut arguments = FluentArgs::new();
    arguments.set("amount", number(language, shown));
    arguments.set("currency", currency);
    let key = if currency == "USD" { "money-usd" } else { "money" };
    format!("{sign}{}", text(language, key, Some(&arguments)))
}

/// A decimal text without what comes after the point, rounded half away from zero: `1234.50` is 1235.
pub(crate) fn whole(amount: &str) -> String {
    let (whole, cents) = amount.split_once('.').unwrap_or((amount, ""));
    let Ok(number) = whole.parse::<i64>() else { return amount.to_owned() };
    let away = i64::from(cents.bytes().next().is_some_and(|digit| digit >= b'5'));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    number.saturating_add(sign * away).to_string()
}

/// An amount of US dollars in a few words: millions with one decimal above a million, whole dollars below.
pub(crate) fn money_short(language: Language, amount: &str) -> String {
    in_words(language, amount, [1, 2])
}

/// A round amount of US dollars, such as a class of amounts begins with: "US$10 million".
pub(crate) fn money_round(language: Language, amount: &str) -> String {
    in_words(language, amount, [0, 0])
}

/// Millions and billions with so many decimals each, whole dollars below.
fn in_words(language: Language, amount: &str, [of_millions, of_billions]: [usize; 2]) -> String {
    let value: f64 = amount.parse().unwrap_or_default();
    let (key, scaled, digits) = match value.abs() {
        large if large >= 999_950_000.0 => ("money-billions", value / 1e9, of_billions),
        medium if medium >= 999_500.0 => ("money-millions", value / 1e6, of_millions),
        _ => return money(language, &whole(amount), "USD"),
    };
    let mut arguments = FluentArgs::new();
    arguments.set("amount", number(language, &format!("{scaled:.digits$}")));
    text(language, key, Some(&arguments))
}

/// A percentage, with the minus sign that amounts have.
pub(crate) fn percent(language: Language, percent: &str) -> String {
    let (sign, shown) = percent.strip_prefix('-').map_or(("", percent), |rest| ("\u{2212}", rest));
    let mut arguments = FluentArgs::new();
    arguments.set("number", number(language, shown));
    format!("{sign}{}", text(language, "percent", Some(&arguments)))
}

/// A calendar date in words.
pub(crate) fn date(language: Language, date: NaiveDate) -> String {
    language.date(date)
}

/// A month in words: "November 2026".
pub(crate) fn month(language: Language, date: NaiveDate) -> String {
    let formatter = DateTimeFormatter::try_new(language.locale().into(), YM::long());
    match (formatter, icu_date(date)) {
        (Ok(formatter), Some(input)) => formatter.format(&input).to_string(),
        _ => date.format("%Y-%m").to_string(),
    }
}

/// The day of the week, shortened: "Mon".
pub(crate) fn weekday(language: Language, date: NaiveDate) -> String {
    let formatter = DateTimeFormatter::try_new(language.locale().into(), E::short());
    match (formatter, icu_date(date)) {
        (Ok(formatter), Some(input)) => formatter.format(&input).to_string(),
        _ => date.format("%a").to_string(),
    }
}

/// An instant: date and time of day to the minute, in an IANA time zone (UTC where none is known), which is named.
pub(crate) fn instant(language: Language, at: DateTime<Utc>, zone: Option<&str>) -> String {
    let zone: Tz = zone.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC);
    let local = at.with_timezone(&zone);
    let mut arguments = FluentArgs::new();
    arguments.set("date", date(language, local.date_naive()));
    arguments.set("time", local.format("%H:%M").to_string());
    arguments.set("zone", local.format("%Z").to_string());
    text(language, "date-time", Some(&arguments))
}

/// An amount as people type it, as the API reads it: `1 250 000,50`, `1,250,000.50` and `1'250'000.5` are all
/// 1250000.5. None when it is no amount, or its separators make no sense (`1,250,00`).
///
/// A point or comma that stands once is the decimal one if it is the reader's, or if what it divides cannot be a group of
/// thousands.
pub(crate) fn typed_amount(language: Language, typed: &str) -> Option<String> {
    let spaces = ['\'', '’', '\u{a0}', '\u{202f}'];
    let kept: String = typed.chars().filter(|c| !c.is_whitespace() && !spaces.contains(c)).collect();
    let usual = if language == Language::English { '.' } else { ',' };
    let other = if usual == '.' { ',' } else { '.' };
    let (usuals, others) = (kept.matches(usual).count(), kept.matches(other).count());
    let decimal = match (usuals, others) {
        (0, 0) => None,
        (1, 0) => Some(usual),
        (0, 1) if grouped(&kept, other) => None,
        (0, 1) => Some(other),
        (0, _) | (_, 0) => None,
        // Both: the one that comes last is the decimal one.
        _ if kept.rfind(usual) > kept.rfind(other) => Some(usual),
        _ => Some(other),
    };
    let (whole, cents) = match decimal {
        Some(mark) => kept.split_once(mark)?,
        None => (kept.as_str(), ""),
    };
    let mark = if decimal == Some(usual) { other } else { usual };
    let whole = match whole.find([usual, other]) {
        Some(_) if grouped(whole, mark) => whole.replace(mark, ""),
        Some(_) if decimal.is_none() && grouped(whole, other) => whole.replace(other, ""),
        Some(_) => return None,
        None => whole.to_owned(),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = !whole.is_empty() && digits(&whole) && digits(cents) && whole.len() + cents.len() <= 20;
    fits.then(|| if cents.is_empty() { whole.clone() } else { format!("{whole}.{cents}") })
}

/// A rate as people type it: it has no thousands, so a point or a comma that stands once is the decimal one.
pub(crate) fn typed_rate(language: Language, typed: &str) -> Option<String> {
    let marks = typed.matches(['.', ',']).count();
    if marks > 1 {
        typed_amount(language, typed)
    } else {
        typed_amount(Language::English, &typed.replace(',', "."))
    }
}

/// Whether a text is digits in groups of thousands between `mark`s.
fn grouped(text: &str, mark: char) -> bool {
    let mut groups = text.split(mark);
    let first = groups.next().unwrap_or_default();
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && digits(first)
        && text.contains(mark)
        && groups.all(|group| group.len() == 3 && digits(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_type_them() {
        let (en, fr) = (Language::English, Language::French);
        for (language, typed, read) in [
            (en, "1250000", "1250000"),
            (en, "1,250,000.50", "1250000.50"),
            (en, "1,250", "1250"),
            (en, "12.5", "12.5"),
            (fr, "1 250 000,50", "1250000.50"),
            (fr, "1\u{202f}250\u{202f}000,5", "1250000.5"),
            (fr, "1.250", "1250"),
            (fr, "12,5", "12.5"),
            (fr, "1250,500", "1250.500"),
            (en, "1250.500", "1250.500"),
            (en, "12,50", "12.50"),
            (fr, "1.250.000,00", "1250000.00"),
            (en, "1'250'000.05", "1250000.05"),
        ] {
            assert_eq!(typed_amount(language, typed).as_deref(), Some(read), "{typed}");
        }
        for (typed, read) in
            [("0.884", "0.884"), ("0,884", "0.884"), ("1.083", "1.083"), ("1 083,5", "1083.5")]
        {
            assert_eq!(typed_rate(fr, typed).as_deref(), Some(read), "{typed}");
            assert_eq!(typed_rate(en, typed).as_deref(), Some(read), "{typed}");
        }
        assert_eq!(typed_amount(fr, "0.884").as_deref(), Some("0.884"), "no thousands begin with nothing");
        for typed in [
            "",
            "abc",
            "-5",
            "1e6",
            ",",
            "1..2.x",
            "99999999999999999999999",
            "1,250,00",
            "1.250.00",
            "1,2,3",
        ] {
            assert_eq!(typed_amount(en, typed), None, "{typed}");
        }
    }

    #[test]
    fn instants_are_told_in_the_reader_s_zone() {
        let at = "2026-03-31T22:30:00Z".parse().unwrap();
        assert_eq!(instant(Language::English, at, Some("Africa/Ndjamena")), "March 31, 2026, 23:30 (WAT)");
        assert_eq!(instant(Language::English, at, None), "March 31, 2026, 22:30 (UTC)");
    }

    #[test]
    fn figures_are_written_as_their_readers_do() {
        let nbsp = |text: String| text.replace(['\u{a0}', '\u{202f}'], " ");
        assert_eq!(money(Language::English, "725591299.00", "USD"), "US$725,591,299");
        assert_eq!(nbsp(money(Language::French, "725591299.00", "USD")), "725 591 299 $ US");
        assert_eq!(nbsp(money(Language::Spanish, "725591299.50", "USD")), "USD 725.591.299,50");
        assert_eq!(nbsp(money(Language::English, "7.50", "EUR")), "EUR 7.50");
        assert_eq!(nbsp(money_short(Language::English, "725591299.00")), "US$725.6 million");
        assert_eq!(nbsp(money_short(Language::French, "725591299.00")), "725,6 M$ US");
        assert_eq!(money_short(Language::English, "4516.50"), "US$4,517");
        assert_eq!(nbsp(money_round(Language::English, "10000000")), "US$10 million");
        assert_eq!(nbsp(money_round(Language::French, "1000000000")), "1 Md$ US");
        assert_eq!(money_round(Language::English, "0"), "US$0");
        for (amount, rounded) in [
            ("53734141.96", "53734142"),
            ("0.50", "1"),
            ("0.49", "0"),
            ("-0.50", "-1"),
            ("-0.20", "0"),
            ("7", "7"),
        ] {
            assert_eq!(whole(amount), rounded, "{amount}");
        }
        assert_eq!(nbsp(percent(Language::French, "49.9")), "49,9 %");
        assert_eq!(nbsp(percent(Language::French, "-17.4")), "\u{2212}17,4 %");
        let day = NaiveDate::from_ymd_opt(2020, 3, 1).unwrap();
        assert_eq!(date(Language::English, day), "March 1, 2020");
        assert_eq!(date(Language::Spanish, day), "1 de marzo de 2020");
    }
}
