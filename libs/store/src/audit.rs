//! The audit trail: append-only, hash-chained per office. Never personal data.
//!
//! docs/audit.md says how an export and the published heads are verified by somebody else.

mod chain;
mod heads;
mod list;

pub use crate::tables::audit::Model as Record;
pub use chain::{Break, Link, MAX_BREAKS, Published, Verdict, Walk, first_break, offices, page, verify};
pub use heads::{Head, chain_id, mark_published, moved};
pub use list::{Filter, Place, list};

use crate::{StoreError, Transaction, params, sql};
use kernel::{OfficeId, OrganisationId, PrincipalId, Word};
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The record that an [`Entry`] is about. An entity says with `From<&Model>` how it is one.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    /// The kind of record.
    pub resource: &'static str,
    /// The record.
    pub id: Uuid,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office whose chain the entry joins.
    pub office_id: OfficeId,
}

/// What was done to which record.
#[derive(Debug)]
pub struct Entry {
    /// What was done: `donor.create`.
    pub action: &'static str,
    /// The record.
    pub subject: Subject,
    /// The record before; none for a creation.
    pub before: Option<Json>,
    /// The record after; none for a deletion.
    pub after: Option<Json>,
}

/// A record as an [`Entry`] keeps it, before a change or after it.
///
/// # Errors
/// [`StoreError::Document`] when it cannot be written down: then the change fails, since an entry without it would say
/// that the record was created or deleted.
pub fn snapshot<T: Serialize + ?Sized>(record: &T) -> Result<Json, StoreError> {
    Ok(serde_json::to_value(record)?)
}

#[derive(Serialize)]
struct Hashed<'a> {
    office_id: OfficeId,
    sequence: i64,
    organisation_id: OrganisationId,
    at: String,
    actor_kind: &'a str,
    actor_id: PrincipalId,
    action: &'a str,
    resource: &'a str,
    resource_id: Uuid,
    before: Option<&'a str>,
    after: Option<&'a str>,
    trace_id: Option<&'a str>,
    previous_hash: &'a str,
}

impl<'a> From<&'a Record> for Hashed<'a> {
    fn from(row: &'a Record) -> Self {
        Self {
            office_id: row.office_id,
            sequence: row.sequence,
            organisation_id: row.organisation_id,
            at: instant(row.at),
            actor_kind: row.actor_kind.as_str(),
            actor_id: row.actor_id,
            action: &row.action,
            resource: &row.resource,
            resource_id: row.resource_id,
            before: row.before.as_deref(),
            after: row.after.as_deref(),
            trace_id: row.trace_id.as_deref(),
            previous_hash: &row.previous_hash,
        }
    }
}

impl Record {
    /// The text whose SHA-256 is the hash.
    ///
    /// # Errors
    /// [`StoreError::Document`] when it cannot be written down.
    fn hashed_text(&self) -> Result<String, StoreError> {
        Ok(serde_json::to_string(&Hashed::from(self))?)
    }

    /// The entry as a line of an export: the text that is hashed, with the hash as one more field at its end.
    ///
    /// # Errors
    /// [`StoreError::Document`] when it cannot be written down.
    pub fn line(&self) -> Result<String, StoreError> {
        let (mut line, hash) = (self.hashed_text()?, serde_json::to_string(&self.hash)?);
        line.pop();
        line.push_str(&format!(",\"hash\":{hash}}}"));
        Ok(line)
    }
}

/// SHA-256 of a text, hexadecimal.
fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Microseconds and Z, so that the text that is hashed is the text that comes back.
fn instant(at: chrono::DateTime<chrono::Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

impl Transaction {
    /// Notes in the audit trail that a record was made.
    ///
    /// # Errors
    /// As [`Transaction::audit`].
    pub async fn audit_created<T: Serialize>(
        &self,
        action: &'static str,
        subject: impl Into<Subject>,
        after: &T,
    ) -> Result<(), StoreError> {
        let after = Some(snapshot(after)?);
        self.audit(Entry { action, subject: subject.into(), before: None, after }).await
    }

    /// Notes in the audit trail what a record was before a change, and what it is now.
    ///
    /// # Errors
    /// As [`Transaction::audit`].
    pub async fn audit_changed<T: Serialize>(
        &self,
        action: &'static str,
        subject: impl Into<Subject>,
        before: &T,
        after: &T,
    ) -> Result<(), StoreError> {
        let (before, after) = (Some(snapshot(before)?), Some(snapshot(after)?));
        self.audit(Entry { action, subject: subject.into(), before, after }).await
    }

    /// Appends to the audit trail of an office, in this transaction.
    ///
    /// # Errors
    /// [`StoreError`] when the row cannot be written.
    pub async fn audit(&self, entry: Entry) -> Result<(), StoreError> {
        let subject = entry.subject;
        // The chain has one end: writers of one office follow each other.
        self.lock(&format!("audit {}", subject.office_id)).await?;
        let (last, previous_hash) = self.end_of_trail(subject.office_id).await?;
        let sequence = last + 1;
        let at = self.now();
        let text = |json: &Option<Json>| json.as_ref().map(Json::to_string);
        let actor = self.actor();
        let mut row = Record {
            office_id: subject.office_id,
            sequence,
            organisation_id: subject.organisation_id,
            at,
            actor_kind: Word::from(actor.kind),
            actor_id: actor.id,
            action: entry.action.to_owned(),
            resource: subject.resource.to_owned(),
            resource_id: subject.id,
            before: text(&entry.before),
            after: text(&entry.after),
            trace_id: actor.trace_id.clone(),
            previous_hash,
            hash: String::new(),
        };
        row.hash = digest(&row.hashed_text()?);
        self.last().trails.insert(row.office_id, (row.sequence, row.hash.clone()));
        self.write_last(&[row]);
        Ok(())
    }

    /// Number and hash of an office's last entry, which this transaction may have made; 0 and nothing before the first.
    async fn end_of_trail(&self, office_id: OfficeId) -> Result<(i64, String), StoreError> {
        if let Some(end) = self.last().trails.get(&office_id) {
            return Ok(end.clone());
        }
        let last = "SELECT sequence, hash FROM audit WHERE office_id = $1 ORDER BY sequence DESC LIMIT 1";
        let Some(row) = sql::row(self.db(), last, params![office_id]).await? else {
            return Ok((0, String::new()));
        };
        Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
    }
}
