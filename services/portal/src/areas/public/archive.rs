//! Every year: what plans needed, what came in, and how it was earmarked.

use super::division::earmarking_key;
use crate::{
    draw::mark,
    figures::{minor, usd},
    i18n::{Language, text},
    nav::{Group, NavEntry},
    visit::{PageResult, Visitor},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};
use std::{cmp::Reverse, collections::BTreeMap};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] =
    &[NavEntry { permission: None, path: "/archive", key: "archive", group: Group::Plain, position: 40 }];

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/archive", web::get().to(archive));
}

/// The earmarking categories in one order, the freest first; what is not stated last.
const CATEGORIES: [Option<&str>; 5] =
    [Some("unearmarked"), Some("softly earmarked"), Some("earmarked"), Some("tightly earmarked"), None];
/// Countries with a small drawing; every country is in the list of the home page.
const MAX_MULTIPLES: usize = 24;

async fn archive(visitor: Visitor) -> PageResult {
    let (countries, years) =
        futures_util::join!(visitor.all("/v1/public/countries", &()), visitor.all("/v1/public/years", &()));
    let (countries, years) = (countries?, years?);
    let funded: Vec<Value> =
        years.iter().filter(|year| year["flow_count"].as_i64() != Some(0)).cloned().collect();
    let context = json!({
        "series_data": series(visitor.language, &funded), "multiples": multiples(visitor.language, &countries),
        "rows": years,
    });
    visitor.page("public/archive.html", context).await
}

/// What came in of a year in an earmarking category.
fn funding_of(year: &Value, category: Option<&str>) -> Value {
    let parts = year["by_earmarking"].as_array().into_iter().flatten();
    let of_it = parts.filter(|part| part["external_ref"].as_str() == category);
    usd(of_it.map(|part| minor(&part["funding"])).sum())
}

/// Funding by earmarking over the years, the earliest first.
fn series(language: Language, years: &[Value]) -> Value {
    let name = |category: Option<&str>| {
        let key = category.map_or_else(|| "not-stated".to_owned(), earmarking_key);
        text(language, &key, None)
    };
    let stack = |year: &Value| {
        let part = |category: &Option<&str>| {
            let funding = funding_of(year, *category);
            let mut part = mark(language, &name(*category), &funding);
            part["funding"] = funding;
            part
        };
        let mut whole = mark(language, &year["year"].to_string(), &year["funding"]);
        whole["parts"] = CATEGORIES.iter().map(part).collect();
        (whole["year"], whole["funding"]) = (year["year"].clone(), year["funding"].clone());
        whole
    };
    let stacks: Vec<Value> = years.iter().rev().map(stack).collect();
    json!({ "stacks": stacks, "names": CATEGORIES.map(name) })
}

/// A small drawing for each country: what it received in each year, all to one scale; the largest countries first.
fn multiples(language: Language, countries: &[Value]) -> Value {
    let mut years: Vec<i64> = countries.iter().filter_map(|entry| entry["year"].as_i64()).collect();
    years.sort_unstable();
    years.dedup();
    let mut sums: BTreeMap<&str, BTreeMap<i64, i64>> = BTreeMap::new();
    for entry in countries {
        if let (Some(code), Some(year)) = (entry["country"].as_str(), entry["year"].as_i64()) {
            *sums.entry(code).or_default().entry(year).or_default() += minor(&entry["funding"]);
        }
    }
    let most = sums.values().flat_map(BTreeMap::values).copied().max().unwrap_or(0);
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, of)| Reverse(of.values().sum::<i64>()));
    let drawing = |(code, of): (&str, BTreeMap<i64, i64>)| {
        let funding: Vec<Value> = years.iter().map(|year| usd(of.get(year).copied().unwrap_or(0))).collect();
        let marks: Vec<Value> = years
            .iter()
            .zip(&funding)
            .map(|(year, funding)| mark(language, &year.to_string(), funding))
            .collect();
        json!({ "country": code, "marks": marks, "funding": funding })
    };
    let shown: Vec<Value> = sums.into_iter().take(MAX_MULTIPLES).map(drawing).collect();
    // Marks are whole dollars.
    #[expect(clippy::cast_precision_loss, reason = "the height of a drawing")]
    let most = most as f64 / 100.0;
    json!({ "countries": shown, "years": years, "most": most, "latest": years.last() })
}
