//! The usual way: by score, as much as fits.

use super::problem::{Objective, Pin, Portfolio, Problem, Proposal};
use std::cmp::Reverse;

/// What happens at the first proposal that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// The next one has its turn.
    Skip,
    /// Nothing more is funded.
    Stop,
}

/// Funds proposals by score, as much of each as fits the envelope and the ceilings; of equal scores, the earlier first.
/// It knows nothing of floors.
pub fn by_score(problem: &Problem, misfit: Misfit) -> Portfolio {
    let mut portfolio = pinned(problem);
    fill(problem, &mut portfolio, &scores(problem), misfit);
    portfolio
}

/// The best of some quick portfolios that keep to every limit.
pub(super) fn quick(problem: &Problem, seed: Option<&Portfolio>) -> Option<Portfolio> {
    let mut orders = vec![scores(problem)];
    if problem.objective == Objective::Score {
        orders.push(scores_by_cost(problem));
    }
    let mut portfolios: Vec<Portfolio> = Vec::new();
    for order in &orders {
        for floors_first in [false, true] {
            let mut portfolio = pinned(problem);
            if floors_first {
                fill_floors(problem, &mut portfolio, order);
            }
            fill(problem, &mut portfolio, order, Misfit::Skip);
            portfolios.push(portfolio);
        }
        portfolios.extend(seed.map(|seed| repaired(problem, seed, order)));
    }
    let feasible = portfolios.into_iter().filter(|portfolio| problem.is_feasible(portfolio));
    feasible.reduce(|best, other| if problem.is_better(&other, &best) { other } else { best })
}

/// The positions of proposals, the highest score first.
fn scores(problem: &Problem) -> Vec<usize> {
    let mut order: Vec<usize> = (0..problem.proposals.len()).collect();
    order.sort_by_key(|position| Reverse(problem.proposals[*position].score));
    order
}

/// The positions of proposals, the most score for its cost first.
fn scores_by_cost(problem: &Problem) -> Vec<usize> {
    let cost =
        |proposal: &Proposal| i128::from(if problem.partial { proposal.least } else { proposal.asked });
    let mut order: Vec<usize> = (0..problem.proposals.len()).collect();
    order.sort_by(|left, right| {
        let (left, right) = (&problem.proposals[*left], &problem.proposals[*right]);
        (i128::from(right.score) * cost(left)).cmp(&(i128::from(left.score) * cost(right)))
    });
    order
}

/// What was decided beforehand, with the least of each.
fn pinned(problem: &Problem) -> Portfolio {
    let mut portfolio = Portfolio::empty(problem.proposals.len());
    for (position, proposal) in problem.proposals.iter().enumerate() {
        if proposal.pin == Some(Pin::In) {
            portfolio.fund(position, smallest(problem, proposal));
        }
    }
    portfolio
}

fn smallest(problem: &Problem, proposal: &Proposal) -> i64 {
    match proposal.least {
        _ if !problem.partial => proposal.asked,
        0 => problem.step.min(proposal.asked),
        least => least,
    }
}

/// The largest amount in this room that a proposal may get.
fn largest(problem: &Problem, proposal: &Proposal, room: i64) -> Option<i64> {
    if room >= proposal.asked {
        return Some(proposal.asked);
    }
    let multiple = room / problem.step * problem.step;
    if !problem.partial {
        None
    } else if multiple >= proposal.least.max(1) {
        Some(multiple)
    } else {
        Some(proposal.least).filter(|least| (1..=room).contains(least))
    }
}

/// What a proposal may get at most beside what all others get.
fn room(problem: &Problem, portfolio: &Portfolio, position: usize) -> i64 {
    let around = problem.path(problem.proposals[position].group);
    let left = around.map(|group| problem.groups[group].ceiling - problem.spent_in(portfolio, group));
    left.fold(problem.envelope - portfolio.cost(), i64::min) + portfolio.amounts[position]
}

fn fill(problem: &Problem, portfolio: &mut Portfolio, order: &[usize], misfit: Misfit) {
    for position in order {
        let proposal = &problem.proposals[*position];
        if proposal.pin == Some(Pin::Out) {
            continue;
        }
        match largest(problem, proposal, room(problem, portfolio, *position)) {
            Some(amount) => portfolio.fund(*position, amount),
            None if misfit == Misfit::Stop => return,
            None => {}
        }
    }
}

/// Gives every group its floor, as little more as possible.
fn fill_floors(problem: &Problem, portfolio: &mut Portfolio, order: &[usize]) {
    for group in 0..problem.groups.len() {
        let inside = |position: &&usize| {
            let proposal = &problem.proposals[**position];
            proposal.pin != Some(Pin::Out) && problem.path(proposal.group).any(|around| around == group)
        };
        for position in order.iter().filter(inside) {
            let missing = problem.floor_of(group) - problem.spent_in(portfolio, group);
            if missing <= 0 {
                break;
            }
            let proposal = &problem.proposals[*position];
            let wanted = missing + portfolio.amounts[*position] + problem.step - 1;
            let wanted = wanted.max(smallest(problem, proposal));
            let room = room(problem, portfolio, *position);
            let amount = largest(problem, proposal, if problem.partial { room.min(wanted) } else { room });
            if let Some(amount) = amount.filter(|amount| *amount >= portfolio.amounts[*position]) {
                portfolio.fund(*position, amount);
            }
        }
    }
}

/// A portfolio of another question, as far as it fits this one: what is pinned comes in or goes, what weighs least goes
/// until it fits, and what is left is filled.
fn repaired(problem: &Problem, seed: &Portfolio, order: &[usize]) -> Portfolio {
    let mut portfolio = seed.clone();
    for (position, proposal) in problem.proposals.iter().enumerate() {
        match proposal.pin {
            Some(Pin::Out) => portfolio.drop(position),
            Some(Pin::In) if !portfolio.funded[position] => {
                portfolio.fund(position, smallest(problem, proposal));
            }
            Some(Pin::In) | None => {}
        }
    }
    for position in order.iter().rev() {
        let fits = room(problem, &portfolio, *position) >= portfolio.amounts[*position];
        if !fits && problem.proposals[*position].pin != Some(Pin::In) {
            portfolio.drop(*position);
        }
    }
    fill(problem, &mut portfolio, order, Misfit::Skip);
    portfolio
}
