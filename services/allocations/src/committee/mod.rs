//! Committees: who sits in one, by which rules it decides, and whether its decisions need the head of the organisation.

pub(crate) mod api;
pub(crate) mod refusal;
pub(crate) mod rules;
pub(crate) mod rules_api;
pub(crate) mod seat;
pub(crate) mod store;
pub(crate) mod trail;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use kernel::closed_set;

closed_set! {
    /// Who has the last word on an allocation: the committee, or the head of the organisation, to whom the committee
    /// recommends.
    pub enum DecidedBy {
        Committee = "committee",
        Head = "head",
    }
}

/// The day in a time zone (IANA; UTC where it is not known): a seat begins and ends with the committee's own days.
pub(crate) fn day_in(zone: &str, at: DateTime<Utc>) -> NaiveDate {
    let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
    at.with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_that_of_the_committee() {
        let at: DateTime<Utc> = "2026-06-30T22:30:00Z".parse().unwrap();
        assert_eq!(day_in("Europe/Zurich", at).to_string(), "2026-07-01");
        assert_eq!(day_in("UTC", at).to_string(), "2026-06-30");
        assert_eq!(day_in("nowhere", at).to_string(), "2026-06-30");
    }
}
