use super::{ExchangeRate, file, month_of, store};
use crate::document;
use ::store::audit;
use actix_web::{
    HttpRequest, get, post,
    web::{Data, Payload},
};
use auth::{Caller, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Currency, Fault, FieldError, Problem, Reason};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Column, Context, Created, Envelope, Listed, Paging, Parameters, Row, digest_of,
    openapi::{CreateProblems, ReadProblems},
};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

/// The rate of a currency in a month.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MonthlyRate {
    /// ISO 4217 code.
    #[schema(example = "NOK", max_length = 3)]
    currency: String,
    #[schema(example = "2026-03", max_length = 7)]
    month: String,
    #[serde(flatten)]
    rate: ExchangeRate,
    recorded_at: DateTime<Utc>,
}

impl From<store::Model> for MonthlyRate {
    fn from(row: store::Model) -> Self {
        Self {
            currency: row.currency,
            month: row.month,
            rate: ExchangeRate { rate: row.rate, date: row.rate_date, source: row.source },
            recorded_at: row.recorded_at,
        }
    }
}

impl Row for MonthlyRate {
    const COLUMNS: &'static [Column<Self>] = &[
        ("currency", |row| row.currency.as_str().into()),
        ("month", |row| row.month.as_str().into()),
        ("rate", |row| row.rate.rate.as_str().into()),
        ("date", |row| row.rate.date.into()),
        ("source", |row| row.rate.source.as_str().into()),
        ("recorded_at", |row| row.recorded_at.to_rfc3339().into()),
    ];
}

/// Filters of the list of rates.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RateFilter {
    /// ISO 4217 code.
    #[param(example = "NOK", max_length = 3)]
    currency: Option<String>,
    /// First month.
    #[param(example = "2026-01", max_length = 7)]
    from: Option<String>,
    /// Last month.
    #[param(example = "2026-12", max_length = 7)]
    to: Option<String>,
}

impl RateFilter {
    fn checked(&self) -> Result<store::Filter, Problem> {
        if let Some(code) = &self.currency {
            Currency::from_code(code).map_err(|error| Problem::invalid_parameter("currency", error))?;
        }
        for (name, month) in [("from", &self.from), ("to", &self.to)] {
            let is_month = |month: &String| {
                let day = format!("{month}-01").parse::<NaiveDate>();
                day.is_ok_and(|day| month_of(day) == *month)
            };
            if month.as_ref().is_some_and(|month| !is_month(month)) {
                let fault = Fault::wrong_format("2026-03", "must be a month such as 2026-03");
                return Err(Problem::invalid_parameter(name, fault));
            }
        }
        Ok(store::Filter { currency: self.currency.clone(), from: self.from.clone(), to: self.to.clone() })
    }
}

/// Lists exchange rates
///
/// The organisation's own rates, by currency, latest month first: units of the currency per US dollar.
#[utoipa::path(tag = "exchange rates", params(RateFilter, Paging), security(("oauth2" = ["contributions:read"])),
    responses((status = 200, description = "The rates", body = Envelope<MonthlyRate>), ReadProblems))]
#[get("/v1/exchange-rates")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ContributionsRead>,
    context: Data<Context>,
    listed: Listed<RateFilter>,
) -> ApiResult {
    let filter = listed.filter.checked()?;
    let scope = context.scope(&caller.claims).await?;
    // A tool of the staff's; a donor sees the rate of each of its contributions.
    if matches!(scope, ::store::TenantScope::Donor { .. }) {
        return Err(Problem::not_found().into());
    }
    let filters = listed.filter;
    let page = listed.paging.of("exchange-rates", &filters)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, &filter, page, page.after()?).await?;
        Ok(page.page(rows, |row| (row.currency.clone(), row.month.clone())).map(MonthlyRate::from))
    })
    .await
}

/// How to take a file of rates.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RateImportOptions {
    /// The publisher of the rates, for rows without one.
    #[param(example = "UN operational rates of exchange", max_length = 200)]
    source: Option<String>,
    /// Dry run: validate and compare only, save nothing.
    #[serde(default)]
    dry_run: bool,
    /// Import the valid rows even if others are invalid. Defaults to false: one invalid row rejects the file.
    #[serde(default)]
    skip_bad: bool,
}

/// An exchange-rate file to upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form")]
pub(crate) struct RateFile {
    /// CSV in UTF-8 with the columns Date, Rate (units per US dollar) and Currency, and optionally Source and Country
    /// code, such as the IMF's monthly file.
    #[schema(content_media_type = "text/csv")]
    file: Vec<u8>,
}

/// The result of an import of exchange rates.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RateImport {
    /// Number of rows in the file, without the heading.
    #[schema(minimum = 0)]
    rows: usize,
    /// Number of months for which a rate was added.
    #[schema(minimum = 0)]
    created: usize,
    /// Number of months whose rate was replaced; existing records keep the former rate.
    #[schema(minimum = 0)]
    changed: usize,
    #[schema(minimum = 0)]
    unchanged: usize,
    /// Number of rejected rows.
    #[schema(minimum = 0)]
    rejected: usize,
    /// The rejected rows with the reason for each: the first 500.
    #[schema(max_items = 500)]
    errors: Vec<FieldError>,
    dry_run: bool,
}

/// Imports a file of exchange rates
///
/// Monthly rates of currencies in units per US dollar. Headquarters only. A new rate replaces an existing one of the
/// same month for records created from now on. If a file has several rates of a currency for one month, the rate of the
/// currency's own country is used.
#[utoipa::path(tag = "exchange rates", security(("oauth2" = ["donors:write"])),
    request_body(content = RateFile, content_type = "multipart/form-data"),
    extensions(("x-body-limit" = json!(21_000_000)), ("x-timeout-seconds" = json!(120))),
    params(RateImportOptions, ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The result of the import", body = RateImport), CreateProblems))]
#[post("/v1/exchange-rates")]
pub(crate) async fn take(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    how: Parameters<RateImportOptions>,
    payload: Payload,
) -> ApiResult {
    let RateImportOptions { source, dry_run, skip_bad } = how.0;
    let office_id = context.headquarters(&caller.claims).await?;
    let source = source.filter(|source| !source.trim().is_empty()).unwrap_or_else(|| "by hand".to_owned());
    let mut checks = Checks::new();
    checks.text("source", &source, 200);
    if let Some(error) = checks.into_errors().pop() {
        return Err(Problem::invalid_parameter("source", error).into());
    }
    let (_, bytes) = service::receive_file(&request, payload, document::MAX_BYTES).await?;
    let (organisation_id, now) = (caller.claims.organisation_id, context.store.clock().now());
    let read = file::read(&bytes, file::Given { organisation_id, source: &source, now });
    let read = read.map_err(|fault| Problem::invalid_field("/file", fault))?;
    if read.bad > 0 && !skip_bad && !dry_run {
        let why = format!("{} of {} rows are invalid; nothing was saved", read.bad, read.rows);
        let problem = Problem::invalid_fields(read.faults.into_iter().take(200).collect());
        let problem = problem.because(Reason::RowsRejected, why);
        return Err(problem.with("rejected", read.bad).with("rows", read.rows).into());
    }
    let digest = digest_of(&[&bytes]);
    service::create(&context, &request, &caller.claims, digest.as_bytes(), async |tx, scope| {
        let saved = store::save(tx, &read.rates, !dry_run).await?;
        let taken = RateImport {
            rows: read.rows,
            created: saved.created,
            changed: saved.changed,
            unchanged: saved.unchanged,
            rejected: read.bad,
            errors: read.faults.clone(),
            dry_run,
        };
        if !dry_run {
            let sha256 = hex::encode(Sha256::digest(&bytes));
            let organisation_id = scope.organisation_id();
            let resource = "exchange_rates";
            let subject = audit::Subject { resource, id: organisation_id.as_uuid(), organisation_id, office_id };
            tx.audit_created("exchange_rates.take", subject, &serde_json::json!({
                    "sha256": sha256, "created": saved.created, "changed": saved.changed, "rejected": read.bad,
            }))
            .await?;
        }
        Ok(Created::new("/v1/exchange-rates".to_owned(), 1, taken))
    })
    .await
}
