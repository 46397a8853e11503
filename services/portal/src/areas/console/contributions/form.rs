//! The form of a contribution.

use crate::{
    areas::console::donors::choice::donor_of,
    client::{Guard, Method},
    donor_names::in_language,
    error::PageError,
    format::typed_amount,
    forms::{Typed, country_codes, key, money, rate, years},
    i18n::Language,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

/// The response plans that money can go to, for whoever may see plans.
pub(super) async fn plans(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if staff.may("plans:read") { staff.all("/v1/plan-names", &()).await } else { Ok(Vec::new()) }
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/contributions", web::post().to(create))
        .route("/console/contributions/new", web::get().to(new));
}

#[derive(Deserialize)]
struct Beginning {
    donor_id: Option<String>,
    agreement_id: Option<String>,
}

async fn new(staff: Staff, beginning: web::Query<Beginning>) -> PageResult {
    let typed = begun(&staff, &beginning).await?;
    form_page(&staff, typed, Value::Null, Vec::new()).await
}

/// What the form begins with: what is known of the agreement or the donor that it was opened from.
async fn begun(staff: &Staff, beginning: &Beginning) -> Result<Value, PageError> {
    let mut typed = json!({ "visibility": "donor", "status": "commitment" });
    if let Some(id) = beginning.agreement_id.as_deref().and_then(Id::read) {
        let agreement = staff.get(&format!("/v1/agreements/{id}"), &()).await?;
        typed["agreement_id"] = id.as_str().into();
        typed["agreement"] = agreement["reference"].clone();
        typed["donor"] = agreement["donor_name"].clone();
        if let Some(donor_id) = agreement["donor_id"].as_str().filter(|_| staff.language != Language::English)
        {
            let donor = staff.get(&format!("/v1/donors/{donor_id}"), &()).await?;
            typed["donor"] = in_language(staff.language, &donor);
        }
        typed["currency"] = agreement["amount"]["currency"].clone();
        for name in ["donor_id", "earmarking", "countries", "plan_ids"] {
            typed[name] = agreement[name].clone();
        }
    } else if let Some(id) = beginning.donor_id.as_deref().and_then(Id::read) {
        let donor = staff.get(&format!("/v1/donors/{id}"), &()).await?;
        (typed["donor_id"], typed["donor"]) = (id.as_str().into(), in_language(staff.language, &donor));
    }
    Ok(typed)
}

async fn form_page(staff: &Staff, typed: Value, problem: Value, choices: Vec<Value>) -> PageResult {
    let plans = plans(staff).await?;
    let context = json!({
        "typed": typed, "problem": problem, "choices": choices, "key": key(), "countries": country_codes(staff.language),
        "plans": plans,
    });
    staff.page("console/contributions/form.html", context).await
}

async fn create(form: Writer) -> PageResult {
    let mut again = form.typed.values();
    let donor = match donor_of(&form).await? {
        Ok(donor) => donor,
        Err(choices) => return form_page(&form, again, crate::forms::no_donor(&choices), choices).await,
    };
    (again["donor_id"], again["donor"]) = (donor["id"].clone(), in_language(form.language, &donor));
    let sent = contribution_body(form.language, &form.typed, &donor);
    let guard = Guard::Key(form.typed.text("key"));
    match form.submit(Method::POST, "/v1/contributions", &sent, guard).await? {
        Ok(saved) => {
            let id = saved["id"].as_str().unwrap_or_default();
            form.see_other(&format!("/console/contributions/{id}"))
        }
        Err(problem) => form_page(&form, again, problem, Vec::new()).await,
    }
}

/// The contribution as the API takes it.
fn contribution_body(language: Language, typed: &Typed, donor: &Value) -> Value {
    let mut sent = json!({
        "donor_id": donor["id"], "status": typed.text("status"),
        "visibility": typed.some("visibility").unwrap_or("internal"),
        "amount": money(language, typed.text("amount"), typed.text("currency")),
        "countries": typed.all("countries"), "plan_ids": typed.all("plan_ids"),
        "usage_years": years(typed.text("usage_years")),
        "split_evenly": typed.some("split_evenly").is_some(),
        "contribution_type": typed.some("contribution_type").unwrap_or("financial"),
    });
    for name in ["decision_date", "flow_date", "earmarking", "description", "agreement_id"] {
        if let Some(value) = typed.some(name) {
            sent[name] = value.into();
        }
    }
    if let Some(rate) = rate(language, typed) {
        sent["exchange_rate"] = rate;
    }
    if typed.text("contribution_type") == "in_kind" {
        let quantity = typed
            .some("quantity")
            .map(|text| typed_amount(language, text).unwrap_or_else(|| text.to_owned()));
        sent["valuation"] = json!({ "method": typed.text("method"), "valued_on": typed.text("valued_on"),
            "quantity": quantity, "unit": typed.some("unit") });
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plan_that_is_chosen_is_sent() {
        let sent =
            |typed: &[u8]| contribution_body(Language::English, &Typed::read(typed), &json!({ "id": "d" }));
        let chosen = sent(b"status=paid&amount=5&currency=USD&plan_ids=p&plan_ids=q");
        assert_eq!((&chosen["plan_ids"], &chosen["donor_id"]), (&json!(["p", "q"]), &json!("d")));
        assert_eq!(sent(b"status=paid")["plan_ids"], json!([]));
    }
}
