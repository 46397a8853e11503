//! What somebody is told of allocations.

use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::Typed,
    ids::Id,
    lists::{ListPage, ListQuery, NoFilters},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, Bytes, ServiceConfig};
use kernel::AllocationNoticeKind;
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("proposals:read"),
    path: "/notifications/allocations",
    key: "allocation-notices",
    group: Group::Plain,
    position: 11,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/notifications/allocations", web::get().to(list))
        .route("/notifications/allocations", web::post().to(mark_read));
}

const LIST: ListPage = ListPage {
    limit: Some("50"),
    ..ListPage::new("/v1/allocation-notices", "account/allocation-notices.html")
};

async fn list(staff: Staff, asked: web::Query<ListQuery<NoFilters>>) -> PageResult {
    let mut context = LIST.context(&staff, &asked.filters, asked.query()).await?;
    context["latest"] = context["list"]["items"][0]["id"].clone();
    if let Some(notices) = context["list"]["items"].as_array_mut() {
        for notice in notices {
            notice["page"] = page_of(notice).into();
        }
    }
    staff.page(LIST.template, context).await
}

/// Where a notice leads to; none for one of a kind that is not known here.
fn page_of(notice: &Value) -> Option<String> {
    let kind: AllocationNoticeKind = notice["kind"].as_str()?.parse().ok()?;
    Some(kind.page(notice["record_id"].as_str()?))
}

async fn mark_read(staff: Staff, body: Bytes) -> PageResult {
    let last = Id::read(Typed::read(&body).text("last_id")).ok_or(PageError::NotFound)?;
    let sent = json!({ "last_id": last.as_str() });
    staff.change(Method::PUT, "/v1/allocation-notices/read-until", &sent, Guard::None).await?;
    staff.see_other("/notifications/allocations")
}
