//! Situation updates that an office publishes about a plan while it is implemented.

use super::store;
use crate::version;
use ::store::{StoreError, TenantScope, audit, insert_models, params, sql};
use actix_web::{HttpRequest, post, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Code, Fault, PlanId, Problem, Reason};
use locale::Language;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use serde::{Deserialize, Serialize};
use service::{ApiResult, Checks, Context, Created, Id, JsonBody, PageRequest, openapi::CreateProblems};
use utoipa::ToSchema;

/// The id of a situation update.
pub(crate) type UpdateId = kernel::Id<row::Model>;

/// A situation update.
#[derive(Debug, Clone, Serialize, ToSchema, FromQueryResult)]
pub(crate) struct Update {
    pub(crate) id: UpdateId,
    pub(crate) plan_id: PlanId,
    #[schema(max_length = 300)]
    pub(crate) plan_name: String,
    #[schema(example = "Floods cut off the eastern provinces", max_length = 200)]
    pub(crate) title: String,
    /// Plain text.
    #[schema(max_length = 10000)]
    pub(crate) body: String,
    /// The language it is written in: `en`, `fr` or `es`.
    pub(crate) language: Language,
    pub(crate) published_at: DateTime<Utc>,
}

/// A row of `plan_update`.
mod row {
    use super::UpdateId;
    use kernel::{OfficeId, OrganisationId, PlanId};
    use locale::Language;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "plan_update")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: UpdateId,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub plan_id: PlanId,
        pub title: String,
        pub body: String,
        pub language: Language,
        pub published_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A new situation update.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUpdate {
    #[schema(example = "Floods cut off the eastern provinces", min_length = 1, max_length = 200)]
    title: String,
    /// Plain text.
    #[schema(min_length = 1, max_length = 10000)]
    body: String,
    /// The language it is written in: `en`, `fr` or `es`.
    language: Language,
    /// The day on which it was published first, where it is recorded later: not in the future, and not before 2000. Defaults
    /// to today (UTC).
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    published_on: Option<NaiveDate>,
}

/// Updates of plans visible to the scope, newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    plan_id: Option<PlanId>,
    page: &PageRequest,
    after: Option<UpdateId>,
) -> Result<Vec<Update>, StoreError> {
    let mut parameters = params![scope.organisation_id()];
    let mut text = "SELECT u.id, u.plan_id, p.name AS plan_name, u.title, u.body, u.language, u.published_at
                    FROM plan_update u JOIN plan p ON p.id = u.plan_id
                    WHERE u.organisation_id = $1 AND p.visibility = 'public'"
        .to_owned();
    let (plan_id, after) = (plan_id.map(Value::from), after.map(Value::from));
    for (condition, id) in [("u.plan_id =", plan_id), ("u.id <", after)] {
        if let Some(id) = id {
            parameters.push(id);
            text.push_str(&format!(" AND {condition} ${}", parameters.len()));
        }
    }
    text.push_str(&format!(" ORDER BY u.id DESC LIMIT {}", page.limit + 1));
    sql::all(db, &text, parameters).await
}

/// Publishes a situation update
///
/// Only for the office's own plans. Everyone who may see the plan sees the update, among those of the day on which it was
/// published.
#[utoipa::path(tag = "plans", request_body = NewUpdate, security(("oauth2" = ["plans:write"])),
    params(("id" = Uuid, Path, description = "The plan"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The update", body = Update), CreateProblems))]
#[post("/v1/plans/{id}/updates")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::PlansWrite>,
    context: Data<Context>,
    id: Id<PlanId>,
    body: JsonBody<NewUpdate>,
) -> ApiResult {
    let new = body.value;
    let plan = service::read(&context, &caller.claims, async |db, scope| {
        Ok(store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?)
    });
    let plan = plan.await?;
    if plan.office_id != caller.claims.office_id {
        let why = "only the office that owns the plan may publish updates about it";
        return Err(Problem::new(Code::Forbidden).because(Reason::OfficeOnly, why).into());
    }
    let mut checks = Checks::new();
    checks.text("/title", &new.title, 200);
    checks.required_long_text("/body", &new.body, 10_000);
    let today = context.store.clock().now().date_naive();
    if let Some(day) = new.published_on {
        if day > today {
            checks.refuse("/published_on", Fault::in_future());
        } else {
            checks.date("/published_on", day);
        }
    }
    checks.finish()?;
    let earlier = new.published_on.filter(|day| *day < today).and_then(|day| day.and_hms_opt(12, 0, 0));
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, _| {
        // The list is sorted by id, which says when it was published.
        let published_at = earlier.map_or_else(|| tx.now(), |noon| noon.and_utc());
        let update = Update {
            id: if earlier.is_some() { UpdateId::at(published_at) } else { tx.new_id() },
            plan_id: plan.id,
            plan_name: plan.name,
            title: new.title,
            body: new.body,
            language: new.language,
            published_at,
        };
        let row = row::Model {
            id: update.id,
            organisation_id: plan.organisation_id,
            office_id: plan.office_id,
            plan_id: plan.id,
            title: update.title.clone(),
            body: update.body.clone(),
            language: update.language,
            published_at: update.published_at,
        };
        insert_models(tx.db(), &[row]).await?;
        tx.audit_created(
            "plan_update.create",
            audit::Subject {
                resource: "plan_update",
                id: update.id.as_uuid(),
                organisation_id: plan.organisation_id,
                office_id: plan.office_id,
            },
            &update,
        )
        .await?;
        version::change(tx.db(), tx.new_uuid(), [plan.organisation_id]).await?;
        Ok(Created::new(format!("/v1/public/updates?plan_id={}", plan.id), 1, update))
    })
    .await
}
