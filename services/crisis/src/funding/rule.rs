//! How OCHA's FTS counts, as pure functions.
//!
//! The boundary belongs to the question (a country and a usage year), not to the flow. Source inside = the source
//! names the country and the year; destination inside likewise. Destination inside and (source outside or new money)
//! is incoming; both inside and not new money is internal; only the source inside is outgoing. An incoming flow is
//! *single* when its destination names one location and one usage year, otherwise *shared*: it is counted in no
//! country's total.

use events::FlowObject;
use std::collections::BTreeSet;

/// The relation of a flow to a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Boundary {
    /// Money that comes in, for this country and year alone.
    IncomingSingle,
    /// Money that comes in, for others too.
    IncomingShared,
    /// Money counted before that moves inside.
    Internal,
    /// Money that leaves.
    Outgoing,
    /// Has nothing to do with the question.
    Outside,
}

fn names_country(objects: &[FlowObject], country: &str) -> bool {
    objects.iter().any(|object| object.country.as_deref() == Some(country))
}

fn names_year(objects: &[FlowObject], year: i32) -> bool {
    years(objects).contains(&year)
}

fn years(objects: &[FlowObject]) -> BTreeSet<i32> {
    objects
        .iter()
        .filter(|object| object.kind == FlowObject::USAGE_YEAR)
        .filter_map(|object| object.name.parse().ok())
        .collect()
}

/// Places by id: one that the platform does not know is a place all the same.
fn locations(objects: &[FlowObject]) -> BTreeSet<&str> {
    objects
        .iter()
        .filter(|object| object.kind == FlowObject::LOCATION)
        .map(|object| object.id.as_str())
        .collect()
}

/// The relation of a flow to "what did `country` receive for `year`?".
pub(crate) fn boundary(
    source: &[FlowObject],
    destination: &[FlowObject],
    new_money: bool,
    country: &str,
    year: i32,
) -> Boundary {
    let inside = |objects: &[FlowObject]| names_country(objects, country) && names_year(objects, year);
    match (inside(source), inside(destination)) {
        (false, true) => incoming(destination),
        (true, true) if new_money => incoming(destination),
        (true, true) => Boundary::Internal,
        (true, false) => Boundary::Outgoing,
        (false, false) => Boundary::Outside,
    }
}

fn incoming(destination: &[FlowObject]) -> Boundary {
    if locations(destination).len() == 1 && years(destination).len() == 1 {
        Boundary::IncomingSingle
    } else {
        Boundary::IncomingShared
    }
}

/// The one country × year that counts a flow, if any. There is at most one, because "single" names one of each.
pub(crate) fn counted_in(
    source: &[FlowObject],
    destination: &[FlowObject],
    new_money: bool,
) -> Option<(String, i32)> {
    let country = destination.iter().find_map(|object| object.country.as_deref())?;
    let year = years(destination).first().copied()?;
    let counted = boundary(source, destination, new_money, country, year) == Boundary::IncomingSingle;
    counted.then(|| (country.to_owned(), year))
}

/// The plans whose own page counts a flow: those its destination names, unless its source does too and the money is not
/// new.
pub(crate) fn plans_counting<'a>(
    source: &[FlowObject],
    destination: &'a [FlowObject],
    new_money: bool,
) -> Vec<&'a FlowObject> {
    let named_by_source =
        |id: &str| source.iter().any(|object| object.kind == FlowObject::PLAN && object.id == id);
    let mut counting: Vec<&FlowObject> = Vec::new();
    for plan in destination.iter().filter(|object| object.kind == FlowObject::PLAN) {
        let known = counting.iter().any(|other| other.id == plan.id);
        if !known && (new_money || !named_by_source(&plan.id)) {
            counting.push(plan);
        }
    }
    counting
}

/// The only object of a kind; none if there are none or several.
pub(crate) fn the_one<'a>(objects: &'a [FlowObject], kind: &str) -> Option<&'a FlowObject> {
    let mut of_kind = objects.iter().filter(|object| object.kind == kind);
    of_kind.next().filter(|first| of_kind.all(|other| other.id == first.id))
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
