//! Plans from an FTS plan overview: small files, decided at once.

pub(crate) mod api;
pub(crate) mod store;

use super::{
    api::{Plan, already_there},
    store as plans,
};
use crate::version;
use ::store::{TenantTx, audit};
use actix_web::{
    HttpRequest, post,
    web::{Bytes, Data},
};
use auth::{ApiError, Caller, perm};
use chrono::NaiveDate;
use kernel::{
    Code, Currency, Fault, FieldCode, FieldError, Money, OfficeId, OrganisationId, PlanId, PlanType, Problem,
    RecordKind, Visibility, money::parse_decimal, text::on_one_line,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{ApiResult, Checks, Context, Created, Parameters, openapi::CreateProblems};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use store::{PlanImportState, PlanOutcome, Verdict};
use utoipa::IntoParams;

/// Maximum size of a plan overview, in bytes.
const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;
/// Plans of a file; FTS has about sixty a year.
const MAX_PLANS: usize = 2_000;
/// Maximum number of errors of one plan that are named.
const MAX_ERRORS: usize = 100;
/// Maximum length of what a plan that is refused calls itself, in characters.
const MAX_NAME_LENGTH: usize = 300;
const MAX_REFERENCE_LENGTH: usize = 100;

const NOT_A_DATE: (FieldCode, &str) = (FieldCode::NotADate, "is not a date (YYYY-MM-DD…)");
const NOT_AN_AMOUNT: (FieldCode, &str) = (FieldCode::NotANumber, "is not an amount of US dollars");

/// How to import.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportOptions {
    /// The office that owns the plans: the caller's or one below it. Defaults to the caller's.
    office_id: Option<OfficeId>,
    /// Dry run: validate and compare only, save nothing.
    #[serde(default)]
    dry_run: bool,
    /// Import the valid plans even if others are invalid. Defaults to false: one invalid plan rejects the file.
    #[serde(default)]
    skip_bad: bool,
    /// Name of the file; the list of imports shows it.
    #[param(max_length = 300, example = "plans-2026.json")]
    file: Option<String>,
}

/// Imports plans from an FTS plan overview
///
/// The file as returned by the FTS API. Plans become public; they are identified by their FTS number, so that a
/// repeated import changes nothing and a revised requirement creates a new version. A plan that another office owns is
/// a row error. The answer is the result; it can be read again at the URL in `Location`, and the outcome of every plan
/// at its `rows`.
#[utoipa::path(tag = "plans", params(ImportOptions,
        ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    request_body(description = "An FTS plan overview", content((Object = "application/json"))),
    security(("oauth2" = ["plans:write"])), extensions(("x-body-limit" = json!(16777216)),
        ("x-timeout-seconds" = json!(120))),
    responses((status = 201, description = "The result of the import", body = api::PlanImport), CreateProblems))]
#[post("/v1/plan-imports")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::PlansWrite>,
    context: Data<Context>,
    options: Parameters<ImportOptions>,
    body: Bytes,
) -> ApiResult {
    if body.len() > MAX_FILE_BYTES {
        return Err(service::too_large(MAX_FILE_BYTES as u64).into());
    }
    let overview = plans_of(&body)?;
    let options = options.0;
    if let Some(file) = &options.file {
        let mut checks = Checks::new();
        checks.file_name("file", file, 300);
        checks.finish()?;
    }
    let organisation_id = caller.claims.organisation_id;
    let office_id = context.office_for_query(&caller.claims, options.office_id).await?;
    let digest = Sha256::digest(&body);
    service::create(&context, &request, &caller.claims, &digest, async |tx, _| {
        let (good, mut verdicts) = sort_out(tx, &overview, (organisation_id, office_id)).await?;
        let refused = !verdicts.is_empty() && !options.skip_bad && !options.dry_run;
        let state = match (options.dry_run, refused) {
            (true, _) => PlanImportState::Checked,
            (false, true) => PlanImportState::Refused,
            (false, false) => PlanImportState::Done,
        };
        if refused {
            verdicts
                .extend(good.into_iter().map(|(number, read)| read.verdict(number, PlanOutcome::NotApplied)));
        } else {
            let kept = keep_all(tx, good, (organisation_id, office_id), options.dry_run).await?;
            verdicts.extend(kept);
        }
        verdicts.sort_by_key(|verdict| verdict.number);
        let of = |outcome: PlanOutcome| {
            count(verdicts.iter().filter(|verdict| verdict.outcome == outcome).count())
        };
        let import = store::Model {
            id: tx.new_id(),
            organisation_id,
            office_id,
            file: options.file,
            state,
            plans_read: count(overview.len()),
            created: of(PlanOutcome::Created),
            updated: of(PlanOutcome::Updated),
            unchanged: of(PlanOutcome::Unchanged),
            rejected: of(PlanOutcome::Rejected),
            created_at: tx.now(),
        };
        store::insert(tx, &import, &verdicts).await?;
        let shown = api::PlanImport::new(&import, &verdicts);
        // Not the name of the file, which may be that of a person: the trail is never changed.
        let mut kept = audit::snapshot(&api::ListedPlanImport::from(import.clone()))?;
        kept["file"] = Value::Null;
        tx.audit_created("plan_import.create", &import, &kept).await?;
        Ok(Created::new(format!("/v1/plan-imports/{}", import.id), 1, shown))
    })
    .await
}

/// The plans that can be kept, with their numbers in the file, and the verdicts on the others: those that cannot be read,
/// and those that another office writes.
async fn sort_out(
    tx: &TenantTx,
    overview: &[Value],
    (organisation_id, office_id): (OrganisationId, OfficeId),
) -> Result<(Vec<(i64, Read)>, Vec<Verdict>), ApiError> {
    // Nobody else of the organisation makes a plan or changes its reference meanwhile.
    tx.lock(&plans::references(organisation_id)).await?;
    let read: Vec<Result<Read, Vec<FieldError>>> = overview.iter().map(read).collect();
    let references: Vec<String> = read.iter().flatten().map(|read| read.id.clone()).collect();
    let owners = plans::owners(tx, organisation_id, "fts", &references).await?;
    let (mut good, mut wrong) = (Vec::with_capacity(read.len()), Vec::new());
    for ((number, plan), read) in (1..).zip(overview).zip(read) {
        let of_another = |read: &Read| owners.get(&read.id).is_some_and(|owner| *owner != office_id);
        let errors = match read {
            Ok(read) if of_another(&read) => {
                vec![FieldError::new("/id", Fault::not_yours(RecordKind::Plan))]
            }
            Ok(read) => {
                good.push((number, read));
                continue;
            }
            Err(errors) => errors,
        };
        wrong.push(refused(number, plan, errors));
    }
    Ok((good, wrong))
}

/// The verdict on a plan that is refused, with what it calls itself as far as that can be read.
fn refused(number: i64, plan: &Value, errors: Vec<FieldError>) -> Verdict {
    let short = |text: String, longest: usize| {
        let text: String = text.chars().filter(|letter| !letter.is_control()).take(longest).collect();
        Some(text).filter(|text| !text.is_empty())
    };
    Verdict {
        number,
        external_ref: id_of(plan).and_then(|id| short(id, MAX_REFERENCE_LENGTH)),
        name: name_of(plan).and_then(|name| short(name.to_owned(), MAX_NAME_LENGTH)),
        outcome: PlanOutcome::Rejected,
        plan_id: None,
        errors: errors.into_iter().take(MAX_ERRORS).collect(),
    }
}

/// Writes what has changed, and says what became of each plan. All rows are locked before the first is written: an
/// editor of one of them holds its row while it waits for the audit trail, and must not be waited for by whoever holds
/// that.
async fn keep_all(
    tx: &mut TenantTx,
    good: Vec<(i64, Read)>,
    (organisation_id, office_id): (OrganisationId, OfficeId),
    dry_run: bool,
) -> Result<Vec<Verdict>, ApiError> {
    let references: Vec<String> = good.iter().map(|(_, read)| read.id.clone()).collect();
    let mut held = plans::by_refs_to_change(tx, organisation_id, "fts", &references).await?;
    let mut verdicts = Vec::with_capacity(good.len());
    // What is there already, also in a dry run, which makes none.
    let mut there: HashSet<PlanId> = held.values().map(|plan| plan.id).collect();
    for (number, read) in good {
        let (reference, now) = (read.id.clone(), tx.now());
        let mut verdict = read.verdict(number, PlanOutcome::Created);
        let before = held.get(&reference);
        let mut after = match before {
            Some(before) => read.over(before.clone()),
            None => read.over(blank(tx.new_id(), organisation_id, office_id, now)),
        };
        match before {
            None => {}
            Some(before) if *before == after => {
                verdict.outcome = PlanOutcome::Unchanged;
                verdict.plan_id = Some(before.id).filter(|id| there.contains(id));
                verdicts.push(verdict);
                continue;
            }
            Some(before) => {
                (after.version, after.updated_at) = (before.version + 1, now);
                verdict.outcome = PlanOutcome::Updated;
            }
        }
        if !dry_run {
            match before {
                None => plans::insert(tx, &after).await.map_err(already_there)?,
                Some(_) => plans::update(tx, &after).await?,
            }
            there.insert(after.id);
            let shown = Plan::try_from(after.clone())?;
            match before {
                None => tx.audit_created("plan.import", &after, &shown).await?,
                Some(before) => {
                    let before = Plan::try_from(before.clone())?;
                    tx.audit_changed("plan.import", &after, &before, &shown).await?;
                }
            }
        }
        verdict.plan_id = Some(after.id).filter(|id| there.contains(id));
        verdicts.push(verdict);
        held.insert(reference, after);
    }
    let written = verdicts.iter().any(|verdict| verdict.outcome != PlanOutcome::Unchanged);
    if !dry_run && written {
        version::change(tx.db(), tx.new_uuid(), [organisation_id]).await?;
    }
    Ok(verdicts)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn plans_of(body: &[u8]) -> Result<Vec<Value>, Problem> {
    let mut file: Value = serde_json::from_slice(body).map_err(|error| {
        let fault = FieldCode::WrongFileFormat.says(format!("the file is not JSON: {error}"));
        Problem::new(Code::MalformedBody).field("", fault.with("expected", "JSON"))
    })?;
    let Value::Array(plans) = file.pointer_mut("/data/plans").map(Value::take).unwrap_or_default() else {
        let why = "is missing: this is not a plan overview from the FTS API";
        let fault = FieldCode::WrongFileFormat.says(why).with("expected", "FTS");
        return Err(Problem::invalid_field("/data/plans", fault));
    };
    if plans.len() > MAX_PLANS {
        return Err(Problem::invalid_field("/data/plans", Fault::too_many(MAX_PLANS as u64, "plans")));
    }
    Ok(plans)
}

fn blank(
    id: PlanId,
    organisation_id: OrganisationId,
    office_id: OfficeId,
    now: chrono::DateTime<chrono::Utc>,
) -> plans::Model {
    plans::Model {
        id,
        version: 1,
        organisation_id,
        office_id,
        external_source: Some("fts".to_owned()),
        external_ref: None,
        name: String::new(),
        plan_type: PlanType::Other,
        countries: String::new(),
        years: String::new(),
        start_date: None,
        end_date: None,
        original_requirement: None,
        revised_requirement: None,
        people_in_need: None,
        people_targeted: None,
        summary: None,
        objectives: "[]".to_owned(),
        visibility: Visibility::Public,
        created_at: now,
        updated_at: now,
    }
}

/// A plan of FTS that holds.
struct Read {
    id: String,
    name: String,
    plan_type: PlanType,
    countries: Vec<String>,
    years: Vec<i32>,
    start_date: Option<NaiveDate>,
    end_date: Option<NaiveDate>,
    original_requirement: Option<i64>,
    revised_requirement: Option<i64>,
    people_in_need: Option<i64>,
    people_targeted: Option<i64>,
}

impl Read {
    fn verdict(&self, number: i64, outcome: PlanOutcome) -> Verdict {
        let (external_ref, name) = (Some(self.id.clone()), Some(self.name.clone()));
        Verdict { number, external_ref, name, outcome, plan_id: None, errors: Vec::new() }
    }

    /// What FTS says over what is held; the rest of the plan stays.
    fn over(self, held: plans::Model) -> plans::Model {
        plans::Model {
            external_ref: Some(self.id),
            name: self.name,
            plan_type: self.plan_type,
            countries: kernel::text::joined(self.countries),
            years: kernel::text::joined(self.years.iter().map(i32::to_string)),
            start_date: self.start_date,
            end_date: self.end_date,
            original_requirement: self.original_requirement,
            revised_requirement: self.revised_requirement,
            people_in_need: self.people_in_need.or(held.people_in_need),
            people_targeted: self.people_targeted.or(held.people_targeted),
            ..held
        }
    }
}

/// FTS's number of a plan.
fn id_of(plan: &Value) -> Option<String> {
    plan["id"].as_str().map(str::to_owned).or_else(|| plan["id"].as_i64().map(|id| id.to_string()))
}

fn name_of(plan: &Value) -> Option<&str> {
    plan["name"].as_str().or_else(|| plan["planVersion"]["name"].as_str())
}

fn read(plan: &Value) -> Result<Read, Vec<FieldError>> {
    let mut checks = Checks::new();
    checks.without_control_characters("", plan);
    let id = id_of(plan).unwrap_or_default();
    checks.require(!id.is_empty(), "/id", Fault::required());
    checks.length("/id", &id, 100);
    checks.one_line("/id", &id);
    let name = on_one_line(name_of(plan).unwrap_or_default());
    checks.text("/name", &name, 300);
    let mut date = |name: &str| {
        let value = plan.get(name).filter(|value| !value.is_null())?;
        let text = value.as_str().and_then(|text| text.get(..10));
        let day = text.and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
        checks.require(day.is_some(), &format!("/{name}"), NOT_A_DATE);
        day
    };
    let (start_date, end_date) = (date("startDate"), date("endDate"));
    let requirements = &plan["requirements"];
    let mut dollars = |names: &[&str]| {
        let (name, value) = names.iter().find_map(|name| Some((*name, requirements.get(*name)?)))?;
        if value.is_null() {
            return None;
        }
        let number = value.as_number().and_then(|number| parse_decimal(&number.to_string()).ok());
        let money = number.and_then(|number| Money::from_decimal(number, Currency::USD).ok());
        let money = money.filter(|money| !money.is_negative());
        checks.require(money.is_some(), &format!("/requirements/{name}"), NOT_AN_AMOUNT);
        money.map(|money| money.minor())
    };
    let original_requirement = dollars(&["origRequirements", "originalRequirements", "orig"]);
    let revised_requirement = dollars(&["revisedRequirements", "revised"]);
    let listed = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut years: Vec<i32> = Vec::new();
    for (index, year) in
        listed(&plan["usageYears"]).iter().enumerate().chain(listed(&plan["years"]).iter().enumerate())
    {
        let text = year["year"]
            .as_str()
            .map(str::to_owned)
            .or_else(|| year["year"].as_i64().map(|year| year.to_string()));
        let number = text.and_then(|text| text.parse().ok()).filter(|year| (1990..=2100).contains(year));
        if number.is_none() {
            checks.refuse(format!("/usageYears/{index}/year"), Fault::not_a_year(1990, 2100));
        }
        years.extend(number.filter(|year| !years.contains(year)));
    }
    let countries = countries(
        &listed(&plan["countries"]).into_iter().chain(listed(&plan["locations"])).collect::<Vec<_>>(),
    );
    let (people_in_need, people_targeted) = people(plan);
    let errors = checks.into_errors();
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Read {
        id,
        name,
        plan_type: plan_type(plan["planType"]["name"].as_str().unwrap_or_default()),
        countries,
        years,
        start_date,
        end_date,
        original_requirement,
        revised_requirement,
        people_in_need,
        people_targeted,
    })
}

/// By ISO code where FTS gives one, else by FTS's location id.
fn countries(listed: &[Value]) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for country in listed {
        let by_code = country["iso3"].as_str().and_then(kernel::country::by_iso3);
        let id = country["id"]
            .as_str()
            .map(str::to_owned)
            .or_else(|| country["id"].as_i64().map(|id| id.to_string()));
        let found = by_code.or_else(|| id.and_then(|id| kernel::country::by_fts_id(&id)));
        if let Some(country) = found.filter(|country| !codes.contains(&country.iso3)) {
            codes.push(country.iso3.clone());
        }
    }
    codes
}

/// FTS lists case loads, each with totals by type; the largest is the plan's own.
fn people(plan: &Value) -> (Option<i64>, Option<i64>) {
    let loads = plan["caseLoads"].as_array();
    let totals: Vec<&Value> =
        loads.into_iter().flatten().filter_map(|load| load["totals"].as_array()).flatten().collect();
    let figure = |kind: &str| {
        let of_kind = totals.iter().filter(|total| total["type"] == kind);
        of_kind.filter_map(|total| total["value"].as_i64()).max().filter(|people| *people > 0)
    };
    (figure("inNeed"), figure("target"))
}

fn plan_type(name: &str) -> PlanType {
    let name = name.to_lowercase();
    if name.contains("humanitarian response") {
        PlanType::HumanitarianResponsePlan
    } else if name.contains("flash") {
        PlanType::FlashAppeal
    } else if name.contains("refugee") {
        PlanType::RefugeeResponsePlan
    } else if name.contains("regional") {
        PlanType::RegionalResponsePlan
    } else {
        PlanType::Other
    }
}
