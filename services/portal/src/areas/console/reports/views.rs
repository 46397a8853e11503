//! Reports as a board by state, and as a calendar.

use crate::{
    error::PageError,
    lists::items,
    visit::{PageResult, Staff},
};
use chrono::{Datelike, Days, Months, NaiveDate};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// The columns of the board, with the states that stand in each.
const BOARD: [(&str, &[&str]); 5] = [
    ("scheduled", &["scheduled"]),
    ("drafting", &["drafting", "returned", "retracted"]),
    ("regional_review", &["regional_review"]),
    ("hq_clearance", &["hq_clearance"]),
    ("submitted", &["submitted", "accepted"]),
];
/// The board shows what is due within so many days, and what was handed in as long ago.
const BOARD_DAYS: Days = Days::new(120);
/// Maximum number of cards per state on the board; the others are in the list.
const MAX_CARDS: &str = "30";
/// Maximum number of reports per day in the calendar; the others are in the list.
const MAX_PER_DAY: usize = 5;

pub(super) async fn board(staff: &Staff) -> PageResult {
    let today = staff.today();
    let (from, until) = ((today - BOARD_DAYS).to_string(), (today + BOARD_DAYS).to_string());
    // The first due first: what is owed is on the board however old it is, what was handed in for a while.
    let of_state = async |name: &str| {
        let mut query = vec![("state", name), ("due_until", until.as_str()), ("limit", MAX_CARDS)];
        if ["submitted", "accepted"].contains(&name) {
            query.push(("due_from", from.as_str()));
        }
        staff.get("/v1/reports", &query).await
    };
    let mut stages = Vec::new();
    for (name, states) in BOARD {
        let (mut cards, mut more) = (Vec::new(), false);
        for list in join_all(states.iter().map(|state| of_state(state))).await {
            let list = list?;
            cards.extend(items(&list).iter().cloned());
            more |= list["next_cursor"].is_string();
        }
        stages.push(json!({ "name": name, "cards": cards, "more": more }));
    }
    staff.page("console/reports/board.html", json!({ "stages": stages, "view": "board" })).await
}

pub(super) async fn calendar(staff: &Staff, month: Option<&str>) -> PageResult {
    let today = staff.today();
    let first = match month.filter(|month| !month.is_empty()) {
        Some(month) => format!("{month}-01").parse().map_err(|_| PageError::NotFound)?,
        None => today.with_day(1).unwrap_or(today),
    };
    let (weeks, from, until) = month_of(first);
    let within = [("due_from", from.to_string()), ("due_until", until.to_string())];
    let reports = staff.all("/v1/reports", &within).await?;
    let day = |date: &NaiveDate| {
        let text = date.to_string();
        let due: Vec<&Value> = reports.iter().filter(|report| report["due_date"] == text.as_str()).collect();
        let shown = &due[..due.len().min(MAX_PER_DAY)];
        json!({ "date": text, "day": date.day(), "inside": date.month() == first.month(), "today": *date == today,
            "reports": shown, "more": due.len() - shown.len() })
    };
    let weeks: Vec<Vec<Value>> = weeks.iter().map(|week| week.iter().map(day).collect()).collect();
    let named = |date: Option<NaiveDate>| date.map(|date| date.format("%Y-%m").to_string());
    let context = json!({
        "weeks": weeks, "first": first.to_string(), "view": "calendar",
        "before": named(first.checked_sub_months(Months::new(1))),
        "after": named(first.checked_add_months(Months::new(1))),
        // A week of known days, to name them in the reader's language: 5 January 2026 is a Monday.
        "days": (5..12).map(|day| format!("2026-01-{day:02}")).collect::<Vec<_>>(),
    });
    staff.page("console/reports/calendar.html", context).await
}

/// The weeks of a month, from Monday to Sunday, with the days around it that fill them; its first and last day shown.
fn month_of(first: NaiveDate) -> (Vec<Vec<NaiveDate>>, NaiveDate, NaiveDate) {
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let mut day = first - Days::new(u64::from(first.weekday().num_days_from_monday()));
    let from = day;
    let mut weeks = Vec::new();
    while day < next {
        weeks.push((0..7).map(|offset| day + Days::new(offset)).collect());
        day = day + Days::new(7);
    }
    (weeks, from, day - Days::new(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_shown_in_whole_weeks() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (weeks, from, until) = month_of(day("2026-11-01"));
        assert_eq!((weeks.len(), from, until), (6, day("2026-10-26"), day("2026-12-06")));
        let (weeks, from, until) = month_of(day("2027-02-01"));
        assert_eq!((weeks.len(), from, until), (4, day("2027-02-01"), day("2027-02-28")));
    }
}
