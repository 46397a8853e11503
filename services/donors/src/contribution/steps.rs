//! What becomes of a contribution: a pledge is committed or paid, in whole or in parts; parked money is allotted. Nothing is
//! written over.

use super::{
    api::{Contribution, Valuation, YearShare},
    create::{self, check_agreement, check_external, destinations},
    entry::{self, Kind, New},
    partner,
    store::{self, Model},
};
use crate::contribution::Standing;
use crate::{
    exchange_rate::{self, ExchangeRate},
    known::plan,
    registry::donor::merge_lock,
};
use ::store::{StoreError, TenantTx, Transaction};
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{Days, NaiveDate};
use events::{ExternalRef, FlowObject};
use kernel::{
    AgreementId, Code, ContributionId, ContributionStatus, Earmarking, Fault, FieldCode, Money, PlanId,
    Problem, Reason, RecordKind,
};
use serde::Deserialize;
use service::{ApiResult, Checks, Context, Created, Id, JsonBody, Precondition, openapi::CreateProblems};
use utoipa::ToSchema;

/// A step that makes a pledge or commitment firmer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fulfilment {
    /// In the currency of the pledge or commitment. Defaults to the open amount; any excess is recorded as given beyond
    /// what was promised.
    amount: Option<Money>,
    /// The date of the decision, or of the payment.
    #[serde(deserialize_with = "kernel::date::day")]
    on: NaiveDate,
    /// Defaults to the organisation's rate for that month.
    exchange_rate: Option<ExchangeRate>,
    /// The agreement it is made under, if different from that of the pledge or commitment.
    agreement_id: Option<AgreementId>,
    /// Its reference in the source system; it can be recorded only once.
    external_ref: Option<ExternalRef>,
}

/// An allocation from an unallocated contribution.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Allotment {
    /// In the currency of the contribution; at most the open amount.
    amount: Money,
    #[serde(deserialize_with = "kernel::date::day")]
    on: NaiveDate,
    /// ISO 3166-1 alpha-3 codes of the destination countries.
    #[serde(default)]
    #[schema(example = json!(["AFG"]), max_items = 50, value_type = Vec<kernel::items::CountryCode>)]
    countries: Vec<String>,
    /// Response plans it funds. Defaults to those of the contribution.
    #[serde(default)]
    #[schema(max_items = 20)]
    plan_ids: Vec<PlanId>,
    /// Usage years. Defaults to those of the contribution.
    #[serde(default)]
    #[schema(example = json!([2026]), max_items = 30, value_type = Vec<kernel::items::Year>)]
    usage_years: Vec<i32>,
    /// `unearmarked`, `softly_earmarked`, `earmarked` or `tightly_earmarked`. Defaults to that of the contribution.
    earmarking: Option<Earmarking>,
    #[schema(max_length = 20000)]
    description: Option<String>,
}

/// Commits a pledge
///
/// Commits all or a part of it: creates a contribution with the status `commitment` whose `parent_id` is the pledge.
/// The pledge keeps the rest. Send the ETag of the pledge in `If-Match`.
#[utoipa::path(tag = "contributions", request_body = Fulfilment, security(("oauth2" = ["contributions:write"])),
    params(("id" = Uuid, Path, description = "The pledge"), ("If-Match" = String, Header, description = "The ETag of the version you read"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The commitment", body = Contribution), CreateProblems))]
#[post("/v1/contributions/{id}/commit")]
pub(crate) async fn commit(
    request: HttpRequest,
    caller: Caller<perm::ContributionsWrite>,
    context: Data<Context>,
    id: Id<ContributionId>,
    body: JsonBody<Fulfilment>,
) -> ApiResult {
    fulfil(
        &request,
        &context,
        &caller.claims,
        id.0,
        (ContributionStatus::Commitment, "contribution.commit"),
        body,
    )
    .await
}

/// Records a payment of a pledge or a commitment
///
/// Pays all or a part of it: creates a contribution with the status `paid` whose `parent_id` is the pledge or
/// commitment, which keeps the rest. Exchange gains or losses since then are in `exchange_difference_usd`. Send the
/// ETag of the pledge or commitment in `If-Match`.
#[utoipa::path(tag = "contributions", request_body = Fulfilment, security(("oauth2" = ["contributions:write"])),
    params(("id" = Uuid, Path, description = "The pledge or commitment"),
           ("If-Match" = String, Header, description = "The ETag of the version you read"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The payment", body = Contribution), CreateProblems))]
#[post("/v1/contributions/{id}/pay")]
pub(crate) async fn pay(
    request: HttpRequest,
    caller: Caller<perm::ContributionsWrite>,
    context: Data<Context>,
    id: Id<ContributionId>,
    body: JsonBody<Fulfilment>,
) -> ApiResult {
    fulfil(&request, &context, &caller.claims, id.0, (ContributionStatus::Paid, "contribution.pay"), body)
        .await
}

async fn fulfil(
    request: &HttpRequest,
    context: &Context,
    claims: &Claims,
    id: ContributionId,
    (to, action): (ContributionStatus, &'static str),
    body: JsonBody<Fulfilment>,
) -> ApiResult {
    let step = body.value;
    service::create(context, request, claims, body.digest.as_ref(), async |tx, scope| {
        merge_lock::shared(tx, claims.organisation_id).await?;
        let promise = changeable(tx, &Precondition::of(request), claims, id).await?;
        let allowed = promise.status == ContributionStatus::Pledge
            || (promise.status == ContributionStatus::Commitment && to == ContributionStatus::Paid);
        if !allowed {
            return Err(refused(&promise, to.as_str(), &format!("become {to}")));
        }
        let open = open(&promise)?;
        let amount = step.amount.unwrap_or(open);
        let mut checks = Checks::new();
        check_amount(&mut checks, amount, open);
        check_day(&mut checks, step.on, tx.now().date_naive());
        check_external(&mut checks, step.external_ref.as_ref());
        exchange_rate::check(step.exchange_rate.as_ref(), amount, &mut checks);
        checks.finish()?;
        let agreement_id = step.agreement_id.or(promise.agreement_id);
        // What it is under already it stays under, also when the agreement was handed over.
        let named = step.agreement_id.filter(|named| promise.agreement_id != Some(*named));
        if let (Some(agreement_id), Some(donor_id)) = (named, promise.donor_id) {
            check_agreement(scope, tx, agreement_id, donor_id, promise.office_id).await?;
        }
        let given = step.exchange_rate.as_ref();
        let converted =
            exchange_rate::convert(tx.db(), promise.organisation_id, amount, given, step.on).await?;
        let taken = amount.minor().min(open.minor());
        let taken_usd = entry::share(promise.amount_usd, taken, open.minor());
        let arrived_usd = entry::share(converted.amount.minor(), taken, amount.minor());
        let (out, kept) = entry::divide(&shares(&promise)?, taken);
        let years = Money::from_minor(amount.minor(), amount.currency()).in_parts(&out);
        let child = Model {
            status: to,
            amount_usd: converted.amount.minor(),
            original_amount: Some(amount.minor()),
            decision_date: if to == ContributionStatus::Paid { promise.decision_date } else { Some(step.on) },
            flow_date: (to == ContributionStatus::Paid).then_some(step.on),
            agreement_id,
            usage_split: with_shares(&promise, years.iter().map(Money::minor).collect())?,
            exchange_difference: converted.rate.as_ref().map(|_| arrived_usd - taken_usd),
            ..child_of(tx, &promise, step.external_ref.as_ref())?
        }
        .at(converted.rate);
        let entries = [
            New::of(Kind::MovedIn, (taken, arrived_usd)).with(promise.id),
            New::of(Kind::Recorded, (amount.minor() - taken, converted.amount.minor() - arrived_usd)),
        ];
        let how = (step.on, None, action);
        let mut made = part(tx, &promise, (taken, taken_usd), kept, how, (child, &entries)).await?;
        partner::complete(scope, tx.db(), std::slice::from_mut(&mut made.body)).await?;
        Ok(made)
    })
    .await
}

/// Allocates a part of an unallocated contribution
///
/// Creates a contribution with the same status for the given countries, plans and years. Its `parent_id` is the
/// unallocated contribution, which keeps the rest. Send the contribution's ETag in `If-Match`.
#[utoipa::path(tag = "contributions", request_body = Allotment, security(("oauth2" = ["contributions:write"])),
    params(("id" = Uuid, Path, description = "The unallocated contribution"),
           ("If-Match" = String, Header, description = "The ETag of the version you read"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The allocated contribution", body = Contribution), CreateProblems))]
#[post("/v1/contributions/{id}/allot")]
pub(crate) async fn allot(
    request: HttpRequest,
    caller: Caller<perm::ContributionsWrite>,
    context: Data<Context>,
    id: Id<ContributionId>,
    body: JsonBody<Allotment>,
) -> ApiResult {
    let step = body.value;
    let claims = &caller.claims;
    let plans = plan::find_all(&context.store, claims.organisation_id, &step.plan_ids).await?;
    service::create(&context, &request, claims, body.digest.as_ref(), async |tx, scope| {
        merge_lock::shared(tx, claims.organisation_id).await?;
        let parked = changeable(tx, &Precondition::of(&request), claims, id.0).await?;
        let open = open(&parked)?;
        let mut checks = Checks::new();
        check_amount(&mut checks, step.amount, open);
        let within = step.amount.minor() <= open.minor();
        let fault = more_than(open, "is more than the open amount of the contribution");
        checks.require(within, "/amount/amount", fault);
        check_day(&mut checks, step.on, tx.now().date_naive());
        let somewhere = !step.countries.is_empty() || !plans.is_empty() || !step.usage_years.is_empty();
        let fault = (FieldCode::NoDestination, "specify a country, a plan or a year as its destination");
        checks.require(somewhere, "/countries", fault);
        create::check_targets(&mut checks, &step.countries, &step.usage_years);
        checks.optional_long_text("/description", step.description.as_deref(), 20_000);
        checks.finish()?;
        let taken = step.amount.minor();
        let taken_usd = entry::share(parked.amount_usd, taken, open.minor());
        let (out, kept) = entry::divide(&shares(&parked)?, taken);
        let (years, countries) = store::targets(&parked);
        let same_years = step.usage_years.is_empty();
        let years = if same_years { years } else { step.usage_years.clone() };
        let countries = if step.countries.is_empty() { countries } else { step.countries.clone() };
        let mut to = destinations(tx, parked.organisation_id, &countries, &years, &plans).await?;
        if plans.is_empty() {
            let (_, before) = parked.objects()?;
            to.extend(before.into_iter().filter(|object| object.kind == FlowObject::PLAN));
        }
        let child = Model {
            amount_usd: taken_usd,
            original_amount: Some(taken),
            usage_years: kernel::text::joined(&years),
            countries: kernel::text::joined(&countries),
            earmarking: step.earmarking.or(parked.earmarking),
            description: step.description.clone().or_else(|| parked.description.clone()),
            destination_objects: serde_json::to_string(&to).map_err(|error| ApiError::internal(&error))?,
            usage_split: if same_years { with_shares(&parked, out)? } else { None },
            ..child_of(tx, &parked, None)?
        };
        let entries = [New::of(Kind::MovedIn, (taken, taken_usd)).with(parked.id)];
        let how = (step.on, None, "contribution.allot");
        let mut made = part(tx, &parked, (taken, taken_usd), kept, how, (child, &entries)).await?;
        partner::complete(scope, tx.db(), std::slice::from_mut(&mut made.body)).await?;
        Ok(made)
    })
    .await
}

/// The contribution in the version that the caller read, locked until this transaction ends.
pub(super) async fn changeable(
    tx: &TenantTx,
    precondition: &Precondition<'_>,
    claims: &Claims,
    id: ContributionId,
) -> Result<Model, ApiError> {
    let found = store::get_to_change(tx.scope(), tx, id).await?.ok_or_else(Problem::not_found)?;
    if found.office_id != claims.office_id {
        let why = "only the office that owns the contribution may change it";
        return Err(Problem::new(Code::Forbidden).because(Reason::OfficeOnly, why).into());
    }
    precondition.check(found.version)?;
    if !found.fingerprint.is_empty() {
        let why =
            format!("the record is maintained in {}: change it there and import it again", found.source);
        let fault = FieldCode::KeptElsewhere.says(why).with("source", found.source.as_str());
        return Err(Problem::new(Code::Conflict).field("/source", fault).into());
    }
    if found.standing != Standing::Current {
        let why = format!("a contribution that is {} has no open amount to move", found.standing);
        let fault = Fault::state(RecordKind::Contribution, found.standing.as_str(), why);
        return Err(Problem::new(Code::Conflict).field("/standing", fault).into());
    }
    Ok(found)
}

/// A contribution of this status cannot become `to`.
pub(super) fn refused(record: &Model, to: &str, what: &str) -> ApiError {
    let why = format!("a contribution that is {} cannot {what}", record.status);
    let fault = Fault::state(RecordKind::Contribution, record.status.as_str(), why).with("to", to);
    Problem::new(Code::Conflict).field("/status", fault).into()
}

/// An amount that is more than is left.
pub(super) fn more_than(left: Money, why: &'static str) -> Fault {
    FieldCode::MoreThanLeft.says(why).amount(left)
}

pub(super) fn open(record: &Model) -> Result<Money, ApiError> {
    let missing = || {
        let fault = FieldCode::NoAmount.says("the record has no amount of its own");
        Problem::new(Code::Conflict).field("/amount", fault)
    };
    Ok(record.original().ok_or_else(missing)?)
}

pub(super) fn check_amount(checks: &mut Checks, amount: Money, open: Money) {
    checks.require(amount.minor() > 0, "/amount/amount", Fault::not_above_zero());
    if amount.currency() != open.currency() {
        let fault = Fault::currency_of(RecordKind::Contribution, open.currency().code());
        checks.refuse("/amount/currency", fault);
    }
}

/// Not in the future, wherever on earth the office is.
pub(super) fn check_day(checks: &mut Checks, day: NaiveDate, today: NaiveDate) {
    checks.require(day <= today + Days::new(1), "/on", Fault::in_future());
    checks.date("/on", day);
}

pub(super) fn shares(record: &Model) -> Result<Vec<i64>, ApiError> {
    Ok(super::api::year_shares(record)?.iter().map(|share| share.amount.minor()).collect())
}

pub(super) fn with_shares(record: &Model, amounts: Vec<i64>) -> Result<Option<String>, ApiError> {
    let split = super::api::year_shares(record)?;
    if split.is_empty() {
        return Ok(None);
    }
    let shares = split.into_iter().zip(amounts).map(|(share, minor)| YearShare {
        amount: Money::from_minor(minor, share.amount.currency()),
        ..share
    });
    let text = serde_json::to_string(&shares.collect::<Vec<_>>());
    Ok(Some(text.map_err(|error| ApiError::internal(&error))?))
}

/// A valuation without the quantity, which is the whole's and not a part's.
fn without_quantity(valuation: &str) -> Result<String, StoreError> {
    let valuation: Valuation = serde_json::from_str(valuation)?;
    Ok(serde_json::to_string(&Valuation { quantity: None, ..valuation })?)
}

/// The beginnings of a record that comes out of another, under its own reference.
fn child_of(tx: &Transaction, parent: &Model, external: Option<&ExternalRef>) -> Result<Model, StoreError> {
    let (source, external_ref) = create::source_of(external);
    Ok(Model {
        source,
        external_ref,
        valuation: parent.valuation.as_deref().map(without_quantity).transpose()?,
        ..parent.part(tx.new_id(), tx.now())
    })
}

/// The record without what leaves it.
pub(super) fn without(
    tx: &Transaction,
    record: &Model,
    (taken, taken_usd): (i64, i64),
    kept: Vec<i64>,
    when_empty: Standing,
) -> Result<Model, ApiError> {
    let left = record.original_amount.unwrap_or(0) - taken;
    Ok(Model {
        version: record.version + 1,
        original_amount: Some(left),
        amount_usd: record.amount_usd - taken_usd,
        standing: if left == 0 { when_empty } else { record.standing },
        usage_split: with_shares(record, kept)?,
        updated_at: tx.now(),
        ..record.clone()
    })
}

/// Takes a part out of a record and makes it a record of its own.
async fn part(
    tx: &mut Transaction,
    parent: &Model,
    taken: (i64, i64),
    kept: Vec<i64>,
    (on, reason, action): (NaiveDate, Option<&str>, &'static str),
    (child, entries): (Model, &[New]),
) -> Result<Created<Contribution>, ApiError> {
    let after = without(tx, parent, taken, kept, Standing::MovedOn)?;
    store::insert_all(tx, vec![child.clone()]).await.map_err(create::already_there)?;
    entry::add(tx, child.id, on, reason, entries).await?;
    let out = New::of(Kind::MovedOut, (-taken.0, -taken.1)).with(child.id);
    entry::add(tx, parent.id, on, reason, &[out]).await?;
    finish(tx, parent.clone(), &after, action).await?;
    let shown = Contribution::try_from(child.clone())?;
    tx.audit_created("contribution.create", &child, &shown).await?;
    Ok(Created::new(format!("/v1/contributions/{}", child.id), 1, shown))
}

/// Writes the next version with its audit row.
pub(super) async fn finish(
    tx: &mut Transaction,
    before: Model,
    after: &Model,
    action: &'static str,
) -> Result<(), ApiError> {
    store::replace_all(tx, vec![(before.clone(), after.clone())]).await?;
    let (old, new) = (Contribution::try_from(before)?, Contribution::try_from(after.clone())?);
    tx.audit_changed(action, after, &old, &new).await?;
    Ok(())
}
