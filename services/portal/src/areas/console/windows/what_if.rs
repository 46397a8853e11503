//! What the envelope of a window would buy best: a question with assumptions, and its answer. Advice, never a decision.

use super::{
    board::{board_of, rows},
    cents, dollars, is_secretariat, may_see_answers, window_of,
};
use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{Typed, key, money},
    i18n::Language,
    ids::Id,
    lists::added,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/windows/{id}/what-if", web::get().to(show))
        .route("/console/windows/{id}/what-if", web::post().to(ask));
}

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    let nothing = json!({ "typed": {}, "problem": null, "answer": null, "question": null, "saved": {} });
    page(&staff, &id, nothing).await
}

async fn ask(form: Writer, id: web::Path<Id>) -> PageResult {
    let question = question(form.language, &form.typed);
    let nothing = json!({ "problem": null, "saved": {} });
    asked(&form, &id, question, form.typed.values(), nothing).await
}

/// Asks a question (`typed` fills its form again) and shows the answer; `saving` is what was typed to save it
/// (`saved`), with its refusal.
pub(super) async fn asked(
    staff: &Staff,
    id: &Id,
    question: Value,
    typed: Value,
    saving: Value,
) -> PageResult {
    let path = format!("/v1/allocation-windows/{id}/what-if");
    let again = match staff.submit(Method::POST, &path, &question, Guard::None).await? {
        Ok(answer) => added(json!({ "answer": answer, "question": question.to_string() }), saving),
        Err(problem) => {
            let problem = at_inputs(problem, &question, &[]);
            json!({ "answer": null, "question": null, "problem": problem, "saved": {} })
        }
    };
    page(staff, id, added(again, json!({ "typed": typed }))).await
}

/// The page, with the answer where something was asked.
async fn page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let window = window_of(staff, id).await?;
    if !may_see_answers(staff, &window) {
        return Err(PageError::NotFound);
    }
    let board = board_of(staff, id).await?;
    let mut context = json!({
        "candidates": candidates(&board), "may_save": is_secretariat(staff, &window), "key": key(), "window": window,
        "shown": answered(&again["answer"], &titles(&board), &undecided(&board)),
    });
    for name in ["typed", "problem", "question", "saved"] {
        context[name] = again[name].clone();
    }
    staff.page("console/windows/what-if.html", context).await
}

/// The proposals that a question is about: those that have a rank.
fn candidates(board: &Value) -> Vec<&Value> {
    rows(board).iter().filter(|row| !row["rank"].is_null()).collect()
}

/// The titles of the proposals of a board, by id.
pub(super) fn titles(board: &Value) -> Value {
    let titled = |row: &Value| Some((row["id"].as_str()?.to_owned(), row["title"].clone()));
    rows(board).iter().filter_map(titled).collect::<Map<String, Value>>().into()
}

/// The proposals of a board that nothing was decided on yet: none of them is treated otherwise than the answer says.
fn undecided(board: &Value) -> BTreeSet<&str> {
    const STATES: [&str; 4] = ["submitted", "eligible", "scored", "shortlisted"];
    let is_undecided = |row: &&Value| STATES.iter().any(|state| row["state"] == *state);
    rows(board).iter().filter(is_undecided).filter_map(|row| row["id"].as_str()).collect()
}

/// The question as its form says it. What is left empty is as the window has it.
fn question(language: Language, typed: &Typed) -> Value {
    let dollars = |name: &str| typed.some(name).map(|amount| money(language, amount, "USD"));
    let pinned = |wanted: &str| -> Vec<&str> {
        let of_it = typed.0.iter().filter(|(_, value)| value == wanted);
        of_it.filter_map(|(name, _)| name.strip_prefix("pin_")).collect()
    };
    let grant = |(name, value): &(String, String)| {
        let (id, amount) = (name.strip_prefix("amount_")?, value.trim());
        let is_given = !amount.is_empty();
        is_given.then(|| json!({ "proposal_id": id, "amount": money(language, amount, "USD") }))
    };
    let partial = match typed.text("partial") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    json!({
        "objective": typed.some("objective").unwrap_or("score_cost"), "envelope": dollars("envelope"),
        "is_partial_funding_allowed": partial, "step": dollars("step"), "funded": pinned("in"),
        "unfunded": pinned("out"), "portfolio": typed.0.iter().filter_map(grant).collect::<Vec<_>>(),
    })
}

/// A question as its form is filled with it again.
pub(super) fn filled(question: &Value) -> Value {
    let amount = |money: &Value| money["amount"].clone();
    let partial = question["is_partial_funding_allowed"].as_bool().map(|is| if is { "yes" } else { "no" });
    let mut typed = json!({
        "objective": question["objective"], "envelope": amount(&question["envelope"]), "step": amount(&question["step"]),
        "partial": partial,
    });
    for (list, word) in [("funded", "in"), ("unfunded", "out")] {
        for id in question[list].as_array().into_iter().flatten().filter_map(Value::as_str) {
            typed[format!("pin_{id}")] = word.into();
        }
    }
    for grant in question["portfolio"].as_array().into_iter().flatten() {
        let id = grant["proposal_id"].as_str().unwrap_or_default();
        typed[format!("amount_{id}")] = amount(&grant["amount"]);
    }
    typed
}

/// A refusal, with the inputs that the page has for what the platform names by its place in a list.
pub(super) fn at_inputs(mut problem: Value, question: &Value, reasons: &[Value]) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = input(error["field"].as_str().unwrap_or_default(), question, reasons);
        error["field"] = field.into();
    }
    problem
}

fn input(field: &str, question: &Value, reasons: &[Value]) -> String {
    let field = field.strip_prefix("question-").unwrap_or(field);
    let Some((list, rest)) = field.split_once('-') else {
        let input = if field == "is_partial_funding_allowed" { "partial" } else { field };
        return input.to_owned();
    };
    let place = rest.split('-').next().and_then(|place| place.parse::<usize>().ok());
    let found = place.and_then(|place| match list {
        "funded" | "unfunded" => Some(("pin", question[list][place].as_str()?)),
        "portfolio" => Some(("amount", question[list][place]["proposal_id"].as_str()?)),
        "reasons" => Some(("reason", reasons.get(place)?["proposal_id"].as_str()?)),
        _ => None,
    });
    found.map_or_else(|| field.to_owned(), |(input, id)| format!("{input}-{id}"))
}

/// The portfolios of an answer, with the key of each text.
const PORTFOLIOS: [(&str, &str); 4] = [
    ("best", "what-if-best"),
    ("by_score", "what-if-by-score"),
    ("decided", "what-if-decided"),
    ("compared", "what-if-compared"),
];

/// What a portfolio gives each proposal, by id.
fn grants(portfolio: &Value) -> BTreeMap<&str, &Value> {
    let grants = portfolio["grants"].as_array().into_iter().flatten();
    grants.filter_map(|grant| Some((grant["proposal_id"].as_str()?, &grant["amount"]))).collect()
}

/// An answer as its page shows it: portfolios side by side, and each proposal with what each of them gives it. Null for
/// none. What is `undecided` was not chosen otherwise, unless the question has a choice of its own.
pub(crate) fn answered(answer: &Value, titles: &Value, undecided: &BTreeSet<&str>) -> Value {
    if answer.is_null() {
        return Value::Null;
    }
    let portfolios: Vec<(&str, &Value)> = PORTFOLIOS
        .into_iter()
        .map(|(name, key)| (key, &answer[name]))
        .filter(|(_, portfolio)| !portfolio.is_null())
        .collect();
    let given: Vec<_> = portfolios.iter().map(|(_, portfolio)| grants(portfolio)).collect();
    let (best, chosen) = (grants(&answer["best"]), chosen(answer));
    let proposal = |row: &Value| {
        let id = row["proposal_id"].as_str().unwrap_or_default();
        let amounts: Vec<Option<&Value>> = given.iter().map(|of_it| of_it.get(id).copied()).collect();
        let is_chosen = |chosen: &BTreeMap<&str, &Value>| {
            !answer["compared"].is_null() || chosen.contains_key(id) || !undecided.contains(id)
        };
        let is_otherwise =
            chosen.as_ref().is_some_and(|chosen| is_chosen(chosen) && chosen.get(id) != best.get(id));
        let more = json!({
            "title": titles[id], "amounts": amounts, "is_otherwise": is_otherwise && !answer["best"].is_null(),
        });
        added(row.clone(), more)
    };
    let portfolio = |(key, portfolio): &(&str, &Value)| {
        json!({ "key": key, "amount": portfolio["amount"], "value": portfolio["value"],
                "mean_points": portfolio["mean_points"], "is_feasible": portfolio["is_feasible"],
                "count": portfolio["grants"].as_array().map_or(0, Vec::len) })
    };
    let mut shown = json!({
        "portfolios": portfolios.iter().map(portfolio).collect::<Vec<_>>(),
        "proposals": list(&answer["proposals"]).iter().map(proposal).collect::<Vec<_>>(),
        "rules": rules(answer, &best), "has_best": !answer["best"].is_null(),
    });
    for name in
        ["objective", "envelope", "is_partial_funding_allowed", "step", "is_proven", "bound", "shortfalls"]
    {
        shown[name] = answer[name].clone();
    }
    shown
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// What the committee chose, or what the question compares; none where nothing was chosen yet.
fn chosen(answer: &Value) -> Option<BTreeMap<&str, &Value>> {
    let chosen = if answer["compared"].is_null() { &answer["decided"] } else { &answer["compared"] };
    Some(grants(chosen)).filter(|grants| !grants.is_empty())
}

/// The rules, with what the best portfolio gives the group of each.
fn rules(answer: &Value, best: &BTreeMap<&str, &Value>) -> Vec<Value> {
    let given = |group: &Value| -> i64 {
        let of_it = list(&answer["proposals"]).iter().filter(|row| row["group"] == *group);
        let ids = of_it.filter_map(|row| row["proposal_id"].as_str());
        ids.filter_map(|id| best.get(id)).map(|amount| cents(amount)).sum()
    };
    let rule = |rule: &Value| added(rule.clone(), json!({ "gets": dollars(given(&rule["group"])) }));
    list(&answer["rules"]).iter().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(amount: &str) -> Value {
        json!({ "amount": amount, "currency": "USD" })
    }

    fn portfolio(grants: &[(&str, &str)]) -> Value {
        let grant = |(id, amount): &(&str, &str)| json!({ "proposal_id": id, "amount": usd(amount) });
        json!({ "amount": usd("5.00"), "value": "400", "mean_points": "80.00", "is_feasible": true,
                "grants": grants.iter().map(grant).collect::<Vec<_>>() })
    }

    fn answer(decided: &[(&str, &str)]) -> Value {
        let proposal = |id: &str, group: &str| json!({ "proposal_id": id, "reference": id, "group": group });
        json!({
            "best": portfolio(&[("a", "3.00"), ("b", "2.00")]), "by_score": portfolio(&[("a", "5.00")]),
            "decided": portfolio(decided), "compared": null, "is_proven": true, "shortfalls": [],
            "rules": [{ "group": "Europe", "limit": "floor", "amount": usd("2.00") }],
            "proposals": [proposal("a", "Africa"), proposal("b", "Europe"), proposal("c", "Europe")],
        })
    }

    #[test]
    fn a_question_is_read_from_its_form_and_fills_it_again() {
        let sent = "objective=score&envelope=1%2C000%2C000&partial=no&pin_a=in&pin_b=&pin_c=out&amount_a=+5&amount_b=";
        let asked = question(Language::English, &Typed::read(sent.as_bytes()));
        let expected = json!({ "objective": "score", "envelope": usd("1000000"), "is_partial_funding_allowed": false,
            "step": null, "funded": ["a"], "unfunded": ["c"],
            "portfolio": [{ "proposal_id": "a", "amount": usd("5") }] });
        assert_eq!(asked, expected);
        assert_eq!(question(Language::English, &typed_of(&filled(&asked))), expected);
    }

    /// The form as a browser sends it.
    fn typed_of(values: &Value) -> Typed {
        let values = values.as_object().unwrap().iter();
        Typed(values.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect())
    }

    #[test]
    fn a_refusal_leads_to_the_proposal_it_is_about() {
        let question =
            json!({ "funded": ["a"], "unfunded": ["b", "c"], "portfolio": [{ "proposal_id": "d" }] });
        let reasons = [json!({ "proposal_id": "e", "text": "" })];
        for (field, expected) in [
            ("unfunded-1", "pin-c"),
            ("question-funded-0", "pin-a"),
            ("portfolio-0-amount", "amount-d"),
            ("portfolio-0", "amount-d"),
            ("reasons-0-text", "reason-e"),
            ("question-envelope", "envelope"),
            ("is_partial_funding_allowed", "partial"),
            ("title", "title"),
            ("unfunded-9", "unfunded-9"),
        ] {
            assert_eq!(input(field, &question, &reasons), expected, "{field}");
        }
    }

    #[test]
    fn portfolios_stand_side_by_side_and_what_was_chosen_otherwise_is_marked() {
        let decided = answer(&[("a", "3.00"), ("c", "1.00")]);
        let shown = answered(&decided, &json!({ "a": "Title" }), &BTreeSet::new());
        assert_eq!(shown["portfolios"].as_array().unwrap().len(), 3, "nothing was compared");
        assert_eq!(shown["proposals"][0]["amounts"], json!([usd("3.00"), usd("5.00"), usd("3.00")]));
        assert_eq!(shown["proposals"][2]["amounts"], json!([null, null, usd("1.00")]));
        let otherwise: Vec<bool> =
            list(&shown["proposals"]).iter().map(|row| row["is_otherwise"] == true).collect();
        assert_eq!(otherwise, [false, true, true]);
        assert_eq!(shown["rules"][0]["gets"], usd("2.00"));
        assert_eq!(shown["proposals"][0]["title"], "Title");
    }

    #[test]
    fn before_anything_is_decided_nothing_is_otherwise() {
        let shown = answered(&answer(&[]), &json!({}), &BTreeSet::new());
        assert!(list(&shown["proposals"]).iter().all(|row| row["is_otherwise"] == false));
        assert!(answered(&Value::Null, &json!({}), &BTreeSet::new()).is_null());
    }

    #[test]
    fn what_nothing_was_decided_on_yet_is_not_otherwise_unless_the_question_chooses() {
        let board = json!({ "proposals": [{ "id": "a", "state": "approved" }, { "id": "b", "state": "shortlisted" },
            { "id": "c", "state": "rejected" }] });
        let undecided = undecided(&board);
        assert_eq!(undecided, BTreeSet::from(["b"]));
        let otherwise = |answer: &Value| -> Vec<bool> {
            let shown = answered(answer, &json!({}), &undecided);
            list(&shown["proposals"]).iter().map(|row| row["is_otherwise"] == true).collect()
        };
        let mut asked = answer(&[("a", "3.00")]);
        assert_eq!(otherwise(&asked), [false, false, false]);
        asked["compared"] = portfolio(&[("a", "3.00")]);
        assert_eq!(otherwise(&asked), [false, true, false]);
    }
}
