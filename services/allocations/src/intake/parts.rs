//! The parts of a contribution that are counted apart, since they may be used for different things: what is
//! unearmarked, and what is softly earmarked, by its countries and plans. Each is a lot.

use crate::known::contribution::{Model as Fact, first_with};
use kernel::{AgreementId, ContributionId};
use std::collections::{BTreeMap, BTreeSet};

/// What counts of the records of a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    /// Cents.
    pub(super) amount: i64,
    /// The record that says what the money is for: the largest that counts.
    pub(super) lead: Option<Fact>,
    /// The day on which the first of them was received.
    pub(super) first: Option<chrono::NaiveDate>,
    pub(super) several_donors: bool,
}

impl Counted {
    pub(super) fn agreement_id(&self) -> Option<AgreementId> {
        self.lead.as_ref().and_then(|lead| lead.agreement_id)
    }
}

/// What counts of a root, by the record that its lot is known by.
pub(super) type Parts = BTreeMap<ContributionId, Counted>;

/// What the parts come to, in cents.
pub(super) fn total(parts: &Parts) -> i64 {
    parts.values().map(|counted| counted.amount).sum()
}

fn sum(members: &[&Fact]) -> Counted {
    // The largest; of equal ones the first.
    let lead = members.iter().rev().max_by_key(|fact| fact.amount);
    let donors: BTreeSet<_> = members.iter().map(|fact| fact.donor_id).collect();
    Counted {
        amount: members.iter().map(|fact| fact.amount.max(0)).sum(),
        lead: lead.map(|fact| (*fact).clone()),
        first: members.iter().map(|fact| fact.received_on).min(),
        several_donors: donors.len() > 1,
    }
}

/// What counts of a root whose records are `own`, of which a pool takes in `taken`. The root's own lot goes on with the
/// terms of its first record, or, where nothing was counted apart so far, with those of whatever counts now (a
/// correction). Every other part is known by the first record with its terms, whether that counts or not, so that a
/// promise and its payments are one lot. Lots that there are, and of which nothing counts any more, count nothing.
pub(super) fn parts(
    root_id: ContributionId,
    own: &[Fact],
    taken: &[&Fact],
    is_held: impl Fn(ContributionId) -> bool,
) -> Parts {
    let mut groups: BTreeMap<Option<(&str, &str)>, Vec<&Fact>> = BTreeMap::new();
    for fact in taken {
        groups.entry(fact.terms()).or_default().push(fact);
    }
    let of_root = own.iter().find(|fact| fact.id == root_id).map(Fact::terms);
    let has_parts = own.iter().any(|fact| fact.id != root_id && is_held(fact.id));
    let leading = of_root.filter(|terms| groups.contains_key(terms)).or_else(|| {
        let is_one = groups.len() == 1 && !has_parts;
        if is_one { groups.keys().next().copied() } else { groups.contains_key(&None).then_some(None) }
    });
    let mut parts = Parts::new();
    for (terms, members) in &groups {
        let is_leading = leading == Some(*terms);
        let first = first_with(own, *terms).filter(|_| !is_leading);
        parts.insert(first.unwrap_or(root_id), sum(members));
    }
    for id in own.iter().map(|fact| fact.id).chain([root_id]).filter(|id| is_held(*id)) {
        parts.entry(id).or_insert_with(|| sum(&[]));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::contribution::tests::fact;
    use kernel::{DonorId, Earmarking};

    fn soft(id: u128, cents: i64, countries: &str) -> Fact {
        Fact {
            earmarking: Some(Earmarking::SoftlyEarmarked.as_str().to_owned()),
            countries: countries.to_owned(),
            ..fact(id, 1, cents)
        }
    }

    /// The amounts by the numbers of their lots, of records of which those with an amount count.
    fn amounts(own: &[Fact], held: &[u128]) -> Vec<(u128, i64)> {
        let taken: Vec<&Fact> = own.iter().filter(|fact| fact.amount > 0).collect();
        let is_held = |id: ContributionId| held.contains(&id.as_u128());
        let parts = parts(ContributionId::from_u128(1), own, &taken, is_held);
        parts.into_iter().map(|(id, counted)| (id.as_u128(), counted.amount)).collect()
    }

    #[test]
    fn a_lot_is_what_counts_of_its_records_and_follows_the_largest() {
        let (promise, payment) = (fact(1, 1, 40_000), fact(2, 1, 60_000));
        let other = Fact { donor_id: Some(DonorId::from_u128(9)), ..payment.clone() };
        let counted = sum(&[&promise, &payment]);
        assert_eq!((counted.amount, counted.several_donors), (100_000, false));
        assert_eq!(counted.lead.as_ref().map(|lead| lead.id), Some(payment.id));
        assert!(sum(&[&promise, &other]).several_donors);
        let none = sum(&[]);
        assert_eq!((none.amount, none.lead, none.first), (0, None, None));
    }

    #[test]
    fn a_softly_earmarked_part_of_an_unearmarked_contribution_is_a_lot_of_its_own() {
        assert_eq!(amounts(&[fact(1, 1, 100)], &[]), [(1, 100)]);
        let whole = [fact(1, 1, 80), soft(2, 15, ",SDN,"), soft(3, 5, ",TCD,")];
        assert_eq!(amounts(&whole, &[1]), [(1, 80), (2, 15), (3, 5)]);
        // The payment of a part is the part's, whatever became of its promise.
        let paid = [fact(1, 1, 80), soft(2, 0, ",SDN,"), soft(4, 15, ",SDN,")];
        assert_eq!(amounts(&paid, &[1, 2]), [(1, 80), (2, 15)]);
        // All of it was allotted: the parts stay what they are.
        let allotted = [fact(1, 1, 0), soft(2, 100, ",SDN,")];
        assert_eq!(amounts(&allotted, &[1, 2]), [(1, 0), (2, 100)]);
    }

    #[test]
    fn a_correction_of_what_money_is_for_stays_in_its_lot() {
        assert_eq!(amounts(&[soft(1, 100, ",SDN,")], &[1]), [(1, 100)]);
        let corrected = [fact(1, 1, 0), soft(2, 100, ",SDN,")];
        assert_eq!(amounts(&corrected, &[1]), [(1, 100)]);
        assert_eq!(amounts(&[fact(1, 1, 0)], &[1]), [(1, 0)]);
        assert!(amounts(&[fact(1, 1, 0)], &[]).is_empty());
    }
}
