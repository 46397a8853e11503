//! A ledger from its first entry to its last, some entries at a time, by their numbers: what its lines add up to, and
//! whether every decision has the entries that it takes.

use super::{
    account::{Account, LedgerEntryKind},
    state::Place,
    verify::Finding,
};
use crate::pool;
use ::store::{StoreError, params, sql};
use chrono::{DateTime, Utc};
use kernel::{DecisionId, EntryId, LotId, PoolId, ProposalId};
use sea_orm::{ConnectionTrait, FromQueryResult};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Entries, or decisions, read at once.
const PAGE_SIZE: usize = 2_000;

/// What a walk through a ledger finds.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// What lines add up to, by place; what is not there is zero.
    pub(super) sums: BTreeMap<Place, i64>,
    /// The entries that decisions caused.
    of_decisions: BTreeMap<DecisionId, Vec<(LedgerEntryKind, EntryId)>>,
}

#[derive(Debug, FromQueryResult)]
struct Entry {
    id: EntryId,
    number: i64,
    kind: LedgerEntryKind,
    decision_id: Option<DecisionId>,
}

#[derive(Debug, FromQueryResult)]
struct Line {
    entry_id: EntryId,
    account: Account,
    proposal_id: ProposalId,
    lot_id: LotId,
    amount: i64,
}

/// Walks through the entries of a pool. Invariant 3 is looked at on the way: entries are numbered without gaps, each
/// balances for each lot, and only what the donors service counts or own funds change what was received.
///
/// # Errors
/// [`StoreError`]; within, what does not hold.
pub(super) async fn entries(
    db: &impl ConnectionTrait,
    pool: &pool::store::Model,
) -> Result<Result<Walked, Finding>, StoreError> {
    let mut walked = Walked::default();
    let mut last: i64 = 0;
    loop {
        let text = format!(
            "SELECT id, number, kind, decision_id FROM entry WHERE pool_id = $1 AND number > $2
             ORDER BY number LIMIT {PAGE_SIZE}"
        );
        let page: Vec<Entry> = sql::all(db, &text, params![pool.id, last]).await?;
        let Some(end) = page.last().map(|entry| entry.number) else { break };
        let text =
            "SELECT posting.entry_id, posting.account, posting.proposal_id, posting.lot_id, posting.amount
                    FROM entry JOIN posting ON posting.entry_id = entry.id
                    WHERE entry.pool_id = $1 AND entry.number > $2 AND entry.number <= $3";
        let lines: Vec<Line> = sql::all(db, text, params![pool.id, last, end]).await?;
        if let Err(finding) = walked.add(&page, &lines, last) {
            return Ok(Err(finding));
        }
        last = end;
    }
    if last != pool.entries {
        return Ok(Err((3, format!("the last entry is {last}, and the pool counts {}", pool.entries))));
    }
    walked.sums.retain(|_, sum| *sum != 0);
    Ok(Ok(walked))
}

impl Walked {
    /// Adds some entries, which follow the one with the number `last`.
    fn add(&mut self, page: &[Entry], lines: &[Line], last: i64) -> Result<(), Finding> {
        if let Some((entry, number)) =
            page.iter().zip(last + 1..).find(|(entry, number)| entry.number != *number)
        {
            return Err((3, format!("entry {} follows entry {}", entry.number, number - 1)));
        }
        let kinds: HashMap<EntryId, LedgerEntryKind> =
            page.iter().map(|entry| (entry.id, entry.kind)).collect();
        let mut of_lots: HashMap<(EntryId, LotId), i64> = HashMap::with_capacity(lines.len());
        let mut written: BTreeSet<EntryId> = BTreeSet::new();
        for line in lines {
            let may_change = kinds.get(&line.entry_id).copied().is_some_and(changes_received);
            if line.account == Account::Received && !may_change {
                return Err((3, format!("entry {} changes what was received", line.entry_id)));
            }
            let beside = if line.account.is_position() { line.amount } else { -line.amount };
            *of_lots.entry((line.entry_id, line.lot_id)).or_default() += beside;
            let place = Place { account: line.account, proposal_id: line.proposal_id, lot_id: line.lot_id };
            *self.sums.entry(place).or_default() += line.amount;
            written.insert(line.entry_id);
        }
        if let Some(((entry_id, _), _)) = of_lots.iter().find(|(_, sum)| **sum != 0) {
            return Err((3, format!("entry {entry_id} does not balance")));
        }
        for entry in page {
            if !written.contains(&entry.id) {
                return Err((3, format!("entry {} has no lines", entry.id)));
            }
            if let Some(decision_id) = entry.decision_id {
                self.of_decisions.entry(decision_id).or_default().push((entry.kind, entry.id));
            }
        }
        Ok(())
    }
}

/// Whether entries of a kind change what was received.
const fn changes_received(kind: LedgerEntryKind) -> bool {
    matches!(kind, LedgerEntryKind::Receive | LedgerEntryKind::Reduce | LedgerEntryKind::Absorb)
}

/// A decision, as far as its entries go. The ledger reads the table, and not its module: decisions post to the ledger.
#[derive(Debug, Clone, FromQueryResult)]
struct Decided {
    id: DecisionId,
    resolution: String,
    state: String,
    /// There is one where the head of the organisation had the last word.
    confirm_until: Option<DateTime<Utc>>,
    reserve_entry_id: Option<EntryId>,
    allocate_entry_id: Option<EntryId>,
}

impl Decided {
    /// The entries that it takes, by kind: how many at least and at most, and the one that it names.
    fn takes(&self) -> [(LedgerEntryKind, [usize; 2], Option<EntryId>); 3] {
        let (is_approval, holds) = (
            ["approve", "partly_approve"].contains(&self.resolution.as_str()),
            ["in_force", "superseded"].contains(&self.state.as_str()),
        );
        let is_over = ["declined", "expired"].contains(&self.state.as_str());
        let had_head = self.confirm_until.is_some();
        let exactly = |is_there: bool| [usize::from(is_there); 2];
        let allocated = if is_approval {
            exactly(holds)
        } else {
            // A re-allocation is an entry once it is carried out.
            [0, usize::from(self.resolution == "reallocate")]
        };
        [
            (LedgerEntryKind::Reserve, exactly(is_approval && had_head), self.reserve_entry_id),
            (LedgerEntryKind::Allocate, allocated, self.allocate_entry_id),
            (LedgerEntryKind::Release, exactly(is_approval && had_head && is_over), None),
        ]
    }

    /// What is wrong with the entries that it caused: one is missing, there are several, or it names another one.
    fn broken(&self, caused: &[(LedgerEntryKind, EntryId)]) -> Option<String> {
        self.takes().into_iter().find_map(|(kind, [least, most], named)| {
            let own: Vec<EntryId> =
                caused.iter().filter(|(of, _)| *of == kind).map(|(_, entry_id)| *entry_id).collect();
            let id = self.id;
            if own.len() < least {
                return Some(format!("decision {id} has no entry that {kind}s"));
            }
            if own.len() > most {
                return Some(format!("decision {id} has {} entries that {kind}, not {most}", own.len()));
            }
            let names_another = named.is_some_and(|named| !own.contains(&named));
            names_another.then(|| format!("the entry that {kind}s which decision {id} names is not its own"))
        })
    }
}

/// Invariant 6: a decision that approves has one entry that allocates, and one that reserves before where the head of
/// the organisation had the last word; and the entries that it names are these.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn decisions(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    walked: &Walked,
) -> Result<Option<Finding>, StoreError> {
    let text = format!(
        "SELECT id, resolution, state, confirm_until, reserve_entry_id, allocate_entry_id
         FROM decision WHERE pool_id = $1 AND id > $2 ORDER BY id LIMIT {PAGE_SIZE}"
    );
    let mut last = DecisionId::nil();
    loop {
        let page: Vec<Decided> = sql::all(db, &text, params![pool_id, last]).await?;
        for decided in &page {
            let caused = walked.of_decisions.get(&decided.id).map_or(&[][..], Vec::as_slice);
            if let Some(what) = decided.broken(caused) {
                return Ok(Some((6, what)));
            }
        }
        match page.last() {
            Some(decided) if page.len() == PAGE_SIZE => last = decided.id,
            Some(_) | None => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESERVED: EntryId = EntryId::from_u128(1);
    const ALLOCATED: EntryId = EntryId::from_u128(2);

    fn decided(state: &str, had_head: bool) -> Decided {
        Decided {
            id: DecisionId::from_u128(1),
            resolution: "approve".to_owned(),
            state: state.to_owned(),
            confirm_until: had_head.then(|| "2026-05-18T10:00:00Z".parse().unwrap()),
            reserve_entry_id: Some(RESERVED).filter(|_| had_head),
            allocate_entry_id: Some(ALLOCATED).filter(|_| state == "in_force"),
        }
    }

    #[test]
    fn a_missing_entry_of_a_decision_is_found_and_so_is_one_too_many() {
        use LedgerEntryKind::{Allocate, Release, Reserve};
        let (reserved, allocated) = ((Reserve, RESERVED), (Allocate, ALLOCATED));
        let released = (Release, EntryId::from_u128(3));
        let committees = decided("in_force", false);
        assert_eq!(committees.broken(&[allocated]), None);
        assert!(committees.broken(&[]).is_some(), "nothing was allocated");
        assert!(committees.broken(&[allocated, (Allocate, RESERVED)]).is_some(), "twice");
        assert!(committees.broken(&[(Allocate, RESERVED)]).is_some(), "another entry than it names");
        let heads = decided("in_force", true);
        assert_eq!(heads.broken(&[reserved, allocated]), None);
        assert!(heads.broken(&[allocated]).is_some(), "nothing was reserved");
        assert_eq!(decided("awaiting_head", true).broken(&[reserved]), None);
        assert!(decided("awaiting_head", true).broken(&[reserved, allocated]).is_some());
        assert_eq!(decided("declined", true).broken(&[reserved, released]), None);
        assert!(decided("expired", true).broken(&[reserved]).is_some(), "it is held for ever");
    }

    #[test]
    fn a_decision_that_promises_nothing_has_no_entry_until_it_is_carried_out() {
        let other = |resolution: &str| Decided {
            resolution: resolution.to_owned(),
            allocate_entry_id: None,
            ..decided("in_force", false)
        };
        assert_eq!(other("reject").broken(&[]), None);
        assert!(other("reject").broken(&[(LedgerEntryKind::Allocate, ALLOCATED)]).is_some());
        assert_eq!(other("reallocate").broken(&[]), None);
        assert_eq!(other("reallocate").broken(&[(LedgerEntryKind::Allocate, ALLOCATED)]), None);
    }

    #[test]
    fn numbers_have_no_gap_and_every_entry_has_lines_that_balance() {
        let lot_id = LotId::from_u128(9);
        let entry = |number: i64| Entry {
            id: EntryId::from_u128(u128::try_from(number).unwrap()),
            number,
            kind: LedgerEntryKind::Receive,
            decision_id: None,
        };
        let line = |entry_id: u128, account, amount| Line {
            entry_id: EntryId::from_u128(entry_id),
            account,
            proposal_id: ProposalId::nil(),
            lot_id,
            amount,
        };
        let lines = [line(1, Account::Received, 5), line(1, Account::Available, 5)];
        let added = |page: &[Entry], lines: &[Line]| Walked::default().add(page, lines, 0);
        assert_eq!(added(&[entry(1)], &lines), Ok(()));
        assert!(added(&[entry(2)], &[]).is_err_and(|(number, _)| number == 3));
        assert!(added(&[entry(1), entry(2)], &lines).is_err_and(|(_, what)| what.contains("no lines")));
        assert!(added(&[entry(1)], &lines[..1]).is_err_and(|(_, what)| what.contains("balance")));
    }
}
