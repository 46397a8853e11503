//! Donor reports in the console: as a list, as a board by state, as a calendar; the record with its text and its steps;
//! how punctual offices are.

use super::{
    console::staff,
    donor::kernel_id,
    forms::{Typed, again, key, refused, see_other, writer},
    given,
    imports::upload_to,
    query_of,
};
use crate::{
    State,
    api::{Caller, Guard, Method},
    error::{PageError, or_error_page},
    format::typed_amount,
    i18n::PageLanguage,
    render::{Page, page},
    session::SignedIn,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Bytes, Data, Payload},
};
use chrono::{Datelike, Days, Months, NaiveDate};
use serde::Deserialize;
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
/// Cards of a state on the board; the others are in the list.
const CARDS: &str = "30";
/// How far ahead punctuality looks: what is due within so many days is due soon.
const SOON: Days = Days::new(30);
/// Reports of a day in the calendar; the others are in the list.
const OF_A_DAY: usize = 5;

#[derive(Deserialize)]
pub(crate) struct Filters {
    view: Option<String>,
    state: Option<String>,
    kind: Option<String>,
    owed: Option<String>,
    overdue: Option<String>,
    donor_id: Option<String>,
    due_from: Option<String>,
    due_until: Option<String>,
    month: Option<String>,
    cursor: Option<String>,
}

impl Filters {
    fn query(&self) -> Vec<(&'static str, String)> {
        given(&[
            ("state", &self.state),
            ("kind", &self.kind),
            ("owed", &self.owed),
            ("overdue", &self.overdue),
            ("donor_id", &self.donor_id),
            ("due_from", &self.due_from),
            ("due_until", &self.due_until),
        ])
    }
}

pub(crate) async fn list(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        match filters.view.as_deref() {
            Some("board") => board_page(&request, &state, &signed_in).await,
            Some("calendar") => calendar_page(&request, &state, &signed_in, filters.month.as_deref()).await,
            Some("punctuality") => punctuality_page(&request, &state, &signed_in, &filters).await,
            _ => list_page(&request, &state, &signed_in, &filters).await,
        }
    };
    or_error_page(shown.await, &request, &state)
}

async fn list_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    filters: &Filters,
) -> Result<HttpResponse, PageError> {
    let filter = filters.query();
    let mut query = filter.clone();
    query.extend(given(&[("cursor", &filters.cursor)]));
    let list = state.gateway.get(&signed_in.caller(request), "/v1/reports", &query).await?;
    let context = json!({
        "list": list, "filter": filter.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "filter_query": query_of(&filter), "view": "list",
    });
    page(state, request, Some(signed_in), Page { template: "pages/console/reports.html", context })
}

async fn due_between(
    state: &State,
    caller: &Caller,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<Vec<Value>, PageError> {
    let query = [("due_from", from.to_string()), ("due_until", until.to_string())];
    super::public::all(state, caller, "/v1/reports", &query).await
}

async fn board_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
) -> Result<HttpResponse, PageError> {
    let today = state.clock.now().date_naive();
    let caller = signed_in.caller(request);
    let (from, until) = ((today - BOARD_DAYS).to_string(), (today + BOARD_DAYS).to_string());
    // The first due first: what is owed is on the board however old it is, what was handed in for a while.
    let of_state = async |name: &str| {
        let mut query =
            vec![("state", name.to_owned()), ("due_until", until.clone()), ("limit", CARDS.to_owned())];
        if ["submitted", "accepted"].contains(&name) {
            query.push(("due_from", from.clone()));
        }
        state.gateway.get(&caller, "/v1/reports", &query).await
    };
    let mut stages = Vec::new();
    for (name, states) in BOARD {
        let (mut cards, mut more) = (Vec::new(), false);
        for list in futures_util::future::join_all(states.iter().map(|state| of_state(state))).await {
            let list = list?;
            cards.extend(list["items"].as_array().into_iter().flatten().cloned());
            more |= list["next_cursor"].is_string();
        }
        stages.push(json!({ "name": name, "cards": cards, "more": more }));
    }
    let context = json!({ "stages": stages, "view": "board" });
    page(state, request, Some(signed_in), Page { template: "pages/console/reports-board.html", context })
}

async fn calendar_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    month: Option<&str>,
) -> Result<HttpResponse, PageError> {
    let today = state.clock.now().date_naive();
    let first = match month.filter(|month| !month.is_empty()) {
        Some(month) => format!("{month}-01").parse().map_err(|_| PageError::NotFound)?,
        None => today.with_day(1).unwrap_or(today),
    };
    let (weeks, from, until) = month_of(first);
    let reports = due_between(state, &signed_in.caller(request), from, until).await?;
    let day = |date: &NaiveDate| {
        let text = date.to_string();
        let due: Vec<&Value> = reports.iter().filter(|report| report["due_date"] == text.as_str()).collect();
        let shown = &due[..due.len().min(OF_A_DAY)];
        json!({ "date": text, "day": date.day(), "inside": date.month() == first.month(), "today": *date == today,
            "reports": shown, "more": due.len() - shown.len() })
    };
    let weeks: Vec<Vec<Value>> = weeks.iter().map(|week| week.iter().map(day).collect()).collect();
    let named = |date: Option<NaiveDate>| date.map(|date| date.format("%Y-%m").to_string());
    let context = json!({
        "weeks": weeks, "first": first.to_string(), "view": "calendar",
        "before": named(first.checked_sub_months(Months::new(1))), "after": named(first.checked_add_months(Months::new(1))),
        // A week of known days, to name them in the reader's language: 5 January 2026 is a Monday.
        "days": (5..12).map(|day| format!("2026-01-{day:02}")).collect::<Vec<_>>(),
    });
    page(state, request, Some(signed_in), Page { template: "pages/console/reports-calendar.html", context })
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

async fn punctuality_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    filters: &Filters,
) -> Result<HttpResponse, PageError> {
    let caller = signed_in.caller(request);
    let path = "/v1/report-compliance";
    let today = state.clock.now().date_naive();
    // A year until now and what is due next, unless asked otherwise; a date that is left empty is no limit.
    let from = filters.due_from.clone().unwrap_or_else(|| (today - Months::new(12)).to_string());
    let until = filters.due_until.clone().unwrap_or_else(|| (today + SOON).to_string());
    let within = given(&[("due_from", &Some(from.clone())), ("due_until", &Some(until.clone()))]);
    let by = |by: &str| [vec![("by", by.to_owned())], within.clone()].concat();
    let mut query = by("donor");
    query.extend(given(&[("cursor", &filters.cursor)]));
    let donors = state.gateway.get(&caller, path, &query).await?;
    // Every office stands before the first donors, and not again on their next pages.
    let offices = match filters.cursor {
        Some(_) => None,
        None => Some(super::public::all(state, &caller, path, &by("office")).await?),
    };
    let offices = offices.map(|offices| json!({ "items": offices }));
    let again =
        [("view", "punctuality".to_owned()), ("due_from", from.clone()), ("due_until", until.clone())];
    let context = json!({
        "offices": offices, "donors": donors, "view": "punctuality", "filter_query": query_of(&again),
        "filter": { "due_from": from, "due_until": until },
    });
    page(
        state,
        request,
        Some(signed_in),
        Page { template: "pages/console/reports-punctuality.html", context },
    )
}

pub(crate) async fn file(
    request: HttpRequest,
    state: Data<State>,
    kind: web::Path<String>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let file = async {
        let caller = staff(&state, &request).await?.caller(&request);
        super::list_file(&state, &caller, "/v1/reports", &filters.query(), "reports", &kind).await
    };
    or_error_page(file.await, &request, &state)
}

/// How punctual offices or donors' reports are, as a file.
pub(crate) async fn punctuality_file(
    request: HttpRequest,
    state: Data<State>,
    of: web::Path<(String, String)>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let file = async {
        let caller = staff(&state, &request).await?.caller(&request);
        let (by, kind) = of.into_inner();
        let by = match by.as_str() {
            "offices" => "office",
            "donors" => "donor",
            _ => return Err(PageError::NotFound),
        };
        let mut query = given(&[("due_from", &filters.due_from), ("due_until", &filters.due_until)]);
        query.push(("by", by.to_owned()));
        super::list_file(&state, &caller, "/v1/report-compliance", &query, "punctuality", &kind).await
    };
    or_error_page(file.await, &request, &state)
}

pub(crate) async fn show(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        show_page(&request, &state, &signed_in, &id, json!({})).await
    };
    or_error_page(shown.await, &request, &state)
}

/// The steps that a report can take now, as far as the reader's office and permissions go.
fn steps_for(report: &Value, signed_in: &SignedIn) -> Vec<&'static str> {
    let state = report["state"].as_str().unwrap_or_default();
    let own = report["office_id"] == signed_in.office_id.as_str();
    let (write, review) = (own && signed_in.may("reports:write"), !own && signed_in.may("reports:review"));
    let clear = signed_in.may("reports:clear");
    match state {
        "scheduled" | "returned" | "retracted" if write => vec!["start"],
        "regional_review" if review => vec!["endorse", "return"],
        "hq_clearance" if clear => vec!["submit", "reject"],
        "submitted" if clear => vec!["accept", "retract"],
        _ => Vec::new(),
    }
}

async fn show_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    id: &str,
    mut context: Value,
) -> Result<HttpResponse, PageError> {
    let id = kernel_id(id).ok_or(PageError::NotFound)?;
    let caller = signed_in.caller(request);
    let report = state.gateway.get(&caller, &format!("/v1/reports/{id}"), &[]).await?;
    let own = report["office_id"] == signed_in.office_id.as_str();
    let steps = steps_for(&report, signed_in);
    let owed =
        !["submitted", "accepted", "cancelled"].contains(&report["state"].as_str().unwrap_or_default());
    let title = report["agreement_reference"].as_str();
    super::recent::note(request, &format!("/console/reports/{id}"), title);
    context["writes"] = (own && signed_in.may("reports:write") && report["state"] == "drafting").into();
    context["may_extend"] = (owed && signed_in.may("reports:clear")).into();
    (context["steps"], context["key"], context["report"]) = (steps.into(), key().into(), report);
    page(state, request, Some(signed_in), Page { template: "pages/console/report.html", context })
}

/// What an office wrote, as the API takes it.
fn content(language: crate::i18n::Language, typed: &Typed) -> Value {
    let sections =
        typed.0.iter().filter_map(|(name, text)| Some((name.strip_prefix("section-")?, text.trim())));
    let sections: serde_json::Map<String, Value> = sections
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (name.to_owned(), text.into()))
        .collect();
    let mut content = json!({ "sections": sections, "remarks": typed.some("remarks") });
    if let Some(spent) = typed.some("expenditure") {
        let amount = typed_amount(language, spent).unwrap_or_else(|| spent.to_owned());
        content["expenditure"] = json!({ "amount": amount, "currency": typed.text("currency") });
    }
    content
}

/// Saves the draft, or saves it and hands it on.
pub(crate) async fn write(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
    body: Bytes,
) -> HttpResponse {
    let done = async {
        let typed = Typed::read(&body);
        let signed_in = writer(&state, &request, &typed).await?;
        let id = kernel_id(&id).ok_or(PageError::NotFound)?;
        let caller = signed_in.caller(&request);
        let language = PageLanguage::of(&request, signed_in.page_language()).language;
        let path = format!("/v1/reports/{id}");
        let guard = Guard::Version(typed.text("version"));
        let content = content(language, &typed);
        let mut result =
            refused(state.gateway.change(&caller, Method::PUT, &path, &content, guard).await, "")?;
        if typed.text("then") == "send"
            && let Ok(saved) = &result
        {
            let version = saved["version"].to_string();
            let path = format!("{path}/send");
            let sent = state
                .gateway
                .change(&caller, Method::POST, &path, &json!({}), Guard::Version(&version))
                .await;
            result = refused(sent, "")?;
        }
        match result {
            Ok(_) => Ok(see_other(&request, &format!("/console/reports/{id}"))),
            Err(problem) => {
                // What was written is shown again, in the form or (when the report has moved on) beside it.
                let context = json!({ "problem": problem, "draft": typed.values() });
                Ok(again(show_page(&request, &state, &signed_in, id, context).await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}

/// Every other step, with a comment where one belongs to it.
pub(crate) async fn step(
    request: HttpRequest,
    state: Data<State>,
    place: web::Path<(String, String)>,
    body: Bytes,
) -> HttpResponse {
    let done = async {
        let typed = Typed::read(&body);
        let signed_in = writer(&state, &request, &typed).await?;
        let (id, step) = (place.0.as_str(), place.1.as_str());
        let id = kernel_id(id).ok_or(PageError::NotFound)?;
        const STEPS: [&str; 8] =
            ["start", "endorse", "return", "reject", "submit", "accept", "retract", "extend"];
        if !STEPS.contains(&step) {
            return Err(PageError::NotFound);
        }
        let mut sent = json!({ "comment": typed.some("comment") });
        if step == "extend" {
            sent = json!({ "comment": typed.text("comment"), "due_date": typed.text("due_date") });
        }
        let (path, guard) = (format!("/v1/reports/{id}/{step}"), Guard::Version(typed.text("version")));
        let caller = signed_in.caller(&request);
        match refused(state.gateway.change(&caller, Method::POST, &path, &sent, guard).await, "")? {
            Ok(_) => Ok(see_other(&request, &format!("/console/reports/{id}"))),
            Err(problem) => {
                let context = json!({ "problem": problem, "typed": typed.values(), "asked": step });
                Ok(again(show_page(&request, &state, &signed_in, id, context).await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}

#[derive(Deserialize)]
pub(crate) struct Upload {
    key: Option<String>,
}

/// Attaches a document.
pub(crate) async fn attach(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
    how: web::Query<Upload>,
    payload: Payload,
) -> HttpResponse {
    let done = async {
        let signed_in = staff(&state, &request).await?;
        let id = kernel_id(&id).ok_or(PageError::NotFound)?;
        let place = (&*format!("/v1/reports/{id}/documents"), &[][..]);
        match upload_to(&request, &state, &signed_in, place, how.key.as_deref(), payload).await? {
            Ok(_) => Ok(see_other(&request, &format!("/console/reports/{id}"))),
            Err(problem) => {
                let context = json!({ "problem": problem });
                Ok(again(show_page(&request, &state, &signed_in, id, context).await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}

/// Takes a document off.
pub(crate) async fn detach(
    request: HttpRequest,
    state: Data<State>,
    place: web::Path<(String, String)>,
) -> HttpResponse {
    let done = async {
        let signed_in = staff(&state, &request).await?;
        let (id, document) = (kernel_id(&place.0), kernel_id(&place.1));
        let (id, document) = id.zip(document).ok_or(PageError::NotFound)?;
        let (caller, path) = (signed_in.caller(&request), format!("/v1/documents/{document}"));
        match refused(
            state.gateway.change(&caller, Method::DELETE, &path, &json!({}), Guard::None).await,
            "",
        )? {
            Ok(_) => Ok(see_other(&request, &format!("/console/reports/{id}"))),
            Err(problem) => {
                let context = json!({ "problem": problem });
                Ok(again(show_page(&request, &state, &signed_in, id, context).await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}

/// A document, for staff and for the donor alike: the platform decides who gets it.
pub(crate) async fn document(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
) -> HttpResponse {
    or_error_page(file_of(&request, &state, "/v1/documents", &id).await, &request, &state)
}

/// A document of the API, handed on as it is.
pub(super) async fn file_of(
    request: &HttpRequest,
    state: &State,
    documents: &str,
    id: &str,
) -> Result<HttpResponse, PageError> {
    use futures_util::TryStreamExt;
    let signed_in = crate::session::required(state, request).await?;
    let id = kernel_id(id).ok_or(PageError::NotFound)?;
    let caller = signed_in.caller(request);
    let answer = state.gateway.file(&caller, &format!("{documents}/{id}"), &[], "*/*").await?;
    let header = |name: &str| {
        answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (media_type, disposition) = (header("content-type"), header("content-disposition"));
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header(("content-disposition", disposition))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("cache-control", "private, no-store"))
        .streaming(answer.bytes_stream().map_err(std::io::Error::other)))
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
