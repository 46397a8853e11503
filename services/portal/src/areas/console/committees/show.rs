//! A committee: who sits in it today, and by which rules it decides.

use super::seats::Seats;
use crate::{
    error::PageError,
    i18n::Language,
    ids::{Id, only_ids},
    lists::items,
    offices::may_at_headquarters,
    recent,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route(&only_ids("/console/committees/{id}"), web::get().to(show));
}

/// A committee with the name that the reader's language has for it.
pub(crate) fn with_heading(language: Language, mut committee: Value) -> Value {
    let translated = &committee[format!("name_{}", language.as_str())];
    let has_one = translated.as_str().is_some_and(|name| !name.is_empty());
    committee["heading"] = if has_one { translated.clone() } else { committee["name"].clone() };
    committee
}

/// A committee, for its pages.
pub(super) async fn committee_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    let committee = staff.get(&format!("/v1/committees/{id}"), &()).await?;
    Ok(with_heading(staff.language, committee))
}

/// The version of the rules that is in force.
pub(super) async fn rules_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    let versions = staff.get(&format!("/v1/committees/{id}/rules"), &[("limit", "1")]).await?;
    Ok(items(&versions).first().cloned().unwrap_or_default())
}

/// What was done just now: the page says so.
#[derive(Deserialize)]
pub(super) struct Done {
    done: Option<String>,
}

impl Done {
    /// What was done, when it is one of these.
    pub(super) fn one_of(&self, known: &[&str]) -> Option<&str> {
        self.done.as_deref().filter(|done| known.contains(done))
    }
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let committee = committee_of(&staff, &id).await?;
    let today = [("on", staff.today().to_string())];
    let (rules, seats, may_write) = futures_util::join!(
        rules_of(&staff, &id),
        Seats::of(&staff, &id, &today),
        may_at_headquarters(&staff, "committees:write"),
    );
    let (version, seats) = (rules?, seats?);
    recent::note(&staff.request, &format!("/console/committees/{id}"), committee["heading"].as_str());
    let context = json!({
        "committee": committee, "version": version, "seats": seats.rows, "names": seats.names,
        "offices": seats.offices, "holders": seats.holders, "may_write": may_write?,
        "done": done.one_of(&["created", "saved"]), "problem": null,
    });
    staff.page("console/committees/show.html", context).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_committee_is_called_as_the_readers_language_calls_it() {
        let committee = json!({ "name": "Committee", "name_fr": "Comité", "name_es": null });
        let called = |language| with_heading(language, committee.clone())["heading"].clone();
        assert_eq!(called(Language::English), "Committee");
        assert_eq!(called(Language::French), "Comité");
        assert_eq!(called(Language::Spanish), "Committee");
    }
}
