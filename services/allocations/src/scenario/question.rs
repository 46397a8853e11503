//! What is asked: the window as it is, or with other assumptions.

use crate::{
    proposal,
    score::board::Scores,
    what_if::{self, Group, Objective, Pin},
    window::{self, fields::WindowFields},
};
use kernel::{Currency, Fault, FieldCode, Money, Problem, ProposalId, closed_set, text::split};
use serde::{Deserialize, Serialize};
use service::Checks;
use utoipa::ToSchema;

/// Maximum number of proposals that a question names in a list.
const MAX_NAMED: usize = 500;

closed_set! {
    /// What is maximised: points times dollars, so that the mean points of a dollar count, or the points of all proposals that
    /// get anything.
    pub(crate) enum WhatIfObjective {
        ScoreCost = "score_cost",
        Score = "score",
    }
}

impl From<WhatIfObjective> for Objective {
    fn from(objective: WhatIfObjective) -> Self {
        match objective {
            WhatIfObjective::ScoreCost => Self::ScoreCost,
            WhatIfObjective::Score => Self::Score,
        }
    }
}

/// What to find out about a window. What is left out is as the window has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIfQuestion {
    /// `score_cost` or `score`. Defaults to `score_cost`.
    #[serde(default = "score_cost")]
    pub(crate) objective: WhatIfObjective,
    /// Another envelope, in US dollars.
    pub(crate) envelope: Option<Money>,
    /// Whether less may be given than was asked for.
    pub(crate) is_partial_funding_allowed: Option<bool>,
    /// Another smallest step of amounts, in US dollars.
    pub(crate) step: Option<Money>,
    /// Proposals that get something in any case.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub(crate) funded: Vec<ProposalId>,
    /// Proposals that get nothing in any case.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub(crate) unfunded: Vec<ProposalId>,
    /// A portfolio to compare with the best one.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub(crate) portfolio: Vec<WhatIfGrant>,
}

impl WhatIfQuestion {
    /// What the window as it is would buy best.
    pub(crate) const fn as_it_is() -> Self {
        Self {
            objective: WhatIfObjective::ScoreCost,
            envelope: None,
            is_partial_funding_allowed: None,
            step: None,
            funded: Vec::new(),
            unfunded: Vec::new(),
            portfolio: Vec::new(),
        }
    }
}

fn score_cost() -> WhatIfObjective {
    WhatIfObjective::ScoreCost
}

/// What a proposal gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIfGrant {
    pub(crate) proposal_id: ProposalId,
    /// In US dollars.
    pub(crate) amount: Money,
}

/// A question as the solver understands it.
pub(crate) struct Asked {
    pub(crate) problem: what_if::Problem,
    /// The proposals, in the order of the problem.
    pub(crate) ids: Vec<ProposalId>,
    /// What the committee has approved of each so far, in US cents.
    pub(crate) approved: Vec<i64>,
}

/// Whether a question has a meaning, as far as its fields show.
///
/// # Errors
/// 422 with every field.
pub(crate) fn check(question: &WhatIfQuestion) -> Result<(), Problem> {
    let mut checks = Checks::new();
    for (pointer, money) in [("/envelope", question.envelope), ("/step", question.step)] {
        if let Some(money) = money {
            check_dollars(&mut checks, pointer, money);
        }
    }
    checks.at_most("/funded", &question.funded, MAX_NAMED);
    let unfunded = checks.at_most("/unfunded", &question.unfunded, MAX_NAMED);
    for (index, id) in unfunded.iter().enumerate() {
        let is_twice = question.funded.iter().take(MAX_NAMED).any(|funded| funded == id);
        let fault = FieldCode::Duplicate.says("is among those that get something, too");
        checks.require(!is_twice, &format!("/unfunded/{index}"), fault);
    }
    let grants = checks.at_most("/portfolio", &question.portfolio, MAX_NAMED);
    for (index, grant) in grants.iter().enumerate() {
        check_dollars(&mut checks, &format!("/portfolio/{index}/amount"), grant.amount);
        let is_twice = grants.iter().take(index).any(|other| other.proposal_id == grant.proposal_id);
        let fault = FieldCode::Duplicate.says("is given twice");
        checks.require(!is_twice, &format!("/portfolio/{index}/proposal_id"), fault);
    }
    checks.finish()
}

fn check_dollars(checks: &mut Checks, pointer: &str, money: Money) {
    checks.require(money.currency() == Currency::USD, pointer, Fault::wrong_currency("USD"));
    checks.require(money.minor() > 0, pointer, Fault::not_above_zero());
}

/// The question about the proposals of a window that have points and were not withdrawn.
///
/// # Errors
/// 422 for a proposal that is not one of them, or that would get more than it asks for.
pub(crate) fn asked(
    window: &window::store::Model,
    fields: &WindowFields,
    scores: &Scores,
    question: &WhatIfQuestion,
) -> Result<Asked, Problem> {
    let ranks = scores.ranks(window.envelope);
    let ranked = scores.proposals.iter().filter(|row| ranks.contains_key(&row.id));
    let mut rows: Vec<&proposal::store::Model> = ranked.collect();
    rows.sort_by(|one, other| one.reference.cmp(&other.reference));
    let ids: Vec<ProposalId> = rows.iter().map(|row| row.id).collect();
    check_known(question, &rows)?;
    let envelope = question.envelope.map_or(window.envelope, |money| money.minor());
    let problem = what_if::Problem {
        envelope,
        step: question.step.map_or_else(|| fields.step(), |money| money.minor()),
        partial: question.is_partial_funding_allowed.unwrap_or(fields.is_partial_funding_allowed),
        objective: question.objective.into(),
        groups: groups(fields, envelope),
        proposals: rows.iter().map(|row| candidate(row, fields, scores, question)).collect(),
    };
    let approved = rows.iter().map(|row| row.approved.unwrap_or(0)).collect();
    Ok(Asked { problem, ids, approved })
}

fn groups(fields: &WindowFields, envelope: i64) -> Vec<Group> {
    let percent = |percent: i32| i64::from(percent) * envelope;
    let group = |balance: &window::fields::WindowBalance| Group {
        name: balance.group.clone(),
        parent: None,
        // A part of a cent more is a cent more.
        floor: (percent(balance.floor_percent) + 99) / 100,
        ceiling: percent(balance.ceiling_percent) / 100,
    };
    fields.balance.iter().map(group).collect()
}

fn candidate(
    row: &proposal::store::Model,
    fields: &WindowFields,
    scores: &Scores,
    question: &WhatIfQuestion,
) -> what_if::Proposal {
    let countries = split(&row.countries);
    let in_group =
        |country: &String| fields.balance.iter().position(|group| group.countries.contains(country));
    let pin = if question.funded.contains(&row.id) {
        Some(Pin::In)
    } else if question.unfunded.contains(&row.id) {
        Some(Pin::Out)
    } else {
        None
    };
    what_if::Proposal {
        id: row.reference.clone(),
        group: countries.iter().find_map(in_group),
        least: row.least.clamp(0, row.asked.max(0)),
        asked: row.asked,
        score: scores.points(row.id).map_or(0, i64::from).max(0),
        pin,
    }
}

/// Every proposal that the question names is one of the window's that have points.
fn check_known(question: &WhatIfQuestion, rows: &[&proposal::store::Model]) -> Result<(), Problem> {
    let mut checks = Checks::new();
    let of = |id: ProposalId| rows.iter().find(|row| row.id == id);
    let unknown = || {
        let detail = "is not a proposal of this window that has points";
        FieldCode::UnknownReference.says(detail).with("kind", "allocation_proposal")
    };
    for (name, ids) in [("funded", &question.funded), ("unfunded", &question.unfunded)] {
        for (index, id) in ids.iter().enumerate() {
            checks.require(of(*id).is_some(), &format!("/{name}/{index}"), unknown());
        }
    }
    for (index, grant) in question.portfolio.iter().enumerate() {
        let pointer = |field: &str| format!("/portfolio/{index}/{field}");
        match of(grant.proposal_id) {
            None => checks.refuse(pointer("proposal_id"), unknown()),
            Some(row) if grant.amount.minor() > row.asked => {
                let fault = FieldCode::MoreThanLeft.says("is more than the proposal asks for");
                checks.refuse(pointer("amount"), fault.amount(Money::usd(row.asked)));
            }
            Some(_) => {}
        }
    }
    checks.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(json: serde_json::Value) -> WhatIfQuestion {
        serde_json::from_value(json).unwrap()
    }

    fn wrong(json: serde_json::Value) -> Vec<String> {
        let problem = check(&question(json)).unwrap_err();
        problem.errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn what_is_left_out_is_as_the_window_has_it() {
        let asked = question(serde_json::json!({}));
        assert_eq!((asked.objective, asked.envelope), (WhatIfObjective::ScoreCost, None));
        assert!(check(&asked).is_ok());
    }

    #[test]
    fn a_question_without_meaning_is_refused_at_its_fields() {
        let usd = |amount: &str| serde_json::json!({ "amount": amount, "currency": "USD" });
        assert_eq!(wrong(serde_json::json!({ "envelope": usd("0") })), ["/envelope"]);
        assert_eq!(wrong(serde_json::json!({ "step": usd("-1") })), ["/step"]);
        let euros = serde_json::json!({ "amount": "1", "currency": "EUR" });
        assert_eq!(wrong(serde_json::json!({ "envelope": euros })), ["/envelope"]);
        let id = ProposalId::from_u128(1);
        assert_eq!(wrong(serde_json::json!({ "funded": [id], "unfunded": [id] })), ["/unfunded/0"]);
        let grant = serde_json::json!({ "proposal_id": id, "amount": usd("1") });
        assert_eq!(wrong(serde_json::json!({ "portfolio": [grant, grant] })), ["/portfolio/1/proposal_id"]);
    }
}
