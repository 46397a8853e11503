//! What somebody is told.

use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::Typed,
    ids::Id,
    lists::{ListPage, ListQuery, NoFilters},
    session::SignedIn,
    visit::{PageResult, Reader},
};
use actix_web::web::{self, Bytes};
use serde_json::json;

const LIST: ListPage =
    ListPage { limit: Some("50"), ..ListPage::new("/v1/notifications", "account/notifications.html") };

pub(crate) async fn list(reader: Reader, asked: web::Query<ListQuery<NoFilters>>) -> PageResult {
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

pub(crate) async fn mark_read(reader: Reader, body: Bytes) -> PageResult {
    let last = Id::read(Typed::read(&body).text("last_id")).ok_or(PageError::NotFound)?;
    let sent = json!({ "last_id": last.as_str() });
    reader.change(Method::PUT, "/v1/notifications/read-until", &sent, Guard::None).await?;
    reader.see_other("/notifications")
}
