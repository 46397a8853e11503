//! The form of a pool: what it takes in, and what is kept of it.

use super::show::{overhead, pool_of};
use crate::{
    client::{Guard, Method},
    format::typed_rate,
    forms::{Typed, key},
    i18n::Language,
    ids::Id,
    offices,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use kernel::{Currency, Money};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/pools", web::post().to(create))
        .route("/console/pools/new", web::get().to(new))
        .route("/console/pools/{id}/edit", web::get().to(edit))
        .route("/console/pools/{id}/edit", web::post().to(update));
}

async fn new(staff: Staff) -> PageResult {
    let typed = json!({ "firmness": "paid", "earmarkings": ["unearmarked", "softly_earmarked"] });
    form_page(&staff, None, typed, Value::Null).await
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let pool = pool_of(&staff, &id).await?;
    form_page(&staff, Some(&pool), recorded(&pool), Value::Null).await
}

/// What the form of a recorded pool begins with.
fn recorded(pool: &Value) -> Value {
    let intake = &pool["intake"];
    let sources = intake["sources"].as_array().into_iter().flatten();
    let sources: Vec<&str> = sources.filter_map(Value::as_str).collect();
    let mut earmarkings = intake["earmarkings"].clone();
    if earmarkings.as_array().is_some_and(Vec::is_empty) {
        // None named are both.
        earmarkings = json!(["unearmarked", "softly_earmarked"]);
    }
    json!({
        "name": pool["name"], "sources": sources.join(", "), "office_ids": intake["office_ids"],
        "earmarkings": earmarkings, "firmness": intake["firmness"], "from": intake["from"], "overhead_rate": overhead(pool),
        "reserve_floor": pool["reserve_floor"], "version": pool["version"],
    })
}

async fn form_page(staff: &Staff, pool: Option<&Value>, typed: Value, problem: Value) -> PageResult {
    let context = json!({
        "typed": typed, "problem": in_percent(problem), "pool": pool, "key": key(), "offices": offices::every(staff).await?,
    });
    staff.page("console/pools/form.html", context).await
}

/// The overhead is typed in percent, and sent in hundredths of them: its limits are said in percent as well.
fn in_percent(mut problem: Value) -> Value {
    let errors = problem.get_mut("errors").and_then(Value::as_array_mut);
    for error in errors.into_iter().flatten() {
        if error["field"] == "overhead_rate" && error["code"] == "out_of_range" {
            error["params"]["max"] = 100.into();
        }
    }
    problem
}

async fn create(form: Writer) -> PageResult {
    let guard = Guard::Key(form.typed.text("key"));
    match form.submit(Method::POST, "/v1/pools", &body(form.language, &form.typed), guard).await? {
        Ok(saved) => to_record(&form, &saved, "created"),
        Err(problem) => form_page(&form, None, form.typed.values(), problem).await,
    }
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let guard = Guard::Version(form.typed.text("version"));
    let sent = body(form.language, &form.typed);
    match form.submit(Method::PUT, &format!("/v1/pools/{id}"), &sent, guard).await? {
        Ok(saved) => to_record(&form, &saved, "saved"),
        Err(problem) => {
            let pool = pool_of(&form, &id).await?;
            let mut values = form.typed.values();
            if problem["status"] == 412 {
                // Saving again is a decision, now that it is known that there is something new in its ledger, or its fields.
                values["version"] = pool["version"].clone();
            }
            form_page(&form, Some(&pool), values, problem).await
        }
    }
}

fn to_record(form: &Writer, saved: &Value, done: &str) -> PageResult {
    let id = saved["id"].as_str().unwrap_or_default();
    form.see_other(&format!("/console/pools/{id}?done={done}"))
}

/// The pool as the API takes it.
fn body(language: Language, typed: &Typed) -> Value {
    let words = typed.text("sources").split([',', ';', ' ']).filter(|word| !word.is_empty());
    let sources: Vec<&str> = words.collect();
    json!({
        "name": typed.text("name"),
        "intake": {
            "sources": sources, "office_ids": typed.all("office_ids"), "earmarkings": typed.all("earmarkings"),
            "firmness": typed.some("firmness").unwrap_or("paid"), "from": typed.some("from"),
        },
        "overhead_rate": hundredths(language, typed.text("overhead_rate")),
        "reserve_floor": whole(typed.text("reserve_floor")),
    })
}

/// Hundredths of a percentage that was typed; what is none goes as it is, and the platform says what is wrong with it.
fn hundredths(language: Language, text: &str) -> Value {
    if text.is_empty() {
        return 0.into();
    }
    let rate = typed_rate(language, text).and_then(|rate| Money::parse(&rate, Currency::USD).ok());
    rate.map_or_else(|| text.into(), |rate| rate.minor().into())
}

fn whole(text: &str) -> Value {
    if text.is_empty() { 0.into() } else { text.parse::<i64>().map_or_else(|_| text.into(), Value::from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_sent_whole_with_its_overhead_in_hundredths_of_a_percent() {
        let sent = |language: Language, typed: &[u8]| body(language, &Typed::read(typed));
        let typed = b"name=Pool&earmarkings=unearmarked&sources=api,+erp&office_ids=o&firmness=paid&overhead_rate=7%2C5&reserve_floor=20";
        let french = sent(Language::French, typed);
        assert_eq!((&french["overhead_rate"], &french["reserve_floor"]), (&json!(750), &json!(20)));
        assert_eq!(french["intake"]["sources"], json!(["api", "erp"]));
        assert_eq!(french["intake"]["from"], Value::Null);
        let empty = sent(Language::English, b"name=Pool");
        assert_eq!((&empty["overhead_rate"], &empty["intake"]["office_ids"]), (&json!(0), &json!([])));
        assert_eq!(sent(Language::English, b"overhead_rate=much")["overhead_rate"], "much");
    }

    #[test]
    fn the_form_of_a_pool_begins_with_what_is_recorded() {
        let intake = json!({ "sources": ["api", "erp"], "office_ids": [], "earmarkings": [], "firmness": "paid", "from": null });
        let shown = recorded(
            &json!({ "name": "Pool", "intake": intake, "overhead_rate": 750, "reserve_floor": 20, "version": 3 }),
        );
        assert_eq!((&shown["overhead_rate"], &shown["sources"]), (&json!("7.50"), &json!("api, erp")));
        assert_eq!(shown["earmarkings"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn the_limits_of_the_overhead_are_said_in_percent() {
        let error =
            json!({ "field": "overhead_rate", "code": "out_of_range", "params": { "min": 0, "max": 10000 } });
        assert_eq!(in_percent(json!({ "errors": [error] }))["errors"][0]["params"]["max"], 100);
        assert_eq!(in_percent(Value::Null), Value::Null);
    }
}
