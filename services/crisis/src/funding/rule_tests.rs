use super::*;
use proptest::prelude::*;

fn place(iso3: &str) -> FlowObject {
    object("Location", iso3, iso3, Some(iso3))
}

fn year(year: i32) -> FlowObject {
    FlowObject::usage_year(year)
}

fn object(kind: &str, id: &str, name: &str, country: Option<&str>) -> FlowObject {
    FlowObject { country: country.map(str::to_owned), ..FlowObject::new(kind, id, name) }
}

fn to_afghanistan(source: &[FlowObject], destination: &[FlowObject], new_money: bool) -> Boundary {
    boundary(source, destination, new_money, "AFG", 2020)
}

#[test]
fn the_table_of_the_rule() {
    let inside = [place("AFG"), year(2020)];
    let outside = [place("DEU"), year(2019)];
    assert_eq!(to_afghanistan(&outside, &inside, true), Boundary::IncomingSingle);
    assert_eq!(to_afghanistan(&outside, &inside, false), Boundary::IncomingSingle);
    assert_eq!(to_afghanistan(&inside, &inside, true), Boundary::IncomingSingle);
    assert_eq!(to_afghanistan(&inside, &inside, false), Boundary::Internal);
    assert_eq!(to_afghanistan(&inside, &outside, true), Boundary::Outgoing);
    assert_eq!(to_afghanistan(&outside, &outside, true), Boundary::Outside);
    assert_eq!(to_afghanistan(&[], &inside, false), Boundary::IncomingSingle);
    let two_places = [place("AFG"), place("PAK"), year(2020)];
    let two_years = [place("AFG"), year(2020), year(2021)];
    assert_eq!(to_afghanistan(&outside, &two_places, true), Boundary::IncomingShared);
    assert_eq!(to_afghanistan(&outside, &two_years, true), Boundary::IncomingShared);
    // Country and year must both be named: last year's money for the same country comes from outside.
    assert_eq!(to_afghanistan(&[place("AFG"), year(2019)], &inside, false), Boundary::IncomingSingle);
}

#[test]
fn an_unknown_place_is_a_place() {
    let with_unknown = [place("AFG"), object("Location", "999999", "Atlantis", None), year(2020)];
    assert_eq!(to_afghanistan(&[], &with_unknown, true), Boundary::IncomingShared);
    assert_eq!(counted_in(&[], &[object("Location", "999999", "Atlantis", None), year(2020)], true), None);
}

#[test]
fn a_plan_page_leaves_out_money_that_moves_inside_the_plan() {
    let plan = object("Plan", "929", "Afghanistan 2020", None);
    let other = object("Plan", "930", "Other", None);
    let ids = |source: &[FlowObject], new_money| {
        let destination = [plan.clone(), plan.clone(), other.clone()];
        plans_counting(source, &destination, new_money).iter().map(|plan| plan.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&[], false), ["929", "930"]);
    assert_eq!(ids(std::slice::from_ref(&plan), false), ["930"]);
    assert_eq!(ids(std::slice::from_ref(&plan), true), ["929", "930"]);
}

#[test]
fn the_rule_gives_the_boundary_of_every_flow_of_the_real_data() {
    let Some(data) = testkit::shared_data("the boundary of every real flow") else { return };
    let pages = (1..=3).map(|page| data.join(format!("fts-afg-2020/flows-{page}.json")));
    assert_eq!(boundaries_as_stated(pages).len(), 484);
}

#[test]
fn the_rule_gives_the_boundary_of_every_flow_of_the_sample_which_has_each_kind() {
    let pages = (1..=2).map(|page| testkit::sample_data().join(format!("fts/flows-{page}.json")));
    let stated = boundaries_as_stated(pages);
    let count = |kind: Boundary| stated.iter().filter(|stated| **stated == kind).count();
    use Boundary::{IncomingShared, IncomingSingle, Internal, Outgoing};
    assert_eq!([IncomingSingle, IncomingShared, Internal, Outgoing].map(count), [5, 3, 1, 1]);
}

/// FTS says of every flow of a file where it stands to the file's question; the rule computes the same.
fn boundaries_as_stated(pages: impl Iterator<Item = std::path::PathBuf>) -> Vec<Boundary> {
    let mut found = Vec::new();
    for file in pages {
        let page: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for flow in page["data"]["flows"].as_array().unwrap() {
            let (source, destination) = (of_fts(&flow["sourceObjects"]), of_fts(&flow["destinationObjects"]));
            let computed = to_afghanistan(&source, &destination, flow["newMoney"].as_bool().unwrap());
            let stated = match (flow["boundary"].as_str().unwrap(), flow["onBoundary"].as_str().unwrap()) {
                ("incoming", "single") => Boundary::IncomingSingle,
                ("incoming", _) => Boundary::IncomingShared,
                ("internal", _) => Boundary::Internal,
                _ => Boundary::Outgoing,
            };
            assert_eq!(computed, stated, "flow {}", flow["id"]);
            found.push(stated);
        }
    }
    found
}

fn of_fts(list: &serde_json::Value) -> Vec<FlowObject> {
    let read = |value: &serde_json::Value| {
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        let country = kernel::country::by_fts_id(&text("id")).filter(|_| value["type"] == "Location");
        object(&text("type"), &text("id"), &text("name"), country.map(|country| country.iso3.as_str()))
    };
    list.as_array().unwrap().iter().map(read).collect()
}

fn objects() -> impl Strategy<Value = Vec<FlowObject>> {
    let one = prop_oneof![
        prop::sample::select(vec!["AFG", "PAK", "DEU"]).prop_map(place),
        (2019..2022i32).prop_map(year),
        Just(object("Location", "999", "Atlantis", None)),
        Just(object("Plan", "929", "Plan", None)),
    ];
    prop::collection::vec(one, 0..6)
}

proptest! {
    #[test]
    fn a_flow_counts_in_one_country_and_year_at_most(source in objects(), destination in objects(), new in any::<bool>()) {
        let mut counting = Vec::new();
        for country in ["AFG", "PAK", "DEU"] {
            for year in 2019..2022 {
                if boundary(&source, &destination, new, country, year) == Boundary::IncomingSingle {
                    counting.push((country.to_owned(), year));
                }
            }
        }
        prop_assert!(counting.len() <= 1);
        prop_assert_eq!(counting.pop(), counted_in(&source, &destination, new));
    }

    #[test]
    fn the_order_of_objects_does_not_matter(source in objects(), destination in objects(), new in any::<bool>()) {
        let turned: Vec<FlowObject> = destination.iter().rev().cloned().collect();
        prop_assert_eq!(counted_in(&source, &destination, new), counted_in(&source, &turned, new));
    }
}
