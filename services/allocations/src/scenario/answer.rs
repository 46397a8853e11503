//! What is answered: the best portfolio, beside the usual one and the committee's, and what each rule and choice costs.

use super::question::{Asked, WhatIfGrant, WhatIfObjective, WhatIfQuestion};
use crate::{
    score::points,
    what_if::{
        Answer, Difference, EXPLAIN_LIMIT, Explanation, Invalid, Misfit, Objective, Pin, Portfolio, Problem,
        Rule, SOLVE_LIMIT, by_score, explain, pabulib::decimal, solve,
    },
};
use kernel::{Money, ProposalId, WindowId, closed_set};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

closed_set! {
    /// What becomes of the best value when something else is asked: it changes, no portfolio is possible, or it would have
    /// taken too long to find out.
    pub(crate) enum WhatIfEffect {
        Change = "change",
        Impossible = "impossible",
        Unknown = "unknown",
    }
}

closed_set! {
    /// A rule of a group: the least that it gets, or the most.
    pub(crate) enum WhatIfLimit {
        Floor = "floor",
        Ceiling = "ceiling",
    }
}

/// What a window's envelope buys best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct WhatIfAnswer {
    pub(crate) window_id: WindowId,
    pub(crate) objective: WhatIfObjective,
    /// In US dollars.
    pub(crate) envelope: Money,
    pub(crate) is_partial_funding_allowed: bool,
    /// The smallest step of amounts: a coarser one than the window's where the exact answer would have taken too long.
    pub(crate) step: Money,
    /// Whether no portfolio is better than `best` (or, where there is none, that none is possible).
    pub(crate) is_proven: bool,
    /// No portfolio is worth more.
    #[schema(example = "163200000", max_length = 60)]
    pub(crate) bound: String,
    /// The best portfolio; null where none keeps to all rules.
    pub(crate) best: Option<WhatIfPortfolio>,
    /// By points, as much of each as fits: it knows no floors.
    pub(crate) by_score: WhatIfPortfolio,
    /// What the committee has approved so far.
    pub(crate) decided: WhatIfPortfolio,
    /// The portfolio that the question names; null without one.
    pub(crate) compared: Option<WhatIfPortfolio>,
    /// What each rule costs.
    #[schema(max_items = 40)]
    pub(crate) rules: Vec<WhatIfRule>,
    /// Every proposal, and what it costs to treat it otherwise than `best` does.
    #[schema(max_items = 2000)]
    pub(crate) proposals: Vec<WhatIfProposal>,
    /// The floors that cannot be met, where there is no `best`.
    #[schema(max_items = 20)]
    pub(crate) shortfalls: Vec<WhatIfShortfall>,
}

/// A portfolio: what each proposal gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct WhatIfPortfolio {
    /// All together, in US dollars.
    pub(crate) amount: Money,
    /// Points times dollars, or points, by the objective.
    #[schema(example = "163200000", max_length = 60)]
    pub(crate) value: String,
    /// The mean points of a dollar; null where nothing is given.
    #[schema(example = "81.60", max_length = 10)]
    pub(crate) mean_points: Option<String>,
    /// Whether it keeps to the envelope and to all rules of the question.
    pub(crate) is_feasible: bool,
    /// Those that get something, in the order of their references.
    #[schema(max_items = 2000)]
    pub(crate) grants: Vec<WhatIfGrant>,
}

/// What a rule costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct WhatIfRule {
    /// The group of the window's balance.
    #[schema(max_length = 100)]
    pub(crate) group: String,
    pub(crate) limit: WhatIfLimit,
    /// In US dollars.
    pub(crate) amount: Money,
    pub(crate) effect: WhatIfEffect,
    /// What the best value would gain without it; null unless `effect` is `change`.
    #[schema(example = "850000", max_length = 60)]
    pub(crate) change: Option<String>,
}

/// What it costs to treat a proposal otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct WhatIfProposal {
    pub(crate) proposal_id: ProposalId,
    #[schema(example = "MIR-2026-00042", max_length = 40)]
    pub(crate) reference: String,
    /// The group of the window's balance that it belongs to.
    #[schema(max_length = 100)]
    pub(crate) group: Option<String>,
    #[schema(example = "74.00", max_length = 10)]
    pub(crate) points: String,
    /// In US dollars.
    pub(crate) least: Money,
    /// In US dollars.
    pub(crate) asked: Money,
    /// Whether the other way is to give it something (true) or nothing (false); null where the question decides it.
    pub(crate) other_is_funded: Option<bool>,
    pub(crate) effect: WhatIfEffect,
    /// What becomes of the best value the other way; null unless `effect` is `change`.
    #[schema(example = "-1150000", max_length = 60)]
    pub(crate) change: Option<String>,
}

/// A floor that cannot be met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct WhatIfShortfall {
    /// The group of the window's balance.
    #[schema(max_length = 100)]
    pub(crate) group: String,
    /// In US dollars.
    pub(crate) floor: Money,
    /// The most that it can get, in US dollars.
    pub(crate) reachable: Money,
    /// Whether all other floors are met then; if not, this one fails on its own.
    pub(crate) is_beside_others: bool,
}

/// Solves and explains. It takes seconds: not for a thread that answers requests.
///
/// # Errors
/// [`Invalid`].
pub(crate) fn answer(
    window_id: WindowId,
    question: &WhatIfQuestion,
    asked: &Asked,
) -> Result<WhatIfAnswer, Invalid> {
    let problem = &asked.problem;
    let found = solve(problem, SOLVE_LIMIT)?;
    let explanation = explain(problem, &found, EXPLAIN_LIMIT);
    let shown = |portfolio: &Portfolio| portfolio_of(asked, portfolio);
    let mut compared = Portfolio::empty(asked.ids.len());
    for grant in &question.portfolio {
        if let Some(position) = asked.ids.iter().position(|id| *id == grant.proposal_id) {
            compared.fund(position, grant.amount.minor());
        }
    }
    let mut decided = Portfolio::empty(asked.ids.len());
    for (position, amount) in asked.approved.iter().enumerate().filter(|(_, amount)| **amount > 0) {
        decided.fund(position, *amount);
    }
    Ok(WhatIfAnswer {
        window_id,
        objective: question.objective,
        envelope: Money::usd(problem.envelope),
        is_partial_funding_allowed: problem.partial,
        step: Money::usd(step(problem, &found)),
        is_proven: found.proven,
        bound: value_text(problem.objective, found.bound),
        best: found.best.as_ref().map(shown),
        by_score: shown(&by_score(problem, Misfit::Skip)),
        decided: shown(&decided),
        compared: (!question.portfolio.is_empty()).then(|| shown(&compared)),
        rules: rules(problem, &explanation),
        proposals: proposals(asked, &explanation),
        shortfalls: shortfalls(problem, &explanation),
    })
}

fn step(problem: &Problem, found: &Answer) -> i64 {
    if found.proven { problem.step } else { problem.step.max(found.unit) }
}

/// Scores are hundredths of points, amounts cents.
fn value_text(objective: Objective, value: i128) -> String {
    match objective {
        Objective::ScoreCost => decimal(value, 4),
        Objective::Score => decimal(value, 2),
    }
}

fn points_text(hundredths: i128) -> String {
    points::decimal(i32::try_from(hundredths).unwrap_or(i32::MAX))
}

/// A portfolio as it is shown.
pub(crate) fn portfolio_of(asked: &Asked, portfolio: &Portfolio) -> WhatIfPortfolio {
    let problem = &asked.problem;
    let cost = i128::from(portfolio.cost());
    let pairs = problem.proposals.iter().zip(&portfolio.amounts);
    let points: i128 = pairs.map(|(proposal, amount)| i128::from(proposal.score) * i128::from(*amount)).sum();
    let each = asked.ids.iter().zip(portfolio.amounts.iter().zip(&portfolio.funded));
    let grant = |(id, (amount, _)): (&ProposalId, (&i64, &bool))| WhatIfGrant {
        proposal_id: *id,
        amount: Money::usd(*amount),
    };
    WhatIfPortfolio {
        amount: Money::usd(portfolio.cost()),
        value: value_text(problem.objective, problem.value(portfolio)),
        // Half up.
        mean_points: (cost > 0).then(|| points_text((2 * points + cost) / (2 * cost))),
        is_feasible: problem.is_feasible(portfolio),
        grants: each.filter(|(_, (_, funded))| **funded).map(grant).collect(),
    }
}

fn effect(objective: Objective, difference: Difference) -> (WhatIfEffect, Option<String>) {
    match difference {
        Difference::Change(change) => (WhatIfEffect::Change, Some(value_text(objective, change))),
        Difference::Infeasible => (WhatIfEffect::Impossible, None),
        Difference::Unknown => (WhatIfEffect::Unknown, None),
    }
}

fn rules(problem: &Problem, explanation: &Explanation) -> Vec<WhatIfRule> {
    let rule = |found: &crate::what_if::RuleEffect| {
        let group = &problem.groups[found.group];
        let (limit, amount) = match found.rule {
            Rule::Floor => (WhatIfLimit::Floor, problem.floor_of(found.group)),
            Rule::Ceiling => (WhatIfLimit::Ceiling, group.ceiling),
        };
        let (effect, change) = effect(problem.objective, found.without);
        WhatIfRule { group: group.name.clone(), limit, amount: Money::usd(amount), effect, change }
    };
    explanation.rules.iter().map(rule).collect()
}

fn proposals(asked: &Asked, explanation: &Explanation) -> Vec<WhatIfProposal> {
    let problem = &asked.problem;
    let pairs = problem.proposals.iter().zip(&asked.ids).enumerate();
    pairs
        .map(|(position, (proposal, id))| {
            let found = explanation.proposals.iter().find(|found| found.proposal == position);
            let difference = found.map_or(Difference::Unknown, |found| found.difference);
            let (effect, change) = effect(problem.objective, difference);
            WhatIfProposal {
                proposal_id: *id,
                reference: proposal.id.clone(),
                group: proposal.group.map(|group| problem.groups[group].name.clone()),
                points: points_text(i128::from(proposal.score)),
                least: Money::usd(proposal.least),
                asked: Money::usd(proposal.asked),
                other_is_funded: found.map(|found| found.forced == Pin::In),
                effect,
                change,
            }
        })
        .collect()
}

fn shortfalls(problem: &Problem, explanation: &Explanation) -> Vec<WhatIfShortfall> {
    let shortfall = |found: &crate::what_if::Shortfall| WhatIfShortfall {
        group: problem.groups[found.group].name.clone(),
        floor: Money::usd(found.floor),
        reachable: Money::usd(found.reachable),
        is_beside_others: found.beside_others,
    };
    explanation.shortfalls.iter().map(shortfall).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::what_if::{Group, Proposal};

    /// Two groups and three proposals, in thousands of dollars.
    fn asked() -> Asked {
        let cents = |thousands: i64| thousands * 100_000;
        let proposal = |(number, group, score, least, asked): (i64, usize, i64, i64, i64)| Proposal {
            id: format!("MIR-2026-{number:05}"),
            group: Some(group),
            least: cents(least),
            asked: cents(asked),
            score,
            pin: None,
        };
        let group = |(name, floor): (&str, i64)| Group {
            name: name.to_owned(),
            parent: None,
            floor: cents(floor),
            ceiling: cents(1_000),
        };
        let problem = Problem {
            envelope: cents(1_000),
            step: cents(50),
            partial: true,
            objective: Objective::ScoreCost,
            groups: [("Africa", 0), ("Europe", 200)].into_iter().map(group).collect(),
            proposals: [(1, 0, 8650, 400, 600), (2, 0, 8100, 300, 500), (3, 1, 7400, 250, 500)]
                .into_iter()
                .map(proposal)
                .collect(),
        };
        let ids = (1..=3).map(ProposalId::from_u128).collect();
        Asked { problem, ids, approved: vec![cents(600), 0, cents(400)] }
    }

    #[test]
    fn the_best_stands_beside_what_the_committee_decided() {
        let question: WhatIfQuestion = serde_json::from_str("{}").unwrap();
        let answer = answer(WindowId::from_u128(9), &question, &asked()).unwrap();
        let best = answer.best.unwrap();
        let amounts = |portfolio: &WhatIfPortfolio| {
            portfolio.grants.iter().map(|grant| grant.amount.minor() / 100_000).collect::<Vec<_>>()
        };
        assert!(answer.is_proven && best.is_feasible);
        assert_eq!(amounts(&best), [450, 300, 250]);
        assert_eq!((best.value.as_str(), best.mean_points.as_deref()), ("81725000", Some("81.73")));
        assert_eq!(amounts(&answer.decided), [600, 400]);
        assert!(answer.decided.is_feasible && !answer.by_score.is_feasible);
        assert_eq!(answer.compared, None);
        assert_eq!(answer.rules.len(), 1);
        assert_eq!(answer.rules[0].limit, WhatIfLimit::Floor);
        assert_eq!(answer.proposals[2].effect, WhatIfEffect::Impossible);
        assert_eq!(answer.proposals[2].other_is_funded, Some(false));
    }
}
