//! Proposals: what an office asks a window for, from its draft to the last report.

pub(crate) mod access;
pub(crate) mod api;
pub(crate) mod budget;
pub(crate) mod complete;
pub(crate) mod copy;
pub(crate) mod document;
pub(crate) mod fields;
pub(crate) mod fields_check;
pub(crate) mod moves;
pub(crate) mod screening;
pub(crate) mod shown;
pub(crate) mod state;
pub(crate) mod store;
pub(crate) mod totals;

pub(crate) use self::state::{
    Action, ProposalOutcome as Outcome, ProposalState as State, Refused, transition,
};

use self::store::Model;
use crate::{ledger::Purpose, notice::Notice};
use chrono::Datelike;
use kernel::{
    AllocationNoticeKind, Fault, FieldCode, OfficeId, PrincipalId,
    text::{self, split},
};

/// What money would be promised for: which lots fit follows from it.
pub(crate) fn purpose(proposal: &Model) -> Purpose {
    Purpose {
        window_id: proposal.window_id,
        proposal_id: proposal.id,
        countries: split(&proposal.countries),
        plan_ids: split(&proposal.plan_ids).iter().filter_map(|id| id.parse().ok()).collect(),
        years: (proposal.start_date.year()..=proposal.end_date.year()).collect(),
        last_day: proposal.end_date,
    }
}

/// What is told of a proposal: its office is, unless somebody else is named.
pub(crate) fn notice(proposal: &Model, kind: AllocationNoticeKind) -> Notice {
    Notice {
        organisation_id: proposal.organisation_id,
        office_id: proposal.office_id,
        kind,
        record_id: proposal.id.as_uuid(),
        title: format!("{}: {}", proposal.reference, proposal.title),
    }
}

/// The current state of a proposal does not allow it.
pub(crate) fn state_fault(state: &str, detail: impl Into<String>) -> Fault {
    FieldCode::State.says(detail.into()).with("kind", "allocation_proposal").with("state", state)
}

/// What a search of the list looks in.
pub(crate) fn search_key(reference: &str, title: &str) -> String {
    text::search_key(&format!("{reference} {title}"))
}

/// A proposal, as far as conflicts of interest follow from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    /// The office that proposes.
    pub(crate) office_id: OfficeId,
    /// Who wrote, sent, endorsed or screened it.
    pub(crate) people: Vec<PrincipalId>,
}
