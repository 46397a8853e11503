//! What is put to the vote: the same of a motion and of a circulation.

use super::Resolution;
use crate::{
    committee::{
        refusal::{conflict, recused as has_conflict, unknown},
        seat::{self, Seat},
    },
    proposal,
    window::{self, Terms},
};
use ::store::{StoreError, TenantScope};
use auth::ApiError;
use chrono::NaiveDate;
use kernel::{CommitteeId, Currency, Fault, FieldCode, Money, PersonId, Problem, ProposalId, SeatId};
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use service::Checks;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What a motion or a circulation proposes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wording {
    /// `approve`, `partly_approve`, `defer` or `reject` a proposal that is on the shortlist; `withdraw_funds`, `extend` or
    /// `reallocate` for one that was approved; `other` for what is about no proposal.
    pub(crate) resolution: Resolution,
    /// In US dollars: of `approve` what was asked for (the default), of `partly_approve` less, and not less than the
    /// least; of `withdraw_funds` and `reallocate` what is withdrawn. Of no other resolution.
    pub(crate) amount: Option<Money>,
    /// Conditions of the approval.
    #[schema(max_length = 5000)]
    pub(crate) conditions: Option<String>,
    /// Why: it is published with the decision.
    #[schema(
        example = "The only pipeline of shelter material before the rains",
        min_length = 1,
        max_length = 5000
    )]
    pub(crate) reason: String,
}

/// A proposal that is decided on, with its window.
pub(crate) struct Decided {
    pub(crate) proposal: proposal::store::Model,
    pub(crate) terms: Terms,
}

/// A proposal of the committee with its window, whichever office's it is.
///
/// # Errors
/// 422 at the pointer.
pub(crate) async fn decided(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    (committee_id, id): (CommitteeId, ProposalId),
    pointer: &str,
) -> Result<Decided, ApiError> {
    let refused = || Problem::invalid_field(pointer, unknown("allocation_proposal"));
    let proposal = proposal::store::get(scope, db, id).await?.ok_or_else(refused)?;
    let terms = window::store::terms(db, proposal.window_id).await?.ok_or_else(refused)?;
    if terms.committee_id == committee_id { Ok(Decided { proposal, terms }) } else { Err(refused().into()) }
}

/// The proposal of something that was put to the vote, again.
///
/// # Errors
/// [`StoreError::Damaged`] when there is none.
pub(crate) async fn decided_again(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: ProposalId,
) -> Result<Decided, StoreError> {
    let damaged = || StoreError::Damaged(format!("there is no proposal {id} with a window"));
    let proposal = proposal::store::get(scope, db, id).await?.ok_or_else(damaged)?;
    let terms = window::store::terms(db, proposal.window_id).await?.ok_or_else(damaged)?;
    Ok(Decided { proposal, terms })
}

/// The amount in US cents, once nothing is wrong with the wording.
///
/// # Errors
/// 422 with every field; 409 when the state of the proposal does not allow the resolution.
pub(crate) fn check(
    wording: &Wording,
    proposal: Option<&proposal::store::Model>,
) -> Result<Option<i64>, ApiError> {
    let mut checks = Checks::new();
    let resolution = wording.resolution;
    checks.required_long_text("/reason", &wording.reason, 5000);
    checks.optional_long_text("/conditions", wording.conditions.as_deref(), 5000);
    let is_other = resolution == Resolution::Other;
    let fits = is_other == proposal.is_none();
    let fault = FieldCode::Invalid.says("`other` is about no proposal, every other resolution is about one");
    checks.require(fits, "/resolution", fault);
    if let Some(amount) = wording.amount {
        let is_dollars = amount.currency() == Currency::USD;
        checks.require(is_dollars, "/amount/currency", Fault::wrong_currency("USD"));
        checks.require(amount.minor() > 0, "/amount", Fault::not_above_zero());
        let other = FieldCode::Invalid.says("is of no such resolution");
        checks.require(resolution.has_amount(), "/amount", other);
    }
    let cents = wording.amount.map(|amount| amount.minor());
    let cents = match (resolution, proposal) {
        (Resolution::Approve, Some(proposal)) => Some(cents.unwrap_or(proposal.asked)),
        _ => cents,
    };
    checks.require(cents.is_some() || !resolution.has_amount(), "/amount", Fault::required());
    if let (Some(proposal), Some(cents)) = (proposal, cents) {
        check_amount(&mut checks, resolution, proposal, cents);
    }
    checks.finish()?;
    match proposal {
        Some(proposal) => check_state(resolution, proposal).map(|()| cents),
        None => Ok(cents),
    }
}

/// Whether an approved amount lies between the least and what was asked for.
fn check_amount(checks: &mut Checks, resolution: Resolution, proposal: &proposal::store::Model, cents: i64) {
    let (least, asked) = (Money::usd(proposal.least), Money::usd(proposal.asked));
    match resolution {
        Resolution::Approve => {
            let fault = FieldCode::Differs.says(format!("must be what was asked for: {asked}"));
            checks.require(cents == proposal.asked, "/amount", fault.with("field", "asked"));
        }
        Resolution::PartlyApprove => {
            let fits = (proposal.least..proposal.asked).contains(&cents);
            let why = format!("must be at least {least} and less than {asked}");
            let fault = FieldCode::OutOfRange.says(why);
            let fault = fault.with("min", least.to_string()).with("max", asked.to_string());
            checks.require(fits, "/amount", fault);
        }
        Resolution::WithdrawFunds
        | Resolution::Reallocate
        | Resolution::Defer
        | Resolution::Reject
        | Resolution::Extend
        | Resolution::Other => {}
    }
}

/// Whether the state of a proposal allows a resolution.
///
/// # Errors
/// 409 otherwise.
pub(crate) fn check_state(resolution: Resolution, proposal: &proposal::store::Model) -> Result<(), ApiError> {
    let allowed = match resolution {
        Resolution::Approve | Resolution::PartlyApprove | Resolution::Defer | Resolution::Reject => {
            proposal.state == proposal::State::Shortlisted
        }
        Resolution::WithdrawFunds | Resolution::Extend | Resolution::Reallocate => {
            proposal.state.is_promised()
        }
        Resolution::Other => true,
    };
    if allowed {
        return Ok(());
    }
    let why = format!("the proposal is {}: this cannot be decided on it", proposal.state);
    Err(conflict("allocation_proposal", proposal.state.as_str(), why))
}

/// The seat of whoever moves: a voting member in office on the day, without a conflict of interest.
///
/// # Errors
/// 422 for no such seat, 403 for a conflict.
pub(crate) async fn mover(
    db: &impl ConnectionTrait,
    (committee_id, day): (CommitteeId, NaiveDate),
    id: SeatId,
    recused: &BTreeSet<PersonId>,
) -> Result<Seat, ApiError> {
    let seats = seat::on(db, committee_id, day).await?;
    let found = seats.into_iter().find(|seat| seat.id == id && seat.kind.votes());
    let mover = found.ok_or_else(|| Problem::invalid_field("/mover_id", unknown("seat")))?;
    if recused.contains(&mover.person_id) {
        return Err(has_conflict("the mover has a conflict of interest in the proposal"));
    }
    Ok(mover)
}
