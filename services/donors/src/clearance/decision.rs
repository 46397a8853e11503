//! Which decisions on a donor are in force on a day: a pure function of its decisions and of the mergers into it.
//!
//! Decisions are ordered by numbers and never by clocks. The decisions on one donor by one producer are a sequence: their
//! `ordinal` says which is later. Decisions on donors that were merged are several such sequences, and no number tells
//! which of two is the later one: so the decision in force of each counts, and one refusal among them refuses. Only a
//! decision on the donor that stayed, taken after the merger, takes the place of those that the merger found.

use chrono::NaiveDate;
use kernel::{ClearanceDecision, ClearanceId, ClearanceProducer, DonorId, Word};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A decision on a donor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) id: ClearanceId,
    /// The donor that it was taken on, which may have been merged since.
    pub(crate) subject: DonorId,
    pub(crate) producer: Word<ClearanceProducer>,
    pub(crate) ordinal: i64,
    pub(crate) decision: Word<ClearanceDecision>,
    pub(crate) valid_from: NaiveDate,
    pub(crate) valid_until: NaiveDate,
}

impl Decision {
    /// Whether headquarters took it in the donor registry.
    pub(crate) fn is_own(&self) -> bool {
        self.producer.is(ClearanceProducer::Donors)
    }

    /// Its place among the decisions on its subject. Two programs of an upgrade may have given one number twice: then the
    /// ids decide.
    fn place(&self) -> (i64, ClearanceId) {
        (self.ordinal, self.id)
    }

    /// Whether it refuses: whatever is no clearance does.
    fn refuses(&self) -> bool {
        !self.decision.is(ClearanceDecision::Cleared)
    }
}

/// The latest decision on a donor by a producer that a merger found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) subject: DonorId,
    pub(crate) producer: Word<ClearanceProducer>,
    pub(crate) ordinal: i64,
}

/// A merger that has not been undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merger {
    pub(crate) survivor: DonorId,
    pub(crate) marks: Vec<Mark>,
}

impl Merger {
    /// The number of the latest decision like this one (on its subject, by its producer) that the merger found.
    fn found(&self, decision: &Decision) -> Option<i64> {
        let is_own = decision.is_own();
        let like = self.marks.iter().filter(|mark| {
            mark.subject == decision.subject && mark.producer.is(ClearanceProducer::Donors) == is_own
        });
        like.map(|mark| mark.ordinal).max()
    }

    /// Whether `later` takes the place of `earlier`: it was taken after the merger on the donor that stayed, the other
    /// before it on another donor.
    fn replaces(&self, later: &Decision, earlier: &Decision) -> bool {
        later.subject == self.survivor
            && earlier.subject != self.survivor
            && self.found(later).is_none_or(|found| later.ordinal > found)
            && self.found(earlier).is_some_and(|found| earlier.ordinal <= found)
    }
}

/// What the decisions in force on a day say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No decision is in force.
    Undecided,
    /// Cleared until the end of this day.
    Cleared(NaiveDate),
    /// Cleared until a day before.
    Expired,
    Refused,
}

/// The decisions on a donor and on those merged into it, and these mergers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) decisions: Vec<Decision>,
    pub(crate) mergers: Vec<Merger>,
}

impl History {
    /// Who decides on the donor: the donor registry, until partnerships has decided once.
    pub(crate) fn producer(&self) -> ClearanceProducer {
        if self.decisions.iter().all(Decision::is_own) {
            ClearanceProducer::Donors
        } else {
            ClearanceProducer::Partnerships
        }
    }

    /// The decisions that count on a day, at most one for each donor that was decided on.
    fn in_force(&self, day: NaiveDate) -> Vec<&Decision> {
        let others = self.decisions.iter().filter(|decision| !decision.is_own());
        let kept_elsewhere: BTreeSet<DonorId> = others.map(|decision| decision.subject).collect();
        let mut latest: BTreeMap<DonorId, &Decision> = BTreeMap::new();
        for decision in self.decisions.iter().filter(|decision| decision.valid_from <= day) {
            if decision.is_own() && kept_elsewhere.contains(&decision.subject) {
                continue;
            }
            let held = latest.entry(decision.subject).or_insert(decision);
            if held.place() < decision.place() {
                *held = decision;
            }
        }
        let is_replaced = |earlier: &Decision| {
            let mut pairs =
                self.mergers.iter().flat_map(|merger| latest.values().map(move |later| (merger, later)));
            pairs.any(|(merger, later)| merger.replaces(later, earlier))
        };
        latest.values().copied().filter(|decision| !is_replaced(decision)).collect()
    }

    /// What counts on a day.
    pub(crate) fn on(&self, day: NaiveDate) -> Outcome {
        let in_force = self.in_force(day);
        if in_force.iter().any(|decision| decision.refuses()) {
            return Outcome::Refused;
        }
        match in_force.iter().map(|decision| decision.valid_until).max() {
            None => Outcome::Undecided,
            Some(until) if until >= day => Outcome::Cleared(until),
            Some(_) => Outcome::Expired,
        }
    }

    /// The last of the days from `day` on that are all cleared, as decided so far; none if `day` is not.
    pub(crate) fn holds_until(&self, day: NaiveDate) -> Option<NaiveDate> {
        let (mut last, mut next) = (None, Some(day));
        while let Some(day) = next
            && let Outcome::Cleared(until) = self.on(day)
        {
            // Before it ends, another decision may come into force.
            let changes = self.decisions.iter().map(|decision| decision.valid_from);
            let change = changes.filter(|from| *from > day && *from <= until).min();
            let end = change.and_then(|from| from.pred_opt()).unwrap_or(until);
            (last, next) = (Some(end), end.succ_opt());
        }
        last
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
