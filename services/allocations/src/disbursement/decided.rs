//! The decisions that a withdrawal, a re-allocation or an extension follows: each is carried out once.

use crate::{
    committee::refusal,
    decision::{DecisionState, store::Model},
    ledger::{self, Cause, Command},
    motion::Resolution,
    proposal,
};
use ::store::{StoreError, Transaction, params, sql};
use auth::ApiError;
use kernel::{DecisionId, EntryId, FieldCode, PoolId, Problem};

/// Takes a decision to be carried out in this transaction: what it is about in US cents, where it has an amount.
///
/// # Errors
/// 422 at `/decision_id` for a decision on something else; 409 for one that waits for the head, does not hold, or was carried
/// out before.
pub(crate) async fn take(
    tx: &Transaction,
    row: &proposal::store::Model,
    decision_id: DecisionId,
    resolution: Resolution,
) -> Result<Option<i64>, ApiError> {
    tx.lock(&format!("allocations:decision:{decision_id}")).await?;
    let text = "SELECT * FROM decision WHERE id = $1 AND organisation_id = $2";
    let found: Vec<Model> = sql::all(tx.db(), text, params![decision_id, row.organisation_id]).await?;
    let is_about_this = |found: &Model| found.resolution == resolution && found.proposal_id == Some(row.id);
    let Some(decision) = found.into_iter().find(is_about_this) else {
        let fault = FieldCode::UnknownReference.says("is no decision of this kind on this proposal");
        return Err(Problem::invalid_field("/decision_id", fault.with("kind", "decision")).into());
    };
    if decision.state != DecisionState::InForce {
        let why = format!("a decision that is {} is not carried out", decision.state);
        return Err(refusal::conflict("decision", decision.state.as_str(), why));
    }
    if is_carried_out(tx, decision_id).await? {
        return Err(refusal::taken("/decision_id", "this decision was carried out before"));
    }
    Ok(decision.amount)
}

/// [`take`] of a decision about an amount.
///
/// # Errors
/// As [`take`], and 422 at `/decision_id` for one without an amount.
pub(crate) async fn take_amount(
    tx: &Transaction,
    row: &proposal::store::Model,
    decision_id: DecisionId,
    resolution: Resolution,
) -> Result<i64, ApiError> {
    let amount = take(tx, row, decision_id, resolution).await?;
    let missing = || {
        let fault = FieldCode::NoAmount.says("is a decision without an amount");
        Problem::invalid_field("/decision_id", fault)
    };
    Ok(amount.ok_or_else(missing)?)
}

async fn is_carried_out(tx: &Transaction, decision_id: DecisionId) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM redeployment WHERE decision_id = $1
                UNION ALL SELECT 1 FROM period_extension WHERE decision_id = $1";
    Ok(sql::row(tx.db(), text, params![decision_id]).await?.is_some())
}

/// The entry of the ledger by which a decision is carried out.
///
/// # Errors
/// As [`ledger::store::post`].
pub(crate) async fn post(
    tx: &mut Transaction,
    pool_id: PoolId,
    command: Command,
    cause: Cause,
) -> Result<EntryId, ApiError> {
    let posted = ledger::store::post(tx, pool_id, command, cause).await;
    Ok(posted.map_err(of_decision)?.entry)
}

/// What the ledger says of the amount of a step is about the decision here, which says how much.
fn of_decision(mut refused: ApiError) -> ApiError {
    for error in refused.0.errors.iter_mut().filter(|error| error.pointer == "/amount") {
        "/decision_id".clone_into(&mut error.pointer);
    }
    refused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::refused::Refused;

    #[test]
    fn the_amount_of_a_decision_is_refused_at_the_decision() {
        let refused = of_decision(Refused::TooSmall { left: 5_000_000 }.into());
        assert_eq!((refused.0.status, refused.0.errors[0].pointer.as_str()), (422, "/decision_id"));
        let other = of_decision(Refused::Insufficient { left: 100 }.into());
        assert_eq!((other.0.status, other.0.errors.len()), (409, 0));
    }
}
