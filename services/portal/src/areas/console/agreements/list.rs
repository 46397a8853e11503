//! The list of agreements, with the columns that its reader chooses.

use crate::{
    forms::Typed,
    lists::{ListQuery, Query, given, query_of},
    visit::{PageResult, Staff},
};
use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Columns that the list can show, beside the reference and title.
const COLUMNS: [&str; 7] = ["donor", "state", "start", "end", "amount", "earmarking", "country"];
/// The columns shown by default.
const DEFAULT_COLUMNS: [&str; 4] = ["donor", "state", "end", "amount"];

#[derive(Serialize, Deserialize)]
pub(crate) struct Filters {
    q: Option<String>,
    state: Option<String>,
    sort: Option<String>,
    donor_id: Option<String>,
}

/// The columns that were chosen, in their own order.
fn chosen(query: &str) -> Vec<&'static str> {
    let typed = Typed::read(query.as_bytes());
    let asked = typed.all("columns");
    let shown: Vec<&str> = COLUMNS.into_iter().filter(|name| asked.contains(name)).collect();
    if shown.is_empty() { DEFAULT_COLUMNS.to_vec() } else { shown }
}

pub(crate) async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let mut context = staff.list("/v1/agreements", &asked).await?;
    let columns = chosen(staff.request.query_string());
    let filter = asked.filter();
    let mut kept = filter.clone();
    kept.extend(columns.iter().map(|name| ("columns".to_owned(), (*name).to_owned())));
    let unsorted: Query = kept.iter().filter(|(name, _)| name != "sort").cloned().collect();
    (context["shown"], context["every_column"]) = (columns.into(), json!(COLUMNS));
    context["file_query"] = query_of(&filter).into();
    context["filter_query"] = query_of(&kept).into();
    context["sort_query"] = query_of(&unsorted).into();
    context["may_write"] = staff.may("agreements:write").into();
    staff.page("console/agreements/list.html", context).await
}

pub(crate) async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    staff.list_file("/v1/agreements", &given(&*filters), "agreements", &kind).await
}
