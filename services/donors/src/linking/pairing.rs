//! Who is whose partner: each record has one at most, and the best pairs come first, whatever the order in which records
//! arrived.

use super::{
    group::Group,
    score::{PROPOSED_FROM, Points, WEAK_FROM, score},
};
use chrono::NaiveDate;
use kernel::ContributionId;
use std::{cmp::Reverse, collections::BTreeSet};

/// A record of ours, and a flow that FTS reports.
pub(super) type Pair = (ContributionId, ContributionId);

/// Two records that may be the same money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) pair: Pair,
    pub(super) points: Points,
    order: Order,
}

/// The order of candidates: those that share a reference, then by points; of equal ones those whose dates are closest,
/// then by their references, dates and ids, so that no two are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Order {
    shares_reference: Reverse<bool>,
    points: Reverse<i32>,
    days_apart: u64,
    references: (Option<String>, Option<String>),
    dates: (Option<NaiveDate>, Option<NaiveDate>),
    pair: Pair,
}

impl Candidate {
    /// The two as candidates; none when they are not compared, or too little speaks for it.
    pub(super) fn of(own: &Group, reported: &Group) -> Option<Self> {
        let can_be = own.is_eligible() && reported.is_eligible();
        let points = can_be.then(|| points_of(own, reported))??;
        let is_kept = points.total() >= WEAK_FROM || points.links_by_itself();
        is_kept.then(|| Self::with(own, reported, points))
    }

    /// Whether the two, as a pair, count once: they are linked by a shared reference, or proposed.
    pub(super) fn counts(&self) -> bool {
        self.points.links_by_itself() || self.points.total() >= PROPOSED_FROM
    }

    fn with(own: &Group, reported: &Group, points: Points) -> Self {
        let pair = (own.root, reported.root);
        let reference = |group: &Group| group.first().and_then(|row| row.external_ref.clone());
        let date = |group: &Group| group.known.dates.first().copied();
        let order = Order {
            shares_reference: Reverse(points.links_by_itself()),
            points: Reverse(points.total()),
            days_apart: own.known.days_apart(&reported.known).unwrap_or(u64::MAX),
            references: (reference(own), reference(reported)),
            dates: (date(own), date(reported)),
            pair,
        };
        Self { pair, points, order }
    }
}

/// What speaks for two records; none when they are not compared.
fn points_of(own: &Group, reported: &Group) -> Option<Points> {
    own.known.is_comparable(&reported.known).then(|| score(&own.known, &reported.known))
}

/// The pairs that candidates make: the best first, none of a record that is `taken` or has a better partner, and none of two
/// that are said to be `separate`.
pub(super) fn pair_off(
    mut candidates: Vec<Candidate>,
    mut taken: BTreeSet<ContributionId>,
    separate: &BTreeSet<Pair>,
) -> Vec<Candidate> {
    candidates.sort_by(|one, other| one.order.cmp(&other.order));
    candidates.retain(|candidate| {
        let (own, reported) = candidate.pair;
        let is_free = !taken.contains(&own) && !taken.contains(&reported);
        let is_pair = is_free && !separate.contains(&candidate.pair);
        if is_pair {
            taken.extend([own, reported]);
        }
        is_pair
    });
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linking::score::{LinkPoints, LinkReason};
    use proptest::prelude::*;

    fn id(number: u128) -> ContributionId {
        ContributionId::from_u128(number)
    }

    /// Record `own` and flow `reported` with so many points; days apart; whether they share a reference.
    fn candidate(own: u128, reported: u128, points: i32, days_apart: u64, shares: bool) -> Candidate {
        let pair = (id(own), id(reported));
        let reason = if shares { LinkReason::SharedReference } else { LinkReason::SameDonor };
        let points = Points { reasons: vec![LinkPoints { reason, points }] };
        let order = Order {
            shares_reference: Reverse(points.links_by_itself()),
            points: Reverse(points.total()),
            days_apart,
            references: (None, Some(reported.to_string())),
            dates: (None, None),
            pair,
        };
        Candidate { pair, points, order }
    }

    fn pairs(candidates: Vec<Candidate>) -> Vec<(u128, u128)> {
        let none = BTreeSet::new();
        let found = pair_off(candidates, BTreeSet::new(), &none);
        found.iter().map(|one| (one.pair.0.as_u128(), one.pair.1.as_u128())).collect()
    }

    #[test]
    fn the_best_pairs_come_first_and_each_record_has_one_partner() {
        let all = vec![
            candidate(1, 11, 7, 0, false),
            candidate(1, 12, 9, 5, false),
            candidate(2, 12, 8, 0, false),
            candidate(2, 11, 5, 0, false),
        ];
        assert_eq!(pairs(all), [(1, 12), (2, 11)]);
        // Of equal points the closest dates, then the reference.
        assert_eq!(pairs(vec![candidate(1, 11, 7, 9, false), candidate(1, 12, 7, 3, false)]), [(1, 12)]);
        assert_eq!(pairs(vec![candidate(1, 12, 7, 3, false), candidate(1, 11, 7, 3, false)]), [(1, 11)]);
        // A shared reference is surer than any points.
        assert_eq!(pairs(vec![candidate(1, 11, 11, 0, false), candidate(1, 12, 6, 90, true)]), [(1, 12)]);
    }

    #[test]
    fn who_is_taken_or_said_to_be_another_has_no_such_partner() {
        let all = || {
            vec![candidate(1, 11, 9, 0, false), candidate(1, 12, 8, 0, false), candidate(2, 11, 7, 0, false)]
        };
        let separate = BTreeSet::from([(id(1), id(11))]);
        let found = pair_off(all(), BTreeSet::new(), &separate);
        assert_eq!(found.iter().map(|one| one.pair).collect::<Vec<_>>(), [(id(1), id(12)), (id(2), id(11))]);
        let found = pair_off(all(), BTreeSet::from([id(1)]), &BTreeSet::new());
        assert_eq!(found.iter().map(|one| one.pair).collect::<Vec<_>>(), [(id(2), id(11))]);
    }

    proptest! {
        #[test]
        fn pairs_are_the_same_in_whatever_order_candidates_come(
            edges in prop::collection::btree_map((1u128..6, 11u128..16), (5i32..12, 0u64..4, any::<bool>()), 0..20),
            seed in any::<u64>(),
        ) {
            let all: Vec<Candidate> = edges
                .iter()
                .map(|((own, reported), (points, days, shares))| candidate(*own, *reported, *points, *days, *shares))
                .collect();
            let mut shuffled = all.clone();
            let mut state = seed;
            for place in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let other = usize::try_from(state >> 33).unwrap_or(0) % (place + 1);
                shuffled.swap(place, other);
            }
            let found = pairs(all);
            prop_assert_eq!(&found, &pairs(shuffled));
            let own: BTreeSet<u128> = found.iter().map(|pair| pair.0).collect();
            let reported: BTreeSet<u128> = found.iter().map(|pair| pair.1).collect();
            prop_assert!(own.len() == found.len() && reported.len() == found.len());
        }
    }
}
