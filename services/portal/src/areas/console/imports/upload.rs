//! Files that begin an import, and the template of one.

use super::{
    fts,
    list::{known_format, list_page},
    show::show_page,
};
use crate::{
    error::PageError,
    ids::Id,
    lists::{ListQuery, Query, XLSX, handed_through},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, Payload, ServiceConfig};
use serde::Deserialize;
use serde_json::json;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/imports", web::post().to(upload))
        .route("/console/imports/template.{kind}", web::get().to(template));
}

#[derive(Deserialize)]
struct Upload {
    /// `check`, `import` or `skip`.
    mode: Option<String>,
    key: Option<String>,
    format: Option<String>,
    /// The check whose columns this upload maps.
    from: Option<Id>,
}

async fn upload(staff: Staff, how: web::Query<Upload>, payload: Payload) -> PageResult {
    let format = known_format(how.format.as_deref());
    let mode = how.mode.as_deref().unwrap_or("import");
    let (dry_run, skip_bad) = (mode == "check", mode == "skip");
    let sent = if format == "fts" {
        fts::send(&staff, (dry_run, skip_bad), how.key.as_deref(), payload).await
    } else {
        let query: Query = [
            ("format", format.to_owned()),
            ("dry_run", dry_run.to_string()),
            ("skip_bad", skip_bad.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        let import = staff.upload("/v1/imports", &query, how.key.as_deref(), payload).await;
        import.map(|import| format!("/console/imports/{}", import["id"].as_str().unwrap_or_default()))
    };
    match sent {
        Ok(address) => staff.see_other(&address),
        Err(PageError::Refused(problem)) if [400, 403, 409, 413, 415, 422].contains(&problem.status) => {
            match &how.from {
                Some(id) => show_page(&staff, id, &ListQuery::default(), json!(problem)).await,
                None => list_page(&staff, &ListQuery::default(), how.format.as_deref(), json!(problem)).await,
            }
        }
        Err(error) => Err(error),
    }
}

/// The template of a table, as the file that its ending says.
async fn template(staff: Staff, kind: web::Path<String>) -> PageResult {
    let (accept, media_type) = match kind.as_str() {
        "csv" => ("text/csv", "text/csv; charset=utf-8"),
        "xlsx" => (XLSX, XLSX),
        _ => return Err(PageError::NotFound),
    };
    let answer = staff.file("/v1/imports/template", &Query::new(), accept).await?;
    Ok(handed_through(answer, media_type, &format!("contributions-template.{kind}")))
}
