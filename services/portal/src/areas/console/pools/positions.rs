//! The positions of a pool: what of each lot is where, and for which proposal.

use super::{lots::listed, show::proposals};
use crate::{
    ids::{Id, only_ids},
    lists::{ListQuery, given, items},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/pools/{id}/positions"), web::get().to(list))
        .route(&only_ids("/console/pools/{id}/positions.{kind}"), web::get().to(file));
}

#[derive(Serialize, Deserialize)]
struct Filters {
    account: Option<String>,
    lot_id: Option<String>,
    proposal_id: Option<String>,
}

async fn list(staff: Staff, id: web::Path<Id>, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let mut context = listed(&staff, &id, "positions", &asked).await?;
    context["proposals"] = proposals(&staff, items(&context["list"])).await?;
    staff.page("console/pools/positions.html", context).await
}

async fn file(staff: Staff, place: web::Path<(Id, String)>, filters: web::Query<Filters>) -> PageResult {
    let (id, kind) = place.into_inner();
    staff.list_file(&format!("/v1/pools/{id}/positions"), &given(&*filters), "positions", &kind).await
}
