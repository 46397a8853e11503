//! Recording a contribution by hand or from a partner system.

use super::{
    api::{Contribution, Valuation, YearShare},
    entry::{self, Kind, New},
    store,
};
use crate::contribution::Standing;
use crate::{
    agreement::{self, State},
    exchange_rate::{self, ExchangeRate, UsdAmount},
    known::plan,
    registry::donor,
};
use ::store::{TenantScope, Transaction, audit, office};
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::NaiveDate;
use events::{ExternalRef, FlowObject};
use kernel::{
    AgreementId, Code, ContributionId, ContributionStatus, ContributionType, DonorId, Earmarking, Fault,
    FieldCode, Money, OfficeId, OrganisationId, PlanId, Problem, RecordKind, Situation, Visibility,
    money::parse_plain,
};
use serde::Deserialize;
use service::{ApiResult, Checks, Context, Created, JsonBody, openapi::CreateProblems};
use utoipa::ToSchema;

/// A new contribution.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewContribution {
    donor_id: DonorId,
    /// The office that owns the record: the caller's or one below it. Defaults to the caller's.
    office_id: Option<OfficeId>,
    /// The agreement it is made under: one with the donor, in force or closed.
    agreement_id: Option<AgreementId>,
    status: ContributionStatus,
    /// The amount in the donor's currency.
    amount: Money,
    /// Defaults to the organisation's rate for the month of the flow, of the decision, or of today. Not allowed for an
    /// amount in US dollars.
    exchange_rate: Option<ExchangeRate>,
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    decision_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    flow_date: Option<NaiveDate>,
    #[schema(example = 2026, minimum = 1900, maximum = 2200)]
    budget_year: Option<i32>,
    /// The usage years.
    #[serde(default)]
    #[schema(example = json!([2026]), max_items = 30, value_type = Vec<kernel::items::Year>)]
    usage_years: Vec<i32>,
    /// How the amount is split over the usage years. The parts must add up to the amount, and their years are the usage
    /// years.
    #[serde(default)]
    #[schema(max_items = 30)]
    usage_split: Vec<YearShare>,
    /// Splits the amount evenly over the usage years; remaining cents go to the first years.
    #[serde(default)]
    split_evenly: bool,
    /// ISO 3166-1 alpha-3 codes of the destination countries.
    #[serde(default)]
    #[schema(example = json!(["AFG"]), max_items = 50, value_type = Vec<kernel::items::CountryCode>)]
    countries: Vec<String>,
    /// Response plans it funds.
    #[serde(default)]
    #[schema(max_items = 20)]
    plan_ids: Vec<PlanId>,
    /// False for a re-allocation of funds counted before. Defaults to true.
    #[serde(default = "yes")]
    new_money: bool,
    /// Defaults to `financial`.
    #[serde(default = "financial")]
    contribution_type: ContributionType,
    /// How goods or services were valued; required for a contribution in kind.
    valuation: Option<Valuation>,
    /// The reversed record that this one replaces.
    replaces_id: Option<ContributionId>,
    #[schema(example = "Traditional aid", max_length = 200)]
    method: Option<String>,
    earmarking: Option<Earmarking>,
    #[serde(default)]
    #[schema(max_items = 50, value_type = Vec<kernel::items::Keyword>)]
    keywords: Vec<String>,
    /// Its reference in the source system; it can be recorded only once.
    external_ref: Option<ExternalRef>,
    /// Defaults to `internal`.
    #[serde(default = "internal")]
    visibility: Visibility,
    #[schema(max_length = 20000)]
    description: Option<String>,
}

fn yes() -> bool {
    true
}

fn financial() -> ContributionType {
    ContributionType::Financial
}

fn internal() -> Visibility {
    Visibility::Internal
}

/// Creates a contribution
///
/// The amount is in US dollars, or in another currency at the given exchange rate (with its date and source) or at the
/// organisation's rate for the month.
#[utoipa::path(tag = "contributions", request_body = NewContribution,
    security(("oauth2" = ["contributions:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The contribution", body = Contribution), CreateProblems))]
#[post("/v1/contributions")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ContributionsWrite>,
    context: Data<Context>,
    body: JsonBody<NewContribution>,
) -> ApiResult {
    let new = body.value;
    check(&new)?;
    let organisation_id = caller.claims.organisation_id;
    let plans = plan::find_all(&context.store, organisation_id, &new.plan_ids).await?;
    let office_id = context.office_for(&caller.claims, new.office_id).await?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        donor::merge_lock::shared(tx, organisation_id).await?;
        let found = donor::store::get(tx.scope(), tx.db(), new.donor_id).await?;
        let unknown = || Problem::invalid_field("/donor_id", Fault::unknown(RecordKind::Donor));
        let donor = found.ok_or_else(unknown)?;
        donor::check_not_merged(&donor)?;
        if let Some(agreement_id) = new.agreement_id {
            check_agreement(scope, tx, agreement_id, new.donor_id, office_id).await?;
        }
        let replaced = match new.replaces_id {
            Some(replaced) => Some(check_replaced(scope, tx, replaced).await?),
            None => None,
        };
        let now = tx.now();
        let day = new.flow_date.or(new.decision_date).unwrap_or_else(|| now.date_naive());
        let stated = [new.flow_date, new.decision_date].into_iter().flatten().min();
        let in_force = new.amount.currency().in_force(stated.unwrap_or(day));
        in_force.map_err(|fault| Problem::invalid_field("/amount/currency", fault))?;
        let converted =
            exchange_rate::convert(tx.db(), organisation_id, new.amount, new.exchange_rate.as_ref(), day)
                .await?;
        let to = destinations(tx, organisation_id, &new.countries, &new.years(), &plans).await?;
        let record = store::Model {
            root_id: replaced.as_ref().and_then(store::Model::root),
            ..record(&new, &donor, converted, (tx.new_id(), office_id, now), &to)?
        };
        let shown = Contribution::try_from(record.clone())?;
        let recorded = New::of(Kind::Recorded, (new.amount.minor(), record.amount_usd));
        store::insert_all(tx, vec![record]).await.map_err(already_there)?;
        entry::open(tx, shown.id, day, recorded);
        tx.audit_created(
            "contribution.create",
            audit::Subject { resource: "contribution", id: shown.id.as_uuid(), organisation_id, office_id },
            &shown,
        )
        .await?;
        Ok(Created::new(format!("/v1/contributions/{}", shown.id), 1, shown))
    })
    .await
}

pub(super) fn already_there(error: ::store::StoreError) -> ApiError {
    if error.is_duplicate() {
        let why = "a contribution with this reference, or one that replaces the same record, already exists";
        let fault = FieldCode::AlreadyExists.says(why).kind(RecordKind::Contribution);
        return Problem::new(Code::Conflict).field("/external_ref", fault).into();
    }
    ApiError::from(error)
}

/// The record that a new one replaces: one that is reversed.
async fn check_replaced(
    scope: &TenantScope,
    tx: &Transaction,
    id: ContributionId,
) -> Result<store::Model, ApiError> {
    let found = store::get(scope, tx.db(), id).await?;
    match found {
        Some(record) if record.standing == Standing::Reversed => Ok(record),
        Some(record) => {
            let why = "is a contribution that is not reversed";
            let fault = Fault::state(RecordKind::Contribution, record.standing.as_str(), why);
            Err(Problem::invalid_field("/replaces_id", fault).into())
        }
        None => {
            let fault = Fault::unknown(RecordKind::Contribution);
            Err(Problem::invalid_field("/replaces_id", fault).into())
        }
    }
}

/// An agreement that money can be given under: one of the donor and the office, signed.
pub(super) async fn check_agreement(
    scope: &TenantScope,
    tx: &Transaction,
    id: AgreementId,
    donor_id: DonorId,
    office_id: OfficeId,
) -> Result<(), ApiError> {
    let refuse = |fault: Fault| Err(Problem::invalid_field("/agreement_id", fault).into());
    let Some(agreement) = agreement::store::get(scope, tx.db(), id).await? else {
        return refuse(Fault::unknown(RecordKind::Agreement));
    };
    if agreement.donor_id != donor_id {
        return refuse(FieldCode::OtherDonor.says("is an agreement with another donor"));
    }
    if agreement.office_id != office_id {
        return refuse(Fault::not_yours(RecordKind::Agreement));
    }
    match agreement.state {
        State::Signed | State::Active | State::Closed => Ok(()),
        State::Draft | State::Negotiation | State::Cancelled => {
            refuse(FieldCode::NotBinding.says("is an agreement that is not in force"))
        }
    }
}

/// Where money goes: to the organisation, and to countries, years and plans.
pub(super) async fn destinations(
    tx: &Transaction,
    organisation_id: OrganisationId,
    countries: &[String],
    years: &[i32],
    plans: &[plan::KnownPlan],
) -> Result<Vec<FlowObject>, ApiError> {
    let organisation = office::organisation_name(tx.db(), organisation_id).await?;
    let recipient = organisation.map(|name| FlowObject::organisation(organisation_id, name));
    let mut to: Vec<FlowObject> = recipient.into_iter().collect();
    let countries = countries.iter().filter_map(|code| kernel::country::by_iso3(code));
    to.extend(countries.map(FlowObject::location));
    to.extend(years.iter().map(FlowObject::usage_year));
    to.extend(plans.iter().map(plan::KnownPlan::object));
    Ok(to)
}

/// What a record is called where it comes from.
pub(super) fn source_of(external: Option<&ExternalRef>) -> (String, Option<String>) {
    match external {
        Some(external) => (external.source.clone(), Some(external.r#ref.clone())),
        None => (store::OWN_SOURCE.to_owned(), None),
    }
}

impl NewContribution {
    fn years(&self) -> Vec<i32> {
        if self.usage_years.is_empty() {
            self.usage_split.iter().map(|share| share.year).collect()
        } else {
            self.usage_years.clone()
        }
    }

    fn split(&self) -> Vec<YearShare> {
        if !self.split_evenly {
            return self.usage_split.clone();
        }
        let years = self.years();
        let parts = self.amount.in_parts(&vec![1; years.len()]);
        years.into_iter().zip(parts).map(|(year, amount)| YearShare { year, amount }).collect()
    }
}

fn record(
    new: &NewContribution,
    donor: &donor::store::Model,
    converted: UsdAmount,
    (id, office_id, now): (ContributionId, OfficeId, chrono::DateTime<chrono::Utc>),
    to: &[FlowObject],
) -> Result<store::Model, ApiError> {
    let from = vec![FlowObject::organisation(donor.id, &donor.name)];
    let years: Vec<String> = new.years().iter().map(i32::to_string).collect();
    let text = |value: serde_json::Result<String>| value.map_err(|error| ApiError::internal(&error));
    let split = new.split();
    let usage_split = if split.is_empty() { None } else { Some(text(serde_json::to_string(&split))?) };
    let valuation = new.valuation.as_ref().map(serde_json::to_string).transpose();
    let valuation = valuation.map_err(|error| ApiError::internal(&error))?;
    let (source, external_ref) = source_of(new.external_ref.as_ref());
    let place = (donor.organisation_id, office_id);
    let blank = store::Model::blank(id, place, new.status, converted.amount.minor(), now);
    Ok(store::Model {
        source,
        external_ref,
        donor_id: Some(donor.id),
        donor_name: Some(donor.name.clone()),
        original_amount: Some(new.amount.minor()),
        original_currency: Some(new.amount.currency().code().to_owned()),
        decision_date: new.decision_date,
        flow_date: new.flow_date,
        first_reported_date: Some(now.date_naive()),
        budget_year: new.budget_year,
        usage_years: kernel::text::joined(&years),
        countries: kernel::text::joined(&new.countries),
        new_money: new.new_money,
        contribution_type: new.contribution_type,
        method: new.method.clone(),
        earmarking: new.earmarking,
        keywords: text(serde_json::to_string(&new.keywords))?,
        visibility: new.visibility,
        description: new.description.clone(),
        source_objects: text(serde_json::to_string(&from))?,
        destination_objects: text(serde_json::to_string(&to))?,
        agreement_id: new.agreement_id,
        replaces_id: new.replaces_id,
        usage_split,
        valuation,
        ..blank
    }
    .at(converted.rate))
}

fn check(new: &NewContribution) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.require(new.amount.minor() > 0, "/amount/amount", Fault::not_above_zero());
    checks.optional_text("/method", new.method.as_deref(), 200);
    checks.optional_long_text("/description", new.description.as_deref(), 20_000);
    for (pointer, date) in [("/decision_date", new.decision_date), ("/flow_date", new.flow_date)] {
        if let Some(fault) = date.and_then(kernel::date::unusual_for_money) {
            checks.refuse(pointer, fault);
        }
    }
    check_targets(&mut checks, &new.countries, &new.usage_years);
    check_split(&mut checks, new);
    check_valuation(&mut checks, new);
    if let Some(year) = new.budget_year {
        checks.within("/budget_year", year, PLAUSIBLE_YEARS);
    }
    checks.at_most("/plan_ids", &new.plan_ids, plan::MAX_PLANS);
    for (index, keyword) in checks.at_most("/keywords", &new.keywords, 50).iter().enumerate() {
        checks.text(&format!("/keywords/{index}"), keyword, 100);
    }
    check_external(&mut checks, new.external_ref.as_ref());
    exchange_rate::check(new.exchange_rate.as_ref(), new.amount, &mut checks);
    checks.finish()
}

/// Plausible years of financial records.
pub(crate) const PLAUSIBLE_YEARS: std::ops::RangeInclusive<i32> = kernel::date::YEARS_OF_MONEY;

const DUPLICATE: (FieldCode, &str) = (FieldCode::Duplicate, "is named twice");

pub(super) fn check_targets(checks: &mut Checks, countries: &[String], years: &[i32]) {
    for (index, code) in checks.at_most("/countries", countries, 50).iter().enumerate() {
        checks.country(&format!("/countries/{index}"), code);
    }
    let years = checks.at_most("/usage_years", years, 30);
    for (index, year) in years.iter().enumerate() {
        let pointer = format!("/usage_years/{index}");
        checks.within(&pointer, *year, PLAUSIBLE_YEARS);
        checks.require(!years.iter().take(index).any(|before| before == year), &pointer, DUPLICATE);
    }
}

pub(super) fn check_external(checks: &mut Checks, external: Option<&ExternalRef>) {
    if let Some(external) = external {
        checks.text("/external_ref/source", &external.source, 40);
        let reserved = ["fts", store::OWN_SOURCE].contains(&external.source.as_str());
        let fault = (FieldCode::Reserved, "is reserved for the platform's own importers");
        checks.require(!reserved, "/external_ref/source", fault);
        checks.text("/external_ref/ref", &external.r#ref, 100);
    }
}

fn check_split(checks: &mut Checks, new: &NewContribution) {
    if new.split_evenly {
        if !new.usage_split.is_empty() {
            let fault = Fault::not_allowed_with(Situation::EvenSplit, "cannot be combined with split_evenly");
            checks.refuse("/usage_split", fault);
        }
        if new.usage_years.is_empty() {
            let fault = Fault::required_with(Situation::EvenSplit, "are required to split the amount evenly");
            checks.refuse("/usage_years", fault);
        }
        return;
    }
    if new.usage_split.is_empty() {
        return;
    }
    let shares = checks.at_most("/usage_split", &new.usage_split, 30);
    let years: Vec<i32> = shares.iter().map(|share| share.year).collect();
    let mut sum: i128 = 0;
    for (index, share) in shares.iter().enumerate() {
        let at = |field: &str| format!("/usage_split/{index}/{field}");
        checks.within(&at("year"), share.year, PLAUSIBLE_YEARS);
        let twice = years.iter().take(index).any(|year| *year == share.year);
        checks.require(!twice, &at("year"), DUPLICATE);
        checks.require(!share.amount.is_negative(), &at("amount"), Fault::negative());
        if share.amount.currency() != new.amount.currency() {
            let currency = new.amount.currency().code();
            checks.refuse(at("amount"), Fault::currency_of(RecordKind::Contribution, currency));
        }
        sum += i128::from(share.amount.minor());
    }
    let whole = i128::from(new.amount.minor());
    if sum != whole {
        let fault = FieldCode::SumDiffers.says("does not add up to the amount");
        checks.refuse("/usage_split", fault.amount(new.amount));
    }
    let as_named =
        |named: &[i32]| years.len() == named.len() && named.iter().all(|year| years.contains(year));
    let fits = new.usage_years.is_empty() || as_named(&new.usage_years);
    if !fits {
        let fault = FieldCode::Differs.says("must be the years of usage_split");
        checks.refuse("/usage_years", fault.with("field", "usage_split"));
    }
}

fn check_valuation(checks: &mut Checks, new: &NewContribution) {
    let in_kind = new.contribution_type == ContributionType::InKind;
    let Some(valuation) = &new.valuation else {
        if in_kind {
            let why = "is required for a contribution in kind";
            checks.refuse("/valuation", Fault::required_with(Situation::InKind, why));
        }
        return;
    };
    if !in_kind {
        let fault = Fault::not_allowed_with(Situation::NotInKind, "is only for a contribution in kind");
        checks.refuse("/valuation", fault);
    }
    if let Some(quantity) = &valuation.quantity {
        let above = parse_plain(quantity).is_ok_and(|quantity| quantity > rust_decimal::Decimal::ZERO);
        let fault = (FieldCode::NotAboveZero, "must be a decimal number greater than zero");
        checks.require(above, "/valuation/quantity", fault);
    }
    checks.optional_text("/valuation/unit", valuation.unit.as_deref(), 100);
}
