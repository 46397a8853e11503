//! The list of contributions.

use crate::{
    forms::country_codes,
    lists::{ListQuery, given},
    visit::{PageResult, Staff},
};
use actix_web::web;
use serde::{Deserialize, Serialize};

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
    let mut context = staff.typed_list("/v1/contributions", &asked.filters, &asked.query()).await?;
    context["countries"] = country_codes().into();
    context["may_write"] = staff.may("contributions:write").into();
    staff.page("console/contributions/list.html", context).await
}

pub(crate) async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    staff.list_file("/v1/contributions", &given(&*filters), "contributions", &kind).await
}
