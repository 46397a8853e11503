//! The worked instance of the design (`optimise.py`), and how large a window may be.

use super::*;

const THOUSAND: i64 = 1_000;

/// Id, region, score in hundredths, least and asked in thousands of dollars.
const PROPOSALS: [(&str, usize, i64, i64, i64); 8] = [
    ("P1", 0, 8650, 400, 600),
    ("P2", 0, 8100, 300, 500),
    ("P3", 0, 7825, 400, 400),
    ("P4", 1, 7400, 250, 500),
    ("P5", 2, 8300, 350, 700),
    ("P6", 2, 6950, 300, 300),
    ("P7", 3, 7275, 200, 350),
    ("P8", 4, 7600, 200, 450),
];

/// Region, floor and ceiling in percent.
const REGIONS: [(&str, i64, i64); 5] =
    [("Africa", 30, 45), ("Europe", 10, 45), ("Asia", 0, 45), ("Americas", 10, 45), ("MENA", 0, 45)];

pub(super) fn worked(partial: bool) -> Problem {
    let envelope = 2_000 * THOUSAND;
    let group = |(name, floor, ceiling): &(&str, i64, i64)| Group {
        name: (*name).to_owned(),
        parent: None,
        floor: envelope / 100 * floor,
        ceiling: envelope / 100 * ceiling,
    };
    let proposal = |(id, region, score, least, asked): &(&str, usize, i64, i64, i64)| Proposal {
        id: (*id).to_owned(),
        group: Some(*region),
        least: least * THOUSAND,
        asked: asked * THOUSAND,
        score: *score,
        pin: None,
    };
    Problem {
        envelope,
        step: 50 * THOUSAND,
        partial,
        objective: Objective::ScoreCost,
        groups: REGIONS.iter().map(group).collect(),
        proposals: PROPOSALS.iter().map(proposal).collect(),
    }
}

fn thousands(portfolio: &Portfolio) -> Vec<i64> {
    portfolio.amounts.iter().map(|amount| amount / THOUSAND).collect()
}

#[test]
fn the_worked_instance_has_its_best_portfolios() {
    let problem = worked(true);
    let answer = solve(&problem, SOLVE_LIMIT).unwrap();
    let best = answer.best.unwrap();
    assert!(answer.proven);
    assert_eq!(thousands(&best), [600, 300, 0, 250, 650, 0, 200, 0]);
    assert_eq!(problem.value(&best), 163_200_000 * 100);
    let problem = worked(false);
    let answer = solve(&problem, SOLVE_LIMIT).unwrap();
    let best = answer.best.unwrap();
    assert_eq!(thousands(&best), [600, 0, 0, 500, 0, 0, 350, 450]);
    assert_eq!((best.cost(), problem.value(&best)), (1_900 * THOUSAND, 148_562_500 * 100));
}

#[test]
fn by_score_until_full_breaks_two_floors_of_the_worked_instance() {
    let problem = worked(true);
    let portfolio = by_score(&problem, Misfit::Skip);
    assert_eq!(thousands(&portfolio), [600, 300, 0, 0, 700, 0, 0, 400]);
    assert_eq!(problem.value(&portfolio) / i128::from(portfolio.cost()), 8235);
    assert!(!problem.is_feasible(&portfolio));
    let broken = (0..5).filter(|group| problem.spent_in(&portfolio, *group) < problem.floor_of(*group));
    assert_eq!(broken.collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn nobody_gets_less_than_is_viable_or_a_part_of_all_or_nothing() {
    let mut problem = worked(true);
    let mut portfolio = solve(&problem, SOLVE_LIMIT).unwrap().best.unwrap();
    assert!(problem.is_feasible(&portfolio));
    portfolio.fund(4, 349 * THOUSAND);
    assert!(!problem.is_feasible(&portfolio), "less than the least");
    portfolio.fund(4, 350 * THOUSAND);
    assert!(problem.is_feasible(&portfolio));
    problem.partial = false;
    assert!(!problem.is_feasible(&portfolio), "a part");
    portfolio = solve(&problem, SOLVE_LIMIT).unwrap().best.unwrap();
    assert!(problem.is_feasible(&portfolio));
    portfolio.fund(0, 601 * THOUSAND);
    assert!(!problem.is_feasible(&portfolio), "more than was asked for");
}

#[test]
fn the_worked_instance_is_explained() {
    let problem = worked(true);
    let answer = solve(&problem, SOLVE_LIMIT).unwrap();
    let explanation = explain(&problem, &answer, EXPLAIN_LIMIT);
    let dollars = |points: i64| Difference::Change(i128::from(points) * 100);
    for RuleEffect { group, rule, without } in &explanation.rules {
        let expected = match (problem.groups[*group].name.as_str(), rule) {
            ("Europe", Rule::Floor) => 850_000,
            ("Americas", Rule::Floor) => 700_000,
            _ => 0,
        };
        assert_eq!(*without, dollars(expected), "{group} {rule:?}");
    }
    assert_eq!(explanation.rules.len(), 8, "three floors and five ceilings");
    let effect = |id: &str| {
        let of = |effect: &&ProposalEffect| problem.proposals[effect.proposal].id == id;
        let effect = explanation.proposals.iter().find(of).unwrap();
        (effect.forced, effect.difference)
    };
    assert_eq!(effect("P8"), (Pin::In, dollars(-1_150_000)));
    assert_eq!(effect("P3"), (Pin::In, dollars(-1_650_000)));
    assert_eq!(effect("P6"), (Pin::In, dollars(-3_900_000)));
    assert_eq!(effect("P1"), (Pin::Out, dollars(-4_300_000)));
    assert_eq!(effect("P5"), (Pin::Out, dollars(-4_950_000)));
    assert_eq!(effect("P4"), (Pin::Out, Difference::Infeasible));
    assert_eq!(effect("P7"), (Pin::Out, Difference::Infeasible));
}

#[test]
fn a_floor_that_cannot_be_met_is_named_with_the_most_that_can() {
    let mut problem = worked(true);
    problem.proposals[3].pin = Some(Pin::Out);
    problem.groups[0].ceiling = 500 * THOUSAND;
    let answer = solve(&problem, SOLVE_LIMIT).unwrap();
    assert_eq!((answer.best.clone(), answer.proven), (None, true));
    let shortfalls = explain(&problem, &answer, EXPLAIN_LIMIT).shortfalls;
    let alone = |group, floor, reachable| Shortfall {
        group,
        floor: floor * THOUSAND,
        reachable: reachable * THOUSAND,
        beside_others: false,
    };
    assert_eq!(shortfalls, [alone(0, 600, 500), alone(1, 200, 0)]);
    problem.proposals[3].pin = None;
    let answer = solve(&problem, SOLVE_LIMIT).unwrap();
    let shortfalls = explain(&problem, &answer, EXPLAIN_LIMIT).shortfalls;
    assert_eq!(shortfalls, [Shortfall { beside_others: true, ..alone(0, 600, 500) }]);
}

#[test]
fn countries_in_regions_keep_to_both_limits() {
    let mut problem = worked(true);
    problem.groups.push(Group { name: "SDN".to_owned(), parent: Some(0), floor: 0, ceiling: 450 * THOUSAND });
    problem.proposals[0].group = Some(5);
    let best = solve(&problem, SOLVE_LIMIT).unwrap().best.unwrap();
    assert_eq!(problem.spent_in(&best, 5), 450 * THOUSAND);
    assert_eq!(problem.spent_in(&best, 0), 850 * THOUSAND);
    assert!(problem.is_feasible(&best));
}

#[test]
fn a_problem_without_meaning_is_refused() {
    let refused = |change: fn(&mut Problem)| {
        let mut problem = worked(true);
        change(&mut problem);
        solve(&problem, SOLVE_LIMIT).unwrap_err()
    };
    assert_eq!(refused(|problem| problem.envelope = -1), Invalid::OutOfRange);
    assert_eq!(refused(|problem| problem.envelope = i64::MAX), Invalid::OutOfRange);
    assert_eq!(refused(|problem| problem.proposals[0].score = -1), Invalid::OutOfRange);
    assert_eq!(refused(|problem| problem.step = 0), Invalid::Step);
    assert_eq!(refused(|problem| problem.proposals[0].least = 700 * THOUSAND), Invalid::LeastAboveAsked);
    assert_eq!(refused(|problem| problem.proposals[0].group = Some(9)), Invalid::Groups);
    assert_eq!(refused(|problem| problem.groups[0].parent = Some(0)), Invalid::Groups);
}

#[test]
fn without_proposals_nothing_is_the_best() {
    let problem = Problem { proposals: Vec::new(), ..worked(true) };
    let answer = solve(&problem, SOLVE_LIMIT).unwrap();
    assert_eq!((answer.best, answer.proven), (Some(Portfolio::empty(0)), true));
}

/// A window of many proposals and a fine step, with scores that differ little: what takes longest.
fn large(count: i64, units: i64, partial: bool) -> Problem {
    let envelope = units * 10 * THOUSAND;
    let groups = REGIONS.iter().map(|(name, floor, ceiling)| Group {
        name: (*name).to_owned(),
        parent: None,
        floor: envelope / 100 * floor,
        ceiling: envelope / 100 * ceiling,
    });
    let proposals = (0..count).map(|number| {
        let asked = 3 * units / count + (number * 7919) % (units / count + 1);
        Proposal {
            id: format!("P{number}"),
            group: Some((number % 5) as usize),
            least: asked / 2 * 10 * THOUSAND,
            asked: asked * 10 * THOUSAND,
            score: 5000 + (number * 104_729) % 4000,
            pin: None,
        }
    });
    Problem {
        envelope,
        step: 10 * THOUSAND,
        partial,
        objective: Objective::ScoreCost,
        groups: groups.collect(),
        proposals: proposals.collect(),
    }
}

#[test]
fn a_large_window_is_solved_exactly() {
    for partial in [true, false] {
        let problem = large(40, 3000, partial);
        let answer = solve(&problem, SOLVE_LIMIT).unwrap();
        let best = answer.best.as_ref().unwrap();
        assert!(answer.proven && problem.is_feasible(best));
        assert_eq!(answer.unit % (10 * THOUSAND), 0);
    }
}
