//! The reports for governing bodies: their list, and the one that is looked at.

use super::{Period, named, offices};
use crate::{
    error::PageError,
    i18n::Language,
    ids::Id,
    lists::{given, query_of},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("contributions:read"),
    path: "/console/governance",
    key: "governance",
    group: Group::Analysis,
    position: 20,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/governance", web::get().to(show))
        .route("/console/governance/{report}.{kind}", web::get().to(file));
}

/// The reports, as the API calls them.
const REPORTS: [&str; 5] = ["top_donors", "by_type", "by_earmarking", "by_region", "year_on_year"];

#[derive(Deserialize)]
struct Chosen {
    report: Option<String>,
}

async fn show(staff: Staff, period: web::Query<Period>, asked: web::Query<Chosen>) -> PageResult {
    let query = given(&*period);
    let report = asked.report.as_deref().filter(|report| !report.is_empty()).unwrap_or(REPORTS[0]);
    let report = known(report)?;
    let path = format!("/v1/governance-reports/{report}");
    let (list, offices) = futures_util::join!(staff.get(&path, &query), offices(&staff));
    let mut list = list?;
    for line in list["items"].as_array_mut().into_iter().flatten() {
        name_line(staff.language, report, line);
    }
    let context = json!({
        "list": list, "names": REPORTS, "report": report, "offices": offices?, "office_id": period.office_id,
        "from": period.from, "to": period.to, "scope": period.scope, "period_query": query_of(&query),
    });
    staff.page("console/analysis/governance.html", context).await
}

fn known(report: &str) -> Result<&'static str, PageError> {
    REPORTS.into_iter().find(|name| *name == report).ok_or(PageError::NotFound)
}

/// Names a line in the reader's language; donors have their own name.
fn name_line(language: Language, report: &str, line: &mut Value) {
    let key = line["key"].as_str().unwrap_or_default().to_owned();
    if Id::read(&key).is_none() {
        let is_of_all = ["total", "others"].contains(&&*key);
        let division = report.strip_prefix("by_").filter(|_| !is_of_all).unwrap_or("measure");
        line["name"] = named(language, division, &key).into();
    }
    line["is_total"] = (key == "total").into();
}

async fn file(staff: Staff, file: web::Path<(String, String)>, period: web::Query<Period>) -> PageResult {
    let (report, kind) = file.into_inner();
    let report = known(&report)?;
    let path = format!("/v1/governance-reports/{report}");
    staff.list_file(&path, &given(&*period), &report.replace('_', "-"), &kind).await
}
