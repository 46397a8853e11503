//! The trails that there are, and what is noted in each: `src/tests/audit.rs` compares this with the services' sources.

use crate::{
    error::PageError,
    i18n::{Language, has_text, text},
};
use kernel::text::search_key;
use serde_json::{Value, json};

/// The audit trail of one service.
pub(crate) struct Trail {
    /// The service.
    pub(crate) name: &'static str,
    /// Its list in the API.
    pub(crate) path: &'static str,
    /// The kinds of record that it tells of.
    pub(crate) resources: &'static [&'static str],
    /// What is done to them.
    pub(crate) actions: &'static [&'static str],
}

pub(crate) static TRAILS: [Trail; 4] = [
    Trail {
        name: "identity",
        path: "/v1/audit/identity",
        resources: &["client", "office", "organisation", "person", "role"],
        actions: &[
            "client.create",
            "client.revoke",
            "client.secret_create",
            "client.secret_delete",
            "client.update",
            "office.close",
            "office.create",
            "office.reopen",
            "office.update",
            "organisation.found",
            "organisation.logo",
            "organisation.update",
            "person.accept_invitation",
            "person.change_password",
            "person.create",
            "person.end_session",
            "person.end_sessions",
            "person.erase",
            "person.invite",
            "person.make_password_reset",
            "person.profile",
            "person.reset_password",
            "person.restore",
            "person.suspend",
            "person.update",
            "representative.create",
            "representative.invite",
            "representative.restore",
            "representative.suspend",
            "representative.update",
            "role.create",
            "role.delete",
            "role.update",
        ],
    },
    Trail {
        name: "donors",
        path: "/v1/audit/donors",
        resources: &[
            "agreement",
            "agreement_document",
            "calendar",
            "clearance",
            "clearance_rule",
            "contact",
            "contribution",
            "contribution_link",
            "document",
            "donor",
            "donor_merge",
            "exchange_rates",
            "import",
            "import_mapping",
            "publication",
            "recipient",
            "report",
            "signature_rule",
        ],
        actions: &[
            "agreement.activate",
            "agreement.amend",
            "agreement.cancel",
            "agreement.close",
            "agreement.create",
            "agreement.first_signature",
            "agreement.hand_over",
            "agreement.negotiate",
            "agreement.sign",
            "agreement.update",
            "calendar.delete",
            "calendar.replace",
            "clearance.create",
            "clearance_rule.update",
            "contact.create",
            "contact.erase",
            "contact.update",
            "contribution.allot",
            "contribution.commit",
            "contribution.create",
            "contribution.pay",
            "contribution.reopen",
            "contribution.reverse",
            "contribution.write_off",
            "contribution_link.create",
            "contribution_link.end",
            "contribution_link.link",
            "contribution_link.reopen",
            "contribution_link.separate",
            "document.create",
            "document.delete",
            "document.download",
            "document.erase",
            "donor.create",
            "donor.merge",
            "donor.reassign",
            "donor.unmerge",
            "donor.update",
            "exchange_rates.take",
            "import.create",
            "import.finish",
            "import_mapping.create",
            "import_mapping.delete",
            "import_mapping.update",
            "publication.update",
            "recipient.update",
            "report.accept",
            "report.endorse",
            "report.extend",
            "report.read",
            "report.reject",
            "report.retract",
            "report.return",
            "report.send",
            "report.start",
            "report.submit",
            "report.write",
            "signature_rule.update",
            "statement.download",
        ],
    },
    Trail {
        name: "crisis",
        path: "/v1/audit/crisis",
        resources: &["plan", "plan_import", "plan_update"],
        actions: &["plan.create", "plan.import", "plan.update", "plan_import.create", "plan_update.create"],
    },
    Trail {
        name: "allocations",
        path: "/v1/audit/allocations",
        resources: &[
            "allocation_funds",
            "allocation_proposal",
            "allocation_proposal_document",
            "allocation_suggestion",
            "allocation_window",
            "circulation",
            "committee",
            "decision",
            "meeting",
            "minutes",
            "motion",
            "pool",
            "proposal_conflict",
            "scenario",
            "score_sheet",
            "seat",
            "shortfall",
            "vulnerability_index",
            "unearmarked_report",
        ],
        actions: &[
            "allocation_funds.disburse",
            "allocation_funds.report",
            "allocation_funds.restore",
            "allocation_funds.return",
            "allocation_funds.spend",
            "allocation_proposal.budget",
            "allocation_proposal.cancel",
            "allocation_proposal.close",
            "allocation_proposal.create",
            "allocation_proposal.decide",
            "allocation_proposal.disburse",
            "allocation_proposal.endorse",
            "allocation_proposal.extend",
            "allocation_proposal.lapse",
            "allocation_proposal.redeploy",
            "allocation_proposal.reopen",
            "allocation_proposal.report",
            "allocation_proposal.score",
            "allocation_proposal.screen",
            "allocation_proposal.send_back",
            "allocation_proposal.shortlist",
            "allocation_proposal.submit",
            "allocation_proposal.update",
            "allocation_proposal.withdraw",
            "allocation_proposal.withdraw_funds",
            "allocation_suggestion.accept",
            "allocation_suggestion.dismiss",
            "allocation_window.cancel",
            "allocation_window.close",
            "allocation_window.create",
            "allocation_window.deliberate",
            "allocation_window.open",
            "allocation_window.score",
            "allocation_window.update",
            "circulation.close",
            "circulation.create",
            "circulation.object",
            "circulation.vote",
            "committee.create",
            "committee.rules",
            "committee.update",
            "decision.confirm",
            "decision.create",
            "decision.decline",
            "decision.expire",
            "document.create",
            "document.delete",
            "document.download",
            "document.erase",
            "meeting.agenda",
            "meeting.attendance",
            "meeting.close",
            "meeting.convene",
            "meeting.create",
            "meeting.item",
            "meeting.open",
            "meeting.update",
            "minutes.draft",
            "minutes.sign",
            "motion.close",
            "motion.create",
            "motion.open",
            "motion.void",
            "motion.vote",
            "pool.create",
            "pool.reverse",
            "pool.update",
            "proposal_conflict.create",
            "proposal_conflict.lift",
            "scenario.create",
            "score_sheet.write",
            "seat.create",
            "seat.update",
            "shortfall.absorb",
            "shortfall.close",
            "shortfall.cover",
            "shortfall.open",
            "vulnerability_index.update",
            "unearmarked_report.create",
            "unearmarked_report.publish",
            "unearmarked_report.update",
        ],
    },
];

impl Trail {
    /// The trail of this name; the first without one.
    ///
    /// # Errors
    /// [`PageError::NotFound`] for another name.
    pub(crate) fn of(name: Option<&str>) -> Result<&'static Self, PageError> {
        let name = name.filter(|name| !name.is_empty()).unwrap_or(TRAILS[0].name);
        TRAILS.iter().find(|trail| trail.name == name).ok_or(PageError::NotFound)
    }
}

/// The key of the text for an action.
pub(crate) fn action_key(action: &str) -> String {
    format!("audit-action-{}", action.replace(['.', '_'], "-"))
}

/// The key of the text for a kind of record.
pub(crate) fn resource_key(resource: &str) -> String {
    format!("audit-resource-{}", resource.replace('_', "-"))
}

/// The key, if there is such a text: a newer service may note what this program has no words for.
pub(super) fn known(key: String) -> Value {
    if has_text(&key) { key.into() } else { Value::Null }
}

/// Words to choose from, by their texts.
pub(super) fn options(language: Language, words: &[&str], key: fn(&str) -> String) -> Vec<Value> {
    let mut options: Vec<(String, &str)> =
        words.iter().map(|word| (text(language, &key(word), None), *word)).collect();
    options.sort_by_cached_key(|(name, _)| search_key(name));
    options.into_iter().map(|(name, word)| json!({ "id": word, "name": name })).collect()
}
