//! What a decision says: written once, with a hash that shows when it is changed.

use crate::{
    committee::DecidedBy,
    motion::{MotionState, Resolution, rule::Tally},
};
use ::store::StoreError;
use chrono::{DateTime, Utc};
use kernel::{
    CirculationId, CommitteeId, DecisionId, EntryId, LotId, MeetingId, Money, MotionId, OrganisationId,
    PoolId, ProposalId, WindowId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What a decision says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DecisionContent {
    pub(crate) id: DecisionId,
    pub(crate) organisation_id: OrganisationId,
    #[schema(example = "DEC-2026-00042", max_length = 40)]
    pub(crate) reference: String,
    pub(crate) committee_id: CommitteeId,
    /// The version of the committee's rules that it was taken by.
    #[schema(minimum = 1)]
    pub(crate) rules_number: i64,
    pub(crate) decided_at: DateTime<Utc>,
    pub(crate) meeting_id: Option<MeetingId>,
    pub(crate) motion_id: Option<MotionId>,
    pub(crate) circulation_id: Option<CirculationId>,
    pub(crate) proposal_id: Option<ProposalId>,
    #[schema(example = "MIR-2026-00042", max_length = 40)]
    pub(crate) proposal_reference: Option<String>,
    pub(crate) window_id: Option<WindowId>,
    pub(crate) pool_id: Option<PoolId>,
    /// What the proposal asked for.
    pub(crate) asked: Option<Money>,
    pub(crate) resolution: Resolution,
    pub(crate) amount: Option<Money>,
    #[schema(max_length = 5000)]
    pub(crate) conditions: Option<String>,
    #[schema(max_length = 5000)]
    pub(crate) reason: String,
    /// Who has the last word on it.
    pub(crate) decided_by: DecidedBy,
    /// How the vote ended that it comes from.
    pub(crate) outcome: MotionState,
    pub(crate) tally: DecisionTally,
    /// The entry of the pool's ledger that it made.
    pub(crate) entry: Option<DecisionEntry>,
}

/// The figures of the vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DecisionTally {
    /// Seats that had a vote.
    #[schema(minimum = 0)]
    pub(crate) entitled: i64,
    /// Votes that were needed for a quorum.
    #[schema(minimum = 0)]
    pub(crate) quorum: i64,
    #[schema(minimum = 0)]
    pub(crate) yes: i64,
    #[schema(minimum = 0)]
    pub(crate) no: i64,
    #[schema(minimum = 0)]
    pub(crate) abstain: i64,
}

impl From<&Tally> for DecisionTally {
    fn from(tally: &Tally) -> Self {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        Self {
            entitled: number(tally.entitled),
            quorum: number(tally.quorum),
            yes: number(tally.yes),
            no: number(tally.no),
            abstain: number(tally.abstain),
        }
    }
}

/// The entry of the pool's ledger that a decision made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DecisionEntry {
    pub(crate) id: EntryId,
    /// Its number in the pool.
    #[schema(minimum = 1)]
    pub(crate) number: i64,
    /// What the window could still promise after it.
    pub(crate) headroom_after: Money,
    /// What came from each lot.
    #[schema(max_items = 10_000)]
    pub(crate) lots: Vec<DecisionPart>,
}

/// What came from a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DecisionPart {
    pub(crate) lot_id: LotId,
    pub(crate) amount: Money,
}

impl DecisionContent {
    /// Its canonical text: JSON without white space, the names of fields in the order of their bytes.
    ///
    /// # Errors
    /// [`StoreError::Document`] when it cannot be written down.
    pub(crate) fn text(&self) -> Result<String, StoreError> {
        canonical_text(self)
    }
}

/// The canonical text of a record: JSON without white space, the names of fields in the order of their bytes.
///
/// # Errors
/// [`StoreError::Document`] when it cannot be written down.
pub(crate) fn canonical_text(record: &impl Serialize) -> Result<String, StoreError> {
    let mut text = String::new();
    canonical(&serde_json::to_value(record)?, &mut text)?;
    Ok(text)
}

/// Writes a value in its one form: the fields of an object in the order of their names.
fn canonical(value: &Value, text: &mut String) -> Result<(), serde_json::Error> {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            text.push('{');
            for (index, name) in names.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&serde_json::to_string(name)?);
                text.push(':');
                canonical(&fields[name.as_str()], text)?;
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                canonical(value, text)?;
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&serde_json::to_string(value)?);
        }
    }
    Ok(())
}

/// SHA-256 of a text, hexadecimal.
pub(crate) fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn content() -> DecisionContent {
        DecisionContent {
            id: DecisionId::from_u128(1),
            organisation_id: OrganisationId::from_u128(2),
            reference: "DEC-2026-00001".to_owned(),
            committee_id: CommitteeId::from_u128(3),
            rules_number: 1,
            decided_at: "2026-05-04T10:00:00.123456Z".parse().unwrap(),
            meeting_id: None,
            motion_id: None,
            circulation_id: None,
            proposal_id: None,
            proposal_reference: None,
            window_id: None,
            pool_id: None,
            asked: None,
            resolution: Resolution::Approve,
            amount: Some(Money::usd(30_000_000)),
            conditions: None,
            reason: "“Élan”\n".to_owned(),
            decided_by: DecidedBy::Committee,
            outcome: MotionState::Passed,
            tally: DecisionTally { entitled: 7, quorum: 4, yes: 3, no: 2, abstain: 0 },
            entry: None,
        }
    }

    #[test]
    fn there_is_one_way_to_write_a_value() {
        let mut text = String::new();
        canonical(&json!({ "b": [1, null, {"z": true, "a": "é\n"}], "a": {} }), &mut text).unwrap();
        assert_eq!(text, r#"{"a":{},"b":[1,null,{"a":"é\n","z":true}]}"#);
    }

    #[test]
    fn a_decision_that_was_read_is_written_as_it_was() {
        let text = content().text().unwrap();
        let read: DecisionContent = serde_json::from_str(&text).unwrap();
        assert_eq!((read.text().unwrap(), read), (text, content()));
    }

    #[test]
    fn another_amount_is_another_hash() {
        let other = DecisionContent { amount: Some(Money::usd(30_000_001)), ..content() };
        assert_ne!(sha256(&content().text().unwrap()), sha256(&other.text().unwrap()));
        // FIPS 180-2, appendix B.1.
        assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
