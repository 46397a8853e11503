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
mod need;
mod notice;
mod pool;
mod procedure;
mod proposal;
mod records;
mod reference;
mod reversal;
mod scenario;
mod score;
mod shortfall;
mod suggestion;
mod unearmarked_report;
mod use_of_funds;
mod use_statement;
mod verification;
pub mod what_if;
mod window;

pub use ledger::verify::Verified;
pub use verification::{Broken, verify};

use service::{Documents, Needs, Scaling, Service};
use utoipa_actix_web::service_config::ServiceConfig;

/// The allocations service.
pub fn service() -> Service {
    let summary = "Pools of unearmarked money, proposals, committees and their decisions, and what became of the money.";
    let scaling = Scaling::by_lag(&consumers::contribution::consumer(), 2_000);
    let documents =
        Documents { content: "Documents of proposals and minutes", gib: 10, volume: "allocation-documents" };
    let needs = Needs { memory_mib: 256, documents: Some(documents), scaling, ..Needs::default() };
    Service::new::<migration::Migrator>("allocations", summary, routes)
        .consumers(consumers::all())
        .jobs(|context| {
            vec![
                shortfall::worker::worker(&context),
                decision::expiry::worker(&context),
                circulation::settle::worker(&context),
                suggestion::worker::worker(&context),
                documents::sweep::worker(&context, "allocations.documents", &proposal::document::KINDS),
            ]
        })
        .needs(needs)
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
        .service(ledger::api::get)
        .service(ledger::api::positions)
        .service(reversal::reverse)
        .service(committee::api::list)
        .service(committee::api::create)
        .service(committee::api::get)
        .service(committee::api::update)
        .service(committee::rules_api::list)
        .service(committee::rules_api::create)
        .service(procedure::seats::list)
        .service(procedure::seats::create)
        .service(procedure::seats::get)
        .service(procedure::seats::update)
        .service(meeting::api::list)
        .service(meeting::api::create)
        .service(meeting::api::get)
        .service(meeting::api::update)
        .service(procedure::meeting_steps::convene)
        .service(procedure::meeting_steps::open)
        .service(procedure::meeting_steps::close)
        .service(meeting::attendance_api::update)
        .service(procedure::agenda::create)
        .service(procedure::agenda::update)
        .service(motion::api::list)
        .service(motion::api::create)
        .service(motion::api::get)
        .service(procedure::motion_steps::open)
        .service(procedure::motion_steps::close)
        .service(procedure::motion_steps::void)
        .service(motion::own_vote::get)
        .service(motion::vote::update)
        .service(decision::api::list)
        .service(decision::api::get)
        .service(decision::api::confirm)
        .service(decision::api::decline)
        .service(circulation::api::list)
        .service(circulation::api::create)
        .service(circulation::api::get)
        .service(circulation::vote::get)
        .service(circulation::vote::update)
        .service(circulation::vote::object_to)
        .service(minutes::api::get)
        .service(minutes::api::update)
        .service(minutes::api::read)
        .service(minutes::sign::sign)
        .service(window::api::list)
        .service(window::api::create)
        .service(window::api::get)
        .service(window::api::update)
        .service(procedure::window_steps::open)
        .service(procedure::window_steps::score)
        .service(procedure::window_steps::deliberate)
        .service(procedure::window_steps::close)
        .service(procedure::window_steps::cancel)
        .service(procedure::elections::get)
        .service(need::index::read)
        .service(need::index::write)
        .service(notice::api::list)
        .service(notice::api::mark)
        .service(proposal::api::list)
        .service(proposal::totals::get)
        .service(proposal::api::create)
        .service(proposal::api::get)
        .service(proposal::api::update)
        .service(proposal::copy::create)
        .service(procedure::proposal_steps::submit)
        .service(procedure::proposal_steps::endorse)
        .service(procedure::proposal_steps::send_back)
        .service(procedure::proposal_steps::reopen)
        .service(procedure::proposal_steps::shortlist)
        .service(procedure::proposal_steps::withdraw)
        .service(procedure::screenings::preview)
        .service(procedure::screenings::screen)
        .service(procedure::final_budgets::update)
        .service(proposal::document::list)
        .service(proposal::document::create)
        .service(proposal::document::read)
        .service(proposal::document::remove)
        .service(proposal::document::erase)
        .service(score::board::get)
        .service(procedure::sheets::list)
        .service(procedure::sheets::update)
        .service(procedure::awaited_reviews::list)
        .service(procedure::conflicts::list)
        .service(procedure::conflicts::create)
        .service(procedure::conflicts::lift)
        .service(disbursement::api::get)
        .service(disbursement::api::disburse)
        .service(disbursement::api::spend)
        .service(disbursement::api::give_back)
        .service(disbursement::api::restore)
        .service(disbursement::report::file)
        .service(disbursement::report::close)
        .service(disbursement::redeploy::withdraw_funds)
        .service(disbursement::redeploy::reallocate)
        .service(disbursement::redeploy::extend)
        .service(shortfall::api::list)
        .service(shortfall::api::get)
        .service(shortfall::api::cover)
        .service(shortfall::api::absorb)
        .service(suggestion::api::list)
        .service(suggestion::api::get)
        .service(suggestion::api::dismiss)
        .service(use_of_funds::given::list)
        .service(use_of_funds::given::of_donor)
        .service(use_statement::api::get_pdf)
        .service(use_of_funds::uses::get)
        .service(use_of_funds::sources::list)
        .service(scenario::api::what_if)
        .service(scenario::api::list)
        .service(scenario::api::get)
        .service(scenario::api::create)
        .service(unearmarked_report::api::list)
        .service(unearmarked_report::api::create)
        .service(unearmarked_report::api::get)
        .service(unearmarked_report::api::update)
        .service(unearmarked_report::api::publish)
        .service(unearmarked_report::files::get_figures)
        .service(unearmarked_report::files::list_lines)
        .service(unearmarked_report::files::get_pdf)
        .service(unearmarked_report::public::list)
        .service(unearmarked_report::public::get)
        .service(unearmarked_report::public::list_lines)
        .service(unearmarked_report::public::get_pdf)
        .service(audit_trail::list)
        .service(audit_trail::chain);
}
