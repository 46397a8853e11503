//! Conflicts of interest: who of a committee neither scores nor votes on a proposal, and why.
//!
//! Those that follow from an office or from what somebody wrote are found by the platform and cannot be lifted by the person.
//! The chair rules on others, and a member may declare one.

pub(crate) mod store;

pub(crate) use self::ConflictGround as Ground;
pub(crate) use self::store::{of_proposal, refresh, refresh_committee};

use crate::proposal::Subject;
use kernel::{OfficeId, PersonId, PrincipalId, closed_set};
use std::collections::HashMap;

closed_set! {
    /// Why somebody has a conflict of interest: by office, as somebody who wrote or handled the proposal, because they said
    /// so, or because the chair ruled so.
    pub enum ConflictGround {
        Office = "office",
        Author = "author",
        Declared = "declared",
        Ruled = "ruled",
    }
}

impl ConflictGround {
    /// Whether the platform finds it: it holds as long as its cause does.
    pub const fn is_automatic(self) -> bool {
        matches!(self, ConflictGround::Office | ConflictGround::Author)
    }
}

/// The offices of an organisation, each with the one above it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tree(HashMap<OfficeId, Option<OfficeId>>);

/// Levels of offices above each other; no tree of an organisation is as deep.
const MAX_LEVELS: usize = 32;

impl Tree {
    /// The tree of offices and those above them.
    pub(crate) fn of(offices: impl IntoIterator<Item = (OfficeId, Option<OfficeId>)>) -> Self {
        Self(offices.into_iter().collect())
    }

    /// Whether an office is above another one, at whatever distance.
    pub(crate) fn is_above(&self, upper: OfficeId, lower: OfficeId) -> bool {
        let mut at = lower;
        for _ in 0..MAX_LEVELS {
            match self.0.get(&at).copied().flatten() {
                Some(parent) if parent == upper => return true,
                Some(parent) => at = parent,
                None => return false,
            }
        }
        false
    }
}

/// The conflict of interest that a seat has in a proposal by itself: its office proposes, or is above or below the office that
/// does (a seat of headquarters, which is above all: only where headquarters itself proposes); or its person wrote, sent,
/// endorsed or screened the proposal.
pub(crate) fn automatic(
    seat_office: OfficeId,
    seat_is_headquarters: bool,
    person: PersonId,
    proposal: &Subject,
    tree: &Tree,
) -> Option<Ground> {
    let same = seat_office == proposal.office_id;
    let in_line =
        tree.is_above(seat_office, proposal.office_id) || tree.is_above(proposal.office_id, seat_office);
    if same || (in_line && !seat_is_headquarters) {
        return Some(Ground::Office);
    }
    proposal.people.contains(&PrincipalId::from(person)).then_some(Ground::Author)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADQUARTERS: OfficeId = OfficeId::from_u128(1);
    const NAIROBI: OfficeId = OfficeId::from_u128(2);
    const SUDAN: OfficeId = OfficeId::from_u128(3);
    const DARFUR: OfficeId = OfficeId::from_u128(4);
    const VIENNA: OfficeId = OfficeId::from_u128(5);
    const KYIV: OfficeId = OfficeId::from_u128(6);
    const MEMBER: PersonId = PersonId::from_u128(20);

    fn tree() -> Tree {
        Tree::of([
            (HEADQUARTERS, None),
            (NAIROBI, Some(HEADQUARTERS)),
            (SUDAN, Some(NAIROBI)),
            (DARFUR, Some(SUDAN)),
            (VIENNA, Some(HEADQUARTERS)),
            (KYIV, Some(VIENNA)),
        ])
    }

    fn of(seat: OfficeId, proposing: OfficeId, people: &[PersonId]) -> Option<Ground> {
        let people = people.iter().copied().map(PrincipalId::from).collect();
        automatic(seat, seat == HEADQUARTERS, MEMBER, &Subject { office_id: proposing, people }, &tree())
    }

    #[test]
    fn an_office_has_a_conflict_in_what_it_or_one_above_or_below_it_proposes() {
        for (seat, proposing, ground) in [
            (SUDAN, SUDAN, Some(Ground::Office)),
            (NAIROBI, SUDAN, Some(Ground::Office)),
            (NAIROBI, DARFUR, Some(Ground::Office)),
            (DARFUR, NAIROBI, Some(Ground::Office)),
            (VIENNA, SUDAN, None),
            (KYIV, NAIROBI, None),
            (HEADQUARTERS, SUDAN, None),
            (HEADQUARTERS, HEADQUARTERS, Some(Ground::Office)),
            (SUDAN, HEADQUARTERS, Some(Ground::Office)),
        ] {
            assert_eq!(of(seat, proposing, &[]), ground, "{seat} on {proposing}");
        }
    }

    #[test]
    fn whoever_wrote_a_proposal_does_not_judge_it() {
        assert_eq!(of(VIENNA, SUDAN, &[PersonId::from_u128(21), MEMBER]), Some(Ground::Author));
        assert_eq!(of(VIENNA, SUDAN, &[PersonId::from_u128(21)]), None);
    }

    #[test]
    fn a_tree_that_turns_in_a_circle_ends() {
        let tree = Tree::of([(SUDAN, Some(DARFUR)), (DARFUR, Some(SUDAN))]);
        assert!(!tree.is_above(VIENNA, SUDAN) && tree.is_above(DARFUR, SUDAN));
    }

    proptest! {
        #[test]
        fn who_is_above_whom_has_one_answer(parents in prop::collection::vec(0_usize..20, 1..20)) {
            let id = |number: usize| OfficeId::from_u128(number as u128 + 1);
            let parent = |(index, parent): (usize, &usize)| (id(index + 1), Some(id(parent % (index + 1))));
            let tree = Tree::of(parents.iter().enumerate().map(parent).chain([(id(0), None)]));
            for upper in 0..=parents.len() {
                for lower in 0..=parents.len() {
                    let both = tree.is_above(id(upper), id(lower)) && tree.is_above(id(lower), id(upper));
                    prop_assert!(!both);
                }
                prop_assert!(!tree.is_above(id(upper), id(upper)));
                prop_assert!(upper == 0 || tree.is_above(id(0), id(upper)));
            }
        }
    }
}
