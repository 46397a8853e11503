//! Allocations: how unearmarked and softly earmarked money is decided on, and what became of it.
//!
//! A pool takes in contributions as lots ([`lot`]); its ledger ([`ledger`]) says what is available, promised, disbursed and
//! spent of each. A committee decides on proposals within windows, and every decision is an entry of the ledger.

mod allocation_event;
mod circulation;
mod committee;
mod conflict;
mod consumers;
mod decision;
mod disbursement;
mod intake;
mod known;
mod ledger;
mod lot;
mod meeting;
mod migration;
mod minutes;
mod motion;
mod pool;
mod proposal;
mod reversal;
mod scenario;
mod score;
mod shortfall;
mod suggestion;
mod use_of_funds;
pub mod what_if;
mod window;

pub use ledger::verify::{Broken, Verified, verify};

use service::{Documents, Needs, Scaling, Service};
use utoipa_actix_web::service_config::ServiceConfig;

/// The allocations service.
pub fn service() -> Service {
    let summary = "Pools of unearmarked money, proposals, committees and their decisions, and what became of the money.";
    let scaling = Scaling::by_lag(&consumers::contribution::consumer(), 2_000);
    let documents = Documents { content: "Documents of proposals and minutes", gib: 10, volume: "documents" };
    Service::new::<migration::Migrator>("allocations", summary, routes).consumers(consumers::all()).needs(Needs {
        memory_mib: 256,
        documents: Some(documents),
        scaling,
        ..Needs::default()
    })
}

service::audit_trail!("/v1/audit/allocations", "/v1/audit/allocations/chain", "allocations");

fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(intake::api::list)
        .service(intake::api::create)
        .service(intake::api::get)
        .service(intake::api::update)
        .service(lot::api::list)
        .service(ledger::api::entries)
        .service(ledger::api::positions)
        .service(reversal::reverse)
        .service(audit_trail::list)
        .service(audit_trail::chain);
}
