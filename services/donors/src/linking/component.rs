//! The records that decide on each other's partners: those that were written, whatever each could be paired with in a way
//! that counts, what those could be paired with, and so on. All of them are looked at together, so the pairs that count do
//! not depend on which record came first. Records are found by indexes, a few questions for each step outwards.
//!
//! Weak pairs count nothing, and are not followed: with the same donor, country and year for a reason they would connect
//! all that a donor ever gave. Whoever is left without a partner is only shown beside what is free around it.

use super::{
    group::{Group, Named, Side},
    pairing::{Candidate, Pair},
    store as links,
};
use crate::contribution::{
    partner::{LinkId, LinkState},
    store::{Model, REPORTING_SOURCE, by_refs},
};
use ::store::{StoreError, TenantScope, params, sql};
use chrono::NaiveDate;
use kernel::{AgreementId, ContributionId, DonorId, OrganisationId, text::split};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The condition of our own records, as their indexes have it.
const OWN: &str = "c.is_ours AND c.source <> 'fts'";
/// Levels of parts of a flow that are followed.
const MAX_LEVELS: usize = 16;

/// Records, the pairs they can make, and what is said of them so far.
#[derive(Debug, Default)]
pub(super) struct Component {
    /// By the first record of each.
    pub(super) groups: BTreeMap<ContributionId, Group>,
    pub(super) candidates: BTreeMap<Pair, Candidate>,
    pub(super) links: BTreeMap<LinkId, links::Model>,
}

impl Component {
    /// What has to be looked at when these contributions were written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn of(
        db: &impl ConnectionTrait,
        organisation_id: OrganisationId,
        written: BTreeSet<ContributionId>,
    ) -> Result<Self, StoreError> {
        let mut component = Self::default();
        let mut near: BTreeMap<ContributionId, Group> = BTreeMap::new();
        let mut next = grouped(db, organisation_id, written).await?;
        while !next.is_empty() {
            let added: Vec<ContributionId> = next.iter().map(|group| group.root).collect();
            let members = members_of(&next);
            let found = links::of_records(db, &members).await?;
            let mut around = candidates_of(db, organisation_id, &next).await?;
            let others = |is_meant: fn(LinkState) -> bool| -> BTreeSet<ContributionId> {
                let meant = found.values().filter(|link| is_meant(link.state));
                let both = meant.flat_map(|link| [link.own_id, link.reported_id]);
                both.filter(|id| !members.contains(id)).collect()
            };
            let partners = others(counts);
            around.extend(others(|state| state != LinkState::Separate));
            component.links.extend(found);
            for group in next {
                near.remove(&group.root);
                component.groups.insert(group.root, group);
            }
            around.retain(|id| !component.groups.contains_key(id) && !near.contains_key(id));
            for group in grouped(db, organisation_id, around).await? {
                if !component.groups.contains_key(&group.root) {
                    near.insert(group.root, group);
                }
            }
            let mut reached = component.compare(&added, &near);
            let is_partner = |group: &Group| group.members.iter().any(|row| partners.contains(&row.id));
            reached.extend(near.values().filter(|group| is_partner(group)).map(|group| group.root));
            next = reached.iter().filter_map(|root| near.get(root).cloned()).collect();
        }
        component.take_free(db, near).await?;
        Ok(component)
    }

    /// Compares what was added with all there is, and with what is near; which of the latter are reached by a candidate
    /// that counts.
    fn compare(
        &mut self,
        added: &[ContributionId],
        near: &BTreeMap<ContributionId, Group>,
    ) -> BTreeSet<ContributionId> {
        let mut reached = BTreeSet::new();
        for group in added.iter().filter_map(|root| self.groups.get(root)) {
            for other in self.groups.values().chain(near.values()) {
                let (own, reported) = match (group.side, other.side) {
                    (Side::Own, Side::Reported) => (group, other),
                    (Side::Reported, Side::Own) => (other, group),
                    (Side::Own, Side::Own) | (Side::Reported, Side::Reported) => continue,
                };
                if self.candidates.contains_key(&(own.root, reported.root)) {
                    continue;
                }
                if let Some(candidate) = Candidate::of(own, reported) {
                    if candidate.counts() && near.contains_key(&other.root) {
                        reached.insert(other.root);
                    }
                    self.candidates.insert(candidate.pair, candidate);
                }
            }
        }
        reached
    }

    /// Of what is near, takes in the weak partners that records have, and those that they may have since nobody has them.
    /// They go no further: whoever has a partner elsewhere stays where it is.
    async fn take_free(
        &mut self,
        db: &impl ConnectionTrait,
        near: BTreeMap<ContributionId, Group>,
    ) -> Result<(), StoreError> {
        let beside: BTreeSet<ContributionId> =
            self.candidates.keys().flat_map(|pair| [pair.0, pair.1]).collect();
        let is_of = |group: &Group, ids: &BTreeSet<ContributionId>| {
            group.members.iter().any(|row| ids.contains(&row.id))
        };
        let linked = linked_in(&self.links);
        let (own, others): (Vec<Group>, Vec<Group>) =
            near.into_values().partition(|group| is_of(group, &linked));
        let others: Vec<Group> = others.into_iter().filter(|group| beside.contains(&group.root)).collect();
        let elsewhere = linked_in(&links::of_records(db, &members_of(&others)).await?);
        let free = others.into_iter().filter(|group| !is_of(group, &elsewhere));
        for group in own.into_iter().chain(free) {
            self.groups.insert(group.root, group);
        }
        let groups = &self.groups;
        self.candidates.retain(|pair, _| groups.contains_key(&pair.0) && groups.contains_key(&pair.1));
        Ok(())
    }

    /// The first record of the money of each record.
    pub(super) fn roots(&self) -> HashMap<ContributionId, ContributionId> {
        let of_group = |group: &Group| {
            let root = group.root;
            group.members.iter().map(move |row| (row.id, root)).collect::<Vec<_>>()
        };
        self.groups.values().flat_map(of_group).collect()
    }
}

/// Whether a link says what its records count in.
fn counts(state: LinkState) -> bool {
    matches!(state, LinkState::Proposed | LinkState::Linked)
}

/// The records that have a partner, in whichever state but `separate`.
fn linked_in(links: &BTreeMap<LinkId, links::Model>) -> BTreeSet<ContributionId> {
    let live = links.values().filter(|link| link.state != LinkState::Separate);
    live.flat_map(|link| [link.own_id, link.reported_id]).collect()
}

fn members_of(groups: &[Group]) -> BTreeSet<ContributionId> {
    groups.iter().flat_map(|group| group.members.iter().map(|row| row.id)).collect()
}

/// The first records of what reported flows, or records of ours, are compared with.
async fn candidates_of(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    groups: &[Group],
) -> Result<BTreeSet<ContributionId>, StoreError> {
    let of_side = |side: Side| groups.iter().filter(move |group| group.side == side && group.is_eligible());
    let names: BTreeSet<String> = of_side(Side::Own).flat_map(Group::sought).collect();
    let mut found = links::named(db, organisation_id, &names).await?;
    let reported: Vec<&Group> = of_side(Side::Reported).collect();
    found.extend(own_of_donors(db, &reported).await?);
    found.extend(own_of_amounts(db, organisation_id, &reported).await?);
    found.extend(own_of_references(db, organisation_id, &reported).await?);
    Ok(found)
}

/// Our own records of the donors of reported flows, of their parents and of those below them, in years that are at most one
/// apart.
async fn own_of_donors(
    db: &impl ConnectionTrait,
    reported: &[&Group],
) -> Result<BTreeSet<ContributionId>, StoreError> {
    let mut in_year: BTreeMap<i32, BTreeSet<DonorId>> = BTreeMap::new();
    let given: BTreeSet<DonorId> =
        reported.iter().flat_map(|group| group.known.donors.iter().copied()).collect();
    let mut below: HashMap<DonorId, Vec<DonorId>> = HashMap::new();
    if !given.is_empty() {
        let text = "SELECT parent_id, id FROM donor WHERE parent_id IS NOT NULL";
        let keys = given.iter().map(|id| (*id).into());
        for row in sql::select_by_keys(db, text, vec![], "parent_id", keys).await? {
            below.entry(row.try_get_by_index(0)?).or_default().push(row.try_get_by_index(1)?);
        }
    }
    for group in reported {
        let known = &group.known;
        let children = known.donors.iter().filter_map(|donor| below.get(donor)).flatten();
        let donors: Vec<DonorId> =
            known.donors.iter().chain(&known.parents).chain(children).copied().collect();
        for year in &known.years {
            in_year.entry(*year).or_default().extend(donors.iter().copied());
        }
    }
    let mut found = BTreeSet::new();
    for (year, donors) in in_year.into_iter().filter(|(_, donors)| !donors.is_empty()) {
        let first = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MAX);
        let date = "coalesce(c.decision_date, c.flow_date, c.first_reported_date)";
        let text = format!(
            "SELECT coalesce(c.root_id, c.id) AS root FROM contribution c
             WHERE {OWN} AND {date} >= $1 AND {date} < $2"
        );
        let keys = donors.into_iter().map(Into::into);
        let between = params![first(year - 1), first(year + 2)];
        found.extend(first_column(&sql::select_by_keys(db, &text, between, "c.donor_id", keys).await?)?);
    }
    Ok(found)
}

async fn own_of_amounts(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    reported: &[&Group],
) -> Result<BTreeSet<ContributionId>, StoreError> {
    let mut in_currency: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for (amount, currency) in reported.iter().filter_map(|group| group.known.original.as_ref()) {
        in_currency.entry(currency).or_default().insert(*amount);
    }
    let text = format!(
        "SELECT coalesce(c.root_id, c.id) AS root FROM contribution c
         WHERE {OWN} AND c.organisation_id = $1 AND c.original_currency = $2"
    );
    let mut found = BTreeSet::new();
    for (currency, amounts) in in_currency {
        let keys = amounts.into_iter().map(Into::into);
        let of = params![organisation_id, currency];
        let rows = sql::select_by_keys(db, &text, of, "c.original_amount", keys).await?;
        found.extend(first_column(&rows)?);
    }
    Ok(found)
}

async fn own_of_references(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    reported: &[&Group],
) -> Result<BTreeSet<ContributionId>, StoreError> {
    // What is not ASCII has its capitals on PostgreSQL, and keeps its case on SQLite.
    let references = reported.iter().flat_map(|group| &group.known.references);
    let named: BTreeSet<String> = references.flat_map(|text| [text.clone(), text.to_uppercase()]).collect();
    if named.is_empty() {
        return Ok(BTreeSet::new());
    }
    let of_record = format!(
        "SELECT coalesce(c.root_id, c.id) AS root FROM contribution c
         WHERE {OWN} AND c.organisation_id = $1 AND c.external_ref IS NOT NULL"
    );
    let of_agreement = format!(
        "SELECT coalesce(c.root_id, c.id) AS root FROM agreement a JOIN contribution c ON c.agreement_id = a.id
         WHERE {OWN} AND a.organisation_id = $1"
    );
    let mut found = BTreeSet::new();
    for (text, key) in [(of_record, "upper(c.external_ref)"), (of_agreement, "a.reference")] {
        let keys = named.iter().map(|text| text.as_str().into());
        let rows = sql::select_by_keys(db, &text, params![organisation_id], key, keys).await?;
        found.extend(first_column(&rows)?);
    }
    Ok(found)
}

fn first_column(rows: &[sea_orm::QueryResult]) -> Result<Vec<ContributionId>, StoreError> {
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// The sums of money that contributions belong to, whole, and those that parts of them have become meanwhile.
pub(super) async fn grouped(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    mut ids: BTreeSet<ContributionId>,
) -> Result<Vec<Group>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let together = links::together(db, organisation_id, &ids).await?;
    ids.extend(together);
    let text = "SELECT * FROM contribution WHERE true";
    let rows = sql::select_by_keys(db, text, vec![], "id", ids.into_iter().map(Into::into)).await?;
    let rows = sql::read::<Model>(&rows)?.into_iter().filter(|row| row.organisation_id == organisation_id);
    let (reported, own): (Vec<Model>, Vec<Model>) = rows.partition(|row| Side::of(row) == Side::Reported);
    let mut groups: BTreeMap<(ContributionId, bool), Vec<Model>> = BTreeMap::new();
    let roots: BTreeSet<ContributionId> = own.iter().map(|row| row.root_id.unwrap_or(row.id)).collect();
    if !roots.is_empty() {
        let first = "SELECT * FROM contribution WHERE root_id IS NULL";
        for (text, key) in [(first, "id"), (text, "root_id")] {
            let keys = roots.iter().map(|id| (*id).into());
            for row in sql::read::<Model>(&sql::select_by_keys(db, text, vec![], key, keys).await?)? {
                groups.entry((row.root_id.unwrap_or(row.id), true)).or_default().push(row);
            }
        }
    }
    let flows = with_parts(db, organisation_id, reported).await?;
    for row in flows.values() {
        groups.entry((top(row, &flows), false)).or_default().push(row.clone());
    }
    let named = names(db, groups.values().flatten()).await?;
    let group = |((root, is_own), members): ((ContributionId, bool), Vec<Model>)| {
        let side = if is_own { Side::Own } else { Side::Reported };
        Group::new((root, side), members, &named)
    };
    groups.into_iter().map(group).collect()
}

/// Flows with those that FTS calls their parents and their parts, as far as those are ours, by FTS's number.
async fn with_parts(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    flows: Vec<Model>,
) -> Result<HashMap<String, Model>, StoreError> {
    let scope = TenantScope::Organisation { organisation_id };
    let mut found: HashMap<String, Model> = HashMap::new();
    let mut next = flows;
    for _ in 0..MAX_LEVELS {
        let mut related = BTreeSet::new();
        for row in next {
            related.extend(row.parent_ref.clone());
            related.extend(split(&row.child_refs));
            found.extend(row.external_ref.clone().map(|number| (number, row)));
        }
        let related: Vec<String> = related.into_iter().filter(|number| !found.contains_key(number)).collect();
        if related.is_empty() {
            break;
        }
        let rows = by_refs(&scope, db, REPORTING_SOURCE, &related).await?;
        next = rows.into_iter().filter(|row| row.is_ours).collect();
    }
    Ok(found)
}

/// The flow at the top of those that a flow is a part of, all of them ours.
fn top(row: &Model, flows: &HashMap<String, Model>) -> ContributionId {
    let mut present = row;
    for _ in 0..MAX_LEVELS {
        let parent = present.parent_ref.as_ref().and_then(|number| flows.get(number));
        match parent.filter(|parent| parent.is_ours && present.is_ours) {
            Some(parent) => present = parent,
            None => break,
        }
    }
    present.id
}

/// What records name: the parents of their donors, and the references of their agreements.
async fn names(db: &impl ConnectionTrait, rows: impl Iterator<Item = &Model>) -> Result<Named, StoreError> {
    let (mut donors, mut agreements): (BTreeSet<DonorId>, BTreeSet<AgreementId>) = Default::default();
    for row in rows {
        donors.extend(row.donor_id);
        agreements.extend(row.agreement_id);
    }
    let mut named = Named::default();
    if !donors.is_empty() {
        let text = "SELECT id, parent_id FROM donor WHERE parent_id IS NOT NULL";
        let keys = donors.into_iter().map(Into::into);
        for row in sql::select_by_keys(db, text, vec![], "id", keys).await? {
            named.parents.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
    }
    if !agreements.is_empty() {
        let text = "SELECT id, reference FROM agreement WHERE true";
        let keys = agreements.into_iter().map(Into::into);
        for row in sql::select_by_keys(db, text, vec![], "id", keys).await? {
            named.agreements.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
    }
    Ok(named)
}
