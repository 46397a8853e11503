//! The list of imports, with the form that begins one.

use crate::{
    forms::key,
    lists::{ListQuery, NoFilters},
    visit::{PageResult, Staff},
};
use actix_web::web;
use serde::Deserialize;
use serde_json::{Value, json};

/// What a file may be.
const FORMATS: [&str; 4] = ["csv", "xlsx", "iati", "fts"];

pub(super) fn known_format(format: Option<&str>) -> &'static str {
    FORMATS.into_iter().find(|known| Some(*known) == format).unwrap_or("csv")
}

/// The format that the form is for.
#[derive(Deserialize)]
pub(crate) struct Chosen {
    format: Option<String>,
}

pub(crate) async fn list(
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
    staff.page("console/imports/list.html", context).await
}
