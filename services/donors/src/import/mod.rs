//! Imports: upload (every row staged and checked), then background work in resumable batches. Only checking rejects
//! rows; a crash at any instant loses and doubles nothing.
//!
//! `receiving → queued → applying → done`, or `refused` (rows were wrong and the user did not say to skip them),
//! `checked` (dry run), `failed` (our fault; nothing more is applied, the message says why).
//!
//! A format (`fts`, `csv`, `xlsx`, `iati`) turns bytes into rows; the last three into rows of named fields
//! ([`record::Record`]). Nothing after that knows the format.

pub(crate) mod api;
mod apply;
mod columns;
mod csv;
mod dates;
mod fields;
mod flow;
mod format;
mod fts;
mod grouping;
mod iati;
mod kept;
mod matching;
mod meter;
mod of_month;
mod options;
mod record;
mod seen;
mod spool;
pub(crate) mod store;
pub(crate) mod template;
pub(crate) mod upload;
pub(crate) mod worker;
mod xlsx;
mod xml;

use utoipa_actix_web::service_config::ServiceConfig;

/// Its endpoints.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(api::list)
        .service(upload::create)
        .service(template::get)
        .service(api::get)
        .service(api::rows);
}

/// Rows applied, or staged, in one transaction.
pub(crate) const BATCH_SIZE: u16 = 1000;
