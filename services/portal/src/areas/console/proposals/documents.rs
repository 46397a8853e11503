//! Documents of proposals: attached and taken off in the console, read there.

use super::show::show_page;
use crate::{
    ids::Id,
    lists::Query,
    uploads,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, Payload, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/proposals/{id}/documents", web::post().to(attach))
        .route("/console/proposals/{id}/documents/{document}", web::post().to(detach))
        .route("/proposal-documents/{id}", web::get().to(file));
}

#[derive(Deserialize)]
struct Upload {
    key: Option<String>,
}

async fn attach(staff: Staff, id: web::Path<Id>, how: web::Query<Upload>, payload: Payload) -> PageResult {
    let path = format!("/v1/allocation-proposals/{id}");
    let sent = uploads::attach(&staff, &path, &Query::new(), how.key.as_deref(), payload).await?;
    settle(&staff, &id, sent).await
}

async fn detach(staff: Staff, place: web::Path<(Id, Id)>) -> PageResult {
    let (id, document) = place.into_inner();
    let gone = uploads::detach(&staff, &format!("/v1/proposal-documents/{document}")).await?;
    settle(&staff, &id, gone).await
}

async fn settle(staff: &Staff, id: &Id, answer: Result<Value, Value>) -> PageResult {
    match answer {
        Ok(_) => staff.see_other(&format!("/console/proposals/{id}")),
        Err(problem) => show_page(staff, id, json!({ "problem": problem })).await,
    }
}

/// A document: the platform decides who gets it.
async fn file(staff: Staff, id: web::Path<Id>) -> PageResult {
    staff.document(&format!("/v1/proposal-documents/{id}")).await
}
