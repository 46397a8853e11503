//! Contributions that are known twice: our own record and FTS's flow of the same money, side by side, to link or to tell
//! apart.

use crate::{
    client::{Guard, Method},
    error::PageError,
    ids::{Id, only_ids},
    lists::{ListPage, ListQuery, Query, added, given, items},
    nav::{Group, NavEntry},
    people,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("contributions:read"),
    path: "/console/contributions/twice",
    key: "contributions-twice",
    group: Group::Donors,
    position: 35,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/contributions/twice", web::get().to(list))
        .route("/console/contributions/twice.{kind}", web::get().to(file))
        .route(&only_ids("/console/contributions/twice/{id}"), web::get().to(pair))
        .route(&only_ids("/console/contributions/twice/{id}/link"), web::post().to(link))
        .route(&only_ids("/console/contributions/twice/{id}/separate"), web::post().to(separate))
        .route(&only_ids("/console/contributions/twice/{id}/reopen"), web::post().to(reopen));
}

/// Each pair is as high as a dozen rows of a list.
const LIST: ListPage =
    ListPage { path: LINKS, template: "console/contributions/twice.html", limit: Some("10") };
const LINKS: &str = "/v1/contribution-links";

#[derive(Serialize, Deserialize)]
struct Filters {
    state: Option<String>,
    donor_id: Option<String>,
    min_points: Option<String>,
    contribution_id: Option<String>,
}

/// The pair that was decided on last: the list says so, with the way back.
#[derive(Deserialize)]
struct Decided {
    decided: Option<String>,
}

/// The filters; where nothing else is asked for, the pairs that wait for somebody to decide.
fn waiting(mut query: Query) -> Query {
    if !query.iter().any(|(name, _)| name == "state" || name == "min_points") {
        query.push(("state".to_owned(), "proposed".to_owned()));
    }
    query
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>, last: web::Query<Decided>) -> PageResult {
    let query = asked.after(waiting(asked.filter()));
    let context = LIST.context(&staff, &asked.filters, query).await?;
    let decided = match last.decided.as_deref().and_then(Id::read) {
        Some(id) => still_there(&staff, id.as_str()).await?,
        None => Value::Null,
    };
    let names = people::names(&staff, items(&context["list"]).iter().map(|link| &link["decided_by"])).await?;
    let more = json!({
        "may_write": staff.may("contributions:write"), "own_office": staff.own_office(), "decided": decided,
        "names": names,
    });
    staff.page(LIST.template, added(context, more)).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    staff.list_file(LINKS, &waiting(given(&*filters)), "contribution-links", &kind).await
}

async fn pair(staff: Staff, id: web::Path<Id>) -> PageResult {
    pair_page(&staff, &id, Value::Null, Value::Null).await
}

async fn pair_page(staff: &Staff, id: &Id, typed: Value, problem: Value) -> PageResult {
    let link = staff.get(&format!("{LINKS}/{id}"), &()).await?;
    let names = people::names(staff, [&link["decided_by"]]).await?;
    let context = json!({
        "link": link, "names": names, "problem": problem, "typed": typed,
        "may_write": staff.may("contributions:write"), "own_office": staff.own_office(),
    });
    staff.page("console/contributions/pair.html", context).await
}

/// What links a contribution with its partner, where there is one.
pub(super) async fn link_of(staff: &Staff, contribution: &Value) -> Result<Value, PageError> {
    match contribution["partner"]["link_id"].as_str() {
        Some(id) => still_there(staff, id).await,
        None => Ok(Value::Null),
    }
}

/// A pair; null when it has gone meanwhile.
async fn still_there(staff: &Staff, id: &str) -> Result<Value, PageError> {
    match staff.get(&format!("{LINKS}/{id}"), &()).await {
        Err(PageError::Refused(problem)) if problem.status == 404 => Ok(Value::Null),
        other => other,
    }
}

async fn link(form: Writer, id: web::Path<Id>) -> PageResult {
    decide(&form, &id, "link", &json!({})).await
}

async fn separate(form: Writer, id: web::Path<Id>) -> PageResult {
    let sent = json!({ "reason": form.typed.text("reason") });
    decide(&form, &id, "separate", &sent).await
}

async fn reopen(form: Writer, id: web::Path<Id>) -> PageResult {
    decide(&form, &id, "reopen", &json!({})).await
}

/// Decides, and goes back to the contribution or to the list that it was decided on.
async fn decide(form: &Writer, id: &Id, step: &str, sent: &Value) -> PageResult {
    let (path, typed) = (format!("{LINKS}/{id}/{step}"), &form.typed);
    match form.submit(Method::POST, &path, sent, Guard::Version(typed.text("version"))).await? {
        Ok(_) => match Id::read(typed.text("back")) {
            Some(contribution) => form.see_other(&format!("/console/contributions/{contribution}")),
            None => form.see_other(&format!("/console/contributions/twice?decided={id}")),
        },
        Err(problem) => pair_page(form, id, typed.values(), problem).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_shown_unless_something_else_is_asked_for() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(waiting(Vec::new()), [pair("state", "proposed")]);
        assert_eq!(waiting(vec![pair("donor_id", "d")]), [pair("donor_id", "d"), pair("state", "proposed")]);
        assert_eq!(waiting(vec![pair("state", "linked")]), [pair("state", "linked")]);
        assert_eq!(waiting(vec![pair("min_points", "5")]), [pair("min_points", "5")]);
    }
}
