//! The trace between contributions and allocations, read from the positions of the ledger: forwards from a lot to what it
//! pays for, backwards from a proposal to the lots that pay for it. Both add up to the same, to the cent.

use crate::{
    ledger::{Account, rows::position},
    lot,
};
use ::store::{StoreError, params, sql};
use kernel::{LotId, Money, ProposalId};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a lot has in an account, for a proposal or (nil) for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) lot_id: LotId,
    /// Nil where it is not promised.
    pub(crate) proposal_id: ProposalId,
    pub(crate) account: Account,
    /// US cents.
    pub(crate) amount: i64,
}

impl From<&position::Model> for Position {
    fn from(row: &position::Model) -> Self {
        let position::Model { lot_id, proposal_id, account, amount, .. } = *row;
        Self { lot_id, proposal_id, account, amount }
    }
}

/// What a lot has beside its positions: what the donors service counts of it, and what is missing.
pub(crate) fn beside(lot: &lot::store::Model) -> [Position; 2] {
    let position =
        |account, amount| Position { lot_id: lot.id, proposal_id: ProposalId::nil(), account, amount };
    [position(Account::Received, lot.received), position(Account::Uncovered, lot.uncovered)]
}

/// How far some money is, in US cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stages {
    pub(crate) available: i64,
    pub(crate) reserved: i64,
    pub(crate) allocated: i64,
    pub(crate) disbursed: i64,
    pub(crate) spent: i64,
    pub(crate) returned: i64,
    /// What was promised and is no longer counted: it is among the others, and is missing.
    pub(crate) uncovered: i64,
    /// What the donors service counts.
    pub(crate) received: i64,
}

impl Stages {
    /// Adds what is in an account.
    pub(crate) fn add(&mut self, account: Account, amount: i64) {
        let stage = match account {
            Account::Available => &mut self.available,
            Account::Reserved => &mut self.reserved,
            Account::Allocated => &mut self.allocated,
            Account::Disbursed => &mut self.disbursed,
            Account::Spent => &mut self.spent,
            Account::Returned => &mut self.returned,
            Account::Uncovered => &mut self.uncovered,
            Account::Received => &mut self.received,
        };
        *stage += amount;
    }

    /// Adds the same of other money.
    pub(crate) fn add_all(&mut self, other: &Stages) {
        self.available += other.available;
        self.reserved += other.reserved;
        self.allocated += other.allocated;
        self.disbursed += other.disbursed;
        self.spent += other.spent;
        self.returned += other.returned;
        self.uncovered += other.uncovered;
        self.received += other.received;
    }

    /// What proposals have of it, at whatever stage.
    pub(crate) const fn promised(&self) -> i64 {
        self.reserved + self.allocated + self.disbursed + self.spent + self.returned
    }

    #[cfg(test)]
    /// Whether what is received, with what is missing, is all that is somewhere (invariant 2 of the ledger).
    pub(crate) const fn adds_up(&self) -> bool {
        self.received + self.uncovered == self.available + self.promised()
    }
}

/// What is where of some positions, by a key of each.
pub(crate) fn by<K: Ord>(positions: &[Position], key: impl Fn(&Position) -> K) -> BTreeMap<K, Stages> {
    let mut found: BTreeMap<K, Stages> = BTreeMap::new();
    for position in positions {
        found.entry(key(position)).or_default().add(position.account, position.amount);
    }
    found
}

/// What is where of some positions together.
pub(crate) fn together<'a>(parts: impl IntoIterator<Item = &'a Stages>) -> Stages {
    let mut sum = Stages::default();
    for part in parts {
        sum.add_all(part);
    }
    sum
}

/// What a proposal has of each lot.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn stages_by_lot(
    db: &impl ConnectionTrait,
    id: ProposalId,
) -> Result<BTreeMap<LotId, Stages>, StoreError> {
    let text = "SELECT * FROM position WHERE proposal_id = $1 AND amount > 0";
    let rows: Vec<position::Model> = sql::all(db, text, params![id]).await?;
    let positions: Vec<Position> = rows.iter().map(Position::from).collect();
    Ok(by(&positions, |position| position.lot_id))
}

/// How far money that was promised to a proposal is, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PromisedAmounts {
    /// Held until the head of the organisation confirms.
    pub(crate) reserved: Money,
    /// Allocated and not yet disbursed.
    pub(crate) allocated: Money,
    /// Disbursed and not yet spent.
    pub(crate) disbursed: Money,
    /// Spent.
    pub(crate) spent: Money,
    /// Returned by the office and not yet available again.
    pub(crate) returned: Money,
}

impl From<&Stages> for PromisedAmounts {
    fn from(stages: &Stages) -> Self {
        Self {
            reserved: Money::usd(stages.reserved),
            allocated: Money::usd(stages.allocated),
            disbursed: Money::usd(stages.disbursed),
            spent: Money::usd(stages.spent),
            returned: Money::usd(stages.returned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: LotId = LotId::from_u128(1);
    const B: LotId = LotId::from_u128(2);
    const C: LotId = LotId::from_u128(3);
    const NONE: ProposalId = ProposalId::nil();
    const P1: ProposalId = ProposalId::from_u128(11);
    const P2: ProposalId = ProposalId::from_u128(12);
    const P3: ProposalId = ProposalId::from_u128(13);

    /// The positions after the thirteen steps of the worked example: Sweden's lot A, Norway's B, Denmark's C.
    fn example() -> Vec<Position> {
        use Account::{Allocated, Available, Received, Spent};
        let rows = [
            (Available, NONE, [50_352_941, 247_059, 900_000]),
            (Allocated, P1, [5_226_245, 773_755, 9_000_000]),
            (Allocated, P2, [34_841_629, 5_158_371, 0]),
            (Allocated, P3, [5_226_244, 773_756, 9_000_000]),
            (Spent, P1, [4_352_941, 3_047_059, 11_100_000]),
            (Received, NONE, [100_000_000, 10_000_000, 30_000_000]),
        ];
        let of_row = |(account, proposal_id, amounts): (Account, ProposalId, [i64; 3])| {
            let lots = [A, B, C].into_iter().zip(amounts);
            lots.map(move |(lot_id, amount)| Position { lot_id, proposal_id, account, amount })
        };
        rows.into_iter().flat_map(of_row).collect()
    }

    #[test]
    fn norways_page_of_the_worked_example_adds_up() {
        let norway: Vec<Position> =
            example().into_iter().filter(|position| position.lot_id == B && position.amount > 0).collect();
        let uses = by(&norway, |position| position.proposal_id);
        assert_eq!(uses[&NONE], Stages { available: 247_059, received: 10_000_000, ..Stages::default() });
        assert_eq!(uses[&P1], Stages { allocated: 773_755, spent: 3_047_059, ..Stages::default() });
        assert_eq!(uses[&P2], Stages { allocated: 5_158_371, ..Stages::default() });
        assert_eq!(uses[&P3], Stages { allocated: 773_756, ..Stages::default() });
        let all = together(uses.values());
        assert_eq!((all.received, all.available, all.promised()), (10_000_000, 247_059, 9_752_941));
        assert!(all.adds_up());
    }

    #[test]
    fn every_lot_and_the_whole_pool_of_the_worked_example_add_up() {
        let lots = by(&example(), |position| position.lot_id);
        assert!(lots.values().all(Stages::adds_up));
        let pool = together(lots.values());
        assert_eq!((pool.received, pool.available, pool.spent), (140_000_000, 51_500_000, 18_500_000));
        assert_eq!(pool.allocated, 15_000_000 + 40_000_000 + 15_000_000);
        let sources = by(&example(), |position| (position.proposal_id, position.lot_id));
        assert_eq!(sources[&(P1, A)], Stages { allocated: 5_226_245, spent: 4_352_941, ..Stages::default() });
    }

    #[test]
    fn what_is_missing_is_part_of_what_is_somewhere() {
        // Step 9: B counts 100,000.00 of 700,000.01, and 147,058.82 of what is promised is missing.
        let held = Stages {
            allocated: 2_470_588 + 16_470_588 + 2_470_588,
            disbursed: 3_294_118,
            uncovered: 14_705_882,
            received: 10_000_000,
            ..Stages::default()
        };
        assert_eq!(held.promised(), 24_705_882);
        assert!(held.adds_up());
    }

    proptest! {
        #[test]
        fn the_trace_forwards_is_the_trace_backwards(
            parts in proptest::collection::vec((1u128..5, 0u128..6, 0usize..6, 0i64..1_000_000_000), 0..60),
        ) {
            let positions: Vec<Position> = parts.into_iter().map(|(lot, proposal, account, amount)| Position {
                lot_id: LotId::from_u128(lot),
                proposal_id: ProposalId::from_u128(proposal),
                account: Account::ALL[account],
                amount,
            }).collect();
            let forwards = by(&positions, |position| (position.lot_id, position.proposal_id));
            let backwards = by(&positions, |position| (position.proposal_id, position.lot_id));
            for ((lot_id, proposal_id), stages) in &forwards {
                prop_assert_eq!(&backwards[&(*proposal_id, *lot_id)], stages);
            }
            prop_assert_eq!(together(forwards.values()), together(backwards.values()));
            let of_lots = by(&positions, |position| position.lot_id);
            let of_proposals = by(&positions, |position| position.proposal_id);
            prop_assert_eq!(together(of_lots.values()), together(of_proposals.values()));
        }
    }
}
