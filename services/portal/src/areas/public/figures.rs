//! Every public total, with the question in words and the query behind it.

use crate::{
    lists::{ListPage, ListQuery, added, context_of, given},
    visit::{PageResult, Visitor},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/figures", web::get().to(figures)).route("/figures.{kind}", web::get().to(file));
}

const LIST: ListPage =
    ListPage { limit: Some("50"), ..ListPage::new("/v1/public/figures", "public/figures.html") };

/// Every question, as the API's `FigureQuestion`, in its order.
pub(crate) const QUESTIONS: [&str; 23] = [
    "reported_in_year",
    "ours_in_year",
    "outside_plans",
    "required_by_plans",
    "reported_to_plans",
    "gap_of_plans",
    "coverage_of_plans",
    "shared_of_plans",
    "reported_to_country",
    "ours_in_country",
    "outside_plans_in_country",
    "reported_to_country_for_plan",
    "reported_to_country_by_donor",
    "required_by_plan",
    "reported_to_plan",
    "ours_of_plan",
    "allocated_to_plan",
    "gap_of_plan",
    "coverage_of_plan",
    "shared_of_plan",
    "reported_by_donor_in_year",
    "reported_by_donor",
    "ours_by_donor",
];

#[derive(Serialize, Deserialize)]
struct Filters {
    year: Option<String>,
    question: Option<String>,
}

/// The figures of the year that was asked for, or of the latest one.
async fn figures(visitor: Visitor, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let every = visitor.all("/v1/public/years", &()).await?;
    let years: Vec<i64> = every.iter().filter_map(|entry| entry["year"].as_i64()).collect();
    let asked_year = asked.filters.year.clone().filter(|year| !year.is_empty());
    let year = asked_year.or_else(|| years.first().map(i64::to_string));
    let filters = Filters { year, question: asked.filters.question.clone() };
    let more = json!({ "years": years, "year": filters.year, "questions": QUESTIONS });
    let mut context = match filters.year {
        Some(_) => LIST.context(&visitor, &filters, asked.after(given(&filters))).await?,
        // Nothing has been published: there is no year to ask about.
        None => context_of(json!({ "items": [] }), &filters),
    };
    for figure in context["list"]["items"].as_array_mut().into_iter().flatten() {
        figure["key"] = key_of(figure);
    }
    visitor.page(LIST.template, added(context, more)).await
}

async fn file(visitor: Visitor, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&visitor, &*filters, &kind).await
}

/// The key by which a figure is found on pages: its question and what it is asked about; null where a part of that has no
/// id.
pub(crate) fn key_of(figure: &Value) -> Value {
    let named = |name: &str, id: &str| figure[name].is_null() || !figure[id].is_null();
    if !named("plan_name", "plan_id") || !named("donor_name", "donor_id") {
        return Value::Null;
    }
    let about = ["country", "year", "plan_id", "donor_id"].map(|field| &figure[field]);
    let about = about.iter().filter(|value| !value.is_null());
    let about: Vec<String> =
        about.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
    format!("{}|{}", figure["question"].as_str().unwrap_or_default(), about.join(",")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_known_by_its_question_and_the_ids_that_it_is_about() {
        let figure = json!({ "question": "reported_to_country_for_plan", "country": "SDN", "year": 2026,
            "plan_id": "p", "plan_name": "Plan", "donor_id": null, "donor_name": null });
        assert_eq!(key_of(&figure), "reported_to_country_for_plan|SDN,2026,p");
        let unknown = json!({ "question": "reported_to_country_for_plan", "country": "SDN", "year": 2026,
            "plan_id": null, "plan_name": "Plan of another platform", "donor_id": null, "donor_name": null });
        assert_eq!(key_of(&unknown), Value::Null, "several plans could have this key");
    }
}
