//! Exchange rates: the months that are there, and the file that brings more.

use crate::{
    forms::{key, refused},
    lists::{ListPage, ListQuery, given},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, Payload, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("contributions:read"),
    path: "/console/exchange-rates",
    key: "exchange-rates",
    group: Group::Data,
    position: 20,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/exchange-rates", web::get().to(list))
        .route("/console/exchange-rates", web::post().to(upload))
        .route("/console/exchange-rates.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/exchange-rates", "console/settings/exchange-rates.html");

#[derive(Debug, Default, Serialize, Deserialize)]
struct Filters {
    currency: Option<String>,
    from: Option<String>,
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    list_page(&staff, &asked, Value::Null, Value::Null).await
}

/// The list; above it what became of a file, or why it was refused.
async fn list_page(staff: &Staff, asked: &ListQuery<Filters>, taken: Value, problem: Value) -> PageResult {
    let currency = asked.filters.currency.as_ref().map(|code| code.to_uppercase());
    let filters = Filters { currency, from: asked.filters.from.clone() };
    let mut context = LIST.context(staff, &filters, asked.after(given(&filters))).await?;
    if context["problem"].is_null() {
        context["problem"] = problem;
    }
    (context["taken"], context["key"]) = (taken, key().into());
    context["may_write"] = staff.may("donors:write").into();
    staff.page(LIST.template, context).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}

#[derive(Deserialize)]
struct Upload {
    /// `check`, `import` or `skip`.
    mode: Option<String>,
    key: Option<String>,
}

/// Hands the file through and shows what became of it.
async fn upload(staff: Staff, how: web::Query<Upload>, payload: Payload) -> PageResult {
    let mode = how.mode.as_deref().unwrap_or("import");
    let (dry_run, skip_bad) = ((mode == "check").to_string(), (mode == "skip").to_string());
    let query = given(&[("dry_run", dry_run), ("skip_bad", skip_bad)]);
    let sent = staff.upload(LIST.path, &query, how.key.as_deref(), payload).await;
    let (taken, problem) = match refused(sent, "")? {
        Ok(taken) => (taken, Value::Null),
        Err(problem) => (Value::Null, problem),
    };
    list_page(&staff, &ListQuery::default(), taken, problem).await
}
