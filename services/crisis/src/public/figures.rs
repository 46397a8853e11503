use super::year;
use crate::figures::{
    FigureQuestion,
    list::{self as figures, Figure},
};
use actix_web::{HttpRequest, get, web::Data};
use serde::{Deserialize, Serialize};
use service::{ApiResult, Column, Context, Envelope, Listed, Paging, Row, openapi::PublicProblems};
use utoipa::IntoParams;

impl Row for Figure {
    const COLUMNS: &'static [Column<Self>] = &[
        ("question", |row| row.question.as_str().into()),
        ("year", |row| row.year.map(i64::from).into()),
        ("country", |row| row.country.clone().into()),
        ("plan_id", |row| row.plan_id.into()),
        ("plan", |row| row.plan_name.clone().into()),
        ("donor_id", |row| row.donor_id.into()),
        ("donor", |row| row.donor_name.clone().into()),
        ("amount_usd", |row| row.amount.into()),
        ("percent", |row| row.percent.clone().into()),
        ("flow_count", |row| row.flow_count.into()),
        ("address", |row| row.address.as_str().into()),
        ("pointer", |row| row.pointer.clone().into()),
        ("as_of", |row| row.as_of.map(|at| at.to_rfc3339()).into()),
    ];
}

/// The year of the figures, and a filter.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FigureFilter {
    /// The usage year.
    #[param(example = 2026, minimum = 1990, maximum = 2100)]
    year: i32,
    /// Only answers to this question.
    question: Option<FigureQuestion>,
}

/// Lists the public figures of a year
///
/// Every total that public pages show for a year: the question, the answer, the request that gives it, and when the
/// public data last changed. By question, the largest first. Figures of plans and `reported_by_donor` are over all years,
/// and listed with each year of the plan and each year in which the donor gave.
#[utoipa::path(tag = "public", params(FigureFilter, Paging),
    responses((status = 200, description = "The figures", body = Envelope<Figure>), PublicProblems))]
#[get("/v1/public/figures")]
pub(crate) async fn list(
    request: HttpRequest,
    context: Data<Context>,
    listed: Listed<FigureFilter>,
) -> ApiResult {
    let year = year(listed.filter.year)?;
    let question = listed.filter.question;
    super::answer(&context, &request, async |scope| {
        let (scope, paging) = (scope.clone(), listed.paging.clone());
        let page = paging.of("figures", &(year, question))?;
        service::list(&request, &context, scope, page, async move |db, scope, page| {
            let after = page.after()?;
            let all = figures::of(db, scope, year).await?;
            Ok(page.page(figures::after(all, question, after.as_ref(), page.limit + 1), Figure::key))
        })
        .await
    })
    .await
}
