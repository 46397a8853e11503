//! The list of response plans, and what the public pages show as files.

use crate::{
    error::PageError,
    lists::{ListPage, ListQuery, OfScope, Query, given},
    nav::{Group, NavEntry},
    visit::{PageResult, Visitor},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] =
    &[NavEntry { permission: None, path: "/plans", key: "plans", group: Group::Plain, position: 10 }];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/plans", web::get().to(plans))
        .route("/data", web::get().to(data))
        .route("/data/{list}.{kind}", web::get().to(file));
}

const LIST: ListPage =
    ListPage { limit: Some("50"), ..ListPage::new("/v1/public/plans", "public/plans.html") };

#[derive(Serialize, Deserialize)]
struct Filters {
    q: Option<String>,
    country: Option<String>,
    year: Option<String>,
}

async fn plans(visitor: Visitor, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    // What there is to choose from, whatever is chosen.
    let every = visitor.all(LIST.path, &()).await?;
    let of = |name: &str| {
        every.iter().flat_map(|plan| plan[name].as_array().into_iter().flatten().cloned()).collect()
    };
    let (mut years, mut countries): (Vec<Value>, Vec<Value>) = (of("years"), of("countries"));
    years.sort_by_key(|year| std::cmp::Reverse(year.as_i64()));
    years.dedup();
    countries.sort_by_key(|code| code.as_str().map(str::to_owned));
    countries.dedup();
    LIST.show(&visitor, &asked, json!({ "years": years, "countries": countries })).await
}

async fn data(visitor: Visitor) -> PageResult {
    visitor.page("public/data.html", json!({})).await
}

/// `plans`, `countries`, `donors`, `years` or `updates`, as a spreadsheet.
async fn file(
    visitor: Visitor,
    name: web::Path<(String, String)>,
    filters: web::Query<Filters>,
    asked: web::Query<OfScope>,
) -> PageResult {
    let (list, kind) = name.into_inner();
    let (path, query) = match list.as_str() {
        "plans" => (LIST.path, given(&*filters)),
        "countries" => ("/v1/public/countries", given(&[("year", &filters.year)])),
        "donors" => ("/v1/public/donors", given(&[("q", &filters.q), ("scope", &asked.scope)])),
        "years" => ("/v1/public/years", Query::new()),
        "updates" => ("/v1/public/updates", Query::new()),
        _ => return Err(PageError::NotFound),
    };
    visitor.list_file(path, &query, &list, &kind).await
}
