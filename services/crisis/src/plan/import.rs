//! Plans from an FTS plan overview: small files, decided at once.

use super::{api::entry, store};
use actix_web::{
    HttpRequest, post,
    web::{Bytes, Data},
};
use auth::{Caller, Failure, perm};
use chrono::NaiveDate;
use kernel::{Code, Currency, FieldError, Money, Problem, money::parse_decimal};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Answer, Checks, Context, Created, Parameters, openapi::CreateProblems};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The largest plan overview, in bytes.
const LIMIT: usize = 16 * 1024 * 1024;

/// How to import.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HowToImport {
    /// The office whose plans they become: the caller's (unless told otherwise) or one below.
    office_id: Option<Uuid>,
    /// Check and compare only, keep nothing.
    #[serde(default)]
    dry_run: bool,
    /// Keep the good plans when others are wrong (unless told so, one wrong plan refuses all).
    #[serde(default)]
    skip_bad: bool,
}

/// What became of the plans of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanImport {
    id: Uuid,
    /// `done`, `refused` (plans were wrong, nothing is kept) or `checked` (dry run).
    #[schema(example = "done", max_length = 20)]
    state: &'static str,
    #[schema(minimum = 0)]
    read: i64,
    #[schema(minimum = 0)]
    created: i64,
    #[schema(minimum = 0)]
    updated: i64,
    #[schema(minimum = 0)]
    unchanged: i64,
    #[schema(minimum = 0)]
    rejected: i64,
    /// What is wrong, by JSON pointer in the file.
    #[schema(max_items = 100000)]
    errors: Vec<FieldError>,
}

/// Imports plans from an FTS plan overview
///
/// The file as the FTS API returns it. Plans become public; they are known by FTS's number, so that a repetition changes
/// nothing and a revised requirement is a new version.
#[utoipa::path(tag = "plans", params(HowToImport,
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition safe")),
    request_body(description = "An FTS plan overview", content((Object = "application/json"))),
    security(("oauth2" = ["plans:write"])), extensions(("x-body-limit" = json!(16777216)),
        ("x-timeout-seconds" = json!(120))),
    responses((status = 201, description = "What became of each plan", body = PlanImport), CreateProblems))]
#[post("/v1/plan-imports")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::PlansWrite>,
    context: Data<Context>,
    how: Parameters<HowToImport>,
    body: Bytes,
) -> Answer {
    if body.len() > LIMIT {
        return Err(Problem::new(Code::BodyTooLarge).detail(format!("the limit is {LIMIT} bytes")).into());
    }
    let plans = plans_of(&body)?;
    let how = how.0;
    let office_id = how.office_id.unwrap_or(caller.claims.office_id);
    let organisation_id = caller.claims.organisation_id;
    context.store.await_office(organisation_id, office_id).await?;
    let digest = Sha256::digest(&body);
    service::create(&context, &request, &caller.claims, &digest, async |tx, scope| {
        if !scope.office_ids().contains(&office_id) {
            return Err(Problem::invalid_parameter("office_id", "is no office of yours").into());
        }
        let mut errors = Vec::new();
        let mut good = Vec::new();
        for (index, plan) in plans.iter().enumerate() {
            match read(plan) {
                Ok(read) => good.push(read),
                Err(found) => errors.push((index, found)),
            }
        }
        let rejected = count(errors.len());
        let refused = rejected > 0 && !how.skip_bad && !how.dry_run;
        let state = if how.dry_run {
            "checked"
        } else if refused {
            "refused"
        } else {
            "done"
        };
        let errors = errors.into_iter().flat_map(|(index, found)| {
            let at = move |error: FieldError| {
                FieldError::new(format!("/data/plans/{index}{}", error.pointer), error.detail)
            };
            found.into_iter().map(at)
        });
        let mut outcome = PlanImport {
            id: tx.new_id(),
            state,
            read: count(plans.len()),
            created: 0,
            updated: 0,
            unchanged: 0,
            rejected,
            errors: errors.collect(),
        };
        for plan in good.into_iter().filter(|_| !refused) {
            let place = (organisation_id, office_id);
            match keep(tx, plan, place, how.dry_run).await? {
                Kept::Created => outcome.created += 1,
                Kept::Updated => outcome.updated += 1,
                Kept::Unchanged => outcome.unchanged += 1,
            }
        }
        Ok(Created::new("/v1/plans".to_owned(), 1, outcome))
    })
    .await
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn plans_of(body: &[u8]) -> Result<Vec<Value>, Problem> {
    let mut file: Value = serde_json::from_slice(body).map_err(|error| {
        Problem::new(Code::MalformedBody).field("", format!("the file is not JSON: {error}"))
    })?;
    let Value::Array(plans) = file.pointer_mut("/data/plans").map(Value::take).unwrap_or_default() else {
        let why = "is not there: this is not a plan overview from the FTS API";
        return Err(Problem::invalid_field("/data/plans", why));
    };
    Ok(plans)
}

enum Kept {
    Created,
    Updated,
    Unchanged,
}

async fn keep(
    tx: &mut ::store::TenantTx,
    read: Read,
    (organisation_id, office_id): (Uuid, Uuid),
    dry_run: bool,
) -> Result<Kept, Failure> {
    let now = tx.now();
    let held =
        tx.across_offices(async |db| store::by_ref(db, organisation_id, "fts", &read.id).await).await?;
    let Some(before) = held else {
        let id = tx.new_id();
        let plan = read.over(blank(id, organisation_id, office_id, now));
        if !dry_run {
            store::insert(tx, &plan).await?;
            tx.audit(entry("plan.import", None, &plan)).await?;
        }
        return Ok(Kept::Created);
    };
    let mut after = read.over(before.clone());
    if after == before {
        return Ok(Kept::Unchanged);
    }
    (after.version, after.updated_at) = (before.version + 1, now);
    if !dry_run {
        store::update(tx, &after).await?;
        tx.audit(entry("plan.import", Some(&before), &after)).await?;
    }
    Ok(Kept::Updated)
}

fn blank(
    id: Uuid,
    organisation_id: Uuid,
    office_id: Uuid,
    now: chrono::DateTime<chrono::Utc>,
) -> store::Model {
    store::Model {
        id,
        version: 1,
        organisation_id,
        office_id,
        external_source: Some("fts".to_owned()),
        external_ref: None,
        name: String::new(),
        plan_type: "other".to_owned(),
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
        visibility: "public".to_owned(),
        created_at: now,
        updated_at: now,
    }
}

/// A plan of FTS that holds.
struct Read {
    id: String,
    name: String,
    plan_type: &'static str,
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
    /// What FTS says over what is held; the rest of the plan stays.
    fn over(self, held: store::Model) -> store::Model {
        store::Model {
            external_ref: Some(self.id),
            name: self.name,
            plan_type: self.plan_type.to_owned(),
            countries: store::joined(self.countries),
            years: store::joined(self.years.iter().map(i32::to_string)),
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

fn read(plan: &Value) -> Result<Read, Vec<FieldError>> {
    let mut checks = Checks::new();
    let id = plan["id"].as_str().map(str::to_owned).or_else(|| plan["id"].as_i64().map(|id| id.to_string()));
    let id = id.unwrap_or_default();
    checks.require((1..=100).contains(&id.len()), "/id", "is required");
    let name =
        plan["name"].as_str().or_else(|| plan["planVersion"]["name"].as_str()).unwrap_or_default().to_owned();
    checks.text("/name", &name, 300);
    let mut date = |name: &str| {
        let value = plan.get(name).filter(|value| !value.is_null())?;
        let text = value.as_str().and_then(|text| text.get(..10));
        let day = text.and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
        checks.require(day.is_some(), &format!("/{name}"), "is not a date (YYYY-MM-DD…)");
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
        checks.require(money.is_some(), &format!("/requirements/{name}"), "is not an amount of US dollars");
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
        checks.require(number.is_some(), &format!("/usageYears/{index}/year"), "is not a year");
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

fn plan_type(name: &str) -> &'static str {
    let name = name.to_lowercase();
    if name.contains("humanitarian response") {
        "humanitarian_response_plan"
    } else if name.contains("flash") {
        "flash_appeal"
    } else if name.contains("refugee") {
        "refugee_response_plan"
    } else if name.contains("regional") {
        "regional_response_plan"
    } else {
        "other"
    }
}
