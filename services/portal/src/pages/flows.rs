//! Who gives to what: the donors, and what flows from them to plans in a year.

use super::{
    given,
    public::{Question, YearOf, all, division_of, minor, or_empty, usd},
    query_of,
};
use crate::{
    State,
    draw::mark,
    error::{PageError, or_error_page},
    i18n::{Language, PageLanguage, text},
    render::{Page, page},
    session::anonymous,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Plans that the drawing names; the others are one. (The platform does the same with the donors.)
const NAMED: usize = 10;

#[derive(Deserialize)]
pub(crate) struct DonorFilters {
    q: Option<String>,
    cursor: Option<String>,
}

pub(crate) async fn donors(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<DonorFilters>,
) -> HttpResponse {
    let shown = async {
        let filter = given(&[("q", &filters.q)]);
        let mut query = filter.clone();
        query.extend(given(&[("cursor", &filters.cursor)]));
        let list = or_empty(state.gateway.get(&anonymous(&request), "/v1/public/donors", &query).await)?;
        let rows = list["items"].as_array().into_iter().flatten();
        let most = usd(rows.map(|donor| minor(&donor["funding"])).max().unwrap_or(0));
        let context = json!({
            "list": list, "filter": filter.iter().cloned().collect::<BTreeMap<_, _>>(), "filter_query": query_of(&filter),
            "most": most,
        });
        page(&state, &request, None, Page { template: "pages/donors.html", context })
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn donor(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    let shown = async {
        let id = super::donor::kernel_id(&id).ok_or(PageError::NotFound)?;
        let path = format!("/v1/public/donors/{id}");
        let funding = state.gateway.get(&anonymous(&request), &path, &[]).await?;
        let language = PageLanguage::of(&request, None).language;
        let mut years: Vec<Value> = funding["by_year"].as_array().cloned().unwrap_or_default();
        years.reverse();
        let columns: Vec<Value> =
            years.iter().map(|entry| mark(language, &entry["year"].to_string(), &entry["funding"])).collect();
        let most = funding["by_plan"].as_array().into_iter().flatten();
        let most = usd(most.map(|entry| minor(&entry["funding"])).max().unwrap_or(0));
        let context = json!({
            "earmarking": division_of(&request, &funding["by_earmarking"]), "funding": funding, "columns_data": columns,
            "most_plan": most,
        });
        page(&state, &request, None, Page { template: "pages/donor.html", context })
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn flows(
    request: HttpRequest,
    state: Data<State>,
    asked: web::Query<YearOf>,
) -> HttpResponse {
    let shown = async {
        let caller = anonymous(&request);
        let years: Vec<i64> = all(&state, &caller, "/v1/public/years", &[])
            .await?
            .iter()
            .filter_map(|entry| entry["year"].as_i64())
            .collect();
        let asked = match asked.text() {
            Some(year) => Some(year.parse::<i64>().map_err(|_| PageError::NotFound)?),
            None => None,
        };
        let year = asked.or(years.first().copied());
        let funding = match year {
            Some(year) => state.gateway.get(&caller, &format!("/v1/public/years/{year}"), &[]).await?,
            None => Value::Null,
        };
        let language = PageLanguage::of(&request, None).language;
        let flows = funding["flows"].as_array().map(Vec::as_slice).unwrap_or_default();
        let context = json!({
            "year": year, "years": years, "sankey_data": sankey(language, flows), "funding": funding,
            "donor_types": super::public::by_donor_type(&request, &funding["by_donor"]),
            "earmarking": division_of(&request, &funding["by_earmarking"]),
        });
        page(&state, &request, None, Page { template: "pages/flows.html", context })
    };
    or_error_page(shown.await, &request, &state)
}

/// What the Sankey drawing shows of flows, the largest names first, the rest of each side as one.
fn sankey(language: Language, flows: &[Value]) -> Value {
    let name = |flow: &Value, side: &str, none: &str| {
        flow[side].as_str().map_or_else(|| text(language, none, None), str::to_owned)
    };
    let pairs: Vec<(String, String, i64)> = flows
        .iter()
        .map(|flow| {
            let nobody = if flow["all_others"] == true { "all-others" } else { "not-stated" };
            let (donor, plan) = (name(flow, "donor_name", nobody), name(flow, "plan_name", "outside-plans"));
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
        let most = NAMED + usize::from(sums.last().is_some_and(|(name, _)| last(name)));
        if sums.len() <= most {
            return sums;
        }
        let rest: i64 = sums.iter().skip(NAMED).map(|(_, sum)| sum).sum();
        sums.truncate(NAMED);
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

/// Names of donors for the public search.
pub(super) async fn found(
    state: &State,
    request: &HttpRequest,
    asked: &Question,
) -> Result<Value, PageError> {
    let query = [("q", asked.words()), ("limit", "20".to_owned())];
    or_empty(state.gateway.get(&anonymous(request), "/v1/public/donors", &query).await)
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
        assert_eq!(data["from"].as_array().unwrap().len(), NAMED + 1);
        assert_eq!(data["from"][NAMED]["label"], "All others");
        let sum = |list: &Value| {
            list.as_array().unwrap().iter().map(|mark| mark["value"].as_f64().unwrap()).sum::<f64>()
        };
        let total = (0..30).map(|donor| f64::from(1000 - donor)).sum::<f64>();
        for list in ["from", "to", "links"] {
            assert!((sum(&data[list]) - total).abs() < 1e-6, "{list}");
        }
    }
}
