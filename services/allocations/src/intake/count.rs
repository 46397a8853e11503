//! What pools count of contributions: a lot is a root contribution with all records that come from it, but for parts
//! that may be used for less ([`super::parts`]), and what it received is the sum of those that count. A change is an
//! entry of the ledger.

use super::parts::{Counted, Parts, parts, total};
use crate::{
    disbursement::store as allocations,
    known::{agreement, contribution as facts, donor},
    ledger::{
        CauseKind, LedgerEntryKind,
        account::Account,
        load, rows, rule,
        state::{Posting, State},
        store::{self as ledger, Cause, NewEntry},
    },
    lot::{self, store::Model},
    pool::{
        self,
        intake::{Candidate, Intake},
    },
};
use ::store::{StoreError, Transaction, upsert_models};
use kernel::{AgreementId, ContributionId, DonorId, Earmarking, LotId, OrganisationId, PoolId, ProposalId};
use std::collections::{BTreeMap, BTreeSet};

/// Why a root is counted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// An event about a contribution, with its sequence.
    Event { id: ContributionId, sequence: i64 },
    /// A pool was made, or takes in something else; or a donor was merged, or is its own again.
    Pool,
}

/// Counts roots again, in the pools of their organisation; the allocations whose money is another donor's now. The
/// caller holds [`pool::store::intake_lock`].
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn recount(
    tx: &Transaction,
    organisation_id: OrganisationId,
    roots: &BTreeMap<ContributionId, Why>,
) -> Result<BTreeSet<ProposalId>, StoreError> {
    let pools = pool::store::of_organisation(tx.db(), organisation_id).await?;
    if pools.is_empty() || roots.is_empty() {
        return Ok(BTreeSet::new());
    }
    let wanted: Vec<ContributionId> = roots.keys().copied().collect();
    let mut members = facts::by_roots(tx.db(), organisation_id, &wanted).await?;
    follow_merges(tx, &mut members).await?;
    // A part that is counted apart is known by one of its records.
    let records = members.values().flatten().map(|fact| fact.id);
    let known: BTreeSet<ContributionId> = roots.keys().copied().chain(records).collect();
    let known: Vec<ContributionId> = known.into_iter().collect();
    let held = lot::store::by_roots(tx.db(), organisation_id, &known).await?;
    let (counted, moving) = count_roots(&pools, &wanted, &held, &members)?;
    // Most contributions are in no pool: an import of them keeps nobody from approving.
    if counted.is_empty() {
        return Ok(BTreeSet::new());
    }
    let concerned =
        pools.iter().filter(|pool| counted.contains_key(&pool.id) || moving.contains_key(&pool.id));
    tx.lock_all(concerned.map(|pool| pool::store::lock(pool.id))).await?;
    // Read again: an entry may have been written before the locks were given. What counts is the same: that changes under
    // the intake lock alone.
    let pools = pool::store::of_organisation(tx.db(), organisation_id).await?;
    let held = lot::store::by_roots(tx.db(), organisation_id, &known).await?;
    let all = counted.values().chain(moving.values()).flatten().flat_map(|(_, parts)| parts.values());
    let agreements: BTreeSet<AgreementId> = all.filter_map(Counted::agreement_id).collect();
    let ends = agreement::ends(tx.db(), &agreements).await?;
    let mut changed = Vec::new();
    for mut pool in pools {
        if let Some(of_pool) = counted.get(&pool.id) {
            changed.extend(count_in(tx, &mut pool, of_pool, (&held, &ends), roots).await?);
        }
    }
    for (pool_id, of_pool) in moving {
        let Some(mut pool) = pool::store::held(tx.db(), pool_id).await? else { continue };
        let (of_pool, held) = move_empty(tx, &pool, of_pool).await?;
        count_in(tx, &mut pool, &of_pool, (&held, &ends), roots).await?;
    }
    let mut proposals = BTreeSet::new();
    for lot_id in changed {
        proposals.extend(allocations::with_money_of(tx.db(), lot_id).await?);
    }
    Ok(proposals)
}

/// Names the donors that others were merged into in their place, whether their contributions were announced again or
/// not.
async fn follow_merges(
    tx: &Transaction,
    members: &mut BTreeMap<ContributionId, Vec<facts::Model>>,
) -> Result<(), StoreError> {
    let donors: BTreeSet<DonorId> = members.values().flatten().filter_map(|fact| fact.donor_id).collect();
    let merged = donor::merged(tx.db(), &donors).await?;
    for fact in members.values_mut().flatten() {
        fact.donor_id = fact.donor_id.map(|id| merged.get(&id).copied().unwrap_or(id));
    }
    Ok(())
}

/// Lots by the records that they are known by.
type Held = BTreeMap<ContributionId, Model>;

/// Counts roots in their pool; the lots that are another donor's now.
async fn count_in(
    tx: &Transaction,
    pool: &mut pool::store::Model,
    of_pool: &[(ContributionId, Parts)],
    (held, ends): (&Held, &BTreeMap<AgreementId, chrono::NaiveDate>),
    roots: &BTreeMap<ContributionId, Why>,
) -> Result<Vec<LotId>, StoreError> {
    let lots = of_pool.iter().flat_map(|(_, parts)| parts.keys()).filter_map(|known| held.get(known));
    let own: Vec<&Model> = lots.filter(|lot| lot.pool_id == pool.id).collect();
    let mut state = load::of_lots(tx.db(), pool.id, &own).await?;
    let mut free = load::free(tx.db(), pool.id).await?;
    let mut changed = Vec::new();
    for (root_id, parts) in of_pool {
        let mut now = Vec::with_capacity(parts.len());
        for (known, counted) in parts {
            let before = match held.get(known) {
                // It was a contribution of another pool once: there it is counted until nothing of it is left.
                Some(other) if other.pool_id != pool.id => {
                    if !is_empty(other) {
                        continue;
                    }
                    lot::store::move_empty(tx, other.id, pool).await?;
                    Some(Model { pool_id: pool.id, office_id: pool.office_id, ..other.clone() })
                }
                found => found.cloned(),
            };
            let before = before.as_ref();
            let Some(lot) = written(tx, pool, *known, before, counted, ends).await? else { continue };
            if before.is_some_and(|before| before.donor_id != lot.donor_id) {
                changed.push(lot.id);
            }
            now.push((lot.id, counted.amount));
            state.lots.entry(lot.id).or_insert_with(|| rows::lot(&lot, &BTreeMap::new()));
        }
        if let Some(why) = roots.get(root_id) {
            free += book(tx, pool, (&mut state, free), (*root_id, now.as_slice()), *why).await?;
        }
    }
    Ok(changed)
}

/// Whether a lot has nothing in any account: only what is counted of it changes that.
const fn is_empty(lot: &Model) -> bool {
    lot.received == 0 && lot.uncovered == 0
}

/// Moves lots to the pool that takes their contributions in by now: those of which nothing is left where they were.
/// What is promised there, or lacks cover, stays until it is settled. What is to be counted of them, and the lots as
/// they are now.
async fn move_empty(
    tx: &Transaction,
    pool: &pool::store::Model,
    mut of_pool: Vec<(ContributionId, Parts)>,
) -> Result<(Vec<(ContributionId, Parts)>, Held), StoreError> {
    let known: Vec<ContributionId> =
        of_pool.iter().flat_map(|(root_id, parts)| parts.keys().chain([root_id])).copied().collect();
    let mut held = lot::store::by_roots(tx.db(), pool.organisation_id, &known).await?;
    let is_left = |known: &ContributionId| held.get(known).is_some_and(|lot| !is_empty(lot));
    of_pool.retain(|(root_id, parts)| !parts.keys().chain([root_id]).any(is_left));
    let moved: BTreeSet<ContributionId> =
        of_pool.iter().flat_map(|(root_id, parts)| parts.keys().chain([root_id])).copied().collect();
    held.retain(|known, _| moved.contains(known));
    for lot in held.values_mut() {
        lot::store::move_empty(tx, lot.id, pool).await?;
        (lot.pool_id, lot.office_id) = (pool.id, pool.office_id);
    }
    Ok((of_pool, held))
}

/// What each pool counts of roots.
type ByPool = BTreeMap<PoolId, Vec<(ContributionId, Parts)>>;

/// What counts of each root, in the pool that has its lot already, else in the oldest that takes any of it in. And what
/// counts, in the oldest pool that takes it in, of roots whose lot is in a pool that takes in nothing of them any more.
fn count_roots(
    pools: &[pool::store::Model],
    roots: &[ContributionId],
    held: &BTreeMap<ContributionId, Model>,
    members: &BTreeMap<ContributionId, Vec<facts::Model>>,
) -> Result<(ByPool, ByPool), StoreError> {
    let mut intakes = Vec::with_capacity(pools.len());
    for pool in pools {
        intakes.push((pool, pool.intake()?));
    }
    let (mut by_pool, mut moving) = (ByPool::new(), ByPool::new());
    for root_id in roots {
        let own = members.get(root_id).map_or(&[][..], Vec::as_slice);
        let in_pool = |(pool, intake): &(&pool::store::Model, Intake)| {
            let is_taken = |fact: &&facts::Model| intake.takes(&Candidate::from(*fact), pool.office_id);
            let taken: Vec<&facts::Model> = own.iter().filter(is_taken).collect();
            let is_held = |id: ContributionId| held.get(&id).is_some_and(|lot| lot.pool_id == pool.id);
            (pool.id, parts(*root_id, own, &taken, is_held))
        };
        let taken = intakes.iter().map(in_pool).find(|(_, parts)| total(parts) > 0);
        let known = [*root_id].into_iter().chain(own.iter().map(|fact| fact.id));
        let of_lot = known.filter_map(|id| held.get(&id)).map(|lot| lot.pool_id).next();
        let kept = of_lot.and_then(|pool_id| intakes.iter().find(|(pool, _)| pool.id == pool_id));
        match (kept.map(in_pool), taken) {
            (Some((pool_id, parts)), taken) => {
                let is_left = total(&parts) == 0;
                if let Some((other, all)) = taken.filter(|(other, _)| is_left && *other != pool_id) {
                    moving.entry(other).or_default().push((*root_id, all));
                }
                by_pool.entry(pool_id).or_default().push((*root_id, parts));
            }
            (None, Some((pool_id, parts))) => {
                by_pool.entry(pool_id).or_default().push((*root_id, parts));
            }
            (None, None) => {}
        }
    }
    Ok((by_pool, moving))
}

/// The lot that is known by a record, as it is now, written if anything of it changed; none when nothing counts that
/// ever did.
async fn written(
    tx: &Transaction,
    pool: &pool::store::Model,
    known: ContributionId,
    before: Option<&Model>,
    counted: &Counted,
    ends: &BTreeMap<AgreementId, chrono::NaiveDate>,
) -> Result<Option<Model>, StoreError> {
    let Some(lead) = &counted.lead else { return Ok(before.cloned()) };
    let received_on = counted.first.unwrap_or(lead.received_on);
    let fresh = lot::store::own_funds(tx, pool);
    let base = before.cloned().unwrap_or(Model {
        root_id: Some(known),
        received_on,
        intake_year: chrono::Datelike::year(&received_on),
        ..fresh
    });
    let after = Model {
        donor_id: lead.donor_id,
        donor_name: lead.donor_name.clone(),
        several_donors: counted.several_donors,
        agreement_id: lead.agreement_id,
        earmarking: lead.earmarking().unwrap_or(Earmarking::Unearmarked),
        countries: lead.countries.clone(),
        plans: lead.plans.clone(),
        years: lead.years.clone(),
        use_by: lead.agreement_id.and_then(|id| ends.get(&id).copied()),
        ..base.clone()
    };
    if before != Some(&after) {
        let row = Model { updated_at: tx.now(), ..after.clone() };
        upsert_models(tx.db(), &[row]).await?;
    }
    Ok(Some(after))
}

/// Books what the lots of a root received by now, if that is another amount than before, in one entry; by how much more
/// can be promised then. Of the state, what can be promised is told beside it, since it holds some lots alone.
async fn book(
    tx: &Transaction,
    pool: &mut pool::store::Model,
    (state, free): (&mut State, i64),
    (root_id, now): (ContributionId, &[(LotId, i64)]),
    why: Why,
) -> Result<i64, StoreError> {
    let postings: Vec<Posting> =
        now.iter().flat_map(|(lot_id, cents)| rule::count(state, *lot_id, *cents)).collect();
    if postings.is_empty() {
        return Ok(0);
    }
    let more: i64 = postings.iter().map(freed).sum();
    let received = postings.iter().filter(|posting| posting.account == Account::Received);
    let is_less = received.map(|posting| posting.amount).sum::<i64>() < 0;
    let kind = if is_less { LedgerEntryKind::Reduce } else { LedgerEntryKind::Receive };
    let (cause_kind, id, sequence) = match why {
        Why::Event { id, sequence } => (CauseKind::Contribution, id.as_uuid(), sequence),
        // At the version of the pool whose entry it is, which no other entry of it has: another pool that takes the root in
        // counts versions of its own.
        Why::Pool => (CauseKind::Pool, root_id.as_uuid(), pool.version),
    };
    let cause =
        Cause { kind: cause_kind, id, sequence, day: tx.now().date_naive(), reason: None, decision_id: None };
    let headroom_after = Some((free + more).max(0));
    let new = NewEntry { kind, postings, proposal_id: None, reverses_id: None, headroom_after, cause };
    ledger::write(tx, pool, state, new).await?;
    Ok(more)
}

/// By how much more can be promised after a posting.
fn freed(posting: &Posting) -> i64 {
    match posting.account {
        Account::Available => posting.amount,
        Account::Uncovered => -posting.amount,
        Account::Reserved
        | Account::Allocated
        | Account::Disbursed
        | Account::Spent
        | Account::Returned
        | Account::Received => 0,
    }
}
