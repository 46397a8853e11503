//! What people decide of two records: that they are the same money, that they are two, or that it is open again.

use super::{
    api::ContributionLink,
    component::grouped,
    group::{Group, Side},
    score::score,
    settle::{self, lock},
    store::{self, Model},
};
use crate::contribution::{
    partner::{LinkId, LinkState},
    store as contributions,
};
use ::store::{TenantTx, Transaction};
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use kernel::{Code, ContributionId, Fault, OrganisationId, Problem, RecordKind, closed_set};
use serde::Deserialize;
use service::{
    ApiResult, Changed, Checks, Context, Created, Id, JsonBody, OptionalBody,
    openapi::{CreateProblems, UpdateProblems},
};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Maximum length of a reason.
const MAX_REASON_LENGTH: usize = 2000;

/// Two contributions that somebody knows to be the same money.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLink {
    /// Our own record, of the caller's office or one below it.
    own_id: ContributionId,
    /// The flow that FTS reports of it; one whose recipient is this organisation.
    reported_id: ContributionId,
    #[schema(example = "The donor confirmed it", max_length = 2000)]
    reason: Option<String>,
}

/// Why, as far as there is something to say.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkRemark {
    #[schema(example = "The donor confirmed it", max_length = 2000)]
    reason: Option<String>,
}

/// Why two records are not the same money.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeparateReason {
    #[schema(example = "Two grants of the same year", min_length = 1, max_length = 2000)]
    reason: String,
}

closed_set! {
    /// What can be decided of a link.
    pub(super) enum LinkAction {
        Link = "link",
        Separate = "separate",
        Reopen = "reopen",
    }
}

/// The state after a decision; nothing where it makes no sense. What a shared reference links is not open again: it would
/// be linked at once.
fn transition(state: LinkState, is_decided: bool, action: LinkAction) -> Option<LinkState> {
    match (action, state) {
        (LinkAction::Link, LinkState::Proposed | LinkState::Weak | LinkState::Separate) => {
            Some(LinkState::Linked)
        }
        (LinkAction::Separate, LinkState::Proposed | LinkState::Weak | LinkState::Linked) => {
            Some(LinkState::Separate)
        }
        (LinkAction::Reopen, LinkState::Linked) if !is_decided => None,
        // Nothing is decided any more, and the points say what it is.
        (LinkAction::Reopen, LinkState::Linked | LinkState::Separate) => Some(LinkState::Weak),
        (LinkAction::Link, LinkState::Linked)
        | (LinkAction::Separate, LinkState::Separate)
        | (LinkAction::Reopen, LinkState::Proposed | LinkState::Weak) => None,
    }
}

/// Links two contributions
///
/// By hand, whatever their points: our own record and a flow that FTS reports of the same money. From now on they count
/// once: as FTS has it in totals of everybody's money, as our record has it in ours. 409 when one of them is linked already.
#[utoipa::path(tag = "contributions", request_body = NewLink, security(("oauth2" = ["contributions:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The link", body = ContributionLink), CreateProblems))]
#[post("/v1/contribution-links")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ContributionsWrite>,
    context: Data<Context>,
    body: JsonBody<NewLink>,
) -> ApiResult {
    let NewLink { own_id, reported_id, reason } = body.value;
    let mut checks = Checks::new();
    checks.optional_long_text("/reason", reason.as_deref(), MAX_REASON_LENGTH);
    checks.finish()?;
    let organisation_id = caller.claims.organisation_id;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        lock(tx, organisation_id).await?;
        // Whoever sees a contribution in its scope is of its office, or of one above.
        for (pointer, id) in [("/own_id", own_id), ("/reported_id", reported_id)] {
            let unknown = || Problem::invalid_field(pointer, Fault::unknown(RecordKind::Contribution));
            contributions::get(scope, tx.db(), id).await?.ok_or_else(unknown)?;
        }
        let (own, reported) = tx
            .as_platform(async |tx| {
                let own = whole(tx, organisation_id, (own_id, "/own_id"), Side::Own).await?;
                let reported = (reported_id, "/reported_id");
                let reported = whole(tx, organisation_id, reported, Side::Reported).await?;
                Ok::<_, ApiError>((own, reported))
            })
            .await?;
        let held = store::of_pair(scope, tx.db(), (own.root, reported.root)).await?;
        let before = match held {
            Some(held) => held,
            None => begun(tx, &own, &reported)?,
        };
        let after = decided(tx, &before, LinkAction::Link, reason)?;
        let made = held_then(tx, &after).await?;
        let shown = ContributionLink::try_from(made.clone())?;
        tx.audit_created("contribution_link.create", &made, &shown).await?;
        Ok(Created::new(format!("/v1/contribution-links/{}", made.id), made.version, shown))
    })
    .await
}

/// Links two records that were proposed
///
/// They are the same money, and count once: as FTS has it in totals of everybody's money, as our record has it in ours. By
/// the office of our own record or one above it. 409 when one of them is linked with another record. Send the ETag of the
/// link in `If-Match`.
#[utoipa::path(tag = "contributions", request_body = Option<LinkRemark>, security(("oauth2" = ["contributions:write"])),
    params(("id" = Uuid, Path, description = "The link"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The link", body = ContributionLink), UpdateProblems))]
#[post("/v1/contribution-links/{id}/link")]
pub(crate) async fn confirm(
    request: HttpRequest,
    caller: Caller<perm::ContributionsWrite>,
    context: Data<Context>,
    id: Id<LinkId>,
    body: OptionalBody<LinkRemark>,
) -> ApiResult {
    let reason = body.0.unwrap_or_default().reason;
    decide(&request, &context, &caller.claims, id.0, (LinkAction::Link, reason)).await
}

/// Says that two records are two
///
/// They are not the same money: both count everywhere, and they are not proposed again. By the office of our own record or
/// one above it. Send the ETag of the link in `If-Match`.
#[utoipa::path(tag = "contributions", request_body = SeparateReason, security(("oauth2" = ["contributions:write"])),
    params(("id" = Uuid, Path, description = "The link"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The link", body = ContributionLink), UpdateProblems))]
#[post("/v1/contribution-links/{id}/separate")]
pub(crate) async fn separate(
    request: HttpRequest,
    caller: Caller<perm::ContributionsWrite>,
    context: Data<Context>,
    id: Id<LinkId>,
    body: JsonBody<SeparateReason>,
) -> ApiResult {
    let reason = body.value.reason;
    let mut checks = Checks::new();
    checks.required_long_text("/reason", &reason, MAX_REASON_LENGTH);
    checks.finish()?;
    decide(&request, &context, &caller.claims, id.0, (LinkAction::Separate, Some(reason))).await
}

/// Undoes a decision on two records
///
/// Nothing is decided any more: they are proposed, weak, or linked by a shared reference, as their points say. A pair with
/// fewer than 5 points, or of which one has a better partner, is forgotten: it is answered once more and not found again.
/// 409 where a shared reference links them: say that they are two instead. Send the ETag of the link in `If-Match`.
#[utoipa::path(tag = "contributions", request_body = Option<LinkRemark>, security(("oauth2" = ["contributions:write"])),
    params(("id" = Uuid, Path, description = "The link"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The link", body = ContributionLink), UpdateProblems))]
#[post("/v1/contribution-links/{id}/reopen")]
pub(crate) async fn reopen(
    request: HttpRequest,
    caller: Caller<perm::ContributionsWrite>,
    context: Data<Context>,
    id: Id<LinkId>,
    body: OptionalBody<LinkRemark>,
) -> ApiResult {
    let reason = body.0.unwrap_or_default().reason;
    decide(&request, &context, &caller.claims, id.0, (LinkAction::Reopen, reason)).await
}

async fn decide(
    request: &HttpRequest,
    context: &Context,
    claims: &Claims,
    id: LinkId,
    (action, reason): (LinkAction, Option<String>),
) -> ApiResult {
    let mut checks = Checks::new();
    checks.optional_long_text("/reason", reason.as_deref(), MAX_REASON_LENGTH);
    checks.finish()?;
    service::change(context, request, claims, async |tx, scope, precondition| {
        lock(tx, claims.organisation_id).await?;
        // Whoever sees a link in its scope is of the office of our own record, or of one above.
        let before = store::get(scope, tx.db(), id).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let after = decided(tx, &before, action, reason)?;
        let made = held_then(tx, &after).await?;
        let (old, new) = (ContributionLink::try_from(before)?, ContributionLink::try_from(made.clone())?);
        tx.audit_changed(action_name(action), &made, &old, &new).await?;
        Ok(Changed::new(made.version, new))
    })
    .await
}

fn action_name(action: LinkAction) -> &'static str {
    match action {
        LinkAction::Link => "contribution_link.link",
        LinkAction::Separate => "contribution_link.separate",
        LinkAction::Reopen => "contribution_link.reopen",
    }
}

/// The next version of a link, as it was decided.
fn decided(
    tx: &Transaction,
    before: &Model,
    action: LinkAction,
    reason: Option<String>,
) -> Result<Model, ApiError> {
    let state = transition(before.state, before.is_decided(), action).ok_or_else(|| {
        let why = format!("two records that are {} cannot be taken through `{action}`", before.state);
        refused(before.state, why)
    })?;
    let is_open = action == LinkAction::Reopen;
    Ok(Model {
        version: before.version + 1,
        state,
        decided_by: (!is_open).then_some(tx.actor().id),
        decided_at: (!is_open).then(|| tx.now()),
        reason: if is_open { None } else { reason },
        updated_at: tx.now(),
        ..before.clone()
    })
}

fn refused(state: LinkState, why: String) -> Problem {
    let fault = Fault::state(RecordKind::Contribution, state.as_str(), why);
    Problem::new(Code::Conflict).field("/state", fault)
}

/// Writes what was decided and settles what follows from it, whichever offices the records are of: as it is then.
async fn held_then(tx: &mut TenantTx, link: &Model) -> Result<Model, ApiError> {
    tx.as_platform(async |tx| {
        if link.state == LinkState::Linked && store::rival(tx.db(), link).await?.is_some() {
            let why = "one of the two is linked with another record: say first that those are two";
            return Err(ApiError::from(refused(LinkState::Linked, why.to_owned())));
        }
        settle::decided(tx, link).await?;
        let written = BTreeSet::from([link.own_id, link.reported_id]);
        let held = store::of_records(tx.db(), &written).await?.remove(&link.id);
        Ok(held.unwrap_or_else(|| link.clone()))
    })
    .await
}

/// All records of the money of one, which has to be of that side and to count.
async fn whole(
    tx: &Transaction,
    organisation_id: OrganisationId,
    (id, pointer): (ContributionId, &str),
    side: Side,
) -> Result<Group, ApiError> {
    let found = grouped(tx.db(), organisation_id, BTreeSet::from([id])).await?;
    let holds = |group: &Group| group.members.iter().any(|member| member.id == id);
    let group = found.into_iter().find(holds).filter(|group| group.side == side && group.is_eligible());
    let why = match side {
        Side::Own => "is not a record of ours that counts",
        Side::Reported => "is not a flow to this organisation that FTS reports and that counts",
    };
    let fault = Fault::unknown(RecordKind::Contribution).saying(why);
    Ok(group.ok_or_else(|| Problem::invalid_field(pointer, fault))?)
}

/// A link that was not there, with what is known of the two.
fn begun(tx: &Transaction, own: &Group, reported: &Group) -> Result<Model, ApiError> {
    let organisation_id = own.first().map_or(OrganisationId::nil(), |row| row.organisation_id);
    let link = settle::new(tx, organisation_id, (own.root, reported.root));
    let points = score(&own.known, &reported.known);
    Ok(link.knowing(&points, &own.shown()?, &reported.shown()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_decided_follows_from_the_state() {
        use LinkAction::{Link, Reopen, Separate};
        use LinkState::{Linked, Proposed, Weak};
        let after = |state, action| transition(state, true, action);
        for open in [Proposed, Weak] {
            assert_eq!((after(open, Link), after(open, Reopen)), (Some(Linked), None));
            assert_eq!(after(open, Separate), Some(LinkState::Separate));
        }
        assert_eq!((after(Linked, Link), after(Linked, Separate)), (None, Some(LinkState::Separate)));
        assert_eq!((after(Linked, Reopen), transition(Linked, false, Reopen)), (Some(Weak), None));
        let two = LinkState::Separate;
        assert_eq!(
            (after(two, Link), after(two, Separate), after(two, Reopen)),
            (Some(Linked), None, Some(Weak))
        );
    }
}
