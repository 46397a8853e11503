use crate::plan::update::{self, Update};
use actix_web::{HttpRequest, get, web::Data};
use kernel::pagination::Page;
use serde::{Deserialize, Serialize};
use service::{Answer, Cell, Context, Envelope, Parameters, Row, openapi::PublicProblems};
use utoipa::IntoParams;
use uuid::Uuid;

impl Row for Update {
    const COLUMNS: &'static [&'static str] =
        &["id", "plan_id", "plan", "title", "body", "language", "published_at"];
    fn cells(&self) -> Vec<Cell> {
        vec![
            self.id.to_string().into(),
            self.plan_id.to_string().into(),
            self.plan_name.as_str().into(),
            self.title.as_str().into(),
            self.body.as_str().into(),
            self.language.as_str().into(),
            self.published_at.to_rfc3339().into(),
        ]
    }
}

/// Filters of the updates.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UpdateFilter {
    /// Only this plan's.
    plan_id: Option<Uuid>,
    /// Rows of a page, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(max_length = 2000)]
    cursor: Option<String>,
}

/// Lists situation updates
///
/// Of the public response plans, the latest first.
#[utoipa::path(tag = "public", params(UpdateFilter),
    responses((status = 200, description = "The updates", body = Envelope<Update>), PublicProblems))]
#[get("/v1/public/updates")]
pub(crate) async fn list(
    request: HttpRequest,
    context: Data<Context>,
    filter: Parameters<UpdateFilter>,
) -> Answer {
    let UpdateFilter { plan_id, limit, cursor } = filter.0;
    super::answer(&context, &request, async |scope| {
        let (context, scope) = (context.clone(), scope.clone());
        service::list(&request, "updates", &plan_id, limit, cursor.clone(), move |page| {
            let (context, scope) = (context.clone(), scope.clone());
            Box::pin(async move {
                let after = page.after()?;
                let rows = service::read_within(&context, &scope, async |db| {
                    Ok(update::list(&scope, db, plan_id, &page, after).await?)
                });
                let rows = rows.await?;
                let Page { items, next } = page.page(rows, |row| row.id);
                Ok(Page { items, next })
            })
        })
        .await
    })
    .await
}
