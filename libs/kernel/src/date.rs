//! Calendar dates.

use crate::Fault;
use chrono::{Datelike, NaiveDate};
use std::ops::RangeInclusive;

/// Plausible years of agreements and reports: databases and calendars write four-digit years, and others are typing
/// errors.
const PLAUSIBLE_YEARS: RangeInclusive<i32> = 2000..=2110;

/// The fault of a date that is not allowed in a record.
pub fn unusual(date: NaiveDate) -> Option<Fault> {
    (!PLAUSIBLE_YEARS.contains(&date.year()))
        .then(|| Fault::date_out_of_range(*PLAUSIBLE_YEARS.start(), *PLAUSIBLE_YEARS.end()))
}
