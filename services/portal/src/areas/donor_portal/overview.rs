//! What a donor sees first: its money by year, what it will get, whom it may ask.

use crate::{
    draw::mark,
    error::unless_away,
    figures::parts,
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

async fn show(donor: DonorPrincipal) -> PageResult {
    let donor_path = format!("/v1/donors/{}", donor.who.donor_id);
    let (funding_path, totals_path) =
        (format!("{donor_path}/funding"), format!("{donor_path}/contribution-totals"));
    let (owed, unread) = ([("owed", "true"), ("limit", "5")], [("unread", "true"), ("limit", "5")]);
    let (funding, totals, owed, received, told, focal) = futures_util::join!(
        donor.get(&funding_path, &()),
        donor.get(&totals_path, &()),
        donor.get("/v1/reports", &owed),
        donor.all("/v1/reports", &[("owed", "false")]),
        donor.get("/v1/notifications", &unread),
        donor.get("/v1/me/focal-point", &()),
    );
    let (funding, totals, owed) = (funding?, unless_away(totals)?, unless_away(owed)?);
    let (received, told) = (unless_away(received)?, unless_away(told)?);
    // Most donors have one; where none is named, nothing is shown.
    let focal = focal.unwrap_or_default();
    let away = totals.is_none() || owed.is_none() || received.is_none() || told.is_none();
    let mut years: Vec<Value> = funding["by_year"].as_array().cloned().unwrap_or_default();
    years.reverse();
    let column = |entry: &Value| mark(donor.language, &entry["year"].to_string(), &entry["funding"]);
    let columns: Vec<Value> = years.iter().map(column).collect();
    let context = json!({
        "parts": parts(&[
            ("in-countries", &funding["funding"], None),
            ("elsewhere", &funding["elsewhere"]["funding"], None),
        ]),
        "funding": funding, "totals": totals, "columns_data": columns, "owed": owed,
        "latest": latest(received.unwrap_or_default()), "told": told, "focal": focal, "away": away,
        "today": donor.today().to_string(),
    });
    donor.page("donor_portal/overview.html", context).await
}

/// The report that was submitted last.
fn latest(received: Vec<Value>) -> Option<Value> {
    let submitted = |report: &Value| report["submitted_at"].as_str().map(str::to_owned);
    received.into_iter().filter(|report| submitted(report).is_some()).max_by_key(submitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_report_is_the_one_that_was_submitted_last() {
        let report = |id: &str, at: Option<&str>| json!({ "id": id, "submitted_at": at });
        let received = vec![
            report("a", Some("2026-02-01T08:00:00Z")),
            report("b", Some("2026-03-01T08:00:00Z")),
            report("c", None),
        ];
        assert_eq!(latest(received).map(|report| report["id"].clone()), Some(json!("b")));
        assert_eq!(latest(vec![report("c", None)]), None);
    }
}
