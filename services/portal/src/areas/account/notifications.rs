//! What somebody is told.

use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::Typed,
    ids::Id,
    lists::{ListPage, ListQuery, NoFilters},
    nav::{Group, NavEntry},
    session::SignedIn,
    visit::{PageResult, Reader},
};
use actix_web::web::{self, Bytes, ServiceConfig};
use serde_json::json;

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("reports:read"),
    path: "/notifications",
    key: "notifications",
    group: Group::Plain,
    position: 10,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/notifications", web::get().to(list)).route("/notifications", web::post().to(mark_read));
}

const LIST: ListPage =
    ListPage { limit: Some("50"), ..ListPage::new("/v1/notifications", "account/notifications.html") };

async fn list(reader: Reader, asked: web::Query<ListQuery<NoFilters>>) -> PageResult {
    let mut query = asked.query();
    let signed_in = reader.signed_in.as_ref();
    query.extend(signed_in.and_then(SignedIn::muted));
    let mut context = LIST.context(&reader, &asked.filters, query).await?;
    let is_donor = signed_in.is_some_and(|signed_in| signed_in.donor_id.is_some());
    let place = if is_donor { "/donor/reports/" } else { "/console/reports/" };
    context["latest"] = context["list"]["items"][0]["id"].clone();
    context["place"] = place.into();
    reader.page(LIST.template, context).await
}

async fn mark_read(reader: Reader, body: Bytes) -> PageResult {
    let last = Id::read(Typed::read(&body).text("last_id")).ok_or(PageError::NotFound)?;
    let sent = json!({ "last_id": last.as_str() });
    reader.change(Method::PUT, "/v1/notifications/read-until", &sent, Guard::None).await?;
    reader.see_other("/notifications")
}
