//! What can be wrong with the fields of a proposal, draft or not.

use super::{
    budget,
    fields::{AffectedGroup, AllocationNature, ProposalFields},
};
use crate::window::fields_check::dollars;
use kernel::{Fault, FieldCode, Problem};
use service::Checks;

/// Maximum number of people of a group: more than the world has.
const MAX_PEOPLE: i64 = 10_000_000_000;

/// What is wrong with the fields of a proposal, field by field.
///
/// # Errors
/// 422 with every field.
pub(crate) fn check(fields: &ProposalFields) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.text("/title", &fields.title, 300);
    checks.text("/category", &fields.category, 100);
    for (index, code) in checks.at_most("/countries", &fields.countries, 50).iter().enumerate() {
        checks.country(&format!("/countries/{index}"), code);
    }
    checks.at_most("/plan_ids", &fields.plan_ids, 20);
    checks.optional_long_text("/need", fields.need.as_deref(), 10_000);
    checks.optional_long_text("/strategy_fit", fields.strategy_fit.as_deref(), 5_000);
    checks.optional_long_text("/risks", fields.risks.as_deref(), 5_000);
    check_amounts(fields, &mut checks);
    let not_after = Fault::not_after("start_date", fields.start_date);
    checks.require(fields.start_date < fields.end_date, "/end_date", not_after);
    checks.date("/start_date", fields.start_date);
    checks.date("/end_date", fields.end_date);
    check_nature(fields, &mut checks);
    check_results(fields, &mut checks);
    check_money_from_elsewhere(fields, &mut checks);
    budget::check_lines("/budget", &fields.budget, &mut checks);
    checks.finish()
}

fn check_amounts(fields: &ProposalFields, checks: &mut Checks) {
    dollars(checks, "/asked", Some(fields.asked));
    dollars(checks, "/least", Some(fields.least));
    if fields.least.minor() > fields.asked.minor() {
        let fault = FieldCode::SumTooLarge.says("is more than what is asked for");
        checks.refuse("/least/amount", fault.amount(fields.asked));
    }
}

fn check_nature(fields: &ProposalFields, checks: &mut Checks) {
    let is_bridge = fields.nature == AllocationNature::Bridge;
    match &fields.expected {
        Some(expected) if is_bridge => {
            checks.text("/expected/source", &expected.source, 300);
            dollars(checks, "/expected/amount", Some(expected.amount));
            checks.date("/expected/by", expected.by);
        }
        Some(_) => {
            let fault = FieldCode::NotAllowedWith.says("belongs to a bridge and to nothing else");
            checks.refuse("/expected", fault.with("with", AllocationNature::Grant.as_str()));
        }
        None if is_bridge => {
            let fault = FieldCode::RequiredWith.says("is required for a bridge");
            checks.refuse("/expected", fault.with("with", AllocationNature::Bridge.as_str()));
        }
        None => {}
    }
}

fn check_results(fields: &ProposalFields, checks: &mut Checks) {
    for (index, result) in checks.at_most("/results", &fields.results, 30).iter().enumerate() {
        checks.text(&format!("/results/{index}/indicator"), &result.indicator, 300);
        checks.text(&format!("/results/{index}/target"), &result.target, 300);
    }
    let mut seen = Vec::new();
    let people = checks.at_most("/people", &fields.people, AffectedGroup::ALL.len());
    for (index, people) in people.iter().enumerate() {
        let twice = (FieldCode::Duplicate, "is given twice");
        checks.require(!seen.contains(&people.group), &format!("/people/{index}/group"), twice);
        seen.push(people.group);
        let fits = (1..=MAX_PEOPLE).contains(&people.number);
        checks.require(fits, &format!("/people/{index}/number"), Fault::out_of_range(1, MAX_PEOPLE));
    }
}

fn check_money_from_elsewhere(fields: &ProposalFields, checks: &mut Checks) {
    for (index, funding) in checks.at_most("/co_funding", &fields.co_funding, 30).iter().enumerate() {
        checks.text(&format!("/co_funding/{index}/source"), &funding.source, 300);
        dollars(checks, &format!("/co_funding/{index}/amount"), Some(funding.amount));
    }
    for (index, outreach) in checks.at_most("/outreach", &fields.outreach, 30).iter().enumerate() {
        let at = |field: &str| format!("/outreach/{index}/{field}");
        checks.text(&at("donor"), &outreach.donor, 300);
        checks.date(&at("on"), outreach.on);
        checks.required_long_text(&at("asked_for"), &outreach.asked_for, 1_000);
        checks.optional_long_text(&at("answer"), outreach.answer.as_deref(), 1_000);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use kernel::{Money, WindowId};
    use serde_json::json;

    /// A proposal that fits the window of the window's own tests.
    pub(crate) fn proposal() -> ProposalFields {
        serde_json::from_value(json!({
            "window_id": WindowId::from_u128(1), "title": "Onward transport", "category": "Strategic initiatives",
            "nature": "grant", "countries": ["SDN"], "need": "The road is cut.", "strategy_fit": "It is the first aim.",
            "risks": "Rain.", "results": [{ "indicator": "People transported", "target": "12,000" }],
            "people": [{ "group": "returnees", "number": 12000 }],
            "budget": [
                { "kind": "direct", "description": "Buses", "amount": { "amount": "600000.00", "currency": "USD" } },
                { "kind": "overhead", "description": "Overhead", "amount": { "amount": "42000.00", "currency": "USD" } },
            ],
            "asked": { "amount": "642000.00", "currency": "USD" },
            "least": { "amount": "300000.00", "currency": "USD" },
            "start_date": "2026-05-01", "end_date": "2027-04-30",
        }))
        .unwrap()
    }

    fn wrong(fields: &ProposalFields) -> Vec<String> {
        let errors = check(fields).err().map(|problem| problem.errors).unwrap_or_default();
        errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn a_proposal_asks_for_no_less_than_the_least_it_can_be_done_with() {
        assert!(wrong(&proposal()).is_empty());
        let mut fields = proposal();
        fields.least = Money::usd(64_200_001);
        assert_eq!(wrong(&fields), ["/least/amount"]);
        fields.asked = Money::usd(0);
        fields.least = Money::usd(-1);
        assert_eq!(wrong(&fields), ["/asked/amount", "/least/amount"]);
    }

    #[test]
    fn a_bridge_names_what_it_waits_for_and_a_grant_does_not() {
        let mut fields = proposal();
        fields.nature = AllocationNature::Bridge;
        assert_eq!(wrong(&fields), ["/expected"]);
        let expected = json!({ "source": "Denmark", "amount": { "amount": "1", "currency": "USD" }, "by": "2026-09-01" });
        fields.expected = Some(serde_json::from_value(expected).unwrap());
        assert!(wrong(&fields).is_empty());
        fields.nature = AllocationNature::Grant;
        assert_eq!(wrong(&fields), ["/expected"]);
    }

    #[test]
    fn floats_and_unknown_groups_are_no_fields() {
        let mut json = serde_json::to_value(proposal()).unwrap();
        json["asked"]["amount"] = json!(642000.0);
        assert!(serde_json::from_value::<ProposalFields>(json.clone()).is_err());
        json["asked"]["amount"] = json!("642000.001");
        assert!(serde_json::from_value::<ProposalFields>(json).is_err());
    }
}
