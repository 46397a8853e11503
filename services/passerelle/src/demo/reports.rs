//! The demo's reports: each goes through the hands of its office, its region and headquarters as far as its agreement says,
//! those that the donor has on the days on which that happened.

use super::{
    agreements::Agreement,
    hands::{Hands, step},
    text,
};
use crate::api::Api;
use anyhow::Result;
use chrono::{Days, NaiveDate, TimeDelta};
use reqwest::Method;
use serde_json::{Map, Value, json};

/// What becomes of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    Scheduled,
    /// Its office writes it.
    Drafting,
    /// It is with the regional office.
    Review,
    /// It is with headquarters.
    Clearance,
    /// The regional office gave it back.
    Returned,
    /// The donor has it, so many days after it was due (or before).
    Submitted(i64),
    /// The same, and the donor has accepted it.
    Accepted(i64),
}

impl Course {
    /// The state in which it ends.
    fn state(self) -> &'static str {
        match self {
            Course::Scheduled => "scheduled",
            Course::Drafting => "drafting",
            Course::Review => "regional_review",
            Course::Clearance => "hq_clearance",
            Course::Returned => "returned",
            Course::Submitted(_) => "submitted",
            Course::Accepted(_) => "accepted",
        }
    }

    /// The day on which the donor got it.
    fn submitted_on(self, due: NaiveDate, today: NaiveDate) -> Option<NaiveDate> {
        match self {
            Course::Submitted(days) | Course::Accepted(days) => {
                Some(due.checked_add_signed(TimeDelta::days(days)).unwrap_or(due).min(today))
            }
            Course::Scheduled | Course::Drafting | Course::Review | Course::Clearance | Course::Returned => {
                None
            }
        }
    }
}

/// Takes the reports of an agreement as far as it says.
pub(super) async fn follow(
    hands: &Hands<'_>,
    id: &str,
    agreement: &Agreement,
    today: NaiveDate,
) -> Result<()> {
    if agreement.reports.is_empty() {
        return Ok(());
    }
    let owed = hands.office.get(&format!("/v1/reports?agreement_id={id}&limit=200")).await?;
    for (report, course) in owed["items"].as_array().into_iter().flatten().zip(agreement.reports) {
        take(hands, report.clone(), *course, agreement, today).await?;
    }
    Ok(())
}

async fn take(
    hands: &Hands<'_>,
    mut report: Value,
    course: Course,
    agreement: &Agreement,
    today: NaiveDate,
) -> Result<()> {
    let record = format!("/v1/reports/{}", text(&report["id"])?);
    let due: NaiveDate = text(&report["due_date"])?.parse()?;
    let submitted_on = course.submitted_on(due, today);
    // So many days before the donor got it; today where it has not got it yet.
    let before = |days: u64| submitted_on.and_then(|day| day.checked_sub_days(Days::new(days)));
    let accepted_on = submitted_on.and_then(|day| day.checked_add_days(Days::new(18)));
    let mut is_written = false;
    while report["state"] != course.state() {
        let (hand, action, body): (&Api, &str, Value) = match text(&report["state"])?.as_str() {
            "scheduled" => (hands.office, "start", json!({ "on": before(21) })),
            "drafting" if !is_written => {
                is_written = true;
                // A list does not say which sections a report has.
                if report["sections"].is_null() {
                    report = hands.office.get(&record).await?;
                }
                let content = content(&report, agreement);
                report = step(hands.office, Method::PUT, &record, &report, &content).await?;
                continue;
            }
            "drafting" => (hands.office, "send", json!({ "on": before(12) })),
            "regional_review" if course == Course::Returned => {
                let why = "Please say how many people the mobile clinics reached in each province.";
                (hands.region, "return", json!({ "comment": why }))
            }
            "regional_review" => (hands.region, "endorse", json!({ "on": before(6) })),
            "hq_clearance" => (hands.headquarters, "submit", json!({ "on": before(0) })),
            "submitted" => {
                (hands.headquarters, "accept", json!({ "on": accepted_on.map(|day| day.min(today)) }))
            }
            _ => break,
        };
        report = step(hand, Method::POST, &format!("{record}/{action}"), &report, &body).await?;
    }
    Ok(())
}

/// What an office writes in a report.
fn content(report: &Value, agreement: &Agreement) -> Value {
    let kind = report["kind"].as_str().unwrap_or_default();
    if kind.ends_with("_financial") {
        // Ten-thousandths of what was agreed.
        let spent = if kind.starts_with("final") { 9_764 } else { 2_837 };
        return json!({ "expenditure": agreement.money(agreement.amount.0 * spent / 10_000) });
    }
    let names = report["sections"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let sections: Map<String, Value> = names.map(|name| (name.to_owned(), written(name).into())).collect();
    json!({ "sections": sections })
}

fn written(section: &str) -> &'static str {
    match section {
        "overall_performance" => {
            "The activities went as planned in all sites but two, which floods cut off for a month."
        }
        "measuring_results" => {
            "4,200 families received shelter kits (target: 5,000); 94 % were satisfied with them."
        }
        "affected_persons" => {
            "21,300 people: 54 % women and girls, 8 % with a disability, most of them newly displaced."
        }
        "lessons_learned" => "Kits are stored closer to the sites before the rains.",
        "participation_and_accountability" => {
            "Committees in every site chose the order of distribution; 310 complaints were answered."
        }
        "risk_management" => "Access was negotiated site by site; a second transport contractor was engaged.",
        "coordination" => "The shelter cluster shared the gaps by locality every week.",
        _ => "As in the proposal; no change.",
    }
}
