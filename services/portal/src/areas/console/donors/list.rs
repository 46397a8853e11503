//! The list of donors.

use crate::{
    lists::{ListQuery, given},
    visit::{PageResult, Staff},
};
use actix_web::web;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) struct Filters {
    q: Option<String>,
    r#type: Option<String>,
    status: Option<String>,
    segment: Option<String>,
}

pub(crate) async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let mut context = staff.list("/v1/donors", &asked).await?;
    context["curates"] = staff.may("donors:write").into();
    staff.page("console/donors/list.html", context).await
}

pub(crate) async fn csv(staff: Staff, filters: web::Query<Filters>) -> PageResult {
    staff.list_file("/v1/donors", &given(&*filters), "donors", "csv").await
}
