//! How contributions end: a pledge is written off, what was recorded wrongly is reversed.

use super::{
    api::Contribution,
    entry::{self, Kind, New},
    partner,
    steps::{
        changeable, check_amount, check_day, finish, more_than, open, refused, shares, with_shares, without,
    },
    store::{self, Model},
};
use crate::contribution::Standing;
use crate::registry::donor::merge_lock;
use ::store::TenantTx;
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::NaiveDate;
use kernel::{Code, ContributionId, ContributionStatus, FieldCode, Money, Problem};
use serde::Deserialize;
use service::{ApiResult, Changed, Checks, Context, Id, JsonBody, openapi::UpdateProblems};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A pledge or commitment that will not be fulfilled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteOff {
    /// Defaults to the open amount.
    amount: Option<Money>,
    #[serde(deserialize_with = "kernel::date::day")]
    on: NaiveDate,
    #[schema(example = "The parliament did not vote the budget", min_length = 1, max_length = 2000)]
    reason: String,
}

/// The reason for reversing a record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reversal {
    #[serde(deserialize_with = "kernel::date::day")]
    on: NaiveDate,
    #[schema(example = "Recorded under another donor by mistake", min_length = 1, max_length = 2000)]
    reason: String,
}

/// Writes off a pledge
///
/// Writes off all or a part of the open amount, with a reason. Send the ETag of the pledge in `If-Match`.
#[utoipa::path(tag = "contributions", request_body = WriteOff, security(("oauth2" = ["contributions:write"])),
    params(("id" = Uuid, Path, description = "The pledge"), ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The pledge", body = Contribution), UpdateProblems))]
#[post("/v1/contributions/{id}/write-off")]
pub(crate) async fn write_off(
    request: HttpRequest,
    caller: Caller<perm::ContributionsWrite>,
    context: Data<Context>,
    id: Id<ContributionId>,
    body: JsonBody<WriteOff>,
) -> ApiResult {
    let step = body.value;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        merge_lock::shared(tx, caller.claims.organisation_id).await?;
        let pledge = changeable(tx, precondition, &caller.claims, id.0).await?;
        if pledge.status != ContributionStatus::Pledge {
            return Err(refused(&pledge, "written_off", "be written off: only pledges can"));
        }
        let open = open(&pledge)?;
        let amount = step.amount.unwrap_or(open);
        let mut checks = Checks::new();
        check_amount(&mut checks, amount, open);
        checks.require(
            amount.minor() <= open.minor(),
            "/amount/amount",
            more_than(open, "is more than the open amount"),
        );
        check_day(&mut checks, step.on, tx.now().date_naive());
        checks.required_long_text("/reason", &step.reason, 2000);
        checks.finish()?;
        let taken_usd = entry::share(pledge.amount_usd, amount.minor(), open.minor());
        let (_, kept) = entry::divide(&shares(&pledge)?, amount.minor());
        let after = without(tx, &pledge, (amount.minor(), taken_usd), kept, Standing::WrittenOff)?;
        let entries = [New::of(Kind::WrittenOff, (-amount.minor(), -taken_usd))];
        entry::add(tx, pledge.id, step.on, Some(&step.reason), &entries).await?;
        finish(tx, pledge, &after, "contribution.write_off").await?;
        let mut shown = [Contribution::try_from(after)?];
        partner::complete(scope, tx.db(), &mut shown).await?;
        let [shown] = shown;
        Ok(Changed::new(shown.version, shown))
    })
    .await
}

/// Reverses a contribution
///
/// Reverses a contribution that was recorded in error; its entries are kept. What it had taken from a pledge or
/// commitment becomes open again. Record the correct one with `replaces_id`. Send the contribution's ETag in
/// `If-Match`.
#[utoipa::path(tag = "contributions", request_body = Reversal, security(("oauth2" = ["contributions:write"])),
    params(("id" = Uuid, Path, description = "The contribution"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The reversed contribution, which no longer counts", body = Contribution), UpdateProblems))]
#[post("/v1/contributions/{id}/reverse")]
pub(crate) async fn reverse(
    request: HttpRequest,
    caller: Caller<perm::ContributionsWrite>,
    context: Data<Context>,
    id: Id<ContributionId>,
    body: JsonBody<Reversal>,
) -> ApiResult {
    let step = body.value;
    service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        merge_lock::shared(tx, caller.claims.organisation_id).await?;
        let wrong = changeable(tx, precondition, &caller.claims, id.0).await?;
        let mut checks = Checks::new();
        check_day(&mut checks, step.on, tx.now().date_naive());
        checks.required_long_text("/reason", &step.reason, 2000);
        checks.finish()?;
        let held = entry::of(tx.db(), wrong.id).await?;
        // What went out and has come back is no part any more.
        let mut parts: HashMap<ContributionId, i64> = HashMap::new();
        for entry in held.iter().filter(|entry| entry.counterpart_id != wrong.parent_id) {
            if let Some(part) = entry.counterpart_id {
                *parts.entry(part).or_default() += entry.amount;
            }
        }
        if parts.values().any(|sum| *sum != 0) {
            let why = "parts of it were committed, paid or allocated: reverse those first";
            return Err(Problem::new(Code::Conflict)
                .field("/standing", FieldCode::PartsFirst.says(why))
                .into());
        }
        let counted = (wrong.original_amount.unwrap_or(0), wrong.amount_usd);
        let from_promise = |entry: &&entry::Model| {
            entry.kind == Kind::MovedIn
                && entry.counterpart_id.is_some()
                && entry.counterpart_id == wrong.parent_id
        };
        let moved: Vec<&entry::Model> = held.iter().filter(from_promise).collect();
        let back: (i64, i64) =
            (moved.iter().map(|entry| entry.amount).sum(), moved.iter().map(|entry| entry.amount_usd).sum());
        let mut entries = vec![New::of(Kind::Reversed, (back.0 - counted.0, back.1 - counted.1))];
        if let Some(promise) = moved.first().and_then(|entry| entry.counterpart_id) {
            entries.push(New::of(Kind::MovedOut, (-back.0, -back.1)).with(promise));
            give_back(tx, promise, &wrong, step.on, &step.reason).await?;
        }
        entry::add(tx, wrong.id, step.on, Some(&step.reason), &entries).await?;
        let nothing = shares(&wrong)?.iter().map(|_| 0).collect();
        let after = without(tx, &wrong, counted, nothing, Standing::Reversed)?;
        finish(tx, wrong, &after, "contribution.reverse").await?;
        Ok(Changed::new(after.version, Contribution::try_from(after)?))
    })
    .await
}

/// Opens again, in the record that promised it, what a record that is reversed had taken from it.
async fn give_back(
    tx: &mut TenantTx,
    promise: ContributionId,
    wrong: &Model,
    on: NaiveDate,
    reason: &str,
) -> Result<(), ApiError> {
    let Some(before) = store::get_to_change(tx.scope(), tx, promise).await? else { return Ok(()) };
    let held = entry::of(tx.db(), promise).await?;
    let taken = held.iter().filter(|entry| entry.counterpart_id == Some(wrong.id));
    let (amount, usd) = taken.fold((0, 0), |sum, entry| (sum.0 - entry.amount, sum.1 - entry.amount_usd));
    entry::add(tx, promise, on, Some(reason), &[New::of(Kind::MovedIn, (amount, usd)).with(wrong.id)])
        .await?;
    let open = before.original_amount.unwrap_or(0) + amount;
    let (own, mut weights) = (shares(&before)?, shares(wrong)?);
    if weights.len() != own.len() {
        // It was divided otherwise than the promise: as the promise is, or evenly.
        weights = if own.iter().all(|share| *share == 0) { vec![1; own.len()] } else { own.clone() };
    }
    let back = Money::usd(amount).in_parts(&weights);
    let years = own.iter().zip(back).map(|(share, back)| share + back.minor()).collect();
    let after = Model {
        version: before.version + 1,
        original_amount: Some(open),
        amount_usd: before.amount_usd + usd,
        standing: Standing::Current,
        usage_split: with_shares(&before, years)?,
        updated_at: tx.now(),
        ..before.clone()
    };
    finish(tx, before, &after, "contribution.reopen").await
}
