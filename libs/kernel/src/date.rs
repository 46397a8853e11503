//! Calendar dates.

use crate::Fault;
use chrono::{Datelike, NaiveDate};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};
use std::{fmt, ops::RangeInclusive};

/// Plausible years of agreements and reports: databases and calendars write four-digit years, and others are typing
/// errors.
const PLAUSIBLE_YEARS: RangeInclusive<i32> = 2000..=2110;
/// Plausible years of money: what lists and usage years accept. Systems write other years for "no date".
pub const YEARS_OF_MONEY: RangeInclusive<i32> = 1900..=2200;
/// What [`day`] says of a text that is no date.
pub const NOT_A_DAY: &str = "the text is not a day of the calendar, written YYYY-MM-DD";

/// The fault of a date that is not allowed in a record.
pub fn unusual(date: NaiveDate) -> Option<Fault> {
    outside(date, &PLAUSIBLE_YEARS)
}

/// The fault of a date on which no money can have been given.
pub fn unusual_for_money(date: NaiveDate) -> Option<Fault> {
    outside(date, &YEARS_OF_MONEY)
}

fn outside(date: NaiveDate, years: &RangeInclusive<i32>) -> Option<Fault> {
    (!years.contains(&date.year())).then(|| Fault::date_out_of_range(*years.start(), *years.end()))
}

/// The day that a text names as `YYYY-MM-DD`; none for anything else, and in the year 0, which no calendar has.
pub fn parse(text: &str) -> Option<NaiveDate> {
    let fits =
        |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    if text.len() != 10 || !text.bytes().enumerate().all(fits) {
        return None;
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (day.year() > 0).then_some(day)
}

/// Reads a date that is sent, for a `deserialize_with`: chrono's own reader takes `2024-3-1` and `+02024-03-01`, too.
///
/// # Errors
/// What is not `YYYY-MM-DD`, with [`NOT_A_DAY`].
pub fn day<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDate, D::Error> {
    Day::deserialize(from).map(|day| day.0)
}

/// The same for a field that may be absent or null; it needs `default` beside it.
///
/// # Errors
/// What is not `YYYY-MM-DD`, with [`NOT_A_DAY`].
pub fn optional_day<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    Ok(Option::<Day>::deserialize(from)?.map(|day| day.0))
}

struct Day(NaiveDate);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(DayVisitor)
    }
}

struct DayVisitor;

impl Visitor<'_> for DayVisitor {
    type Value = Day;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a formatted date string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Day, E> {
        parse(text).map(Day).ok_or_else(|| E::custom(NOT_A_DAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Sent {
        #[serde(deserialize_with = "day")]
        on: NaiveDate,
        #[serde(default, deserialize_with = "optional_day")]
        until: Option<NaiveDate>,
    }

    #[test]
    fn a_date_is_four_digits_two_and_two() {
        let read = |json: &str| serde_json::from_str::<Sent>(json);
        let sent = read(r#"{"on": "2024-03-01", "until": null}"#).unwrap();
        assert_eq!((sent.on.to_string().as_str(), sent.until), ("2024-03-01", None));
        assert_eq!(read(r#"{"on": "2024-03-01"}"#).unwrap().until, None);
        for loose in
            ["2024-3-1", "+02024-03-01", "0000-01-01", "2024-02-30", "2024-03-01T", "02024-03-01", ""]
        {
            for json in
                [format!(r#"{{"on": "{loose}"}}"#), format!(r#"{{"on": "2024-03-01", "until": "{loose}"}}"#)]
            {
                assert!(read(&json).unwrap_err().to_string().starts_with(NOT_A_DAY), "{json}");
            }
        }
        assert!(read(r#"{"on": 5}"#).unwrap_err().to_string().contains("a formatted date string"));
    }

    #[test]
    fn money_is_given_from_1900_to_2200() {
        for (text, fits) in
            [("1899-12-31", false), ("1900-01-01", true), ("2200-12-31", true), ("9999-12-31", false)]
        {
            assert_eq!(unusual_for_money(parse(text).unwrap()).is_none(), fits, "{text}");
        }
    }
}
