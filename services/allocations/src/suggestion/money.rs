//! Earmarked money as the donors service counts it: what an allocation may be replaced by.

use super::Money;
use crate::known::contribution::Model as Fact;
use kernel::{ContributionStatus, ContributionType, DonorId, Earmarking, PlanId, text::split};
use std::collections::{BTreeMap, BTreeSet};

/// How a plan of FTS is written among the plans of a contribution.
pub(super) const FTS: &str = "fts:";

/// Whether a record may replace an allocation: new money of the organisation itself, committed or paid, that is earmarked.
fn is_earmarked(fact: &Fact) -> bool {
    let is_firm =
        matches!(fact.status.known(), Some(ContributionStatus::Commitment | ContributionStatus::Paid));
    let is_earmarked =
        matches!(fact.earmarking(), Some(Earmarking::Earmarked | Earmarking::TightlyEarmarked));
    let is_financial = fact.contribution_type.is(ContributionType::Financial);
    fact.counts && is_firm && is_financial && is_earmarked && fact.amount > 0
}

/// The numbers in FTS of the plans that records are for.
pub(crate) fn fts_plans(facts: &[Fact]) -> BTreeSet<String> {
    let plans = facts.iter().flat_map(|fact| split(&fact.plans));
    plans.filter_map(|plan| plan.strip_prefix(FTS).map(str::to_owned)).collect()
}

/// The donor of some records, the last that one of them names.
pub(crate) fn donor_of(facts: &[Fact]) -> Option<DonorId> {
    facts.iter().rev().find_map(|fact| fact.donor_id)
}

/// What the records of one first record come to as earmarked money. `known` are the plans of FTS that are known here, by
/// their numbers there.
pub(crate) fn money_of(facts: &[Fact], known: &BTreeMap<String, PlanId>) -> Money {
    let plan = |text: &String| match text.strip_prefix(FTS) {
        Some(reference) => known.get(reference).copied(),
        None => text.parse().ok(),
    };
    let (mut countries, mut plan_ids, mut cents) = (BTreeSet::new(), BTreeSet::new(), 0);
    for fact in facts.iter().filter(|fact| is_earmarked(fact)) {
        cents += fact.amount;
        countries.extend(split(&fact.countries));
        plan_ids.extend(split(&fact.plans).iter().filter_map(plan));
    }
    Money {
        cents,
        countries: countries.into_iter().collect(),
        plan_ids: plan_ids.into_iter().collect::<Vec<PlanId>>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::contribution::tests::fact;

    fn earmarked(cents: i64, countries: &str, plans: &str) -> Fact {
        Fact {
            earmarking: Some(Earmarking::Earmarked.as_str().to_owned()),
            countries: countries.to_owned(),
            plans: plans.to_owned(),
            ..fact(1, 1, cents)
        }
    }

    #[test]
    fn records_of_one_sum_of_money_are_added_up() {
        let plan = PlanId::from_u128(7);
        let known = BTreeMap::from([("1120".to_owned(), plan)]);
        let facts = [
            earmarked(100, ",SDN,", ",fts:1120,"),
            earmarked(50, ",SDN,UKR,", ",fts:999,"),
            Fact { counts: false, ..earmarked(1_000, ",TCD,", "") },
        ];
        let money = money_of(&facts, &known);
        assert_eq!((money.cents, money.countries), (150, vec!["SDN".to_owned(), "UKR".to_owned()]));
        assert_eq!(money.plan_ids, [plan]);
        assert_eq!(fts_plans(&facts).into_iter().collect::<Vec<_>>(), ["1120", "999"]);
    }

    #[test]
    fn money_that_is_not_earmarked_or_not_firm_replaces_nothing() {
        let none = |fact: Fact| money_of(&[fact], &BTreeMap::new()).cents;
        assert_eq!(none(fact(1, 1, 100)), 0, "unearmarked");
        let soft = Some(Earmarking::SoftlyEarmarked.as_str().to_owned());
        assert_eq!(none(Fact { earmarking: soft, ..earmarked(100, ",SDN,", "") }), 0);
        let pledge = ContributionStatus::Pledge;
        assert_eq!(none(Fact { status: pledge.into(), ..earmarked(100, ",SDN,", "") }), 0);
        let in_kind = ContributionType::InKind;
        assert_eq!(none(Fact { contribution_type: in_kind.into(), ..earmarked(100, ",SDN,", "") }), 0);
        assert_eq!(none(earmarked(100, ",SDN,", "")), 100);
    }
}
