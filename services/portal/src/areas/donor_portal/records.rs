//! The contributions, agreements and reports that a donor may see.

use crate::{
    client::{Guard, Method},
    error::unless_away,
    forms::refused,
    ids::Id,
    lists::{ListPage, ListQuery, NoFilters, Query, given},
    nav::{Group, NavEntry},
    unearmarked::uses_of,
    visit::{DonorPrincipal, PageResult},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Its entries in the menu.
pub(super) const NAV: &[NavEntry] = &[
    NavEntry {
        permission: None,
        path: "/donor/contributions",
        key: "contributions",
        group: Group::Plain,
        position: 20,
    },
    NavEntry {
        permission: None,
        path: "/donor/agreements",
        key: "agreements",
        group: Group::Plain,
        position: 30,
    },
    NavEntry { permission: None, path: "/donor/reports", key: "reports", group: Group::Plain, position: 40 },
];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/donor/contributions", web::get().to(contributions))
        .route("/donor/contributions.{kind}", web::get().to(contributions_file))
        .route("/donor/contributions/{id}", web::get().to(contribution))
        .route("/donor/agreements", web::get().to(agreements))
        .route("/donor/agreements/{id}", web::get().to(agreement))
        .route("/donor/reports", web::get().to(reports))
        .route("/donor/reports/{id}", web::get().to(report))
        .route("/donor/calendar", web::post().to(calendar));
}

const CONTRIBUTIONS: ListPage = ListPage::new("/v1/contributions", "donor_portal/contributions.html");
const AGREEMENTS: ListPage = ListPage::new("/v1/agreements", "donor_portal/agreements.html");
const REPORTS: ListPage = ListPage::new("/v1/reports", "donor_portal/reports.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    scope: Option<String>,
    plan_id: Option<String>,
    status: Option<String>,
    year: Option<String>,
    country: Option<String>,
    earmarking: Option<String>,
}

async fn contributions(donor: DonorPrincipal, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    // The choices of the filters come from another service than the list; a wrong filter is the list's to refuse.
    let path = format!("/v1/donors/{}", donor.who.donor_id);
    let (funding_path, totals_path) = (format!("{path}/funding"), format!("{path}/contribution-totals"));
    let (scope, filters) = (given(&[("scope", &asked.filters.scope)]), asked.filter());
    let (funding, totals) =
        futures_util::join!(donor.get(&funding_path, &scope), donor.get(&totals_path, &filters));
    let totals = unless_away(refused(totals, ""))?.map(Result::unwrap_or_default);
    let funding = unless_away(funding)?;
    let away = funding.is_none() || totals.is_none();
    let funding = funding.unwrap_or_default();
    let mut countries: Vec<&str> = Vec::new();
    for entry in funding["by_country_year"].as_array().into_iter().flatten() {
        countries.extend(entry["country"].as_str().filter(|code| !countries.contains(code)));
    }
    let plans =
        funding["by_plan"].as_array().into_iter().flatten().filter(|part| part["plan_id"].is_string());
    let plans: Vec<Value> =
        plans.map(|part| json!({ "id": part["plan_id"], "name": part["name"] })).collect();
    let more = json!({
        "countries": countries, "years": funding["by_year"], "plans": plans, "organisation": funding["organisation"],
        "totals": totals, "away": away,
    });
    CONTRIBUTIONS.show(&donor, &asked, more).await
}

async fn contributions_file(
    donor: DonorPrincipal,
    kind: web::Path<String>,
    filters: web::Query<Filters>,
) -> PageResult {
    CONTRIBUTIONS.file(&donor, &*filters, &kind).await
}

async fn contribution(donor: DonorPrincipal, id: web::Path<Id>) -> PageResult {
    let record = donor.get(&format!("/v1/contributions/{id}"), &()).await?;
    let is_free = ["unearmarked", "softly_earmarked"].iter().any(|name| record["earmarking"] == *name);
    let uses = if is_free { uses_of(&donor, id.as_str()).await? } else { Value::Null };
    let context = json!({ "way": uses["contribution_id"], "contribution": record });
    donor.page("donor_portal/contribution.html", context).await
}

async fn agreements(donor: DonorPrincipal, asked: web::Query<ListQuery<NoFilters>>) -> PageResult {
    AGREEMENTS.show(&donor, &asked, Value::Null).await
}

async fn agreement(donor: DonorPrincipal, id: web::Path<Id>) -> PageResult {
    let path = format!("/v1/agreements/{id}");
    let (of_it, documents) = ([("agreement_id", id.as_str()), ("limit", "200")], format!("{path}/documents"));
    let agreement = donor.get(&path, &()).await?;
    let (reports, documents) =
        futures_util::join!(donor.get("/v1/reports", &of_it), donor.get(&documents, &()));
    let context = json!({ "agreement": agreement, "reports": reports?, "documents": documents? });
    donor.page("donor_portal/agreement.html", context).await
}

#[derive(Serialize, Deserialize)]
struct ReportFilters {
    owed: Option<String>,
}

/// Reports that were handed in, unless those that are owed are asked for.
async fn reports(donor: DonorPrincipal, asked: web::Query<ListQuery<ReportFilters>>) -> PageResult {
    let owed = asked.filters.owed.as_deref() == Some("true");
    let filters = ReportFilters { owed: Some(owed.to_string()) };
    reports_page(&donor, &filters, asked.after(given(&filters)), Value::Null).await
}

async fn reports_page(
    donor: &DonorPrincipal,
    filters: &ReportFilters,
    query: Query,
    calendar: Value,
) -> PageResult {
    let mut context = REPORTS.context(donor, filters, query).await?;
    context["owed"] = (filters.owed.as_deref() == Some("true")).into();
    context["calendar"] = calendar;
    donor.page(REPORTS.template, context).await
}

async fn report(donor: DonorPrincipal, id: web::Path<Id>) -> PageResult {
    let report = donor.get(&format!("/v1/reports/{id}"), &()).await?;
    donor.page("donor_portal/report.html", json!({ "report": report })).await
}

/// Makes a calendar address and shows it, this once.
async fn calendar(donor: DonorPrincipal) -> PageResult {
    let sent = json!({ "language": donor.language.as_str() });
    let made = donor.change(Method::PUT, "/v1/calendar", &sent, Guard::None).await?;
    let address = format!("{}{}", donor.state.public_url, made["path"].as_str().unwrap_or_default());
    let owed = ReportFilters { owed: Some("true".to_owned()) };
    reports_page(&donor, &owed, given(&owed), address.into()).await
}
