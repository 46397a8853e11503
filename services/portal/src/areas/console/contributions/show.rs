//! A contribution with its entries, and the steps that move it on.

use super::form::{rate, years};
use crate::{
    client::Guard,
    forms::{Typed, country_codes, key, money},
    i18n::Language,
    ids::Id,
    lists::items,
    steps::Steps,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web;
use serde_json::{Value, json};

/// Commitment, payment, allotment, write-off, reversal.
const STEPS: Steps =
    Steps { list: "contributions", names: &["commit", "pay", "allot", "write-off", "reverse"] };

pub(crate) async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    show_page(&staff, &id, Value::Null, Value::Null).await
}

async fn show_page(staff: &Staff, id: &Id, problem: Value, typed: Value) -> PageResult {
    let path = format!("/v1/contributions/{id}");
    let contribution = staff.get(&path, &()).await?;
    let (entries, of_it) = (format!("{path}/entries"), [("parent_id", id.as_str())]);
    let (entries, children) =
        futures_util::join!(staff.get(&entries, &()), staff.get("/v1/contributions", &of_it));
    let (entries, children) = (entries?, children?);
    // What another system keeps has no entries here, and is changed there.
    let kept_here = !items(&entries).is_empty();
    let may_write = staff.is_own(&contribution) && kept_here && staff.may("contributions:write");
    let context = json!({
        "contribution": contribution, "entries": entries, "children": children, "problem": problem,
        "typed": typed, "key": key(), "countries": country_codes(), "today": staff.today().to_string(),
        "may_write": may_write,
    });
    staff.page("console/contributions/show.html", context).await
}

pub(crate) async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    let sent = step_body(form.language, &step, &form.typed);
    let guard = Guard::VersionOnce(form.typed.text("version"), form.typed.text("key"));
    match STEPS.take(&form, (&id, &step), &sent, guard).await? {
        Ok(response) => Ok(response),
        Err(problem) => {
            let mut typed = form.typed.values();
            typed["step"] = step.as_str().into();
            show_page(&form, &id, at_step(problem, &step), typed).await
        }
    }
}

/// Each step has its own form on the page: its fields are named after it.
fn at_step(mut problem: Value, step: &str) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        if let Some(field) = error["field"].as_str().filter(|field| !field.is_empty()) {
            error["field"] = format!("{step}-{field}").into();
        }
    }
    problem
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

#[cfg(test)]
mod tests {
    use super::*;

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
