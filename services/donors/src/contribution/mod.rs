//! Contributions: pledge, commitment, paid. A pledge never counts as funding. Beside what the organisation itself is given
//! stand the flows that FTS reports of anybody; `recipient` says which of those are its own.

pub(crate) mod api;
pub(crate) mod counting;
pub(crate) mod create;
pub(crate) mod ending;
pub(crate) mod entry;
pub(crate) mod filter;
pub(crate) mod list;
pub(crate) mod ours;
pub(crate) mod partner;
pub(crate) mod plans;
pub(crate) mod recipient;
pub(crate) mod root;
pub(crate) mod steps;
pub(crate) mod store;
pub(crate) mod target;
pub(crate) mod totals;

use kernel::closed_set;

use utoipa_actix_web::service_config::ServiceConfig;

/// Its endpoints.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(api::list)
        .service(api::get)
        .service(totals::get)
        .service(create::create)
        .service(api::entries)
        .service(plans::list)
        .service(recipient::read)
        .service(recipient::progress)
        .service(recipient::write)
        .service(steps::commit)
        .service(steps::pay)
        .service(steps::allot)
        .service(ending::write_off)
        .service(ending::reverse);
}

closed_set! {
    /// Whether a record counts in totals: a current one does; one that was fulfilled, written off or reversed does not.
    pub enum Standing {
        Current = "current",
        MovedOn = "moved_on",
        WrittenOff = "written_off",
        Reversed = "reversed",
    }
}

closed_set! {
    /// How goods or services were valued.
    pub(crate) enum ValuationMethod {
        MarketPrice = "market_price",
        DonorStatement = "donor_statement",
        StandardCost = "standard_cost",
    }
}

#[cfg(test)]
mod paging_tests;
