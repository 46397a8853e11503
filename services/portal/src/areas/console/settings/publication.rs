//! Publication to IATI: how the organisation publishes, what the standard's rules find, and how much is held back.

use crate::{
    client::{Guard, Method},
    error::unless_away,
    forms::Typed,
    lists::{ListQuery, given, query_of},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("agreements:read"),
    path: "/console/publication",
    key: "publication",
    group: Group::Data,
    position: 30,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/publication", web::get().to(show))
        .route("/console/publication", web::post().to(save))
        .route("/console/publication.{kind}", web::get().to(file));
}

/// Fields of the form that have to be filled, and those that may stay empty.
const REQUIRED: [&str; 3] = ["organisation_ref", "organisation_type", "language"];
const OPTIONAL: [&str; 6] =
    ["contact_email", "sector", "flow_type", "finance_type", "aid_type", "tied_status"];
/// The settings of the API, and what the rules find.
const SETTINGS: &str = "/v1/publication";
const FINDINGS: &str = "/v1/publication/findings";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Filters {
    severity: Option<String>,
}

/// Whether the settings were just saved.
#[derive(Deserialize)]
struct Saved {
    saved: Option<String>,
}

async fn show(staff: Staff, asked: web::Query<ListQuery<Filters>>, saved: web::Query<Saved>) -> PageResult {
    show_page(&staff, &asked, saved.saved.is_some(), None).await
}

async fn show_page(
    staff: &Staff,
    asked: &ListQuery<Filters>,
    saved: bool,
    refused: Option<(&Typed, Value)>,
) -> PageResult {
    let (settings, version) = staff.versioned(SETTINGS).await?;
    let publishes = version != "0";
    let (mut summary, mut list) = (None, json!({ "items": [] }));
    if publishes {
        // Counting looks through everything: the findings are shown even when it takes too long.
        summary = unless_away(staff.get("/v1/publication/summary", &()).await)?;
        list = staff.get(FINDINGS, &asked.query()).await?;
    }
    let (typed, problem) = match refused {
        None => (settings, Value::Null),
        Some((typed, problem)) => (typed.values(), problem),
    };
    let context = json!({
        "typed": typed, "version": version, "problem": problem, "publishes": publishes, "summary": summary,
        "list": list, "filter": asked.filters, "filter_query": query_of(&asked.filter()), "saved": saved,
        "may_write": staff.may("donors:write"),
    });
    staff.page("console/settings/publication.html", context).await
}

async fn save(form: Writer) -> PageResult {
    let typed = &form.typed;
    let needed = REQUIRED.iter().map(|name| ((*name).to_owned(), json!(typed.text(name))));
    let optional = OPTIONAL.iter().map(|name| ((*name).to_owned(), json!(typed.some(name))));
    let sent: Map<String, Value> = needed.chain(optional).collect();
    let guard = Guard::Version(typed.text("version"));
    match form.submit(Method::PUT, SETTINGS, &sent.into(), guard).await? {
        Ok(_) => form.see_other("/console/publication?saved=1"),
        Err(problem) => show_page(&form, &ListQuery::default(), false, Some((typed, problem))).await,
    }
}

/// The findings as CSV or XLSX.
async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    staff.list_file(FINDINGS, &given(&*filters), "publication-findings", &kind).await
}
