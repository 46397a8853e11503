use super::*;
use std::collections::BTreeSet;

const DONOR: DonorId = DonorId::from_u128(7);

fn organisation_named(id: &str) -> Member {
    organisation(&FlowObject::new(FlowObject::ORGANISATION, id, "Example"))
}

/// A public commitment to one plan in one country and year.
fn fact() -> Fact {
    Fact {
        organisation_id: OrganisationId::from_u128(1),
        status: ContributionStatus::Commitment.into(),
        amount: 100,
        visibility: Visibility::Public.into(),
        country_year: Some(("AFG".to_owned(), 2020)),
        plans: vec![plan_member(&FlowObject::new(FlowObject::PLAN, "929", "Afghanistan 2020"))],
        plan: Some(plan_member(&FlowObject::new(FlowObject::PLAN, "929", "Afghanistan 2020"))),
        donor_id: Some(DONOR),
        donor: None,
        earmarking: None,
        recipient: Some(organisation_named("2986")),
        is_ours: Some(true),
        counts_ours: Some(true),
        counts_reported: Some(true),
        root_id: None,
        allocated: Vec::new(),
    }
}

/// The scopes whose total counts a fact.
fn totals(fact: &Fact) -> BTreeSet<String> {
    let cells = cells(fact).into_iter().filter(|cell| cell.dimension == "total");
    cells.map(|cell| cell.scope).collect()
}

/// The scopes that say a fact is ours.
fn ours(fact: &Fact) -> BTreeSet<String> {
    cells(fact).into_iter().filter(|cell| cell.dimension == OURS).map(|cell| cell.scope).collect()
}

fn of_donor(scope: MoneyScope) -> [String; 2] {
    [donor_scope(DONOR, scope), public_donor_scope(DONOR, scope)]
}

fn set<const N: usize>(scopes: [&str; N]) -> BTreeSet<String> {
    scopes.map(str::to_owned).into()
}

#[test]
fn a_flow_to_the_organisation_counts_everywhere_and_says_whose_it_is() {
    let places = set(["country:AFG:2020", "year:2020", "plan:fts:929"]);
    let of_donors = BTreeSet::from_iter(MoneyScope::ALL.iter().flat_map(|scope| of_donor(*scope)));
    assert_eq!(totals(&fact()), places.union(&of_donors).cloned().collect());
    assert_eq!(ours(&fact()), places);
}

#[test]
fn money_given_to_the_organisation_has_one_recipient_whoever_reports_it() {
    let own = OrganisationId::from_u128(1);
    let received = |id: &str, is_ours| {
        let destination = [FlowObject::new(FlowObject::ORGANISATION, id, "Example")];
        recipient(&destination, own, is_ours).unwrap().key
    };
    assert_eq!(received("2986", Some(true)), own_key(own));
    assert_eq!(received(&own.to_string(), Some(true)), own_key(own));
    assert_eq!(received("2915", Some(false)), "org:2915");
    assert_eq!(received("2986", None), "org:2986", "nobody has said whose it is yet");
}

#[test]
fn a_flow_to_somebody_else_counts_in_the_reported_totals_only() {
    let other = Fact { is_ours: Some(false), counts_ours: Some(false), ..fact() };
    let everybody = BTreeSet::from(of_donor(MoneyScope::All));
    let places = set(["country:AFG:2020", "year:2020", "plan:fts:929"]);
    assert_eq!(totals(&other), places.union(&everybody).cloned().collect());
    assert!(ours(&other).is_empty());
}

#[test]
fn one_side_of_a_pair_counts_in_the_reported_totals_and_the_other_in_ours() {
    let reported = Fact { counts_ours: Some(false), ..fact() };
    let recorded = Fact { counts_reported: Some(false), ..fact() };
    for own in of_donor(MoneyScope::Ours) {
        assert!(!totals(&reported).contains(&own) && totals(&recorded).contains(&own), "{own}");
    }
    for all in of_donor(MoneyScope::All) {
        assert!(totals(&reported).contains(&all) && !totals(&recorded).contains(&all), "{all}");
    }
    // What of a plan's total went to the organisation is part of that total.
    assert!(ours(&reported).contains("plan:fts:929") && ours(&recorded).is_empty());
    assert!(!totals(&recorded).contains("plan:fts:929"));
}

#[test]
fn an_event_from_before_the_setting_is_ours_when_it_names_the_organisation_itself() {
    let before = Fact { is_ours: None, counts_ours: None, counts_reported: None, ..fact() };
    assert!(!before.is_ours() && !before.counts(MoneyScope::Ours) && before.counts(MoneyScope::All));
    let own = organisation_named(&OrganisationId::from_u128(1).to_string());
    let recorded = Fact { recipient: Some(own), ..before.clone() };
    assert!(recorded.is_ours() && recorded.counts(MoneyScope::Ours) && recorded.counts(MoneyScope::All));
    let unknown = Fact { recipient: None, ..before.clone() };
    assert!(!unknown.is_ours());
    // What was kept of it before reads the same.
    let kept = serde_json::to_value(&before).unwrap();
    assert!(kept.get("is_ours").is_none());
    assert_eq!(serde_json::from_value::<Fact>(kept).unwrap(), before);
}

#[test]
fn what_the_public_may_not_see_adds_to_no_public_total() {
    let shown = Fact { visibility: Visibility::Donor.into(), ..fact() };
    let expected = MoneyScope::ALL.iter().map(|scope| donor_scope(DONOR, *scope));
    assert_eq!(totals(&shown), expected.collect());
    assert!(ours(&shown).is_empty());
    assert!(totals(&Fact { visibility: Visibility::Internal.into(), ..fact() }).is_empty());
}
