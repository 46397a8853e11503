//! The journal of a pool: the entries of its ledger, and how one is reversed.

use super::{
    lots::listed,
    show::{Done, proposals},
};
use crate::{
    client::{Guard, Method},
    error::PageError,
    ids::{Id, only_ids},
    lists::{ListQuery, added, given, items},
    steps::{Field, Kind, Step, Steps, at_step},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Display};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/pools/{id}/entries"), web::get().to(list))
        .route(&only_ids("/console/pools/{id}/entries.{kind}"), web::get().to(file))
        .route(&only_ids("/console/pools/{id}/entries/{number}/reverse"), web::post().to(reverse));
}

#[derive(Default, Serialize, Deserialize)]
struct Filters {
    kind: Option<String>,
    proposal_id: Option<String>,
}

/// The step of an entry. Its address has the number of the entry, so it is none of the steps of a record.
const REVERSE: Steps = Steps {
    list: "pools",
    once: true,
    steps: &[Step::quiet("reverse", "pool-do-reverse")
        .about("pool-reverse-about")
        .fields(&[Field::required("reason", "reason", Kind::Long)])],
};

/// The kinds of entries that can be reversed: the others follow the donors service or a decision.
const REVERSIBLE: [&str; 4] = ["disburse", "spend", "return", "restore"];

async fn list(
    staff: Staff,
    id: web::Path<Id>,
    asked: web::Query<ListQuery<Filters>>,
    done: web::Query<Done>,
) -> PageResult {
    let done = json!({ "done": done.one_of(&["reverse"]) });
    journal_page(&staff, &id, &asked, done).await
}

/// The page, with what `again` says of a reversal that was refused.
async fn journal_page(staff: &Staff, id: &Id, asked: &ListQuery<Filters>, again: Value) -> PageResult {
    let mut context = listed(staff, id, "entries", asked).await?;
    context["proposals"] = proposals(staff, items(&context["list"])).await?;
    let path = format!("/v1/pools/{id}/entries");
    let reversals = staff.all(&path, &[("kind", "reverse")]).await?;
    let reversed: BTreeSet<&str> =
        reversals.iter().filter_map(|entry| entry["reverses_id"].as_str()).collect();
    let may_reverse = staff.may("disbursements:write") && staff.is_own(&context["pool"]);
    let at = staff.today().to_string();
    for entry in context["list"]["items"].as_array_mut().into_iter().flatten() {
        let is_reversed = entry["id"].as_str().is_some_and(|id| reversed.contains(id));
        entry["is_reversed"] = is_reversed.into();
        if may_reverse && is_reversible(entry) && !is_reversed {
            let steps = REVERSE.shown((staff.language, &at), entry, &["reverse"]);
            entry["reverse"] = with_step(&steps, id, entry);
        }
    }
    staff.page("console/pools/entries.html", added(context, again)).await
}

/// Whether an entry is one that may be reversed, if it was not before.
fn is_reversible(entry: &Value) -> bool {
    REVERSIBLE.iter().any(|kind| entry["kind"] == *kind)
}

/// How the step of an entry is called, which its inputs on the page are named after.
fn name_of(number: &str) -> String {
    format!("reverse-{number}")
}

/// The step of an entry, of the steps as they are shown.
pub(crate) fn with_step(steps: &Value, pool_id: &impl Display, entry: &Value) -> Value {
    let number = entry["number"].to_string();
    let mut step = steps[0].clone();
    step["action"] = format!("/console/pools/{pool_id}/entries/{number}/reverse").into();
    step["name"] = name_of(&number).into();
    step
}

/// The steps of an entry, for a sample of its page.
#[cfg(test)]
pub(crate) fn steps() -> Steps {
    REVERSE
}

async fn reverse(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, number) = place.into_inner();
    if !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(PageError::NotFound);
    }
    let typed = &form.typed;
    let path = format!("/v1/pools/{id}/entries/{number}/reverse");
    let guard = Guard::Key(typed.text("key"));
    match form.submit(Method::POST, &path, &json!({ "reason": typed.text("reason") }), guard).await? {
        Ok(_) => form.see_other(&format!("/console/pools/{id}/entries?done=reverse")),
        Err(problem) => {
            let name = name_of(&number);
            let again = json!({
                "problem": at_step(problem, &name), "typed": typed.values(), "asked": name, "done": null,
            });
            journal_page(&form, &id, &ListQuery::of(Filters::default()), again).await
        }
    }
}

async fn file(staff: Staff, place: web::Path<(Id, String)>, filters: web::Query<Filters>) -> PageResult {
    let (id, kind) = place.into_inner();
    staff.list_file(&format!("/v1/pools/{id}/entries"), &given(&*filters), "ledger-entries", &kind).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_that_moved_may_be_reversed_and_a_decision_may_not() {
        let may_be = |kind: &str| is_reversible(&json!({ "kind": kind }));
        assert!(REVERSIBLE.iter().all(|kind| may_be(kind)));
        assert!(!["receive", "allocate", "withdraw", "cover", "reverse"].iter().any(|kind| may_be(kind)));
    }
}
