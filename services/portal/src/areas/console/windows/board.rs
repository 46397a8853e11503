//! The board of a window: its proposals by rank, with points as they are and without the lenience of reviewers, and how
//! the money would be spread over the groups of the balance.

use super::{cents, dollars, is_secretariat, may_ask, window_of};
use crate::{
    error::PageError,
    ids::Id,
    lists::{Query, given, query_of},
    people,
    visit::{PageResult, Staff},
};
use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/windows/{id}/board", web::get().to(show))
        .route("/console/windows/{id}/board.csv", web::get().to(file))
        .route("/console/windows/{id}/proposals.pb", web::get().to(instance));
}

/// Proposals of a page of the board.
const PAGE: usize = 50;
/// A group of proposals in no group of the balance, as a filter names it.
const NO_GROUP: &str = "-";

/// What is looked at.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Filters {
    group: Option<String>,
    category: Option<String>,
    /// `above` or `below` the cut, `discuss`, `missing` sheets.
    show: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(flatten)]
    filters: Filters,
    page: Option<String>,
}

impl Filters {
    fn includes(&self, row: &Value) -> bool {
        let chosen = |filter: &Option<String>| filter.clone().filter(|text| !text.is_empty());
        let group_of = || row["group"].as_str().unwrap_or(NO_GROUP);
        let is_of_group = chosen(&self.group).is_none_or(|group| group_of() == group);
        let is_of_category =
            chosen(&self.category).is_none_or(|category| row["category"] == category.as_str());
        let is_shown = match self.show.as_deref().unwrap_or_default() {
            "above" => row["is_above_cut"] == true,
            "below" => row["is_above_cut"] == false,
            "discuss" => row["is_to_be_discussed"] == true,
            "missing" => row["missing"].as_u64().is_some_and(|missing| missing > 0),
            _ => true,
        };
        is_of_group && is_of_category && is_shown
    }
}

pub(super) async fn board_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    staff.get(&format!("/v1/allocation-windows/{id}/board"), &()).await
}

async fn show(staff: Staff, id: web::Path<Id>, asked: web::Query<Asked>) -> PageResult {
    let (window, board) = futures_util::join!(window_of(&staff, &id), board_of(&staff, &id));
    let (window, board) = (window?, board?);
    let reviewers = board["reviewers"].as_array().into_iter().flatten().map(|one| &one["person_id"]);
    let names = people::names(&staff, reviewers).await?;
    let page = asked.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1);
    let mut context = context(&window, &board, &asked.filters, page);
    context["names"] = names;
    context["may_ask"] = may_ask(&staff, &window).into();
    context["sees_all"] = is_secretariat(&staff, &window).into();
    staff.page("console/windows/board.html", context).await
}

pub(super) fn rows(board: &Value) -> &[Value] {
    board["proposals"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The sum of an amount of rows, in US cents.
fn sum<'a>(rows: impl IntoIterator<Item = &'a Value>, name: &str) -> i64 {
    rows.into_iter().map(|row| cents(&row[name])).sum()
}

/// What the page is given of a board; `page` counts from 1.
pub(crate) fn context(window: &Value, board: &Value, filters: &Filters, page: usize) -> Value {
    let all = rows(board);
    let found: Vec<&Value> = all.iter().filter(|row| filters.includes(row)).collect();
    let pages = found.len().div_ceil(PAGE).max(1);
    let page = page.clamp(1, pages);
    let shown: Vec<&Value> = found.iter().copied().skip((page - 1) * PAGE).take(PAGE).collect();
    let filter: Query = given(filters);
    let turned = |page: usize| {
        let mut query = filter.clone();
        query.push(("page".to_owned(), page.to_string()));
        query_of(&query)
    };
    // The cut is drawn below the last one above it, where the one that follows stands below.
    let cut = found
        .windows(2)
        .position(|two| two[0]["is_above_cut"] == true && two[1]["is_above_cut"] == false)
        .filter(|place| place / PAGE == page - 1)
        .map(|place| place % PAGE);
    let mut categories: Vec<&str> = all.iter().filter_map(|row| row["category"].as_str()).collect();
    categories.sort_unstable();
    categories.dedup();
    let total = |name: &str| dollars(sum(found.iter().copied(), name));
    json!({
        "window": window, "rows": shown, "cut": cut, "filter": filters, "filter_query": query_of(&filter),
        "categories": categories, "groups": groups(window, all), "no_group": NO_GROUP, "problem": null,
        "totals": { "count": found.len(), "asked": total("asked"), "approved": total("approved") },
        "count": all.len(), "has_needs": has_needs(all),
        "normalisation": board["normalisation"], "envelope": board["envelope"], "asked": board["asked"],
        "reviewers": board["reviewers"],
        "page": page, "pages": pages, "before": (page > 1).then(|| turned(page - 1)),
        "after": (page < pages).then(|| turned(page + 1)),
    })
}

/// Whether it is known of any proposal what its countries and plans need.
fn has_needs(all: &[Value]) -> bool {
    all.iter().any(|row| row["needs"].as_array().is_some_and(|needs| !needs.is_empty()))
}

/// The groups of the balance, with their limits in dollars, what would go to them down to the cut, and what was
/// approved.
fn groups(window: &Value, all: &[Value]) -> Vec<Value> {
    let envelope = cents(&window["envelope"]);
    let times_envelope = |percent: &Value| percent.as_i64().unwrap_or_default() * envelope;
    let group = |balance: &Value| {
        let of_it: Vec<&Value> = all.iter().filter(|row| row["group"] == balance["group"]).collect();
        let above = sum(of_it.iter().copied().filter(|row| row["is_above_cut"] == true), "asked");
        let (asked, approved) = (sum(of_it.iter().copied(), "asked"), sum(of_it.iter().copied(), "approved"));
        // A part of a cent more is a cent more, as the platform counts it.
        let floor = (times_envelope(&balance["floor_percent"]) + 99) / 100;
        let ceiling = times_envelope(&balance["ceiling_percent"]) / 100;
        json!({
            "name": balance["group"], "floor": dollars(floor), "ceiling": dollars(ceiling),
            "floor_percent": balance["floor_percent"], "ceiling_percent": balance["ceiling_percent"],
            "count": of_it.len(), "asked": dollars(asked),
            "above": dollars(above), "above_is": standing(above, floor, ceiling),
            "approved": dollars(approved), "approved_is": standing(approved, floor, ceiling),
        })
    };
    window["balance"].as_array().into_iter().flatten().map(group).collect()
}

/// Where an amount stands between a floor and a ceiling.
pub(super) fn standing(amount: i64, floor: i64, ceiling: i64) -> &'static str {
    if amount < floor {
        "below"
    } else if amount > ceiling {
        "above"
    } else {
        "within"
    }
}

/// The columns of the file, as the API calls them; amounts are in US dollars.
const COLUMNS: [&str; 18] = [
    "rank",
    "reference",
    "title",
    "state",
    "category",
    "nature",
    "countries",
    "group",
    "asked",
    "least",
    "approved",
    "mean",
    "adjusted",
    "spread",
    "is_to_be_discussed",
    "is_above_cut",
    "missing",
    "priority",
];

async fn file(staff: Staff, id: web::Path<Id>, filters: web::Query<Filters>) -> PageResult {
    let board = board_of(&staff, &id).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"board.csv\""))
        .insert_header(("cache-control", "private, no-store"))
        .body(csv(&board, &filters)))
}

/// The board as CSV (RFC 4180): what a filter leaves of it.
fn csv(board: &Value, filters: &Filters) -> String {
    let mut text = COLUMNS.join(",");
    text.push_str("\r\n");
    for row in rows(board).iter().filter(|row| filters.includes(row)) {
        let cells: Vec<String> = COLUMNS.iter().map(|name| quoted(&cell(&row[*name]))).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A value as a cell: amounts as numbers, lists with spaces between.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        Value::Object(money) => money.get("amount").and_then(Value::as_str).unwrap_or_default().to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A cell in quotation marks where it needs them; a text that a spreadsheet would take for a formula is shown as one.
fn quoted(text: &str) -> String {
    let is_number = || text.bytes().skip(1).all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_formula = text.starts_with(['=', '+', '@', '\t', '\r']) || (text.starts_with('-') && !is_number());
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    let needs_marks = text.contains([',', '"', '\r', '\n', '\'']);
    if needs_marks { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// The proposals that have points as a pabulib file: what programs that study participatory budgets read.
async fn instance(staff: Staff, id: web::Path<Id>) -> PageResult {
    staff.document(&format!("/v1/allocation-windows/{id}/proposals.pb")).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(dollars: i64) -> Value {
        super::dollars(dollars * 100)
    }

    fn row(reference: &str, group: &str, (asked, is_above): (i64, bool)) -> Value {
        json!({ "reference": reference, "title": "=1+1, \"x\"", "group": group, "category": "Health",
            "asked": money(asked), "approved": null, "is_above_cut": is_above, "is_to_be_discussed": false, "missing": 0,
            "countries": ["TCD", "SDN"], "rank": 1, "mean": "74.00" })
    }

    fn window() -> Value {
        json!({ "envelope": money(1_000), "balance": [
            { "group": "Africa", "countries": ["TCD"], "floor_percent": 30, "ceiling_percent": 45 },
            { "group": "Europe", "countries": ["UKR"], "floor_percent": 10, "ceiling_percent": 100 } ] })
    }

    #[test]
    fn groups_are_held_against_their_limits() {
        let board = json!({ "proposals": [row("a", "Africa", (400, true)), row("b", "Africa", (100, true)),
            row("c", "Europe", (90, true)), row("d", "Europe", (500, false))] });
        let groups = groups(&window(), rows(&board));
        let of = |group: usize, name: &str| groups[group][name].clone();
        let (above, below) = (json!("above"), json!("below"));
        assert_eq!((of(0, "above"), of(0, "ceiling"), of(0, "above_is")), (money(500), money(450), above));
        assert_eq!((of(1, "above"), of(1, "floor"), of(1, "above_is")), (money(90), money(100), below));
        assert_eq!((of(1, "asked"), of(1, "count")), (money(590), json!(2)));
    }

    #[test]
    fn the_cut_stands_on_the_page_where_it_falls() {
        let numbered = |place: usize| row(&place.to_string(), "Africa", (1, place < 60));
        let proposals: Vec<Value> = (0..120).map(numbered).collect();
        let board = json!({ "proposals": proposals });
        let of = |page: usize| context(&window(), &board, &Filters::default(), page);
        let cuts = [1, 2, 3].map(|page| of(page)["cut"].clone());
        assert_eq!(cuts, [Value::Null, json!(9), Value::Null]);
        assert_eq!((of(9)["page"].clone(), of(3)["after"].clone()), (json!(3), Value::Null));
        assert_eq!((of(1)["after"].clone(), of(2)["before"].clone()), (json!("page=2"), json!("page=1")));
        assert_eq!(of(1)["totals"]["asked"], money(120));
        let below = Filters { show: Some("below".to_owned()), ..Filters::default() };
        assert_eq!(context(&window(), &board, &below, 1)["totals"]["count"], 60);
    }

    #[test]
    fn a_file_holds_what_the_filter_leaves_and_no_formulas() {
        let board = json!({ "proposals": [row("a", "Africa", (400, true)), row("b", "Europe", (1, true))] });
        let of_africa = Filters { group: Some("Africa".to_owned()), ..Filters::default() };
        let file = csv(&board, &of_africa);
        let lines: Vec<&str> = file.lines().collect();
        assert_eq!(lines.len(), 2);
        let expected = "1,a,\"'=1+1, \"\"x\"\"\",,Health,,TCD SDN,Africa,400.00,";
        assert!(lines[1].starts_with(expected), "{}", lines[1]);
        assert_eq!((quoted("-9.03"), quoted("-x")), ("-9.03".to_owned(), "\"'-x\"".to_owned()));
    }
}
