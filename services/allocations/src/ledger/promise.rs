//! What was promised to proposals, and what became of it: sums of postings.

use super::{
    account::{Account, LedgerEntryKind},
    rows::promise,
    state::{Posting, Purpose},
};
use kernel::{ProposalId, WindowId};
use sea_orm::ConnectionTrait;
use std::collections::HashMap;
use store::{StoreError, params, sql};

/// What of a proposal's money is at which stage, in cents; `withdrawn` is what was ever withdrawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) reserved: i64,
    pub(crate) allocated: i64,
    pub(crate) disbursed: i64,
    pub(crate) spent: i64,
    pub(crate) returned: i64,
    pub(crate) withdrawn: i64,
}

impl From<&promise::Model> for Amounts {
    fn from(row: &promise::Model) -> Self {
        let promise::Model { reserved, allocated, disbursed, spent, returned, withdrawn, .. } = *row;
        Self { reserved, allocated, disbursed, spent, returned, withdrawn }
    }
}

impl Amounts {
    /// The sums after an entry of this kind with these postings.
    pub(crate) fn after(
        mut self,
        kind: LedgerEntryKind,
        proposal_id: ProposalId,
        postings: &[Posting],
    ) -> Self {
        for posting in postings.iter().filter(|posting| posting.proposal_id == proposal_id) {
            match posting.account {
                Account::Reserved => self.reserved += posting.amount,
                Account::Allocated => self.allocated += posting.amount,
                Account::Disbursed => self.disbursed += posting.amount,
                Account::Spent => self.spent += posting.amount,
                Account::Returned => self.returned += posting.amount,
                Account::Available | Account::Received | Account::Uncovered => {}
            }
            if kind == LedgerEntryKind::Withdraw && posting.account == Account::Allocated {
                self.withdrawn -= posting.amount;
            }
        }
        self
    }
}

/// The amounts of proposals: zeroes where nothing was promised.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    ids: &[ProposalId],
) -> Result<HashMap<ProposalId, Amounts>, StoreError> {
    let mut amounts: HashMap<ProposalId, Amounts> = ids.iter().map(|id| (*id, Amounts::default())).collect();
    let keys = ids.iter().map(|id| (*id).into());
    let rows =
        sql::select_by_keys(db, "SELECT * FROM promise WHERE true", vec![], "proposal_id", keys).await?;
    let found: Vec<promise::Model> = sql::read(&rows)?;
    amounts.extend(found.iter().map(|row| (row.proposal_id, Amounts::from(row))));
    Ok(amounts)
}

/// Cents promised in a window: reserved or allocated, without what was released, withdrawn or restored to the pool.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn of_window(db: &impl ConnectionTrait, window_id: WindowId) -> Result<i64, StoreError> {
    let text = "SELECT CAST(coalesce(sum(reserved + allocated + disbursed + spent + returned), 0) AS bigint)
                FROM promise WHERE window_id = $1";
    let row = sql::row(db, text, params![window_id]).await?;
    let sum: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(sum.unwrap_or(0))
}

/// What a promise is for.
///
/// # Errors
/// [`StoreError::Document`] when the row cannot be read.
pub(crate) fn purpose(row: &promise::Model) -> Result<Purpose, StoreError> {
    Ok(serde_json::from_str(&row.purpose)?)
}
