//! Reports on the use of unearmarked money, and what is drawn of their figures.

use super::about::said;
use crate::{
    donor_names::in_language,
    draw::mark,
    error::PageError,
    figures::{minor, usd},
    i18n::{Language, text},
    lists::given,
    visit::{PageResult, Visitor},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/unearmarked/{year}", web::get().to(show))
        .route("/unearmarked/{year}/lines.{kind}", web::get().to(file));
}

/// The published reports, in the API.
pub(crate) const REPORTS: &str = "/v1/public/unearmarked-reports";
/// Maximum number of donors named in the diagram; the others are added up.
const MAX_NAMED_DONORS: usize = 10;

/// Whose report it is, where several committees have one.
#[derive(Serialize, Deserialize)]
struct Of {
    committee_id: Option<String>,
}

fn path_of(year: &str) -> Result<String, PageError> {
    let year: u16 = year.parse().map_err(|_| PageError::NotFound)?;
    Ok(format!("{REPORTS}/{year}"))
}

async fn show(visitor: Visitor, year: web::Path<String>, of: web::Query<Of>) -> PageResult {
    let report = visitor.get(&path_of(&year)?, &given(&*of)).await?;
    let context = json!({
        "drawn": drawn(visitor.language, &report["figures"]), "texts": texts(visitor.language, &report),
        "figures": report["figures"], "committee_id": of.committee_id, "report": report,
    });
    visitor.page("public/unearmarked.html", context).await
}

async fn file(visitor: Visitor, place: web::Path<(String, String)>, of: web::Query<Of>) -> PageResult {
    let (year, kind) = place.into_inner();
    let path = format!("{}/lines", path_of(&year)?);
    visitor.list_file(&path, &given(&*of), &format!("unearmarked-funding-{year}"), &kind).await
}

/// What the secretariat wrote, in the reader's language or in another.
pub(crate) fn texts(language: Language, report: &Value) -> Value {
    let story = |story: &Value| json!({ "title": said(&story["title"], language), "text": said(&story["text"], language) });
    let stories: Vec<Value> = report["stories"].as_array().into_iter().flatten().map(story).collect();
    json!({ "foreword": said(&report["foreword"], language), "stories": stories })
}

/// What is drawn of the figures of a report.
pub(crate) fn drawn(language: Language, figures: &Value) -> Value {
    let quarters = list(&figures["by_quarter"]).iter().map(|part| {
        let number = part["label"]["key"].as_str().unwrap_or_default();
        let key = format!("unearmarked-quarter-{number}");
        mark(language, &text(language, &key, None), &part["amount"])
    });
    let tables = ["by_region_and_category", "by_donor_and_region", "by_donor_and_category"];
    let most = tables.map(|name| (name.to_owned(), largest(&figures[name])));
    json!({
        "committee": in_language(language, &figures["committee"]),
        "income": income(language, &figures["income"]),
        "quarters": quarters.collect::<Vec<_>>(),
        "sankey": sankey(language, &figures["by_donor_and_region"]),
        "most": Value::Object(most.into_iter().collect()),
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The largest amount of a table, to which its bars are scaled.
fn largest(table: &Value) -> Value {
    let amounts = list(&table["rows"]).iter().flat_map(|row| list(&row["amounts"]));
    usd(amounts.map(minor).max().unwrap_or(0))
}

/// The income of the years as stacks: unearmarked, softly earmarked, the rest.
fn income(language: Language, years: &Value) -> Vec<Value> {
    let parts = ["unearmarked", "softly_earmarked", "other"];
    let stack = |year: &Value| {
        let part = |name: &str| {
            let key = format!("unearmarked-income-{}", name.replace('_', "-"));
            mark(language, &text(language, &key, None), &year[name])
        };
        let mut whole = mark(language, &year["year"].to_string(), &year["all"]);
        whole["parts"] = parts.iter().map(|name| part(name)).collect();
        whole
    };
    list(years).iter().map(stack).collect()
}

/// What a donor is called.
fn donor(language: Language, label: &Value) -> String {
    match label["key"].as_str().unwrap_or_default() {
        word @ ("own" | "others") => text(language, &format!("unearmarked-donor-{word}"), None),
        key => in_language(language, label).as_str().unwrap_or(key).to_owned(),
    }
}

/// From donors to regions: the largest donors by name, the others together.
fn sankey(language: Language, table: &Value) -> Value {
    let (rows, regions) = (list(&table["rows"]), list(&table["columns"]));
    let mut from: Vec<(String, i64)> = Vec::new();
    let mut links: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let place = index.min(MAX_NAMED_DONORS);
        let name = match place == MAX_NAMED_DONORS && rows.len() > MAX_NAMED_DONORS + 1 {
            true => text(language, "all-others", None),
            false => donor(language, &row["label"]),
        };
        match from.get_mut(place) {
            Some(sum) => sum.1 += minor(&row["total"]),
            None => from.push((name, minor(&row["total"]))),
        }
        for (region, amount) in
            list(&row["amounts"]).iter().enumerate().filter(|(_, amount)| minor(amount) > 0)
        {
            *links.entry((place, region)).or_default() += minor(amount);
        }
    }
    let region = |(label, total): (&Value, &Value)| {
        let key = format!("unearmarked-region-{}", label["key"].as_str().unwrap_or_default());
        mark(language, &text(language, &key, None), total)
    };
    let link = |((from, to), sum): ((usize, usize), i64)| {
        let mut link = mark(language, "", &usd(sum));
        (link["from"], link["to"]) = (from.into(), to.into());
        link
    };
    json!({
        "from": from.iter().map(|(name, sum)| mark(language, name, &usd(*sum))).collect::<Vec<_>>(),
        "to": regions.iter().zip(list(&table["totals"])).map(region).collect::<Vec<_>>(),
        "links": links.into_iter().map(link).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(donors: usize) -> Value {
        let row = |number: usize| {
            json!({ "label": { "key": format!("d{number}"), "name": format!("Donor {number}") },
                "amounts": [usd(100), usd(0)], "total": usd(100) })
        };
        let whole = i64::try_from(donors).unwrap() * 100;
        json!({ "columns": [{ "key": "africa" }, { "key": "asia" }], "totals": [usd(whole), usd(0)],
            "rows": (0..donors).map(row).collect::<Vec<_>>() })
    }

    #[test]
    fn many_donors_are_drawn_as_the_largest_and_the_others() {
        let few = sankey(Language::English, &table(11));
        assert_eq!(few["from"].as_array().map(Vec::len), Some(11));
        assert_eq!(few["from"][10]["label"], "Donor 10");
        let many = sankey(Language::English, &table(14));
        assert_eq!(many["from"].as_array().map(Vec::len), Some(11));
        assert_eq!((&many["from"][10]["value"], &many["links"][10]["value"]), (&json!(4.0), &json!(4.0)));
        assert_eq!(many["to"].as_array().map(Vec::len), Some(2));
        assert_eq!(largest(&table(2)), usd(100));
        assert_eq!(largest(&Value::Null), usd(0));
    }

    #[test]
    fn only_a_year_is_the_address_of_a_report() {
        assert_eq!(path_of("2026").ok().as_deref(), Some("/v1/public/unearmarked-reports/2026"));
        assert!(path_of("2026/../plans").is_err());
    }
}
