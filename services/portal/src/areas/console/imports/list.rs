//! The list of imports, with the form that begins one, and what is saved of the columns of each source.

use crate::{
    client::{Guard, Method},
    error::{PageError, unless_away},
    forms::{key, refused},
    lists::{ListQuery, NoFilters, given, items},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff, Writer},
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
    config
        .route("/console/imports", web::get().to(list))
        .route("/console/imports/forget", web::post().to(forget));
}

/// What a file may be.
const FORMATS: [&str; 4] = ["csv", "xlsx", "iati", "fts"];

pub(super) fn known_format(format: Option<&str>) -> &'static str {
    FORMATS.into_iter().find(|known| Some(*known) == format).unwrap_or("csv")
}

/// What the form is for.
#[derive(Default, Deserialize)]
pub(super) struct Chosen {
    pub(super) format: Option<String>,
    /// The source whose saved columns are proposed.
    pub(super) source: Option<String>,
}

async fn list(
    staff: Staff,
    chosen: web::Query<Chosen>,
    asked: web::Query<ListQuery<NoFilters>>,
) -> PageResult {
    list_page(&staff, &asked, &chosen, Value::Null).await
}

pub(super) async fn list_page(
    staff: &Staff,
    asked: &ListQuery<NoFilters>,
    chosen: &Chosen,
    problem: Value,
) -> PageResult {
    let mut context = staff.list("/v1/imports", asked).await?;
    let saved = staff.get("/v1/import-mappings", &[("limit", "200")]).await?;
    let is_chosen = |saved: &&Value| saved["source"].as_str() == chosen.source.as_deref();
    context["mapping"] = items(&saved).iter().find(is_chosen).cloned().unwrap_or(Value::Null);
    context["mappings"] = json!(items(&saved));
    (context["key"], context["problem"]) = (key().into(), problem);
    (context["formats"], context["format"]) = (json!(FORMATS), known_format(chosen.format.as_deref()).into());
    context["may_import"] = staff.may("imports:write").into();
    // Plan overviews are another service's.
    let plans = staff.get_if("plans:read", "/v1/plan-imports", &given(&[("limit", "5")])).await;
    context["plan_imports"] = unless_away(plans)?.unwrap_or_default();
    staff.page("console/imports/list.html", context).await
}

/// Deletes what is saved of the columns of a source. What somebody else has deleted meanwhile is gone, too.
async fn forget(form: Writer) -> PageResult {
    let path = format!("/v1/import-mappings/{}", segment(form.typed.text("source")));
    let gone = refused(form.change(Method::DELETE, &path, &json!({}), Guard::None).await, "");
    match gone {
        Err(PageError::Refused(problem)) if problem.status == 404 => {}
        other => {
            if let Err(problem) = other? {
                return list_page(&form, &ListQuery::default(), &Chosen::default(), problem).await;
            }
        }
    }
    form.see_other("/console/imports")
}

/// A text as a part of a path.
fn segment(text: &str) -> String {
    let mut part = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            part.push(char::from(byte));
        } else {
            part.push_str(&format!("%{byte:02X}"));
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_one_part_of_a_path_whatever_it_is_called() {
        assert_eq!(segment("erp2"), "erp2");
        assert_eq!(segment("a/b é?"), "a%2Fb%20%C3%A9%3F");
    }
}
