//! Who the organisation is where money is reported: its names and its ids in FTS, and how far flows have been compared.

use crate::{
    client::{Guard, Method},
    forms::Typed,
    nav::{Group, NavEntry},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("agreements:read"),
    path: "/console/who-we-are",
    key: "who-we-are",
    group: Group::Administration,
    position: 5,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/who-we-are", web::get().to(show))
        .route("/console/who-we-are", web::post().to(save));
}

const SETTING: &str = "/v1/recipient";
const PROGRESS: &str = "/v1/recipient/progress";
/// The lists of the setting; each has one input, with a line for each entry.
const LISTS: [&str; 2] = ["names", "fts_organisation_ids"];

async fn show(staff: Staff) -> PageResult {
    setting_page(&staff, None).await
}

async fn setting_page(staff: &Staff, refused: Option<(&Typed, Value)>) -> PageResult {
    let (setting, progress) = futures_util::join!(staff.versioned(SETTING), staff.get(PROGRESS, &()));
    let ((setting, version), progress) = (setting?, progress?);
    let (typed, problem) = match refused {
        None => (lines(&setting), Value::Null),
        Some((typed, problem)) => (typed.values(), problem),
    };
    let context = json!({
        "setting": setting, "version": version, "typed": typed, "problem": problem, "progress": progress,
        "may_write": staff.may("donors:write"),
    });
    staff.page("console/settings/who-we-are.html", context).await
}

/// The lists as they stand in their inputs.
fn lines(setting: &Value) -> Value {
    let of = |name: &str| {
        let entries = setting[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        (name.to_owned(), Value::from(entries.collect::<Vec<_>>().join("\n")))
    };
    Value::Object(LISTS.map(of).into_iter().collect())
}

/// The entries of an input: its lines that are not blank.
fn entries(typed: &str) -> Vec<&str> {
    typed.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

async fn save(form: Writer) -> PageResult {
    let typed = &form.typed;
    let sent = json!({ "names": entries(typed.text(LISTS[0])), "fts_organisation_ids": entries(typed.text(LISTS[1])) });
    let guard = Guard::Version(typed.text("version"));
    match form.submit(Method::PUT, SETTING, &sent, guard).await? {
        Ok(_) => form.see_other("/console/who-we-are"),
        Err(problem) => setting_page(&form, Some((typed, problem))).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_an_entry_and_comes_back_as_one() {
        let entered = entries(" One \r\n\r\nTwo, three\n");
        assert_eq!(entered, ["One", "Two, three"]);
        let setting = json!({ "names": entered, "fts_organisation_ids": [] });
        assert_eq!(lines(&setting), json!({ "names": "One\nTwo, three", "fts_organisation_ids": "" }));
    }
}
