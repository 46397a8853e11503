//! Copying a proposal forward: what was not funded in one window is asked for in the next without being written again.

use super::{list, show::proposal_of};
use crate::{
    client::{Guard, Method},
    forms::key,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/proposals/{id}/copy", web::get().to(show))
        .route("/console/proposals/{id}/copy", web::post().to(copy));
}

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    show_page(&staff, &id, Value::Null).await
}

/// The windows that are open, to choose from.
async fn show_page(staff: &Staff, id: &Id, problem: Value) -> PageResult {
    let proposal = proposal_of(staff, id).await?;
    let windows = list::windows(staff, &[("state", "open")]).await?;
    let context = json!({ "windows": windows, "copied": proposal, "problem": problem, "key": key() });
    staff.page("console/proposals/new.html", context).await
}

async fn copy(form: Writer, id: web::Path<Id>) -> PageResult {
    let sent = json!({ "window_id": form.typed.text("window_id") });
    let guard = Guard::Key(form.typed.text("key"));
    let path = format!("/v1/allocation-proposals/{id}/copy");
    match form.submit(Method::POST, &path, &sent, guard).await? {
        Ok(draft) => {
            let draft = draft["id"].as_str().unwrap_or_default();
            form.see_other(&format!("/console/proposals/{draft}/edit"))
        }
        Err(problem) => show_page(&form, &id, problem).await,
    }
}
