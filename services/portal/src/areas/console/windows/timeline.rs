//! The windows that are prepared or under way on one line of time: when each takes proposals, and when it decides.

use crate::{
    error::PageError,
    format,
    i18n::{Language, text},
    visit::{PageResult, Staff},
};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use fluent_bundle::FluentArgs;
use futures_util::future::join_all;
use serde_json::{Value, json};

/// The states of windows on the line: what is over is in the list.
const STATES: [&str; 4] = ["draft", "open", "scoring", "deliberation"];
/// The line begins at most so many days ago.
const MAX_PAST: Days = Days::new(180);
/// The line is at least as long.
const MIN_LENGTH: Days = Days::new(60);
/// Of a longer line, every third month is named: there is room for the names of so many.
const MAX_MONTHS: usize = 10;
/// A month that begins further on has no room for its name, in percent.
const LAST_TICK: f64 = 91.0;
/// Longer titles are truncated in the drawing, where they stand in one line.
const MAX_TITLE_LENGTH: usize = 45;

/// A day on which something happens to a window.
struct Date<'a> {
    day: NaiveDate,
    key: &'static str,
    window: &'a Value,
}

/// A date, or the day on which an instant is in the window's own zone.
fn day(window: &Value, name: &str) -> Option<NaiveDate> {
    let text = window[name].as_str()?;
    let zone: Tz = window["time_zone"].as_str().and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
    let at = text.parse::<DateTime<Utc>>().ok().map(|at| at.with_timezone(&zone).date_naive());
    at.or_else(|| text.parse().ok())
}

fn short(title: &str) -> String {
    if title.chars().count() <= MAX_TITLE_LENGTH {
        return title.to_owned();
    }
    let kept: String = title.chars().take(MAX_TITLE_LENGTH).collect();
    format!("{}…", kept.trim_end())
}

pub(super) async fn show(staff: &Staff) -> PageResult {
    let windows = under_way(staff).await?;
    let context = context(staff.language, staff.today(), &windows);
    staff.page("console/windows/timeline.html", context).await
}

async fn under_way(staff: &Staff) -> Result<Vec<Value>, PageError> {
    let of_state =
        STATES.map(|state| async move { staff.all("/v1/allocation-windows", &[("state", state)]).await });
    let mut windows = Vec::new();
    for found in join_all(of_state).await {
        windows.extend(found?);
    }
    windows.sort_by_key(|window| day(window, "opens_at"));
    Ok(windows)
}

/// What the page is given: the drawing, and the dates to come.
pub(crate) fn context(language: Language, today: NaiveDate, windows: &[Value]) -> Value {
    let dates = dates(today, windows);
    let shown = |date: &Date<'_>| {
        let (day, window) = (date.day.to_string(), date.window);
        json!({ "day": day, "key": date.key, "id": window["id"], "title": window["title"] })
    };
    let coming: Vec<Value> = dates.iter().map(shown).collect();
    json!({
        "view": "timeline", "coming": coming, "drawing": drawing(language, today, windows), "problem": null,
    })
}

/// What happens next, the first first.
fn dates(today: NaiveDate, windows: &[Value]) -> Vec<Date<'_>> {
    const FIELDS: [(&str, &str); 3] =
        [("opens_at", "window-opens"), ("closes_at", "window-closes"), ("decides_on", "window-decides")];
    let mut dates = Vec::new();
    for window in windows {
        let days = FIELDS.into_iter().filter_map(|(name, key)| Some((day(window, name)?, key)));
        let coming = days.filter(|(day, _)| *day >= today);
        dates.extend(coming.map(|(day, key)| Date { day, key, window }));
    }
    dates.sort_by_key(|date| date.day);
    dates
}

/// Days from one to another; 0 or above.
fn length(from: NaiveDate, to: NaiveDate) -> f64 {
    f64::from(i32::try_from((to - from).num_days().max(0)).unwrap_or(i32::MAX))
}

/// The line, with places in percent of its length; null without windows.
fn drawing(language: Language, today: NaiveDate, windows: &[Value]) -> Value {
    let begins = windows.iter().filter_map(|window| day(window, "opens_at"));
    let Some(first) = begins.min() else { return Value::Null };
    let earliest = today.checked_sub_days(MAX_PAST).unwrap_or(today);
    let from = first.clamp(earliest, today.max(earliest));
    let ends = windows.iter().flat_map(|window| [day(window, "closes_at"), day(window, "decides_on")]);
    let last = ends.flatten().max().unwrap_or(today);
    let shortest = from.checked_add_days(MIN_LENGTH).unwrap_or(from);
    let to = last.max(shortest);
    let place = |day: NaiveDate| (length(from, day) / length(from, to) * 100.0).min(100.0);
    let row = |window: &Value| {
        let (opens, closes) = (day(window, "opens_at")?, day(window, "closes_at")?);
        let state = window["state"].as_str().unwrap_or_default();
        let mut arguments = FluentArgs::new();
        arguments.set("title", short(window["title"].as_str().unwrap_or_default()));
        arguments.set("state", text(language, &format!("window-state-{state}"), None));
        let period = format!("{} – {}", format::date(language, opens), format::date(language, closes));
        Some(json!({
            "label": text(language, "window-named", Some(&arguments)), "shown": period,
            "from": place(opens), "to": place(closes), "decides": day(window, "decides_on").map(place),
            "class": if state == "draft" { "part-2" } else { "part-0" },
        }))
    };
    let months = months(from, to);
    let step = if months.len() > MAX_MONTHS { 3 } else { 1 };
    let ticks: Vec<Value> = months
        .into_iter()
        .step_by(step)
        .filter(|month| place(*month) <= LAST_TICK)
        .map(|month| json!({ "at": place(month), "label": format::month(language, month) }))
        .collect();
    json!({
        "rows": windows.iter().filter_map(row).collect::<Vec<_>>(), "ticks": ticks, "today": place(today),
        "today_label": text(language, "window-today", None),
    })
}

/// The first days of the months after a day, up to another.
fn months(from: NaiveDate, to: NaiveDate) -> Vec<NaiveDate> {
    let first = from.with_day(1).unwrap_or(from);
    let month = |number: u32| first.checked_add_months(Months::new(number));
    (1..).map_while(month).take_while(|day| *day <= to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(opens: &str, closes: &str, decides: Option<&str>) -> Value {
        json!({ "id": "w", "title": "T", "state": "open", "opens_at": format!("{opens}T08:00:00Z"),
                "closes_at": format!("{closes}T17:00:00Z"), "decides_on": decides })
    }

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_past_is_no_date_to_come() {
        let windows = [
            window("2026-01-01", "2026-03-01", Some("2026-04-15")),
            window("2026-02-20", "2026-06-30", None),
        ];
        let found: Vec<(String, &str)> =
            dates(on("2026-02-01"), &windows).iter().map(|date| (date.day.to_string(), date.key)).collect();
        let expected = [
            ("2026-02-20", "window-opens"),
            ("2026-03-01", "window-closes"),
            ("2026-04-15", "window-decides"),
            ("2026-06-30", "window-closes"),
        ];
        assert_eq!(found, expected.map(|(day, key)| (day.to_owned(), key)));
    }

    #[test]
    fn a_day_is_one_of_the_window_s_zone() {
        let window = json!({ "closes_at": "2026-06-30T22:30:00Z", "decides_on": "2026-07-15",
            "time_zone": "Europe/Zurich" });
        assert_eq!(day(&window, "closes_at"), Some(on("2026-07-01")));
        assert_eq!((day(&window, "decides_on"), day(&window, "opens_at")), (Some(on("2026-07-15")), None));
    }

    #[test]
    fn a_long_title_is_truncated() {
        assert_eq!(short("First window"), "First window");
        assert_eq!(short(&"é".repeat(46)), format!("{}…", "é".repeat(45)));
    }

    #[test]
    fn a_window_lies_where_its_days_lie() {
        let windows = [window("2026-01-01", "2026-02-20", Some("2026-04-11"))];
        let drawn = drawing(Language::English, on("2026-01-21"), &windows);
        let at = |value: &Value| value.as_f64().unwrap();
        assert_eq!((at(&drawn["rows"][0]["from"]), at(&drawn["rows"][0]["to"])), (0.0, 50.0));
        assert_eq!((at(&drawn["rows"][0]["decides"]), at(&drawn["today"])), (100.0, 20.0));
        assert_eq!(drawn["ticks"].as_array().unwrap().len(), 3);
        assert!(drawing(Language::English, on("2026-01-21"), &[]).is_null());
    }

    #[test]
    fn months_begin_after_the_first_day_and_end_with_the_last() {
        assert_eq!(months(on("2026-01-01"), on("2026-03-01")), [on("2026-02-01"), on("2026-03-01")]);
        assert!(months(on("2026-01-31"), on("2026-01-31")).is_empty());
    }
}
