//! The donors behind a figure, and their contributions.

use super::{named, of_office};
use crate::{
    ids::Id,
    lists::{ListQuery, context_of, given, query_of},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/diversification/donors", web::get().to(list))
        .route("/console/diversification/donors.{kind}", web::get().to(file))
        .route("/console/diversification/contributions", web::get().to(contributions));
}

const ROWS: &str = "/v1/diversification/rows";

#[derive(Serialize, Deserialize)]
struct Figure {
    year: String,
    measure: String,
    key: Option<String>,
    office_id: Option<String>,
    scope: Option<String>,
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Figure>>) -> PageResult {
    let (figure, language) = (&asked.filters, staff.language);
    let mut context = staff.list(ROWS, &asked).await?;
    context["year"] = figure.year.as_str().into();
    context["name"] = named(language, "measure", &figure.measure).into();
    context["key_name"] = figure.key.as_deref().map(|key| named(language, &figure.measure, key)).into();
    let of_office = of_office(figure.office_id.as_deref(), figure.scope.as_deref());
    context["office_query"] = query_of(&of_office).into();
    staff.page("console/analysis/donors.html", context).await
}

async fn file(staff: Staff, kind: web::Path<String>, figure: web::Query<Figure>) -> PageResult {
    staff.list_file(ROWS, &given(&*figure), "diversification-donors", &kind).await
}

#[derive(Serialize, Deserialize)]
struct OfDonor {
    donor_id: Id,
    year: String,
    office_id: Option<String>,
    scope: Option<String>,
}

/// A donor's contributions that count in a year.
async fn contributions(staff: Staff, asked: web::Query<ListQuery<OfDonor>>) -> PageResult {
    let OfDonor { donor_id, year, office_id, scope } = &asked.filters;
    let (office, scope) = (office_id.as_deref(), scope.as_deref());
    let query = given(&[
        ("donor_id", Some(donor_id.as_str())),
        ("counted_year", Some(year)),
        ("within_office_id", office),
        ("scope", scope),
    ]);
    let (path, query) = (format!("/v1/donors/{donor_id}"), asked.after(query));
    let (list, donor) = futures_util::join!(staff.get("/v1/contributions", &query), staff.get(&path, &()));
    let mut context = context_of(list?, &asked.filters);
    (context["donor"], context["year"]) = (donor?, year.as_str().into());
    context["office_query"] = query_of(&of_office(office, scope)).into();
    staff.page("console/analysis/contributions.html", context).await
}
