//! Contributions in the console: the list, the record with its entries and steps, the form.

use super::{
    agreements::donor_of,
    console::staff,
    donor::kernel_id,
    forms::{Typed, again, key, no_donor, refused, see_other, writer},
    given, query_of,
};
use crate::{
    State,
    api::{Guard, Method},
    error::{PageError, or_error_page},
    format::{typed_amount, typed_rate},
    i18n::{Language, PageLanguage},
    render::{Page, page},
    session::SignedIn,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Bytes, Data},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// What moves a contribution on.
const STEPS: [&str; 5] = ["commit", "pay", "allot", "write-off", "reverse"];

#[derive(Deserialize)]
pub(crate) struct Filters {
    status: Option<String>,
    earmarking: Option<String>,
    year: Option<String>,
    country: Option<String>,
    donor_id: Option<String>,
    agreement_id: Option<String>,
    parent_id: Option<String>,
    cursor: Option<String>,
}

impl Filters {
    fn query(&self) -> Vec<(&'static str, String)> {
        given(&[
            ("status", &self.status),
            ("earmarking", &self.earmarking),
            ("year", &self.year),
            ("country", &self.country),
            ("donor_id", &self.donor_id),
            ("agreement_id", &self.agreement_id),
            ("parent_id", &self.parent_id),
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
        let filter = filters.query();
        let mut query = filter.clone();
        query.extend(given(&[("cursor", &filters.cursor)]));
        let asked = state.gateway.get(&signed_in.caller(&request), "/v1/contributions", &query).await;
        let (list, problem) = match refused(asked, "")? {
            Ok(list) => (list, Value::Null),
            Err(problem) => (json!({ "items": [] }), problem),
        };
        let context = json!({
            "list": list, "filter": filter.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "filter_query": query_of(&filter), "problem": problem, "countries": super::agreements::country_codes(),
            "may_write": signed_in.may("contributions:write"),
        });
        let template = "pages/console/contributions.html";
        let shown = page(&state, &request, Some(&signed_in), Page { template, context })?;
        Ok(if problem.is_null() { shown } else { again(shown, &problem) })
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
        super::list_file(&state, &caller, "/v1/contributions", &filters.query(), "contributions", &kind).await
    };
    or_error_page(file.await, &request, &state)
}

pub(crate) async fn show(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        show_page(&request, &state, &signed_in, &id, Value::Null, Value::Null).await
    };
    or_error_page(shown.await, &request, &state)
}

async fn show_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    id: &str,
    problem: Value,
    typed: Value,
) -> Result<HttpResponse, PageError> {
    let id = kernel_id(id).ok_or(PageError::NotFound)?;
    let caller = signed_in.caller(request);
    let path = format!("/v1/contributions/{id}");
    let contribution = state.gateway.get(&caller, &path, &[]).await?;
    let (entries_path, of_it) = (format!("{path}/entries"), [("parent_id", id.to_owned())]);
    let (entries, children) = futures_util::join!(
        state.gateway.get(&caller, &entries_path, &[]),
        state.gateway.get(&caller, "/v1/contributions", &of_it),
    );
    let own = contribution["office_id"] == signed_in.office_id.as_str();
    let (entries, children) = (entries?, children?);
    // What another system keeps has no entries here, and is changed there.
    let kept_here = entries["items"].as_array().is_some_and(|entries| !entries.is_empty());
    let context = json!({
        "contribution": contribution, "entries": entries, "children": children, "problem": problem, "typed": typed,
        "key": key(), "countries": super::agreements::country_codes(), "today": state.clock.now().date_naive().to_string(),
        "may_write": own && kept_here && signed_in.may("contributions:write"),
    });
    page(state, request, Some(signed_in), Page { template: "pages/console/contribution.html", context })
}

/// Commitment, payment, allotment, write-off, reversal.
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
        if !STEPS.contains(&step) {
            return Err(PageError::NotFound);
        }
        let language = PageLanguage::of(&request, signed_in.page_language()).language;
        let sent = step_body(language, step, &typed);
        let path = format!("/v1/contributions/{id}/{step}");
        let guard = Guard::VersionOnce(typed.text("version"), typed.text("key"));
        let caller = signed_in.caller(&request);
        match refused(state.gateway.change(&caller, Method::POST, &path, &sent, guard).await, "")? {
            Ok(_) => Ok(see_other(&request, &format!("/console/contributions/{id}"))),
            Err(mut problem) => {
                // Each step has its own form on the page.
                for error in problem["errors"].as_array_mut().into_iter().flatten() {
                    if let Some(field) = error["field"].as_str().filter(|field| !field.is_empty()) {
                        error["field"] = format!("{step}-{field}").into();
                    }
                }
                let mut again_typed = typed.values();
                again_typed["step"] = step.into();
                let shown = show_page(&request, &state, &signed_in, id, problem.clone(), again_typed);
                Ok(again(shown.await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}

/// An amount as it was typed; what is none goes as it is, and the platform says what is wrong with it.
fn money(language: Language, amount: &str, currency: &str) -> Value {
    let amount = typed_amount(language, amount).unwrap_or_else(|| amount.to_owned());
    json!({ "amount": amount, "currency": currency.to_uppercase() })
}

fn step_body(language: Language, step: &str, typed: &Typed) -> Value {
    let mut sent = json!({ "on": typed.text("on") });
    if let Some(amount) = typed.some("amount").filter(|_| step != "reverse") {
        sent["amount"] = money(language, amount, typed.text("currency"));
    }
    if matches!(step, "write-off" | "reverse") {
        sent["reason"] = typed.text("reason").into();
    }
    if step == "allot" {
        sent["countries"] = typed.all("countries").into();
        sent["usage_years"] = years(typed.text("usage_years"));
        if let Some(earmarking) = typed.some("earmarking") {
            sent["earmarking"] = earmarking.into();
        }
    } else if let Some(rate) = rate(language, typed) {
        sent["exchange_rate"] = rate;
    }
    sent
}

/// A rate that was typed, with its date and source.
fn rate(language: Language, typed: &Typed) -> Option<Value> {
    let rate = typed.some("rate")?;
    let rate = typed_rate(language, rate).unwrap_or_else(|| rate.to_owned());
    Some(json!({ "rate": rate, "date": typed.text("rate_date"), "source": typed.text("rate_source") }))
}

/// Years as people write them: `2026, 2027`.
fn years(text: &str) -> Value {
    let words = text.split([' ', ',', ';']).filter(|word| !word.is_empty());
    words.map(|word| word.parse::<i32>().map_or_else(|_| word.into(), Value::from)).collect()
}

pub(crate) async fn new(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let mut typed = json!({ "visibility": "donor", "status": "commitment" });
        let caller = signed_in.caller(&request);
        if let Some(id) = filters.agreement_id.as_deref().and_then(kernel_id) {
            let agreement = state.gateway.get(&caller, &format!("/v1/agreements/{id}"), &[]).await?;
            typed["agreement_id"] = id.into();
            typed["agreement"] = agreement["reference"].clone();
            (typed["donor_id"], typed["donor"]) =
                (agreement["donor_id"].clone(), agreement["donor_name"].clone());
            typed["currency"] = agreement["amount"]["currency"].clone();
            (typed["earmarking"], typed["countries"]) =
                (agreement["earmarking"].clone(), agreement["countries"].clone());
        } else if let Some(id) = filters.donor_id.as_deref().and_then(kernel_id) {
            let donor = state.gateway.get(&caller, &format!("/v1/donors/{id}"), &[]).await?;
            (typed["donor_id"], typed["donor"]) = (id.into(), donor["name"].clone());
        }
        form_page(&request, &state, &signed_in, typed, Value::Null, Vec::new())
    };
    or_error_page(shown.await, &request, &state)
}

fn form_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    typed: Value,
    problem: Value,
    choices: Vec<Value>,
) -> Result<HttpResponse, PageError> {
    let context = json!({
        "typed": typed, "problem": problem, "choices": choices, "key": key(),
        "countries": super::agreements::country_codes(),
    });
    page(state, request, Some(signed_in), Page { template: "pages/console/contribution-form.html", context })
}

pub(crate) async fn create(request: HttpRequest, state: Data<State>, body: Bytes) -> HttpResponse {
    or_error_page(create_page(&request, &state, &body).await, &request, &state)
}

async fn create_page(request: &HttpRequest, state: &State, body: &[u8]) -> Result<HttpResponse, PageError> {
    let typed = Typed::read(body);
    let signed_in = writer(state, request, &typed).await?;
    let caller = signed_in.caller(request);
    let language = PageLanguage::of(request, signed_in.page_language()).language;
    let mut again_typed = typed.values();
    let donor = match donor_of(state, &caller, &typed).await? {
        Ok(donor) => donor,
        Err(choices) => {
            let problem = no_donor(&choices);
            let shown = form_page(request, state, &signed_in, again_typed, problem.clone(), choices)?;
            return Ok(again(shown, &problem));
        }
    };
    (again_typed["donor_id"], again_typed["donor"]) = (donor["id"].clone(), donor["name"].clone());
    let mut sent = json!({
        "donor_id": donor["id"], "status": typed.text("status"), "visibility": typed.some("visibility").unwrap_or("internal"),
        "amount": money(language, typed.text("amount"), typed.text("currency")),
        "countries": typed.all("countries"), "usage_years": years(typed.text("usage_years")),
        "split_evenly": typed.some("split_evenly").is_some(),
        "contribution_type": typed.some("contribution_type").unwrap_or("financial"),
    });
    for name in ["decision_date", "flow_date", "earmarking", "description", "agreement_id"] {
        if let Some(value) = typed.some(name) {
            sent[name] = value.into();
        }
    }
    if let Some(rate) = rate(language, &typed) {
        sent["exchange_rate"] = rate;
    }
    if typed.text("contribution_type") == "in_kind" {
        let quantity = typed
            .some("quantity")
            .map(|text| typed_amount(language, text).unwrap_or_else(|| text.to_owned()));
        sent["valuation"] = json!({ "method": typed.text("method"), "valued_on": typed.text("valued_on"),
            "quantity": quantity, "unit": typed.some("unit") });
    }
    let guard = Guard::Key(typed.text("key"));
    match refused(state.gateway.change(&caller, Method::POST, "/v1/contributions", &sent, guard).await, "")? {
        Ok(saved) => {
            let id = saved["id"].as_str().unwrap_or_default();
            Ok(see_other(request, &format!("/console/contributions/{id}")))
        }
        Err(problem) => {
            let shown = form_page(request, state, &signed_in, again_typed, problem.clone(), Vec::new())?;
            Ok(again(shown, &problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_read_as_people_write_them() {
        assert_eq!(years("2026, 2027;2028 "), json!([2026, 2027, 2028]));
        assert_eq!(years("next year"), json!(["next", "year"]), "the platform says what is wrong");
    }

    #[test]
    fn a_step_sends_what_belongs_to_it() {
        let typed = Typed::read(b"on=2026-03-01&amount=1+000%2C50&currency=eur&reason=x&rate=0%2C9&rate_date=2026-03-01&rate_source=ECB");
        let paid = step_body(Language::French, "pay", &typed);
        assert_eq!(paid["amount"], json!({ "amount": "1000.50", "currency": "EUR" }));
        assert_eq!((&paid["exchange_rate"]["rate"], &paid["reason"]), (&json!("0.9"), &Value::Null));
        let reversed = step_body(Language::English, "reverse", &typed);
        assert_eq!((&reversed["amount"], &reversed["reason"]), (&Value::Null, &json!("x")));
    }
}
