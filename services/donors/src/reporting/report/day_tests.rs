//! The end of a day against the tz database itself: every zone, every change of its clocks from 1990 to 2037.

use super::ends_at;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::prelude::*;

/// No clock is further from UTC; and a day more, for those that skipped one.
const SEARCH_WINDOW: TimeDelta = TimeDelta::hours(50);

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn offset(zone: Tz, at: DateTime<Utc>) -> TimeDelta {
    TimeDelta::seconds(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc().into())
}

/// The first instant after `from` at which the clocks go otherwise than at `from`, to the second.
fn change(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> DateTime<Utc> {
    let (mut before, mut after) = (from, to);
    while after - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if offset(zone, middle) == offset(zone, from) { before = middle } else { after = middle }
    }
    after
}

/// The first instant whose date in the zone is after `date`, found by walking through the hours around it: it knows of
/// offsets at instants alone, and nothing of times that are skipped.
fn first_after(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    let midnight = (date + Days::new(1)).and_time(NaiveTime::MIN).and_utc();
    let end = midnight + SEARCH_WINDOW;
    let mut since = midnight - SEARCH_WINDOW;
    loop {
        let mut until = since + TimeDelta::hours(1);
        while until < end && offset(zone, until) == offset(zone, since) {
            until += TimeDelta::hours(1);
        }
        if until < end {
            until = change(zone, until - TimeDelta::hours(1), until);
        }
        let reached = since.max(midnight - offset(zone, since));
        if reached < until || until >= end {
            return reached;
        }
        since = until;
    }
}

#[test]
fn a_day_ends_when_the_clocks_change_where_they_skip_midnight() {
    let ends = |date: &str, zone: &str| ends_at(day(date), Some(zone)).to_rfc3339();
    assert_eq!(ends("2026-03-28", "Asia/Beirut"), "2026-03-28T22:00:00+00:00");
    assert_eq!(ends("2026-09-05", "America/Santiago"), "2026-09-06T04:00:00+00:00");
    assert_eq!(ends("2026-03-07", "America/Havana"), "2026-03-08T05:00:00+00:00");
    assert_eq!(ends("2026-04-23", "Africa/Cairo"), "2026-04-23T22:00:00+00:00");
    // Samoa had no 30 December 2011.
    assert_eq!(ends("2011-12-29", "Pacific/Apia"), "2011-12-30T10:00:00+00:00");
    assert_eq!(ends("2011-12-30", "Pacific/Apia"), "2011-12-30T10:00:00+00:00");
    // Brazil put its clocks back at midnight: the hour before came twice.
    assert_eq!(ends("2018-02-17", "America/Sao_Paulo"), "2018-02-18T03:00:00+00:00");
}

#[test]
fn in_every_zone_a_day_ends_at_the_first_instant_of_a_later_date_around_every_change_of_clocks() {
    let (first, last) = ("1990-01-01T00:00:00Z", "2037-12-31T00:00:00Z");
    let (first, last): (DateTime<Utc>, DateTime<Utc>) = (first.parse().unwrap(), last.parse().unwrap());
    let mut changes = 0;
    for zone in TZ_VARIANTS {
        let mut from = first;
        while from < last {
            let to = from + TimeDelta::days(4);
            if offset(zone, from) != offset(zone, to) {
                changes += 1;
                let around = change(zone, from, to).date_naive();
                for back in 0..4 {
                    let date = around + Days::new(1) - Days::new(back);
                    assert_eq!(ends_at(date, Some(zone.name())), first_after(zone, date), "{zone} {date}");
                }
            }
            from = to;
        }
    }
    assert!(changes > 10_000, "only {changes} changes of clocks were found");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn on_any_day_too(zone in prop::sample::select(TZ_VARIANTS.to_vec()), days in 0u64..17_532) {
        let date = day("1990-01-01") + Days::new(days);
        prop_assert_eq!(ends_at(date, Some(zone.name())), first_after(zone, date));
    }
}
