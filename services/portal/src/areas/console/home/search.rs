//! The search over everything of the console.

use crate::{
    areas::public::search::{self, Question},
    error::{PageError, unless_away},
    lists::items,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/search", web::get().to(show));
}

/// Donors, agreements, proposals, people, contributions by their reference in FTS, and what is public: countries, plans and
/// organisations.
async fn show(staff: Staff, asked: web::Query<Question>) -> PageResult {
    let words = asked.words();
    let is_reference = !words.is_empty() && words.bytes().all(|byte| byte.is_ascii_digit());
    let in_fts = format!("fts:{words}");
    let by_words = ("q", words.as_str());
    let (donors, contributions, public, agreements, people, proposals) = futures_util::join!(
        found(&staff, "donors:read", "/v1/donors", by_words),
        async {
            match is_reference {
                true => {
                    found(&staff, "contributions:read", "/v1/contributions", ("external_ref", &in_fts)).await
                }
                false => Ok(Some(Value::Null)),
            }
        },
        found(&staff, "plans:read", search::PATH, by_words),
        found(&staff, "agreements:read", "/v1/agreements", by_words),
        found(&staff, "people:read", "/v1/people", by_words),
        found(&staff, "proposals:read", "/v1/allocation-proposals", by_words),
    );
    let (donors, contributions, public) = (donors?, contributions?, public?);
    let (agreements, people, proposals) = (agreements?, people?, proposals?);
    let parts = [&donors, &contributions, &public, &agreements, &people, &proposals];
    let away = parts.iter().any(|part| part.is_none());
    // What the records have by this very name was meant.
    let others = [&donors, &contributions, &agreements, &people, &proposals];
    let is_found = others.into_iter().flatten().any(|list| !items(list).is_empty());
    let public = public.unwrap_or_default();
    let meant = public["did_you_mean"].as_str().filter(|_| !is_found);
    let context = json!({
        "q": words, "donors": donors, "contributions": contributions, "did_you_mean": meant, "public": public,
        "agreements": agreements, "proposals": proposals, "people": people, "away": away,
    });
    staff.page("console/home/search.html", context).await
}

/// What a list has of the words; null when nothing was asked for or it may not be seen, none while it is unavailable.
async fn found(
    staff: &Staff,
    permission: &str,
    path: &str,
    filter: (&str, &str),
) -> Result<Option<Value>, PageError> {
    if filter.1.is_empty() {
        return Ok(Some(Value::Null));
    }
    unless_away(staff.get_if(permission, path, &[filter, ("limit", "20")]).await)
}
