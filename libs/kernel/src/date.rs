//! Calendar dates.

use chrono::{Datelike, NaiveDate};

/// Whether a date lies between 2000 and 2110, where agreements and reports are: others are slips of the keyboard.
pub fn is_usual(date: NaiveDate) -> bool {
    (2000..=2110).contains(&date.year())
}
