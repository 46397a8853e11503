//! What waits for whoever signed in, by what their roles and their office let them do.

use super::committee;
use crate::{
    error::{PageError, unless_away},
    lists::{Query, items},
    nav::{Group, NavEntry},
    recent,
    session::SignedIn,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use chrono::Days;
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] =
    &[NavEntry { permission: None, path: "/console", key: "console", group: Group::Work, position: 10 }];

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console", web::get().to(show));
}

/// Rows of each part of the page.
const MAX_ROWS: &str = "5";
/// Pairs of contributions that are counted on the page; more are said to be more.
const MAX_TWICE: &str = "100";
/// Agreements that end within so many days are told.
const ENDS_SOON: Days = Days::new(90);

async fn show(staff: Staff) -> PageResult {
    let office = staff.signed_in.as_ref().map(|signed_in| signed_in.office_id.as_str()).unwrap_or_default();
    let soon = (staff.today() + ENDS_SOON).to_string();
    let except = staff.signed_in.as_ref().and_then(SignedIn::muted);
    let mut unread = vec![("unread", "true")];
    unread.extend(except.as_ref().map(|(name, kinds)| (name.as_str(), kinds.as_str())));
    let own = [("office_id", office), ("owed", "true")];
    let negotiated = [("office_id", office), ("state", "negotiation")];
    let ending = [("state", "active"), ("sort", "end_date"), ("ends_before", soon.as_str())];
    let parts = futures_util::join!(
        few(&staff, "reports:read", "/v1/notifications", &unread),
        few(&staff, "reports:write", "/v1/reports", &own),
        few(&staff, "reports:review", "/v1/reports", &[("state", "regional_review")]),
        few(&staff, "reports:clear", "/v1/reports", &[("state", "hq_clearance")]),
        few(&staff, "reports:read", "/v1/reports", &[("overdue", "true")]),
        few(&staff, "agreements:write", "/v1/agreements", &negotiated),
        few(&staff, "agreements:read", "/v1/agreements", &ending),
        few(&staff, "contributions:read", "/v1/contributions", &[]),
        few(&staff, "imports:read", "/v1/imports", &[]),
        few(&staff, "plans:read", "/v1/plans", &[]),
        known_twice(&staff),
        committee::waiting(&staff),
    );
    let (told, mine, review, clear, overdue) = (parts.0?, parts.1?, parts.2?, parts.3?, parts.4?);
    let (negotiated, ending) = (parts.5?, parts.6?);
    let (contributions, imports, plans, twice) = (parts.7?, parts.8?, parts.9?, parts.10?);
    let committee = parts.11?;
    let of_all =
        [&told, &mine, &review, &clear, &overdue, &negotiated, &ending, &contributions, &imports, &plans];
    let away = twice.is_none() || committee["away"] == true || of_all.iter().any(|part| part.is_none());
    let context = json!({
        "told": told.unwrap_or_default(), "mine": mine, "review": review, "clear": clear, "overdue": overdue,
        "negotiated": negotiated, "ending": ending, "contributions": contributions, "imports": imports,
        "plans": plans, "twice": twice.map(|list| counted(&list)), "away": away, "recent": recent::list(&staff.request),
        "committee": committee, "today": staff.today().to_string(),
    });
    staff.page("console/home/work.html", context).await
}

/// The first rows of a list: null for whoever may not see it, none while its service is unavailable.
async fn few(
    staff: &Staff,
    permission: &str,
    path: &str,
    filter: &[(&str, &str)],
) -> Result<Option<Value>, PageError> {
    let mut query: Query =
        filter.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    query.push(("limit".to_owned(), MAX_ROWS.to_owned()));
    unless_away(staff.get_if(permission, path, &query).await)
}

/// The pairs of contributions that wait for somebody to say whether they are the same money.
async fn known_twice(staff: &Staff) -> Result<Option<Value>, PageError> {
    let query = [("state", "proposed"), ("limit", MAX_TWICE)];
    unless_away(staff.get_if("contributions:write", "/v1/contribution-links", &query).await)
}

/// How many rows a list has, and whether there are more.
fn counted(list: &Value) -> Value {
    json!({ "count": items(list).len(), "more": list["next_cursor"].is_string() })
}
