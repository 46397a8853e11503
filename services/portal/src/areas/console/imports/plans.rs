//! An import of plans: what became of each of them, and how far the flows are that were sent with them.

use crate::{
    error::PageError,
    ids::{Id, only_ids},
    lists::{ListQuery, Query, context_of, given, handed_through, query_of},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/imports/plans/{id}"), web::get().to(show))
        .route("/console/imports/plans/{id}/rows.csv", web::get().to(rows_csv));
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Filters {
    verdict: Option<String>,
    /// The import of the flows that were sent with the plans.
    flows: Option<Id>,
    /// The imports of other plan overviews of the same upload, with commas between them.
    others: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let import = import_of(&staff, &id).await?;
    let rejected = import["rejected"].as_i64().unwrap_or(0) > 0;
    let Filters { verdict, flows, others } = &asked.filters;
    let verdict = verdict.as_deref().or(rejected.then_some("rejected"));
    let mut query = asked.after(given(&[("verdict", verdict)]));
    query.push(("limit".to_owned(), "50".to_owned()));
    let rows = staff.get(&format!("/v1/plan-imports/{id}/rows"), &query).await?;
    let flows_beside = match flows {
        Some(flows) => shown(staff.get(&format!("/v1/imports/{flows}"), &()).await)?,
        None => Value::Null,
    };
    let mut plans_beside = Vec::new();
    for other in others.iter().flat_map(|ids| ids.split(',')).filter_map(Id::read) {
        plans_beside.push(shown(import_of(&staff, &other).await)?);
    }
    plans_beside.retain(|other| !other.is_null());
    let mut context =
        context_of(rows, &Filters { verdict: verdict.map(str::to_owned), ..asked.filters.clone() });
    // The way back to all of the upload, whichever outcome is looked at.
    let beside = [("flows", flows.as_ref().map(Id::as_str)), ("others", others.as_deref())];
    context["beside"] = query_of(&given(&beside)).into();
    context["import"] = import;
    (context["flows"], context["others"]) = (flows_beside, json!(plans_beside));
    context["verdict"] = json!(verdict);
    context["may_import"] = staff.may("plans:write").into();
    staff.page("console/imports/plans.html", context).await
}

async fn import_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    staff.get(&format!("/v1/plan-imports/{id}"), &()).await
}

/// An import that is shown beside another one; null where the reader may not see it, or it is there no longer.
fn shown(import: Result<Value, PageError>) -> Result<Value, PageError> {
    match import {
        Err(PageError::Refused(problem)) if [403, 404].contains(&problem.status) => Ok(Value::Null),
        import => import,
    }
}

async fn rows_csv(staff: Staff, id: web::Path<Id>) -> PageResult {
    let answer = staff.file(&format!("/v1/plan-imports/{id}/rows"), &Query::new(), "text/csv").await?;
    Ok(handed_through(answer, "text/csv; charset=utf-8", "plan-import-rows.csv"))
}
