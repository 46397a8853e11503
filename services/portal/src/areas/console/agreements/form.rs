//! The form of an agreement.

use super::{hand_over, show::agreement_of};
use crate::{
    areas::console::donors::choice::donor_of,
    client::{Guard, Method},
    donor_names::in_language,
    error::PageError,
    format,
    forms::{Typed, country_codes, key, money, refused},
    i18n::Language,
    ids::Id,
    people,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/agreements", web::post().to(create))
        .route("/console/agreements/new", web::get().to(new))
        .route("/console/agreements/{id}/edit", web::get().to(edit))
        .route("/console/agreements/{id}/edit", web::post().to(update));
}

/// Rows for instalments in the form.
const MIN_INSTALMENT_ROWS: usize = 4;

#[derive(Deserialize)]
struct Beginning {
    donor_id: Option<String>,
}

async fn new(staff: Staff, beginning: web::Query<Beginning>) -> PageResult {
    let mut typed = json!({ "visibility": "donor" });
    if let Some(id) = beginning.donor_id.as_deref().and_then(Id::read) {
        let donor = staff.get(&format!("/v1/donors/{id}"), &()).await?;
        (typed["donor_id"], typed["donor"]) = (id.as_str().into(), in_language(staff.language, &donor));
    }
    form_page(&staff, FormOf { typed, ..FormOf::default() }).await
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let typed = recorded(&staff, &id).await?;
    form_page(&staff, FormOf { typed, id: Some(id.as_str().to_owned()), ..FormOf::default() }).await
}

/// The form as it is shown.
#[derive(Default)]
struct FormOf {
    typed: Value,
    problem: Value,
    /// Donors that the name that was typed may mean.
    choices: Vec<Value>,
    /// People that may be meant as responsible.
    people: Vec<Value>,
    /// The agreement that is changed; none for a new one.
    id: Option<String>,
    /// What somebody else wrote meanwhile where this form says something else: the field, and what stands there now.
    meanwhile: Vec<Value>,
}

async fn form_page(staff: &Staff, form: FormOf) -> PageResult {
    let mut offices = Vec::new();
    if form.id.is_none() {
        offices = hand_over::offices(staff).await?;
        offices.retain(|office| office["state"] != "closed");
    }
    let context = json!({
        "typed": form.typed, "problem": form.problem, "choices": form.choices, "id": form.id, "key": key(),
        "offices": offices, "own_office": staff.own_office(), "people": form.people,
        "may_name": form.id.is_none() && hand_over::may_name(staff),
        "meanwhile": form.meanwhile, "rows": (0..MIN_INSTALMENT_ROWS).collect::<Vec<_>>(),
        "countries": country_codes(staff.language),
    });
    staff.page("console/agreements/form.html", context).await
}

/// The form of a recorded agreement, which calls the donor what the reader's language calls it.
async fn recorded(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    let agreement = agreement_of(staff, id).await?;
    let mut typed = filled(staff.language, &agreement);
    if let Some(donor_id) = agreement["donor_id"].as_str().filter(|_| staff.language != Language::English) {
        let donor = staff.get(&format!("/v1/donors/{donor_id}"), &()).await?;
        typed["donor"] = in_language(staff.language, &donor);
    }
    Ok(typed)
}

/// What the form of a recorded agreement begins with.
fn filled(language: Language, agreement: &Value) -> Value {
    let amount = |money: &Value| format::number(language, money["amount"].as_str().unwrap_or_default());
    let mut typed = json!({
        "donor_id": agreement["donor_id"], "donor": agreement["donor_name"], "title": agreement["title"],
        "title_fr": agreement["title_fr"], "title_es": agreement["title_es"],
        "start_date": agreement["start_date"], "end_date": agreement["end_date"], "amount": amount(&agreement["amount"]),
        "currency": agreement["amount"]["currency"],
        "overhead_percent": agreement["overhead_percent"].as_str().map(|percent| format::number(language, percent)),
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

async fn create(form: Writer) -> PageResult {
    save(&form, None).await
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    save(&form, Some(&id)).await
}

async fn save(form: &Writer, id: Option<&Id>) -> PageResult {
    let id_text = id.map(|id| id.as_str().to_owned());
    let mut again = FormOf { typed: form.typed.values(), id: id_text, ..FormOf::default() };
    let donor = match donor_of(form).await? {
        Ok(donor) => donor,
        Err(choices) => {
            (again.problem, again.choices) = (crate::forms::no_donor(&choices), choices);
            return form_page(form, again).await;
        }
    };
    (again.typed["donor_id"], again.typed["donor"]) =
        (donor["id"].clone(), in_language(form.language, &donor));
    // Who is responsible for an agreement that is recorded changes when it is handed over.
    if id.is_none() {
        match people::person_of(form, &form.typed, "responsible").await? {
            Ok(person) => {
                let person = person.unwrap_or_default();
                (again.typed["responsible_id"], again.typed["responsible"]) =
                    (person["id"].clone(), person["name"].clone());
            }
            Err(choices) => {
                (again.problem, again.people) = (people::no_person("responsible", &choices), choices);
                return form_page(form, again).await;
            }
        }
    }
    let terms = terms(form.language, &form.typed, donor["id"].as_str().unwrap_or_default());
    let saved = send(form, id, terms, &again.typed["responsible_id"]).await?;
    match saved.map_err(|problem| in_rows(problem, &form.typed)) {
        Ok(saved) => {
            let id = saved["id"].as_str().unwrap_or_default();
            form.see_other(&format!("/console/agreements/{id}"))
        }
        Err(problem) => {
            if let Some(id) = id.filter(|_| problem["status"] == 412) {
                let now = recorded(form, id).await?;
                again.meanwhile = differences(&now, &again.typed);
                // Saving again is a decision, now that the differences are seen.
                again.typed["version"] = now["version"].clone();
            }
            again.problem = problem;
            form_page(form, again).await
        }
    }
}

/// Sends the terms: of a new agreement, with who is responsible for it, or instead of those that are recorded.
async fn send(
    form: &Writer,
    id: Option<&Id>,
    mut terms: Value,
    responsible: &Value,
) -> Result<Result<Value, Value>, PageError> {
    let Some(id) = id else {
        let sent = json!({
            "terms": terms, "office_id": form.typed.some("office_id"), "responsible_id": responsible,
        });
        let guard = Guard::Key(form.typed.text("key"));
        return refused(form.change(Method::POST, "/v1/agreements", &sent, guard).await, "/terms");
    };
    keep_unseen(&mut terms, &agreement_of(form, id).await?);
    let guard = Guard::Version(form.typed.text("version"));
    form.submit(Method::PUT, &format!("/v1/agreements/{id}"), &terms, guard).await
}

/// The fields in which a form differs from what is recorded now, with what is recorded.
fn differences(now: &Value, typed: &Value) -> Vec<Value> {
    const SHOWN_FIELDS: [&str; 10] = [
        "donor",
        "title",
        "title_fr",
        "title_es",
        "start_date",
        "end_date",
        "amount",
        "currency",
        "overhead_percent",
        "visibility_clause",
    ];
    let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
    SHOWN_FIELDS
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
    let rows: Vec<usize> = (0..MIN_INSTALMENT_ROWS).filter(|row| is_written(typed, *row)).collect();
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
    let beyond = recorded["instalments"].as_array().into_iter().flatten().skip(MIN_INSTALMENT_ROWS).cloned();
    terms["instalments"] = shown.into_iter().chain(beyond).collect();
}

fn terms(language: Language, typed: &Typed, donor_id: &str) -> Value {
    let currency = typed.text("currency").to_uppercase();
    let money = |name: &str| money(language, typed.text(name), &currency);
    let mut sent = Map::from_iter([
        ("donor_id".to_owned(), Value::from(donor_id)),
        ("title".to_owned(), typed.text("title").into()),
        ("start_date".to_owned(), typed.text("start_date").into()),
        ("end_date".to_owned(), typed.text("end_date").into()),
        ("amount".to_owned(), money("amount")),
        ("countries".to_owned(), typed.all("countries").into()),
        ("visibility".to_owned(), typed.some("visibility").unwrap_or("internal").into()),
    ]);
    for name in ["title_fr", "title_es", "earmarking", "modality", "visibility_clause"] {
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
    let instalments = (0..MIN_INSTALMENT_ROWS).filter_map(|row| {
        let (date, amount) = (format!("due_date_{row}"), format!("amount_{row}"));
        let condition = typed.some(&format!("condition_{row}"));
        is_written(typed, row).then(
            || json!({ "due_date": typed.text(&date), "amount": money(&amount), "condition": condition }),
        )
    });
    sent.insert("instalments".to_owned(), instalments.collect());
    Value::Object(sent)
}
