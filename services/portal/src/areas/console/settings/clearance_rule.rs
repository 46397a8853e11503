//! The rule about due diligence: which types of donor need a clearance.

use crate::{
    client::{Guard, Method},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("agreements:read"),
    path: "/console/clearance-rule",
    key: "clearance-rule",
    group: Group::Administration,
    position: 15,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/clearance-rule", web::get().to(show))
        .route("/console/clearance-rule", web::post().to(save));
}

const RULE: &str = "/v1/clearance-rule";

async fn show(staff: Staff) -> PageResult {
    rule_page(&staff, Value::Null).await
}

async fn rule_page(staff: &Staff, problem: Value) -> PageResult {
    let rule = staff.get(RULE, &()).await?;
    let context = json!({ "rule": rule, "problem": problem, "may_write": staff.may("donors:write") });
    staff.page("console/settings/clearance-rule.html", context).await
}

async fn save(form: Writer) -> PageResult {
    let sent = json!({ "donor_types": form.typed.all("donor_types") });
    let guard = Guard::Version(form.typed.text("version"));
    match form.submit(Method::PUT, RULE, &sent, guard).await? {
        Ok(_) => form.see_other("/console/clearance-rule"),
        Err(problem) => rule_page(&form, problem).await,
    }
}
