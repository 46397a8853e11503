//! What a contribution is made of: entries that are added and never changed. Their sum is what the record counts.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{ContributionId, Money, PrincipalId, closed_set};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use store::{StoreError, Transaction, insert_models, params, sql};

closed_set! {
    /// What a ledger entry does.
    pub enum EntryKind {
        /// Money that was not on record before.
        Recorded = "recorded",
        /// Comes from the record that promised it, or comes back from one that was reversed.
        MovedIn = "moved_in",
        /// Goes to the record that fulfils it, or back to the one that promised it.
        MovedOut = "moved_out",
        /// A pledge or commitment that will not be fulfilled.
        WrittenOff = "written_off",
        /// Taken back, because it was recorded wrongly.
        Reversed = "reversed",
    }
}

pub(crate) use self::EntryKind as Kind;

/// A row of `contribution_entry`: minor units of the record's currency, and cents of US dollars.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contribution_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub contribution_id: ContributionId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    pub kind: Kind,
    pub amount: i64,
    pub amount_usd: i64,
    pub booked_on: NaiveDate,
    pub counterpart_id: Option<ContributionId>,
    pub reason: Option<String>,
    pub recorded_by: PrincipalId,
    pub recorded_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// An entry to add.
#[derive(Debug, Clone)]
pub(crate) struct New {
    pub(crate) kind: Kind,
    pub(crate) amount: i64,
    pub(crate) amount_usd: i64,
    pub(crate) counterpart_id: Option<ContributionId>,
}

impl New {
    pub(crate) fn of(kind: Kind, (amount, amount_usd): (i64, i64)) -> Self {
        Self { kind, amount, amount_usd, counterpart_id: None }
    }

    pub(crate) fn with(self, counterpart: ContributionId) -> Self {
        Self { counterpart_id: Some(counterpart), ..self }
    }
}

/// The entries of a contribution, oldest first.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    contribution: ContributionId,
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM contribution_entry WHERE contribution_id = $1 ORDER BY number";
    sql::all(db, text, params![contribution]).await
}

/// Adds entries to a locked contribution.
pub(crate) async fn add(
    tx: &Transaction,
    contribution: ContributionId,
    booked_on: NaiveDate,
    reason: Option<&str>,
    entries: &[New],
) -> Result<(), StoreError> {
    let text = "SELECT coalesce(max(number), 0) FROM contribution_entry WHERE contribution_id = $1";
    let last = sql::row(tx.db(), text, params![contribution]).await?;
    let last: i32 = last.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    insert_models(tx.db(), &rows(tx, (contribution, last), booked_on, reason, entries)).await?;
    Ok(())
}

/// The first entry of a contribution that this transaction has made, and does not go on to change.
pub(crate) fn open(tx: &Transaction, contribution: ContributionId, booked_on: NaiveDate, entry: New) {
    tx.write_last(&rows(tx, (contribution, 0), booked_on, None, &[entry]));
}

/// The rows of entries that follow the last one.
fn rows(
    tx: &Transaction,
    (contribution_id, last): (ContributionId, i32),
    booked_on: NaiveDate,
    reason: Option<&str>,
    entries: &[New],
) -> Vec<Model> {
    let counted = entries.iter().filter(|entry| (entry.amount, entry.amount_usd) != (0, 0));
    let row = |(number, entry): (i32, &New)| Model {
        contribution_id,
        number,
        kind: entry.kind,
        amount: entry.amount,
        amount_usd: entry.amount_usd,
        booked_on,
        counterpart_id: entry.counterpart_id,
        reason: reason.map(str::to_owned),
        recorded_by: tx.actor().id,
        recorded_at: tx.now(),
    };
    (last + 1..).zip(counted).map(row).collect()
}

/// The share of `value` that goes with `taken` of `open`, to the cent; the last part takes all that is left.
pub(crate) fn share(value: i64, taken: i64, open: i64) -> i64 {
    Money::usd(value).in_parts(&[taken, open - taken]).first().map_or(value, Money::minor)
}

/// The years' shares of what leaves and of what stays, when `taken` of their sum leaves.
pub(crate) fn divide(shares: &[i64], taken: i64) -> (Vec<i64>, Vec<i64>) {
    let out: Vec<i64> = Money::usd(taken).in_parts(shares).iter().map(Money::minor).collect();
    let kept = shares.iter().zip(&out).map(|(share, out)| share - out).collect();
    (out, kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_part_takes_what_rounding_left() {
        assert_eq!(share(100, 1, 3), 33);
        assert_eq!(share(67, 1, 2), 34);
        assert_eq!(share(33, 1, 1), 33);
        assert_eq!(divide(&[50, 50], 33), (vec![17, 16], vec![33, 34]));
    }

    proptest! {
        #[test]
        fn what_is_paid_in_parts_is_paid_whole(
            open in 1i64..1_000_000_000, value in 0i64..1_000_000_000,
            parts in prop::collection::vec(1i64..400_000_000, 1..8), weights in prop::collection::vec(0i64..1000, 1..6),
        ) {
            let (mut left, mut left_value, mut moved, mut moved_value) = (open, value, 0, 0);
            let mut shares: Vec<i64> = Money::usd(open).in_parts(&weights).iter().map(Money::minor).collect();
            for part in parts.iter().copied().chain([i64::MAX]) {
                let taken = part.min(left);
                if taken == 0 { break; }
                let value = share(left_value, taken, left);
                let (out, kept) = divide(&shares, taken);
                prop_assert_eq!(out.iter().sum::<i64>(), taken);
                prop_assert!(kept.iter().all(|share| *share >= 0), "{:?}", kept);
                shares = kept;
                (left, left_value, moved, moved_value) = (left - taken, left_value - value, moved + taken, moved_value + value);
                prop_assert!(left_value >= 0);
            }
            prop_assert_eq!((left, left_value, moved, moved_value), (0, 0, open, value));
            prop_assert_eq!(shares.iter().sum::<i64>(), 0);
        }
    }
}
