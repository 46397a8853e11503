//! The page on which an office is closed: it says what is still open there, with the way to each.

use super::show::{find, open_business};
use crate::{
    client::{Guard, Method},
    error::PageError,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/offices/{id}/close", web::get().to(show))
        .route("/console/offices/{id}/close", web::post().to(close));
}

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    close_page(&staff, &id, Value::Null).await
}

async fn close_page(staff: &Staff, id: &Id, problem: Value) -> PageResult {
    let found = find(staff, id).await?;
    if !found.may_write {
        return Err(PageError::NotFound);
    }
    let open = open_business(staff, &found, id).await?;
    let context =
        json!({ "is_free": is_free(&open), "office": found.office, "open": open, "problem": problem });
    staff.page("console/offices/close.html", context).await
}

/// Whether nothing is open.
fn is_free(open: &Value) -> bool {
    ["offices", "people", "clients", "agreements_total"].iter().all(|name| open[name] == 0)
}

async fn close(form: Writer, id: web::Path<Id>) -> PageResult {
    let guard = Guard::Version(form.typed.text("version"));
    match form.submit(Method::POST, &format!("/v1/offices/{id}/close"), &json!({}), guard).await? {
        Ok(_) => form.see_other(&format!("/console/offices/{id}?done=close")),
        Err(problem) => close_page(&form, &id, problem).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_is_free_when_nothing_is_open() {
        let open = |people: i64, agreements: i64| json!({ "offices": 0, "people": people, "clients": 0, "agreements": [], "agreements_total": agreements });
        assert!(is_free(&open(0, 0)));
        assert!(!is_free(&open(1, 0)) && !is_free(&open(0, 1)) && !is_free(&Value::Null));
    }
}
