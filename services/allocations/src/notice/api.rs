use super::Model;
use ::store::{StoreError, TenantScope, params, sql, upsert_newer};
use actix_web::{HttpRequest, HttpResponse, get, put, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{DateTime, Utc};
use kernel::{AllocationNoticeKind, Fault, NotificationId, PrincipalId, Problem, RecordKind};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Column, Context, Envelope, JsonBody, Listed, PageRequest, Paging, Row,
    openapi::{CreateProblems, ReadProblems},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A notice about allocations to the caller, or to the caller's office.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AllocationNotice {
    id: NotificationId,
    /// What it says: of a window, that its proposals wait for scores; of a meeting, that it is convened, or that a
    /// motion was put to the vote; of a circulation, that votes are asked for; of a decision, that it waits for the
    /// head of the organisation; of a proposal, that it was sent back, decided on or paid; of a shortfall or a
    /// suggestion, that there is one.
    kind: AllocationNoticeKind,
    /// The record that it is about.
    record_id: Uuid,
    /// Reference and title of the record.
    #[schema(max_length = 400)]
    title: String,
    /// Whether it was given to the caller by name, not to the office.
    is_personal: bool,
    /// Whether the caller has marked it as read.
    read: bool,
    created_at: DateTime<Utc>,
}

impl Row for AllocationNotice {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("kind", |row| row.kind.as_str().into()),
        ("record_id", |row| row.record_id.to_string().into()),
        ("title", |row| row.title.as_str().into()),
        ("is_personal", |row| row.is_personal.to_string().into()),
        ("read", |row| row.read.to_string().into()),
        ("created_at", |row| row.created_at.to_rfc3339().into()),
    ];
}

/// Which notices.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NoticeFilter {
    /// If true, only unread notices.
    unread: Option<bool>,
}

/// Up to when a principal has read.
async fn read_until(
    db: &impl ConnectionTrait,
    claims: &Claims,
) -> Result<Option<NotificationId>, StoreError> {
    let text = "SELECT last_read FROM allocation_notice_read WHERE principal_id = $1 AND office_id = $2";
    let row = sql::row(db, text, params![claims.sub, claims.office_id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

async fn told(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    (who, newer_than): (PrincipalId, Option<NotificationId>),
    page: &PageRequest,
) -> Result<Vec<Model>, ApiError> {
    let TenantScope::Offices { office_id, organisation_id, .. } = scope else { return Ok(Vec::new()) };
    let mut parameters = params![*organisation_id, *office_id, who.as_uuid()];
    let mut text = "SELECT * FROM allocation_notice WHERE organisation_id = $1
                      AND (person_id = $3 OR (person_id IS NULL AND office_id = $2))"
        .to_owned();
    for (condition, id) in [("id > ", newer_than), ("id < ", page.after::<NotificationId>()?)] {
        if let Some(id) = id {
            parameters.push(id.into());
            text.push_str(&format!(" AND {condition}${}", parameters.len()));
        }
    }
    text.push_str(&format!(" ORDER BY id DESC LIMIT {}", page.limit + 1));
    Ok(sql::all(db, &text, parameters).await?)
}

/// Lists notices about allocations
///
/// Notices to the caller and to the caller's own office, newest first.
#[utoipa::path(tag = "notifications", params(NoticeFilter, Paging), security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The notices", body = Envelope<AllocationNotice>), ReadProblems))]
#[get("/v1/allocation-notices")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    listed: Listed<NoticeFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let db = context.store.system_read().await?;
    let last_read = read_until(&db, &caller.claims).await?;
    drop(db);
    let unread = listed.filter.unread;
    let newer_than = if unread == Some(true) { last_read } else { None };
    let who = caller.claims.sub;
    let shown = move |row: Model| AllocationNotice {
        read: last_read.is_some_and(|last| row.id <= last),
        id: row.id,
        kind: row.kind,
        record_id: row.record_id,
        title: row.title,
        is_personal: row.person_id.is_some(),
        created_at: row.created_at,
    };
    let page = listed.paging.of("allocation-notices", &(who, caller.claims.office_id, unread))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = told(scope, db, (who, newer_than), page).await?;
        Ok(page.page(rows, |row| row.id).map(shown))
    })
    .await
}

/// How far a reader has read in an office.
mod row {
    use kernel::{NotificationId, OfficeId, PrincipalId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "allocation_notice_read")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub principal_id: PrincipalId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub office_id: OfficeId,
        pub last_read: NotificationId,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The caller's read position among notices about allocations.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticesRead {
    /// The latest notice read: it and all earlier ones are marked as read.
    last_id: NotificationId,
}

/// Marks notices about allocations as read
///
/// The named notice and all earlier ones, for the caller alone: colleagues in the same office keep their own mark. The
/// mark never moves back. An unknown notice is refused with 422.
#[utoipa::path(tag = "notifications", request_body = NoticesRead, security(("oauth2" = ["proposals:read"])),
    responses((status = 204, description = "The notices are marked as read"), CreateProblems))]
#[put("/v1/allocation-notices/read-until")]
pub(crate) async fn mark(
    request: HttpRequest,
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    body: JsonBody<NoticesRead>,
) -> ApiResult {
    // The reader's own mark, which whoever only reads has as well.
    let tx = context.store.system(context.actor(&caller.claims, &request)).await?;
    let exists = "SELECT 1 FROM allocation_notice WHERE id = $1 AND organisation_id = $2";
    let named = params![body.value.last_id, caller.claims.organisation_id];
    if sql::row(tx.db(), exists, named).await?.is_none() {
        return Err(Problem::invalid_field("/last_id", Fault::unknown(RecordKind::Notification)).into());
    }
    let (principal_id, office_id) = (caller.claims.sub, caller.claims.office_id);
    let read = row::Model { principal_id, office_id, last_read: body.value.last_id };
    upsert_newer(tx.db(), &[read], row::Column::LastRead).await?;
    tx.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}
