//! What pools count of contributions: a lot is a root contribution with all records that come from it, and what it received
//! is the sum of those that count. A change is an entry of the ledger.

use crate::{
    known::{agreement, contribution as facts},
    ledger::{
        CauseKind, LedgerEntryKind,
        account::Account,
        load, rows, rule,
        state::{Place, Posting, State},
        store::{self as ledger, Cause, NewEntry},
    },
    lot::{self, store::Model},
    pool::{self, intake::Candidate},
};
use ::store::{StoreError, Transaction, upsert_models};
use kernel::{AgreementId, ContributionId, Earmarking, OrganisationId, PoolId};
use std::collections::{BTreeMap, BTreeSet};

/// Why a root is counted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// An event about a contribution, with its sequence.
    Event { id: ContributionId, sequence: i64 },
    /// The pool was made, or takes in something else: at this version.
    Pool { version: i64 },
}

/// Counts roots again, in the pools of their organisation. The caller holds [`pool::store::intake_lock`].
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn recount(
    tx: &Transaction,
    organisation_id: OrganisationId,
    roots: &BTreeMap<ContributionId, Why>,
) -> Result<(), StoreError> {
    let pools = pool::store::of_organisation(tx.db(), organisation_id).await?;
    if pools.is_empty() || roots.is_empty() {
        return Ok(());
    }
    let wanted: Vec<ContributionId> = roots.keys().copied().collect();
    let held = lot::store::by_roots(tx.db(), organisation_id, &wanted).await?;
    let members = facts::by_roots(tx.db(), organisation_id, &wanted).await?;
    let counted = count_roots(&pools, &wanted, &held, &members)?;
    // Most contributions are in no pool: an import of them keeps nobody from approving.
    if counted.is_empty() {
        return Ok(());
    }
    let concerned = pools.iter().filter(|pool| counted.contains_key(&pool.id));
    tx.lock_all(concerned.map(|pool| pool::store::lock(pool.id))).await?;
    // Read again: an entry may have been written before the locks were given. What counts is the same: that changes under
    // the intake lock alone.
    let pools = pool::store::of_organisation(tx.db(), organisation_id).await?;
    let held = lot::store::by_roots(tx.db(), organisation_id, &wanted).await?;
    let agreements: BTreeSet<AgreementId> =
        counted.values().flatten().filter_map(|(_, counted)| counted.agreement_id()).collect();
    let ends = agreement::ends(tx.db(), &agreements).await?;
    for mut pool in pools {
        let Some(of_pool) = counted.get(&pool.id) else { continue };
        let own: Vec<&Model> = of_pool.iter().filter_map(|(root_id, _)| held.get(root_id)).collect();
        let mut state = load::of_lots(tx.db(), pool.id, &own).await?;
        let mut free = load::free(tx.db(), pool.id).await?;
        for (root_id, counted) in of_pool {
            let lot = written(tx, &pool, *root_id, held.get(root_id), counted, &ends).await?;
            let Some(lot) = lot else { continue };
            state.lots.entry(lot.id).or_insert_with(|| rows::lot(&lot, &BTreeMap::new()));
            if let Some(why) = roots.get(root_id) {
                free += book(tx, &mut pool, (&mut state, free), (&lot, counted.amount), *why).await?;
            }
        }
    }
    Ok(())
}

/// What counts of a root in a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counted {
    /// Cents.
    amount: i64,
    /// The record that says what the money is for: the largest that counts.
    lead: Option<facts::Model>,
    /// The day on which the first of them was received.
    first: Option<chrono::NaiveDate>,
    several_donors: bool,
}

impl Counted {
    fn agreement_id(&self) -> Option<AgreementId> {
        self.lead.as_ref().and_then(|lead| lead.agreement_id)
    }
}

/// What each pool counts of roots.
type ByPool = BTreeMap<PoolId, Vec<(ContributionId, Counted)>>;

/// What counts of each root, in the pool that has its lot already, else in the oldest that takes any of it in.
fn count_roots(
    pools: &[pool::store::Model],
    roots: &[ContributionId],
    held: &BTreeMap<ContributionId, Model>,
    members: &BTreeMap<ContributionId, Vec<facts::Model>>,
) -> Result<ByPool, StoreError> {
    let mut intakes = Vec::with_capacity(pools.len());
    for pool in pools {
        intakes.push((pool, pool.intake()?));
    }
    let mut by_pool = ByPool::new();
    for root_id in roots {
        let own = members.get(root_id).map_or(&[][..], Vec::as_slice);
        let lot = held.get(root_id);
        let candidates = intakes.iter().filter(|(pool, _)| lot.is_none_or(|lot| lot.pool_id == pool.id));
        let mut counted = candidates.map(|(pool, intake)| {
            let taken = own.iter().filter(|fact| intake.takes(&Candidate::from(*fact), pool.office_id));
            (pool.id, sum(taken.collect()))
        });
        let found = counted.find(|(_, counted)| lot.is_some() || counted.amount > 0);
        if let Some((pool_id, counted)) = found {
            by_pool.entry(pool_id).or_default().push((*root_id, counted));
        }
    }
    Ok(by_pool)
}

fn sum(members: Vec<&facts::Model>) -> Counted {
    // The largest; of equal ones the first.
    let lead = members.iter().rev().max_by_key(|fact| fact.amount);
    let donors: BTreeSet<_> = members.iter().map(|fact| fact.donor_id).collect();
    Counted {
        amount: members.iter().map(|fact| fact.amount.max(0)).sum(),
        lead: lead.map(|fact| (*fact).clone()),
        first: members.iter().map(|fact| fact.received_on).min(),
        several_donors: donors.len() > 1,
    }
}

/// The lot as it is now, written if anything of it changed; none when nothing counts that ever did.
async fn written(
    tx: &Transaction,
    pool: &pool::store::Model,
    root_id: ContributionId,
    before: Option<&Model>,
    counted: &Counted,
    ends: &BTreeMap<AgreementId, chrono::NaiveDate>,
) -> Result<Option<Model>, StoreError> {
    let Some(lead) = &counted.lead else { return Ok(before.cloned()) };
    let received_on = counted.first.unwrap_or(lead.received_on);
    let fresh = lot::store::own_funds(tx, pool);
    let base = before.cloned().unwrap_or(Model {
        root_id: Some(root_id),
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

/// Books what a lot received by now, if that is another amount than before; by how much more can be promised then. Of the
/// state, what can be promised is told beside it, since it holds some lots alone.
async fn book(
    tx: &Transaction,
    pool: &mut pool::store::Model,
    (state, free): (&mut State, i64),
    (lot, now): (&Model, i64),
    why: Why,
) -> Result<i64, StoreError> {
    let before = state.at(Place::of_lot(Account::Received, lot.id));
    let postings = rule::count(state, lot.id, now);
    if postings.is_empty() {
        return Ok(0);
    }
    let more: i64 = postings.iter().map(freed).sum();
    let kind = if now > before { LedgerEntryKind::Receive } else { LedgerEntryKind::Reduce };
    let (cause_kind, id, sequence) = match why {
        Why::Event { id, sequence } => (CauseKind::Contribution, id.as_uuid(), sequence),
        Why::Pool { version } => {
            let root_id = lot.root_id.unwrap_or(ContributionId::from_uuid(lot.id.as_uuid()));
            (CauseKind::Pool, root_id.as_uuid(), version)
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::contribution::tests::fact;
    use kernel::DonorId;

    #[test]
    fn a_lot_is_what_counts_of_its_records_and_follows_the_largest() {
        let (promise, payment) = (fact(1, 1, 40_000), fact(2, 1, 60_000));
        let other = facts::Model { donor_id: Some(DonorId::from_u128(9)), ..payment.clone() };
        let counted = sum(vec![&promise, &payment]);
        assert_eq!((counted.amount, counted.several_donors), (100_000, false));
        assert_eq!(counted.lead.as_ref().map(|lead| lead.id), Some(payment.id));
        assert!(sum(vec![&promise, &other]).several_donors);
        let none = sum(Vec::new());
        assert_eq!((none.amount, none.lead, none.first), (0, None, None));
    }
}
