//! What a circulation comes to. No database.

use super::CirculationState;
use crate::{
    committee::rules::{CirculationMajority, CirculationRule},
    motion::rule::Tally,
};

/// The state of a circulation with these figures: it ends before its time only when votes to come cannot change it.
///
/// Votes are those of the entitled; a seat that is silent is none for it. `objections` are to the procedure.
pub(crate) fn state(
    tally: &Tally,
    objections: usize,
    is_over: bool,
    rule: &CirculationRule,
) -> CirculationState {
    if objections >= usize::try_from(rule.objections).unwrap_or(usize::MAX) {
        return CirculationState::Referred;
    }
    let silent = tally.entitled.saturating_sub(tally.cast());
    if is_carried(tally.yes, tally.entitled, rule.majority) {
        CirculationState::Passed
    } else if !is_carried(tally.yes + silent, tally.entitled, rule.majority) {
        CirculationState::Lost
    } else if is_over {
        CirculationState::Lapsed
    } else {
        CirculationState::Open
    }
}

/// Whether so many votes of the entitled carry it.
const fn is_carried(yes: usize, entitled: usize, majority: CirculationMajority) -> bool {
    match majority {
        CirculationMajority::Absolute => 2 * yes > entitled,
        CirculationMajority::TwoThirds => entitled > 0 && 3 * yes >= 2 * entitled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(majority: CirculationMajority) -> CirculationRule {
        CirculationRule { hours: 48, majority, objections: 1 }
    }

    fn tally(entitled: usize, yes: usize, no: usize, abstain: usize) -> Tally {
        Tally { entitled, quorum: 0, yes, no, abstain }
    }

    #[test]
    fn a_circulation_needs_more_than_half_of_the_entitled() {
        use CirculationState::{Lapsed, Lost, Open, Passed};
        let absolute = rule(CirculationMajority::Absolute);
        for (votes, is_over, expected) in [
            (tally(7, 4, 0, 0), false, Passed),
            (tally(7, 3, 0, 0), false, Open),
            (tally(7, 3, 0, 0), true, Lapsed),
            (tally(7, 3, 3, 0), false, Open),
            (tally(7, 3, 4, 0), false, Lost),
            (tally(7, 0, 2, 2), false, Lost),
            (tally(7, 0, 0, 0), true, Lapsed),
            (tally(6, 3, 3, 0), true, Lost),
            (tally(5, 3, 2, 0), true, Passed),
        ] {
            assert_eq!(state(&votes, 0, is_over, &absolute), expected, "{votes:?} {is_over}");
        }
    }

    #[test]
    fn two_thirds_are_of_the_entitled() {
        let two_thirds = rule(CirculationMajority::TwoThirds);
        assert_eq!(state(&tally(6, 4, 0, 0), 0, false, &two_thirds), CirculationState::Passed);
        assert_eq!(state(&tally(7, 4, 0, 0), 0, false, &two_thirds), CirculationState::Open);
        assert_eq!(state(&tally(7, 4, 3, 0), 0, true, &two_thirds), CirculationState::Lost);
    }

    #[test]
    fn an_objection_to_the_procedure_refers_it_whatever_the_votes() {
        let mut rule = rule(CirculationMajority::Absolute);
        assert_eq!(state(&tally(7, 7, 0, 0), 1, false, &rule), CirculationState::Referred);
        rule.objections = 2;
        assert_eq!(state(&tally(7, 3, 0, 0), 1, false, &rule), CirculationState::Open);
        assert_eq!(state(&tally(7, 3, 0, 0), 2, true, &rule), CirculationState::Referred);
    }

    proptest! {
        /// What ended before its time ends likewise whatever the silent seats say.
        #[test]
        fn votes_to_come_change_nothing(yes in 0_usize..8, no in 0_usize..8, silent in 0_usize..8, more in 0_usize..8) {
            let rule = rule(CirculationMajority::Absolute);
            let entitled = yes + no + silent;
            let before = state(&tally(entitled, yes, no, 0), 0, false, &rule);
            let more = more.min(silent);
            let after = state(&tally(entitled, yes + more, no + silent - more, 0), 0, true, &rule);
            if before != CirculationState::Open {
                prop_assert_eq!(before, after);
            }
        }
    }
}
