//! Calendar dates.

use crate::Fault;
use chrono::{Datelike, NaiveDate};
use std::ops::RangeInclusive;

/// The years in which agreements and reports are: databases and calendars write years of four digits, and others are slips
/// of the keyboard.
const YEARS: RangeInclusive<i32> = 2000..=2110;

/// What is wrong with a date that cannot stand in a record.
pub fn unusual(date: NaiveDate) -> Option<Fault> {
    (!YEARS.contains(&date.year())).then(|| Fault::date_out_of_range(*YEARS.start(), *YEARS.end()))
}
