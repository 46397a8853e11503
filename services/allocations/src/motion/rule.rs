//! Who may vote, how many votes are enough, and what they come to. No database.

use super::{Ballot, MotionState};
use crate::committee::{
    rules::{QuorumRule, Rules, TieRule, VoteMajority},
    seat::{Seat, SeatKind},
};
use kernel::{PersonId, SeatId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A seat that has a vote on a motion, and who casts it: its holder, or the alternate while the holder is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entitled {
    pub(crate) seat_id: SeatId,
    /// Who casts the vote of the seat now; none while nobody is here who may.
    pub(crate) voter: Option<PersonId>,
    /// Its place in the order of chairing: 0 for the chair, 1 for the vice-chair; none for the others, and while they are
    /// away.
    pub(crate) chairs: Option<u8>,
}

/// The seats that have a vote: those of voting members in office, but for members with a conflict of interest.
///
/// An alternate votes for a member who is absent. For one with a conflict it votes only by `alternates_for_recused`,
/// because both represent the same office. An alternate with a conflict of its own votes for nobody.
pub(crate) fn entitled(
    seats: &[Seat],
    recused: &BTreeSet<PersonId>,
    present: &BTreeSet<PersonId>,
    alternates_for_recused: bool,
) -> Vec<Entitled> {
    let stand_in = |seat: &Seat| {
        let of_seat =
            |other: &&Seat| other.kind == SeatKind::Alternate && other.alternate_of == Some(seat.id);
        let free = |person: &PersonId| !recused.contains(person);
        seats.iter().find(of_seat).map(|other| other.person_id).filter(free)
    };
    let vote = |seat: &Seat| {
        let alternate = stand_in(seat);
        let is_recused = recused.contains(&seat.person_id);
        if is_recused && !(alternates_for_recused && alternate.is_some()) {
            return None;
        }
        let holder = Some(seat.person_id).filter(|person| !is_recused && present.contains(person));
        let voter = holder.or_else(|| alternate.filter(|person| present.contains(person)));
        let chairs = match seat.kind {
            SeatKind::Chair => holder.map(|_| 0),
            SeatKind::ViceChair => holder.map(|_| 1),
            SeatKind::Member | SeatKind::Alternate | SeatKind::Observer => None,
        };
        Some(Entitled { seat_id: seat.id, voter, chairs })
    };
    seats.iter().filter(|seat| seat.kind.votes()).filter_map(vote).collect()
}

/// Votes that make a quorum of so many entitled seats.
pub(crate) fn quorum(entitled: usize, rule: &QuorumRule) -> usize {
    let number = |value: i32| usize::try_from(value).unwrap_or(0);
    let part = entitled * number(rule.numerator) / number(rule.denominator).max(1);
    number(rule.least).max(part + 1)
}

/// Whether too few may vote, so that the head of the organisation decides.
pub(crate) fn is_for_the_head(entitled: usize, rule: &QuorumRule) -> bool {
    entitled < usize::try_from(rule.least).unwrap_or(0)
}

/// What a vote comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Lost,
    Tied,
    NotDecided,
    NoQuorum,
    ToTheHead,
}

impl Outcome {
    /// The state of a motion that ends so.
    pub(crate) const fn state(self) -> MotionState {
        match self {
            Self::Passed => MotionState::Passed,
            Self::Lost => MotionState::Lost,
            Self::Tied => MotionState::Tied,
            Self::NotDecided => MotionState::NotDecided,
            Self::NoQuorum => MotionState::NoQuorum,
            Self::ToTheHead => MotionState::ToTheHead,
        }
    }
}

/// The figures of a vote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Seats that have a vote.
    pub(crate) entitled: usize,
    /// Votes that are needed for a quorum.
    pub(crate) quorum: usize,
    pub(crate) yes: usize,
    pub(crate) no: usize,
    pub(crate) abstain: usize,
}

impl Tally {
    /// Votes that were cast, abstentions too.
    pub(crate) const fn cast(&self) -> usize {
        self.yes + self.no + self.abstain
    }
}

/// The votes of seats, each with the person who cast it. One seat has one vote.
pub(crate) type Votes = BTreeMap<SeatId, (PersonId, Ballot)>;

/// What votes come to: of a seat the vote counts that was cast by whoever casts it at the close.
pub(crate) fn outcome(entitled: &[Entitled], votes: &Votes, rules: &Rules) -> (Outcome, Tally) {
    let counted = |seat: &Entitled| {
        let (person, ballot) = votes.get(&seat.seat_id)?;
        (seat.voter == Some(*person)).then_some(*ballot)
    };
    let mut tally =
        Tally { entitled: entitled.len(), quorum: quorum(entitled.len(), &rules.quorum), ..Tally::default() };
    for ballot in entitled.iter().filter_map(counted) {
        match ballot {
            Ballot::Yes => tally.yes += 1,
            Ballot::No => tally.no += 1,
            Ballot::Abstain => tally.abstain += 1,
        }
    }
    let chairing = entitled.iter().filter(|seat| seat.chairs.is_some());
    let casting = chairing.min_by_key(|seat| seat.chairs).and_then(counted);
    (judged(&tally, casting, rules), tally)
}

/// What figures come to; `casting` is the vote of whoever chairs.
fn judged(tally: &Tally, casting: Option<Ballot>, rules: &Rules) -> Outcome {
    let Tally { entitled, yes, no, .. } = *tally;
    if is_for_the_head(entitled, &rules.quorum) {
        return Outcome::ToTheHead;
    }
    if tally.cast() < tally.quorum {
        return Outcome::NoQuorum;
    }
    // Abstentions do not carry a motion.
    if yes < usize::try_from(rules.least_yes).unwrap_or(0) && yes >= no {
        return Outcome::NotDecided;
    }
    let carried = |holds: bool| if holds { Outcome::Passed } else { Outcome::Lost };
    match rules.majority {
        VoteMajority::TwoThirds => carried(yes + no > 0 && 3 * yes >= 2 * (yes + no)),
        VoteMajority::Absolute => carried(2 * yes > entitled),
        VoteMajority::Simple if yes == no => match (rules.tie, casting) {
            (TieRule::ChairCasting, Some(Ballot::Yes)) => Outcome::Passed,
            (TieRule::ChairCasting, Some(Ballot::No)) => Outcome::Lost,
            (TieRule::ChairCasting, Some(Ballot::Abstain) | None)
            | (TieRule::Deferred | TieRule::Rejected, _) => Outcome::Tied,
        },
        VoteMajority::Simple => carried(yes > no),
    }
}
