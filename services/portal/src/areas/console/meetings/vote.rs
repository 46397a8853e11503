//! Voting on a motion: from its own page, or from that of the meeting.

use super::{motion, show};
use crate::{
    client::{Guard, Method},
    error::{PageError, unless_away},
    ids::{Id, only_ids},
    visit::{PageResult, Staff, Visit, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route(&only_ids("/console/motions/{id}/vote"), web::post().to(vote));
}

/// The reader's own vote on what is put to the vote at `path` of the API, and whether they have one; null for whoever does not
/// vote at all.
pub(crate) async fn own<W>(visit: &Visit<W>, path: &str) -> Result<Value, PageError> {
    if !visit.may("votes:write") {
        return Ok(Value::Null);
    }
    Ok(unless_away(visit.get(&format!("{path}/vote"), &()).await)?.unwrap_or_default())
}

/// The reader's own vote on a motion.
pub(crate) async fn own_on(staff: &Staff, motion: &Value) -> Result<Value, PageError> {
    own(staff, &format!("/v1/motions/{}", motion["id"].as_str().unwrap_or_default())).await
}

async fn vote(form: Writer, id: web::Path<Id>) -> PageResult {
    let typed = &form.typed;
    let meeting = Id::read(typed.text("meeting_id"));
    let (path, sent) = (format!("/v1/motions/{id}/vote"), json!({ "vote": typed.text("vote") }));
    // The last vote counts: sending it twice does no harm.
    let outcome = form.submit(Method::PUT, &path, &sent, Guard::None).await?;
    match (outcome, meeting) {
        (Ok(_), Some(meeting)) => form.see_other(&format!("/console/meetings/{meeting}?done=vote")),
        (Ok(_), None) => form.see_other(&format!("/console/motions/{id}?done=vote")),
        (Err(problem), Some(meeting)) => {
            show::show_page(&form, &meeting, json!({ "problem": problem })).await
        }
        (Err(problem), None) => motion::show_page(&form, &id, json!({ "problem": problem })).await,
    }
}
