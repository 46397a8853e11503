//! How money is spread over donors, and the reports for governing bodies.

mod diversification;
mod donors;
mod governance;

use crate::{
    error::PageError,
    i18n::{Language, text},
    lists::{Query, given},
    nav::{Group, NavEntry},
    visit::Staff,
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Its entries in the menu.
pub(crate) const NAV: &[NavEntry] = &[
    NavEntry {
        permission: Some("contributions:read"),
        path: "/console/diversification",
        key: "diversification",
        group: Group::Analysis,
    },
    NavEntry {
        permission: Some("contributions:read"),
        path: "/console/governance",
        key: "governance",
        group: Group::Analysis,
    },
];

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/diversification", web::get().to(diversification::show))
        .route("/console/diversification/donors", web::get().to(donors::list))
        .route("/console/diversification/donors.{kind}", web::get().to(donors::file))
        .route("/console/diversification/contributions", web::get().to(donors::contributions))
        .route("/console/governance", web::get().to(governance::show))
        .route("/console/governance/{report}.{kind}", web::get().to(governance::file));
}

/// The years and the office that are looked at, as both the API and the page's own address take them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Period {
    from: Option<String>,
    to: Option<String>,
    office_id: Option<String>,
}

/// The office that is looked at, as a parameter.
fn of_office(office_id: Option<&str>) -> Query {
    given(&[("office_id", office_id)])
}

/// The offices that somebody may ask about, for the choice among them.
async fn offices(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if staff.may("offices:read") { staff.all("/v1/offices", &()).await } else { Ok(Vec::new()) }
}

/// What a key of a division is called.
fn named(language: Language, division: &str, key: &str) -> String {
    let name = match (division, key) {
        (_, "not_stated") => "not-stated".to_owned(),
        ("type", _) => format!("donor-{}", key.replace('_', "-")),
        ("segment", _) => format!("segment-{key}"),
        ("earmarking", _) => format!("earmarking-{}", key.replace('_', "-")),
        ("region", _) => format!("diversification-region-{key}"),
        (_, _) => format!("diversification-{}", key.replace('_', "-")),
    };
    text(language, &name, None)
}
