//! The lots of a pool: what it has of each contribution.

use super::show::pool_of;
use crate::{
    error::PageError,
    forms::refused,
    ids::{Id, only_ids},
    lists::{ListQuery, added, context_of, given},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/pools/{id}/lots"), web::get().to(list))
        .route(&only_ids("/console/pools/{id}/lots.{kind}"), web::get().to(file));
}

#[derive(Serialize, Deserialize)]
struct Filters {
    intake_year: Option<String>,
    is_uncovered: Option<String>,
    donor_id: Option<String>,
}

/// A list of a pool for its template, 20 rows a page. What is refused of the filters is a problem that the page shows.
pub(super) async fn listed<F: Serialize>(
    staff: &Staff,
    id: &Id,
    name: &str,
    asked: &ListQuery<F>,
) -> Result<Value, PageError> {
    let pool = pool_of(staff, id).await?;
    let mut query = asked.query();
    query.push(("limit".to_owned(), "20".to_owned()));
    let (list, problem) = match refused(staff.get(&format!("/v1/pools/{id}/{name}"), &query).await, "")? {
        Ok(list) => (list, Value::Null),
        Err(problem) => (json!({ "items": [] }), problem),
    };
    Ok(added(context_of(list, &asked.filters), json!({ "problem": problem, "pool": pool, "view": name })))
}

async fn list(staff: Staff, id: web::Path<Id>, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let context = listed(&staff, &id, "lots", &asked).await?;
    staff.page("console/pools/lots.html", context).await
}

async fn file(staff: Staff, place: web::Path<(Id, String)>, filters: web::Query<Filters>) -> PageResult {
    let (id, kind) = place.into_inner();
    staff.list_file(&format!("/v1/pools/{id}/lots"), &given(&*filters), "lots", &kind).await
}
