//! Agreements in the console: the list, the record with its steps and amendments, the form.

use super::{
    console::staff,
    donor::kernel_id,
    forms::{Typed, again, key, no_donor, refused, see_other, writer},
    given, query_of,
};
use crate::{
    State,
    api::{Guard, Method},
    error::{PageError, or_error_page},
    format::typed_amount,
    i18n::PageLanguage,
    render::{Page, page},
    session::SignedIn,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Bytes, Data},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Columns that the list can show, beside the reference and title.
const COLUMNS: [&str; 7] = ["donor", "state", "start", "end", "amount", "earmarking", "country"];
/// Those it shows unless told otherwise.
const USUAL: [&str; 4] = ["donor", "state", "end", "amount"];
/// Rows for instalments in the form.
const INSTALMENTS: usize = 4;

#[derive(Deserialize)]
pub(crate) struct Filters {
    q: Option<String>,
    state: Option<String>,
    sort: Option<String>,
    donor_id: Option<String>,
    cursor: Option<String>,
}

impl Filters {
    fn query(&self) -> Vec<(&'static str, String)> {
        given(&[("q", &self.q), ("state", &self.state), ("sort", &self.sort), ("donor_id", &self.donor_id)])
    }
}

/// The columns that were chosen, in their own order.
fn chosen(query: &str) -> Vec<&'static str> {
    let typed = Typed::read(query.as_bytes());
    let asked = typed.all("columns");
    let shown: Vec<&str> = COLUMNS.into_iter().filter(|name| asked.contains(name)).collect();
    if shown.is_empty() { USUAL.to_vec() } else { shown }
}

pub(crate) async fn list(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let filter = filters.query();
        let mut query = filter.clone();
        query.extend(given(&[("cursor", &filters.cursor)]));
        let list = state.gateway.get(&signed_in.caller(&request), "/v1/agreements", &query).await?;
        let columns = chosen(request.query_string());
        let mut kept = filter.clone();
        kept.extend(columns.iter().map(|name| ("columns", (*name).to_owned())));
        let unsorted: Vec<_> = kept.iter().filter(|(name, _)| *name != "sort").cloned().collect();
        let context = json!({
            "list": list, "filter": filter.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "filter_query": query_of(&kept), "sort_query": query_of(&unsorted), "file_query": query_of(&filter),
            "shown": columns, "every_column": COLUMNS, "may_write": signed_in.may("agreements:write"),
        });
        page(&state, &request, Some(&signed_in), Page { template: "pages/console/agreements.html", context })
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn file(
    request: HttpRequest,
    state: Data<State>,
    kind: web::Path<String>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let file = async {
        let caller = staff(&state, &request).await?.caller(&request);
        super::list_file(&state, &caller, "/v1/agreements", &filters.query(), "agreements", &kind).await
    };
    or_error_page(file.await, &request, &state)
}

async fn agreement_of(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    id: &str,
) -> Result<Value, PageError> {
    let id = kernel_id(id).ok_or(PageError::NotFound)?;
    state.gateway.get(&signed_in.caller(request), &format!("/v1/agreements/{id}"), &[]).await
}

pub(crate) async fn show(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        show_page(&request, &state, &signed_in, &id, Value::Null, Value::Null).await
    };
    or_error_page(shown.await, &request, &state)
}

pub(super) async fn show_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    id: &str,
    problem: Value,
    typed: Value,
) -> Result<HttpResponse, PageError> {
    let agreement = agreement_of(request, state, signed_in, id).await?;
    let caller = signed_in.caller(request);
    let of_it = [("agreement_id", id.to_owned()), ("limit", "200".to_owned())];
    let list = async |permission: &str, path: &str| match signed_in.may(permission) {
        true => crate::error::unless_away(state.gateway.get(&caller, path, &of_it).await),
        false => Ok(Some(Value::Null)),
    };
    let documents_path = format!("/v1/agreements/{}/documents", agreement["id"].as_str().unwrap_or_default());
    let (documents, reports, contributions) = futures_util::join!(
        state.gateway.get(&caller, &documents_path, &[]),
        list("reports:read", "/v1/reports"),
        list("contributions:read", "/v1/contributions"),
    );
    let own = agreement["office_id"] == signed_in.office_id.as_str();
    super::recent::note(request, &format!("/console/agreements/{id}"), agreement["reference"].as_str());
    let context = json!({
        "agreement": agreement, "documents": documents?, "key": key(), "reports": reports?, "contributions": contributions?, "problem": problem, "typed": typed,
        "may_write": own && signed_in.may("agreements:write"), "may_record": own && signed_in.may("contributions:write"),
    });
    page(state, request, Some(signed_in), Page { template: "pages/console/agreement.html", context })
}

/// Negotiation, signature, activation, closure, cancellation.
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
        if !["negotiate", "sign", "activate", "close", "cancel", "amendments"].contains(&step) {
            return Err(PageError::NotFound);
        }
        let language = PageLanguage::of(&request, signed_in.page_language()).language;
        let sent = if step == "amendments" { amendment(language, &typed) } else { json!({}) };
        let path = format!("/v1/agreements/{id}/{step}");
        let guard = Guard::Version(typed.text("version"));
        let caller = signed_in.caller(&request);
        match refused(state.gateway.change(&caller, Method::POST, &path, &sent, guard).await, "")? {
            Ok(_) => Ok(see_other(&request, &format!("/console/agreements/{id}"))),
            Err(problem) => {
                let shown = show_page(&request, &state, &signed_in, id, problem.clone(), typed.values());
                Ok(again(shown.await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}

fn amendment(language: crate::i18n::Language, typed: &Typed) -> Value {
    let mut sent = json!({ "kind": typed.text("kind"), "reason": typed.text("reason"), "requested_on": typed.text("requested_on") });
    if let Some(end) = typed.some("end_date") {
        sent["end_date"] = end.into();
    }
    if let Some(amount) = typed.some("amount") {
        let amount = typed_amount(language, amount).unwrap_or_else(|| amount.to_owned());
        sent["amount"] = json!({ "amount": amount, "currency": typed.text("currency") });
    }
    sent
}

pub(crate) async fn new(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let mut typed = json!({ "visibility": "donor" });
        if let Some(id) = filters.donor_id.as_deref().and_then(kernel_id) {
            let donor =
                state.gateway.get(&signed_in.caller(&request), &format!("/v1/donors/{id}"), &[]).await?;
            (typed["donor_id"], typed["donor"]) = (id.into(), donor["name"].clone());
        }
        form_page(&request, &state, &signed_in, &Form { typed, ..Form::default() })
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn edit(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let agreement = agreement_of(&request, &state, &signed_in, &id).await?;
        let language = PageLanguage::of(&request, signed_in.page_language()).language;
        let form = Form { typed: filled(language, &agreement), id: Some(id.clone()), ..Form::default() };
        form_page(&request, &state, &signed_in, &form)
    };
    or_error_page(shown.await, &request, &state)
}

/// The form as it is shown.
#[derive(Default)]
struct Form {
    typed: Value,
    problem: Value,
    /// Donors that the name that was typed may mean.
    choices: Vec<Value>,
    /// The agreement that is changed; none for a new one.
    id: Option<String>,
    /// What somebody else wrote meanwhile where this form says something else: the field, and what stands there now.
    meanwhile: Vec<Value>,
}

fn form_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    form: &Form,
) -> Result<HttpResponse, PageError> {
    let context = json!({
        "typed": form.typed, "problem": form.problem, "choices": form.choices, "id": form.id, "key": key(),
        "meanwhile": form.meanwhile,
        "rows": (0..INSTALMENTS).collect::<Vec<_>>(), "countries": country_codes(),
    });
    page(state, request, Some(signed_in), Page { template: "pages/console/agreement-form.html", context })
}

pub(super) fn country_codes() -> Vec<&'static str> {
    kernel::country::all().iter().map(|country| country.iso3.as_str()).collect()
}

/// What the form of a recorded agreement begins with.
fn filled(language: crate::i18n::Language, agreement: &Value) -> Value {
    let amount =
        |money: &Value| crate::format::number(language, money["amount"].as_str().unwrap_or_default());
    let mut typed = json!({
        "donor_id": agreement["donor_id"], "donor": agreement["donor_name"], "title": agreement["title"],
        "start_date": agreement["start_date"], "end_date": agreement["end_date"], "amount": amount(&agreement["amount"]),
        "currency": agreement["amount"]["currency"],
        "overhead_percent": agreement["overhead_percent"].as_str().map(|percent| crate::format::number(language, percent)),
        "earmarking": agreement["earmarking"], "modality": agreement["modality"], "countries": agreement["countries"],
        "visibility": agreement["visibility"], "visibility_clause": agreement["visibility_clause"],
        "template": agreement["reporting"]["template"], "version": agreement["version"],
        "interim_every_months": agreement["reporting"]["interim_every_months"],
    });
    for (index, instalment) in agreement["instalments"].as_array().into_iter().flatten().enumerate() {
        typed[format!("due_date_{index}")] = instalment["due_date"].clone();
        typed[format!("amount_{index}")] = amount(&instalment["amount"]).into();
        typed[format!("condition_{index}")] = instalment["condition"].clone();
    }
    typed
}

pub(crate) async fn create(request: HttpRequest, state: Data<State>, body: Bytes) -> HttpResponse {
    or_error_page(save(&request, &state, None, &body).await, &request, &state)
}

pub(crate) async fn update(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
    body: Bytes,
) -> HttpResponse {
    or_error_page(save(&request, &state, Some(&id), &body).await, &request, &state)
}

async fn save(
    request: &HttpRequest,
    state: &State,
    id: Option<&str>,
    body: &[u8],
) -> Result<HttpResponse, PageError> {
    let typed = Typed::read(body);
    let signed_in = writer(state, request, &typed).await?;
    let caller = signed_in.caller(request);
    let language = PageLanguage::of(request, signed_in.page_language()).language;
    let mut form = Form { typed: typed.values(), id: id.map(str::to_owned), ..Form::default() };
    let donor = match donor_of(state, &caller, &typed).await? {
        Ok(donor) => {
            (form.typed["donor_id"], form.typed["donor"]) = (donor["id"].clone(), donor["name"].clone());
            donor["id"].as_str().unwrap_or_default().to_owned()
        }
        Err(choices) => {
            form.problem = no_donor(&choices);
            form.choices = choices;
            return Ok(again(form_page(request, state, &signed_in, &form)?, &form.problem));
        }
    };
    let mut terms = terms(language, &typed, &donor);
    let sent = match id {
        None => {
            let sent = json!({ "terms": terms });
            state
                .gateway
                .change(&caller, Method::POST, "/v1/agreements", &sent, Guard::Key(typed.text("key")))
                .await
        }
        Some(id) => {
            let id = kernel_id(id).ok_or(PageError::NotFound)?;
            keep_unseen(&mut terms, &agreement_of(request, state, &signed_in, id).await?);
            let (path, version) = (format!("/v1/agreements/{id}"), typed.text("version"));
            state.gateway.change(&caller, Method::PUT, &path, &terms, Guard::Version(version)).await
        }
    };
    match refused(sent, if id.is_none() { "/terms" } else { "" })?.map_err(|problem| in_rows(problem, &typed))
    {
        Ok(saved) => {
            let id = saved["id"].as_str().unwrap_or_default();
            Ok(see_other(request, &format!("/console/agreements/{id}")))
        }
        Err(problem) => {
            if let Some(id) = id.filter(|_| problem["status"] == 412) {
                let now = filled(language, &agreement_of(request, state, &signed_in, id).await?);
                form.meanwhile = differences(&now, &form.typed);
                // Saving again is a decision, now that the differences are seen.
                form.typed["version"] = now["version"].clone();
            }
            form.problem = problem;
            Ok(again(form_page(request, state, &signed_in, &form)?, &form.problem))
        }
    }
}

/// The fields in which a form differs from what is recorded now, with what is recorded.
fn differences(now: &Value, typed: &Value) -> Vec<Value> {
    const SHOWN: [&str; 8] = [
        "donor",
        "title",
        "start_date",
        "end_date",
        "amount",
        "currency",
        "overhead_percent",
        "visibility_clause",
    ];
    let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
    SHOWN
        .into_iter()
        .filter(|name| text(&now[*name]) != text(&typed[*name]))
        .map(|name| json!({ "field": name, "now": text(&now[name]) }))
        .collect()
}

/// Whether a row of the form holds an instalment.
fn is_written(typed: &Typed, row: usize) -> bool {
    ["due_date", "amount"].iter().any(|name| typed.some(&format!("{name}_{row}")).is_some())
}

/// The platform counts the instalments that were sent; the form counts its rows, some of which may be empty.
fn in_rows(mut problem: Value, typed: &Typed) -> Value {
    let rows: Vec<usize> = (0..INSTALMENTS).filter(|row| is_written(typed, *row)).collect();
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = error["field"].as_str().unwrap_or_default();
        let Some((index, name)) = field.strip_prefix("instalments-").and_then(|rest| rest.split_once('-'))
        else {
            continue;
        };
        if let Some(row) = index.parse::<usize>().ok().and_then(|index| rows.get(index)) {
            error["field"] = format!("instalments-{row}-{name}").into();
        }
    }
    problem
}

/// What the form does not show stays as it is.
fn keep_unseen(terms: &mut Value, recorded: &Value) {
    for name in ["plan_ids", "sectors"] {
        terms[name] = recorded[name].clone();
    }
    let (mut reporting, asked) = (recorded["reporting"].clone(), terms["reporting"].clone());
    for (name, value) in asked.as_object().into_iter().flatten() {
        reporting[name] = value.clone();
    }
    terms["reporting"] = reporting;
    let shown = terms["instalments"].as_array().cloned().unwrap_or_default();
    let beyond = recorded["instalments"].as_array().into_iter().flatten().skip(INSTALMENTS).cloned();
    terms["instalments"] = shown.into_iter().chain(beyond).collect();
}

/// The donor that is meant: the one that was chosen, or the only one of the name that was typed; else those it may be.
pub(super) async fn donor_of(
    state: &State,
    caller: &crate::api::Caller,
    typed: &Typed,
) -> Result<Result<Value, Vec<Value>>, PageError> {
    let name = typed.text("donor");
    let by_id = async |id: &str| state.gateway.get(caller, &format!("/v1/donors/{id}"), &[]).await;
    if let Some(id) = kernel_id(typed.text("donor_choice")).filter(|_| typed.text("donor_asked") == name) {
        return Ok(Ok(by_id(id).await?));
    }
    if let Some(id) = kernel_id(typed.text("donor_id")) {
        // What was chosen before holds only as long as its name was not written over.
        if let Ok(donor) = by_id(id).await
            && (name.is_empty() || donor["name"] == name)
        {
            return Ok(Ok(donor));
        }
    }
    if name.is_empty() {
        return Ok(Err(Vec::new()));
    }
    let query = [("q", name.chars().take(200).collect()), ("limit", "50".to_owned())];
    let found = state.gateway.get(caller, "/v1/donors", &query).await?;
    let found = found["items"].as_array().cloned().unwrap_or_default();
    let exact: Vec<Value> = found.iter().filter(|donor| donor["name"] == name).cloned().collect();
    // Two donors of one name (of different types) are asked about as well.
    match (exact.as_slice(), found.as_slice()) {
        ([donor], _) | ([], [donor]) => Ok(Ok(donor.clone())),
        ([], _) => Ok(Err(found)),
        _ => Ok(Err(exact)),
    }
}

fn terms(language: crate::i18n::Language, typed: &Typed, donor_id: &str) -> Value {
    let currency = typed.text("currency").to_uppercase();
    // What is no amount goes as it is: the platform says what is wrong with it.
    let money = |name: &str| {
        let amount = typed_amount(language, typed.text(name)).unwrap_or_else(|| typed.text(name).to_owned());
        json!({ "amount": amount, "currency": currency })
    };
    let mut sent = Map::from_iter([
        ("donor_id".to_owned(), Value::from(donor_id)),
        ("title".to_owned(), typed.text("title").into()),
        ("start_date".to_owned(), typed.text("start_date").into()),
        ("end_date".to_owned(), typed.text("end_date").into()),
        ("amount".to_owned(), money("amount")),
        ("countries".to_owned(), typed.all("countries").into()),
        ("visibility".to_owned(), typed.some("visibility").unwrap_or("internal").into()),
    ]);
    for name in ["earmarking", "modality", "visibility_clause"] {
        if let Some(value) = typed.some(name) {
            sent.insert(name.to_owned(), value.into());
        }
    }
    if let Some(percent) = typed.some("overhead_percent") {
        // A percentage has no thousands.
        sent.insert("overhead_percent".to_owned(), percent.replace(',', ".").into());
    }
    let mut reporting = json!({ "template": typed.some("template").unwrap_or("standard") });
    let months = typed.some("interim_every_months");
    reporting["interim_every_months"] = months
        .map_or(Value::Null, |months| months.parse::<u32>().map_or_else(|_| months.into(), Value::from));
    sent.insert("reporting".to_owned(), reporting);
    let instalments = (0..INSTALMENTS).filter_map(|row| {
        let (date, amount) = (format!("due_date_{row}"), format!("amount_{row}"));
        let condition = typed.some(&format!("condition_{row}"));
        is_written(typed, row).then(
            || json!({ "due_date": typed.text(&date), "amount": money(&amount), "condition": condition }),
        )
    });
    sent.insert("instalments".to_owned(), instalments.collect());
    Value::Object(sent)
}

/// Donors whose name holds what was typed, for the script that completes it.
pub(crate) async fn donor_names(
    request: HttpRequest,
    state: Data<State>,
    asked: web::Query<super::public::Question>,
) -> HttpResponse {
    let found = async {
        let caller = staff(&state, &request).await?.caller(&request);
        let query = [("q", asked.words()), ("limit", "10".to_owned())];
        let found = state.gateway.get(&caller, "/v1/donors", &query).await?;
        let one = |donor: &Value| json!({ "id": donor["id"], "name": donor["name"] });
        let names: Vec<Value> = found["items"].as_array().into_iter().flatten().map(one).collect();
        Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(names))
    };
    or_error_page(found.await, &request, &state)
}
