use super::{DecidedBy, rules, store};
use actix_web::{HttpRequest, get, post, put, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{CommitteeId, FieldCode, Problem};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Column, Context, Created, Envelope, Id, JsonBody, Paging, Parameters, Row,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::ToSchema;

/// A committee that decides on allocations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Committee {
    id: CommitteeId,
    #[schema(minimum = 1)]
    version: i64,
    #[serde(flatten)]
    fields: CommitteeFields,
    /// The number of the present version of its rules.
    #[schema(minimum = 1)]
    rules_number: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// The fields of a committee.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommitteeFields {
    #[schema(example = "Migration resource allocation committee", min_length = 1, max_length = 300)]
    name: String,
    /// The name in French.
    #[schema(max_length = 300)]
    name_fr: Option<String>,
    /// The name in Spanish.
    #[schema(max_length = 300)]
    name_es: Option<String>,
    /// `committee`, or `head` for one that only recommends. Its rules may send larger amounts to the head.
    decision_by: DecidedBy,
    /// The IANA time zone of its days: seats begin and end with them.
    #[schema(example = "Europe/Zurich", min_length = 1, max_length = 50)]
    time_zone: String,
}

impl From<store::Model> for Committee {
    fn from(row: store::Model) -> Self {
        let fields = CommitteeFields {
            name: row.name,
            name_fr: row.name_fr,
            name_es: row.name_es,
            decision_by: row.decision_by,
            time_zone: row.time_zone,
        };
        Self {
            id: row.id,
            version: row.version,
            fields,
            rules_number: row.rules_number,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl Row for Committee {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("name", |row| row.fields.name.as_str().into()),
        ("decision_by", |row| row.fields.decision_by.as_str().into()),
        ("time_zone", |row| row.fields.time_zone.as_str().into()),
        ("rules_number", |row| row.rules_number.into()),
    ];
}

/// Lists committees
///
/// Those of the organisation, newest first. Staff only.
#[utoipa::path(tag = "committees", params(Paging), security(("oauth2" = ["committees:read"])),
    responses((status = 200, description = "The committees", body = Envelope<Committee>), ReadProblems))]
#[get("/v1/committees")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::CommitteesRead>,
    context: Data<Context>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let page = paging.0.of("committees", &scope.organisation_id())?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, page.after()?, page.limit + 1).await?;
        Ok(page.page(rows, |row| row.id).map(Committee::from))
    })
    .await
}

/// Gets a committee
///
/// Of the caller's organisation (404 for any other). Staff only.
#[utoipa::path(tag = "committees", params(("id" = Uuid, Path, description = "The committee")),
    security(("oauth2" = ["committees:read"])),
    responses((status = 200, description = "The committee", body = Committee), ReadProblems))]
#[get("/v1/committees/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::CommitteesRead>,
    context: Data<Context>,
    id: Id<CommitteeId>,
) -> ApiResult {
    let row = service::read(&context, &caller.claims, async |db, scope| {
        Ok(store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?)
    });
    let row = row.await?;
    response::record(&request, row.version, &Committee::from(row))
}

/// Creates a committee
///
/// It begins with the default rules as version 1: more than half of the entitled members and at least three, simple
/// majority with at least two votes for the motion, ties deferred, seven days' notice, circulations of 48 hours.
/// Headquarters only.
#[utoipa::path(tag = "committees", request_body = CommitteeFields, security(("oauth2" = ["committees:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The committee", body = Committee), CreateProblems))]
#[post("/v1/committees")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::CommitteesWrite>,
    context: Data<Context>,
    body: JsonBody<CommitteeFields>,
) -> ApiResult {
    let fields = body.value;
    check(&fields)?;
    let office_id = context.headquarters(&caller.claims).await?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, _| {
        let now = tx.now();
        let committee = store::Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: caller.claims.organisation_id,
            office_id,
            name: fields.name,
            name_fr: fields.name_fr,
            name_es: fields.name_es,
            decision_by: fields.decision_by,
            time_zone: fields.time_zone,
            rules_number: 1,
            created_at: now,
            updated_at: now,
        };
        store::save(tx.db(), &committee).await?;
        let first = rules::Rules::default();
        rules::add(tx.db(), &committee, &first, None, (caller.claims.sub, now)).await?;
        let shown = Committee::from(committee.clone());
        tx.audit_created("committee.create", &committee, &shown).await?;
        Ok(Created::new(format!("/v1/committees/{}", committee.id), 1, shown))
    })
    .await
}

/// Updates a committee
///
/// Replaces all fields; rules and seats have operations of their own. Who has the last word belongs to the rules: a
/// change of `decision_by` is a new version of them, and meetings that were convened before are held by the earlier
/// one. Headquarters only. Send the committee's ETag in `If-Match`.
#[utoipa::path(tag = "committees", request_body = CommitteeFields, security(("oauth2" = ["committees:write"])),
    params(("id" = Uuid, Path, description = "The committee"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The committee", body = Committee), UpdateProblems))]
#[put("/v1/committees/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::CommitteesWrite>,
    context: Data<Context>,
    id: Id<CommitteeId>,
    body: JsonBody<CommitteeFields>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    let fields = body.value;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        check(&fields)?;
        let is_pinned = fields.decision_by == before.decision_by;
        let after = store::Model {
            version: before.version + 1,
            rules_number: before.rules_number + i64::from(!is_pinned),
            name: fields.name,
            name_fr: fields.name_fr,
            name_es: fields.name_es,
            decision_by: fields.decision_by,
            time_zone: fields.time_zone,
            updated_at: tx.now(),
            ..before.clone()
        };
        store::save(tx.db(), &after).await?;
        if !is_pinned {
            rules::pin(tx.db(), &before).await?;
            let same = rules::current(tx.db(), before.id).await?;
            rules::add(tx.db(), &after, &same, None, (caller.claims.sub, after.updated_at)).await?;
        }
        let (was, is) = (Committee::from(before), Committee::from(after.clone()));
        tx.audit_changed("committee.update", &after, &was, &is).await?;
        Ok(Changed::new(after.version, is))
    })
    .await
}

fn check(fields: &CommitteeFields) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.text("/name", &fields.name, 300);
    checks.optional_text("/name_fr", fields.name_fr.as_deref(), 300);
    checks.optional_text("/name_es", fields.name_es.as_deref(), 300);
    let known = fields.time_zone.parse::<chrono_tz::Tz>().is_ok();
    checks.require(known, "/time_zone", (FieldCode::NotATimeZone, "is not an IANA time zone"));
    checks.finish()
}
