//! How money is spread over donors, and the reports for governing bodies.

use crate::{
    error::PageError,
    i18n::{Language, text},
    lists::{Query, given},
    visit::Staff,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The years, the office and whose money are looked at, as both the API and the page's own address take them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Period {
    from: Option<String>,
    to: Option<String>,
    office_id: Option<String>,
    scope: Option<String>,
}

/// The office that is looked at, and whose money, as parameters.
fn of_office(office_id: Option<&str>, scope: Option<&str>) -> Query {
    given(&[("office_id", office_id), ("scope", scope)])
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

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod diversification;
pub(crate) mod donors;
pub(crate) mod governance;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[diversification::NAV, governance::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(diversification::configure)
        .configure(donors::configure)
        .configure(governance::configure);
}
