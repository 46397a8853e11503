//! The response plans that a contribution can go to.

use crate::known::plan;
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use kernel::PlanId;
use serde::Serialize;
use service::{ApiResult, Column, Context, Envelope, Paging, Parameters, Row, openapi::ReadProblems};
use utoipa::ToSchema;

/// A response plan by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanName {
    id: PlanId,
    #[schema(example = "Chad crisis response plan 2026", max_length = 300)]
    name: String,
    /// Its number in OCHA's Financial Tracking Service.
    #[schema(example = "1263", max_length = 100)]
    fts_id: Option<String>,
}

impl From<plan::KnownPlan> for PlanName {
    fn from(plan: plan::KnownPlan) -> Self {
        let plan::KnownPlan { id, name, fts_id } = plan;
        Self { id, name, fts_id }
    }
}

impl Row for PlanName {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("name", |row| row.name.as_str().into()),
        ("fts_id", |row| row.fts_id.clone().into()),
    ];
}

/// Lists the names of response plans
///
/// All plans of the organisation, by name, whichever office they belong to: those that a contribution or an agreement can
/// go to. A plan's figures are at `GET /v1/plans/{id}`, for its office and those above it.
#[utoipa::path(tag = "plans", params(Paging), security(("oauth2" = ["plans:read"])),
    responses((status = 200, description = "The plans", body = Envelope<PlanName>), ReadProblems))]
#[get("/v1/plan-names")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::PlansRead>,
    context: Data<Context>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let page = paging.0.of("plan-names", &())?;
    service::list(&request, &context, scope, page, async |db, scope, page| {
        let plans = plan::list(scope, db, page, page.after()?).await?;
        Ok(page.page(plans, |plan| (plan.name.clone(), plan.id)).map(PlanName::from))
    })
    .await
}
