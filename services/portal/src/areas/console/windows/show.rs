//! A window with what belongs to it, and the steps that move it on.

use super::{committees, list::is_changeable, may_ask, may_see_scores, names, pools, window_of};
use crate::{
    client::{Guard, Method},
    draw,
    error::PageError,
    i18n::{Language, text},
    ids::{Id, only_ids},
    lists::added,
    recent,
    steps::{Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/windows/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

pub(crate) const STEPS: Steps = Steps {
    list: "windows",
    once: false,
    steps: &[
        Step::dialog("open", "window-do-open").about("window-open-about"),
        Step::dialog("score", "window-do-score").about("window-score-about"),
        Step::dialog("deliberate", "window-do-deliberate").about("window-deliberate-about"),
        Step::dialog("close", "window-do-close").about("window-close-about"),
        Step::quiet("cancel", "window-do-cancel").about("window-cancel-about"),
    ],
};

/// What was done just now, as the page's address says it.
const DONE: [&str; 7] = ["created", "saved", "open", "score", "deliberate", "close", "cancel"];

/// The steps that a window can take now.
fn steps_for(window: &Value) -> &'static [&'static str] {
    let is_standard = window["kind"] == "standard";
    match window["state"].as_str().unwrap_or_default() {
        "draft" => &["open", "cancel"],
        "open" if is_standard => &["score", "cancel"],
        "open" => &["close", "cancel"],
        "scoring" => &["deliberate", "cancel"],
        "deliberation" => &["close", "cancel"],
        _ => &[],
    }
}

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done = done.done.as_deref().filter(|done| DONE.contains(done));
    show_page(&staff, &id, json!({ "problem": null, "refused": null, "done": done })).await
}

/// The page, with what `again` says of a step that was refused.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let window = window_of(staff, id).await?;
    let (pools, committees) = futures_util::join!(pools(staff), committees(staff));
    recent::note(&staff.request, &format!("/console/windows/{id}"), window["title"].as_str());
    let may_write = staff.is_own(&window) && staff.may("windows:write");
    let steps = if may_write { steps_for(&window) } else { &[] };
    let context = json!({
        "steps": STEPS.of(staff, &window, steps), "may_edit": may_write && is_changeable(&window),
        "may_see_scores": may_see_scores(staff, &window), "may_ask": may_ask(staff, &window),
        "may_see_proposals": staff.may("proposals:read"),
        "may_propose": staff.may("proposals:write") && window["state"] == "open", "parts": parts(staff.language, &window),
        "pool_names": names(staff.language, &pools?), "committee_names": names(staff.language, &committees?),
        "window": window,
    });
    staff.page("console/windows/show.html", added(context, again)).await
}

/// The envelope as it is drawn: what is promised, what is left, and what the pool does not have any more.
pub(crate) fn parts(language: Language, window: &Value) -> Vec<Value> {
    let (promised, headroom) = (super::cents(&window["promised"]), super::cents(&window["headroom"]));
    let missing = (super::cents(&window["envelope"]) - promised - headroom).max(0);
    let parts = [("window-promised", promised), ("window-left", headroom), ("window-not-in-pool", missing)];
    let part = |(key, cents): (&str, i64)| {
        let amount = super::dollars(cents);
        let mut mark = draw::mark(language, &text(language, key, None), &amount);
        mark["amount"] = amount;
        mark
    };
    parts.into_iter().map(part).collect()
}

/// Why a step was refused, where the page can say more than a code: the key of its text, and the amount that it names.
/// Null where it cannot.
fn in_words(step: &str, problem: &Value) -> Value {
    let error = &problem["errors"][0];
    let params = &error["params"];
    let key = match (step, error["field"].as_str().unwrap_or_default()) {
        ("open", "closes_at") => "window-refused-past",
        ("open", "strategy") => "window-refused-strategy",
        ("open", "envelope") => "window-refused-envelope",
        ("score", "closes_at") => "window-refused-early",
        ("cancel", "") if params["amount"].is_string() => "window-refused-promised",
        // A state that does not allow the step at all says which one would follow.
        ("close" | "cancel", "") if error["code"] == "state" && params["to"].is_null() => {
            "window-refused-deciding"
        }
        _ => return Value::Null,
    };
    json!({ "key": key, "amount": { "amount": params["amount"], "currency": params["currency"] } })
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match taken(&form, &id, &step).await? {
        Ok(_) => form.see_other(&format!("/console/windows/{id}?done={step}")),
        Err(problem) => {
            let refused = in_words(&step, &problem);
            let again = json!({ "problem": problem, "refused": refused, "asked": step });
            show_page(&form, &id, added(again, json!({ "typed": {}, "done": null }))).await
        }
    }
}

async fn taken(form: &Writer, id: &Id, step: &str) -> Result<Result<Value, Value>, PageError> {
    let path = format!("/v1/allocation-windows/{id}/{step}");
    let guard = Guard::Version(form.typed.text("version"));
    form.submit(Method::POST, &path, &json!({}), guard).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::has_text;

    #[test]
    fn a_reserve_window_is_neither_scored_nor_deliberated() {
        let of = |kind: &str, state: &str| steps_for(&json!({ "kind": kind, "state": state }));
        assert_eq!(of("standard", "open"), ["score", "cancel"]);
        assert_eq!(of("reserve", "open"), ["close", "cancel"]);
        assert_eq!(of("standard", "deliberation"), ["close", "cancel"]);
        assert!(of("standard", "closed").is_empty() && of("reserve", "cancelled").is_empty());
        for state in ["draft", "open", "scoring", "deliberation"] {
            for kind in ["standard", "reserve"] {
                assert!(of(kind, state).iter().all(|name| STEPS.names().contains(name)), "{kind} {state}");
            }
        }
    }

    #[test]
    fn a_refusal_says_what_is_in_the_way() {
        let of = |step: &str, field: &str, params: Value| {
            in_words(step, &json!({ "errors": [{ "code": "state", "field": field, "params": params }] }))
        };
        let amount = json!({ "amount": "500.00", "currency": "USD" });
        let promised = of("cancel", "", amount.clone());
        assert_eq!((&promised["key"], &promised["amount"]), (&json!("window-refused-promised"), &amount));
        assert!(of("cancel", "", json!({ "state": "closed", "to": "cancelled" })).is_null());
        assert!(of("open", "", json!({})).is_null());
        for (step, field) in [
            ("open", "closes_at"),
            ("open", "strategy"),
            ("open", "envelope"),
            ("score", "closes_at"),
            ("close", ""),
        ] {
            let key = of(step, field, json!({ "state": "open" }))["key"].clone();
            assert!(has_text(key.as_str().unwrap()), "{key}");
        }
    }

    #[test]
    fn what_was_done_has_its_words() {
        assert!(DONE.iter().all(|done| has_text(&format!("window-done-{done}"))));
    }

    #[test]
    fn the_parts_of_an_envelope_add_up_to_it() {
        let money = |amount: &str| json!({ "amount": amount, "currency": "USD" });
        let window =
            json!({ "envelope": money("1000.00"), "promised": money("300.00"), "headroom": money("600.00") });
        let parts = parts(Language::English, &window);
        let amounts: Vec<Value> = parts.iter().map(|part| part["amount"].clone()).collect();
        assert_eq!(amounts, [money("300.00"), money("600.00"), money("100.00")]);
    }
}
