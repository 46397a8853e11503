//! What moves a proposal on before the committee decides, and who may.

use super::window_steps::{is_reviewing, takes_proposals};
use crate::proposal::{
    Action, State,
    api::own,
    complete,
    moves::{apply_with, require_state},
    shown::{ProposalRecord, record},
    state_fault,
    store::{self, Model, Trace},
    transition,
};
use crate::{
    allocation_event, circulation, conflict,
    ledger::promise,
    motion, notice,
    score::{self, board},
    window::{self, Kind},
};
use ::store::{TenantScope, TenantTx, office};
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use kernel::{
    AllocationNoticeKind, Code, FieldCode, Money, OfficeKind, PrincipalId, Problem, ProposalId, Reason,
    WindowId,
};
use serde::Deserialize;
use service::{ApiResult, Changed, Checks, Context, Id, JsonBody, openapi::UpdateProblems};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What is said about a step of a proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProposalRemark {
    /// The reason, which stays in the history.
    #[schema(example = "The budget has no transport", max_length = 2000)]
    comment: Option<String>,
}

/// A remark that is needed.
fn required(comment: Option<String>) -> Result<Option<String>, Problem> {
    let mut checks = Checks::new();
    checks.required_long_text("/comment", comment.as_deref().unwrap_or_default(), 2000);
    checks.finish()?;
    Ok(comment)
}

/// A remark that may be left out.
fn optional(comment: Option<String>) -> Result<Option<String>, Problem> {
    let mut checks = Checks::new();
    checks.optional_long_text("/comment", comment.as_deref(), 2000);
    checks.finish()?;
    Ok(comment.filter(|text| !text.trim().is_empty()))
}

/// The window of a proposal, which does not change before this transaction ends, and then the proposal, locked.
///
/// # Errors
/// 404 for who does not read it.
pub(super) async fn locked(
    tx: &TenantTx,
    scope: &TenantScope,
    id: ProposalId,
) -> Result<(window::store::Model, Model), ApiError> {
    let sighted = store::get(scope, tx.db(), id).await?.ok_or_else(Problem::not_found)?;
    tx.lock_shared(&window::store::lock_of(sighted.window_id)).await?;
    let proposal = store::get_to_change(scope, tx, id).await?.ok_or_else(Problem::not_found)?;
    let window = window::store::find(tx.db(), proposal.organisation_id, proposal.window_id).await?;
    Ok((window.ok_or_else(Problem::not_found)?, proposal))
}

/// The secretariat handles only what others wrote, sent and endorsed, whichever office they did it for: somebody may work for
/// several.
pub(super) fn not_own(proposal: &Model, claims: &Claims) -> Result<(), Problem> {
    let handled = [Some(proposal.created_by), proposal.submitted_by, proposal.endorsed_by];
    let wrote = kernel::text::split(&proposal.authors).contains(&claims.sub.to_string());
    let is_own = wrote || handled.into_iter().flatten().any(|person: PrincipalId| person == claims.sub);
    if !is_own {
        return Ok(());
    }
    let why = "another person of the secretariat has to do this: you wrote, sent or endorsed the proposal";
    Err(Problem::new(Code::Forbidden).because(Reason::SecondPerson, why))
}

async fn shown(tx: &TenantTx, after: Model) -> Result<Changed<ProposalRecord>, ApiError> {
    let version = after.version;
    Ok(Changed::new(version, record(tx.db(), after).await?))
}

/// Submits a proposal
///
/// By the office that proposes, to a window that is open, before its closing instant (409 otherwise). Everything that the
/// committee has to know is there, the budget adds up to what is asked for, amount and period are the window's (422 at the
/// fields), and the regional office above has endorsed it where the window asks for that (409). Send the proposal's ETag in
/// `If-Match`.
#[utoipa::path(tag = "allocation proposals", security(("oauth2" = ["proposals:write"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The proposal", body = ProposalRecord), UpdateProblems))]
#[post("/v1/allocation-proposals/{id}/submit")]
pub(crate) async fn submit(
    request: HttpRequest,
    caller: Caller<perm::ProposalsWrite>,
    context: Data<Context>,
    id: Id<ProposalId>,
) -> ApiResult {
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let (window, _) = locked(tx, scope, id.0).await?;
        let before = own(tx, &caller.claims, id.0).await?;
        precondition.check(before.version)?;
        transition(before.state, Action::Submit)?;
        takes_proposals(&window, tx.now())?;
        let fields = window.fields()?;
        let rate = window::store::overhead_rate(tx.db(), window.pool_id).await?;
        complete::check(&before.fields()?, &fields, rate)?;
        if fields.eligibility.is_regional_endorsement_needed {
            check_endorsed(tx, &before).await?;
        }
        let sent = Model {
            submitted_by: Some(caller.claims.sub),
            submitted_at: Some(tx.now()),
            screened_by: None,
            screened_at: None,
            verdicts: "[]".to_owned(),
            ..before
        };
        let after = apply_with(tx, sent, Action::Submit, None).await?;
        tx.as_platform(async |tx| conflict::refresh(tx, &after).await).await?;
        shown(tx, after).await
    })
    .await
}

/// The regional office above has endorsed it, where there is one.
async fn check_endorsed(tx: &TenantTx, proposal: &Model) -> Result<(), ApiError> {
    if proposal.endorsed_by.is_some() {
        return Ok(());
    }
    let above = office::above(tx.db(), proposal.organisation_id, proposal.office_id).await?;
    if !above.iter().any(|office| office.kind.is(OfficeKind::Regional)) {
        return Ok(());
    }
    let fault =
        FieldCode::Required.says("is required: the regional office above has to endorse the proposal");
    Err(Problem::new(Code::Conflict).field("/endorsed_by", fault).into())
}

/// Endorses a proposal
///
/// By the regional office above the office that proposes (403 otherwise), while it is a draft (409 otherwise). An edit of the
/// draft takes the endorsement away. Send the proposal's ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", security(("oauth2" = ["proposals:endorse"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The proposal", body = ProposalRecord), UpdateProblems))]
#[post("/v1/allocation-proposals/{id}/endorse")]
pub(crate) async fn endorse(
    request: HttpRequest,
    caller: Caller<perm::ProposalsEndorse>,
    context: Data<Context>,
    id: Id<ProposalId>,
) -> ApiResult {
    let claims = &caller.claims;
    service::change(&context, &request, claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        let above = office::above(tx.db(), before.organisation_id, before.office_id).await?;
        let region = above.iter().find(|office| office.kind.is(OfficeKind::Regional));
        if region.is_none_or(|region| region.id != claims.office_id) {
            let why = "only the regional office above may endorse the proposal";
            return Err(Problem::new(Code::Forbidden).because(Reason::RegionalOfficeOnly, why).into());
        }
        precondition.check(before.version)?;
        require_state(&before, before.state == State::Draft, "is not endorsed")?;
        let after = Model {
            version: before.version + 1,
            endorsed_by: Some(claims.sub),
            endorsed_at: Some(tx.now()),
            updated_at: tx.now(),
            ..before.clone()
        };
        store::save(tx, &after).await?;
        let (old, new) = (before.endorsed_by, after.endorsed_by);
        tx.audit_changed("allocation_proposal.endorse", &after, &old, &new).await?;
        shown(tx, after).await
    })
    .await
}

/// Sends a proposal back to its office
///
/// By the secretariat at headquarters, from the state `submitted`; a comment is required (422). The office edits the draft and
/// submits it again, as long as the window is open. Send the proposal's ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", request_body = ProposalRemark, security(("oauth2" = ["proposals:screen"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The proposal", body = ProposalRecord), UpdateProblems))]
#[post("/v1/allocation-proposals/{id}/send-back")]
pub(crate) async fn send_back(
    request: HttpRequest,
    caller: Caller<perm::ProposalsScreen>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<ProposalRemark>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let (_, before) = locked(tx, scope, id.0).await?;
        not_own(&before, &caller.claims)?;
        precondition.check(before.version)?;
        let comment = required(body.value.comment)?;
        let after = apply_with(tx, before, Action::SendBack, comment).await?;
        notice::to_office(tx, &crate::proposal::notice(&after, AllocationNoticeKind::SentBack)).await?;
        shown(tx, after).await
    })
    .await
}

/// Reopens a proposal that was found ineligible
///
/// By the secretariat at headquarters, once (409 the second time); a comment is required (422). The proposal is screened again.
/// Send the proposal's ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", request_body = ProposalRemark, security(("oauth2" = ["proposals:screen"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The proposal", body = ProposalRecord), UpdateProblems))]
#[post("/v1/allocation-proposals/{id}/reopen")]
pub(crate) async fn reopen(
    request: HttpRequest,
    caller: Caller<perm::ProposalsScreen>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<ProposalRemark>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let (_, before) = locked(tx, scope, id.0).await?;
        not_own(&before, &caller.claims)?;
        precondition.check(before.version)?;
        transition(before.state, Action::Reopen)?;
        let comment = required(body.value.comment)?;
        if before.is_reopened {
            let fault = state_fault(before.state.as_str(), "was reopened before: it is looked at again once");
            return Err(Problem::new(Code::Conflict).field("/state", fault).into());
        }
        let again = Model { is_reopened: true, ..before };
        let after = apply_with(tx, again, Action::Reopen, comment).await?;
        shown(tx, after).await
    })
    .await
}

/// Puts a proposal on the shortlist
///
/// By the secretariat at headquarters: what is scored or was deferred, once the call has ended (409 before), and in a
/// reserve window what is eligible. A comment is required for a proposal that is below the cut, where the envelope ends
/// (422). Send the proposal's ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", request_body = ProposalRemark, security(("oauth2" = ["proposals:screen"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The proposal", body = ProposalRecord), UpdateProblems))]
#[post("/v1/allocation-proposals/{id}/shortlist")]
pub(crate) async fn shortlist(
    request: HttpRequest,
    caller: Caller<perm::ProposalsScreen>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<ProposalRemark>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let (window, before) = locked(tx, scope, id.0).await?;
        not_own(&before, &caller.claims)?;
        precondition.check(before.version)?;
        let is_unscored = before.state == State::Eligible && window.kind == Kind::Reserve;
        let action = if is_unscored { Action::ShortlistUnscored } else { Action::Shortlist };
        transition(before.state, action)?;
        if !is_reviewing(&window) {
            let why = format!("the window is {}", window.state);
            let fault = window::state_fault(window.state.as_str(), why);
            return Err(Problem::new(Code::Conflict).field("/window_id", fault).into());
        }
        let comment = optional(body.value.comment)?;
        if before.state == State::Scored && comment.is_none() && !is_above_cut(tx, &window, before.id).await?
        {
            let fault = FieldCode::Required.says("is required for a proposal that is below the cut");
            return Err(Problem::invalid_field("/comment", fault).into());
        }
        let after = apply_with(tx, before, action, comment).await?;
        tx.as_platform(async |tx| conflict::refresh(tx, &after).await).await?;
        shown(tx, after).await
    })
    .await
}

/// Whether everything down to a proposal in the ranking fits into the window's envelope.
async fn is_above_cut(
    tx: &TenantTx,
    window: &window::store::Model,
    id: ProposalId,
) -> Result<bool, ApiError> {
    let scores = tx.across_offices(async |db| board::scores(db, window).await).await?;
    Ok(scores.ranks(window.envelope).get(&id).is_some_and(|rank| rank.is_above_cut))
}

/// Withdraws a proposal
///
/// By the office that proposes, before the committee has decided on it, while no vote on it is open and no money is set aside for it
/// (409 otherwise).
/// Send the proposal's ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", request_body = ProposalRemark, security(("oauth2" = ["proposals:write"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The proposal", body = ProposalRecord), UpdateProblems))]
#[post("/v1/allocation-proposals/{id}/withdraw")]
pub(crate) async fn withdraw(
    request: HttpRequest,
    caller: Caller<perm::ProposalsWrite>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<ProposalRemark>,
) -> ApiResult {
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        locked(tx, scope, id.0).await?;
        let before = own(tx, &caller.claims, id.0).await?;
        precondition.check(before.version)?;
        transition(before.state, Action::Withdraw)?;
        check_undecided(tx, &before).await?;
        let comment = optional(body.value.comment)?;
        let after = apply_with(tx, before, Action::Withdraw, comment).await?;
        shown(tx, after).await
    })
    .await
}

/// Nothing is decided on a proposal at this moment: no vote is open, and no money is set aside for the head to confirm.
async fn check_undecided(tx: &TenantTx, proposal: &Model) -> Result<(), ApiError> {
    let promised = promise::of(tx.db(), &[proposal.id]).await?;
    let held = promised.get(&proposal.id).map_or(0, |sums| sums.reserved + sums.allocated);
    let is_open = motion::store::is_open_on_proposal(tx.db(), proposal.id).await?
        || circulation::store::is_open_on_proposal(tx.db(), proposal.id).await?;
    let why = match (is_open, held) {
        (false, 0) => return Ok(()),
        (true, _) => "the committee is voting on it",
        (false, _) => "money is set aside for it: its decision is awaited",
    };
    let fault = state_fault(proposal.state.as_str(), why).amount(Money::usd(held));
    Err(Problem::new(Code::Conflict).field("/state", fault).into())
}

/// Lapses the proposals of a window that were sent and are not decided on for good: it is over. Drafts stay their
/// office's own, which may copy them to another window.
///
/// # Errors
/// What [`store::apply`] refuses.
pub(crate) async fn lapse_all(tx: &mut TenantTx, window: &window::store::Model) -> Result<(), ApiError> {
    for proposal in held(tx, window.id, |state| transition(state, Action::Lapse).is_ok()).await? {
        let (id, was_told_of) = (proposal.id, proposal.state == State::Deferred);
        store::apply(tx, proposal, Action::Lapse).await?;
        // Others know of what was decided on once.
        if was_told_of {
            allocation_event::emit(tx, id).await?;
        }
    }
    Ok(())
}

/// The proposals of a window in some states, locked until this transaction ends, as they are then: somebody may review one
/// of them, or declare a conflict of interest, meanwhile.
async fn held(
    tx: &TenantTx,
    window_id: WindowId,
    is_wanted: impl Fn(State) -> bool,
) -> Result<Vec<Model>, ApiError> {
    let mut sighted = store::of_window(tx.db(), window_id).await?;
    sighted.retain(|proposal| is_wanted(proposal.state));
    let ids: BTreeSet<ProposalId> = sighted.iter().map(|proposal| proposal.id).collect();
    tx.lock_all(ids.iter().map(|id| store::lock_of(*id))).await?;
    let mut held = store::of_window(tx.db(), window_id).await?;
    held.retain(|proposal| is_wanted(proposal.state) && ids.contains(&proposal.id));
    Ok(held)
}

/// Ends the reviews of a window: what has as many sheets as the window asks for is scored, whatever else was begun.
///
/// # Errors
/// What [`store::apply`] refuses.
pub(crate) async fn end_reviews(tx: &mut TenantTx, window: &window::store::Model) -> Result<(), ApiError> {
    let needed = window.fields()?.reviews_needed;
    let eligible = held(tx, window.id, |state| state == State::Eligible).await?;
    let mut sheets: BTreeMap<ProposalId, Vec<score::store::Model>> = BTreeMap::new();
    for sheet in score::store::of_window(tx.db(), window.id).await? {
        sheets.entry(sheet.proposal_id).or_default().push(sheet);
    }
    for proposal in eligible {
        let own = sheets.remove(&proposal.id).unwrap_or_default();
        if score::store::has_enough(&own, needed) {
            store::apply(tx, proposal, Action::Score).await?;
        }
    }
    Ok(())
}

/// Writes a version in which the state stays, with its audit row.
pub(super) async fn rewrite(
    tx: &TenantTx,
    before: &Model,
    after: &Model,
    action: &'static str,
) -> Result<(), ApiError> {
    store::save(tx, after).await?;
    Ok(tx.audit_changed(action, after, &Trace::from(before), &Trace::from(after)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proposal::store::tests::row;

    #[test]
    fn a_remark_is_written_where_it_is_needed() {
        assert!(required(None).is_err() && required(Some("  ".to_owned())).is_err());
        assert_eq!(required(Some("Late".to_owned())).unwrap().as_deref(), Some("Late"));
        assert_eq!(optional(Some("  ".to_owned())).unwrap(), None);
        assert!(optional(Some("x".repeat(2001))).is_err());
    }

    #[test]
    fn nobody_of_the_secretariat_handles_what_they_wrote() {
        let claims = |office: u128, person: u128| -> Claims {
            serde_json::from_value(serde_json::json!({
                "iss": "", "aud": "", "exp": 0, "iat": 0, "kind": "person", "scope": "",
                "jti": uuid::Uuid::nil(), "sid": uuid::Uuid::nil(),
                "sub": PrincipalId::from_u128(person),
                "organisation_id": kernel::OrganisationId::from_u128(1),
                "office_id": kernel::OfficeId::from_u128(office),
            }))
            .unwrap()
        };
        let proposal = row(State::Submitted);
        assert!(not_own(&proposal, &claims(2, 8)).is_ok(), "another office's");
        assert!(not_own(&proposal, &claims(1, 8)).is_ok(), "somebody else's");
        for office in [1, 2] {
            let refused = not_own(&proposal, &claims(office, 7)).unwrap_err();
            assert_eq!((refused.status, refused.reason), (403, Some(Reason::SecondPerson)), "{office}");
        }
        let endorsed = Model { endorsed_by: Some(PrincipalId::from_u128(9)), ..proposal };
        assert!(not_own(&endorsed, &claims(2, 9)).is_err());
    }
}
