//! Imports: upload (every row staged and checked), then background work in resumable batches. Only checking rejects
//! rows; a crash at any instant loses and doubles nothing.
//!
//! `receiving → queued → applying → done`, or `refused` (rows were wrong and the user did not say to skip them),
//! `checked` (dry run), `failed` (our fault; nothing more is applied, the message says why).
//!
//! A dry run is compared with what is there and not applied ([`compare`]); its files are kept for an hour ([`uploads`]), so
//! that the import itself needs none.
//!
//! A format (`fts`, `csv`, `xlsx`, `iati`) turns bytes into rows; the last three into rows of named fields
//! ([`record::Record`]). Nothing after that knows the format.

pub(crate) mod api;
mod apply;
mod changes;
mod columns;
mod compare;
mod csv;
mod dates;
mod decisions;
mod fields;
mod flow;
mod format;
mod fts;
mod grouping;
mod headings;
mod iati;
mod kept;
mod lines;
mod matching;
mod meter;
mod new_donors;
mod of_month;
mod options;
mod receiving;
mod record;
mod saved_mapping;
mod seen;
mod spool;
pub(crate) mod store;
pub(crate) mod template;
mod totals;
pub(crate) mod upload;
mod uploads;
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
        .service(api::rows)
        .service(new_donors::list)
        .service(saved_mapping::list)
        .service(saved_mapping::get)
        .service(saved_mapping::put)
        .service(saved_mapping::remove);
}

/// Rows applied, or staged, in one transaction.
pub(crate) const BATCH_SIZE: u16 = 1000;
