//! The list of what was done, its files, and the chain of an office as a file.

use super::{
    changes,
    trails::{TRAILS, Trail, action_key, known, options, resource_key},
};
use crate::{
    error::{PageError, unless_away},
    ids::Id,
    lists::{ListPage, ListQuery, Query, added, context_of, given, handed_through, items},
    nav::{Group, NavEntry},
    offices::own_and_below,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("audit:read"),
    path: "/console/audit",
    key: "audit-trail",
    group: Group::Administration,
    position: 22,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/audit", web::get().to(list))
        .route("/console/audit.{kind}", web::get().to(file))
        .route("/console/audit/chain", web::get().to(chain));
}

const TEMPLATE: &str = "console/audit/list.html";
/// Maximum number of people from whom one is chosen.
const MAX_CHOICES: &str = "10";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Filters {
    trail: Option<String>,
    office_id: Option<String>,
    /// Part of a person's name.
    who: Option<String>,
    actor_id: Option<String>,
    resource: Option<String>,
    resource_id: Option<String>,
    action: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// What is asked of the API.
struct Asked {
    /// The filters; none when it is not clear who is meant.
    query: Option<Query>,
    /// The people who may be meant, where that is not one.
    choices: Option<Vec<Value>>,
}

/// The filters of the page as those of the API. A name stands for the one person who has it.
async fn asked_of(staff: &Staff, filters: &Filters) -> Result<Asked, PageError> {
    let mut query = given(filters);
    query.retain(|(name, _)| !["trail", "who"].contains(&name.as_str()));
    let Some((_, who)) = given(&[("who", filters.who.as_deref())]).pop() else {
        return Ok(Asked { query: Some(query), choices: None });
    };
    let by_name = [("q", who.as_str()), ("limit", MAX_CHOICES)];
    let found = staff.get_if("people:read", "/v1/people", &by_name).await?;
    match items(&found) {
        [only] => {
            query.retain(|(name, _)| name != "actor_id");
            query.extend(given(&[("actor_id", only["id"].as_str())]));
            Ok(Asked { query: Some(query), choices: None })
        }
        several => {
            let choice = |person: &Value| json!({ "id": person["id"], "name": person["name"] });
            Ok(Asked { query: None, choices: Some(several.iter().map(choice).collect()) })
        }
    }
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let filters = &asked.filters;
    let trail = Trail::of(filters.trail.as_deref())?;
    let Asked { query, choices } = asked_of(&staff, filters).await?;
    let (offices, context) = futures_util::join!(offices(&staff), async {
        match query {
            Some(query) => {
                ListPage::new(trail.path, TEMPLATE).context(&staff, filters, asked.after(query)).await
            }
            None => Ok(context_of(json!({ "items": [] }), filters)),
        }
    });
    let (offices, mut context) = (offices?, context?);
    let mut rows = items(&context["list"]).to_vec();
    let chosen = filters.actor_id.as_deref().and_then(Id::read);
    let names = Names::of(&staff, &rows, chosen.as_ref()).await?;
    for row in &mut rows {
        *row = shown(row, &names, &offices);
    }
    context["list"]["items"] = rows.into();
    // The address names the trail also where it is the first.
    context["filter"]["trail"] = trail.name.into();
    let actor = chosen.map(|id| json!({ "id": id, "name": names.0.get(id.as_str()) }));
    let more = json!({
        "trail": trail.name, "trails": TRAILS.each_ref().map(|trail| trail.name), "offices": offices,
        "resources": options(staff.language, trail.resources, resource_key),
        "actions": options(staff.language, trail.actions, action_key), "choices": choices, "actor": actor,
    });
    staff.page(TEMPLATE, added(context, more)).await
}

/// The list as CSV or XLSX.
async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    let trail = Trail::of(filters.trail.as_deref())?;
    let query = asked_of(&staff, &filters).await?.query.ok_or(PageError::NotFound)?;
    staff.list_file(trail.path, &query, &format!("audit-{}", trail.name), &kind).await
}

/// Whose chain is wanted.
#[derive(Deserialize)]
struct ChainOf {
    trail: Option<String>,
    office_id: Option<String>,
}

async fn chain(staff: Staff, asked: web::Query<ChainOf>) -> PageResult {
    let trail = Trail::of(asked.trail.as_deref())?;
    let office = asked.office_id.as_deref().or_else(|| staff.own_office());
    let office = office.and_then(Id::read).ok_or(PageError::NotFound)?;
    let path = format!("{}/chain", trail.path);
    let answer = staff.file(&path, &given(&[("office_id", office.as_str())]), "*/*").await?;
    let name = format!("audit-{}-{office}.ndjson", trail.name);
    Ok(handed_through(answer, "application/x-ndjson", &name))
}

/// The reader's office and those below it.
async fn offices(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if !staff.may("offices:read") {
        return Ok(Vec::new());
    }
    let all = staff.all("/v1/offices", &()).await?;
    let own = staff.own_office();
    let below = own_and_below(&all, |office| office["id"].as_str() == own);
    Ok(below.iter().map(|office| json!({ "id": office["id"], "name": office["name"] })).collect())
}

/// The names of those who did something, by their ids, as far as the reader may know them.
struct Names(BTreeMap<String, String>);

impl Names {
    async fn of(staff: &Staff, rows: &[Value], chosen: Option<&Id>) -> Result<Self, PageError> {
        let ids = |kinds: &[&str]| -> BTreeSet<String> {
            let of_kind = rows
                .iter()
                .filter(|row| row["actor_kind"].as_str().is_some_and(|kind| kinds.contains(&kind)));
            of_kind.filter_map(|row| row["actor_id"].as_str().map(str::to_owned)).collect()
        };
        let mut people = ids(&["person", "donor"]);
        people.extend(chosen.map(|id| id.as_str().to_owned()));
        let people: Vec<String> = people.into_iter().collect();
        let (people, of_people) = (people.join(","), !people.is_empty());
        let of_clients = !ids(&["client"]).is_empty();
        let (of_these, of_all) = ([("ids", people.as_str()), ("limit", "100")], [("limit", "200")]);
        let (people, clients) = futures_util::join!(
            named(staff, of_people, "people:read", "/v1/people", &of_these),
            named(staff, of_clients, "clients:read", "/v1/clients", &of_all),
        );
        let mut names = people?;
        names.extend(clients?);
        Ok(Self(names))
    }
}

/// The names in a list, by their ids; none when there is nobody to ask for, or the reader may not know.
async fn named(
    staff: &Staff,
    wanted: bool,
    permission: &str,
    path: &str,
    query: &[(&str, &str)],
) -> Result<BTreeMap<String, String>, PageError> {
    if !wanted {
        return Ok(BTreeMap::new());
    }
    let list = unless_away(staff.get_if(permission, path, query).await)?.unwrap_or_default();
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    Ok(items(&list).iter().map(|item| (text(item, "id"), text(item, "name"))).collect())
}

/// An entry as the page shows it.
fn shown(row: &Value, names: &Names, offices: &[Value]) -> Value {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let office = offices.iter().find(|office| office["id"] == row["office_id"]);
    json!({
        "at": row["at"], "actor_kind": row["actor_kind"], "actor_id": row["actor_id"],
        "actor": names.0.get(text("actor_id")), "action": row["action"], "action_key": known(action_key(text("action"))),
        "resource": row["resource"], "resource_key": known(resource_key(text("resource"))),
        "resource_id": row["resource_id"], "page": page_of(text("resource"), text("resource_id")),
        "office": office.map_or(&Value::Null, |office| &office["name"]),
        "changes": changes::of(&row["before"], &row["after"]),
    })
}

/// Entries as the page shows them, of a person with this id and name.
#[cfg(test)]
pub(crate) fn sample_rows(rows: &[Value], (id, name): (&str, &str)) -> Vec<Value> {
    let names = Names(BTreeMap::from([(id.to_owned(), name.to_owned())]));
    rows.iter().map(|row| shown(row, &names, &[json!({ "id": id, "name": name })])).collect()
}

/// Where the console shows a record of this kind. (The page of a person leads on to that of a donor's representative.)
fn page_of(resource: &str, id: &str) -> Option<String> {
    let shown =
        ["agreement", "client", "contact", "contribution", "donor", "import", "office", "report", "role"];
    match resource {
        "organisation" => Some("/console/organisation".to_owned()),
        "person" => Some(format!("/console/people/{id}")),
        _ => shown.contains(&resource).then(|| format!("/console/{resource}s/{id}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_shown_by_names_and_in_words() {
        let row = json!({ "at": "2026-02-03T10:00:00Z", "actor_kind": "person", "actor_id": "a", "action": "donor.update",
            "resource": "donor", "resource_id": "d", "office_id": "o", "before": { "name": "A" }, "after": { "name": "B" } });
        let names = Names(BTreeMap::from([("a".to_owned(), "Amina".to_owned())]));
        let entry = shown(&row, &names, &[json!({ "id": "o", "name": "Kabul" })]);
        assert_eq!((&entry["actor"], &entry["office"]), (&json!("Amina"), &json!("Kabul")));
        assert_eq!(entry["action_key"], "audit-action-donor-update");
        assert_eq!((&entry["page"], &entry["changes"][0]["to"]), (&json!("/console/donors/d"), &json!("B")));
        let page = |resource: &str| page_of(resource, "x").unwrap_or_default();
        assert_eq!(["person", "office"].map(page), ["/console/people/x", "/console/offices/x"]);
        assert_eq!(["role", "client"].map(page), ["/console/roles/x", "/console/clients/x"]);
        let newer = json!({ "action": "case.open", "resource": "case", "resource_id": "c" });
        let entry = shown(&newer, &names, &[]);
        assert_eq!((&entry["action_key"], &entry["page"]), (&Value::Null, &Value::Null));
    }
}
