//! Imports: upload (every row staged and checked), then background work in resumable batches. Only checking rejects
//! rows; a crash at any instant loses and doubles nothing.
//!
//! `receiving → queued → applying → done`, or `refused` (rows were wrong and the user did not say to skip them),
//! `checked` (dry run), `failed` (our fault; nothing more is applied, the message says why).

pub(crate) mod api;
mod apply;
pub(crate) mod fts;
mod parser;
pub(crate) mod store;
pub(crate) mod upload;
pub(crate) mod worker;

/// Rows applied, or staged, in one transaction.
pub(crate) const BATCH: u16 = 1000;
