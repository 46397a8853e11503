//! Settling who is whose partner, and what that makes each record count in: in one transaction, with the events.

use super::{
    component::Component,
    group::{Group, Side},
    pairing::{Candidate, Pair, pair_off},
    score::score,
    store::{self as links, Model as Link},
};
use crate::{
    contribution::{
        counting::{count_as, hold},
        partner::{LinkId, LinkState},
    },
    registry::donor::merge_lock,
};
use ::store::{StoreError, Transaction, audit};
use kernel::{ContributionId, OrganisationId};
use std::collections::{BTreeMap, BTreeSet};

/// What one transaction at a time does in an organisation.
pub(super) fn lock_name(organisation_id: OrganisationId) -> String {
    format!("contribution links of {organisation_id}")
}

/// Nobody else links anything of the organisation before this transaction ends, and no donor is merged. Taken before any
/// row is locked.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn lock(tx: &Transaction, organisation_id: OrganisationId) -> Result<(), StoreError> {
    merge_lock::shared(tx, organisation_id).await?;
    tx.lock(&lock_name(organisation_id)).await
}

/// Links as they are to be, beside those that are there.
#[derive(Debug, Default)]
struct Outcome {
    /// New ones, and those that have changed.
    saved: Vec<Link>,
    gone: Vec<LinkId>,
    /// Those that are linked by themselves from now on.
    linked: Vec<Link>,
    /// Those that were linked and are no longer: what they were, and what has become of them, if anything.
    ended: Vec<(Link, Option<Link>)>,
    /// The first records of all that are proposed or linked.
    partners: BTreeMap<ContributionId, LinkState>,
}

/// Looks again at contributions that were written, and at all that depends on them: pairs are proposed, linked by a shared
/// reference, or forgotten; what somebody decided stays as long as both records count. Then each record counts where its
/// pair lets it. For the platform itself, under [`lock`]; doing it twice changes nothing.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn settle(
    tx: &mut Transaction,
    organisation_id: OrganisationId,
    mut written: BTreeSet<ContributionId>,
) -> Result<(), StoreError> {
    let parts = links::parts_of(tx.db(), organisation_id, &written).await?;
    written.extend(parts);
    let component = Component::of(tx.db(), organisation_id, written).await?;
    write(tx, organisation_id, &component, None).await
}

/// The same of what somebody has just decided of two records, which is not written yet. What is undecided of either with
/// others gives way to it. Where nothing is decided any more, it stays as far as the two are still a pair, and gives way to
/// what one of them is linked with meanwhile.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn decided(tx: &mut Transaction, link: &Link) -> Result<(), StoreError> {
    let written = BTreeSet::from([link.own_id, link.reported_id]);
    let component = Component::of(tx.db(), link.organisation_id, written).await?;
    write(tx, link.organisation_id, &component, Some(link)).await
}

async fn write(
    tx: &mut Transaction,
    organisation_id: OrganisationId,
    component: &Component,
    decision: Option<&Link>,
) -> Result<(), StoreError> {
    let outcome = outcome(tx, organisation_id, component, decision)?;
    // Rows are locked in one order before anything refers to them: imports lock them in that order, too.
    let recounted = recounted(component, &outcome.partners);
    let both = outcome.saved.iter().flat_map(|link| [link.own_id, link.reported_id]);
    hold(tx, recounted.keys().copied().chain(both).collect()).await?;
    links::name(tx, organisation_id, &names(component)).await?;
    links::forget(tx, &outcome.gone).await?;
    links::save(tx, &outcome.saved).await?;
    count_as(tx, &recounted).await?;
    for link in &outcome.linked {
        tx.audit_created("contribution_link.link", link, link).await?;
    }
    for (before, after) in &outcome.ended {
        let after = after.as_ref().map(audit::snapshot).transpose()?;
        let before_it = Some(audit::snapshot(before)?);
        let action = "contribution_link.end";
        tx.audit(audit::Entry { action, subject: before.into(), before: before_it, after }).await?;
    }
    Ok(())
}

/// The names of the reported flows: a part has none beside those of the whole.
fn names(component: &Component) -> BTreeMap<ContributionId, BTreeSet<String>> {
    let mut names = BTreeMap::new();
    for group in component.groups.values().filter(|group| group.side == Side::Reported) {
        names.extend(group.members.iter().map(|row| (row.id, BTreeSet::new())));
        names.insert(group.root, group.names());
    }
    names
}

/// What each record counts in (ours, everybody's) that counts otherwise so far: a linked pair counts as our record has it in
/// ours, and as FTS has it in everybody's; one that is proposed counts as FTS has it in both.
fn recounted(
    component: &Component,
    partners: &BTreeMap<ContributionId, LinkState>,
) -> BTreeMap<ContributionId, (bool, bool)> {
    let mut wanted = BTreeMap::new();
    for group in component.groups.values() {
        let (ours, reported) = match (partners.get(&group.root), group.side) {
            (Some(LinkState::Linked), Side::Own) => (true, false),
            (Some(LinkState::Linked), Side::Reported) => (false, true),
            (Some(LinkState::Proposed), Side::Own) => (false, false),
            (Some(LinkState::Proposed), Side::Reported)
            | (Some(LinkState::Weak | LinkState::Separate) | None, _) => (true, true),
        };
        for row in &group.members {
            if (row.counts_ours, row.counts_reported) != (ours && row.is_ours, reported) {
                wanted.insert(row.id, (ours, reported));
            }
        }
    }
    wanted
}

/// Links that are there, with the first records of both sides by now, by pair. One that somebody decided is worth more than
/// another of the same pair; so is what is being decided, which comes first.
fn held(component: &Component, decision: Option<&Link>, outcome: &mut Outcome) -> BTreeMap<Pair, Link> {
    let roots = component.roots();
    let mut held: BTreeMap<Pair, Link> = BTreeMap::new();
    let others = component.links.values().filter(|link| decision.is_none_or(|decided| decided.id != link.id));
    for link in decision.into_iter().chain(others) {
        let root = |id: ContributionId| roots.get(&id).copied().unwrap_or(id);
        let moved = Link { own_id: root(link.own_id), reported_id: root(link.reported_id), ..link.clone() };
        match held.get(&moved.pair()) {
            Some(other) if other.is_decided() || !moved.is_decided() => outcome.gone.push(moved.id),
            Some(other) => {
                outcome.gone.push(other.id);
                held.insert(moved.pair(), moved);
            }
            None => {
                held.insert(moved.pair(), moved);
            }
        }
    }
    held
}

fn outcome(
    tx: &Transaction,
    organisation_id: OrganisationId,
    component: &Component,
    decision: Option<&Link>,
) -> Result<Outcome, StoreError> {
    let mut outcome = Outcome::default();
    let mut held = held(component, decision, &mut outcome);
    let (mut taken, mut separate) = (BTreeSet::new(), BTreeSet::new());
    let mut decided: Vec<Pair> = Vec::new();
    for (pair, link) in &held {
        match link.state {
            LinkState::Separate => {
                separate.insert(*pair);
                decided.push(*pair);
            }
            LinkState::Linked
                if link.is_decided()
                    && is_possible(component, *pair)
                    && !taken.contains(&pair.0)
                    && !taken.contains(&pair.1) =>
            {
                taken.extend([pair.0, pair.1]);
                decided.push(*pair);
            }
            LinkState::Linked | LinkState::Proposed | LinkState::Weak => {}
        }
    }
    for pair in decided {
        let Some(link) = held.remove(&pair) else { continue };
        let (Some(own), Some(reported)) = (component.groups.get(&pair.0), component.groups.get(&pair.1))
        else {
            continue;
        };
        if link.state == LinkState::Linked {
            outcome.partners.extend([pair.0, pair.1].map(|root| (root, LinkState::Linked)));
        }
        let points = score(&own.known, &reported.known);
        let known = link.knowing(&points, &own.shown()?, &reported.shown()?)?;
        keep(tx, component, &mut outcome, known);
    }
    let candidates: Vec<Candidate> = component.candidates.values().cloned().collect();
    for candidate in pair_off(candidates, taken, &separate) {
        let (Some(own), Some(reported)) =
            (component.groups.get(&candidate.pair.0), component.groups.get(&candidate.pair.1))
        else {
            continue;
        };
        let state = state_of(&candidate);
        if state != LinkState::Weak {
            outcome.partners.extend([own.root, reported.root].map(|root| (root, state)));
        }
        let before = held.remove(&candidate.pair);
        let was_linked = before.as_ref().filter(|link| link.state == LinkState::Linked).cloned();
        let link = before.unwrap_or_else(|| new(tx, organisation_id, candidate.pair));
        let decided_at = match state {
            LinkState::Linked if was_linked.is_some() => link.decided_at,
            LinkState::Linked => Some(tx.now()),
            LinkState::Proposed | LinkState::Weak | LinkState::Separate => None,
        };
        let link = Link { state, decided_at, decided_by: None, reason: None, ..link };
        let link = link.knowing(&candidate.points, &own.shown()?, &reported.shown()?)?;
        match was_linked {
            None if state == LinkState::Linked => outcome.linked.push(link.clone()),
            Some(before) if state != LinkState::Linked => outcome.ended.push((before, Some(link.clone()))),
            None | Some(_) => {}
        }
        keep(tx, component, &mut outcome, link);
    }
    // What is left is undecided and no pair any more, or was linked with what counts no longer.
    for link in held.into_values() {
        outcome.gone.push(link.id);
        if link.state == LinkState::Linked {
            outcome.ended.push((link, None));
        }
    }
    Ok(outcome)
}

/// Whether both records of a pair can have a partner.
fn is_possible(component: &Component, (own, reported): Pair) -> bool {
    let is_eligible = |id: ContributionId| component.groups.get(&id).is_some_and(Group::is_eligible);
    is_eligible(own) && is_eligible(reported)
}

/// A pair that shares a reference is linked without anybody's decision.
fn state_of(candidate: &Candidate) -> LinkState {
    if candidate.points.links_by_itself() {
        LinkState::Linked
    } else if candidate.counts() {
        LinkState::Proposed
    } else {
        LinkState::Weak
    }
}

/// A link that was not there; [`Link::knowing`] fills in what is known of the two.
pub(super) fn new(tx: &Transaction, organisation_id: OrganisationId, (own_id, reported_id): Pair) -> Link {
    Link {
        id: tx.new_id(),
        version: 0,
        organisation_id,
        office_id: kernel::OfficeId::nil(),
        donor_id: None,
        own_id,
        reported_id,
        state: LinkState::Weak,
        points: 0,
        reasons: String::new(),
        own: String::new(),
        reported: String::new(),
        decided_by: None,
        decided_at: None,
        reason: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

/// Notes the next version of a link, unless it is as it was.
fn keep(tx: &Transaction, component: &Component, outcome: &mut Outcome, link: Link) {
    let before = component.links.get(&link.id);
    if before != Some(&link) {
        let version = before.map_or(0, |before| before.version) + 1;
        outcome.saved.push(Link { version, updated_at: tx.now(), ..link });
    }
}
