//! Who answers which donor's questions: the donors that nobody answers first; one or many are given to somebody else at once.

use super::liaison;
use crate::{
    client::{Guard, Method},
    forms::{Typed, key},
    ids::Id,
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
    let mut asked = asked.into_inner();
    let mut more = json!({ "saved": saved.saved.is_some() });
    let typed = Typed::read(staff.request.query_string().as_bytes());
    // An address may name the focal point by id alone; the form has the name as well, which says who is meant.
    if typed.0.iter().any(|(name, _)| name == "focal_point") {
        let id = match people::person_of(&staff, &typed, "focal_point").await? {
            Ok(person) => person.and_then(|person| person["id"].as_str().map(str::to_owned)),
            Err(choices) => {
                let problem = people::no_person("focal_point", &choices);
                let typed = json!({ "focal_point": typed.text("focal_point"), "focal_point_id": null });
                let refused = json!({ "problem": problem, "list": { "items": [] }, "searched": typed });
                more = added(added(more, refused), json!({ "searched_people": choices }));
                None
            }
        };
        asked.filters.focal_point_id = id;
    }
    list_page(&staff, &asked, more).await
}

async fn list_page(staff: &Staff, asked: &ListQuery<Filters>, more: Value) -> PageResult {
    let (context, offices) =
        futures_util::join!(LIST.context(staff, &asked.filters, asked.query()), liaison::offices(staff),);
    let (context, offices) = (context?, offices?);
    // Also of who is no longer active, or works elsewhere: donors name them.
    let searched = asked.filters.focal_point_id.as_deref().map_or(Value::Null, Value::from);
    let named = items(&context["list"]).iter().map(|row| &row["focal_point_id"]);
    // What is no id was refused with the filters.
    let is_id = searched.as_str().and_then(Id::read).is_some();
    let names = people::names(staff, named.chain(is_id.then_some(&searched))).await?;
    let name = searched.as_str().map_or(&Value::Null, |id| &names[id]);
    let may_name = staff.may("people:read");
    let own = json!({
        "searched": { "focal_point": name, "focal_point_id": searched }, "searched_people": [], "saved": false,
        "chosen": [], "given": {}, "given_people": [], "offices": liaison::names(&offices),
        "liaison_offices": liaison::named(&offices), "key": key(), "may_name": may_name,
        "may_write": may_name && staff.may("donors:write"), "names": names,
    });
    staff.page(LIST.template, added(added(context, own), more)).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
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
    let ids: Vec<&str> = donors.iter().map(|(id, _)| *id).collect();
    let to = match people::person_of(&form, &form.typed, "to").await? {
        Ok(person) => person.unwrap_or_default(),
        Err(choices) => {
            let problem = people::no_person("to", &choices);
            let again = json!({ "problem": problem, "chosen": ids, "given": form.typed.values(), "given_people": choices });
            return list_page(&form, &ListQuery::of(filters), again).await;
        }
    };
    let sent = json!({ "focal_point_id": to["id"], "donors": donors.iter().map(read).collect::<Vec<_>>() });
    let guard = Guard::Key(form.typed.text("key"));
    let Err(problem) = form.submit(Method::POST, "/v1/focal-points/reassign", &sent, guard).await? else {
        let mut query = given(&filters);
        query.push(("saved".to_owned(), "1".to_owned()));
        return form.see_other(&format!("/console/focal-points?{}", query_of(&query)));
    };
    let again = json!({
        "problem": at_rows(problem, &ids), "chosen": ids, "given": { "to": to["name"], "to_id": to["id"] },
    });
    list_page(&form, &ListQuery::of(filters), again).await
}

/// A refusal whose errors lead to the rows that they are about, or to the person who was chosen.
fn at_rows(mut problem: Value, ids: &[&str]) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = error["field"].as_str().unwrap_or_default();
        if field == "focal_point" {
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
        let fields = ["donors-1-version", "donors-0-id", "donors-7-id", "donors", "focal_point"];
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
