//! How a donor stands today: whether it needs a clearance, and whether one holds.

use super::{
    decision::{History, Outcome},
    rule, store,
};
use ::store::{StoreError, params, sql};
use chrono::NaiveDate;
use kernel::{ClearanceProducer, DonorId, DonorType, OrganisationId, closed_set};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;

closed_set! {
    /// What the due-diligence decisions on a donor say today: nothing has been decided, it is cleared, its clearance has
    /// expired, or it is refused.
    pub(crate) enum ClearanceState {
        Undecided = "undecided",
        Cleared = "cleared",
        Expired = "expired",
        Refused = "refused",
    }
}

/// Whether agreements with a donor need a due-diligence clearance, and whether one holds today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ClearanceStanding {
    /// Whether its type is one of those that need a clearance (`/v1/clearance-rule`).
    required: bool,
    state: ClearanceState,
    /// Whether a clearance holds today (UTC).
    holds: bool,
    /// The last day on which it holds without a break, as decided so far. Null if none holds today.
    holds_until: Option<NaiveDate>,
    /// Who decides on it: headquarters in the donor registry, until partnerships has decided once.
    producer: ClearanceProducer,
}

impl ClearanceStanding {
    fn new(required: bool, history: &History, today: NaiveDate) -> Self {
        let state = match history.on(today) {
            Outcome::Undecided => ClearanceState::Undecided,
            Outcome::Cleared(_) => ClearanceState::Cleared,
            Outcome::Expired => ClearanceState::Expired,
            Outcome::Refused => ClearanceState::Refused,
        };
        Self {
            required,
            state,
            holds: state == ClearanceState::Cleared,
            holds_until: history.holds_until(today),
            producer: history.producer(),
        }
    }

    /// Whether an agreement may be signed: a clearance holds, or none is needed.
    pub(crate) fn suffices(&self) -> bool {
        self.holds || !self.required
    }
}

/// How a donor stands on a day.
///
/// # Errors
/// [`StoreError::Damaged`] when there is no such donor.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    donor: DonorId,
    today: NaiveDate,
) -> Result<ClearanceStanding, StoreError> {
    let row = sql::row(db, "SELECT donor_type FROM donor WHERE id = $1", params![donor]).await?;
    let row = row.ok_or_else(|| StoreError::Damaged(format!("there is no donor {donor}")))?;
    let donor_type: DonorType = row.try_get_by_index(0)?;
    let required = rule::requires(db, organisation_id, donor_type).await?;
    Ok(ClearanceStanding::new(required, &store::history(db, donor).await?, today))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clearance::decision::Decision;
    use kernel::{ClearanceDecision, ClearanceId};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn an_agreement_may_be_signed_under_a_clearance_or_without_one_where_none_is_needed() {
        let decision = Decision {
            id: ClearanceId::from_u128(1),
            subject: DonorId::from_u128(2),
            producer: ClearanceProducer::Donors.into(),
            ordinal: 1,
            decision: ClearanceDecision::Cleared.into(),
            valid_from: day("2026-01-01"),
            valid_until: day("2026-12-31"),
        };
        let history = History { decisions: vec![decision], mergers: Vec::new() };
        let of = |required, on: &str| ClearanceStanding::new(required, &history, day(on));
        let today = of(true, "2026-12-31");
        assert!(today.suffices() && today.holds);
        assert_eq!((today.state, today.holds_until), (ClearanceState::Cleared, Some(day("2026-12-31"))));
        let tomorrow = of(true, "2027-01-01");
        assert!(!tomorrow.suffices() && !tomorrow.holds);
        assert_eq!((tomorrow.state, tomorrow.holds_until), (ClearanceState::Expired, None));
        assert!(of(false, "2027-01-01").suffices());
        assert_eq!(of(true, "2025-12-31").state, ClearanceState::Undecided);
    }
}
