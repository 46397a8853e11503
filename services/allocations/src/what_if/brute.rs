//! Every portfolio, one by one: what the solver is compared with.

use super::{
    Answer, Difference, Group, Objective, Pin, Portfolio, Problem, Proposal, Shortfall, explain,
    problem::MAX_AMOUNT, solve,
};

/// The best of all portfolios.
pub(super) fn best(problem: &Problem) -> Option<Portfolio> {
    let mut best = None;
    visit(problem, &mut Portfolio::empty(problem.proposals.len()), 0, &mut best);
    best
}

fn visit(problem: &Problem, portfolio: &mut Portfolio, position: usize, best: &mut Option<Portfolio>) {
    let Some(proposal) = problem.proposals.get(position) else {
        let is_better = |best: &Portfolio| problem.is_better(portfolio, best);
        if problem.is_feasible(portfolio) && best.as_ref().is_none_or(is_better) {
            *best = Some(portfolio.clone());
        }
        return;
    };
    portfolio.drop(position);
    visit(problem, portfolio, position + 1, best);
    for amount in choices(problem, proposal) {
        portfolio.fund(position, amount);
        visit(problem, portfolio, position + 1, best);
    }
    portfolio.drop(position);
}

fn choices(problem: &Problem, proposal: &Proposal) -> Vec<i64> {
    let part = |amount: &i64| *amount == proposal.least || *amount % problem.step == 0;
    let parts = (proposal.least.max(1)..proposal.asked).filter(part);
    let parts = if problem.partial { parts.collect() } else { Vec::new() };
    parts.into_iter().chain([proposal.asked]).collect()
}

/// Numbers that are the same in every run.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn within(&mut self, least: i64, most: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        least + ((self.0 >> 33) as i64) % (most - least + 1)
    }

    fn is(&mut self, percent: i64) -> bool {
        self.within(1, 100) <= percent
    }
}

pub(super) fn random(numbers: &mut Numbers) -> Problem {
    let (count, groups) = (numbers.within(1, 5), numbers.within(0, 4));
    let (fewer_scores, partial) = (numbers.is(40), numbers.is(60));
    let unit = if partial { 1 } else { 7 };
    let group = |numbers: &mut Numbers, below: i64| {
        (below > 0 && numbers.is(80)).then(|| numbers.within(0, below - 1) as usize)
    };
    let groups: Vec<Group> = (0..groups)
        .map(|position| Group {
            name: position.to_string(),
            parent: if numbers.is(40) { group(numbers, position) } else { None },
            floor: if numbers.is(50) { numbers.within(0, 5) } else { 0 },
            ceiling: if numbers.is(60) { numbers.within(2, 15) } else { MAX_AMOUNT },
        })
        .collect();
    let proposals = (0..count).map(|position| {
        let (left, right) = (numbers.within(0, 7), numbers.within(0, 7));
        Proposal {
            id: position.to_string(),
            group: group(numbers, groups.len() as i64),
            least: left.min(right) * unit,
            asked: left.max(right) * unit,
            score: if fewer_scores { numbers.within(1, 2) } else { numbers.within(0, 40) },
            pin: [Some(Pin::In), Some(Pin::Out), None]
                .into_iter()
                .nth(numbers.within(0, 12).min(2) as usize)
                .flatten(),
        }
    });
    Problem {
        proposals: proposals.collect(),
        envelope: numbers.within(0, 24) * unit,
        step: numbers.within(1, 3),
        partial,
        objective: if numbers.is(70) { Objective::ScoreCost } else { Objective::Score },
        groups,
    }
}

#[test]
fn the_solver_finds_what_looking_at_every_portfolio_finds() {
    let mut numbers = Numbers(7);
    let (mut feasible, mut infeasible) = (0, 0);
    for round in 0..500 {
        let problem = random(&mut numbers);
        let answer = solve(&problem, 1_000_000).unwrap();
        let expected = best(&problem);
        assert!(answer.proven, "{round}");
        assert_eq!(answer.best, expected, "{round}: {problem:#?}");
        if let Some(best) = &expected {
            assert_eq!(answer.bound, problem.value(best));
            feasible += 1;
        } else {
            infeasible += 1;
        }
    }
    assert!(feasible > 150 && infeasible > 50, "{feasible} {infeasible}");
}

#[test]
fn with_too_little_work_the_answer_keeps_to_the_limits_and_says_that_it_is_not_proven() {
    let mut numbers = Numbers(11);
    for _ in 0..200 {
        let problem = random(&mut numbers);
        let answer = solve(&problem, 60).unwrap();
        let expected = best(&problem);
        match (&answer.best, &expected) {
            (Some(found), Some(expected)) => {
                assert!(problem.is_feasible(found));
                let (found, best) = (problem.value(found), problem.value(expected));
                assert!(found <= best && best <= answer.bound);
                assert!(!answer.proven || found == best);
            }
            (Some(_), None) => panic!("a portfolio where there is none: {problem:#?}"),
            (None, expected) => assert!(!answer.proven || expected.is_none()),
        }
    }
}

#[test]
fn an_explanation_says_what_looking_at_every_portfolio_says() {
    let mut numbers = Numbers(13);
    for _ in 0..60 {
        let problem = random(&mut numbers);
        let answer = solve(&problem, 1_000_000).unwrap();
        let explanation = explain(&problem, &answer, 1_000_000_000);
        for effect in &explanation.proposals {
            let mut other = problem.clone();
            other.proposals[effect.proposal].pin = Some(effect.forced);
            assert_eq!(effect.difference, difference(&problem, &answer, &other));
        }
        for Shortfall { group, floor, reachable, beside_others } in explanation.shortfalls {
            assert!(reachable < floor && floor == problem.floor_of(group));
            let mut lower = problem.clone();
            lower.groups[group].floor = reachable;
            assert_eq!(best(&lower).is_some(), beside_others, "{problem:#?}");
        }
    }
}

fn difference(problem: &Problem, answer: &Answer, other: &Problem) -> Difference {
    let before = problem.value(answer.best.as_ref().unwrap());
    match best(other) {
        Some(after) => Difference::Change(other.value(&after) - before),
        None => Difference::Infeasible,
    }
}
