//! The solver: a table for each group, joined up to the root.

use super::{
    bound::Bound,
    greedy::quick,
    instance::{Instance, exact_unit},
    problem::{Invalid, Portfolio, Problem},
    table::{Exhausted, Keep, Table, Work},
};

/// Units of a first, rough run, whose answer lets the exact one drop what cannot become the best.
const ROUGH_UNITS: i64 = 20_000;
/// Part of the limit that each run in coarser units may take.
const COARSE_PART: u64 = 4;
/// Part of the limit that a first exact run may take.
const EASY_PART: u64 = 64;

/// An answer of the solver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The best portfolio that was found; none where no portfolio keeps to every limit.
    pub best: Option<Portfolio>,
    /// Whether no portfolio is better (or, without one, none is possible).
    pub proven: bool,
    /// No portfolio is worth more than this.
    pub bound: i128,
    /// The unit in which it was solved: the exact one, or a coarser one, with which nothing is proven.
    pub unit: i64,
    /// Table steps that it took.
    pub steps: u64,
}

/// The best portfolio, with at most `limit` table steps before the units are made coarser.
///
/// # Errors
/// [`Invalid`] for a problem without meaning.
pub fn solve(problem: &Problem, limit: u64) -> Result<Answer, Invalid> {
    problem.check()?;
    Ok(solve_from(problem, None, limit))
}

/// The answer to a problem that was checked.
fn solve_from(problem: &Problem, seed: Option<&Portfolio>, limit: u64) -> Answer {
    let bound = Bound::of_problem(problem);
    let exact = exact_unit(problem);
    let Attempt { found, is_exact, mut steps } = attempt(problem, seed, limit);
    if is_exact {
        let bound = found.as_ref().map_or(0, |best| problem.value(best));
        return Answer { best: found, proven: true, bound, unit: exact, steps };
    }
    let mut best = found;
    let mut unit = exact.max(rough_unit(problem) / 4);
    loop {
        unit = unit.saturating_mul(2);
        let (found, taken) = run(problem, unit, best.as_ref(), limit / COARSE_PART);
        steps += taken;
        let is_done = found.is_ok() || unit >= problem.envelope;
        best = better(problem, best, found.unwrap_or(None));
        if is_done {
            let proven = best.as_ref().is_some_and(|best| problem.value(best) >= bound);
            return Answer { best, proven, bound, unit, steps };
        }
    }
}

/// What came of looking for the best portfolio.
pub(super) struct Attempt {
    /// The best that was found.
    pub(super) found: Option<Portfolio>,
    /// Whether there is no better one.
    pub(super) is_exact: bool,
    pub(super) steps: u64,
}

/// Looks for the best portfolio, from the answer of a similar problem if there is one. The problem was checked.
pub(super) fn attempt(problem: &Problem, seed: Option<&Portfolio>, limit: u64) -> Attempt {
    let mut best = quick(problem, seed);
    let mut steps = 0;
    let (exact, rough) = (exact_unit(problem), rough_unit(problem));
    if rough > exact {
        // Most answers are found at once. For the others a rough one first shows what need not be looked at.
        let (found, taken) = run(problem, exact, best.as_ref(), limit / EASY_PART);
        steps += taken;
        if let Ok(found) = found {
            return Attempt { found: better(problem, best, found), is_exact: true, steps };
        }
        let (found, taken) = run(problem, rough, best.as_ref(), limit / COARSE_PART);
        steps += taken;
        best = better(problem, best, found.unwrap_or(None));
    }
    let (found, taken) = run(problem, exact, best.as_ref(), limit);
    let is_exact = found.is_ok();
    let best = better(problem, best, found.unwrap_or(None));
    Attempt { found: best, is_exact, steps: steps + taken }
}

fn rough_unit(problem: &Problem) -> i64 {
    problem.envelope / ROUGH_UNITS + 1
}

fn better(problem: &Problem, known: Option<Portfolio>, found: Option<Portfolio>) -> Option<Portfolio> {
    match (known, found) {
        (Some(known), Some(found)) if problem.is_better(&known, &found) => Some(known),
        (known, found) => found.or(known),
    }
}

/// The best portfolio in these units, or none that is better than the known one.
fn run(
    problem: &Problem,
    unit: i64,
    known: Option<&Portfolio>,
    limit: u64,
) -> (Result<Option<Portfolio>, Exhausted>, u64) {
    let instance = Instance::new(problem, unit);
    let reached = known.map(|known| instance.key(problem, known));
    let mut run = Run { instance: &instance, reached, work: Work { steps: 0, limit } };
    let row = run.root();
    let portfolio = row.map(|row| row.map(|row| instance.portfolio(problem, &row)));
    (portfolio, run.work.steps)
}

struct Run<'a> {
    instance: &'a Instance,
    reached: Option<i128>,
    work: Work,
}

/// A table, and the items in it.
type Part = (Table, Vec<usize>);

impl Run<'_> {
    /// The row of the best portfolio.
    fn root(&mut self) -> Result<Option<Vec<u64>>, Exhausted> {
        let root = self.instance.nodes.len() - 1;
        let mut parts = self.parts(root)?;
        // The last is not joined but looked up, so it is the largest.
        let Some((largest, _)) = parts.pop() else {
            return Ok(Some(vec![0; self.instance.words]));
        };
        let ceiling = self.instance.nodes[root].ceiling;
        let (others, _) = self.together(parts, root)?;
        Ok(others.best_pair(&largest, ceiling))
    }

    /// The tables of a node's own items and of each of its children, the smallest first.
    fn parts(&mut self, node: usize) -> Result<Vec<Part>, Exhausted> {
        let instance = self.instance;
        let mut parts = Vec::new();
        if !instance.nodes[node].items.is_empty() {
            parts.push(self.of_items(node)?);
        }
        for child in &instance.nodes[node].children {
            let child_parts = self.parts(*child)?;
            let (table, items) = self.together(child_parts, *child)?;
            let rest = self.rest(&items);
            let keep = keep(instance, self.reached, node, &rest);
            parts.push((table.limited(instance.nodes[*child].floor, &keep), items));
        }
        parts.sort_by_key(|(table, _)| table.len());
        Ok(parts)
    }

    /// Tables joined, the smallest first.
    fn together(&mut self, parts: Vec<Part>, node: usize) -> Result<Part, Exhausted> {
        let instance = self.instance;
        let mut parts = parts.into_iter();
        let nothing = || (Table::nothing(instance.words), Vec::new());
        let (mut table, mut items) = parts.next().unwrap_or_else(nothing);
        for (other, others) in parts {
            items.extend(others);
            let rest = self.rest(&items);
            let keep = keep(instance, self.reached, node, &rest);
            table = table.joined(&other, &keep, &mut self.work)?;
        }
        Ok((table, items))
    }

    /// The table of a node's own items, the best for its weight first.
    fn of_items(&mut self, node: usize) -> Result<Part, Exhausted> {
        let instance = self.instance;
        let order = &instance.nodes[node].items;
        let mut table = Table::nothing(instance.words);
        for (count, item) in order.iter().enumerate() {
            self.work.take(instance.items.len() as u64)?;
            let rest = self.rest(&order[..=count]);
            let keep = keep(instance, self.reached, node, &rest);
            table = table.with(&instance.items[*item], &keep, &mut self.work)?;
        }
        Ok((table, order.clone()))
    }

    /// What all items but these can add.
    fn rest(&self, items: &[usize]) -> Bound {
        let mut is_left = vec![true; self.instance.items.len()];
        items.iter().for_each(|item| is_left[*item] = false);
        Bound::of(self.instance, |item| is_left[item])
    }
}

fn keep<'a>(instance: &'a Instance, reached: Option<i128>, node: usize, rest: &'a Bound) -> Keep<'a> {
    let limits = &instance.nodes[node];
    Keep { ceiling: limits.ceiling, pending: limits.pending, rest, instance, reached }
}
