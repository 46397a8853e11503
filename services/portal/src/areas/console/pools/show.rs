//! A pool: what it takes in, and where its money is.

use crate::{
    draw::mark,
    error::PageError,
    figures::{minor, usd},
    i18n::{Language, text},
    ids::{Id, only_ids},
    offices, recent,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use futures_util::future::join_all;
use kernel::{Money, money::percent};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route(&only_ids("/console/pools/{id}"), web::get().to(show));
}

/// The accounts that money is in, in the order in which it goes through them.
const ACCOUNTS: [&str; 6] = ["available", "reserved", "allocated", "disbursed", "spent", "returned"];

/// The states of windows in which money is promised.
const UNDER_WAY: [&str; 3] = ["open", "scoring", "deliberation"];

/// Where the money of a pool is: its accounts add up to what it received and to what is uncovered.
pub(crate) fn accounts(language: Language, totals: &Value) -> Value {
    let of = |name: &str| minor(&totals[name]);
    let (received, uncovered) = (of("received"), of("uncovered"));
    let (mut rows, mut marks) = (Vec::new(), Vec::new());
    for name in ACCOUNTS {
        let label = text(language, &format!("pool-account-{name}"), None);
        marks.push(mark(language, &label, &totals[name]));
        let share = percent(of(name), received + uncovered);
        rows.push(json!({ "label": label, "amount": usd(of(name)), "share": share }));
    }
    json!({
        "rows": rows, "marks": marks, "received": usd(received), "less": usd(-uncovered),
        "is_uncovered": uncovered > 0, "free": usd((of("available") - uncovered).max(0)),
    })
}

/// A pool, for its pages.
pub(super) async fn pool_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    staff.get(&format!("/v1/pools/{id}"), &()).await
}

/// The overhead of a pool in percent, which is recorded in hundredths of them.
pub(super) fn overhead(pool: &Value) -> String {
    let percent = Money::usd(pool["overhead_rate"].as_i64().unwrap_or(0)).to_string();
    percent.strip_suffix(".00").unwrap_or(&percent).to_owned()
}

/// What was done just now: the page says so.
#[derive(Deserialize)]
pub(super) struct Done {
    pub(super) done: Option<String>,
}

impl Done {
    /// What was done, when it is one of these.
    pub(super) fn one_of(&self, known: &[&str]) -> Option<&str> {
        self.done.as_deref().filter(|done| known.contains(done))
    }
}

/// The windows that give out the money of a pool now, each with what it can still promise.
async fn windows(staff: &Staff, id: &Id) -> Result<Vec<Value>, PageError> {
    if !staff.may("windows:read") {
        return Ok(Vec::new());
    }
    let all = staff.all("/v1/allocation-windows", &[("pool_id", id.as_str())]).await?;
    let is_under_way = |window: &&Value| UNDER_WAY.iter().any(|state| window["state"] == *state);
    let ids = all.iter().filter(is_under_way).filter_map(|window| window["id"].as_str());
    let paths: Vec<String> = ids.map(|id| format!("/v1/allocation-windows/{id}")).collect();
    join_all(paths.iter().map(|path| staff.get(path, &()))).await.into_iter().collect()
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let (pool, windows) = futures_util::join!(pool_of(&staff, &id), windows(&staff, &id));
    let (pool, windows) = (pool?, windows?);
    let offices = match pool["intake"]["office_ids"].as_array().is_some_and(|ids| !ids.is_empty()) {
        true => offices::names(&offices::every(&staff).await?),
        false => json!({}),
    };
    recent::note(&staff.request, &format!("/console/pools/{id}"), pool["name"].as_str());
    let context = json!({
        "accounts": accounts(staff.language, &pool["totals"]), "offices": offices, "problem": null,
        "may_write": staff.is_own(&pool) && staff.may("pools:write"), "done": done.one_of(&["created", "saved"]),
        "overhead": overhead(&pool), "pool": pool, "windows": windows,
    });
    staff.page("console/pools/show.html", context).await
}

/// The references and titles of the proposals that rows name, by id; without those that the reader does not see.
pub(super) async fn proposals(staff: &Staff, rows: &[Value]) -> Result<Value, PageError> {
    let mut found = Map::new();
    if !staff.may("proposals:read") {
        return Ok(found.into());
    }
    let ids: BTreeSet<&str> = rows.iter().filter_map(|row| row["proposal_id"].as_str()).collect();
    let paths: Vec<String> = ids.iter().map(|id| format!("/v1/allocation-proposals/{id}")).collect();
    for (id, proposal) in ids.iter().zip(join_all(paths.iter().map(|path| staff.get(path, &()))).await) {
        match proposal {
            Ok(proposal) => {
                let named = json!({ "reference": proposal["reference"], "title": proposal["title"] });
                found.insert((*id).to_owned(), named);
            }
            Err(PageError::Refused(problem)) if problem.status == 404 => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accounts_of_a_pool_add_up_to_what_it_received_and_what_is_uncovered() {
        let money = |amount: &str| json!({ "amount": amount, "currency": "USD" });
        let totals = json!({ "received": money("1400000.00"), "available": money("515000.00"), "reserved": money("0.00"),
            "allocated": money("700100.00"), "disbursed": money("0.00"), "spent": money("185000.00"),
            "returned": money("0.00"), "uncovered": money("100.00") });
        let shown = accounts(Language::English, &totals);
        let sum: i64 = shown["rows"].as_array().unwrap().iter().map(|row| minor(&row["amount"])).sum();
        assert_eq!(sum + minor(&shown["less"]), minor(&shown["received"]));
        assert_eq!(shown["free"], money("514900.00"));
    }
}
