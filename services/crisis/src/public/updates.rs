use crate::plan::update::{self, Update};
use actix_web::{HttpRequest, get, web::Data};
use kernel::PlanId;
use serde::{Deserialize, Serialize};
use service::{ApiResult, Column, Context, Envelope, Listed, Paging, Row, openapi::PublicProblems};
use utoipa::IntoParams;

impl Row for Update {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("plan_id", |row| row.plan_id.into()),
        ("plan", |row| row.plan_name.as_str().into()),
        ("title", |row| row.title.as_str().into()),
        ("body", |row| row.body.as_str().into()),
        ("language", |row| row.language.as_str().into()),
        ("published_at", |row| row.published_at.to_rfc3339().into()),
    ];
}

/// Filters of the updates.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UpdateFilter {
    /// Only of this plan.
    plan_id: Option<PlanId>,
}

/// Lists situation updates
///
/// Updates of public response plans, newest first.
#[utoipa::path(tag = "public", params(UpdateFilter, Paging),
    responses((status = 200, description = "The updates", body = Envelope<Update>), PublicProblems))]
#[get("/v1/public/updates")]
pub(crate) async fn list(
    request: HttpRequest,
    context: Data<Context>,
    listed: Listed<UpdateFilter>,
) -> ApiResult {
    let plan_id = listed.filter.plan_id;
    super::answer(&context, &request, async |scope| {
        let (scope, paging) = (scope.clone(), listed.paging.clone());
        let page = paging.of("updates", &plan_id)?;
        service::list(&request, &context, scope, page, async move |db, scope, page| {
            let rows = update::list(scope, db, plan_id, page, page.after()?).await?;
            Ok(page.page(rows, |row| row.id))
        })
        .await
    })
    .await
}
