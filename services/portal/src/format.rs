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
use language::icu_date;
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

/// What the platform says of a field, and the text for it.
const REASONS: &[(&str, &str)] = &[
    ("must not be empty", "reason-empty"),
    ("is required where the basis", "reason-consent-date"),
    ("is not an e-mail address", "reason-email"),
    ("must be digits, spaces", "reason-phone"),
    ("must be an ISO 639 code", "reason-language-code"),
    ("must not be before given_on", "reason-dates-order"),
    ("must not be before valid_from", "reason-dates-order"),
    ("is required", "reason-required"),
    ("missing field", "reason-required"),
    ("must be after start_date", "reason-after-start"),
    ("must be after the present end", "reason-after-end"),
    ("must be above zero", "reason-above-zero"),
    ("must not be negative", "reason-negative"),
    ("is not a decimal number", "reason-number"),
    ("must be a decimal number from 0 to 100", "reason-percent"),
    ("more decimals than", "reason-decimals"),
    ("is not an ISO 4217", "reason-currency"),
    ("as the contribution is", "reason-contribution-currency"),
    ("no exchange rate of", "reason-no-rate"),
    ("has another rate for", "reason-two-rates"),
    ("a US dollar costs one", "reason-dollar"),
    ("is not a date", "reason-date"),
    ("is more than the contribution has left", "reason-more-than-open"),
    ("is more than is open", "reason-more-than-open"),
    ("name a country, a plan or a year", "reason-nowhere"),
    ("is not together exactly the amount", "reason-split"),
    ("are needed to divide over them", "reason-years-needed"),
    ("a second person signs", "reason-second-person"),
    ("is named twice", "reason-twice"),
    ("parts of it were committed", "reason-parts-first"),
    ("counts nothing that could move", "reason-state"),
    ("is kept by", "reason-kept-elsewhere"),
    ("be written off: only a pledge is", "reason-state"),
    ("as the agreement is", "reason-agreement-currency"),
    ("are together more than the amount", "reason-instalments"),
    ("must be after the instalment before", "reason-instalment-order"),
    ("is no donor of", "reason-donor"),
    ("is none of", "reason-choice"),
    ("is empty, and no document is attached", "reason-section"),
    ("must not lie in the future", "reason-future"),
    ("must be after the period", "reason-after-period"),
    ("must have 1 to 2000 characters", "reason-empty"),
    ("cannot become", "reason-state"),
    ("has no due-diligence clearance", "reason-clearance"),
    ("is no PDF", "reason-file"),
    ("says it is", "reason-file-lies"),
    ("must not hold control characters", "reason-hidden"),
    ("must not hold characters that turn", "reason-hidden"),
    ("is no member of your organisation's staff", "reason-staff"),
    ("is a member of staff who is not active", "reason-staff"),
    ("does not change in a no-cost extension", "reason-no-cost"),
    ("does not change in a budget revision", "reason-revision"),
    ("give another amount, or other instalments", "reason-revision-empty"),
    ("must lie between 2000", "reason-date"),
    ("premature end of input", "reason-date"),
    ("input contains invalid characters", "reason-date"),
    ("must be 1 to", "reason-range"),
    ("is not written: start it first", "reason-state"),
    ("is amended, not changed", "reason-state"),
    ("do not change", "reason-state"),
    ("must not hold spaces or any of", "reason-plain-identifier"),
    ("is not an e-mail address", "reason-email"),
    ("is not a DAC purpose code", "reason-purpose-code"),
    ("is the name of several donors", "reason-row-several-donors"),
    ("is not in the registry", "reason-row-unknown-donor"),
    ("is no agreement of this office", "reason-row-agreement"),
    ("is an agreement with another donor", "reason-row-other-donor"),
    ("is an agreement that does not bind", "reason-row-not-binding"),
    ("is taken by a contribution of another office", "reason-row-taken"),
    ("holds a comma", "reason-row-comma"),
    ("holds a point", "reason-row-point"),
    ("is not a year", "reason-row-year"),
    ("kept as stated", "reason-row-kept"),
    ("in these files twice", "reason-row-twice"),
    ("is an error (", "reason-row-cell-error"),
    ("is neither true nor false", "reason-row-boolean"),
    ("is a number, not a date", "reason-row-number-date"),
    ("is not an id (", "reason-row-id"),
    ("names several organisations", "reason-row-several-sources"),
    ("that can be kept exactly", "reason-row-inexact"),
    ("has more than", "reason-row-too-much"),
];

/// Why a field was refused, in the reader's language; a reason that has no text of its own is shown in English as the
/// platform says it, and to others as "not accepted".
pub(crate) fn reason(language: Language, detail: &str) -> String {
    let known = REASONS.iter().find(|(part, _)| detail.contains(part));
    match known {
        Some((_, key)) => text(language, key, None),
        None if language == Language::English => detail.to_owned(),
        None => text(language, "reason-other", None),
    }
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
