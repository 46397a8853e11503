//! The list of donors.

use crate::{
    lists::{ListPage, ListQuery},
    visit::{PageResult, Staff},
};
use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::json;

const LIST: ListPage = ListPage::new("/v1/donors", "console/donors/list.html");

#[derive(Serialize, Deserialize)]
pub(crate) struct Filters {
    q: Option<String>,
    r#type: Option<String>,
    status: Option<String>,
    segment: Option<String>,
}

pub(crate) async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    LIST.show(&staff, &asked, json!({ "curates": staff.may("donors:write") })).await
}

pub(crate) async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
