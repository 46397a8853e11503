//! The objectives of a response plan: what it sets out to do, for whom, at what cost.

use kernel::{Currency, Fault, FieldCode, Money, closed_set};
use serde::{Deserialize, Serialize};
use service::Checks;
use utoipa::ToSchema;

closed_set! {
    /// One of the organisation's three objectives (saving lives and protecting people on the move, solutions to
    /// displacement, regular pathways for migration), or another one.
    pub(crate) enum ObjectiveKind {
        SavingLives = "saving_lives",
        Solutions = "solutions",
        RegularPathways = "regular_pathways",
        Other = "other",
    }
}

closed_set! {
    /// A group of people.
    pub(crate) enum PeopleGroup {
        InternallyDisplaced = "internally_displaced",
        Returnees = "returnees",
        InternationalMigrants = "international_migrants",
        Refugees = "refugees",
        LocalPopulation = "local_population",
    }
}

/// An objective of a response plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Objective {
    pub(crate) kind: ObjectiveKind,
    /// The activity.
    #[schema(example = "Shelter, water and health for people who arrive", max_length = 2000)]
    pub(crate) description: Option<String>,
    /// Amount in US dollars.
    pub(crate) requirement: Money,
    #[schema(minimum = 0, maximum = 10000000000_i64)]
    pub(crate) people_targeted: Option<i64>,
    #[serde(default)]
    #[schema(max_items = 5)]
    pub(crate) groups: Vec<PeopleGroup>,
    /// Its activities: shelter, health, …
    #[serde(default)]
    #[schema(example = json!(["Shelter and settlements"]), max_items = 20, value_type = Vec<kernel::items::Keyword>)]
    pub(crate) activity_areas: Vec<String>,
}

/// Maximum number of people of a plan: more than the world has.
pub(crate) const MAX_PEOPLE: i64 = 10_000_000_000;

/// A number of people, where it is known.
pub(crate) fn check_people(checks: &mut Checks, pointer: &str, people: Option<i64>) {
    let is_possible = people.is_none_or(|people| (0..=MAX_PEOPLE).contains(&people));
    checks.require(is_possible, pointer, Fault::out_of_range(0, MAX_PEOPLE));
}

/// Notes what is wrong with objectives under a requirement.
pub(crate) fn check(objectives: &[Objective], needed: Option<Money>, checks: &mut Checks) {
    let objectives = checks.at_most("/objectives", objectives, 20);
    let mut sum: i128 = 0;
    for (index, objective) in objectives.iter().enumerate() {
        let at = |field: &str| format!("/objectives/{index}/{field}");
        checks.optional_long_text(&at("description"), objective.description.as_deref(), 2000);
        let in_dollars = objective.requirement.currency() == Currency::USD;
        checks.require(in_dollars, &at("requirement"), Fault::wrong_currency("USD"));
        checks.require(!objective.requirement.is_negative(), &at("requirement"), Fault::negative());
        check_people(checks, &at("people_targeted"), objective.people_targeted);
        checks.at_most(&at("groups"), &objective.groups, PeopleGroup::ALL.len());
        let areas = checks.at_most(&at("activity_areas"), &objective.activity_areas, 20);
        for (number, area) in areas.iter().enumerate() {
            checks.text(&at(&format!("activity_areas/{number}")), area, 100);
        }
        sum += i128::from(objective.requirement.minor());
    }
    let within = needed.is_none_or(|needed| sum <= i128::from(needed.minor()));
    if let Some(needed) = needed.filter(|_| !within) {
        let fault = FieldCode::SumTooLarge.says("together exceed the requirement of the plan");
        checks.refuse("/objectives", fault.amount(needed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objectives_need_no_more_than_their_plan() {
        let objective = |amount: i64| Objective {
            kind: ObjectiveKind::SavingLives,
            description: None,
            requirement: Money::usd(amount),
            people_targeted: None,
            groups: vec![PeopleGroup::Refugees],
            activity_areas: Vec::new(),
        };
        let wrong = |objectives: &[Objective], needed| {
            let mut checks = Checks::new();
            check(objectives, needed, &mut checks);
            checks.into_errors().into_iter().map(|error| error.pointer).collect::<Vec<_>>()
        };
        assert!(wrong(&[objective(60), objective(40)], Some(Money::usd(100))).is_empty());
        assert_eq!(wrong(&[objective(60), objective(41)], Some(Money::usd(100))), ["/objectives"]);
        assert!(wrong(&[objective(60)], None).is_empty());
        let many = Objective { groups: vec![PeopleGroup::Refugees; 6], ..objective(1) };
        assert_eq!(wrong(&[many], None), ["/objectives/0/groups"]);
    }
}
