//! Who may vote on a motion at an instant: seats of the day, conflicts of interest, and who is there.

use super::rule::{Entitled, entitled};
use crate::{
    committee::{self, day_in, rules::Rules, seat},
    conflict,
    meeting::{self, attendance::present_at},
};
use ::store::StoreError;
use chrono::{DateTime, Utc};
use kernel::{PersonId, ProposalId};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Who may vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Roll {
    pub(crate) entitled: Vec<Entitled>,
    /// Members who have a conflict of interest.
    pub(crate) recused: BTreeSet<PersonId>,
    pub(crate) present: BTreeSet<PersonId>,
}

/// People who have a conflict of interest in a proposal, by grounds that were not lifted.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn recused(
    db: &impl ConnectionTrait,
    proposal_id: Option<ProposalId>,
) -> Result<BTreeSet<PersonId>, StoreError> {
    let Some(proposal_id) = proposal_id else { return Ok(BTreeSet::new()) };
    let conflicts = conflict::of_proposal(db, proposal_id).await?;
    let standing = conflicts.into_iter().filter(|conflict| conflict.lifted_at.is_none());
    Ok(standing.map(|conflict| conflict.person_id).collect())
}

/// Calls the roll.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn call(
    db: &impl ConnectionTrait,
    (committee, rules): (&committee::store::Model, &Rules),
    meeting: &meeting::store::Model,
    proposal_id: Option<ProposalId>,
    at: DateTime<Utc>,
) -> Result<Roll, StoreError> {
    let seats = seat::on(db, committee.id, day_in(&committee.time_zone, at)).await?;
    let holders: BTreeSet<PersonId> = seats.iter().map(|seat| seat.person_id).collect();
    let mut recused = recused(db, proposal_id).await?;
    recused.retain(|person| holders.contains(person));
    let present = present_at(&meeting.intervals()?, at);
    let entitled = entitled(&seats, &recused, &present, rules.alternates_for_recused);
    Ok(Roll { entitled, recused, present })
}
