//! What the platform is told of an allocation: its amounts, and the contributions that they come from.

use crate::{
    known::contribution,
    ledger::{LedgerEntryKind, promise},
    lot, proposal, suggestion,
    use_of_funds::trace::{Stages, stages_by_lot},
};
use ::store::{StoreError, Transaction, params, sql};
use chrono::{Datelike, NaiveDate};
use events::{AllocationAmounts, AllocationChanged, AllocationSource};
use kernel::{ContributionId, DonorId, LotId, Money, ProposalId, text::split};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, BTreeSet};

/// Leaves the event of a proposal in the outbox as it is in this transaction: call it after its rows and entries are
/// written. A proposal that is not there is none.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn emit(tx: &mut Transaction, id: ProposalId) -> Result<(), StoreError> {
    let text = "SELECT * FROM allocation_proposal WHERE id = $1";
    let Some(row) = sql::all::<proposal::store::Model>(tx.db(), text, params![id]).await?.pop() else {
        return Ok(());
    };
    suggestion::store::renew_of(tx, &row).await?;
    let event = event_of(tx.db(), row).await?;
    tx.emit(&event).await
}

/// The next versions of proposals of which something beside their own rows and entries changed, with their events.
/// Their pools are locked.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn emit_next(tx: &mut Transaction, ids: BTreeSet<ProposalId>) -> Result<(), StoreError> {
    for id in ids {
        tx.lock(&proposal::store::lock_of(id)).await?;
        let text = "UPDATE allocation_proposal SET version = version + 1, updated_at = $1 WHERE id = $2";
        sql::execute(tx.db(), text, params![tx.now(), id]).await?;
        emit(tx, id).await?;
    }
    Ok(())
}

async fn event_of(
    db: &impl ConnectionTrait,
    row: proposal::store::Model,
) -> Result<AllocationChanged, StoreError> {
    let amounts = promise::of(db, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    let sources = sources(db, row.id).await?;
    let disbursed_on = disbursed_on(db, row.id).await?;
    Ok(AllocationChanged {
        id: row.id,
        sequence: row.version + entries(db, row.id).await?,
        organisation_id: row.organisation_id,
        office_id: row.office_id,
        reference: row.reference,
        title: row.title,
        category: row.category,
        nature: row.nature.into(),
        countries: split(&row.countries),
        plan_ids: split(&row.plan_ids).iter().filter_map(|id| id.parse().ok()).collect(),
        year: row.start_date.year(),
        state: row.state.into(),
        visibility: row.visibility.into(),
        amounts: AllocationAmounts {
            approved: row.approved.map(Money::usd),
            reserved: Money::usd(amounts.reserved),
            allocated: Money::usd(amounts.allocated),
            disbursed: Money::usd(amounts.disbursed),
            spent: Money::usd(amounts.spent),
            returned: Money::usd(amounts.returned),
            withdrawn: Money::usd(amounts.withdrawn),
        },
        sources,
        start_date: Some(row.start_date),
        end_date: Some(row.end_date),
        disbursed_on,
    })
}

/// Entries about a proposal. A step of a proposal makes its next version, an entry, or both: together they only grow.
async fn entries(db: &impl ConnectionTrait, id: ProposalId) -> Result<i64, StoreError> {
    let row = sql::row(db, "SELECT count(*) FROM entry WHERE proposal_id = $1", params![id]).await?;
    let count: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(count.unwrap_or(0))
}

/// The last day on which something was paid, whatever was returned since.
async fn disbursed_on(db: &impl ConnectionTrait, id: ProposalId) -> Result<Option<NaiveDate>, StoreError> {
    let text = "SELECT day FROM entry WHERE proposal_id = $1 AND kind = $2 ORDER BY day DESC LIMIT 1";
    let row = sql::row(db, text, params![id, LedgerEntryKind::Disburse]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

async fn sources(db: &impl ConnectionTrait, id: ProposalId) -> Result<Vec<AllocationSource>, StoreError> {
    let held = stages_by_lot(db, id).await?;
    let keys = held.keys().map(|lot_id| (*lot_id).into());
    let rows = sql::select_by_keys(db, "SELECT * FROM lot WHERE true", vec![], "id", keys).await?;
    let mut lots: Vec<lot::store::Model> = sql::read(&rows)?;
    lots.sort_by_key(|lot| (lot.received_on, lot.root_id, lot.id));
    let known: Vec<ContributionId> = lots.iter().filter_map(|lot| lot.root_id).collect();
    let roots = contribution::roots_shown_alike(db, &known).await?;
    Ok(of_contributions(&lots, &held, &roots))
}

/// What is held of each contribution, in the order of its first lot. A part of one that is counted apart is a lot that
/// is known by a record of the part, where others know the contribution by its first record.
fn of_contributions(
    lots: &[lot::store::Model],
    held: &BTreeMap<LotId, Stages>,
    roots: &BTreeMap<ContributionId, ContributionId>,
) -> Vec<AllocationSource> {
    let mut sums: BTreeMap<(Option<ContributionId>, Option<DonorId>), (usize, Stages)> = BTreeMap::new();
    for (place, lot) in lots.iter().enumerate() {
        let root_id = lot.root_id.map(|known| roots.get(&known).copied().unwrap_or(known));
        let (_, sum) = sums.entry((root_id, lot.donor_id)).or_insert_with(|| (place, Stages::default()));
        sum.add_all(&held.get(&lot.id).copied().unwrap_or_default());
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (place, _))| *place);
    sums.into_iter()
        .map(|((root_id, donor_id), (_, stages))| AllocationSource {
            root_id,
            donor_id,
            allocated: Money::usd(stages.allocated),
            disbursed: Money::usd(stages.disbursed),
            spent: Money::usd(stages.spent),
        })
        .collect()
}
