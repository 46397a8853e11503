//! Files that begin an import by being checked, and the template of one.

use super::{
    fts,
    list::{Chosen, known_format, list_page},
};
use crate::{
    error::PageError,
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
    key: Option<String>,
    format: Option<String>,
    /// What becomes of files of FTS: `check`, `import` or `skip`. Others are always checked first.
    mode: Option<String>,
}

/// Checks files. They are kept for the import itself, and what was saved of the columns of their source is used. Plan overviews
/// are not kept, so that files of FTS can also be imported as they are.
async fn upload(staff: Staff, how: web::Query<Upload>, payload: Payload) -> PageResult {
    let format = known_format(how.format.as_deref());
    let key = how.key.as_deref();
    let sent = if format == "fts" {
        let mode = how.mode.as_deref();
        fts::send(&staff, (!matches!(mode, Some("import" | "skip")), mode == Some("skip")), key, payload)
            .await
    } else {
        let query: Query = [("format", format), ("dry_run", "true"), ("saved_mapping", "true")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let import = staff.upload("/v1/imports", &query, key, payload).await;
        import.map(|import| format!("/console/imports/{}", import["id"].as_str().unwrap_or_default()))
    };
    match sent {
        Ok(address) => staff.see_other(&address),
        Err(PageError::Refused(problem)) if [400, 403, 409, 413, 415, 422].contains(&problem.status) => {
            let chosen = Chosen { format: how.format.clone(), ..Chosen::default() };
            list_page(&staff, &ListQuery::default(), &chosen, json!(problem)).await
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
