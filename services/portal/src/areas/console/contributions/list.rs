//! The list of contributions.

use crate::{
    forms::country_codes,
    lists::{ListPage, ListQuery},
    visit::{PageResult, Staff},
};
use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::json;

const LIST: ListPage = ListPage::new("/v1/contributions", "console/contributions/list.html");

#[derive(Serialize, Deserialize)]
pub(crate) struct Filters {
    status: Option<String>,
    earmarking: Option<String>,
    year: Option<String>,
    country: Option<String>,
    donor_id: Option<String>,
    agreement_id: Option<String>,
    parent_id: Option<String>,
}

pub(crate) async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let more = json!({ "countries": country_codes(), "may_write": staff.may("contributions:write") });
    LIST.show(&staff, &asked, more).await
}

pub(crate) async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
