//! What the rules find before anybody else does: as a list, and how much is held back.

use super::{
    file::publisher,
    rules::{Rule, Severity, broken},
    settings::for_staff,
    source::{self, Position, Subject},
};
use actix_web::{HttpRequest, get, http::StatusCode, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::NaiveDate;
use kernel::{
    Code, Problem, Reason,
    pagination::{Page, encode_cursor},
};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Column, Context, Envelope, Listed, PageRequest, Paging, Row, openapi::ReadProblems, response,
};
use store::{Snapshot, TenantScope};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Records that one page looks through at most; what was found until then is a short page.
const MAX_SCANNED: usize = 20_000;

/// A violation of a rule of the IATI standard by a record to be published.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PublicationFinding {
    /// The activity's IATI identifier.
    #[schema(example = "XM-DAC-47066-AGR-2026-00042", max_length = 200)]
    activity: String,
    /// `agreement`, `contribution` or `allocation`.
    #[schema(example = "agreement", max_length = 20)]
    record_type: String,
    record_id: Uuid,
    /// The agreement's or allocation's reference, or the contribution's donor.
    #[schema(example = "AGR-2026-00042", max_length = 300)]
    record: String,
    /// The rule's id in the IATI standard ruleset.
    #[schema(example = "6.2.2", max_length = 10)]
    rule: String,
    #[schema(example = "error")]
    severity: Severity,
    /// The element or attribute concerned.
    #[schema(example = "sector", max_length = 100)]
    path: String,
    /// Description of the violation.
    #[schema(example = "has no sector", max_length = 200)]
    detail: String,
    /// Whether the activity is excluded from the file, for this or another reason.
    held_back: bool,
}

impl Row for PublicationFinding {
    const COLUMNS: &'static [Column<Self>] = &[
        ("activity", |row| row.activity.as_str().into()),
        ("record_type", |row| row.record_type.as_str().into()),
        ("record_id", |row| row.record_id.into()),
        ("record", |row| row.record.as_str().into()),
        ("rule", |row| row.rule.as_str().into()),
        ("severity", |row| row.severity.as_str().into()),
        ("path", |row| row.path.as_str().into()),
        ("detail", |row| row.detail.as_str().into()),
        ("held_back", |row| if row.held_back { "yes" } else { "no" }.into()),
    ];
}

/// Counts of what is published and what is excluded.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct PublicationSummary {
    /// Number of public agreements, contributions and allocations that form an activity.
    #[schema(minimum = 0)]
    activities: u64,
    /// Number of activities in the file.
    #[schema(minimum = 0)]
    published: u64,
    /// Number of activities excluded because of an error.
    #[schema(minimum = 0)]
    held_back: u64,
    #[schema(minimum = 0)]
    errors: u64,
    #[schema(minimum = 0)]
    warnings: u64,
}

/// Filters of the findings.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindingFilter {
    /// Only findings of this severity.
    severity: Option<Severity>,
}

/// Where a page ended: the last record done with, and how many findings of the next one were given.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Cursor(Position, usize);

fn unsaid() -> Problem {
    let why = "the organisation has no publication settings yet";
    Problem::new(Code::Conflict).because(Reason::PublicationNotSet, why)
}

fn finding(subject: &Subject, rule: &Rule, held_back: bool) -> PublicationFinding {
    PublicationFinding {
        activity: subject.activity.identifier.clone(),
        record_type: subject.kind.to_owned(),
        record_id: subject.id,
        record: subject.name.clone(),
        rule: rule.id.to_owned(),
        severity: rule.severity,
        path: rule.path.to_owned(),
        detail: rule.message.to_owned(),
        held_back,
    }
}

/// Lists violations of the IATI rules
///
/// In records of the caller's office and the offices below it. 409 while the organisation has no publication settings.
#[utoipa::path(tag = "publication", security(("oauth2" = ["agreements:read"])), params(FindingFilter, Paging),
    extensions(("x-timeout-seconds" = json!(120))),
    responses((status = 200, description = "The findings", body = Envelope<PublicationFinding>),
              (status = 409, description = "The organisation has no publication settings", body = Problem,
               content_type = "application/problem+json"), ReadProblems))]
#[get("/v1/publication/findings")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
    listed: Listed<FindingFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    for_staff(&scope)?;
    let severity = listed.filter.severity;
    let (name, filters, clock) = ("publication-findings", severity, context.store.clock().clone());
    let page = listed.paging.of(name, &filters)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        found(db, scope, severity, clock.now().date_naive(), page).await
    })
    .await
}

async fn found(
    db: &Snapshot,
    scope: &TenantScope,
    severity: Option<Severity>,
    today: NaiveDate,
    page: &PageRequest,
) -> Result<Page<PublicationFinding>, ApiError> {
    let publisher = publisher(scope, db, today).await?.ok_or_else(unsaid)?;
    let Cursor(mut position, mut given) = page.after()?.unwrap_or_default();
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let mut items = Vec::new();
    let mut looked_at = 0;
    let next = 'records: loop {
        let (subjects, next) = source::page(scope, db, &publisher, position, source::PAGE_SIZE).await?;
        for subject in &subjects {
            let rules: Vec<_> = broken(&subject.activity, publisher.today).collect();
            let held_back = rules.iter().any(|rule| rule.severity == Severity::Error);
            let wanted = rules.iter().filter(|rule| severity.is_none_or(|only| only == rule.severity));
            for rule in wanted.skip(given) {
                if items.len() == limit {
                    break 'records Some(Cursor(position, given));
                }
                items.push(finding(subject, rule, held_back));
                given += 1;
            }
            (position, given) = (subject.position(), 0);
        }
        looked_at += subjects.len();
        match next {
            None => break None,
            Some(next) => position = next,
        }
        if looked_at >= MAX_SCANNED {
            break Some(Cursor(position, 0));
        }
    };
    Ok(Page { items, next: next.map(|cursor| encode_cursor(&page.fingerprint, &cursor)) })
}

/// Counts published and excluded activities
///
/// In records of the caller's office and the offices below it. 409 while the organisation has no publication settings.
#[utoipa::path(tag = "publication", security(("oauth2" = ["agreements:read"])),
    extensions(("x-timeout-seconds" = json!(120))),
    responses((status = 200, description = "The counts", body = PublicationSummary),
              (status = 409, description = "The organisation has no publication settings", body = Problem,
               content_type = "application/problem+json"), ReadProblems))]
#[get("/v1/publication/summary")]
pub(crate) async fn summary(caller: Caller<perm::AgreementsRead>, context: Data<Context>) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    for_staff(&scope)?;
    let mut counts = PublicationSummary::default();
    let (mut position, today) = (Some(Position::default()), context.store.clock().now().date_naive());
    while let Some(after) = position {
        let page = service::read_within(&context, &scope, async |db| {
            let publisher = publisher(&scope, db, today).await?.ok_or_else(unsaid)?;
            let (subjects, next) = source::page(&scope, db, &publisher, after, source::PAGE_SIZE).await?;
            Ok((publisher, subjects, next))
        });
        let (publisher, subjects, next) = page.await?;
        for subject in &subjects {
            let errors_before = counts.errors;
            for rule in broken(&subject.activity, publisher.today) {
                match rule.severity {
                    Severity::Error => counts.errors += 1,
                    Severity::Warning => counts.warnings += 1,
                }
            }
            counts.held_back += u64::from(counts.errors > errors_before);
            counts.activities += 1;
        }
        position = next;
    }
    counts.published = counts.activities - counts.held_back;
    response::json(StatusCode::OK, &[], &counts)
}
