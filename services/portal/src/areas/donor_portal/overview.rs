//! What a donor sees first: its money by year, what it will get, whom it may ask.

use crate::{
    draw::mark,
    error::unless_away,
    lists::{OfScope, given},
    nav::{Group, NavEntry},
    visit::{DonorPrincipal, PageResult},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: None,
    path: "/donor",
    key: "donor-overview",
    group: Group::Plain,
    position: 10,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/donor", web::get().to(show));
}

async fn show(donor: DonorPrincipal, asked: web::Query<OfScope>) -> PageResult {
    let scope = given(&*asked);
    let funding_path = format!("/v1/donors/{}/funding", donor.who.donor_id);
    let (owed, unread) = ([("owed", "true"), ("limit", "5")], [("unread", "true"), ("limit", "5")]);
    let (funding, owed, told, focal) = futures_util::join!(
        donor.get(&funding_path, &scope),
        donor.get("/v1/reports", &owed),
        donor.get("/v1/notifications", &unread),
        donor.get("/v1/me/focal-point", &()),
    );
    let (funding, owed, told) = (funding?, unless_away(owed)?, unless_away(told)?);
    // Most donors have one; where none is named, nothing is shown.
    let focal = focal.unwrap_or_default();
    let away = owed.is_none() || told.is_none();
    let mut years: Vec<Value> = funding["by_year"].as_array().cloned().unwrap_or_default();
    years.reverse();
    let column = |entry: &Value| mark(donor.language, &entry["year"].to_string(), &entry["funding"]);
    let columns: Vec<Value> = years.iter().map(column).collect();
    let context = json!({
        "funding": funding, "columns_data": columns, "owed": owed, "told": told, "focal": focal, "away": away,
        "today": donor.today().to_string(),
    });
    donor.page("donor_portal/overview.html", context).await
}
