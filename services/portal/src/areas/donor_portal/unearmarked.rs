//! What the unearmarked money of a donor did: contribution by contribution, project by project, and the way that one took.

use crate::{
    figures::minor,
    ids::{Id, only_ids},
    lists::{ListPage, ListQuery, NoFilters, Query, given, handed_through, items, or_empty},
    nav::{Group, NavEntry},
    unearmarked::{ReadBy, became, original, projects, stages, with_stages},
    visit::{DonorPrincipal, PageResult},
};
use actix_web::web::{self, ServiceConfig};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: None,
    path: "/donor/unearmarked",
    key: "unearmarked",
    group: Group::Plain,
    position: 25,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/donor/unearmarked", web::get().to(show))
        .route("/donor/unearmarked/statement.pdf", web::get().to(document))
        .route("/donor/unearmarked.{kind}", web::get().to(file))
        .route("/donor/unearmarked/uses.{kind}", web::get().to(uses_file))
        .route(&only_ids("/donor/unearmarked/{id}"), web::get().to(path));
}

/// Each contribution has a bar of its own.
const LIST: ListPage =
    ListPage { path: CONTRIBUTIONS, template: "donor_portal/unearmarked.html", limit: Some("20") };
const CONTRIBUTIONS: &str = "/v1/unearmarked-contributions";

/// What the donor's contributions are used for, in the API.
fn uses_of(donor: &DonorPrincipal) -> String {
    format!("/v1/donors/{}/unearmarked-uses", donor.who.donor_id)
}

async fn show(donor: DonorPrincipal, asked: web::Query<ListQuery<NoFilters>>) -> PageResult {
    let (language, uses) = (donor.language, uses_of(&donor));
    let (context, all, uses) = futures_util::join!(
        LIST.context(&donor, &asked.filters, asked.query()),
        donor.all(CONTRIBUTIONS, &()),
        donor.get(&uses, &()),
    );
    let (mut context, all, uses) = (context?, all?, or_empty(uses)?);
    let originals = join_all(items(&context["list"]).iter().map(|row| original(&donor, row))).await;
    let mut rows = with_stages(language, items(&context["list"]));
    for (row, original) in rows.iter_mut().zip(originals) {
        row["original"] = original?;
    }
    context["list"]["items"] = rows.into();
    let whole = |record: &Value| minor(&record["received"]) + minor(&record["uncovered"]);
    let all_given: i64 = all.iter().map(whole).sum();
    context["stages"] = stages(language, &all);
    context["projects"] = projects(items(&uses), all_given);
    donor.page(LIST.template, context).await
}

async fn file(donor: DonorPrincipal, kind: web::Path<String>) -> PageResult {
    LIST.file(&donor, &NoFilters {}, &kind).await
}

/// The language of the document.
#[derive(Serialize, Deserialize)]
struct DocumentQuery {
    language: Option<String>,
}

async fn document(donor: DonorPrincipal, asked: web::Query<DocumentQuery>) -> PageResult {
    let path = format!("{}/pdf", uses_of(&donor));
    let answer = donor.file(&path, &given(&*asked), "application/pdf").await?;
    Ok(handed_through(answer, "application/pdf", "unearmarked-uses.pdf"))
}

async fn uses_file(donor: DonorPrincipal, kind: web::Path<String>) -> PageResult {
    donor.list_file(&uses_of(&donor), &Query::new(), "unearmarked-uses", &kind).await
}

/// The way that the money of one contribution took.
async fn path(donor: DonorPrincipal, id: web::Path<Id>) -> PageResult {
    let (uses, record) = (format!("/v1/contributions/{id}/uses"), format!("/v1/contributions/{id}"));
    let (uses, record) = futures_util::join!(donor.get(&uses, &()), donor.get(&record, &()));
    let uses = uses?;
    let original = original(&donor, &uses).await?;
    // Its record may be internal: then nothing leads to it.
    let record = record.is_ok().then_some(id.as_str());
    let became = became(donor.language, &uses, ReadBy::Donor);
    let context = json!({ "became": became, "uses": uses, "record": record, "original": original });
    donor.page("donor_portal/unearmarked-path.html", context).await
}
