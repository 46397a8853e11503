//! Whether everything is as it was written: the ledgers of pools, and the committee's decisions.

use crate::{
    decision,
    ledger::{self, verify::Verified},
};
use ::store::StoreError;
use kernel::DecisionId;
use sea_orm::ConnectionTrait;
use std::fmt;

/// What is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// An invariant of a pool's ledger does not hold.
    Ledger(ledger::verify::Broken),
    /// The decision's content is not what was hashed when it was taken.
    Decision(DecisionId),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(broken) => write!(f, "{broken}"),
            Self::Decision(id) => write!(f, "decision {id} is not what was decided"),
        }
    }
}

/// Walks through the ledgers of all pools and through all decisions; the first thing that is wrong, or what was looked at.
/// `db` reads as the platform.
///
/// # Errors
/// [`StoreError`] when the database is unavailable, or has none of the tables.
pub async fn verify(db: &impl ConnectionTrait) -> Result<Result<Verified, Broken>, StoreError> {
    let verified = match ledger::verify::verify(db).await? {
        Ok(verified) => verified,
        Err(broken) => return Ok(Err(Broken::Ledger(broken))),
    };
    let broken = decision::verify::first_broken(db).await?;
    Ok(broken.map_or(Ok(verified), |id| Err(Broken::Decision(id))))
}
