//! Which reports an agreement owes, and when. Every date is counted from the agreement's own first and last day, so none
//! drifts when another moves.

use crate::agreement::terms::{Milestone, Terms};
use chrono::{DateTime, Days, Months, NaiveDate, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};
use kernel::{ReportKind, ReportTemplate};

/// House rule: agreements of at least this many months have interim reports.
const INTERIM_FROM_MONTHS: u32 = 12;
/// House rule: months between interim reports.
const INTERIM_INTERVAL_MONTHS: u32 = 6;
/// House rule: interim reports are due six weeks after their period.
const INTERIM_DUE_DAYS: u32 = 42;
/// House rule: final reports are due three months after the end.
const FINAL_DUE_MONTHS: u32 = 3;

/// A report that is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Obligation {
    /// What it is in the schedule (`interim_1`, `final`, `milestone_3`), however dates move.
    pub(crate) slot: String,
    pub(crate) kind: ReportKind,
    pub(crate) period_start: NaiveDate,
    pub(crate) period_end: NaiveDate,
    pub(crate) due_date: NaiveDate,
}

/// The reports of an agreement: its own schedule, or the clause's rule, or the house rule; by due date.
pub(crate) fn obligations(terms: &Terms) -> Vec<Obligation> {
    let mut owed = if terms.reporting.schedule.is_empty() {
        regular(terms)
    } else {
        terms.reporting.schedule.iter().enumerate().map(of_milestone).collect()
    };
    owed.sort_by(|a, b| (a.due_date, &a.slot, a.kind.as_str()).cmp(&(b.due_date, &b.slot, b.kind.as_str())));
    owed
}

fn of_milestone((index, milestone): (usize, &Milestone)) -> Obligation {
    Obligation {
        slot: format!("milestone_{}", index + 1),
        kind: milestone.kind,
        period_start: milestone.period_start,
        period_end: milestone.period_end,
        due_date: milestone.due_date,
    }
}

fn after(date: NaiveDate, months: u32) -> NaiveDate {
    date.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

fn regular(terms: &Terms) -> Vec<Obligation> {
    let (start, end, clause) = (terms.start_date, terms.end_date, &terms.reporting);
    let harmonised = clause.template == ReportTemplate::EightPlusThree;
    let is_long = end + Days::new(1) >= after(start, INTERIM_FROM_MONTHS);
    let every = clause.interim_every_months.or(is_long.then_some(INTERIM_INTERVAL_MONTHS));
    let mut owed = Vec::new();
    let mut owe = |slot: String, kind: ReportKind, period: (NaiveDate, NaiveDate), due_date: NaiveDate| {
        let (period_start, period_end) = period;
        owed.push(Obligation { slot, kind, period_start, period_end, due_date });
    };
    if let Some(every) = every {
        let days = u64::from(clause.interim_due_days.unwrap_or(INTERIM_DUE_DAYS));
        for number in 1.. {
            let from = after(start, (number - 1) * every);
            let until = after(start, number * every) - Days::new(1);
            // The last period is the final report's, and by the house rule so is one that ends within a month of it.
            let soon = clause.interim_every_months.is_none() && after(until, 1) > end;
            if until >= end || soon {
                break;
            }
            let narrative =
                if harmonised { ReportKind::EightPlusThree } else { ReportKind::InterimNarrative };
            for kind in [narrative, ReportKind::InterimFinancial] {
                owe(format!("interim_{number}"), kind, (from, until), until + Days::new(days));
            }
        }
    }
    let due = after(end, clause.final_due_months.unwrap_or(FINAL_DUE_MONTHS));
    let narrative = if harmonised { ReportKind::EightPlusThree } else { ReportKind::FinalNarrative };
    let certified = clause.certified.then_some(ReportKind::CertifiedFinancial);
    for kind in [narrative, ReportKind::FinalFinancial].into_iter().chain(certified) {
        owe("final".to_owned(), kind, (start, end), due);
    }
    owed
}

/// The instant at which a due date has ended in a time zone (a country's IANA zone; UTC where none is known): the first
/// whose date is a later one there.
pub(crate) fn ends_at(due_date: NaiveDate, zone: Option<&str>) -> DateTime<Utc> {
    let zone: Tz = zone.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC);
    let next = due_date.succ_opt().unwrap_or(due_date);
    let midnight = next.and_time(chrono::NaiveTime::MIN);
    // Clocks that are put forward over midnight (Beirut, Santiago, Cairo), or over a whole day (Apia in 2011), never show
    // it: the day ends when they change.
    let local = zone
        .from_local_datetime(&midnight)
        .earliest()
        .or_else(|| GapInfo::new(&midnight, &zone).and_then(|gap| gap.end));
    local.map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&Utc))
}

/// The reports that one agreement owes, worked out from its terms alone: no office, no database.
#[derive(Debug, Clone)]
pub struct Schedule(Terms);

impl Schedule {
    /// Of terms as `POST /v1/agreements` takes them.
    ///
    /// # Errors
    /// A text that is not JSON, or not the terms of an agreement.
    pub fn of_terms(terms: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(terms).map(Self)
    }

    /// Due date and the instant at which it ends in the donor's time zone (its IANA name; UTC without one), by due date.
    pub fn due(&self, zone: Option<&str>) -> Vec<(NaiveDate, DateTime<Utc>)> {
        let due = |owed: Obligation| (owed.due_date, ends_at(owed.due_date, zone));
        obligations(&self.0).into_iter().map(due).collect()
    }
}

#[cfg(test)]
#[path = "day_tests.rs"]
mod day_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::terms::{
        Reporting,
        tests::{day, terms},
    };
    use proptest::prelude::*;

    fn calendar(terms: &Terms) -> Vec<String> {
        let line = |owed: Obligation| {
            format!(
                "{} {} {}..{} {}",
                owed.slot, owed.kind, owed.period_start, owed.period_end, owed.due_date
            )
        };
        obligations(terms).into_iter().map(line).collect()
    }

    #[test]
    fn a_short_agreement_owes_its_final_reports_three_months_after_the_end() {
        assert_eq!(
            calendar(&terms("2026-01-01", "2026-12-30")),
            [
                "final final_financial 2026-01-01..2026-12-30 2027-03-30",
                "final final_narrative 2026-01-01..2026-12-30 2027-03-30",
            ]
        );
    }

    #[test]
    fn twelve_months_or_more_report_every_six_due_six_weeks_after_the_period() {
        assert_eq!(
            calendar(&terms("2026-01-01", "2026-12-31")),
            [
                "interim_1 interim_financial 2026-01-01..2026-06-30 2026-08-11",
                "interim_1 interim_narrative 2026-01-01..2026-06-30 2026-08-11",
                "final final_financial 2026-01-01..2026-12-31 2027-03-31",
                "final final_narrative 2026-01-01..2026-12-31 2027-03-31",
            ]
        );
        // From the 31st: each period begins on the last day of its month, and the next one is not pulled along.
        let long = calendar(&terms("2025-08-31", "2027-08-30"));
        assert_eq!(long[1], "interim_1 interim_narrative 2025-08-31..2026-02-27 2026-04-10");
        assert_eq!(long[3], "interim_2 interim_narrative 2026-02-28..2026-08-30 2026-10-11");
        assert_eq!(long[5], "interim_3 interim_narrative 2026-08-31..2027-02-27 2027-04-10");
        assert_eq!(long.len(), 8);
    }

    #[test]
    fn a_clause_goes_before_the_house_rule_and_a_schedule_before_both() {
        let mut quarterly = terms("2026-01-01", "2026-09-30");
        quarterly.reporting = Reporting {
            template: ReportTemplate::EightPlusThree,
            interim_every_months: Some(3),
            interim_due_days: Some(30),
            final_due_months: Some(6),
            certified: true,
            schedule: Vec::new(),
        };
        assert_eq!(
            calendar(&quarterly),
            [
                "interim_1 eight_plus_three 2026-01-01..2026-03-31 2026-04-30",
                "interim_1 interim_financial 2026-01-01..2026-03-31 2026-04-30",
                "interim_2 eight_plus_three 2026-04-01..2026-06-30 2026-07-30",
                "interim_2 interim_financial 2026-04-01..2026-06-30 2026-07-30",
                "final certified_financial 2026-01-01..2026-09-30 2027-03-30",
                "final eight_plus_three 2026-01-01..2026-09-30 2027-03-30",
                "final final_financial 2026-01-01..2026-09-30 2027-03-30",
            ]
        );
        quarterly.reporting.schedule = vec![Milestone {
            kind: ReportKind::InterimNarrative,
            period_start: day("2026-01-01"),
            period_end: day("2026-05-15"),
            due_date: day("2026-05-31"),
        }];
        assert_eq!(calendar(&quarterly), ["milestone_1 interim_narrative 2026-01-01..2026-05-15 2026-05-31"]);
    }

    #[test]
    fn a_due_date_ends_where_the_donor_is() {
        let ends = |zone: &str| ends_at(day("2026-03-31"), Some(zone)).to_rfc3339();
        assert_eq!(ends("Pacific/Auckland"), "2026-03-31T11:00:00+00:00");
        assert_eq!(ends("Europe/Oslo"), "2026-03-31T22:00:00+00:00");
        assert_eq!(ends("America/New_York"), "2026-04-01T04:00:00+00:00");
        assert_eq!(ends_at(day("2026-03-31"), None).to_rfc3339(), "2026-04-01T00:00:00+00:00");
    }

    proptest! {
        #[test]
        fn periods_follow_each_other_and_an_extension_moves_only_the_end(
            start in 0u64..4000, length in 30u64..2500, more in 1u64..700, every in prop::option::of(1u32..24),
        ) {
            let first = day("2015-01-01") + Days::new(start);
            let mut before = terms("2015-01-01", "2016-01-01");
            (before.start_date, before.end_date) = (first, first + Days::new(length));
            before.reporting.interim_every_months = every;
            let owed = obligations(&before);
            for report in &owed {
                prop_assert!(report.period_start < report.period_end && report.period_end < report.due_date);
            }
            let mut narratives: Vec<&Obligation> = owed.iter().filter(|report| report.kind == ReportKind::InterimNarrative).collect();
            narratives.sort_by_key(|report| report.period_start);
            for pair in narratives.windows(2) {
                prop_assert_eq!(pair[0].period_end + Days::new(1), pair[1].period_start);
            }
            prop_assert!(narratives.first().is_none_or(|report| report.period_start == first));
            // A longer agreement owes the same interim reports at the same dates, and perhaps more of them.
            let mut after = before.clone();
            after.end_date = before.end_date + Days::new(more);
            let later = obligations(&after);
            for report in owed.iter().filter(|report| report.slot != "final") {
                prop_assert!(later.contains(report));
            }
            for report in &later {
                prop_assert_eq!(later.iter().filter(|other| (&other.slot, &other.kind) == (&report.slot, &report.kind)).count(), 1);
            }
        }
    }
}
