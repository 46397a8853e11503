//! What a decision changes of an allocation: money is withdrawn from it, or given to another proposal, or its period is
//! extended. A re-allocation is a withdrawal and an allocation that name the same decision.

use super::{
    decided,
    funds::{self, AllocationFunds},
    is_nothing_left, room, store,
};
use crate::{
    allocation_event,
    ledger::{Cause, CauseKind, Command},
    motion::Resolution,
    proposal::{self, Action},
    suggestion, window,
};
use ::store::{StoreError, Transaction, insert_models, params, sql};
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Months, NaiveDate, Utc};
use kernel::{
    Code, ContributionId, DecisionId, EntryId, Fault, FieldCode, Money, PoolId, Problem, ProposalId,
    SuggestionId,
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{ApiResult, Changed, Checks, Context, Id, JsonBody, openapi::UpdateProblems};
use utoipa::ToSchema;

/// A row of `redeployment`: a withdrawal, and where the money went.
pub(crate) mod row {
    use kernel::{ContributionId, DecisionId, EntryId, OfficeId, OrganisationId, ProposalId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "redeployment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation_id: OrganisationId,
        /// The office of the proposal that it was withdrawn from.
        pub office_id: OfficeId,
        pub proposal_id: ProposalId,
        /// None where it went back to the pool.
        pub to_proposal_id: Option<ProposalId>,
        /// The first record of the earmarked money that took its place.
        pub replaced_by: Option<ContributionId>,
        pub decision_id: DecisionId,
        /// US cents.
        pub amount: i64,
        pub withdraw_entry: EntryId,
        pub allocate_entry: Option<EntryId>,
        pub reason: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A row of `period_extension`.
mod extension {
    use kernel::{DecisionId, OfficeId, OrganisationId, ProposalId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "period_extension")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub decision_id: DecisionId,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub proposal_id: ProposalId,
        pub from_day: Date,
        pub to_day: Date,
        pub reason: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Money that was withdrawn from an allocation, and where it went.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Withdrawn {
    /// In US dollars.
    pub(crate) amount: Money,
    /// The proposal that it was given to; null where it went back to the pool.
    pub(crate) to_proposal_id: Option<ProposalId>,
    /// The first record of the earmarked money that took its place.
    pub(crate) replaced_by: Option<ContributionId>,
    pub(crate) decision_id: DecisionId,
    /// Null for the office that it was given to.
    #[schema(max_length = 2000)]
    pub(crate) reason: Option<String>,
    pub(crate) at: DateTime<Utc>,
}

impl From<row::Model> for Withdrawn {
    fn from(row: row::Model) -> Self {
        Self {
            amount: Money::usd(row.amount),
            to_proposal_id: row.to_proposal_id,
            replaced_by: row.replaced_by,
            decision_id: row.decision_id,
            reason: Some(row.reason),
            at: row.at,
        }
    }
}

/// What was withdrawn from a proposal, oldest first.
pub(crate) async fn withdrawn_from(
    db: &impl ConnectionTrait,
    id: ProposalId,
) -> Result<Vec<Withdrawn>, StoreError> {
    let text = "SELECT * FROM redeployment WHERE proposal_id = $1 ORDER BY id LIMIT 1000";
    let rows: Vec<row::Model> = sql::all(db, text, params![id]).await?;
    Ok(rows.into_iter().map(Withdrawn::from).collect())
}

/// What was given to a proposal of what was withdrawn from others, oldest first. Why is the other office's.
pub(crate) async fn given_to(
    db: &impl ConnectionTrait,
    id: ProposalId,
) -> Result<Vec<Withdrawn>, StoreError> {
    let text = "SELECT * FROM redeployment WHERE to_proposal_id = $1 ORDER BY id LIMIT 1000";
    let rows: Vec<row::Model> = sql::all(db, text, params![id]).await?;
    Ok(rows.into_iter().map(|row| Withdrawn { reason: None, ..row.into() }).collect())
}

/// A withdrawal of money that is not disbursed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FundsWithdrawal {
    /// The decision to withdraw it, which says how much.
    decision_id: DecisionId,
    /// The suggestion that is followed, where earmarked money takes its place.
    suggestion_id: Option<SuggestionId>,
    #[schema(example = "Earmarked money came for Sudan", min_length = 1, max_length = 2000)]
    reason: String,
}

/// A re-allocation of money that is not disbursed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reallocation {
    /// The decision to re-allocate it, which says how much.
    decision_id: DecisionId,
    /// The proposal that gets it: approved, of the same pool, and with so much less than it asked for.
    to_proposal_id: ProposalId,
    #[schema(example = "The convoy to Adre comes first", min_length = 1, max_length = 2000)]
    reason: String,
}

/// An extension of the period in which money may be used.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodExtension {
    /// The decision to extend it.
    decision_id: DecisionId,
    /// The last day from now on: later than the one before, by two years at most.
    #[serde(deserialize_with = "kernel::date::day")]
    last_day: NaiveDate,
    #[schema(example = "The rains cut the road", min_length = 1, max_length = 2000)]
    reason: String,
}

fn check_reason(reason: &str) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.required_long_text("/reason", reason, 2000);
    checks.finish()
}

/// The cause of an entry that follows a decision: a step of a proposal at its next version.
async fn cause(
    tx: &Transaction,
    row: &proposal::store::Model,
    decision_id: DecisionId,
    reason: &str,
) -> Result<Cause, StoreError> {
    Ok(Cause {
        kind: CauseKind::Proposal,
        id: row.id.as_uuid(),
        sequence: row.version + 1,
        day: window::store::day_of(tx.db(), row.organisation_id, row.window_id, tx.now()).await?,
        reason: Some(reason.to_owned()),
        decision_id: Some(decision_id),
    })
}

/// Withdraws money from an allocation
///
/// Headquarters only, by a decision of the committee that says how much: no more than what is allocated and not disbursed
/// (409). The money is available again in the lots that it came from. Each decision is carried out once. When nothing is left
/// of the allocation, the proposal is `cancelled`. With `suggestion_id`, earmarked money takes its place. Send the proposal's
/// ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", request_body = FundsWithdrawal, security(("oauth2" = ["proposals:screen"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "How far the money is", body = AllocationFunds), UpdateProblems))]
#[post("/v1/allocation-proposals/{id}/withdraw-funds")]
pub(crate) async fn withdraw_funds(
    request: HttpRequest,
    caller: Caller<perm::ProposalsScreen>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<FundsWithdrawal>,
) -> ApiResult {
    check_reason(&body.value.reason)?;
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let (before, pool_id) = store::to_change(scope, tx, id.0).await?;
        precondition.check(before.version)?;
        proposal::transition(before.state, Action::WithdrawFunds)?;
        let after = withdraw(tx, pool_id, before, &body.value).await?;
        let shown = funds::funds(tx.db(), after).await?;
        Ok(Changed::new(shown.version, shown))
    })
    .await
}

async fn withdraw(
    tx: &mut Transaction,
    pool_id: PoolId,
    before: proposal::store::Model,
    body: &FundsWithdrawal,
) -> Result<proposal::store::Model, ApiError> {
    let amount = decided::take_amount(tx, &before, body.decision_id, Resolution::WithdrawFunds).await?;
    let cause = cause(tx, &before, body.decision_id, &body.reason).await?;
    let command = Command::Withdraw { proposal_id: before.id, amount };
    let withdraw_entry = decided::post(tx, pool_id, command, cause).await?;
    let replaced_by = match body.suggestion_id {
        Some(id) => Some(suggestion::store::accept(tx, &before, id, amount).await?),
        None => None,
    };
    let row = row::Model {
        id: tx.new_uuid(),
        organisation_id: before.organisation_id,
        office_id: before.office_id,
        proposal_id: before.id,
        to_proposal_id: None,
        replaced_by,
        decision_id: body.decision_id,
        amount,
        withdraw_entry,
        allocate_entry: None,
        reason: body.reason.clone(),
        at: tx.now(),
    };
    insert_models(tx.db(), &[row]).await?;
    let after = moved(tx, before, Action::WithdrawFunds, &body.reason).await?;
    let after = cancelled_if_empty(tx, after).await?;
    allocation_event::emit(tx, after.id).await?;
    Ok(after)
}

async fn moved(
    tx: &mut Transaction,
    before: proposal::store::Model,
    action: Action,
    reason: &str,
) -> Result<proposal::store::Model, ApiError> {
    proposal::moves::apply_with(tx, before, action, Some(reason.to_owned())).await
}

/// An allocation of which nothing is left is over.
async fn cancelled_if_empty(
    tx: &mut Transaction,
    row: proposal::store::Model,
) -> Result<proposal::store::Model, ApiError> {
    if is_nothing_left(&funds::amounts(tx.db(), row.id).await?) {
        return proposal::moves::apply(tx, row, Action::Cancel).await;
    }
    Ok(row)
}

/// Gives money of an allocation to another proposal
///
/// Headquarters only, by a decision of the committee that says how much: no more than what is allocated and not disbursed,
/// and no more than the other proposal asked for and has not got (409). The other proposal is approved and of the same pool;
/// its money is drawn from the lots that may be used for it, which are not always those of this one. Send this proposal's
/// ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", request_body = Reallocation, security(("oauth2" = ["proposals:screen"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "How far the money is", body = AllocationFunds), UpdateProblems))]
#[post("/v1/allocation-proposals/{id}/reallocate")]
pub(crate) async fn reallocate(
    request: HttpRequest,
    caller: Caller<perm::ProposalsScreen>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<Reallocation>,
) -> ApiResult {
    check_reason(&body.value.reason)?;
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let (before, pool_id) = store::to_change(scope, tx, id.0).await?;
        precondition.check(before.version)?;
        proposal::transition(before.state, Action::Redeploy)?;
        let unknown = || {
            let fault = FieldCode::UnknownReference.says("is no other proposal of the same pool");
            Problem::invalid_field("/to_proposal_id", fault.with("kind", "allocation_proposal"))
        };
        let wanted = body.value.to_proposal_id;
        let other = proposal::store::get_to_change(scope, tx, wanted).await?.ok_or_else(unknown)?;
        if other.id == before.id || store::pool_of(tx.db(), &other).await? != pool_id {
            return Err(unknown().into());
        }
        let after = give(tx, pool_id, before, other, &body.value).await?;
        let shown = funds::funds(tx.db(), after).await?;
        Ok(Changed::new(shown.version, shown))
    })
    .await
}

/// Whether a proposal may be given so many cents.
async fn check_receiver(
    tx: &Transaction,
    other: &proposal::store::Model,
    amount: i64,
) -> Result<(), ApiError> {
    proposal::transition(other.state, Action::Redeploy)?;
    // From the last report on nothing is paid any more.
    if other.state == proposal::State::Reporting {
        let fault = proposal::state_fault(other.state.as_str(), "nothing is paid after the last report");
        return Err(Problem::new(Code::Conflict).field("/to_proposal_id", fault).into());
    }
    let left = room(other.asked, &funds::amounts(tx.db(), other.id).await?);
    if amount > left {
        let fault = FieldCode::MoreThanLeft.says("gets more than it asked for");
        let fault = fault.amount(Money::usd(left));
        return Err(Problem::new(Code::Conflict).field("/to_proposal_id", fault).into());
    }
    Ok(())
}

/// Withdraws from one proposal, allocates to the other, and tells of both.
async fn give(
    tx: &mut Transaction,
    pool_id: PoolId,
    before: proposal::store::Model,
    other: proposal::store::Model,
    body: &Reallocation,
) -> Result<proposal::store::Model, ApiError> {
    let amount = decided::take_amount(tx, &before, body.decision_id, Resolution::Reallocate).await?;
    check_receiver(tx, &other, amount).await?;
    let from = cause(tx, &before, body.decision_id, &body.reason).await?;
    let command = Command::Withdraw { proposal_id: before.id, amount };
    let withdraw_entry = decided::post(tx, pool_id, command, from).await?;
    let to = cause(tx, &other, body.decision_id, &body.reason).await?;
    let purpose = proposal::purpose(&other);
    let command = Command::Allocate { purpose, amount, from_reserved: false };
    let allocate_entry = decided::post(tx, pool_id, command, to).await?;
    note_reallocation(tx, (&before, &other), body, amount, (withdraw_entry, allocate_entry)).await?;
    let other = moved(tx, other, Action::Redeploy, &body.reason).await?;
    let after = moved(tx, before, Action::Redeploy, &body.reason).await?;
    let after = cancelled_if_empty(tx, after).await?;
    allocation_event::emit(tx, other.id).await?;
    allocation_event::emit(tx, after.id).await?;
    Ok(after)
}

async fn note_reallocation(
    tx: &Transaction,
    (before, other): (&proposal::store::Model, &proposal::store::Model),
    body: &Reallocation,
    amount: i64,
    (withdraw_entry, allocate_entry): (EntryId, EntryId),
) -> Result<(), StoreError> {
    let row = row::Model {
        id: tx.new_uuid(),
        organisation_id: before.organisation_id,
        office_id: before.office_id,
        proposal_id: before.id,
        to_proposal_id: Some(other.id),
        replaced_by: None,
        decision_id: body.decision_id,
        amount,
        withdraw_entry,
        allocate_entry: Some(allocate_entry),
        reason: body.reason.clone(),
        at: tx.now(),
    };
    insert_models(tx.db(), &[row]).await?;
    Ok(())
}

/// Extends the period of an allocation
///
/// Headquarters only, by a decision of the committee. The new last day is later than the one before, by two years at
/// most, and no later than the day until which the lots may be used of which something is not spent (422). Send the
/// proposal's ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", request_body = PeriodExtension, security(("oauth2" = ["proposals:screen"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "How far the money is", body = AllocationFunds), UpdateProblems))]
#[post("/v1/allocation-proposals/{id}/extend")]
pub(crate) async fn extend(
    request: HttpRequest,
    caller: Caller<perm::ProposalsScreen>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<PeriodExtension>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let (before, _) = store::to_change(scope, tx, id.0).await?;
        precondition.check(before.version)?;
        proposal::transition(before.state, Action::Extend)?;
        let mut checks = Checks::new();
        checks.required_long_text("/reason", &body.value.reason, 2000);
        checks.date("/last_day", body.value.last_day);
        let is_later = body.value.last_day > before.end_date;
        checks.require(is_later, "/last_day", Fault::not_after("end_date", before.end_date));
        let use_by = store::use_by(tx.db(), before.id).await?;
        check_latest(&mut checks, body.value.last_day, (before.end_date, use_by));
        checks.finish()?;
        let after = extended(tx, before, &body.value).await?;
        let shown = funds::funds(tx.db(), after).await?;
        Ok(Changed::new(shown.version, shown))
    })
    .await
}

/// The longest extension, in months after the last day before.
const MAX_MONTHS: Months = Months::new(24);

/// Whether money may be used until a day: no longer than its lots may be, nor than any extension is.
fn check_latest(checks: &mut Checks, day: NaiveDate, (end, use_by): (NaiveDate, Option<NaiveDate>)) {
    let too_long = FieldCode::PeriodTooLong.says("is more than two years after the last day before");
    let is_within = end.checked_add_months(MAX_MONTHS).is_some_and(|latest| day <= latest);
    checks.require(is_within, "/last_day", too_long.with("max", 2));
    if let Some(use_by) = use_by {
        let why = format!("is after {use_by}, until when money of the allocation may be used");
        let fault = FieldCode::DateOutOfRange.says(why);
        let fault = fault.with("min", end.min(use_by).to_string()).with("max", use_by.to_string());
        checks.require(day <= use_by, "/last_day", fault);
    }
}

async fn extended(
    tx: &mut Transaction,
    before: proposal::store::Model,
    body: &PeriodExtension,
) -> Result<proposal::store::Model, ApiError> {
    decided::take(tx, &before, body.decision_id, Resolution::Extend).await?;
    let row = extension::Model {
        decision_id: body.decision_id,
        organisation_id: before.organisation_id,
        office_id: before.office_id,
        proposal_id: before.id,
        from_day: before.end_date,
        to_day: body.last_day,
        reason: body.reason.clone(),
        at: tx.now(),
    };
    insert_models(tx.db(), &[row]).await?;
    let mut fields = before.fields()?;
    fields.end_date = body.last_day;
    let fields = serde_json::to_string(&fields).map_err(|error| ApiError::internal(&error))?;
    let longer = proposal::store::Model { end_date: body.last_day, fields, ..before };
    let after = moved(tx, longer, Action::Extend, &body.reason).await?;
    // What may take the place of its money later is judged by the new period.
    let purpose =
        serde_json::to_string(&proposal::purpose(&after)).map_err(|error| ApiError::internal(&error))?;
    let text = "UPDATE promise SET purpose = $1 WHERE proposal_id = $2";
    sql::execute(tx.db(), text, params![purpose, after.id]).await?;
    allocation_event::emit(tx, after.id).await?;
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_extended_no_further_than_its_money_lasts_and_by_two_years_at_most() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let refused = |last: &str, use_by: Option<&str>| {
            let mut checks = Checks::new();
            check_latest(&mut checks, day(last), (day("2026-06-30"), use_by.map(day)));
            checks.finish().err().map(|problem| problem.errors[0].code)
        };
        assert_eq!(refused("2028-06-30", None), None);
        assert_eq!(refused("2028-07-01", None), Some(FieldCode::PeriodTooLong));
        assert_eq!(refused("2026-12-31", Some("2026-12-31")), None);
        assert_eq!(refused("2027-01-01", Some("2026-12-31")), Some(FieldCode::DateOutOfRange));
    }
}
