//! The audit trail: append-only, hash-chained per office. Never personal data.

use crate::{StoreError, Transaction, params, sql, tables};
use kernel::{OfficeId, OrganisationId, PrincipalId};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Rows of a chain held in memory at once while it is verified.
const PAGE_SIZE: u32 = 1000;

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

impl Hashed<'_> {
    fn hash(&self) -> Result<String, StoreError> {
        Ok(hex::encode(Sha256::digest(serde_json::to_vec(self)?)))
    }
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
        let (before, after) = (text(&entry.before), text(&entry.after));
        let actor = self.actor();
        let hash = Hashed {
            office_id: subject.office_id,
            sequence,
            organisation_id: subject.organisation_id,
            at: instant(at),
            actor_kind: actor.kind,
            actor_id: actor.id,
            action: entry.action,
            resource: subject.resource,
            resource_id: subject.id,
            before: before.as_deref(),
            after: after.as_deref(),
            trace_id: actor.trace_id.as_deref(),
            previous_hash: &previous_hash,
        }
        .hash()?;
        let row = tables::audit::Model {
            office_id: subject.office_id,
            sequence,
            organisation_id: subject.organisation_id,
            at,
            actor_kind: actor.kind.to_owned(),
            actor_id: actor.id,
            action: entry.action.to_owned(),
            resource: subject.resource.to_owned(),
            resource_id: subject.id,
            before,
            after,
            trace_id: actor.trace_id.clone(),
            previous_hash,
            hash,
        };
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

/// The first place where an office's chain is broken: `Ok(None)` when it holds from the first row to the last.
///
/// # Errors
/// [`StoreError`] when the trail cannot be read.
pub async fn first_break(db: &impl ConnectionTrait, office_id: OfficeId) -> Result<Option<i64>, StoreError> {
    let text = format!(
        "SELECT sequence, organisation_id, at, actor_kind, actor_id, action, resource, resource_id, before, after,
                trace_id, previous_hash, hash
         FROM audit WHERE office_id = $1 AND sequence > $2 ORDER BY sequence LIMIT {PAGE_SIZE}"
    );
    // The first is 1; a row before it is a break as well.
    let (mut previous, mut expected, mut last) = (String::new(), 0i64, i64::MIN);
    loop {
        let rows = sql::rows(db, &text, params![office_id, last]).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        for row in &rows {
            last = row.try_get_by_index(0)?;
            expected += 1;
            match link(row, office_id, expected, &previous)? {
                Some(hash) => previous = hash,
                None => return Ok(Some(expected)),
            }
        }
    }
}

/// The hash of a row that is the next link of its chain; none when it is not.
fn link(
    row: &QueryResult,
    office_id: OfficeId,
    expected: i64,
    previous: &str,
) -> Result<Option<String>, StoreError> {
    let texts: Vec<Option<String>> =
        [3, 5, 6, 8, 9, 10, 11, 12].iter().map(|&i| row.try_get_by_index(i)).collect::<Result<_, _>>()?;
    let some = |i: usize| texts[i].as_deref().unwrap_or_default();
    let sequence: i64 = row.try_get_by_index(0)?;
    let hashed = Hashed {
        office_id,
        sequence,
        organisation_id: row.try_get_by_index(1)?,
        at: instant(row.try_get_by_index(2)?),
        actor_kind: some(0),
        actor_id: row.try_get_by_index(4)?,
        action: some(1),
        resource: some(2),
        resource_id: row.try_get_by_index(7)?,
        before: texts[3].as_deref(),
        after: texts[4].as_deref(),
        trace_id: texts[5].as_deref(),
        previous_hash: some(6),
    };
    let holds = sequence == expected && some(6) == previous && hashed.hash()? == some(7);
    Ok(holds.then(|| some(7).to_owned()))
}
