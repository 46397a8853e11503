//! What a pool's ledger says at a moment: the lots, what of each is where, and what it was promised to.

use super::account::{Account, LedgerEntryKind};
use chrono::NaiveDate;
use kernel::{ContributionId, Earmarking, EntryId, LotId, PlanId, ProposalId, WindowId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What money is promised for: which lots fit follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Purpose {
    pub(crate) window_id: WindowId,
    pub(crate) proposal_id: ProposalId,
    /// ISO 3166-1 alpha-3 codes.
    pub(crate) countries: Vec<String>,
    pub(crate) plan_ids: Vec<PlanId>,
    /// The years in which it is used.
    pub(crate) years: Vec<i32>,
    /// The last day on which it is used.
    pub(crate) last_day: NaiveDate,
}

/// A lot of a pool: a root contribution with all that comes from it, or own funds of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lot {
    pub(crate) id: LotId,
    /// None for own funds.
    pub(crate) root_id: Option<ContributionId>,
    pub(crate) received_on: NaiveDate,
    /// The year in which it was first counted.
    pub(crate) intake_year: i32,
    pub(crate) earmarking: Earmarking,
    /// Empty when it may go to any.
    pub(crate) countries: Vec<String>,
    /// Empty when it may go to any.
    pub(crate) plan_ids: Vec<PlanId>,
    /// Whether it is also for a plan that is not known here: then it fits nothing that is not for another of its plans.
    pub(crate) is_for_unknown_plan: bool,
    /// Empty when it may be used in any.
    pub(crate) years: Vec<i32>,
    /// The last day on which it may be used.
    pub(crate) use_by: Option<NaiveDate>,
}

impl Lot {
    /// Whether it may be used for something.
    pub(crate) fn fits(&self, purpose: &Purpose) -> bool {
        let of_countries = meets(&self.countries, &purpose.countries);
        let of_plans = (!self.is_for_unknown_plan || !self.plan_ids.is_empty())
            && meets(&self.plan_ids, &purpose.plan_ids);
        let in_years = meets(&self.years, &purpose.years);
        let in_time = self.use_by.is_none_or(|use_by| use_by >= purpose.last_day);
        of_countries && of_plans && in_years && in_time
    }

    /// The order of lots of a tier: those that came first, then by their contribution.
    pub(crate) fn order(&self) -> (NaiveDate, Option<ContributionId>, LotId) {
        (self.received_on, self.root_id, self.id)
    }
}

/// Whether what is wanted has anything of what is allowed; nothing stated allows all.
fn meets<T: PartialEq>(allowed: &[T], wanted: &[T]) -> bool {
    allowed.is_empty() || wanted.iter().any(|one| allowed.contains(one))
}

/// Where money of a lot is: for a proposal in the accounts of promises, for none (nil) in the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) account: Account,
    /// Nil where it is not promised.
    pub(crate) proposal_id: ProposalId,
    pub(crate) lot_id: LotId,
}

impl Place {
    /// A place beside no proposal.
    pub(crate) const fn of_lot(account: Account, lot_id: LotId) -> Self {
        Self { account, proposal_id: ProposalId::nil(), lot_id }
    }

    /// A place of a proposal.
    pub(crate) const fn of(account: Account, proposal_id: ProposalId, lot_id: LotId) -> Self {
        Self { account, proposal_id, lot_id }
    }
}

/// A line of an entry: by how many cents a place becomes more, or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Posting {
    pub(crate) account: Account,
    /// Nil where it is not promised.
    pub(crate) proposal_id: ProposalId,
    pub(crate) lot_id: LotId,
    /// Cents; below zero when the place becomes less.
    pub(crate) amount: i64,
}

impl Posting {
    /// The place that it changes.
    pub(crate) const fn place(&self) -> Place {
        Place { account: self.account, proposal_id: self.proposal_id, lot_id: self.lot_id }
    }
}

/// What a window may promise, as headroom needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) window_id: WindowId,
    /// Whether it is open, being scored or deliberated on: what is left of it is held back from other windows.
    pub(crate) is_open: bool,
    /// Whether it is a reserve window, which may take the pool's reserve.
    pub(crate) is_reserve: bool,
    /// Cents.
    pub(crate) amount: i64,
}

/// An earlier entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Past {
    pub(crate) kind: LedgerEntryKind,
    pub(crate) is_reversed: bool,
    pub(crate) postings: Vec<Posting>,
}

/// What a pool's ledger adds up to, in cents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) received: i64,
    pub(crate) available: i64,
    pub(crate) uncovered: i64,
    /// What is promised in each window.
    pub(crate) promised: BTreeMap<WindowId, i64>,
}

/// A pool's ledger at a moment: all of it, or of some lots and proposals with the sums of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) lots: BTreeMap<LotId, Lot>,
    /// Cents by place; what is not there is zero.
    pub(crate) balances: BTreeMap<Place, i64>,
    /// What money was ever promised for.
    pub(crate) promises: BTreeMap<ProposalId, Purpose>,
    pub(crate) envelopes: Vec<Envelope>,
    /// The part of what was received that is kept for reserve windows, in percent.
    pub(crate) reserve_floor: i64,
    /// Earlier entries that a command may name.
    pub(crate) past: BTreeMap<EntryId, Past>,
    /// What the whole ledger adds up to, where the balances are those of some lots and proposals alone.
    pub(crate) sums: Option<Sums>,
}

impl Sums {
    /// The sums after a posting, of what was promised in `window_id`.
    fn add(&mut self, posting: &Posting, window_id: Option<WindowId>) {
        match posting.account {
            Account::Received => self.received += posting.amount,
            Account::Available => self.available += posting.amount,
            Account::Uncovered => self.uncovered += posting.amount,
            Account::Reserved
            | Account::Allocated
            | Account::Disbursed
            | Account::Spent
            | Account::Returned => {
                if let Some(window_id) = window_id {
                    *self.promised.entry(window_id).or_default() += posting.amount;
                }
            }
        }
    }
}

impl State {
    /// Cents at a place.
    pub(crate) fn at(&self, place: Place) -> i64 {
        self.balances.get(&place).copied().unwrap_or(0)
    }

    /// Cents in an account, of all lots and proposals.
    pub(crate) fn total(&self, account: Account) -> i64 {
        match (&self.sums, account) {
            (Some(sums), Account::Received) => sums.received,
            (Some(sums), Account::Available) => sums.available,
            (Some(sums), Account::Uncovered) => sums.uncovered,
            (Some(_) | None, _) => {
                let of_account = self.balances.iter().filter(|(place, _)| place.account == account);
                of_account.map(|(_, amount)| amount).sum()
            }
        }
    }

    /// Cents promised to proposals of a window, whatever became of them but a way back to the pool.
    pub(crate) fn promised(&self, window_id: WindowId) -> i64 {
        let promised = match &self.sums {
            Some(sums) => sums.promised.get(&window_id).copied(),
            None => self.promised_by_window().remove(&window_id),
        };
        promised.unwrap_or(0)
    }

    /// What is promised in each window, by the balances.
    pub(crate) fn promised_by_window(&self) -> BTreeMap<WindowId, i64> {
        let mut promised: BTreeMap<WindowId, i64> = BTreeMap::new();
        for (place, amount) in &self.balances {
            if let Some(window_id) = self.window_of(place) {
                *promised.entry(window_id).or_insert(0) += amount;
            }
        }
        promised
    }

    /// The window in which what is at a place was promised.
    fn window_of(&self, place: &Place) -> Option<WindowId> {
        let purpose = self.promises.get(&place.proposal_id);
        purpose.filter(|_| Account::OF_PROMISES.contains(&place.account)).map(|purpose| purpose.window_id)
    }

    /// What a proposal has in an account, by lot, in the order of lots.
    pub(crate) fn held(&self, account: Account, proposal_id: ProposalId) -> Vec<(LotId, i64)> {
        let of_proposal = self.balances.iter().filter(|(place, amount)| {
            place.account == account && place.proposal_id == proposal_id && **amount > 0
        });
        let mut held: Vec<(LotId, i64)> =
            of_proposal.map(|(place, amount)| (place.lot_id, *amount)).collect();
        held.sort_by_key(|(lot_id, _)| self.lots.get(lot_id).map(Lot::order));
        held
    }

    /// The lot of the organisation's own funds.
    pub(crate) fn own_lot(&self) -> Option<LotId> {
        self.lots.values().find(|lot| lot.root_id.is_none()).map(|lot| lot.id)
    }

    /// The state after some postings.
    pub(crate) fn apply(&mut self, postings: &[Posting]) {
        for posting in postings {
            let balance = self.balances.entry(posting.place()).or_insert(0);
            *balance += posting.amount;
            if *balance == 0 {
                self.balances.remove(&posting.place());
            }
            let window_id = self.window_of(&posting.place());
            if let Some(sums) = &mut self.sums {
                sums.add(posting, window_id);
            }
        }
    }
}
