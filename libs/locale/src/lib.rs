//! The supported languages: negotiation, and calendar dates and language names in each.

use chrono::{Datelike, NaiveDate};
use icu_calendar::Iso;
use icu_datetime::{DateTimeFormatter, fieldsets::YMD, input::Date};
use icu_locale::{Locale, locale};
use kernel::closed_set;

pub mod names;

closed_set! {
    /// A supported language, identified by its ISO 639-1 code.
    pub enum Language {
        English = "en",
        French = "fr",
        Spanish = "es",
    }
}

/// English, the default.
impl Default for Language {
    fn default() -> Self {
        Language::English
    }
}

impl Language {
    /// What its readers call it.
    pub const fn own_name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::French => "Français",
            Language::Spanish => "Español",
        }
    }

    /// The first supported language of an `Accept-Language` header, by preference.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut ranges: Vec<(f32, &str)> = header
            .split(',')
            .map(|range| {
                let (tag, quality) = range.split_once(";q=").unwrap_or((range, "1"));
                (quality.trim().parse().unwrap_or(0.0), tag.trim())
            })
            .filter(|(quality, _)| *quality > 0.0)
            .collect();
        ranges.sort_by(|a, b| b.0.total_cmp(&a.0));
        ranges.into_iter().find_map(|(_, tag)| tag.split('-').next()?.to_lowercase().parse().ok())
    }

    /// Its locale for ICU.
    pub const fn locale(self) -> Locale {
        match self {
            Language::English => locale!("en"),
            Language::French => locale!("fr"),
            Language::Spanish => locale!("es"),
        }
    }

    /// A calendar date in words: "30 septembre 2026".
    pub fn date(self, date: NaiveDate) -> String {
        let formatter = DateTimeFormatter::try_new(self.locale().into(), YMD::long());
        match (formatter, icu_date(date)) {
            (Ok(formatter), Some(input)) => self.with_first(date, formatter.format(&input).to_string()),
            _ => date.to_string(),
        }
    }

    /// A date in words as it is written: in French the first of a month is an ordinal ("1er mai 2026"), which ICU's
    /// patterns do not know.
    pub fn with_first(self, date: NaiveDate, words: String) -> String {
        match words.strip_prefix('1') {
            Some(rest) if self == Language::French && date.day() == 1 => format!("1er{rest}"),
            _ => words,
        }
    }
}

/// A calendar date as ICU's formatters take it; none beyond the years they know.
pub fn icu_date(date: NaiveDate) -> Option<Date<Iso>> {
    let (day, month) = u8::try_from(date.day()).ok().zip(u8::try_from(date.month()).ok())?;
    Date::try_new_iso(date.year(), month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_s_first_known_language_is_taken() {
        assert_eq!(Language::accepted("de,fr;q=0.8,en;q=0.5"), Some(Language::French));
        assert_eq!(Language::accepted("en;q=0.2, es-MX;q=0.9"), Some(Language::Spanish));
        assert_eq!(Language::accepted("de"), None);
    }

    #[test]
    fn dates_are_words() {
        let date = NaiveDate::from_ymd_opt(2026, 9, 30).unwrap_or_default();
        let written = Language::ALL.iter().map(|language| language.date(date)).collect::<Vec<_>>();
        assert_eq!(written, ["September 30, 2026", "30 septembre 2026", "30 de septiembre de 2026"]);
        let first = NaiveDate::from_ymd_opt(2026, 5, 1).unwrap_or_default();
        let written = Language::ALL.iter().map(|language| language.date(first)).collect::<Vec<_>>();
        assert_eq!(written, ["May 1, 2026", "1er mai 2026", "1 de mayo de 2026"]);
    }
}
