//! Who gives to what: the donors, and what flows from them to plans in a year.

use super::{
    division::{by_donor_type, by_earmarking},
    home::{YearOf, year_parts},
};
use crate::{
    draw::mark,
    error::PageError,
    figures::{minor, most, usd},
    i18n::{Language, text},
    ids::Id,
    lists::{ListPage, ListQuery, OfScope, given},
    nav::{Group, NavEntry},
    visit::{PageResult, Visitor},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Its entries in the menu.
pub(super) const NAV: &[NavEntry] = &[
    NavEntry { permission: None, path: "/donors", key: "donors", group: Group::Plain, position: 20 },
    NavEntry { permission: None, path: "/flows", key: "flows-page", group: Group::Plain, position: 30 },
];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/donors", web::get().to(donors))
        .route("/donors/{id}", web::get().to(donor))
        .route("/flows", web::get().to(flows));
}

/// Maximum number of plans named in the diagram; the others are added up. (The platform does the same with the donors.)
const MAX_NAMED_PLANS: usize = 10;

const LIST: ListPage = ListPage::new("/v1/public/donors", "public/donors.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    q: Option<String>,
    scope: Option<String>,
}

async fn donors(visitor: Visitor, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let mut context = LIST.context(&visitor, &asked.filters, asked.query()).await?;
    context["most"] = most(&context["list"]["items"], "funding");
    visitor.page(LIST.template, context).await
}

async fn donor(visitor: Visitor, id: web::Path<Id>, asked: web::Query<OfScope>) -> PageResult {
    let funding = visitor.get(&format!("/v1/public/donors/{id}"), &given(&*asked)).await?;
    // A pledge alone is no funding: its year and country would be rows of nothing.
    let funded = |list: &Value| -> Vec<Value> {
        let rows = list.as_array().into_iter().flatten();
        rows.filter(|row| row["flow_count"].as_i64() != Some(0)).cloned().collect()
    };
    let mut years = funded(&funding["by_year"]);
    years.reverse();
    let column = |entry: &Value| mark(visitor.language, &entry["year"].to_string(), &entry["funding"]);
    let columns: Vec<Value> = years.iter().map(column).collect();
    let context = json!({
        "earmarking": by_earmarking(visitor.language, &funding["by_earmarking"]), "columns_data": columns,
        "most_plan": most(&funding["by_plan"], "funding"), "rows": funded(&funding["by_country_year"]),
        "plans": funded(&funding["by_plan"]), "funding": funding,
    });
    visitor.page("public/donor.html", context).await
}

async fn flows(visitor: Visitor, asked: web::Query<YearOf>) -> PageResult {
    let every = visitor.all("/v1/public/years", &()).await?;
    // The years of plans alone have no flows.
    let funded = every.iter().filter(|entry| entry["flow_count"].as_i64() != Some(0));
    let years: Vec<i64> = funded.filter_map(|entry| entry["year"].as_i64()).collect();
    let asked = asked.text().map(|year| year.parse::<i64>().map_err(|_| PageError::NotFound)).transpose()?;
    let year = asked.or(years.first().copied());
    let funding = match year {
        Some(year) => visitor.get(&format!("/v1/public/years/{year}"), &()).await?,
        None => Value::Null,
    };
    let flows = funding["flows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let context = json!({
        "year": year, "years": years, "sankey_data": sankey(visitor.language, flows),
        "donor_types": by_donor_type(visitor.language, &funding["by_donor"]),
        "earmarking": by_earmarking(visitor.language, &funding["by_earmarking"]),
        "year_parts": year_parts(&funding), "funding": funding,
    });
    visitor.page("public/flows.html", context).await
}

/// What the Sankey drawing shows of flows, the largest names first, the rest of each side as one.
fn sankey(language: Language, flows: &[Value]) -> Value {
    let name = |flow: &Value, side: &str, none: &str| {
        flow[side].as_str().map_or_else(|| text(language, none, None), str::to_owned)
    };
    let translated = format!("donor_name_{}", language.as_str());
    let pairs: Vec<(String, String, i64)> = flows
        .iter()
        .map(|flow| {
            let nobody = if flow["all_others"] == true { "all-others" } else { "not-stated" };
            let donor = if flow[&translated].is_string() { translated.as_str() } else { "donor_name" };
            let (donor, plan) = (name(flow, donor, nobody), name(flow, "plan_name", "outside-plans"));
            (donor, plan, minor(&flow["funding"]))
        })
        .collect();
    let named = |of: &dyn Fn(&(String, String, i64)) -> String| {
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for pair in &pairs {
            *sums.entry(of(pair)).or_default() += pair.2;
        }
        let mut sums: Vec<(String, i64)> = sums.into_iter().collect();
        // The largest first, what is "all others" already last.
        let others = text(language, "all-others", None);
        let last = |name: &String| *name == others;
        sums.sort_by(|a, b| (last(&a.0), b.1, &a.0).cmp(&(last(&b.0), a.1, &b.0)));
        let most = MAX_NAMED_PLANS + usize::from(sums.last().is_some_and(|(name, _)| last(name)));
        if sums.len() <= most {
            return sums;
        }
        let rest: i64 = sums.iter().skip(MAX_NAMED_PLANS).map(|(_, sum)| sum).sum();
        sums.truncate(MAX_NAMED_PLANS);
        sums.push((others, rest));
        sums
    };
    let (from, to) = (named(&|pair| pair.0.clone()), named(&|pair| pair.1.clone()));
    let place = |names: &[(String, i64)], name: &str| {
        names.iter().position(|(known, _)| known == name).unwrap_or(names.len().saturating_sub(1))
    };
    let mut sums: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for (donor, plan, amount) in &pairs {
        *sums.entry((place(&from, donor), place(&to, plan))).or_default() += amount;
    }
    let links: Vec<Value> = sums
        .into_iter()
        .map(|((from, to), sum)| {
            let mut link = mark(language, "", &usd(sum));
            (link["from"], link["to"]) = (from.into(), to.into());
            link
        })
        .collect();
    let marks = |names: &[(String, i64)]| -> Vec<Value> {
        names.iter().map(|(name, sum)| mark(language, name, &usd(*sum))).collect()
    };
    json!({ "from": marks(&from), "to": marks(&to), "links": links })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_drawn_as_one_and_nothing_is_lost() {
        let flow = |donor: usize, plan: usize| {
            json!({ "donor_name": format!("D{donor:02}"), "plan_name": format!("P{plan:02}"),
                "funding": { "amount": format!("{}.00", 1000 - donor), "currency": "USD" } })
        };
        let flows: Vec<Value> = (0..30).map(|number| flow(number, number % 13)).collect();
        let data = sankey(Language::English, &flows);
        assert_eq!(data["from"].as_array().unwrap().len(), MAX_NAMED_PLANS + 1);
        assert_eq!(data["from"][MAX_NAMED_PLANS]["label"], "All others");
        let sum = |list: &Value| {
            list.as_array().unwrap().iter().map(|mark| mark["value"].as_f64().unwrap()).sum::<f64>()
        };
        let total = (0..30).map(|donor| f64::from(1000 - donor)).sum::<f64>();
        for list in ["from", "to", "links"] {
            assert!((sum(&data[list]) - total).abs() < 1e-6, "{list}");
        }
    }
}
