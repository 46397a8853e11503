//! Recording a contribution by hand or from a partner system.

use super::{EARMARKINGS, STATUSES, TYPES, VISIBILITIES, api::Contribution, joined, store};
use crate::{
    agreement::{self, State},
    consumers::plan,
    donor,
};
use ::store::{Scope, TenantTx, audit, office};
use actix_web::{HttpRequest, post, web::Data};
use auth::{Caller, Failure, perm};
use chrono::NaiveDate;
use events::{ExternalRef, FlowObject};
use kernel::{Code, Currency, Money, Problem, money::parse_decimal};
use serde::Deserialize;
use service::{Answer, Checks, Context, Created, JsonBody, openapi::CreateProblems};
use utoipa::ToSchema;
use uuid::Uuid;

/// A contribution to record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewContribution {
    donor_id: Uuid,
    /// The office whose record it is: the caller's (unless told otherwise) or one below.
    office_id: Option<Uuid>,
    /// The agreement it is given under: one of the donor, in force or closed.
    agreement_id: Option<Uuid>,
    /// `pledge`, `commitment` or `paid`.
    #[schema(example = "commitment", max_length = 20)]
    status: String,
    /// What is given, in the donor's currency.
    amount: Money,
    /// Needed unless the amount is in US dollars.
    exchange_rate: Option<ExchangeRate>,
    decision_date: Option<NaiveDate>,
    flow_date: Option<NaiveDate>,
    #[schema(example = 2026, minimum = 1900, maximum = 2200)]
    budget_year: Option<i32>,
    /// The years the money is for.
    #[serde(default)]
    #[schema(example = json!([2026]), max_items = 30)]
    usage_years: Vec<i32>,
    /// ISO 3166-1 alpha-3 codes of where it goes.
    #[serde(default)]
    #[schema(example = json!(["AFG"]), max_items = 50)]
    countries: Vec<String>,
    /// Response plans it goes to.
    #[serde(default)]
    #[schema(max_items = 20)]
    plan_ids: Vec<Uuid>,
    /// False for money counted before and moved (true unless told otherwise).
    #[serde(default = "yes")]
    new_money: bool,
    /// `financial` (unless told otherwise) or `in_kind`.
    #[serde(default = "financial")]
    #[schema(example = "financial", max_length = 20)]
    contribution_type: String,
    #[schema(example = "Traditional aid", max_length = 200)]
    method: Option<String>,
    /// `unearmarked`, `softly_earmarked`, `earmarked` or `tightly_earmarked`.
    #[schema(example = "earmarked", max_length = 20)]
    earmarking: Option<String>,
    #[serde(default)]
    #[schema(max_items = 50)]
    keywords: Vec<String>,
    /// What the sending system calls it; it can be recorded once.
    external_ref: Option<ExternalRef>,
    /// `internal` (unless told otherwise), `donor` or `public`.
    #[serde(default = "internal")]
    #[schema(example = "donor", max_length = 20)]
    visibility: String,
    #[schema(max_length = 20000)]
    description: Option<String>,
}

/// A dated exchange rate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeRate {
    /// Units of the amount's currency per US dollar, decimal.
    #[schema(example = "0.884", max_length = 40)]
    rate: String,
    date: NaiveDate,
    /// Who publishes it.
    #[schema(example = "UN operational rates of exchange", min_length = 1, max_length = 200)]
    source: String,
}

fn yes() -> bool {
    true
}

fn financial() -> String {
    "financial".to_owned()
}

fn internal() -> String {
    "internal".to_owned()
}

/// Records a contribution
///
/// In US dollars, or in another currency with the exchange rate, its date and its source.
#[utoipa::path(tag = "contributions", request_body = NewContribution,
    security(("oauth2" = ["contributions:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition safe")),
    responses((status = 201, description = "The contribution", body = Contribution), CreateProblems))]
#[post("/v1/contributions")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ContributionsWrite>,
    context: Data<Context>,
    body: JsonBody<NewContribution>,
) -> Answer {
    let new = body.value;
    let amount_usd = check(&new)?;
    let organisation_id = caller.claims.organisation_id;
    let office_id = new.office_id.unwrap_or(caller.claims.office_id);
    let mut plans = Vec::new();
    for (index, plan_id) in new.plan_ids.iter().enumerate() {
        let found = plan::find(&context.store, organisation_id, *plan_id).await?;
        let unknown =
            || Problem::invalid_field(format!("/plan_ids/{index}"), "is no plan of your organisation");
        plans.push(found.ok_or_else(unknown)?);
    }
    context.store.await_office(organisation_id, office_id).await?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        if !scope.office_ids().contains(&office_id) {
            return Err(Problem::invalid_field("/office_id", "is no office of yours").into());
        }
        let found = donor::store::get(scope, tx.db(), new.donor_id).await?;
        let unknown = || Problem::invalid_field("/donor_id", "is no donor of your organisation");
        let donor = found.ok_or_else(unknown)?;
        check_agreement(scope, tx, &new, office_id).await?;
        let organisation = office::organisation_name(tx.db(), organisation_id).await?;
        let recipient =
            organisation.map(|name| object("Organization", organisation_id.to_string(), name, None));
        let record = record(&new, &donor, amount_usd, (tx.new_id(), office_id, tx.now()), &plans, recipient)?;
        let shown = Contribution::try_from(record.clone())?;
        store::insert_all(tx, vec![record]).await.map_err(|error| {
            if error.is_duplicate() {
                let why = "a contribution with this reference is there already";
                return Problem::new(Code::Conflict).field("/external_ref", why).into();
            }
            Failure::from(error)
        })?;
        tx.audit(audit::Entry {
            organisation_id,
            office_id,
            action: "contribution.create",
            resource: "contribution",
            resource_id: shown.id,
            before: None,
            after: serde_json::to_value(&shown).ok(),
        })
        .await?;
        Ok(Created::new(format!("/v1/contributions/{}", shown.id), 1, shown))
    })
    .await
}

async fn check_agreement(
    scope: &Scope,
    tx: &TenantTx,
    new: &NewContribution,
    office_id: Uuid,
) -> Result<(), Failure> {
    let Some(id) = new.agreement_id else { return Ok(()) };
    let refuse = |why: &str| Err(Problem::invalid_field("/agreement_id", why).into());
    let Some(agreement) = agreement::store::get(scope, tx.db(), id).await? else {
        return refuse("is no agreement of yours");
    };
    if agreement.donor_id != new.donor_id {
        return refuse("is an agreement with another donor");
    }
    if agreement.office_id != office_id {
        return refuse("is an agreement of another office");
    }
    match agreement.state()? {
        State::Signed | State::Active | State::Closed => Ok(()),
        State::Draft | State::Negotiation | State::Cancelled => refuse("is an agreement that does not bind"),
    }
}

fn object(kind: &str, id: String, name: String, country: Option<String>) -> FlowObject {
    FlowObject {
        kind: kind.to_owned(),
        id,
        name,
        behavior: None,
        country,
        organization_types: Vec::new(),
        organization_sub_types: Vec::new(),
    }
}

fn record(
    new: &NewContribution,
    donor: &donor::store::Model,
    amount_usd: Money,
    (id, office_id, now): (Uuid, Uuid, chrono::DateTime<chrono::Utc>),
    plans: &[plan::KnownPlan],
    recipient: Option<FlowObject>,
) -> Result<store::Model, Failure> {
    let from = vec![object("Organization", donor.id.to_string(), donor.name.clone(), None)];
    let mut to: Vec<FlowObject> = recipient.into_iter().collect();
    for code in &new.countries {
        if let Some(country) = kernel::country::by_iso3(code) {
            let id = country.fts_id.clone().unwrap_or_else(|| code.clone());
            to.push(object("Location", id, country.name_en.clone(), Some(code.clone())));
        }
    }
    to.extend(
        new.usage_years.iter().map(|year| object("UsageYear", year.to_string(), year.to_string(), None)),
    );
    for plan in plans {
        let id = plan.fts_id.clone().unwrap_or_else(|| plan.id.to_string());
        to.push(object("Plan", id, plan.name.clone(), None));
    }
    let years: Vec<String> = new.usage_years.iter().map(i32::to_string).collect();
    let text = |value: serde_json::Result<String>| value.map_err(|error| Failure::internal(&error));
    let rate = new.exchange_rate.as_ref();
    let (source, external_ref) = match &new.external_ref {
        Some(external) => (external.source.clone(), Some(external.r#ref.clone())),
        None => ("api".to_owned(), None),
    };
    Ok(store::Model {
        id,
        version: 1,
        organisation_id: donor.organisation_id,
        office_id,
        source,
        external_ref,
        donor_id: Some(donor.id),
        donor_external_ref: None,
        donor_name: Some(donor.name.clone()),
        status: new.status.clone(),
        amount_usd: amount_usd.minor(),
        original_amount: Some(new.amount.minor()),
        original_currency: Some(new.amount.currency().code().to_owned()),
        exchange_rate: rate.map(|rate| rate.rate.clone()),
        exchange_rate_date: rate.map(|rate| rate.date),
        exchange_rate_source: rate.map(|rate| rate.source.clone()),
        decision_date: new.decision_date,
        flow_date: new.flow_date,
        first_reported_date: Some(now.date_naive()),
        budget_year: new.budget_year,
        usage_years: joined(&years),
        countries: joined(&new.countries),
        new_money: new.new_money,
        contribution_type: new.contribution_type.clone(),
        method: new.method.clone(),
        earmarking: new.earmarking.clone(),
        keywords: text(serde_json::to_string(&new.keywords))?,
        parent_ref: None,
        child_refs: String::new(),
        visibility: new.visibility.clone(),
        description: new.description.clone(),
        source_objects: text(serde_json::to_string(&from))?,
        destination_objects: text(serde_json::to_string(&to))?,
        detail: "{}".to_owned(),
        source_version: None,
        fingerprint: String::new(),
        agreement_id: new.agreement_id,
        created_at: now,
        updated_at: now,
    })
}

fn check(new: &NewContribution) -> Result<Money, Problem> {
    let mut checks = Checks::new();
    checks.one_of("/status", &new.status, &STATUSES);
    checks.one_of("/contribution_type", &new.contribution_type, &TYPES);
    checks.one_of("/visibility", &new.visibility, &VISIBILITIES);
    if let Some(earmarking) = &new.earmarking {
        checks.one_of("/earmarking", earmarking, &EARMARKINGS);
    }
    checks.require(!new.amount.is_negative(), "/amount/amount", "must not be negative");
    checks.optional_text("/method", new.method.as_deref(), 200);
    let too_long = new.description.as_ref().is_some_and(|text| text.chars().count() > 20_000);
    checks.require(!too_long, "/description", "has more than 20000 characters");
    checks.require(new.countries.len() <= 50, "/countries", "has more than 50 entries");
    for (index, code) in new.countries.iter().enumerate() {
        checks.country(&format!("/countries/{index}"), code);
    }
    checks.require(new.usage_years.len() <= 30, "/usage_years", "has more than 30 entries");
    for (index, year) in new.usage_years.iter().enumerate() {
        checks.require(
            (1900..=2200).contains(year),
            &format!("/usage_years/{index}"),
            "must be 1900 to 2200",
        );
    }
    let budget_year_fits = new.budget_year.is_none_or(|year| (1900..=2200).contains(&year));
    checks.require(budget_year_fits, "/budget_year", "must be 1900 to 2200");
    checks.require(new.plan_ids.len() <= 20, "/plan_ids", "has more than 20 entries");
    checks.require(new.keywords.len() <= 50, "/keywords", "has more than 50 entries");
    for (index, keyword) in new.keywords.iter().enumerate() {
        checks.text(&format!("/keywords/{index}"), keyword, 100);
    }
    if let Some(external) = &new.external_ref {
        checks.text("/external_ref/source", &external.source, 40);
        let reserved = ["fts", "api"].contains(&external.source.as_str());
        checks.require(!reserved, "/external_ref/source", "is reserved for the platform's own importers");
        checks.text("/external_ref/ref", &external.r#ref, 100);
    }
    let amount_usd = usd(new, &mut checks);
    checks.finish()?;
    Ok(amount_usd.unwrap_or(Money::usd(0)))
}

fn usd(new: &NewContribution, checks: &mut Checks) -> Option<Money> {
    match &new.exchange_rate {
        None if new.amount.currency() == Currency::USD => Some(new.amount),
        None => {
            checks.refuse("/exchange_rate", "is required unless the amount is in US dollars");
            None
        }
        Some(_) if new.amount.currency() == Currency::USD => {
            checks.refuse("/exchange_rate", "does not belong to an amount in US dollars");
            None
        }
        Some(rate) => {
            checks.text("/exchange_rate/source", &rate.source, 200);
            let Ok(parsed) = parse_decimal(&rate.rate) else {
                checks.refuse("/exchange_rate/rate", "is not a decimal number");
                return None;
            };
            if parsed <= rust_decimal::Decimal::ZERO {
                checks.refuse("/exchange_rate/rate", "must be above zero");
                return None;
            }
            let worth = new.amount.to_usd_at(parsed);
            worth.map_err(|error| checks.refuse("/amount", error.to_string())).ok()
        }
    }
}
