//! The solver beside another one, which works in floats (good_lp with microlp, by branch and bound): what that one answers is
//! checked in integers, and is never better.

use super::{
    Group, MAX_AMOUNT, Objective, Pin, Portfolio, Problem, Proposal, SOLVE_LIMIT,
    brute::{Numbers, random},
    solve,
    tests::worked,
};
use good_lp::{
    Expression, ProblemVariables, Solution, SolverModel, Variable, microlp, solvers::WithTimeLimit, variable,
};

/// Seconds for an instance: branch and bound may go on for ever, and the answer until then is none that is asserted on.
const TIME_LIMIT: f64 = 5.0;

/// One way to fund a proposal: with a fixed amount, or with so many steps between two bounds.
struct Choice {
    /// Whether it is taken: 0 or 1.
    taken: Variable,
    /// How many steps it is, where it is no fixed amount, and between which numbers.
    steps: Option<(Variable, i64, i64)>,
    /// The fixed amount, in the smallest unit.
    amount: i64,
}

/// The ways to fund a proposal: all that was asked for, and of a part the least and multiples of the step above it.
fn choices(problem: &Problem, proposal: &Proposal, variables: &mut ProblemVariables) -> Vec<Choice> {
    let mut amounts = vec![proposal.asked];
    let is_cut = problem.partial && proposal.least < proposal.asked;
    // Funded with nothing is not funded, unless nothing is all that was asked for.
    if is_cut && proposal.least > 0 {
        amounts.push(proposal.least);
    }
    let fixed = |amount| Choice { taken: variables.add(variable().binary()), steps: None, amount };
    let mut choices: Vec<Choice> = amounts.into_iter().map(fixed).collect();
    let (first, last) = (proposal.least / problem.step + 1, (proposal.asked - 1) / problem.step);
    if is_cut && first <= last {
        let number = variables.add(variable().integer().min(0.0).max(exact(last)));
        let taken = variables.add(variable().binary());
        choices.push(Choice { taken, steps: Some((number, first, last)), amount: 0 });
    }
    choices
}

/// A number that a float has exactly.
fn exact(number: i64) -> f64 {
    assert!(number.abs() < 1 << 53);
    number as f64
}

/// What the other solver answers; none when it finds no portfolio. `unit` divides all amounts.
fn other(problem: &Problem, unit: i64) -> Option<Portfolio> {
    let mut variables = ProblemVariables::new();
    let of_proposals: Vec<_> =
        problem.proposals.iter().map(|proposal| choices(problem, proposal, &mut variables)).collect();
    let (mut objective, mut total) = (Expression::from(0.0), Expression::from(0.0));
    let mut of_groups = vec![Expression::from(0.0); problem.groups.len()];
    let mut constraints = Vec::new();
    for (proposal, choices) in problem.proposals.iter().zip(&of_proposals) {
        let score = exact(proposal.score);
        let mut taken = Expression::from(0.0);
        for choice in choices {
            let (variable, weight) = match choice.steps {
                Some((number, _, _)) => (number, exact(problem.step / unit)),
                None => (choice.taken, exact(choice.amount / unit)),
            };
            total.add_mul(weight, variable);
            for group in problem.path(proposal.group) {
                of_groups[group].add_mul(weight, variable);
            }
            match problem.objective {
                Objective::ScoreCost => objective.add_mul(score * weight, variable),
                Objective::Score => objective.add_mul(score, choice.taken),
            }
            if let Some((number, first, last)) = choice.steps {
                // first · taken ≤ number ≤ last · taken
                let (mut above, mut below) = (Expression::from(0.0), Expression::from(0.0));
                above.add_mul(1.0, number);
                above.add_mul(-exact(last), choice.taken);
                below.add_mul(exact(first), choice.taken);
                below.add_mul(-1.0, number);
                constraints.extend([above.leq(0.0), below.leq(0.0)]);
            }
            taken.add_mul(1.0, choice.taken);
        }
        let mut not_taken = Expression::from(1.0);
        for choice in choices {
            not_taken.add_mul(-1.0, choice.taken);
        }
        constraints.push(match proposal.pin {
            Some(Pin::Out) => taken.leq(0.0),
            Some(Pin::In) | None => taken.leq(1.0),
        });
        if proposal.pin == Some(Pin::In) {
            constraints.push(not_taken.leq(0.0));
        }
    }
    constraints.push(total.leq(exact(problem.envelope) / exact(unit)));
    // Groups in which nothing is asked for keep to every limit.
    for (group, spent) in of_groups.into_iter().enumerate().filter(|(group, _)| problem.asked_in(*group) > 0)
    {
        let (floor, ceiling) = (problem.floor_of(group), problem.groups[group].ceiling);
        let mut lacks = Expression::from(exact(floor) / exact(unit));
        lacks -= spent.clone();
        constraints.push(lacks.leq(0.0));
        if ceiling < MAX_AMOUNT {
            constraints.push(spent.leq(exact(ceiling) / exact(unit)));
        }
    }
    let mut model = variables.maximise(objective).using(microlp).with_time_limit(TIME_LIMIT);
    for constraint in constraints {
        model.add_constraint(constraint);
    }
    let solution = model.solve().ok()?;
    let mut portfolio = Portfolio::empty(problem.proposals.len());
    for (position, choices) in of_proposals.iter().enumerate() {
        for choice in choices.iter().filter(|choice| solution.value(choice.taken) > 0.5) {
            let mut amount = choice.amount;
            if let Some((number, first, last)) = choice.steps {
                let steps = solution.value(number).round() as i64;
                // Floats that say something else than what was asked for are no answer.
                if !(first..=last).contains(&steps) {
                    return None;
                }
                amount = steps * problem.step;
            }
            portfolio.fund(position, amount);
        }
    }
    Some(portfolio)
}

/// How often the two were compared, and how often the other's answer keeps to every limit and is as good.
#[derive(Debug, Default)]
struct Compared {
    feasible: usize,
    infeasible: usize,
    equal: usize,
}

impl Compared {
    fn compare(&mut self, problem: &Problem, unit: i64) {
        let answer = solve(problem, SOLVE_LIMIT).unwrap();
        assert!(answer.proven, "{problem:#?}");
        // What does not keep to the limits in integers is no answer: floats do that now and then.
        let found = other(problem, unit).filter(|found| problem.is_feasible(found));
        match (&answer.best, &found) {
            (Some(best), found) => {
                assert!(problem.is_feasible(best));
                self.feasible += 1;
                let best = problem.value(best);
                let found = found.as_ref().map(|found| problem.value(found));
                let is_better = found.is_some_and(|found| found > best);
                assert!(!is_better, "{found:?} is more than {best}: {problem:#?}");
                self.equal += usize::from(found == Some(best));
            }
            (None, Some(found)) => panic!("there is a portfolio: {found:?} of {problem:#?}"),
            (None, None) => {
                self.infeasible += 1;
                self.equal += 1;
            }
        }
    }
}

#[test]
fn the_worked_instance_has_the_optimum_that_another_solver_finds() {
    let thousand = 1_000;
    for (partial, expected) in [(true, 163_200_000), (false, 148_562_500)] {
        let problem = worked(partial);
        let found = other(&problem, 50 * thousand).unwrap();
        assert!(problem.is_feasible(&found), "{found:?}");
        // Scores are hundredths of points.
        assert_eq!(problem.value(&found), expected * 100);
        let best = solve(&problem, SOLVE_LIMIT).unwrap().best.unwrap();
        assert_eq!(problem.value(&best), expected * 100);
    }
}

#[test]
fn another_solver_finds_nothing_better_on_small_instances_of_every_kind() {
    let (mut numbers, mut compared) = (Numbers(17), Compared::default());
    for _ in 0..200 {
        compared.compare(&random(&mut numbers), 1);
    }
    assert!(compared.feasible > 60 && compared.infeasible > 20, "{compared:?}");
    assert!(compared.equal >= 190, "{compared:?}");
}

/// A window that is too large to look at every portfolio.
fn window(numbers: &mut Numbers) -> Problem {
    let count = numbers.within(8, 14);
    let envelope = numbers.within(60, 120);
    let group = |(name, floor, ceiling): &(&str, i64, i64)| Group {
        name: (*name).to_owned(),
        parent: None,
        floor: envelope * floor / 100,
        ceiling: envelope * ceiling / 100,
    };
    let groups = [("Africa", 30, 60), ("Asia", 10, 50), ("Americas", 0, 40)];
    let proposals = (0..count).map(|position| {
        let asked = numbers.within(6, 30);
        Proposal {
            id: position.to_string(),
            group: Some(numbers.within(0, 2) as usize),
            least: numbers.within(3, asked),
            asked,
            score: numbers.within(50, 95),
            pin: None,
        }
    });
    let proposals = proposals.collect();
    let partial = numbers.within(0, 1) == 1;
    let step = numbers.within(1, 5);
    let groups = groups.iter().map(group).collect();
    Problem { envelope, step, partial, objective: Objective::ScoreCost, groups, proposals }
}

#[test]
fn another_solver_finds_nothing_better_on_windows() {
    let (mut numbers, mut compared) = (Numbers(23), Compared::default());
    for _ in 0..32 {
        compared.compare(&window(&mut numbers), 1);
    }
    assert!(compared.equal >= 30, "{compared:?}");
}
