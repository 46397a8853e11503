//! The list of imports, with the form that begins one.

use crate::{
    error::unless_away,
    forms::key,
    lists::{ListQuery, NoFilters, given},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("imports:read"),
    path: "/console/imports",
    key: "imports",
    group: Group::Data,
    position: 10,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/imports", web::get().to(list));
}

/// What a file may be.
const FORMATS: [&str; 4] = ["csv", "xlsx", "iati", "fts"];

pub(super) fn known_format(format: Option<&str>) -> &'static str {
    FORMATS.into_iter().find(|known| Some(*known) == format).unwrap_or("csv")
}

/// The format that the form is for.
#[derive(Deserialize)]
struct Chosen {
    format: Option<String>,
}

async fn list(
    staff: Staff,
    chosen: web::Query<Chosen>,
    asked: web::Query<ListQuery<NoFilters>>,
) -> PageResult {
    list_page(&staff, &asked, chosen.format.as_deref(), Value::Null).await
}

pub(super) async fn list_page(
    staff: &Staff,
    asked: &ListQuery<NoFilters>,
    format: Option<&str>,
    problem: Value,
) -> PageResult {
    let mut context = staff.list("/v1/imports", asked).await?;
    (context["key"], context["problem"]) = (key().into(), problem);
    (context["formats"], context["format"]) = (json!(FORMATS), known_format(format).into());
    context["may_import"] = staff.may("imports:write").into();
    // Plan overviews are another service's.
    let plans = staff.get_if("plans:read", "/v1/plan-imports", &given(&[("limit", "5")])).await;
    context["plan_imports"] = unless_away(plans)?.unwrap_or_default();
    staff.page("console/imports/list.html", context).await
}
