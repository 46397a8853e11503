//! A donor's downloads: its lists as spreadsheets, its statement as PDF.

use crate::{
    areas::console::donors::statement::{StatementQuery, statement_of},
    error::PageError,
    lists::Query,
    nav::{Group, NavEntry},
    visit::{DonorPrincipal, PageResult},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::json;

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] =
    &[NavEntry { permission: None, path: "/donor/data", key: "data", group: Group::Plain, position: 50 }];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/donor/data", web::get().to(show))
        .route("/donor/data/{list}.{kind}", web::get().to(file))
        .route("/donor/statement.pdf", web::get().to(statement));
}

async fn show(donor: DonorPrincipal) -> PageResult {
    donor.page("donor_portal/data.html", json!({ "donor_id": donor.who.donor_id })).await
}

/// Everything the donor may see, as a spreadsheet.
async fn file(donor: DonorPrincipal, name: web::Path<(String, String)>) -> PageResult {
    let (list, kind) = name.into_inner();
    if !["contributions", "agreements", "reports"].contains(&list.as_str()) {
        return Err(PageError::NotFound);
    }
    donor.list_file(&format!("/v1/{list}"), &Query::new(), &list, &kind).await
}

async fn statement(donor: DonorPrincipal, asked: web::Query<StatementQuery>) -> PageResult {
    statement_of(&donor, &donor.who.donor_id, &asked).await
}
