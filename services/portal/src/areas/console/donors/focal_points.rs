//! Who answers which donor's questions: the donors that nobody answers first; one or many are given to somebody else at once.

use super::liaison;
use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::key,
    lists::{ListPage, ListQuery, added, given, items, query_of},
    nav::{Group, NavEntry},
    people,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("donors:write"),
    path: "/console/focal-points",
    key: "focal-points",
    group: Group::Administration,
    position: 24,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/focal-points", web::get().to(list))
        .route("/console/focal-points", web::post().to(reassign))
        .route("/console/focal-points.{kind}", web::get().to(file));
}

const LIST: ListPage =
    ListPage { limit: Some("100"), ..ListPage::new("/v1/focal-points", "console/donors/focal-points.html") };

#[derive(Debug, Default, Serialize, Deserialize)]
struct Filters {
    q: Option<String>,
    state: Option<String>,
    focal_point_id: Option<String>,
    liaison_office_id: Option<String>,
}

/// Whether donors were just given to somebody.
#[derive(Deserialize)]
struct Saved {
    saved: Option<String>,
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>, saved: web::Query<Saved>) -> PageResult {
    let saved = saved.saved.is_some();
    list_page(&staff, &asked, json!({ "saved": saved, "chosen": [], "to": null })).await
}

async fn list_page(staff: &Staff, asked: &ListQuery<Filters>, more: Value) -> PageResult {
    let (context, colleagues, offices) = futures_util::join!(
        LIST.context(staff, &asked.filters, asked.query()),
        colleagues(staff),
        liaison::offices(staff),
    );
    let (context, colleagues, offices) = (context?, colleagues?, offices?);
    // Also of who is no longer active, or works elsewhere: donors name them.
    let named = items(&context["list"]).iter().map(|row| &row["focal_point_id"]);
    let own = json!({
        "names": people::names(staff, named).await?, "colleagues": colleagues, "offices": liaison::names(&offices),
        "liaison_offices": liaison::named(&offices), "key": key(), "may_write": staff.may("donors:write"),
    });
    staff.page(LIST.template, added(added(context, own), more)).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}

/// Whom a donor may be given to, by name: active staff that the reader may know.
async fn colleagues(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if !staff.may("people:read") {
        return Ok(Vec::new());
    }
    let active = staff.all("/v1/people", &[("kind", "staff"), ("state", "active")]).await?;
    Ok(active.iter().map(|person| json!({ "id": person["id"], "name": person["name"] })).collect())
}

/// A donor that was chosen, at the version that its row showed: `id:version`.
fn chosen(value: &str) -> Option<(&str, i64)> {
    let (id, version) = value.split_once(':')?;
    Some((id, version.parse().ok()?))
}

async fn reassign(form: Writer) -> PageResult {
    let filters: Filters = serde_html_form::from_str(form.typed.text("filters")).unwrap_or_default();
    let donors: Vec<(&str, i64)> = form.typed.all("donor").into_iter().filter_map(chosen).collect();
    let read = |(id, version): &(&str, i64)| json!({ "id": id, "version": version });
    let to = form.typed.some("to");
    let sent = json!({ "focal_point_id": to, "donors": donors.iter().map(read).collect::<Vec<_>>() });
    let guard = Guard::Key(form.typed.text("key"));
    let Err(problem) = form.submit(Method::POST, "/v1/focal-points/reassign", &sent, guard).await? else {
        let mut query = given(&filters);
        query.push(("saved".to_owned(), "1".to_owned()));
        return form.see_other(&format!("/console/focal-points?{}", query_of(&query)));
    };
    let ids: Vec<&str> = donors.iter().map(|(id, _)| *id).collect();
    let again = json!({ "problem": at_rows(problem, &ids), "chosen": ids, "to": to, "saved": false });
    list_page(&form, &ListQuery::of(filters), again).await
}

/// A refusal whose errors lead to the rows that they are about, or to the person who was chosen.
fn at_rows(mut problem: Value, ids: &[&str]) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = error["field"].as_str().unwrap_or_default();
        if field == "focal_point_id" {
            error["field"] = "to".into();
            continue;
        }
        let Some(rest) = field.strip_prefix("donors") else { continue };
        let index =
            rest.trim_start_matches('-').split('-').next().and_then(|index| index.parse::<usize>().ok());
        let id = index.and_then(|index| ids.get(index));
        error["field"] = id.map_or_else(String::new, |id| format!("donor-{id}")).into();
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_leads_to_the_row_of_its_donor() {
        let error = |field: &str| json!({ "field": field, "code": "stale" });
        let fields = ["donors-1-version", "donors-0-id", "donors-7-id", "donors", "focal_point_id"];
        let problem = json!({ "errors": fields.map(error) });
        let shown = at_rows(problem, &["a", "b"]);
        let shown: Vec<&str> = shown["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        assert_eq!(shown, ["donor-b", "donor-a", "", "", "to"]);
    }

    #[test]
    fn a_donor_is_chosen_at_a_version() {
        assert_eq!(chosen("a:3"), Some(("a", 3)));
        assert_eq!((chosen("a"), chosen("a:x")), (None, None));
    }
}
