//! How much more value is possible at most: the linear relaxation of a knapsack without groups.

use super::{
    instance::Instance,
    problem::{Objective, Pin, Problem},
};
use std::cmp::Ordering;

/// The best value of what is not decided yet, by the room that is left.
#[derive(Debug, Default)]
pub(super) struct Bound {
    /// Weights and values of pieces so far, the best value for its weight first.
    weights: Vec<i64>,
    values: Vec<i128>,
    pieces: Vec<(i64, i128)>,
}

impl Bound {
    /// Of pieces, the best value for its weight first: a weight, and what it is worth at most.
    fn new(pieces: Vec<(i64, i128)>) -> Self {
        let mut bound = Self { weights: vec![0], values: vec![0], pieces: Vec::new() };
        let (mut weight, mut value) = (0, 0);
        for piece in &pieces {
            weight += piece.0;
            value += piece.1;
            bound.weights.push(weight);
            bound.values.push(value);
        }
        bound.pieces = pieces;
        bound
    }

    /// Of the items that `is_left` says are not decided.
    pub(super) fn of(instance: &Instance, is_left: impl Fn(usize) -> bool) -> Self {
        let left = instance.by_worth.iter().filter(|item| is_left(**item));
        Self::new(left.map(|item| instance.items[*item].most).collect())
    }

    /// Of a whole problem in the smallest unit of its currency: no portfolio is worth more.
    pub(super) fn of_problem(problem: &Problem) -> i128 {
        let pieces = problem.proposals.iter().filter(|proposal| proposal.pin != Some(Pin::Out));
        let pieces = pieces.map(|proposal| match problem.objective {
            Objective::ScoreCost => (proposal.asked, i128::from(proposal.score) * i128::from(proposal.asked)),
            Objective::Score if problem.partial => {
                (proposal.least.max(1).min(proposal.asked), i128::from(proposal.score))
            }
            Objective::Score => (proposal.asked, i128::from(proposal.score)),
        });
        let mut pieces: Vec<(i64, i128)> = pieces.collect();
        pieces.sort_by(by_worth);
        Self::new(pieces).at(problem.envelope)
    }

    /// How many pieces fit as a whole.
    fn whole(&self, room: i64) -> usize {
        // The first weight is 0, so there is always one that fits.
        self.weights.partition_point(|weight| *weight <= room).max(1) - 1
    }

    /// Whether the most value in this room is at least `wanted`: [`Bound::at`] without the division, where that is enough.
    pub(super) fn reaches(&self, room: i64, wanted: i128) -> bool {
        let whole = self.whole(room);
        self.values[whole] >= wanted
            || (self.values.get(whole + 1).is_some_and(|next| *next >= wanted) && self.at(room) >= wanted)
    }

    /// The most value in this room.
    pub(super) fn at(&self, room: i64) -> i128 {
        let whole = self.whole(room);
        let rest = i128::from(room.max(0) - self.weights[whole]);
        match self.pieces.get(whole) {
            Some((weight, value)) if *weight > 0 => self.values[whole] + value * rest / i128::from(*weight),
            _ => self.values[whole],
        }
    }
}

/// Puts the best value for its weight first.
pub(super) fn by_worth(left: &(i64, i128), right: &(i64, i128)) -> Ordering {
    let values = (right.1 * i128::from(left.0)).cmp(&(left.1 * i128::from(right.0)));
    values.then_with(|| left.0.cmp(&right.0))
}
