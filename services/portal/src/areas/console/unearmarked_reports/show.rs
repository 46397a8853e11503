//! A report: its texts, its figures, and its publication.

use crate::{
    areas::public::unearmarked::{drawn, texts},
    donor_names::in_language,
    ids::{Id, only_ids},
    lists::{added, given, handed_through},
    offices::may_at_headquarters,
    people, recent,
    steps::{Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/unearmarked-reports/{id}"), web::get().to(show))
        .route("/console/unearmarked-reports/{id}/report.pdf", web::get().to(document))
        .route("/console/unearmarked-reports/{id}/lines.{kind}", web::get().to(file))
        .route(&STEPS.address(), web::post().to(step));
}

pub(crate) const STEPS: Steps = Steps {
    list: "unearmarked-reports",
    once: false,
    steps: &[Step::dialog("publish", "unearmarked-do-publish").about("unearmarked-publish-about")],
};

/// The language of the document.
#[derive(Serialize, Deserialize)]
struct DocumentQuery {
    language: Option<String>,
}

/// What has just happened.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done = done.done.as_deref().filter(|done| ["created", "saved"].contains(done));
    show_page(&staff, &id, json!({ "problem": null, "done": done })).await
}

/// The page, with what `again` says of what was refused.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let path = format!("/v1/unearmarked-reports/{id}");
    let figures_path = format!("{path}/figures");
    let (report, figures) = futures_util::join!(staff.get(&path, &()), staff.get(&figures_path, &()));
    let (report, figures) = (report?, figures?);
    let committee = in_language(staff.language, &figures["committee"]);
    recent::note(&staff.request, &format!("/console/unearmarked-reports/{id}"), committee.as_str());
    let writes = report["state"] == "draft" && may_at_headquarters(staff, "committees:write").await?;
    let possible: &[&str] = if writes { &["publish"] } else { &[] };
    let steps = STEPS.of(staff, &report, possible);
    let names = people::names(staff, [&report["published_by"]]).await?;
    let context = json!({
        "drawn": drawn(staff.language, &figures), "texts": texts(staff.language, &report), "figures": figures,
        "writes": writes, "steps": steps, "names": names, "done": null, "report": report,
    });
    staff.page("console/unearmarked_reports/show.html", added(context, again)).await
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(response) => Ok(response),
        Err(again) => show_page(&form, &id, again).await,
    }
}

async fn document(staff: Staff, id: web::Path<Id>, asked: web::Query<DocumentQuery>) -> PageResult {
    let path = format!("/v1/unearmarked-reports/{id}/pdf");
    let answer = staff.file(&path, &given(&*asked), "application/pdf").await?;
    Ok(handed_through(answer, "application/pdf", "unearmarked-funding.pdf"))
}

async fn file(staff: Staff, place: web::Path<(Id, String)>) -> PageResult {
    let (id, kind) = place.into_inner();
    let path = format!("/v1/unearmarked-reports/{id}/lines");
    staff.list_file(&path, &Vec::new(), "unearmarked-funding", &kind).await
}
