//! The rules of a committee: every version, and the form of a new one.

use super::show::{Done, committee_of, rules_of};
use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{Typed, key, money, refused},
    i18n::Language,
    ids::{Id, only_ids},
    lists::{ListQuery, NoFilters, Query, added, context_of, items},
    offices::may_at_headquarters,
    people,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/committees/{id}/rules"), web::get().to(list))
        .route(&only_ids("/console/committees/{id}/rules.{kind}"), web::get().to(file))
        .route(&only_ids("/console/committees/{id}/rules/new"), web::get().to(new))
        .route(&only_ids("/console/committees/{id}/rules"), web::post().to(create));
}

/// Steps of authority that the form has rows for: as many as the API takes.
const MAX_STEPS: usize = 10;
/// Rows of the form that are empty.
const EMPTY_STEPS: usize = 2;

async fn list(
    staff: Staff,
    id: web::Path<Id>,
    asked: web::Query<ListQuery<NoFilters>>,
    done: web::Query<Done>,
) -> PageResult {
    let committee = committee_of(&staff, &id).await?;
    let mut query = asked.query();
    query.push(("limit".to_owned(), "20".to_owned()));
    let versions = staff.get(&format!("/v1/committees/{id}/rules"), &query).await?;
    let names = people::names(&staff, items(&versions).iter().map(|version| &version["created_by"])).await?;
    let more = json!({
        "committee": committee, "names": names, "view": "rules", "done": done.one_of(&["rules"]),
        "may_write": may_at_headquarters(&staff, "committees:write").await?,
    });
    staff.page("console/committees/rules.html", added(context_of(versions, &asked.filters), more)).await
}

async fn new(staff: Staff, id: web::Path<Id>) -> PageResult {
    let version = rules_of(&staff, &id).await?;
    form_page(&staff, &id, recorded(&version["rules"]), Value::Null).await
}

/// What the form begins with: the rules in force.
fn recorded(rules: &Value) -> Value {
    let (quorum, circulation) = (&rules["quorum"], &rules["circulation"]);
    let step = |step: &Value| {
        let amount = step["from"]["amount"].as_str().unwrap_or_default();
        let amount = amount.strip_suffix(".00").unwrap_or(amount);
        json!({ "from": amount, "decided_by": step["decided_by"] })
    };
    let steps: Vec<Value> = rules["authority"].as_array().into_iter().flatten().map(step).collect();
    json!({
        "numerator": quorum["numerator"], "denominator": quorum["denominator"], "least": quorum["least"],
        "majority": rules["majority"], "least_yes": rules["least_yes"], "tie": rules["tie"],
        "notice_days": rules["notice_days"], "hours": circulation["hours"],
        "circulation_majority": circulation["majority"], "objections": circulation["objections"],
        "normalisation": rules["normalisation"], "alternates_for_recused": rules["alternates_for_recused"],
        "authority": with_empty(steps),
    })
}

/// Rows of the form, and some empty ones.
fn with_empty(mut steps: Vec<Value>) -> Vec<Value> {
    let empty = EMPTY_STEPS.min(MAX_STEPS.saturating_sub(steps.len()));
    steps.resize(steps.len() + empty, json!({ "from": "", "decided_by": "head" }));
    steps
}

async fn form_page(staff: &Staff, id: &Id, typed: Value, problem: Value) -> PageResult {
    let committee = committee_of(staff, id).await?;
    let context = json!({ "committee": committee, "typed": typed, "problem": problem, "key": key() });
    staff.page("console/committees/rules-form.html", context).await
}

/// The steps of authority that were typed, without empty rows: what is wrong with one is told by its place among them.
fn typed_steps(typed: &Typed) -> Vec<(&str, &str)> {
    let step = |row: usize| {
        let from = typed.some(&format!("from_{row}"))?;
        Some((from, typed.some(&format!("decided_by_{row}")).unwrap_or("head")))
    };
    (0..MAX_STEPS).filter_map(step).collect()
}

async fn create(form: Writer, id: web::Path<Id>) -> PageResult {
    let typed = &form.typed;
    let sent = json!({ "rules": body(form.language, typed), "reason": typed.text("reason") });
    let (path, guard) = (format!("/v1/committees/{id}/rules"), Guard::Key(typed.text("key")));
    let made: Result<Value, PageError> = form.change(Method::POST, &path, &sent, guard).await;
    match refused(made, "/rules")? {
        Ok(_) => form.see_other(&format!("/console/committees/{id}/rules?done=rules")),
        Err(problem) => {
            let mut again = typed.values();
            let steps = typed_steps(typed).into_iter();
            let steps = steps.map(|(from, decided_by)| json!({ "from": from, "decided_by": decided_by }));
            again["authority"] = with_empty(steps.collect()).into();
            form_page(&form, &id, again, problem).await
        }
    }
}

/// The rules as the API takes them.
fn body(language: Language, typed: &Typed) -> Value {
    let whole = |name: &str| number(typed.text(name));
    let authority: Vec<Value> = typed_steps(typed)
        .into_iter()
        .map(|(from, decided_by)| json!({ "from": money(language, from, "USD"), "decided_by": decided_by }))
        .collect();
    json!({
        "quorum": {
            "numerator": whole("numerator"), "denominator": whole("denominator"), "least": whole("least"),
        },
        "majority": typed.text("majority"), "least_yes": whole("least_yes"), "tie": typed.text("tie"),
        "notice_days": whole("notice_days"),
        "circulation": {
            "hours": whole("hours"), "majority": typed.text("circulation_majority"),
            "objections": whole("objections"),
        },
        "normalisation": typed.text("normalisation"),
        "alternates_for_recused": typed.some("alternates_for_recused").is_some(), "authority": authority,
    })
}

/// A number that was typed; what is none goes as it is, and the platform says what is wrong with it.
fn number(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| text.into(), Value::from)
}

async fn file(staff: Staff, place: web::Path<(Id, String)>) -> PageResult {
    let (id, kind) = place.into_inner();
    staff.list_file(&format!("/v1/committees/{id}/rules"), &Query::new(), "committee-rules", &kind).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_sent_as_they_were_typed_without_empty_steps() {
        let typed = Typed::read(
            b"numerator=1&denominator=2&least=x&majority=simple&tie=deferred&from_0=&from_1=1+000%2C50&decided_by_1=head",
        );
        let sent = body(Language::French, &typed);
        assert_eq!((&sent["quorum"]["numerator"], &sent["quorum"]["least"]), (&json!(1), &json!("x")));
        assert_eq!(sent["authority"].as_array().map(Vec::len), Some(1));
        assert_eq!(sent["authority"][0]["from"], json!({ "amount": "1000.50", "currency": "USD" }));
        assert_eq!(sent["alternates_for_recused"], false);
    }

    #[test]
    fn the_form_begins_with_the_rules_in_force_and_has_room_for_more_steps() {
        let step = json!({ "from": { "amount": "500000.00", "currency": "USD" }, "decided_by": "head" });
        let quorum = json!({ "numerator": 1, "denominator": 2, "least": 3 });
        let shown =
            recorded(&json!({ "quorum": quorum, "authority": [step], "circulation": { "hours": 48 } }));
        assert_eq!((&shown["least"], &shown["hours"]), (&json!(3), &json!(48)));
        assert_eq!(shown["authority"][0]["from"], "500000");
        assert_eq!(shown["authority"].as_array().map(Vec::len), Some(1 + EMPTY_STEPS));
        assert_eq!(with_empty(vec![json!(1); MAX_STEPS]).len(), MAX_STEPS);
    }
}
