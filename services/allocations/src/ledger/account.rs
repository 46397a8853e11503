//! The accounts of a pool's ledger, what its entries are and what causes them.

use kernel::closed_set;

closed_set! {
    /// An account of a pool's ledger. Money of a lot is in one of the first six; `received` is what the donors service
    /// counts of it, and `uncovered` what was promised of it and is no longer counted.
    pub enum Account {
        Available = "available",
        Reserved = "reserved",
        Allocated = "allocated",
        Disbursed = "disbursed",
        Spent = "spent",
        Returned = "returned",
        Received = "received",
        Uncovered = "uncovered",
    }
}

impl Account {
    /// The accounts that money promised to a proposal is in, in the order in which it goes through them.
    pub(crate) const OF_PROMISES: [Account; 5] =
        [Account::Reserved, Account::Allocated, Account::Disbursed, Account::Spent, Account::Returned];

    /// Whether money is in it: all but what is told beside each lot.
    pub(crate) const fn is_position(self) -> bool {
        !matches!(self, Account::Received | Account::Uncovered)
    }
}

closed_set! {
    /// What an entry of a pool's ledger does.
    pub enum LedgerEntryKind {
        Receive = "receive",
        Reduce = "reduce",
        Reserve = "reserve",
        Release = "release",
        Allocate = "allocate",
        Disburse = "disburse",
        Spend = "spend",
        Return = "return",
        Restore = "restore",
        Withdraw = "withdraw",
        Cover = "cover",
        Absorb = "absorb",
        Reverse = "reverse",
    }
}

impl LedgerEntryKind {
    /// Whether it may be reversed: the others follow the donors service or a decision, and are undone by another entry.
    pub(crate) const fn is_reversible(self) -> bool {
        matches!(self, Self::Disburse | Self::Spend | Self::Return | Self::Restore)
    }
}

closed_set! {
    /// What causes an entry of a pool's ledger: an event of the donors service, a decision, a step of a proposal, a case of
    /// a shortfall, the reversal of another entry, or a change of what the pool takes in.
    pub enum CauseKind {
        Contribution = "contribution",
        Decision = "decision",
        Proposal = "proposal",
        Shortfall = "shortfall",
        Reversal = "reversal",
        Pool = "pool",
    }
}
