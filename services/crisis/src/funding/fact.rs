//! What one contribution adds to the read model, and where.

use super::{
    allocated::{Allocated, Part, pieces},
    rule,
};
use events::{ContributionRecorded, FlowObject};
use kernel::{
    ContributionId, ContributionStatus, DonorId, MoneyScope, OrganisationId, PlanId, Visibility, Word,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Who or what a part of the funding belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Member {
    /// Groups by it.
    pub(crate) key: String,
    /// Its name in the source.
    pub(crate) external_ref: String,
    pub(crate) name: String,
}

/// A contribution, as far as counting goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fact {
    pub(crate) organisation_id: OrganisationId,
    pub(crate) status: Word<ContributionStatus>,
    pub(crate) amount: i64,
    pub(crate) visibility: Word<Visibility>,
    /// The country × year that counts it.
    pub(crate) country_year: Option<(String, i32)>,
    /// The plans whose pages count it.
    pub(crate) plans: Vec<Member>,
    /// The one plan it goes to.
    pub(crate) plan: Option<Member>,
    pub(crate) donor_id: Option<DonorId>,
    pub(crate) donor: Option<Member>,
    pub(crate) earmarking: Option<Member>,
    pub(crate) recipient: Option<Member>,
    /// Whether it is money given to the organisation itself, and counts in totals of that. Absent of events of older
    /// versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) is_ours: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) counts_ours: Option<bool>,
    /// Whether it counts in totals of what everybody received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) counts_reported: Option<bool>,
    /// The first record of the same money. A record of which no event has said it is the first itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) root_id: Option<ContributionId>,
    /// What was allocated of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) allocated: Vec<Part>,
}

impl Fact {
    /// Whether it is money given to the organisation itself. Where no event has said it yet, a record of its own is: it
    /// names the organisation by its id here.
    pub(crate) fn is_ours(&self) -> bool {
        let own = own_key(self.organisation_id);
        self.is_ours.unwrap_or_else(|| self.recipient.as_ref().is_some_and(|member| member.key == own))
    }

    /// Whether it counts in totals of a scope.
    pub(crate) fn counts(&self, scope: MoneyScope) -> bool {
        match scope {
            MoneyScope::Ours => self.counts_ours.unwrap_or_else(|| self.is_ours()),
            MoneyScope::All => self.counts_reported.unwrap_or(true),
        }
    }
}

impl From<&ContributionRecorded> for Fact {
    fn from(event: &ContributionRecorded) -> Self {
        let (source, destination) = (&event.source_objects, &event.destination_objects);
        let plans = rule::plans_counting(source, destination, event.new_money);
        Self {
            organisation_id: event.organisation_id,
            status: event.status.clone(),
            amount: event.amount_usd.minor(),
            // What counts nothing has no place, as what nobody outside sees.
            visibility: if event.counts { event.visibility.clone() } else { Visibility::Internal.into() },
            country_year: rule::counted_in(source, destination, event.new_money),
            plans: plans.into_iter().map(plan_member).collect(),
            plan: rule::the_one(destination, FlowObject::PLAN).map(plan_member),
            donor_id: event.donor_id,
            donor: donor(event),
            earmarking: event.earmarking.as_ref().map(|word| earmarking(word.as_str())),
            recipient: recipient(destination, event.organisation_id, event.is_ours),
            is_ours: event.is_ours,
            counts_ours: event.counts_ours,
            counts_reported: event.counts_reported,
            root_id: event.root_id.or(Some(event.id)),
            allocated: Vec::new(),
        }
    }
}

fn organisation(object: &FlowObject) -> Member {
    Member { key: format!("org:{}", object.id), external_ref: object.id.clone(), name: object.name.clone() }
}

/// The organisation itself among recipients.
pub(crate) fn own_key(organisation_id: OrganisationId) -> String {
    format!("org:{organisation_id}")
}

/// The one organisation that received it. Money given to the organisation itself has one recipient, whether its own
/// records or FTS report it and whatever that calls it.
fn recipient(destination: &[FlowObject], own: OrganisationId, is_ours: Option<bool>) -> Option<Member> {
    let stated = rule::the_one(destination, FlowObject::ORGANISATION).map(organisation)?;
    Some(match is_ours {
        Some(true) => Member { key: own_key(own), external_ref: own.to_string(), ..stated },
        Some(false) | None => stated,
    })
}

/// A plan of FTS is known by its number, one of the platform's own by its id.
fn plan_member(object: &FlowObject) -> Member {
    let key =
        if object.id.parse::<PlanId>().is_ok() { object.id.clone() } else { format!("fts:{}", object.id) };
    Member { key, external_ref: object.id.clone(), name: object.name.clone() }
}

fn donor(event: &ContributionRecorded) -> Option<Member> {
    let object = rule::the_one(&event.source_objects, FlowObject::ORGANISATION)?;
    let key = event.donor_id.map_or_else(|| format!("org:{}", object.id), |id| id.to_string());
    Some(Member { key, external_ref: object.id.clone(), name: object.name.clone() })
}

fn earmarking(category: &str) -> Member {
    let words = category.replace('_', " ");
    let mut name = words.clone();
    if let Some(first) = name.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    Member { key: category.to_owned(), external_ref: words, name }
}

/// A place in the read model: a scope, a dimension of it, a member of that ("" for "not stated").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Cell {
    pub(crate) scope: String,
    pub(crate) dimension: &'static str,
    pub(crate) member: Option<Member>,
}

pub(crate) fn country_scope(country: &str, year: i32) -> String {
    format!("country:{}", place(country, year))
}

pub(crate) fn plan_scope(key: &str) -> String {
    format!("plan:{key}")
}

/// The plan whose scope it is, as the funding read model knows it.
pub(crate) fn plan_of_scope(scope: &str) -> Option<&str> {
    scope.strip_prefix("plan:")
}

/// A usage year, over the countries that count it.
pub(crate) fn year_scope(year: i32) -> String {
    format!("year:{year}")
}

/// A donor as the public sees it: what it gave the organisation, or what it gave anybody.
pub(crate) fn public_donor_scope(donor_id: DonorId, scope: MoneyScope) -> String {
    match scope {
        MoneyScope::Ours => format!("public-donor:{donor_id}"),
        MoneyScope::All => format!("public-donor-all:{donor_id}"),
    }
}

pub(crate) fn donor_scope(donor_id: DonorId, scope: MoneyScope) -> String {
    match scope {
        MoneyScope::Ours => format!("donor:{donor_id}"),
        MoneyScope::All => format!("donor-all:{donor_id}"),
    }
}

/// The dimension of a country, a plan or a year that has what of its total went to the organisation itself.
pub(crate) const OURS: &str = "ours";

/// The dimension of a country and a plan that has what of its total was allocated from money that is not earmarked.
pub(crate) const ALLOCATED: &str = "allocated";

/// Every organisation that received something, with what country totals count of it.
pub(crate) const RECIPIENTS: &str = "recipients";

/// An organisation that received something, by its key: by country and year.
pub(crate) fn recipient_scope(key: &str) -> String {
    format!("recipient:{key}")
}

/// A member of the dimension `counted` of a plan: what no country's total counts.
pub(crate) const ELSEWHERE: &str = "elsewhere";
/// A member of the dimension `counted` of a plan: what a country's total counts, and what went to other plans as well.
pub(crate) const SEVERAL_PLANS: &str = "several_plans";

/// A country and a year as a member: where a contribution is counted.
pub(crate) fn place(country: &str, year: i32) -> String {
    format!("{country}:{year}")
}

/// The country and the year of a member that [`place`] made.
pub(crate) fn place_of(member: &str) -> Option<(&str, i32)> {
    let (country, year) = member.split_once(':')?;
    Some((country, year.parse().ok()?))
}

/// Every place that counts a contribution, with what it counts there.
pub(crate) fn counted(fact: &Fact) -> Vec<(Cell, Amounts)> {
    if fact.allocated.is_empty() {
        let sums = amounts(fact);
        return cells(fact).into_iter().map(|cell| (cell, sums)).collect();
    }
    let mut counted: Vec<(Cell, Amounts)> = Vec::new();
    // A contribution may be allocated in many parts: they are looked up, and not searched for.
    let mut places: HashMap<Cell, usize> = HashMap::new();
    for (piece, allocated) in pieces(fact) {
        let sums = amounts(&piece);
        for cell in cells_of(&piece, allocated) {
            let place = *places.entry(cell.clone()).or_insert(counted.len());
            match counted.get_mut(place) {
                // However many parts of it are counted in one place, it is one flow there.
                Some((_, known)) => known.add(Amounts { funding_flows: 0, pledge_flows: 0, ..sums }, 1),
                None => counted.push((cell, sums)),
            }
        }
    }
    counted
}

/// Every place that counts a contribution of which nothing was allocated.
pub(crate) fn cells(fact: &Fact) -> Vec<Cell> {
    cells_of(fact, Allocated::default())
}

/// Every place that counts a piece of a contribution. The public's scopes count public records, a donor's also those
/// shown to it. Countries, plans and years count what everybody received; donors have that and what the organisation
/// received.
fn cells_of(fact: &Fact, allocated: Allocated) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut add = |scope: &str, dimension, member: Option<&Member>| {
        cells.push(Cell { scope: scope.to_owned(), dimension, member: member.cloned() });
    };
    let (plan, donor) = (fact.plan.as_ref(), fact.donor.as_ref());
    let (earmarking, recipient) = (fact.earmarking.as_ref(), fact.recipient.as_ref());
    let is_ours = fact.is_ours();
    if fact.visibility.is(Visibility::Public) && fact.counts(MoneyScope::All) {
        if let Some((country, year)) = &fact.country_year {
            let scope = country_scope(country, *year);
            add(&scope, "total", None);
            add(&scope, "plan", plan);
            add(&scope, "donor", donor);
            add(&scope, "earmarking", earmarking);
            add(&scope, "recipient", recipient);
            if is_ours {
                add(&scope, OURS, None);
            }
            if allocated.to_country {
                add(&scope, ALLOCATED, None);
            }
            let scope = year_scope(*year);
            add(&scope, "total", None);
            add(&scope, "donor", donor);
            add(&scope, "plan", plan);
            add(&scope, "earmarking", earmarking);
            add(&scope, "donor_plan", Some(&pair(donor, plan)));
            if is_ours {
                add(&scope, OURS, None);
            }
            if let Some(recipient) = recipient {
                add(RECIPIENTS, "recipient", Some(recipient));
                let scope = recipient_scope(&recipient.key);
                add(&scope, "country_year", Some(&named(place(country, *year))));
            }
        }
        for counting in &fact.plans {
            let scope = plan_scope(&counting.key);
            add(&scope, "total", None);
            add(&scope, "donor", donor);
            add(&scope, "earmarking", earmarking);
            add(&scope, "recipient", recipient);
            add(&scope, "counted", Some(&part_of_plan(fact)));
            if is_ours {
                add(&scope, OURS, None);
            }
            if allocated.to_plan {
                add(&scope, ALLOCATED, None);
            }
        }
    }
    for scope in fact.donor_id.iter().flat_map(|id| scopes_of_donor(*id, fact)) {
        match &fact.country_year {
            Some((country, year)) => {
                add(&scope, "total", None);
                add(&scope, "country_year", Some(&named(place(country, *year))));
                add(&scope, "plan", plan);
                add(&scope, "earmarking", earmarking);
            }
            None => add(&scope, "elsewhere", None),
        }
    }
    cells
}

/// A member that is called as it is known.
fn named(key: String) -> Member {
    Member { external_ref: key.clone(), name: key.clone(), key }
}

/// Which part of a plan's funding a contribution is in, by where it is counted beside the plan's own page: each in one.
fn part_of_plan(fact: &Fact) -> Member {
    named(match (&fact.country_year, &fact.plan) {
        (None, _) => ELSEWHERE.to_owned(),
        (Some(_), None) => SEVERAL_PLANS.to_owned(),
        (Some((country, year)), Some(_)) => place(country, *year),
    })
}

/// The donor's own scopes count what is shown to it, its public ones what everybody sees.
/// Unknown visibilities are hidden.
fn scopes_of_donor(donor_id: DonorId, fact: &Fact) -> Vec<String> {
    let counting = MoneyScope::ALL.iter().copied().filter(|scope| fact.counts(*scope));
    let scopes = counting.map(|scope| (donor_scope(donor_id, scope), public_donor_scope(donor_id, scope)));
    match fact.visibility.known() {
        Some(Visibility::Public) => scopes.flat_map(|(own, public)| [own, public]).collect(),
        Some(Visibility::Donor) => scopes.map(|(own, _)| own).collect(),
        Some(Visibility::Internal) | None => Vec::new(),
    }
}

/// What went from a donor to a plan: both keys, and both names.
fn pair(donor: Option<&Member>, plan: Option<&Member>) -> Member {
    let key = |member: Option<&Member>| member.map(|member| member.key.clone()).unwrap_or_default();
    let name = |member: Option<&Member>| member.map(|member| member.name.clone()).unwrap_or_default();
    Member { key: format!("{}|{}", key(donor), key(plan)), external_ref: name(donor), name: name(plan) }
}

/// What a contribution adds to each of its places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) paid: i64,
    pub(crate) commitment: i64,
    pub(crate) pledge: i64,
    pub(crate) funding_flows: i64,
    pub(crate) pledge_flows: i64,
}

impl Amounts {
    /// Pledges never count as funding.
    pub(crate) fn funding(&self) -> i64 {
        self.paid + self.commitment
    }

    pub(crate) fn add(&mut self, other: Amounts, sign: i64) {
        self.paid += sign * other.paid;
        self.commitment += sign * other.commitment;
        self.pledge += sign * other.pledge;
        self.funding_flows += sign * other.funding_flows;
        self.pledge_flows += sign * other.pledge_flows;
    }
}

pub(crate) fn amounts(fact: &Fact) -> Amounts {
    match fact.status.as_str() {
        "paid" => Amounts { paid: fact.amount, funding_flows: 1, ..Amounts::default() },
        "commitment" => Amounts { commitment: fact.amount, funding_flows: 1, ..Amounts::default() },
        _ => Amounts { pledge: fact.amount, pledge_flows: 1, ..Amounts::default() },
    }
}

#[cfg(test)]
#[path = "fact_tests.rs"]
mod tests;
