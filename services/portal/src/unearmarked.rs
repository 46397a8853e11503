//! What became of unearmarked and softly earmarked money, as pages show it: the stages at which it is, the projects that have
//! it, and the way it took.

use crate::{
    draw::mark,
    error::{PageError, unless_away},
    figures::{minor, usd},
    i18n::{Language, text},
    lists::{items, or_empty},
    visit::Visit,
};
use kernel::{Currency, Money, money::percent};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The stages of money, by the end of the key of each text, and the amounts of the API that are in it.
const STAGES: [(&str, &[&str]); 4] = [
    ("available", &["available"]),
    ("promised", &["reserved", "allocated", "disbursed"]),
    ("spent", &["spent"]),
    ("returned", &["returned"]),
];
/// What projects have, at whatever stage.
const OF_PROJECTS: &[&str] = &["reserved", "allocated", "disbursed", "spent", "returned"];
/// Projects that are named in the drawing of a way; the others are one.
const MAX_NAMED: usize = 12;

/// Cents of some amounts of a record together.
fn sum(record: &Value, names: &[&str]) -> i64 {
    names.iter().map(|name| minor(&record[*name])).sum()
}

/// What was given and where it is, of some contributions together: the stages add up to what was given and to what counts
/// no longer although it was promised.
pub(crate) fn stages(language: Language, contributions: &[Value]) -> Value {
    let total = |names: &[&str]| -> i64 { contributions.iter().map(|record| sum(record, names)).sum() };
    let (given, missing) = (total(&["received"]), total(&["uncovered"]));
    let (mut rows, mut marks) = (Vec::new(), Vec::new());
    let mut context = json!({ "given": usd(given), "missing": usd(missing), "less": usd(-missing) });
    for (name, amounts) in STAGES {
        let (label, cents) = (text(language, &format!("uses-{name}"), None), total(amounts));
        let amount = usd(cents);
        marks.push(mark(language, &label, &amount));
        rows.push(json!({ "label": label, "amount": amount, "share": percent(cents, given + missing) }));
        context[name] = amount;
    }
    context["is_missing"] = (missing > 0).into();
    context["is_returned"] = (total(&["returned"]) > 0).into();
    (context["rows"], context["marks"]) = (rows.into(), marks.into());
    context
}

/// Contributions of the list, each with its stages, and a place for what it was in the currency it was given in.
pub(crate) fn with_stages(language: Language, contributions: &[Value]) -> Vec<Value> {
    let shown = |contribution: &Value| {
        let mut shown = contribution.clone();
        shown["stages"] = stages(language, std::slice::from_ref(contribution));
        shown["original"] = Value::Null;
        shown
    };
    contributions.iter().map(shown).collect()
}

/// What projects have of what was given: uses by project, the largest first, and last those that the reader is not told of,
/// which are one. They add up to what was promised. With them, what the projects were to reach, and reached.
pub(crate) fn projects(uses: &[Value], given: i64) -> Value {
    let mut parts: BTreeMap<Option<&str>, (&Value, i64, i64)> = BTreeMap::new();
    for usage in uses {
        let part = parts.entry(usage["proposal_id"].as_str()).or_insert((usage, 0, 0));
        part.1 += sum(usage, OF_PROJECTS);
        part.2 += minor(&usage["spent"]);
    }
    let mut parts: Vec<(&Value, i64, i64)> = parts.into_values().collect();
    parts.sort_by_key(|(usage, cents, _)| (usage["proposal_id"].is_null(), std::cmp::Reverse(*cents)));
    let (all, spent) = parts.iter().fold((0, 0), |(all, spent), part| (all + part.1, spent + part.2));
    let row = |(usage, cents, spent): &(&Value, i64, i64)| {
        json!({
            "proposal_id": usage["proposal_id"], "reference": usage["reference"], "title": usage["title"],
            "countries": usage["countries"], "state": usage["state"], "amount": usd(*cents), "spent": usd(*spent),
            "share": percent(*cents, given),
        })
    };
    let rows: Vec<Value> = parts.iter().map(row).collect();
    let results: Vec<Value> = parts.iter().flat_map(|(usage, ..)| results_of(usage)).collect();
    json!({
        "rows": rows, "total": usd(all), "spent": usd(spent), "share": percent(all, given), "results": results,
    })
}

/// The results of a project, each with its name.
fn results_of(usage: &Value) -> impl Iterator<Item = Value> {
    usage["results"].as_array().into_iter().flatten().map(move |result| {
        json!({
            "title": usage["title"], "reference": usage["reference"], "indicator": result["indicator"],
            "target": result["target"], "reached": result["reached"],
        })
    })
}

/// What a contribution is in the currency that it was given in, of `uses` of the API (a row of the list, or all of them). Null
/// where it was given in dollars, where it cannot be said, and while that part of the platform is unavailable.
pub(crate) async fn original<W>(visit: &Visit<W>, uses: &Value) -> Result<Value, PageError> {
    let Some(id) = uses["contribution_id"].as_str() else { return Ok(Value::Null) };
    let found = visit.get("/v1/contributions", &[("root_id", id), ("limit", "200")]).await;
    let found = unless_away(or_empty(found))?.unwrap_or_default();
    let original = original_of(items(&found), minor(&uses["received"]));
    Ok(original.map_or(Value::Null, |money| json!(money)))
}

/// What the records of a contribution that count are together in the currency they were given in. None where they are not all
/// that counts of it in dollars (`received`, in cents), where they have several currencies, and where that is the dollar.
fn original_of(records: &[Value], received: i64) -> Option<Money> {
    let counts = |record: &&Value| {
        let is_money = record["counts_ours"] == true && record["new_money"] == true;
        is_money && record["standing"] == "current" && record["status"] != "pledge"
    };
    let counting: Vec<&Value> = records.iter().filter(counts).collect();
    let dollars: i64 = counting.iter().map(|record| minor(&record["amount_usd"])).sum();
    let amount = |record: &&Value| serde_json::from_value::<Money>(record["amount"].clone()).ok();
    let amounts: Vec<Money> = counting.iter().map(amount).collect::<Option<_>>()?;
    let (first, rest) = amounts.split_first()?;
    let sum = rest.iter().try_fold(*first, |sum, amount| sum.checked_add(*amount)).ok()?;
    (dollars == received && sum.currency() != Currency::USD).then_some(sum)
}

/// Who reads what became of a contribution: projects are not told to donors before they are published, nor to staff of
/// other offices.
#[derive(Clone, Copy)]
pub(crate) enum ReadBy {
    Donor,
    Staff,
}

impl ReadBy {
    /// The key of what projects are called that the reader is not told of.
    const fn hidden(self) -> &'static str {
        match self {
            Self::Donor => "uses-not-published",
            Self::Staff => "uses-not-seen",
        }
    }
}

/// Projects of one contribution, with the shares that the platform says they have of it, and what these add up to.
fn with_told_shares(mut projects: Value, uses: &[Value]) -> Value {
    let mut all = Some(0);
    for row in projects["rows"].as_array_mut().into_iter().flatten() {
        let usage = uses.iter().find(|usage| usage["proposal_id"] == row["proposal_id"]);
        row["share"] = usage.map_or(Value::Null, |usage| usage["share"].clone());
        // Two decimals, as amounts have them.
        let share = row["share"].as_str().and_then(|share| Money::parse(share, Currency::USD).ok());
        all = all.zip(share).map(|(all, share)| all + share.minor());
    }
    projects["share"] = all.map_or(Value::Null, |all| Money::usd(all).to_string().into());
    projects
}

/// What the page of a contribution shows of its way, of what the API says of its uses.
pub(crate) fn became(language: Language, uses: &Value, read_by: ReadBy) -> Value {
    let used = uses["uses"].as_array().map(Vec::as_slice).unwrap_or_default();
    let given = minor(&uses["received"]) + minor(&uses["uncovered"]);
    let hidden = text(language, read_by.hidden(), None);
    let projects = with_told_shares(projects(used, given), used);
    let flow = flow(language, uses, &projects, &hidden);
    json!({
        "stages": stages(language, std::slice::from_ref(uses)), "projects": projects, "flow": flow, "hidden": hidden,
    })
}

/// What the drawing of a contribution's way shows: from the contribution to projects (`hidden` is what those are called that
/// the reader is not told of) and to what is available. Its bands are all that is somewhere, what is missing included.
fn flow(language: Language, uses: &Value, projects: &Value, hidden: &str) -> Value {
    let mut ends: Vec<(String, i64)> = Vec::new();
    let mut others = 0;
    for row in projects["rows"].as_array().into_iter().flatten() {
        let cents = minor(&row["amount"]);
        let name = row["title"].as_str().map(str::to_owned);
        match name {
            Some(name) if ends.len() < MAX_NAMED => ends.push((name, cents)),
            Some(_) => others += cents,
            None => ends.push((hidden.to_owned(), cents)),
        }
    }
    if others > 0 {
        ends.push((text(language, "uses-other-projects", None), others));
    }
    let available = minor(&uses["available"]);
    if available > 0 {
        ends.push((text(language, "uses-available", None), available));
    }
    let all: i64 = ends.iter().map(|(_, cents)| cents).sum();
    let name = if minor(&uses["uncovered"]) > 0 { "uses-given-and-missing" } else { "uses-given" };
    let from = mark(language, &text(language, name, None), &usd(all));
    let to: Vec<Value> = ends.iter().map(|(name, cents)| mark(language, name, &usd(*cents))).collect();
    let link = |(place, end): (usize, &Value)| {
        let mut link = end.clone();
        (link["from"], link["to"]) = (0.into(), place.into());
        link
    };
    let links: Vec<Value> = to.iter().enumerate().map(link).collect();
    json!({ "from": [from], "to": to, "links": links })
}

/// What became of a contribution, for whoever may see allocations; null for one that is in no pool, and while that part of the
/// platform is unavailable.
pub(crate) async fn uses_of<W>(visit: &Visit<W>, contribution_id: &str) -> Result<Value, PageError> {
    let path = format!("/v1/contributions/{contribution_id}/uses");
    match visit.get_if("allocations:read", &path, &()).await {
        Err(PageError::Refused(problem)) if problem.status == 404 => Ok(Value::Null),
        other => Ok(unless_away(other)?.unwrap_or(Value::Null)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Norway's contribution of the worked example of the ledger.
    fn norway() -> Value {
        let amounts = |allocated: i64, spent: i64| {
            json!({ "reserved": usd(0), "allocated": usd(allocated), "disbursed": usd(0), "spent": usd(spent),
                "returned": usd(0) })
        };
        let usage = |id: Option<&str>, allocated: i64, spent: i64| {
            let mut usage = amounts(allocated, spent);
            (usage["proposal_id"], usage["title"]) = (id.into(), id.into());
            usage
        };
        let mut all = amounts(6_705_882, 3_047_059);
        (all["received"], all["uncovered"], all["available"]) = (usd(10_000_000), usd(0), usd(247_059));
        all["uses"] = vec![
            usage(Some("P1"), 773_755, 3_047_059),
            usage(Some("P2"), 5_158_371, 0),
            usage(None, 773_756, 0),
        ]
        .into();
        all
    }

    fn total(rows: &Value, field: &str) -> i64 {
        rows.as_array().unwrap().iter().map(|row| minor(&row[field])).sum()
    }

    #[test]
    fn what_was_given_is_what_its_parts_add_up_to() {
        let became = became(Language::English, &norway(), ReadBy::Donor);
        let (stages, projects) = (&became["stages"], &became["projects"]);
        assert_eq!(stages["given"], usd(10_000_000));
        assert_eq!(total(&stages["rows"], "amount"), 10_000_000);
        assert_eq!(projects["total"], usd(10_000_000 - 247_059));
        assert_eq!(total(&projects["rows"], "amount"), 10_000_000 - 247_059);
        let titles: Vec<Option<&str>> =
            projects["rows"].as_array().unwrap().iter().map(|row| row["title"].as_str()).collect();
        assert_eq!(titles, [Some("P2"), Some("P1"), None], "the largest first, without a name last");
        let links = became["flow"]["links"].as_array().unwrap().iter();
        let drawn: f64 = links.map(|link| link["value"].as_f64().unwrap()).sum();
        assert!((drawn - 100_000.0).abs() < 1e-6);
    }

    #[test]
    fn what_counts_no_longer_is_among_the_parts_and_taken_off() {
        let mut reduced = norway();
        (reduced["received"], reduced["uncovered"]) = (usd(9_000_000), usd(1_000_000));
        let became = became(Language::English, &reduced, ReadBy::Staff);
        let (stages, from) = (&became["stages"], &became["flow"]["from"][0]);
        assert_eq!(total(&stages["rows"], "amount") + minor(&stages["less"]), 9_000_000);
        assert_eq!(stages["is_missing"], true);
        assert_eq!(from["label"], text(Language::English, "uses-given-and-missing", None));
        assert_eq!(became["flow"]["to"][2]["label"], became["hidden"]);
    }

    #[test]
    fn results_are_told_once_for_each_project() {
        let of = norway();
        let mut usage = of["uses"][0].clone();
        usage["results"] =
            json!([{ "indicator": "People transported", "target": "12,000", "reached": null }]);
        let shown = projects(&[usage.clone(), usage, of["uses"][2].clone()], 10_000_000);
        let expected = json!({ "title": "P1", "reference": null, "indicator": "People transported",
            "target": "12,000", "reached": null });
        assert_eq!(shown["results"], json!([expected]));
    }

    #[test]
    fn the_original_amount_is_that_of_all_records_that_count() {
        let record = |status: &str, amount: &str, currency: &str, dollars: i64| {
            json!({ "counts_ours": true, "new_money": true, "standing": "current", "status": status,
                "amount": { "amount": amount, "currency": currency }, "amount_usd": usd(dollars) })
        };
        let [pledge, first, second] = [
            record("pledge", "9000.00", "NOK", 90_000),
            record("paid", "1000.00", "NOK", 10_000),
            record("paid", "2000.50", "NOK", 20_005),
        ];
        let shown = |records: &[Value], received| original_of(records, received).map(|money| json!(money));
        let whole = Some(json!({ "amount": "3000.50", "currency": "NOK" }));
        assert_eq!(shown(&[pledge.clone(), first.clone(), second], 30_005), whole);
        assert_eq!(shown(&[pledge.clone(), first.clone()], 30_005), None, "one is not shown");
        assert_eq!(shown(&[first.clone(), record("paid", "5.00", "SEK", 100)], 10_100), None);
        assert_eq!(shown(&[record("paid", "5.00", "USD", 500)], 500), None);
        let mut unknown = first;
        unknown["amount"] = Value::Null;
        assert_eq!((shown(&[unknown], 10_000), shown(&[pledge], 0)), (None, None));
    }

    #[test]
    fn contributions_to_one_project_are_one_row() {
        let of = norway();
        let uses = [of["uses"][0].clone(), of["uses"][0].clone()];
        let shown = projects(&uses, 10_000_000);
        assert_eq!(shown["rows"].as_array().map(Vec::len), Some(1));
        assert_eq!(shown["rows"][0]["spent"], usd(2 * 3_047_059));
        assert_eq!(shown["rows"][0]["share"], "76.4");
    }

    #[test]
    fn the_shares_of_one_contribution_are_those_that_the_platform_says() {
        let mut of = norway();
        for (usage, share) in of["uses"].as_array_mut().unwrap().iter_mut().zip(["38.21", "51.58", "7.74"]) {
            usage["share"] = share.into();
        }
        let shown = became(Language::English, &of, ReadBy::Donor)["projects"].clone();
        let share = |row: usize| shown["rows"][row]["share"].clone();
        assert_eq!((share(0), share(1)), (json!("51.58"), json!("38.21")));
        assert_eq!(shown["share"], "97.53");
        assert_eq!(became(Language::English, &norway(), ReadBy::Donor)["projects"]["share"], Value::Null);
    }
}
