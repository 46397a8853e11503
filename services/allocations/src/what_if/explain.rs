//! Why an answer is as it is: the same question again without a rule, or with a proposal forced in or out.

use super::{
    problem::{Objective, Pin, Portfolio, Problem},
    solver::{Answer, attempt},
};

/// What becomes of the best value when something else is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// It changes by this much.
    Change(i128),
    /// No portfolio is possible then.
    Infeasible,
    /// It would have taken too long to find out.
    Unknown,
}

/// A rule of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The least that it gets.
    Floor,
    /// The most that it gets.
    Ceiling,
}

/// What a rule costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleEffect {
    /// The group, as a position in the problem.
    pub group: usize,
    /// Its rule.
    pub rule: Rule,
    /// What the best value gains without it.
    pub without: Difference,
}

/// What the best value is when a proposal is treated otherwise than the best portfolio does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposalEffect {
    /// The proposal, as a position in the problem.
    pub proposal: usize,
    /// Whether it is forced in or out.
    pub forced: Pin,
    /// What becomes of the best value.
    pub difference: Difference,
}

/// A floor that cannot be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortfall {
    /// The group, as a position in the problem.
    pub group: usize,
    /// Its floor.
    pub floor: i64,
    /// The most that it can get.
    pub reachable: i64,
    /// Whether all other floors are met at the same time. If not, this one fails on its own.
    pub beside_others: bool,
}

/// Why an answer is as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// Every floor, and every ceiling below the envelope.
    pub rules: Vec<RuleEffect>,
    /// Every proposal that was not pinned.
    pub proposals: Vec<ProposalEffect>,
    /// Floors that cannot be met, where no portfolio is possible.
    pub shortfalls: Vec<Shortfall>,
}

/// Explains an answer of [`solve`](super::solve) to the same problem, with at most about `limit` table steps.
pub fn explain(problem: &Problem, answer: &Answer, limit: u64) -> Explanation {
    let mut again = Again { left: limit };
    match &answer.best {
        Some(best) => Explanation {
            rules: rules(problem, best, answer.proven, &mut again),
            proposals: proposals(problem, best, answer.proven, &mut again),
            shortfalls: Vec::new(),
        },
        None => Explanation { shortfalls: shortfalls(problem, &mut again), ..Explanation::default() },
    }
}

/// Solves again as long as there is work left to spend.
struct Again {
    left: u64,
}

impl Again {
    /// The best portfolio of another problem, if it can be found and proven.
    fn solve(&mut self, problem: &Problem, seed: Option<&Portfolio>) -> Option<Option<Portfolio>> {
        if self.left == 0 {
            return None;
        }
        let attempt = attempt(problem, seed, self.left);
        self.left = self.left.saturating_sub(attempt.steps);
        attempt.is_exact.then_some(attempt.found)
    }

    fn difference(&mut self, problem: &Problem, best: &Portfolio) -> Difference {
        match self.solve(problem, Some(best)) {
            Some(Some(found)) => Difference::Change(problem.value(&found) - problem.value(best)),
            Some(None) => Difference::Infeasible,
            None => Difference::Unknown,
        }
    }
}

fn rules(problem: &Problem, best: &Portfolio, is_proven: bool, again: &mut Again) -> Vec<RuleEffect> {
    let mut effects = Vec::new();
    for group in 0..problem.groups.len() {
        let has_floor = problem.floor_of(group) > 0;
        let has_ceiling = problem.groups[group].ceiling < problem.envelope;
        for (rule, _) in [(Rule::Floor, has_floor), (Rule::Ceiling, has_ceiling)].iter().filter(|rule| rule.1)
        {
            let mut without = problem.clone();
            match rule {
                Rule::Floor => without.groups[group].floor = 0,
                Rule::Ceiling => without.groups[group].ceiling = problem.envelope,
            }
            let difference = if is_proven { again.difference(&without, best) } else { Difference::Unknown };
            effects.push(RuleEffect { group, rule: *rule, without: difference });
        }
    }
    effects
}

fn proposals(problem: &Problem, best: &Portfolio, is_proven: bool, again: &mut Again) -> Vec<ProposalEffect> {
    let free = (0..problem.proposals.len()).filter(|proposal| problem.proposals[*proposal].pin.is_none());
    free.map(|proposal| {
        let forced = if best.funded[proposal] { Pin::Out } else { Pin::In };
        let mut other = problem.clone();
        other.proposals[proposal].pin = Some(forced);
        let difference = if is_proven { again.difference(&other, best) } else { Difference::Unknown };
        ProposalEffect { proposal, forced, difference }
    })
    .collect()
}

/// The floors that stand in the way, each with the most that its group can get.
fn shortfalls(problem: &Problem, again: &mut Again) -> Vec<Shortfall> {
    let mut shortfalls = Vec::new();
    for group in (0..problem.groups.len()).filter(|group| problem.floor_of(*group) > 0) {
        for beside_others in [true, false] {
            let Some(Some(found)) = again.solve(&most_for(problem, group, beside_others), None) else {
                continue;
            };
            let (floor, reachable) = (problem.floor_of(group), problem.spent_in(&found, group));
            if reachable < floor {
                shortfalls.push(Shortfall { group, floor, reachable, beside_others });
            }
            break;
        }
    }
    shortfalls
}

/// The question how much a group can get at most, with the floors of all others or without.
fn most_for(problem: &Problem, group: usize, beside_others: bool) -> Problem {
    let mut most = Problem { objective: Objective::ScoreCost, ..problem.clone() };
    for (position, other) in most.groups.iter_mut().enumerate() {
        if position == group || !beside_others {
            other.floor = 0;
        }
    }
    for (position, proposal) in most.proposals.iter_mut().enumerate() {
        let is_inside = problem.path(problem.proposals[position].group).any(|around| around == group);
        proposal.score = i64::from(is_inside);
    }
    most
}
