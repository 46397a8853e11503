//! Instants as people type them: a date and a time of day, in the time zone of the committee.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::Value;

/// What an input of the type `datetime-local` holds.
const FORMAT: &str = "%Y-%m-%dT%H:%M";

fn zone_of(zone: &Value) -> Tz {
    zone.as_str().and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
}

/// An instant of the API as the input shows it; empty for none.
pub(super) fn shown(instant: &Value, zone: &Value) -> String {
    let at: Option<DateTime<Utc>> = instant.as_str().and_then(|text| text.parse().ok());
    at.map(|at| at.with_timezone(&zone_of(zone)).format(FORMAT).to_string()).unwrap_or_default()
}

/// What was typed as the API takes it; what is no time goes as it is, and the platform says what is wrong with it. Of the
/// hour that comes twice in autumn it is the first one.
pub(super) fn read(typed: &str, zone: &Value) -> String {
    let seconds = "%Y-%m-%dT%H:%M:%S";
    let local = NaiveDateTime::parse_from_str(typed, FORMAT)
        .or_else(|_| NaiveDateTime::parse_from_str(typed, seconds));
    let at = local.ok().and_then(|local| zone_of(zone).from_local_datetime(&local).earliest());
    at.map_or_else(|| typed.to_owned(), |at| written(at.with_timezone(&Utc)))
}

/// An instant for the API, to the second.
pub(super) fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_time_is_read_in_the_zone_of_the_committee_and_shown_so() {
        let zone = json!("Europe/Zurich");
        assert_eq!(read("2026-05-04T10:00", &zone), "2026-05-04T08:00:00Z");
        assert_eq!(shown(&json!("2026-05-04T08:00:00Z"), &zone), "2026-05-04T10:00");
        assert_eq!(read("2026-05-04T10:00", &Value::Null), "2026-05-04T10:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_left_to_the_platform_and_an_hour_that_comes_twice_is_the_first() {
        let zone = json!("Europe/Zurich");
        assert_eq!(read("tomorrow", &zone), "tomorrow");
        assert_eq!(read("2026-03-29T02:30", &zone), "2026-03-29T02:30", "there is no such time");
        assert_eq!(read("2026-10-25T02:30", &zone), "2026-10-25T00:30:00Z");
        assert_eq!(shown(&Value::Null, &zone), "");
    }
}
