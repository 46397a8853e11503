//! Documents of agreements: attached and taken off in the console, read there and in the donor portal.

use super::show::show_page;
use crate::{
    ids::Id,
    lists::given,
    uploads,
    visit::{PageResult, Reader, Staff},
};
use actix_web::web::{self, Payload, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/agreements/{id}/documents", web::post().to(attach))
        .route("/console/agreements/{id}/documents/{document}", web::post().to(detach))
        .route("/agreement-documents/{id}", web::get().to(file));
}

#[derive(Deserialize)]
struct Upload {
    key: Option<String>,
    visibility: Option<String>,
}

async fn attach(staff: Staff, id: web::Path<Id>, how: web::Query<Upload>, payload: Payload) -> PageResult {
    let (path, query) = (format!("/v1/agreements/{id}"), given(&[("visibility", &how.visibility)]));
    let sent = uploads::attach(&staff, &path, &query, how.key.as_deref(), payload).await?;
    settle(&staff, &id, sent).await
}

async fn detach(staff: Staff, place: web::Path<(Id, Id)>) -> PageResult {
    let (id, document) = place.into_inner();
    let gone = uploads::detach(&staff, &format!("/v1/agreement-documents/{document}")).await?;
    settle(&staff, &id, gone).await
}

async fn settle(staff: &Staff, id: &Id, answer: Result<Value, Value>) -> PageResult {
    match answer {
        Ok(_) => staff.see_other(&format!("/console/agreements/{id}")),
        Err(problem) => show_page(staff, id, json!({ "problem": problem })).await,
    }
}

/// A document, for staff and for the donor alike: the platform decides who gets it.
async fn file(reader: Reader, id: web::Path<Id>) -> PageResult {
    reader.document(&format!("/v1/agreement-documents/{id}")).await
}
