//! The rule about two signatures.

use crate::{
    client::{Guard, Method},
    forms::money,
    nav::{Group, NavEntry},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("agreements:read"),
    path: "/console/signature-rule",
    key: "signature-rule",
    group: Group::Administration,
    position: 10,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/signature-rule", web::get().to(show))
        .route("/console/signature-rule", web::post().to(save));
}

const RULE: &str = "/v1/signature-rule";

async fn show(staff: Staff) -> PageResult {
    rule_page(&staff, Value::Null, Value::Null).await
}

async fn rule_page(staff: &Staff, typed: Value, problem: Value) -> PageResult {
    let rule = staff.get(RULE, &()).await?;
    let may_write = staff.may("donors:write");
    let context = json!({ "rule": rule, "typed": typed, "problem": problem, "may_write": may_write });
    staff.page("console/settings/signature-rule.html", context).await
}

async fn save(form: Writer) -> PageResult {
    let threshold = form.typed.some("threshold_usd").map(|amount| money(form.language, amount, "USD"));
    let sent = json!({ "threshold_usd": threshold });
    let guard = Guard::Version(form.typed.text("version"));
    match form.submit(Method::PUT, RULE, &sent, guard).await? {
        Ok(_) => form.see_other("/console/signature-rule"),
        Err(problem) => rule_page(&form, form.typed.values(), problem).await,
    }
}
