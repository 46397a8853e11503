//! A service's audit trail in the API: as a list for people, and as the chain itself for whoever verifies it. A service
//! gets both from [`audit_trail!`](crate::audit_trail); docs/audit.md describes the export.

mod heads;

pub(crate) use heads::worker;
pub use heads::{HeadsError, publish};

use crate::{ApiResult, Column, Context, Listed, Row, export};
use actix_web::{HttpRequest, HttpResponse, http::header};
use auth::{ApiError, Claims};
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use futures_util::{StreamExt, stream};
use kernel::{ActorKind, Fault, OfficeId, PrincipalId, Problem, Word};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use store::{TenantScope, audit as trail};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What the list says of itself in the API's document.
pub const LIST: &str = "What was done in the caller's office and the offices below it, the latest first: who did what to \
                        which record, and the record before and after. Entries hold no personal data: people are ids.";
/// What the chain says of itself in the API's document.
pub const CHAIN: &str = "The audit trail of one office in this service, from its first entry to its last, as lines of JSON. A \
                         line is the text that was hashed, with its SHA-256 as one more field at the end, and holds the hash \
                         of the entry before it. How to verify it without this platform: docs/audit.md.";

/// The two operations of a service's audit trail, as the module `audit_trail`: the path of the list, the path of the chain,
/// and what it is a trail of. (Paths are literals, since the API's document is made of them.)
#[macro_export]
macro_rules! audit_trail {
    ($list:literal, $chain:literal, $what:literal) => {
        mod audit_trail {
            use ::actix_web::{HttpRequest, get, web::Data};
            use ::auth::{Caller, perm};
            use $crate::{
                ApiResult, Context, Envelope, Listed, Paging, Parameters,
                audit::{self, AuditEntry, AuditFilter, ChainFilter},
                openapi::ReadProblems,
            };

            #[utoipa::path(tag = "audit", params(AuditFilter, Paging), security(("oauth2" = ["audit:read"])),
                summary = concat!("Lists what was done to ", $what), description = audit::LIST,
                responses((status = 200, description = "The entries", body = Envelope<AuditEntry>), ReadProblems))]
            #[get($list)]
            pub(crate) async fn list(
                request: HttpRequest,
                caller: Caller<perm::AuditRead>,
                context: Data<Context>,
                listed: Listed<AuditFilter>,
            ) -> ApiResult {
                audit::list(&request, &context, &caller.claims, listed).await
            }

            #[utoipa::path(tag = "audit", params(ChainFilter), security(("oauth2" = ["audit:read"])),
                summary = concat!("Exports an office's audit trail of ", $what), description = audit::CHAIN,
                responses((status = 200, description = "The chain", content_type = "application/x-ndjson", body = String),
                          ReadProblems))]
            #[get($chain)]
            pub(crate) async fn chain(
                request: HttpRequest,
                caller: Caller<perm::AuditRead>,
                context: Data<Context>,
                filter: Parameters<ChainFilter>,
            ) -> ApiResult {
                audit::chain(&request, &context, &caller.claims, filter.0).await
            }
        }
    };
}

/// An entry of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// The office whose trail it is in.
    office_id: OfficeId,
    /// Its number in the trail of that office, counted from 1 without gaps.
    sequence: i64,
    at: DateTime<Utc>,
    /// What made the change.
    #[schema(value_type = ActorKind)]
    actor_kind: Word<ActorKind>,
    /// The person or the API client that made the change; null for the platform itself.
    actor_id: Option<PrincipalId>,
    /// What was done.
    #[schema(example = "donor.update", max_length = 100)]
    action: String,
    /// The kind of record.
    #[schema(example = "donor", max_length = 100)]
    resource: String,
    /// The record.
    resource_id: Uuid,
    /// The record before the change; null when there was none. What was kept as a single value stands in `value`.
    #[schema(value_type = Option<Object>)]
    before: Option<Json>,
    /// The record after the change; null when there is none. What was kept as a single value stands in `value`.
    #[schema(value_type = Option<Object>)]
    after: Option<Json>,
    /// The id of the request (`X-Request-Id`), where one made the change.
    #[schema(max_length = 255)]
    trace_id: Option<String>,
    /// The entry's hash in the chain: SHA-256, hexadecimal.
    #[schema(max_length = 64)]
    hash: String,
}

impl Row for AuditEntry {
    const COLUMNS: &'static [Column<Self>] = &[
        ("at", |row| row.at.to_rfc3339().into()),
        ("actor_kind", |row| row.actor_kind.as_str().into()),
        ("actor_id", |row| row.actor_id.into()),
        ("action", |row| row.action.as_str().into()),
        ("resource", |row| row.resource.as_str().into()),
        ("resource_id", |row| row.resource_id.into()),
        ("before", |row| row.before.as_ref().map(Json::to_string).into()),
        ("after", |row| row.after.as_ref().map(Json::to_string).into()),
        ("office_id", |row| row.office_id.into()),
        ("sequence", |row| row.sequence.into()),
        ("trace_id", |row| row.trace_id.clone().into()),
        ("hash", |row| row.hash.as_str().into()),
    ];
}

impl From<trail::Record> for AuditEntry {
    fn from(row: trail::Record) -> Self {
        Self {
            office_id: row.office_id,
            sequence: row.sequence,
            at: row.at,
            actor_kind: row.actor_kind,
            actor_id: Some(row.actor_id).filter(|actor| !actor.is_nil()),
            action: row.action,
            resource: row.resource,
            resource_id: row.resource_id,
            before: row.before.map(document),
            after: row.after.map(document),
            trace_id: row.trace_id,
            hash: row.hash,
        }
    }
}

/// A record as the trail keeps it, as an object. One that somebody has spoilt is shown as it is: the chain tells.
fn document(text: String) -> Json {
    match serde_json::from_str(&text) {
        Ok(Json::Object(fields)) => Json::Object(fields),
        Ok(value) => json!({ "value": value }),
        Err(_) => json!({ "value": text }),
    }
}

/// Filters of the audit trail.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditFilter {
    /// Only of this office.
    office_id: Option<OfficeId>,
    /// Only what this person or API client did.
    actor_id: Option<PrincipalId>,
    /// Only about records of this kind, such as `donor`.
    #[param(max_length = 100)]
    resource: Option<String>,
    /// Only about this record.
    resource_id: Option<Uuid>,
    /// Only this action, such as `donor.update`.
    #[param(max_length = 100)]
    action: Option<String>,
    /// Only from this day on, in UTC.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    from: Option<NaiveDate>,
    /// Only until the end of this day, in UTC.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    to: Option<NaiveDate>,
}

/// Whose chain is exported.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChainFilter {
    /// The office: the caller's or one below it. Defaults to the caller's.
    office_id: Option<OfficeId>,
}

fn start_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

impl AuditFilter {
    fn filter(&self) -> trail::Filter {
        trail::Filter {
            office_id: self.office_id,
            actor_id: self.actor_id,
            resource: self.resource.clone(),
            resource_id: self.resource_id,
            action: self.action.clone(),
            from: self.from.map(start_of),
            before: self.to.and_then(|day| day.succ_opt()).map(start_of),
        }
    }
}

/// The list, for the handler that [`audit_trail!`](crate::audit_trail) makes.
///
/// # Errors
/// As [`crate::list`].
pub async fn list(
    request: &HttpRequest,
    context: &Context,
    claims: &Claims,
    listed: Listed<AuditFilter>,
) -> ApiResult {
    let filter = listed.filter.filter();
    let scope = context.scope(claims).await?;
    let filters = (context.service, claims.office_id, listed.filter);
    let page = listed.paging.of("audit", &filters)?;
    crate::list(request, context, scope, page, async move |db, scope, page| {
        let after: Option<trail::Place> = page.after()?;
        let rows = trail::list(scope, db, &filter, after.as_ref(), page.limit + 1).await?;
        Ok(page.page(rows, trail::Place::of).map(AuditEntry::from))
    })
    .await
}

/// The chain, for the handler that [`audit_trail!`](crate::audit_trail) makes: page by page, so that its length is no
/// matter. It is as long as it is when the last page is read; nothing in it changes meanwhile.
///
/// # Errors
/// 400 for an office that the caller does not read, 429 for a second export at the same time by the same caller.
pub async fn chain(
    request: &HttpRequest,
    context: &Context,
    claims: &Claims,
    filter: ChainFilter,
) -> ApiResult {
    let office_id = filter.office_id.unwrap_or(claims.office_id);
    // One that was made just now may not be known here yet; one that is closed has a trail all the same.
    context.store.await_office(claims.organisation_id, office_id).await?;
    let scope = context.scope(claims).await?;
    if !scope.office_ids().contains(&office_id) {
        return Err(Problem::invalid_parameter("office_id", Fault::other_office()).into());
    }
    let turn = export::of(request).turn(export::caller(request)).await?;
    // The first part is read before the answer starts, so that errors still get a status.
    let (head, last) = part(context, &scope, office_id, i64::MIN).await?;
    let state = (context.clone(), scope, last, turn);
    let rest = stream::unfold(state, move |(context, scope, last, turn)| async move {
        let after = last?;
        match part(&context, &scope, office_id, after).await {
            Ok((_, None)) => None,
            Ok((lines, last)) => Some((Ok(lines), (context, scope, last, turn))),
            Err(failure) => Some((Err(failure), (context, scope, None, turn))),
        }
    });
    let body = stream::once(async move { Ok::<_, ApiError>(head) }).chain(rest);
    let name = format!("attachment; filename=\"audit-{}-{office_id}.ndjson\"", context.service);
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .streaming(body))
}

/// The lines of the entries after a number, as far as a page goes, and the last one's number; none when there is none.
async fn part(
    context: &Context,
    scope: &TenantScope,
    office_id: OfficeId,
    after: i64,
) -> Result<(Bytes, Option<i64>), ApiError> {
    crate::read_within(context, scope, async |db| {
        let rows = trail::page(db, office_id, after).await?;
        let mut lines = String::new();
        for row in &rows {
            lines.push_str(&row.line()?);
            lines.push('\n');
        }
        Ok((Bytes::from(lines), rows.last().map(|row| row.sequence)))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_an_object_whatever_it_was() {
        let shown = |text: &str| document(text.to_owned());
        assert_eq!(shown(r#"{"name":"Norway"}"#), json!({ "name": "Norway" }));
        assert_eq!(shown(r#""active""#), json!({ "value": "active" }));
        assert_eq!(shown("[1]"), json!({ "value": [1] }));
        assert_eq!(shown("{spoilt"), json!({ "value": "{spoilt" }));
    }

    #[test]
    fn days_are_whole_days() {
        let day = |text: &str| kernel::date::parse(text);
        let asked = AuditFilter {
            office_id: None,
            actor_id: None,
            resource: None,
            resource_id: None,
            action: None,
            from: day("2026-02-03"),
            to: day("2026-02-03"),
        };
        let filter = asked.filter();
        let text = |at: Option<DateTime<Utc>>| at.unwrap().to_rfc3339();
        assert_eq!(text(filter.from), "2026-02-03T00:00:00+00:00");
        assert_eq!(text(filter.before), "2026-02-04T00:00:00+00:00");
    }
}
