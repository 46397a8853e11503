//! The content of a report, and whether it is complete enough to send.

use kernel::{Fault, FieldCode, Money, Problem, RecordKind, ReportKind, Situation};
use serde::{Deserialize, Serialize};
use service::Checks;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The eight core questions and three additional ones of the harmonised template (Grand Bargain, "8+3").
pub(crate) const EIGHT_PLUS_THREE: [&str; 11] = [
    "overall_performance",
    "changes_and_amendments",
    "measuring_results",
    "affected_persons",
    "participation_and_accountability",
    "risk_management",
    "exit_and_sustainability",
    "lessons_learned",
    "value_for_money",
    "visibility",
    "coordination",
];
/// The sections of a narrative where the agreement asks for no template.
pub(crate) const NARRATIVE: [&str; 4] =
    ["overall_performance", "measuring_results", "affected_persons", "lessons_learned"];
/// Maximum length of a section, in characters.
const MAX_TEXT_LENGTH: usize = 20_000;

/// The content an office writes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Content {
    /// The sections of a narrative, by name; those of the harmonised template are `overall_performance`,
    /// `changes_and_amendments`, `measuring_results`, `affected_persons`, `participation_and_accountability`,
    /// `risk_management`, `exit_and_sustainability`, `lessons_learned`, `value_for_money`, `visibility` and
    /// `coordination`.
    #[schema(example = json!({ "overall_performance": "4,200 families moved into shelters." }), value_type = std::collections::BTreeMap<String, kernel::items::SectionText>)]
    pub(crate) sections: BTreeMap<String, String>,
    /// Expenditure in the period, in the agreement's currency; for a financial report.
    pub(crate) expenditure: Option<Money>,
    #[schema(max_length = 4000)]
    pub(crate) remarks: Option<String>,
}

/// The sections of a kind of report; none for a financial one.
pub(crate) fn sections_of(kind: ReportKind) -> &'static [&'static str] {
    match kind {
        ReportKind::EightPlusThree => &EIGHT_PLUS_THREE,
        ReportKind::InterimNarrative | ReportKind::FinalNarrative => &NARRATIVE,
        ReportKind::InterimFinancial | ReportKind::FinalFinancial | ReportKind::CertifiedFinancial => &[],
    }
}

/// Whether a kind is a financial report.
pub(crate) fn is_financial(kind: ReportKind) -> bool {
    sections_of(kind).is_empty()
}

/// What is wrong with a draft.
///
/// # Errors
/// 422 with every field.
pub(crate) fn check(kind: ReportKind, currency: &str, content: &Content) -> Result<(), Problem> {
    let mut checks = Checks::new();
    let known = sections_of(kind);
    for (name, text) in &content.sections {
        let at = format!("/sections/{name}");
        if !known.contains(&name.as_str()) {
            let fault = FieldCode::UnknownField.says("is not a section of this type of report");
            checks.refuse(at.as_str(), fault.with("allowed", known.join(", ")));
        }
        checks.long_text(&at, text, MAX_TEXT_LENGTH);
    }
    if let Some(spent) = content.expenditure {
        if !is_financial(kind) {
            let fault = Fault::not_allowed_with(Situation::NarrativeReport, "is only for a financial report");
            checks.refuse("/expenditure", fault);
        }
        checks.require(!spent.is_negative(), "/expenditure/amount", Fault::negative());
        if spent.currency().code() != currency {
            checks.refuse("/expenditure/currency", Fault::currency_of(RecordKind::Agreement, currency));
        }
    }
    checks.optional_long_text("/remarks", content.remarks.as_deref(), 4000);
    checks.finish()
}

/// What is missing before it can be handed on: every section, or a document instead of them; the expenditure.
///
/// # Errors
/// 422 with every field that is missing.
pub(crate) fn check_complete(kind: ReportKind, content: &Content, documents: usize) -> Result<(), Problem> {
    let mut checks = Checks::new();
    if is_financial(kind) {
        let fault = Fault::required_with(Situation::FinancialReport, "is required in a financial report");
        checks.require(content.expenditure.is_some(), "/expenditure", fault);
    } else if documents == 0 {
        for name in sections_of(kind) {
            let written = content.sections.get(*name).is_some_and(|text| !text.trim().is_empty());
            let fault = (FieldCode::SectionEmpty, "is empty, and no document is attached");
            checks.require(written, &format!("/sections/{name}"), fault);
        }
    }
    checks.finish()
}
