//! A contribution with its entries, and the steps that move it on.

use super::{form::plans, twice::link_of};
use crate::{
    error::PageError,
    ids::{Id, only_ids},
    lists::{added, items},
    people,
    steps::{Field, Kind, Step, Steps, offering},
    unearmarked::{ReadBy, became, uses_of},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/contributions/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

const ON: Field = Field::required("on", "on-day", Kind::PastDate);
const PART: Field = Field::free("amount", "amount", Kind::Part);
const RATE: Field = Field::free("exchange_rate", "exchange-rate", Kind::Rate);
const REASON: Field = Field::required("reason", "reason", Kind::Long);
const EARMARKING: Kind = Kind::Choice {
    options: &["unearmarked", "softly_earmarked", "earmarked", "tightly_earmarked"],
    prefix: "earmarking-",
    blank: Some("as-before"),
};

pub(crate) const STEPS: Steps = Steps {
    list: "contributions",
    once: true,
    steps: &[
        Step::panel("commit", "contribution-do-commit")
            .about("contribution-commit-about")
            .fields(&[ON, PART, RATE]),
        Step::panel("pay", "contribution-do-pay").about("contribution-pay-about").fields(&[ON, PART, RATE]),
        Step::panel("allot", "contribution-do-allot").about("contribution-allot-about").fields(&[
            ON,
            Field::required("amount", "amount", Kind::Money),
            Field::free("countries", "countries", Kind::Countries),
            Field::optional("plan_ids", "plans", Kind::Plans),
            Field::optional("usage_years", "usage-years", Kind::Years),
            Field::free("earmarking", "earmarking", EARMARKING),
        ]),
        Step::panel("write-off", "contribution-do-write-off")
            .about("contribution-write-off-about")
            .fields(&[ON, PART, REASON]),
        Step::panel("reverse", "contribution-do-reverse")
            .about("contribution-reverse-about")
            .fields(&[ON, REASON]),
    ],
};

/// The steps that a contribution can take now.
fn steps_for(contribution: &Value) -> &'static [&'static str] {
    let amount = contribution["amount"]["amount"].as_str().unwrap_or_default();
    let counts = !amount.starts_with('-') && amount.contains(|digit: char| matches!(digit, '1'..='9'));
    match contribution["status"].as_str().unwrap_or_default() {
        _ if !counts || contribution["standing"] != "current" => &[],
        "pledge" => &["commit", "pay", "allot", "write-off", "reverse"],
        "paid" => &["allot", "reverse"],
        _ => &["pay", "allot", "reverse"],
    }
}

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    show_page(&staff, &id, json!({ "problem": null })).await
}

/// The page, with what `again` says of a step that was refused.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let path = format!("/v1/contributions/{id}");
    let contribution = staff.get(&path, &()).await?;
    let (entries, of_it) = (format!("{path}/entries"), [("parent_id", id.as_str()), ("scope", "all")]);
    let (entries, children, link, uses) = futures_util::join!(
        staff.get(&entries, &()),
        staff.get("/v1/contributions", &of_it),
        link_of(staff, &contribution),
        uses(staff, &contribution)
    );
    let (entries, children, link, uses) = (entries?, children?, link?, uses?);
    let names = people::names(staff, [&link["decided_by"]]).await?;
    // What another system keeps has no entries here, and is changed there.
    let kept_here = !items(&entries).is_empty();
    let may_write = staff.is_own(&contribution) && kept_here && staff.may("contributions:write");
    let steps = if may_write { steps_for(&contribution) } else { &[] };
    let plans = if steps.contains(&"allot") { plans(staff).await? } else { Vec::new() };
    let context = json!({
        "steps": offering(STEPS.of(staff, &contribution, steps), &plans), "contribution": contribution,
        "entries": entries, "children": children, "link": link, "may_decide": staff.may("contributions:write"),
        "own_office": staff.own_office(), "names": names,
        "became": (!uses.is_null()).then(|| became(staff.language, &uses, ReadBy::Staff)), "uses": uses,
        "may_see_proposals": staff.may("proposals:read"),
    });
    staff.page("console/contributions/show.html", added(context, again)).await
}

/// What became of money that nobody earmarked, or softly, on the page of its first record; null for any other.
async fn uses(staff: &Staff, contribution: &Value) -> Result<Value, PageError> {
    let is_free = ["unearmarked", "softly_earmarked"].iter().any(|name| contribution["earmarking"] == *name);
    match contribution["id"].as_str().filter(|id| is_free && contribution["root_id"] == *id) {
        Some(id) => uses_of(staff, id).await,
        None => Ok(Value::Null),
    }
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(response) => Ok(response),
        Err(again) => show_page(&form, &id, again).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_paid_or_gone_is_not_paid_again() {
        let of = |status: &str, standing: &str, amount: &str| {
            let amount = json!({ "amount": amount, "currency": "USD" });
            steps_for(&json!({ "status": status, "standing": standing, "amount": amount }))
        };
        assert_eq!(of("pledge", "current", "0.01").len(), 5);
        assert_eq!(of("commitment", "current", "5.00"), ["pay", "allot", "reverse"]);
        assert_eq!(of("paid", "current", "5.00"), ["allot", "reverse"]);
        assert!(of("paid", "reversed", "5.00").is_empty() && of("pledge", "current", "0.00").is_empty());
    }
}
