//! Twenty agreements and what they owe, worked out with a calendar and not with this code.

use super::schedule::{ends_at, obligations};
use crate::agreement::terms::{Terms, tests::terms};
use serde_json::json;

/// A name, first and last day, the reporting clause, and for each slot its period and due date; the kinds stand with the
/// final slot where they are others than a narrative and a financial report.
type Golden = (&'static str, [&'static str; 2], serde_json::Value, &'static [&'static str]);

fn agreements() -> Vec<Golden> {
    let house = || json!({});
    vec![
        (
            "six months of emergency",
            ["2026-01-01", "2026-06-30"],
            house(),
            &["final 2026-01-01..2026-06-30 2026-09-30"],
        ),
        (
            "a day short of a year",
            ["2026-01-01", "2026-12-30"],
            house(),
            &["final 2026-01-01..2026-12-30 2027-03-30"],
        ),
        (
            "a calendar year",
            ["2026-01-01", "2026-12-31"],
            house(),
            &["interim_1 2026-01-01..2026-06-30 2026-08-11", "final 2026-01-01..2026-12-31 2027-03-31"],
        ),
        (
            "a year from the middle of a month",
            ["2026-03-15", "2027-03-14"],
            house(),
            &["interim_1 2026-03-15..2026-09-14 2026-10-26", "final 2026-03-15..2027-03-14 2027-06-14"],
        ),
        (
            "thirteen months",
            ["2026-02-01", "2027-02-28"],
            house(),
            &[
                "interim_1 2026-02-01..2026-07-31 2026-09-11",
                "interim_2 2026-08-01..2027-01-31 2027-03-14",
                "final 2026-02-01..2027-02-28 2027-05-28",
            ],
        ),
        (
            "sixteen months and ten days",
            ["2026-01-01", "2027-05-10"],
            house(),
            &[
                "interim_1 2026-01-01..2026-06-30 2026-08-11",
                "interim_2 2026-07-01..2026-12-31 2027-02-11",
                "final 2026-01-01..2027-05-10 2027-08-10",
            ],
        ),
        (
            "eighteen months",
            ["2026-04-01", "2027-09-30"],
            house(),
            &[
                "interim_1 2026-04-01..2026-09-30 2026-11-11",
                "interim_2 2026-10-01..2027-03-31 2027-05-12",
                "final 2026-04-01..2027-09-30 2027-12-30",
            ],
        ),
        (
            "two years",
            ["2026-01-01", "2027-12-31"],
            house(),
            &[
                "interim_1 2026-01-01..2026-06-30 2026-08-11",
                "interim_2 2026-07-01..2026-12-31 2027-02-11",
                "interim_3 2027-01-01..2027-06-30 2027-08-11",
                "final 2026-01-01..2027-12-31 2028-03-31",
            ],
        ),
        (
            "three years over a leap year",
            ["2027-07-01", "2030-06-30"],
            house(),
            &[
                "interim_1 2027-07-01..2027-12-31 2028-02-11",
                "interim_2 2028-01-01..2028-06-30 2028-08-11",
                "interim_3 2028-07-01..2028-12-31 2029-02-11",
                "interim_4 2029-01-01..2029-06-30 2029-08-11",
                "interim_5 2029-07-01..2029-12-31 2030-02-11",
                "final 2027-07-01..2030-06-30 2030-09-30",
            ],
        ),
        (
            "a year from a leap day: its second half-year is the final report's",
            ["2028-02-29", "2029-02-28"],
            house(),
            &["interim_1 2028-02-29..2028-08-28 2028-10-09", "final 2028-02-29..2029-02-28 2029-05-28"],
        ),
        (
            "a year from the 31st",
            ["2025-08-31", "2026-08-30"],
            house(),
            &["interim_1 2025-08-31..2026-02-27 2026-04-10", "final 2025-08-31..2026-08-30 2026-11-30"],
        ),
        (
            "a half-year that ends on a leap day",
            ["2027-09-01", "2028-08-31"],
            house(),
            &["interim_1 2027-09-01..2028-02-29 2028-04-11", "final 2027-09-01..2028-08-31 2028-11-30"],
        ),
        (
            "final reports due on the last day of February",
            ["2026-06-01", "2026-11-30"],
            house(),
            &["final 2026-06-01..2026-11-30 2027-02-28"],
        ),
        (
            "every three months, due in thirty days",
            ["2026-01-01", "2026-12-31"],
            json!({ "interim_every_months": 3, "interim_due_days": 30 }),
            &[
                "interim_1 2026-01-01..2026-03-31 2026-04-30",
                "interim_2 2026-04-01..2026-06-30 2026-07-30",
                "interim_3 2026-07-01..2026-09-30 2026-10-30",
                "final 2026-01-01..2026-12-31 2027-03-31",
            ],
        ),
        (
            "seven months, but every three by its clause",
            ["2026-05-01", "2026-11-30"],
            json!({ "interim_every_months": 3 }),
            &[
                "interim_1 2026-05-01..2026-07-31 2026-09-11",
                "interim_2 2026-08-01..2026-10-31 2026-12-12",
                "final 2026-05-01..2026-11-30 2027-02-28",
            ],
        ),
        (
            "every year of three, due in ninety days, and in six months",
            ["2026-01-01", "2028-12-31"],
            json!({ "interim_every_months": 12, "interim_due_days": 90, "final_due_months": 6 }),
            &[
                "interim_1 2026-01-01..2026-12-31 2027-03-31",
                "interim_2 2027-01-01..2027-12-31 2028-03-30",
                "final 2026-01-01..2028-12-31 2029-06-30",
            ],
        ),
        (
            "the harmonised template",
            ["2026-01-01", "2026-12-31"],
            json!({ "template": "eight_plus_three" }),
            &[
                "interim_1 2026-01-01..2026-06-30 2026-08-11 eight_plus_three",
                "final 2026-01-01..2026-12-31 2027-03-31 eight_plus_three",
            ],
        ),
        (
            "certified accounts, in six months",
            ["2026-01-01", "2026-12-31"],
            json!({ "certified": true, "final_due_months": 6 }),
            &[
                "interim_1 2026-01-01..2026-06-30 2026-08-11",
                "final 2026-01-01..2026-12-31 2027-06-30 certified_financial",
            ],
        ),
        (
            "final reports a month after the end of January",
            ["2026-02-01", "2027-01-31"],
            json!({ "final_due_months": 1 }),
            &["interim_1 2026-02-01..2026-07-31 2026-09-11", "final 2026-02-01..2027-01-31 2027-02-28"],
        ),
        (
            "a schedule of its own",
            ["2026-01-01", "2027-06-30"],
            json!({ "schedule": [
                { "kind": "interim_narrative", "period_start": "2026-01-01", "period_end": "2026-04-15", "due_date": "2026-05-01" },
                { "kind": "final_narrative", "period_start": "2026-01-01", "period_end": "2027-06-30", "due_date": "2027-08-31" }] }),
            &[
                "milestone_1 2026-01-01..2026-04-15 2026-05-01 alone",
                "milestone_2 2026-01-01..2027-06-30 2027-08-31 alone",
            ],
        ),
    ]
}

#[test]
fn twenty_agreements_owe_what_was_worked_out() {
    let golden = agreements();
    assert_eq!(golden.len(), 20);
    for (name, [start, end], clause, expected) in golden {
        let terms = Terms { reporting: serde_json::from_value(clause).unwrap(), ..terms(start, end) };
        let owed = obligations(&terms);
        let mut slots: Vec<String> = Vec::new();
        for report in &owed {
            let of_slot: Vec<&str> = owed
                .iter()
                .filter(|other| other.slot == report.slot)
                .map(|other| other.kind.as_str())
                .collect();
            let special = match of_slot.as_slice() {
                [_] => " alone",
                kinds if kinds.contains(&"certified_financial") => " certified_financial",
                kinds if kinds.contains(&"eight_plus_three") => " eight_plus_three",
                kinds => {
                    assert!(
                        kinds[0].ends_with("_financial") && kinds[1].ends_with("_narrative"),
                        "{kinds:?}"
                    );
                    ""
                }
            };
            let line = format!(
                "{} {}..{} {}{special}",
                report.slot, report.period_start, report.period_end, report.due_date
            );
            if !slots.contains(&line) {
                slots.push(line);
            }
        }
        assert_eq!(slots, expected, "{name}");
    }
}

#[test]
fn a_due_date_ends_when_the_day_ends_where_the_donor_is() {
    for (day, zone, instant) in [
        ("2026-08-11", "Europe/Oslo", "2026-08-11T22:00:00Z"),
        ("2027-03-31", "America/New_York", "2027-04-01T04:00:00Z"),
        ("2027-02-11", "Asia/Tokyo", "2027-02-11T15:00:00Z"),
        ("2026-12-12", "Pacific/Auckland", "2026-12-12T11:00:00Z"),
        ("2026-09-30", "Asia/Kathmandu", "2026-09-30T18:15:00Z"),
        // The clocks go forward that night.
        ("2026-03-28", "Europe/Oslo", "2026-03-28T23:00:00Z"),
    ] {
        assert_eq!(
            ends_at(day.parse().unwrap(), Some(zone)),
            instant.parse::<chrono::DateTime<chrono::Utc>>().unwrap(),
            "{day} {zone}"
        );
    }
}
