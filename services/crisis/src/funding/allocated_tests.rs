use super::super::fact::{Amounts, counted, plan_of_scope};
use super::*;
use kernel::{DonorId, OrganisationId};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn member(key: &str) -> Member {
    Member { key: key.to_owned(), external_ref: key.to_owned(), name: key.to_owned() }
}

/// A public payment that is not earmarked.
fn gift(amount: i64) -> Fact {
    Fact {
        organisation_id: OrganisationId::from_u128(1),
        status: ContributionStatus::Paid.into(),
        amount,
        visibility: Visibility::Public.into(),
        country_year: None,
        plans: Vec::new(),
        plan: None,
        donor_id: Some(DonorId::from_u128(7)),
        donor: Some(member("7")),
        earmarking: Some(member("unearmarked")),
        recipient: Some(member("org:1")),
        is_ours: Some(true),
        counts_ours: Some(true),
        counts_reported: Some(true),
        root_id: Some(ContributionId::from_u128(1)),
        allocated: Vec::new(),
    }
}

fn allotment(number: u128, amount: i64, country: Option<&str>, plan: Option<&str>) -> Allotment {
    Allotment {
        allocation_id: ProposalId::from_u128(number),
        amount,
        visibility: Visibility::Public.into(),
        country_year: country.map(|country| (country.to_owned(), 2026)),
        plan: plan.map(member),
    }
}

/// Facts with what is allocated of them.
fn shared(facts: Vec<Fact>, allotments: &[Allotment]) -> Vec<Fact> {
    let records: Vec<(ContributionId, Fact)> = (1..).map(ContributionId::from_u128).zip(facts).collect();
    let parts = share(&records, allotments);
    records.into_iter().zip(parts).map(|((_, fact), allocated)| Fact { allocated, ..fact }).collect()
}

/// What the cells of a dimension count, by scope and member.
fn sums(facts: &[Fact], dimension: &str) -> BTreeMap<(String, String), Amounts> {
    let mut sums: BTreeMap<(String, String), Amounts> = BTreeMap::new();
    for (cell, amounts) in facts.iter().flat_map(counted) {
        if cell.dimension == dimension {
            let member = cell.member.map(|member| member.key).unwrap_or_default();
            sums.entry((cell.scope, member)).or_default().add(amounts, 1);
        }
    }
    sums
}

fn total(facts: &[Fact], scope: &str) -> i64 {
    sums(facts, "total").get(&(scope.to_owned(), String::new())).map_or(0, Amounts::funding)
}

#[test]
fn four_millions_of_thirty_count_for_the_plan_and_once_for_the_organisation() {
    let million = 100_000_000;
    let facts = |amount| shared(vec![gift(30 * million)], &[allotment(1, amount, None, Some("fts:1"))]);
    for amount in [4 * million, 25 * million / 10] {
        let facts = facts(amount);
        assert_eq!(total(&facts, "plan:fts:1"), amount);
        let allocated = sums(&facts, "allocated");
        assert_eq!(allocated[&("plan:fts:1".to_owned(), String::new())].funding(), amount);
        let donor = (format!("donor:{}", DonorId::from_u128(7)), String::new());
        let elsewhere = sums(&facts, "elsewhere")[&donor].funding();
        assert_eq!(elsewhere, 30 * million, "no country is named: it stays elsewhere, once");
        assert_eq!(sums(&facts, "elsewhere")[&donor].funding_flows, 1, "and is one flow there");
    }
}

#[test]
fn for_a_country_the_money_moves_there_in_every_total() {
    let facts = shared(vec![gift(1_000)], &[allotment(1, 400, Some("TCD"), Some("fts:1"))]);
    for scope in ["country:TCD:2026", "year:2026", "plan:fts:1"] {
        assert_eq!(total(&facts, scope), 400, "{scope}");
    }
    let donor = format!("donor:{}", DonorId::from_u128(7));
    assert_eq!(total(&facts, &donor), 400);
    assert_eq!(sums(&facts, "elsewhere")[&(donor, String::new())].funding(), 600);
    let ours = sums(&facts, "ours");
    assert_eq!(ours[&("country:TCD:2026".to_owned(), String::new())].funding(), 400);
}

#[test]
fn of_what_is_allocated_in_full_no_flow_of_nothing_is_left() {
    let facts = shared(vec![gift(1_000)], &[allotment(1, 1_000, Some("TCD"), None)]);
    let donor = format!("donor:{}", DonorId::from_u128(7));
    assert_eq!(total(&facts, &donor), 1_000);
    assert!(!sums(&facts, "elsewhere").contains_key(&(donor, String::new())));
}

#[test]
fn where_the_contribution_counts_itself_the_allocation_does_not() {
    let for_plan = Fact { plans: vec![member("fts:1")], plan: Some(member("fts:1")), ..gift(1_000) };
    let facts = shared(vec![for_plan], &[allotment(1, 400, Some("TCD"), Some("fts:2"))]);
    assert_eq!((total(&facts, "plan:fts:1"), total(&facts, "plan:fts:2")), (1_000, 0));
    // For a country it says nothing: there the allocation does.
    assert_eq!(total(&facts, "country:TCD:2026"), 400);
    let for_country = Fact { country_year: Some(("SDN".to_owned(), 2025)), ..gift(1_000) };
    let facts = shared(vec![for_country], &[allotment(1, 400, Some("TCD"), Some("fts:2"))]);
    assert_eq!((total(&facts, "country:SDN:2025"), total(&facts, "country:TCD:2026")), (1_000, 0));
    assert_eq!(total(&facts, "plan:fts:2"), 400);
}

#[test]
fn what_is_earmarked_promised_or_another_organisations_is_not_shared_out() {
    let earmarked = Fact { earmarking: Some(member("earmarked")), ..gift(1_000) };
    let not_stated = Fact { earmarking: None, ..gift(1_000) };
    let pledged = Fact { status: ContributionStatus::Pledge.into(), ..gift(1_000) };
    let others = Fact { is_ours: Some(false), ..gift(1_000) };
    let internal = Fact { visibility: Visibility::Internal.into(), ..gift(1_000) };
    for fact in [earmarked, not_stated, pledged, others, internal] {
        let facts = shared(vec![fact], &[allotment(1, 400, Some("TCD"), Some("fts:1"))]);
        assert!(facts[0].allocated.is_empty(), "{facts:?}");
    }
}

#[test]
fn an_allocation_that_the_public_is_not_told_of_changes_no_public_figure() {
    let hidden = Allotment { visibility: Visibility::Donor.into(), ..allotment(1, 400, Some("TCD"), None) };
    let facts = shared(vec![gift(1_000)], std::slice::from_ref(&hidden));
    assert_eq!(total(&facts, "country:TCD:2026"), 0);
    let shown_to_donor = Fact { visibility: Visibility::Donor.into(), ..gift(1_000) };
    let facts = shared(vec![shown_to_donor], &[hidden]);
    assert_eq!(total(&facts, &format!("donor:{}", DonorId::from_u128(7))), 400);
    assert_eq!(total(&facts, "country:TCD:2026"), 0);
}

fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let places = prop_oneof![Just(None), Just(Some("TCD")), Just(Some("SDN"))];
    let plans = prop_oneof![Just(None), Just(Some("fts:1")), Just(Some("fts:2"))];
    let fact = (0..1_000_i64, places, plans, any::<bool>(), any::<bool>(), 0..3_usize).prop_map(
        |(amount, country, plan, is_ours, counts, status)| Fact {
            status: ContributionStatus::ALL[status].into(),
            country_year: country.map(|country| (country.to_owned(), 2026)),
            plans: plan.map(member).into_iter().collect(),
            plan: plan.map(member),
            is_ours: Some(is_ours),
            counts_reported: Some(counts),
            ..gift(amount)
        },
    );
    prop::collection::vec(fact, 0..6)
}

fn allotments() -> impl Strategy<Value = Vec<Allotment>> {
    let places = prop_oneof![Just(None), Just(Some("TCD")), Just(Some("UKR"))];
    let plans = prop_oneof![Just(None), Just(Some("fts:1")), Just(Some("fts:3"))];
    let visible = prop_oneof![Just(Visibility::Public), Just(Visibility::Donor)];
    let allotment = (0..2_000_i64, places, plans, visible).prop_map(|(amount, country, plan, visibility)| {
        Allotment { visibility: visibility.into(), ..allotment(0, amount, country, plan) }
    });
    prop::collection::vec(allotment, 0..5).prop_map(|allotments| {
        let numbered = (1..).map(ProposalId::from_u128).zip(allotments);
        numbered.map(|(allocation_id, allotment)| Allotment { allocation_id, ..allotment }).collect()
    })
}

proptest! {
    #[test]
    fn no_dollar_counts_twice(facts in facts(), allotments in allotments()) {
        let given: i64 = facts.iter().map(|fact| fact.amount).sum();
        let before = facts.clone();
        let after = shared(facts, &allotments);
        for (before, after) in before.iter().zip(&after) {
            let allocated: i64 = after.allocated.iter().map(|part| part.amount).sum();
            prop_assert!((0..=before.amount).contains(&allocated));
            // The pieces are together what was given.
            let pieces: i64 = pieces(after).iter().map(|(piece, _)| piece.amount).sum();
            prop_assert_eq!(pieces, before.amount);
        }
        for allotment in &allotments {
            let parts = after.iter().flat_map(|fact| &fact.allocated);
            let of_it = parts.filter(|part| part.allocation_id == allotment.allocation_id);
            prop_assert!(of_it.map(|part| part.amount).sum::<i64>() <= allotment.amount);
        }
        // Over the cells of a kind, never more than was given; over a donor's, exactly what it was without allocations.
        let over = |facts: &[Fact], fits: fn(&str) -> bool| -> i64 {
            let totals = sums(facts, "total");
            let fitting = totals.iter().filter(|((scope, _), _)| fits(scope));
            fitting.map(|(_, sums)| sums.funding() + sums.pledge).sum()
        };
        let is_plan: fn(&str) -> bool = |scope| plan_of_scope(scope).is_some();
        let is_country: fn(&str) -> bool = |scope| scope.starts_with("country:");
        let is_year: fn(&str) -> bool = |scope| scope.starts_with("year:");
        prop_assert!(over(&after, is_plan) <= given);
        prop_assert!(over(&after, is_country) <= given);
        prop_assert_eq!(over(&after, is_country), over(&after, is_year));
        prop_assert!(over(&after, is_plan) >= over(&before, is_plan));
        prop_assert!(over(&after, is_country) >= over(&before, is_country));
        let of_donor = |facts: &[Fact]| -> i64 {
            let is_own = |scope: &String| scope.starts_with("donor:");
            let parts = [sums(facts, "total"), sums(facts, "elsewhere")];
            parts.iter().flatten().filter(|((scope, _), _)| is_own(scope))
                .map(|(_, sums)| sums.funding() + sums.pledge).sum()
        };
        prop_assert_eq!(of_donor(&after), of_donor(&before));
        // What is counted as allocated is a part of what is counted as ours, and that of the total.
        for (place, allocated) in sums(&after, "allocated") {
            let ours = sums(&after, "ours").get(&place).map_or(0, Amounts::funding);
            prop_assert!(allocated.funding() <= ours);
            prop_assert!(ours <= total(&after, &place.0));
        }
        // The parts of a plan are together its funding.
        for ((scope, _), sums_of_plan) in sums(&after, "total") {
            if is_plan(&scope) {
                let parts = sums(&after, "counted");
                let parts = parts.iter().filter(|((of, _), _)| *of == scope);
                prop_assert_eq!(parts.map(|(_, sums)| sums.funding()).sum::<i64>(), sums_of_plan.funding());
            }
        }
    }
}
