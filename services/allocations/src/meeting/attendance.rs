//! Who was in a meeting, from when to when.

use chrono::{DateTime, Utc};
use kernel::{Fault, FieldCode, PersonId};
use serde::{Deserialize, Serialize};
use service::Checks;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Intervals of a meeting at most.
pub(crate) const MAX_INTERVALS: usize = 500;

/// A person's presence in a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttendanceInterval {
    pub(crate) person_id: PersonId,
    pub(crate) from: DateTime<Utc>,
    /// When the person left; null while it is there.
    pub(crate) to: Option<DateTime<Utc>>,
    /// Whether it took part by telephone or video.
    #[serde(default)]
    pub(crate) remote: bool,
}

impl AttendanceInterval {
    fn includes(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }

    fn meets(&self, other: &Self) -> bool {
        let before = |first: &Self, second: &Self| first.to.is_some_and(|to| to <= second.from);
        self.person_id == other.person_id && !before(self, other) && !before(other, self)
    }
}

/// Who is there at an instant.
pub(crate) fn present_at(intervals: &[AttendanceInterval], at: DateTime<Utc>) -> BTreeSet<PersonId> {
    intervals.iter().filter(|interval| interval.includes(at)).map(|interval| interval.person_id).collect()
}

/// The intervals with those ended at `at` that have no end.
pub(crate) fn ended(mut intervals: Vec<AttendanceInterval>, at: DateTime<Utc>) -> Vec<AttendanceInterval> {
    for interval in &mut intervals {
        interval.to = Some(interval.to.unwrap_or(at).max(interval.from));
    }
    intervals
}

/// What is wrong with intervals; `holders` have a seat in the committee on the day of the meeting.
pub(crate) fn check(
    checks: &mut Checks,
    intervals: &[AttendanceInterval],
    holders: &BTreeSet<PersonId>,
    now: DateTime<Utc>,
) {
    let intervals = checks.at_most("/intervals", intervals, MAX_INTERVALS);
    for (index, interval) in intervals.iter().enumerate() {
        let place = |field: &str| format!("/intervals/{index}/{field}");
        let has_seat = holders.contains(&interval.person_id);
        let unknown = FieldCode::UnknownReference.says("has no seat in the committee on this day");
        checks.require(has_seat, &place("person_id"), unknown.with("kind", "seat"));
        checks.require(interval.from <= now, &place("from"), Fault::in_future());
        if let Some(to) = interval.to {
            checks.require(to <= now, &place("to"), Fault::in_future());
            checks.require(
                to > interval.from,
                &place("to"),
                Fault::not_after("from", interval.from.to_rfc3339()),
            );
        }
        let is_twice = intervals.iter().take(index).any(|other| other.meets(interval));
        checks.require(!is_twice, &place("from"), (FieldCode::Duplicate, "overlaps with another interval"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> DateTime<Utc> {
        format!("2026-05-04T{time}:00Z").parse().unwrap()
    }

    fn interval(person: u128, from: &str, to: Option<&str>) -> AttendanceInterval {
        let person_id = PersonId::from_u128(person);
        AttendanceInterval { person_id, from: at(from), to: to.map(at), remote: false }
    }

    #[test]
    fn whoever_has_left_is_not_there() {
        let intervals = [interval(1, "10:00", Some("11:00")), interval(2, "10:30", None)];
        let there = |time: &str| -> Vec<u128> {
            present_at(&intervals, at(time)).into_iter().map(PersonId::as_u128).collect()
        };
        assert_eq!(there("09:59"), [] as [u128; 0]);
        assert_eq!(there("10:00"), [1]);
        assert_eq!(there("10:30"), [1, 2]);
        assert_eq!(there("11:00"), [2], "the end is not part of it");
        let ended = ended(intervals.to_vec(), at("12:00"));
        assert_eq!(ended[1].to, Some(at("12:00")));
        assert_eq!(ended[0].to, Some(at("11:00")));
    }

    #[test]
    fn intervals_that_make_no_sense_are_refused() {
        let holders = BTreeSet::from([PersonId::from_u128(1)]);
        let intervals = [
            interval(1, "10:00", Some("11:00")),
            interval(1, "10:30", None),
            interval(2, "10:00", Some("10:00")),
            interval(1, "13:00", None),
        ];
        let mut checks = Checks::new();
        check(&mut checks, &intervals, &holders, at("12:00"));
        let pointers: Vec<String> = checks.into_errors().into_iter().map(|error| error.pointer).collect();
        let expected = [
            "/intervals/1/from",
            "/intervals/2/person_id",
            "/intervals/2/to",
            "/intervals/3/from",
            "/intervals/3/from",
        ];
        assert_eq!(pointers, expected);
    }
}
