//! Allocation windows: the list and its timeline, the record with its steps, the form, the board of scores, and the
//! question what the envelope would buy best.

use crate::{
    error::PageError,
    figures::{minor as cents, usd as dollars},
    i18n::Language,
    ids::Id,
    visit::Staff,
};
use serde_json::{Map, Value};

/// A window, with what is promised in it and what is left.
async fn window_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    staff.get(&format!("/v1/allocation-windows/{id}"), &()).await
}

/// The pools of the organisation; none for whoever may not see pools.
async fn pools(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if staff.may("pools:read") { staff.all("/v1/pools", &()).await } else { Ok(Vec::new()) }
}

/// The committees of the organisation; none for whoever may not see committees.
async fn committees(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if staff.may("committees:read") { staff.all("/v1/committees", &()).await } else { Ok(Vec::new()) }
}

/// What a record is called in the reader's language, where it has a name in it.
fn name_in(language: Language, record: &Value) -> Value {
    let field = format!("name_{}", language.as_str());
    let name = &record[field.as_str()];
    if name.is_string() { name.clone() } else { record["name"].clone() }
}

/// The names of records by id.
fn names(language: Language, records: &[Value]) -> Value {
    let named = |record: &Value| Some((record["id"].as_str()?.to_owned(), name_in(language, record)));
    records.iter().filter_map(named).collect::<Map<String, Value>>().into()
}

/// Whether the reader is of the secretariat of a window: who screens proposals in the office that runs it.
fn is_secretariat(staff: &Staff, window: &Value) -> bool {
    staff.is_own(window) && staff.may("proposals:screen")
}

/// Whether the reader may see the scores of a window: the secretariat and the committee may.
fn may_see_scores(staff: &Staff, window: &Value) -> bool {
    staff.may("proposals:read") && (is_secretariat(staff, window) || staff.may("scores:write"))
}

/// Whether the reader is led to what the envelope would buy best.
fn may_ask(staff: &Staff, window: &Value) -> bool {
    may_see_scores(staff, window) && may_see_answers(staff, window)
}

/// Whether what the envelope would buy best can be asked: by the secretariat, and by members of the committee from the
/// deliberation on. Who they are is for the platform to say.
fn may_see_answers(staff: &Staff, window: &Value) -> bool {
    let is_late = window["state"] == "deliberation" || window["state"] == "closed";
    is_late || is_secretariat(staff, window)
}

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod board;
pub(crate) mod fields;
pub(crate) mod form;
pub(crate) mod list;
pub(crate) mod scenarios;
pub(crate) mod show;
pub(crate) mod timeline;
pub(crate) mod what_if;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[list::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[&show::STEPS];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(board::configure)
        .configure(form::configure)
        .configure(list::configure)
        .configure(scenarios::configure)
        .configure(show::configure)
        .configure(what_if::configure);
}
