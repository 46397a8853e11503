//! The money of a proposal: how far it is, what the committee decided on it, and the contributions that pay for it, as
//! a file.

use super::{
    fields::{cents_of, total},
    standing::is_some,
};
use crate::{
    draw, format,
    i18n::{Language, text},
    ids::Id,
    lists::{Query, items},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/proposals/{id}/sources.{kind}", web::get().to(file));
}

/// The contributions that pay for a proposal, as a file.
async fn file(staff: Staff, place: web::Path<(Id, String)>) -> PageResult {
    let (id, kind) = place.into_inner();
    let path = format!("/v1/allocation-proposals/{id}/sources");
    staff.list_file(&path, &Query::new(), "sources", &kind).await
}

/// Where the money of a proposal can be.
const STAGES: [&str; 6] = ["reserved", "allocated", "disbursed", "spent", "returned", "withdrawn"];

/// The parts of the drawing of a proposal's money, with the amounts of the table beside it; none while there is none.
pub(crate) fn marks(language: Language, amounts: &Value) -> Vec<Value> {
    if !STAGES.iter().any(|stage| is_some(&amounts[*stage])) {
        return Vec::new();
    }
    let mark = |stage: &&str| {
        let label = text(language, &format!("proposal-amount-{stage}"), None);
        let mut mark = draw::mark(language, &label, &amounts[*stage]);
        mark["amount"] = amounts[*stage].clone();
        mark
    };
    STAGES.iter().map(mark).collect()
}

/// What the budget of a proposal has to come to, in US cents: what was approved, without what was withdrawn since, and
/// with what was given to it; none before it is approved.
pub(super) fn due(proposal: &Value, funds: &Value) -> Option<i64> {
    let withdrawn = cents_of(&proposal["amounts"]["withdrawn"]).unwrap_or_default();
    let left = cents_of(&proposal["approved"])?.saturating_sub(withdrawn);
    let received = funds["received"].as_array().into_iter().flatten();
    Some(received.filter_map(|moved| cents_of(&moved["amount"])).fold(left, i64::saturating_add))
}

/// Whether the office has to file a budget before what is left of the money is paid.
pub(super) fn lacks_budget(proposal: &Value, funds: &Value) -> bool {
    let state = proposal["state"].as_str().unwrap_or_default();
    let is_payable = ["approved", "partly_approved", "disbursing"].contains(&state)
        && is_some(&proposal["amounts"]["allocated"]);
    let filed = &proposal["final_budget"];
    let filed = filed.is_array().then(|| total(filed));
    is_payable && due(proposal, funds).is_some_and(|due| filed != Some(due))
}

/// An amount beside what it belongs to.
fn with_amount(language: Language, name: &Value, money: &Value) -> String {
    let name = name.as_str().unwrap_or_default();
    match (money["amount"].as_str(), money["currency"].as_str()) {
        (Some(amount), Some(currency)) => format!("{name} · {}", format::money(language, amount, currency)),
        _ => name.to_owned(),
    }
}

/// Whether a proposal was extended as often as that was decided: which decision it was is not told.
fn is_extended(proposal: &Value, decisions: &Value) -> bool {
    let held = |decision: &&Value| decision["state"] == "in_force" || decision["state"] == "superseded";
    let extends = |decision: &&Value| decision["content"]["resolution"] == "extend";
    let decided = items(decisions).iter().filter(held).filter(extends).count();
    let steps = proposal["steps"].as_array().into_iter().flatten();
    steps.filter(|step| step["action"] == "extend").count() >= decided
}

/// The decisions on the money of a proposal that are in force and not carried out yet, to choose from.
pub(super) fn decided(language: Language, proposal: &Value, decisions: &Value, funds: &Value) -> Vec<Value> {
    let is_withdrawn = |id: &Value| {
        let mut done = funds["withdrawals"].as_array().into_iter().flatten();
        done.any(|withdrawn| withdrawn["decision_id"] == *id)
    };
    let is_extended = is_extended(proposal, decisions);
    let of_money = |decision: &&Value| {
        let is_done = match decision["content"]["resolution"].as_str() {
            Some("withdraw_funds" | "reallocate") => is_withdrawn(&decision["id"]),
            Some("extend") => is_extended,
            _ => return false,
        };
        decision["state"] == "in_force" && !is_done
    };
    let choice = |decision: &Value| {
        let content = &decision["content"];
        let name = with_amount(language, &content["reference"], &content["amount"]);
        json!({ "id": decision["id"], "name": name, "resolution": content["resolution"] })
    };
    items(decisions).iter().filter(of_money).map(choice).collect()
}

/// Suggested replacements by earmarked money, to choose from.
pub(super) fn suggestions(language: Language, found: &[Value]) -> Vec<Value> {
    let choice = |suggestion: &Value| {
        let name = with_amount(language, &suggestion["donor_name"], &suggestion["amount"]);
        json!({ "id": suggestion["id"], "name": name })
    };
    found.iter().map(choice).collect()
}

/// Other proposals that may be given money, to choose from.
pub(super) fn receivers(others: &[Value], proposal: &Value) -> Vec<Value> {
    let choice = |other: &Value| {
        let text = |field: &str| other[field].as_str().unwrap_or_default().to_owned();
        json!({ "id": other["id"], "name": format!("{} · {}", text("reference"), text("title")) })
    };
    others.iter().filter(|other| other["id"] != proposal["id"]).map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_decided_is_carried_out_once() {
        let decision = |id: &str, state: &str, resolution: &str| {
            json!({ "id": id, "state": state, "content": { "reference": "DEC-1", "resolution": resolution,
                "amount": { "amount": "5.00", "currency": "USD" } } })
        };
        let decisions = json!({ "items": [
            decision("a", "in_force", "withdraw_funds"), decision("b", "in_force", "withdraw_funds"),
            decision("c", "awaiting_head", "withdraw_funds"), decision("d", "in_force", "approve"),
            decision("e", "in_force", "extend"),
        ] });
        let funds = json!({ "withdrawals": [{ "decision_id": "b" }] });
        let choice = |id: &str, resolution: &str| json!({ "id": id, "name": "DEC-1 · US$5", "resolution": resolution });
        let of =
            |proposal: &Value, decisions: &Value| decided(Language::English, proposal, decisions, &funds);
        let both = [choice("a", "withdraw_funds"), choice("e", "extend")];
        assert_eq!(of(&json!({ "steps": [] }), &decisions), both);
        let extended = json!({ "steps": [{ "action": "extend" }] });
        assert_eq!(of(&extended, &decisions), [choice("a", "withdraw_funds")]);
        assert!(of(&extended, &Value::Null).is_empty());
    }

    #[test]
    fn a_budget_is_of_what_was_approved_withdrawn_and_given_together() {
        let usd = |amount: &str| json!({ "amount": amount, "currency": "USD" });
        let line = |amount: &str| json!({ "kind": "direct", "amount": usd(amount) });
        let mut proposal = json!({ "state": "partly_approved", "approved": usd("100.00"),
            "amounts": { "allocated": usd("100.00"), "withdrawn": usd("0.00") }, "final_budget": null });
        assert!(lacks_budget(&proposal, &Value::Null));
        proposal["final_budget"] = json!([line("60.00"), line("40.00")]);
        assert!(!lacks_budget(&proposal, &Value::Null));
        proposal["amounts"]["withdrawn"] = usd("30.50");
        let funds = json!({ "received": [{ "amount": usd("10.25") }] });
        assert_eq!(due(&proposal, &funds), Some(7_975));
        proposal["state"] = "disbursing".into();
        assert!(lacks_budget(&proposal, &funds));
        proposal["amounts"]["allocated"] = usd("0.00");
        assert!(!lacks_budget(&proposal, &funds), "nothing is left to be paid");
        assert_eq!(due(&json!({ "approved": null }), &funds), None);
    }

    #[test]
    fn money_is_given_to_another_proposal() {
        let proposal = |id: &str| json!({ "id": id, "reference": "MIR-1", "title": "Wells" });
        let found = receivers(&[proposal("a"), proposal("b")], &proposal("a"));
        assert_eq!(found, [json!({ "id": "b", "name": "MIR-1 · Wells" })]);
    }

    #[test]
    fn money_is_drawn_when_there_is_some() {
        let amount = |amount: &str| json!({ "amount": amount, "currency": "USD" });
        let mut amounts = json!({});
        for stage in STAGES {
            amounts[stage] = amount("0.00");
        }
        assert!(marks(Language::English, &amounts).is_empty());
        amounts["spent"] = amount("2.00");
        let drawn = marks(Language::English, &amounts);
        assert_eq!((drawn.len(), &drawn[3]["value"], &drawn[3]["amount"]), (6, &json!(2.0), &amount("2.00")));
    }
}
