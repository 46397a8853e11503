//! What a command does to a pool's ledger, as a pure function: postings, or why it is refused.
//!
//! A ledger of commitment control: reserved, allocated, disbursed, spent, returned are what budgets of public bodies call
//! the stages of an appropriation. It is no substitute for financial statements.

use super::{
    account::Account,
    draw::{draw, pro_rata},
    refused::Refused,
    state::{Place, Posting, Purpose, State},
};
use kernel::{EntryId, LotId, ProposalId};
use std::collections::BTreeMap;

/// The smallest step of money that a proposal has, in cents (USD 100), unless it is all that is left: many steps of a
/// cent would all fall on the lot with the largest share.
pub(crate) const SMALLEST_STEP: i64 = 10_000;

/// What is done to a pool's ledger. Amounts are US cents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// Holds money for a proposal until somebody confirms.
    Reserve { purpose: Purpose, amount: i64 },
    /// Gives held money back to the pool.
    Release { proposal_id: ProposalId, amount: i64 },
    /// Promises money to a proposal: what is held for it, or what is available.
    Allocate { purpose: Purpose, amount: i64, from_reserved: bool },
    /// Hands promised money to the office.
    Disburse { proposal_id: ProposalId, amount: i64 },
    /// Records that the office spent it.
    Spend { proposal_id: ProposalId, amount: i64 },
    /// Records that the office gives it back.
    Return { proposal_id: ProposalId, amount: i64 },
    /// Makes what came back available again, in its own lots.
    Restore { proposal_id: ProposalId, amount: i64 },
    /// Takes back what was promised and not disbursed.
    Withdraw { proposal_id: ProposalId, amount: i64 },
    /// Puts other lots in the place of what a lot no longer covers.
    Cover { lot_id: LotId },
    /// Puts the organisation's own funds in its place.
    Absorb { lot_id: LotId, amount: i64 },
    /// Reverses an entry.
    Reverse { entry_id: EntryId },
}

/// The postings of a command.
///
/// # Errors
/// [`Refused`] with the reason; then nothing is to be posted.
pub(crate) fn post(state: &State, command: &Command) -> Result<Vec<Posting>, Refused> {
    let mut draft = Draft::of(state);
    match command {
        Command::Reserve { purpose, amount } => draft.promise(purpose, *amount, Account::Reserved)?,
        Command::Allocate { purpose, amount, from_reserved: false } => {
            draft.promise(purpose, *amount, Account::Allocated)?;
        }
        Command::Allocate { purpose, amount, from_reserved: true } => {
            draft.step(purpose.proposal_id, *amount, Account::Reserved, Account::Allocated)?;
        }
        Command::Release { proposal_id, amount } => {
            draft.step(*proposal_id, *amount, Account::Reserved, Account::Available)?;
        }
        Command::Disburse { proposal_id, amount } => {
            draft.step(*proposal_id, *amount, Account::Allocated, Account::Disbursed)?;
        }
        Command::Spend { proposal_id, amount } => {
            draft.step(*proposal_id, *amount, Account::Disbursed, Account::Spent)?;
        }
        Command::Return { proposal_id, amount } => {
            draft.step(*proposal_id, *amount, Account::Disbursed, Account::Returned)?;
        }
        Command::Restore { proposal_id, amount } => {
            draft.step(*proposal_id, *amount, Account::Returned, Account::Available)?;
        }
        Command::Withdraw { proposal_id, amount } => {
            draft.step(*proposal_id, *amount, Account::Allocated, Account::Available)?;
        }
        Command::Cover { lot_id } => draft.cover(*lot_id)?,
        Command::Absorb { lot_id, amount } => draft.absorb(*lot_id, *amount)?,
        Command::Reverse { entry_id } => draft.reverse(*entry_id)?,
    }
    Ok(draft.postings())
}

/// The postings when the donors service counts `now` cents of a lot: more closes what is uncovered first, less takes what is
/// available first. None when it counts what it did.
pub(crate) fn count(state: &State, lot_id: LotId, now: i64) -> Vec<Posting> {
    let mut draft = Draft::of(state);
    let available = Place::of_lot(Account::Available, lot_id);
    let uncovered = Place::of_lot(Account::Uncovered, lot_id);
    let more = now - state.at(Place::of_lot(Account::Received, lot_id));
    draft.add(Place::of_lot(Account::Received, lot_id), more);
    if more >= 0 {
        draft.add(available, more);
        draft.settle(lot_id);
    } else {
        let taken = (-more).min(state.at(available));
        draft.add(available, -taken);
        draft.add(uncovered, -more - taken);
    }
    draft.postings()
}

/// An entry that is being made: the state, and what changes.
struct Draft<'a> {
    state: &'a State,
    changes: BTreeMap<Place, i64>,
}

impl<'a> Draft<'a> {
    fn of(state: &'a State) -> Self {
        Self { state, changes: BTreeMap::new() }
    }

    fn at(&self, place: Place) -> i64 {
        self.state.at(place) + self.changes.get(&place).copied().unwrap_or(0)
    }

    fn add(&mut self, place: Place, amount: i64) {
        *self.changes.entry(place).or_insert(0) += amount;
    }

    fn postings(self) -> Vec<Posting> {
        let changed = self.changes.into_iter().filter(|(_, amount)| *amount != 0);
        let posting = |(Place { account, proposal_id, lot_id }, amount)| Posting {
            account,
            proposal_id,
            lot_id,
            amount,
        };
        changed.map(posting).collect()
    }

    /// What a lot has available closes its own hole first.
    fn settle(&mut self, lot_id: LotId) {
        let available = Place::of_lot(Account::Available, lot_id);
        let uncovered = Place::of_lot(Account::Uncovered, lot_id);
        let closed = self.at(uncovered).min(self.at(available));
        if closed > 0 {
            self.add(available, -closed);
            self.add(uncovered, -closed);
        }
    }

    /// What the lots that fit pay of an amount; all but `except`.
    fn drawn(
        &self,
        purpose: &Purpose,
        amount: i64,
        except: Option<LotId>,
    ) -> Result<Vec<(LotId, i64)>, Refused> {
        let lots = self.state.lots.values().filter(|lot| Some(lot.id) != except);
        let available = lots.map(|lot| (lot, self.at(Place::of_lot(Account::Available, lot.id))));
        draw(amount, purpose, available).map_err(|eligible| Refused::NoEligibleMoney { eligible })
    }

    /// Promises what is available.
    fn promise(&mut self, purpose: &Purpose, amount: i64, to: Account) -> Result<(), Refused> {
        above_zero(amount)?;
        let headroom = self.state.headroom(purpose.window_id);
        if amount > headroom {
            return Err(Refused::EnvelopeExceeded { headroom });
        }
        for (lot_id, cents) in self.drawn(purpose, amount, None)? {
            self.add(Place::of_lot(Account::Available, lot_id), -cents);
            self.add(Place::of(to, purpose.proposal_id, lot_id), cents);
        }
        Ok(())
    }

    /// Moves money of a proposal on, or back to the pool, in proportion to what its lots have left.
    fn step(
        &mut self,
        proposal_id: ProposalId,
        amount: i64,
        from: Account,
        to: Account,
    ) -> Result<(), Refused> {
        above_zero(amount)?;
        let held = self.state.held(from, proposal_id);
        let left: i64 = held.iter().map(|(_, cents)| cents).sum();
        if amount > left {
            return Err(Refused::Insufficient { left });
        }
        if amount < SMALLEST_STEP && amount < left {
            return Err(Refused::TooSmall { left });
        }
        let of_proposal = if to == Account::Available { ProposalId::nil() } else { proposal_id };
        for (lot_id, cents) in pro_rata(amount, &held) {
            self.add(Place::of(from, proposal_id, lot_id), -cents);
            self.add(Place::of(to, of_proposal, lot_id), cents);
        }
        for (lot_id, _) in held {
            self.settle(lot_id);
        }
        Ok(())
    }

    /// What is promised of a lot in an account, by proposal.
    fn promised_of(&self, account: Account, lot_id: LotId) -> Vec<(ProposalId, i64)> {
        let promises = self.state.balances.keys().filter(|place| {
            place.account == account && place.lot_id == lot_id && !place.proposal_id.is_nil()
        });
        let cents = promises.map(|place| (place.proposal_id, self.at(*place)));
        cents.filter(|(_, cents)| *cents > 0).collect()
    }

    /// Puts other lots in the place of what a lot no longer covers, stage by stage of what is not spent yet, in
    /// proportion over the proposals.
    fn cover(&mut self, lot_id: LotId) -> Result<(), Refused> {
        let mut covered = 0;
        for account in [Account::Reserved, Account::Allocated, Account::Disbursed] {
            let uncovered = self.at(Place::of_lot(Account::Uncovered, lot_id));
            for (proposal_id, cents) in self.shares_of(account, lot_id, uncovered) {
                let Some(purpose) = self.state.promises.get(&proposal_id) else {
                    return Err(Refused::NoEligibleMoney { eligible: 0 });
                };
                for (other, part) in self.drawn(purpose, cents, Some(lot_id))? {
                    self.replace(account, proposal_id, (lot_id, other), part);
                }
                covered += cents;
            }
        }
        if covered == 0 { Err(Refused::Insufficient { left: 0 }) } else { Ok(()) }
    }

    /// What of `amount` falls on each proposal that has money of a lot in an account.
    fn shares_of(&self, account: Account, lot_id: LotId, amount: i64) -> Vec<(ProposalId, i64)> {
        let held = self.promised_of(account, lot_id);
        let taken = amount.min(held.iter().map(|(_, cents)| cents).sum());
        if taken <= 0 {
            return Vec::new();
        }
        let weights: Vec<i64> = held.iter().map(|(_, cents)| *cents).collect();
        let parts = kernel::Money::usd(taken).in_parts(&weights);
        let shares = held.iter().zip(parts).map(|((proposal_id, _), part)| (*proposal_id, part.minor()));
        shares.filter(|(_, cents)| *cents > 0).collect()
    }

    /// Puts available money of a lot in the place of money of an uncovered one.
    fn replace(&mut self, account: Account, proposal_id: ProposalId, (from, by): (LotId, LotId), cents: i64) {
        self.add(Place::of(account, proposal_id, from), -cents);
        self.add(Place::of_lot(Account::Uncovered, from), -cents);
        self.add(Place::of_lot(Account::Available, by), -cents);
        self.add(Place::of(account, proposal_id, by), cents);
    }

    /// The organisation's own funds come in and take the place of what a lot no longer covers, spent or not.
    fn absorb(&mut self, lot_id: LotId, amount: i64) -> Result<(), Refused> {
        above_zero(amount)?;
        let uncovered = self.at(Place::of_lot(Account::Uncovered, lot_id));
        if amount > uncovered {
            return Err(Refused::Insufficient { left: uncovered });
        }
        let own = self.state.own_lot().filter(|own| *own != lot_id);
        let own = own.ok_or(Refused::NoEligibleMoney { eligible: 0 })?;
        self.add(Place::of_lot(Account::Received, own), amount);
        self.add(Place::of_lot(Account::Available, own), amount);
        let mut left = amount;
        for account in Account::OF_PROMISES {
            for (proposal_id, cents) in self.shares_of(account, lot_id, left) {
                self.replace(account, proposal_id, (lot_id, own), cents);
                left -= cents;
            }
        }
        Ok(())
    }

    /// Posts the opposite of an earlier entry, once. What it would take must be there, and what it would promise again has
    /// to be within the headroom of the window.
    fn reverse(&mut self, entry_id: EntryId) -> Result<(), Refused> {
        let past = self.state.past.get(&entry_id).ok_or(Refused::NotReversible)?;
        if past.is_reversed {
            return Err(Refused::AlreadyReversed);
        }
        if !past.kind.is_reversible() {
            return Err(Refused::NotReversible);
        }
        self.room_for_reversal(&past.postings)?;
        for posting in &past.postings {
            self.add(posting.place(), -posting.amount);
        }
        let lots: Vec<LotId> = past.postings.iter().map(|posting| posting.lot_id).collect();
        for lot_id in lots {
            self.settle(lot_id);
        }
        let places: Vec<Place> = self.changes.keys().copied().collect();
        if places.into_iter().any(|place| self.at(place) < 0) {
            return Err(Refused::Insufficient { left: 0 });
        }
        Ok(())
    }

    /// What the reversal takes out of the pool has to be within the headroom of the proposal's window.
    fn room_for_reversal(&self, postings: &[Posting]) -> Result<(), Refused> {
        let promises = postings.iter().filter(|posting| Account::OF_PROMISES.contains(&posting.account));
        let again: i64 = promises.map(|posting| -posting.amount).sum();
        let proposal = postings.iter().find(|posting| !posting.proposal_id.is_nil());
        let purpose = proposal.and_then(|posting| self.state.promises.get(&posting.proposal_id));
        let headroom = purpose.map_or(0, |purpose| self.state.headroom(purpose.window_id));
        if again > headroom { Err(Refused::EnvelopeExceeded { headroom }) } else { Ok(()) }
    }
}

fn above_zero(amount: i64) -> Result<(), Refused> {
    if amount > 0 { Ok(()) } else { Err(Refused::NotAboveZero) }
}
