//! Signing an agreement: the form has the signed document, or none.

use super::show::{STEPS, show_page};
use crate::{
    ids::Id,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, Payload, ServiceConfig};
use serde::Deserialize;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/agreements/{id}/sign", web::post().to(sign));
}

#[derive(Deserialize)]
struct Read {
    /// The version of the agreement that was read.
    version: Option<String>,
}

async fn sign(staff: Staff, id: web::Path<Id>, read: web::Query<Read>, payload: Payload) -> PageResult {
    let version = read.version.as_deref().unwrap_or_default();
    match STEPS.take_upload(&staff, &id, "sign", version, payload).await? {
        Ok(response) => Ok(response),
        Err(again) => show_page(&staff, &id, again).await,
    }
}
