//! The versions of a committee's rules.

use super::{
    rules::{self, CommitteeRules},
    store,
    trail::trail,
};
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{CommitteeId, FieldCode, PrincipalId, Problem};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Column, Context, Created, Envelope, Id, JsonBody, Paging, Parameters, Row,
    openapi::{CreateProblems, ReadProblems},
};
use utoipa::ToSchema;

/// A version of a committee's rules.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommitteeRulesVersion {
    committee_id: CommitteeId,
    #[schema(minimum = 1)]
    number: i64,
    rules: CommitteeRules,
    /// Why they took the place of those before.
    #[schema(max_length = 2000)]
    reason: Option<String>,
    /// The person or client that recorded them.
    created_by: PrincipalId,
    created_at: DateTime<Utc>,
}

impl TryFrom<rules::Model> for CommitteeRulesVersion {
    type Error = ::store::StoreError;

    fn try_from(row: rules::Model) -> Result<Self, Self::Error> {
        Ok(Self {
            rules: row.rules()?,
            committee_id: row.committee_id,
            number: row.number,
            reason: row.reason,
            created_by: row.created_by,
            created_at: row.created_at,
        })
    }
}

impl Row for CommitteeRulesVersion {
    const COLUMNS: &'static [Column<Self>] = &[
        ("number", |row| row.number.into()),
        ("quorum", |row| {
            let quorum = &row.rules.quorum;
            format!("{}/{} + 1, {}", quorum.numerator, quorum.denominator, quorum.least).into()
        }),
        ("majority", |row| row.rules.majority.as_str().into()),
        ("least_yes", |row| i64::from(row.rules.least_yes).into()),
        ("tie", |row| row.rules.tie.as_str().into()),
        ("notice_days", |row| i64::from(row.rules.notice_days).into()),
        ("circulation_hours", |row| i64::from(row.rules.circulation.hours).into()),
        ("normalisation", |row| row.rules.normalisation.as_str().into()),
        ("reason", |row| row.reason.clone().into()),
        ("created_at", |row| row.created_at.to_rfc3339().into()),
    ];
}

/// New rules of a committee.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCommitteeRules {
    rules: CommitteeRules,
    /// Why they take the place of the present ones.
    #[schema(example = "Terms of reference of March 2026", min_length = 1, max_length = 2000)]
    reason: String,
}

/// Lists the versions of a committee's rules
///
/// Newest first. A meeting is held by the version that was in force when it was convened, a circulation by that of its
/// beginning.
#[utoipa::path(tag = "committees", params(("id" = Uuid, Path, description = "The committee"), Paging),
    security(("oauth2" = ["committees:read"])),
    responses((status = 200, description = "The versions", body = Envelope<CommitteeRulesVersion>), ReadProblems))]
#[get("/v1/committees/{id}/rules")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::CommitteesRead>,
    context: Data<Context>,
    id: Id<CommitteeId>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let id = id.0;
    let page = paging.0.of("committee-rules", &id)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let committee = store::get(scope, db, id).await?.ok_or_else(Problem::not_found)?;
        let rows = rules::list(db, committee.id, page.after()?, page.limit + 1).await?;
        Ok(page.page(rows, |row| row.number).try_map(CommitteeRulesVersion::try_from)?)
    })
    .await
}

/// Changes the rules of a committee
///
/// The rules are a new version; meetings that were convened before are held by the earlier one. Headquarters only. 422 for
/// rules that are those in force.
#[utoipa::path(tag = "committees", request_body = NewCommitteeRules, security(("oauth2" = ["committees:write"])),
    params(("id" = Uuid, Path, description = "The committee"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The version", body = CommitteeRulesVersion), CreateProblems))]
#[post("/v1/committees/{id}/rules")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::CommitteesWrite>,
    context: Data<Context>,
    id: Id<CommitteeId>,
    body: JsonBody<NewCommitteeRules>,
) -> ApiResult {
    let NewCommitteeRules { rules: new, reason } = body.value;
    new.check()?;
    let mut checks = Checks::new();
    checks.required_long_text("/reason", &reason, 2000);
    checks.finish()?;
    context.headquarters(&caller.claims).await?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        if rules::current(tx.db(), before.id).await? == new {
            let fault = FieldCode::NoChange.says("these rules are in force already");
            return Err(Problem::invalid_field("/rules", fault).into());
        }
        let now = tx.now();
        let after = store::Model {
            version: before.version + 1,
            rules_number: before.rules_number + 1,
            updated_at: now,
            ..before
        };
        store::save(tx.db(), &after).await?;
        let version = rules::add(tx.db(), &after, &new, Some(reason), (caller.claims.sub, now)).await?;
        let shown = CommitteeRulesVersion::try_from(version)?;
        tx.audit_created("committee.rules", &after, &trail(&shown)?).await?;
        Ok(Created::new(format!("/v1/committees/{}/rules", after.id), shown.number, shown))
    })
    .await
}
