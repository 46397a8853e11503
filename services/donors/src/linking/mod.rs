//! The same money known twice: our own record of it, and what FTS reports. Pairs are proposed with points, linked by a
//! person or by a shared reference, and counted once: as FTS has them in everybody's totals, as our record has them in
//! ours.
//!
//! [`score`] says what speaks for a pair, [`pairing`] who is whose partner. [`component`] finds all records that decide on
//! each other, so that for what counts the order in which they arrive means nothing; [`settle`] writes what follows, in one transaction.
//! `to_link` notes what was written, and [`worker`] looks at it within a second; a decision settles what it changes itself.

pub(crate) mod api;
mod component;
mod decide;
mod group;
mod pairing;
mod record;
mod score;
mod settle;
mod store;
pub(crate) mod worker;

#[cfg(test)]
mod tests;

use utoipa_actix_web::service_config::ServiceConfig;

/// Its endpoints.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(api::list)
        .service(api::get)
        .service(decide::create)
        .service(decide::confirm)
        .service(decide::separate)
        .service(decide::reopen);
}
