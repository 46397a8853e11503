use super::Model;
use ::store::{StoreError, TenantScope, params, sql, upsert_newer};
use actix_web::{HttpRequest, HttpResponse, get, put, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Fault, NotificationId, NotificationKind, Problem, RecordKind, ReportId, ReportKind};
use sea_orm::{ConnectionTrait, Value};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Column, Context, Envelope, JsonBody, Listed, PageRequest, Paging, Row,
    openapi::{CreateProblems, ReadProblems},
};
use utoipa::{IntoParams, ToSchema};

/// A notification to the caller's office, or to a representative's donor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Notification {
    id: NotificationId,
    /// `due_in_30_days`, `due_in_7_days` or `overdue` for an outstanding report; `send` or `endorse` for one that
    /// awaits the office; `return`, `reject` and `retract` for one that was returned; `submit` and `accept` for one
    /// that was passed on; `extend` for one whose due date was extended; `received` for the donor.
    kind: NotificationKind,
    report_id: ReportId,
    report_kind: ReportKind,
    /// The due date of the report at that time.
    due_date: NaiveDate,
    /// Reference and title of the agreement.
    #[schema(max_length = 400)]
    title: String,
    /// Whether the caller has marked it as read.
    read: bool,
    created_at: DateTime<Utc>,
}

impl Row for Notification {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("kind", |row| row.kind.as_str().into()),
        ("report_id", |row| row.report_id.into()),
        ("report_kind", |row| row.report_kind.as_str().into()),
        ("due_date", |row| row.due_date.into()),
        ("title", |row| row.title.as_str().into()),
        ("read", |row| row.read.to_string().into()),
        ("created_at", |row| row.created_at.to_rfc3339().into()),
    ];
}

/// Which notifications.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NotificationFilter {
    /// If true, only unread notifications.
    unread: Option<bool>,
    /// Kinds to exclude, separated by spaces: words of `NotificationKind`. Others exclude nothing.
    #[param(max_length = 300)]
    except: Option<String>,
}

/// Up to when a principal has read.
async fn read_until(
    db: &impl ConnectionTrait,
    claims: &Claims,
) -> Result<Option<NotificationId>, StoreError> {
    let text = "SELECT last_read FROM notification_read WHERE principal_id = $1 AND office_id = $2";
    let row = sql::row(db, text, params![claims.sub, claims.office_id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

async fn told(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    newer_than: Option<NotificationId>,
    except: &[NotificationKind],
    page: &PageRequest,
) -> Result<Vec<Model>, ApiError> {
    let (whose, id): (&str, Value) = match scope {
        TenantScope::Offices { office_id, .. } => {
            ("donor_id IS NULL AND office_id = $2", (*office_id).into())
        }
        TenantScope::Donor { donor_id, .. } => ("donor_id = $2", (*donor_id).into()),
        TenantScope::Public { .. } | TenantScope::Organisation { .. } => return Ok(Vec::new()),
    };
    let mut parameters = params![scope.organisation_id()];
    parameters.push(id);
    let mut text = format!("SELECT * FROM notification WHERE organisation_id = $1 AND {whose}");
    for (condition, id) in [("id > ", newer_than), ("id < ", page.after::<NotificationId>()?)] {
        if let Some(id) = id {
            parameters.push(id.into());
            text.push_str(&format!(" AND {condition}${}", parameters.len()));
        }
    }
    if !except.is_empty() {
        let listed = sql::bind_list(&mut parameters, except.iter().map(|kind| (*kind).into()));
        text.push_str(&format!(" AND kind NOT IN ({listed})"));
    }
    text.push_str(&format!(" ORDER BY id DESC LIMIT {}", page.limit + 1));
    Ok(sql::all(db, &text, parameters).await?)
}

/// Lists notifications
///
/// Notifications to the caller's own office, newest first; for a representative, those to the donor.
#[utoipa::path(tag = "notifications", params(NotificationFilter, Paging), security(("oauth2" = ["reports:read"])),
    responses((status = 200, description = "The notifications", body = Envelope<Notification>), ReadProblems))]
#[get("/v1/notifications")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ReportsRead>,
    context: Data<Context>,
    listed: Listed<NotificationFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let db = context.store.system_read().await?;
    let last_read = read_until(&db, &caller.claims).await?;
    drop(db);
    let NotificationFilter { unread, except } = listed.filter;
    let except: Vec<NotificationKind> = except
        .iter()
        .flat_map(|kinds| kinds.split_whitespace())
        .flat_map(str::parse::<NotificationKind>)
        .take(20)
        .collect();
    let newer_than = if unread == Some(true) { last_read } else { None };
    let filters = (caller.claims.sub, caller.claims.office_id, unread, except.clone());
    let shown = move |row: Model| Notification {
        read: last_read.is_some_and(|last| row.id <= last),
        id: row.id,
        kind: row.kind,
        report_id: row.report_id,
        report_kind: row.report_kind,
        due_date: row.due_date,
        title: row.title,
        created_at: row.created_at,
    };
    let name = "notifications";
    let page = listed.paging.of(name, &filters)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = told(scope, db, newer_than, &except, page).await?;
        Ok(page.page(rows, |row| row.id).map(shown))
    })
    .await
}

/// How far a reader has read in an office.
mod row {
    use kernel::{NotificationId, OfficeId, PrincipalId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notification_read")]
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

/// The caller's read position.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadUntil {
    /// The latest notification read: it and all earlier ones are marked as read.
    last_id: NotificationId,
}

/// Marks notifications as read
///
/// The named notification and all earlier ones, for the caller alone: colleagues in the same office keep their own
/// mark. The mark never moves back, so an earlier notification than the last one changes nothing. An unknown
/// notification is refused with 422.
#[utoipa::path(tag = "notifications", request_body = ReadUntil, security(("oauth2" = ["reports:read"])),
    responses((status = 204, description = "The notifications are marked as read"), CreateProblems))]
#[put("/v1/notifications/read-until")]
pub(crate) async fn mark(
    request: HttpRequest,
    caller: Caller<perm::ReportsRead>,
    context: Data<Context>,
    body: JsonBody<ReadUntil>,
) -> ApiResult {
    // The reader's own mark, which a representative, who only reads, has as well.
    let tx = context.store.system(context.actor(&caller.claims, &request)).await?;
    let exists = "SELECT 1 FROM notification WHERE id = $1 AND organisation_id = $2";
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
