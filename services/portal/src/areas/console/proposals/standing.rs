//! What the reader is to a proposal, and the steps that follow from it. What nobody is told here (who took part in a
//! decision, who wrote what is screened) is for the API to say.

use crate::{offices::own_and_below, visit::Staff};
use serde_json::Value;

/// What the reader is to a proposal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Of the office that proposes.
    pub(super) is_own: bool,
    /// Of that office, or of one above it.
    pub(super) is_own_or_above: bool,
    /// Of a regional office above it.
    pub(super) is_region: bool,
    pub(super) is_headquarters: bool,
}

impl Standing {
    /// The reader's standing, by the offices of the organisation. For whoever may not see offices, their own is all
    /// that is known.
    pub(super) fn of(staff: &Staff, offices: &[Value], proposal: &Value) -> Self {
        let is_own = staff.is_own(proposal);
        let own = offices.iter().find(|office| staff.is_own_office(office));
        let kind = own.and_then(|office| office["kind"].as_str()).unwrap_or_default();
        let below = own_and_below(offices, |office| staff.is_own_office(office));
        let is_below = below.iter().any(|office| office["id"] == proposal["office_id"]);
        Self {
            is_own,
            is_own_or_above: is_own || is_below,
            is_region: !is_own && is_below && kind == "regional",
            is_headquarters: kind == "headquarters" || offices.is_empty(),
        }
    }
}

/// Whether a regional office stands above the office that proposes, which endorses the proposal. Where offices are not
/// shown to the reader, one may.
pub(super) fn has_region(offices: &[Value], proposal: &Value) -> bool {
    let by_id = |id: &Value| offices.iter().find(|office| office["id"] == *id);
    let mut next = by_id(&proposal["office_id"]);
    // A tree has no circle; while it is being changed, two pages of it may.
    for _ in offices {
        next = next.and_then(|office| by_id(&office["parent_id"]));
        if next.is_some_and(|office| office["kind"] == "regional") {
            return true;
        }
    }
    offices.is_empty()
}

/// Whether there is money of a proposal that is neither spent nor returned.
pub(super) fn is_unaccounted(proposal: &Value) -> bool {
    ["allocated", "disbursed"].iter().any(|stage| is_some(&proposal["amounts"][*stage]))
}

/// Whether an amount of the API is more than nothing.
pub(super) fn is_some(money: &Value) -> bool {
    money["amount"].as_str().is_some_and(|amount| amount.bytes().any(|digit| (b'1'..=b'9').contains(&digit)))
}

/// Whether the committee has promised money to a proposal, and it is not over.
pub(super) fn is_promised(state: &str) -> bool {
    ["approved", "partly_approved", "disbursing", "reporting"].contains(&state)
}

/// Whether a proposal was sent and waits for a decision, now or in the next meeting.
pub(super) fn is_pending(state: &str) -> bool {
    ["submitted", "ineligible", "eligible", "scored", "shortlisted", "deferred"].contains(&state)
}

/// The steps that a proposal can take now, the one to be taken first at the front. `is_reserve`: its window takes
/// proposals as they come; `decided`: what the committee decided on its money that is not carried out yet.
pub(super) fn steps_for(
    proposal: &Value,
    standing: Standing,
    (is_reserve, decided): (bool, &[&str]),
    may: impl Fn(&str) -> bool,
) -> Vec<&'static str> {
    let state = proposal["state"].as_str().unwrap_or_default();
    let amounts = &proposal["amounts"];
    let secretariat = standing.is_headquarters && may("proposals:screen");
    let writes = standing.is_own && may("proposals:write");
    let pays = may("disbursements:write");
    let was_reopened = || {
        let mut taken = proposal["steps"].as_array().into_iter().flatten();
        taken.any(|step| step["action"] == "reopen")
    };
    let mut steps = Vec::new();
    let mut add = |is_possible: bool, step: &'static str| {
        if is_possible {
            steps.push(step);
        }
    };
    add(state == "draft" && writes, "submit");
    let endorses = standing.is_region && may("proposals:endorse") && proposal["endorsed_by"].is_null();
    add(state == "draft" && endorses, "endorse");
    add(state == "submitted" && secretariat, "send-back");
    add(state == "ineligible" && secretariat && !was_reopened(), "reopen");
    let is_ready = ["scored", "deferred"].contains(&state) || (state == "eligible" && is_reserve);
    add(is_ready && secretariat, "shortlist");
    let is_payable = ["approved", "partly_approved", "disbursing"].contains(&state)
        && !proposal["final_budget"].is_null()
        && is_some(&amounts["allocated"]);
    add(is_payable && standing.is_headquarters && pays, "disburse");
    let is_used = ["disbursing", "reporting"].contains(&state);
    let spends = is_used && standing.is_own_or_above && pays && is_some(&amounts["disbursed"]);
    add(spends, "spend");
    add(spends, "return");
    let is_returned = (is_used || ["closed", "cancelled"].contains(&state)) && is_some(&amounts["returned"]);
    add(is_returned && standing.is_headquarters && pays, "restore");
    add(state == "reporting" && secretariat && !is_unaccounted(proposal), "close");
    for (resolution, step) in
        [("withdraw_funds", "withdraw-funds"), ("reallocate", "reallocate"), ("extend", "extend")]
    {
        add(is_promised(state) && secretariat && decided.contains(&resolution), step);
    }
    add((state == "draft" || is_pending(state)) && writes, "withdraw");
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const OFFICE: Standing =
        Standing { is_own: true, is_own_or_above: true, is_region: false, is_headquarters: false };
    const REGION: Standing =
        Standing { is_own: false, is_own_or_above: true, is_region: true, is_headquarters: false };
    const HEADQUARTERS: Standing =
        Standing { is_own: false, is_own_or_above: true, is_region: false, is_headquarters: true };

    fn proposal(state: &str) -> Value {
        let (some, none) = (json!({ "amount": "10.00" }), json!({ "amount": "0.00" }));
        json!({ "state": state, "endorsed_by": null, "final_budget": [], "steps": [],
            "amounts": { "allocated": some, "disbursed": some, "returned": none } })
    }

    fn steps(proposal: &Value, standing: Standing) -> Vec<&'static str> {
        steps_for(proposal, standing, (false, &[]), |_| true)
    }

    #[test]
    fn each_takes_the_steps_that_are_theirs() {
        for (state, standing, expected) in [
            ("draft", OFFICE, vec!["submit", "withdraw"]),
            ("draft", REGION, vec!["endorse"]),
            ("draft", HEADQUARTERS, vec![]),
            ("submitted", HEADQUARTERS, vec!["send-back"]),
            ("submitted", OFFICE, vec!["withdraw"]),
            ("ineligible", HEADQUARTERS, vec!["reopen"]),
            ("eligible", HEADQUARTERS, vec![]),
            ("scored", HEADQUARTERS, vec!["shortlist"]),
            ("partly_approved", HEADQUARTERS, vec!["disburse"]),
            ("partly_approved", OFFICE, vec![]),
            ("disbursing", OFFICE, vec!["spend", "return"]),
            ("reporting", HEADQUARTERS, vec!["spend", "return"]),
            ("closed", HEADQUARTERS, vec![]),
        ] {
            assert_eq!(steps(&proposal(state), standing), expected, "{state} {standing:?}");
        }
        assert!(steps_for(&proposal("submitted"), HEADQUARTERS, (false, &[]), |_| false).is_empty());
    }

    #[test]
    fn an_allocation_is_closed_when_all_of_its_money_is_accounted_for() {
        let mut spent = proposal("reporting");
        for stage in ["allocated", "disbursed"] {
            assert!(is_unaccounted(&spent), "{stage}");
            spent["amounts"][stage] = json!({ "amount": "0.00" });
        }
        assert!(!is_unaccounted(&spent));
        assert_eq!(steps(&spent, HEADQUARTERS), ["close"]);
    }

    #[test]
    fn a_region_endorses_what_the_offices_below_it_propose() {
        let office =
            |id: &str, kind: &str, parent: &str| json!({ "id": id, "kind": kind, "parent_id": parent });
        let offices = [
            office("hq", "headquarters", ""),
            office("region", "regional", "hq"),
            office("country", "country", "region"),
            office("liaison", "liaison", "hq"),
        ];
        let of = |id: &str, offices: &[Value]| has_region(offices, &json!({ "office_id": id }));
        assert!(of("country", &offices));
        assert!(!of("liaison", &offices) && !of("region", &offices) && !of("hq", &offices));
        assert!(of("liaison", &[]), "nobody knows");
    }

    #[test]
    fn a_reserve_window_needs_no_scores_and_money_moves_by_what_was_decided() {
        let eligible = steps_for(&proposal("eligible"), HEADQUARTERS, (true, &[]), |_| true);
        assert_eq!(eligible, ["shortlist"]);
        let decided = steps_for(&proposal("approved"), HEADQUARTERS, (false, &["extend"]), |_| true);
        assert_eq!(decided, ["disburse", "extend"]);
    }

    #[test]
    fn a_proposal_is_reopened_once_and_paid_when_its_budget_is_there() {
        let mut again = proposal("ineligible");
        again["steps"] = json!([{ "action": "reopen" }]);
        assert!(steps(&again, HEADQUARTERS).is_empty());
        let mut unfiled = proposal("partly_approved");
        unfiled["final_budget"] = Value::Null;
        assert!(steps(&unfiled, HEADQUARTERS).is_empty());
        let mut returned = proposal("closed");
        returned["amounts"]["returned"] = json!({ "amount": "0.01" });
        assert_eq!(steps(&returned, HEADQUARTERS), ["restore"]);
    }
}
