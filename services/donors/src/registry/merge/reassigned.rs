//! The records that a merge reassigns to another donor, and an undone merge back: in batches, a few statements for any
//! number of records. The transaction holds `merge_lock::exclusive`, so nobody writes any of them meanwhile.

use super::store;
use crate::{
    agreement, contribution, document::DocumentId, registry::contact::store::ContactId, reporting::report,
    to_link,
};
use ::store::{StoreError, TenantTx, params, sql};
use events::{ExternalRef, FlowObject};
use kernel::{AgreementId, ClearanceId, ContributionId, DonorId, Id, NotificationId, ReportId};
use sea_orm::Value;
use serde::{Deserialize, Serialize};

/// Records rewritten per statement: a power of two, as statements are.
const CHUNK_ROWS: usize = 512;

/// The records that a merge reassigned, so that it can be undone.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Reassigned {
    pub(super) contributions: Vec<ContributionId>,
    pub(super) agreements: Vec<AgreementId>,
    pub(super) reports: Vec<ReportId>,
    documents: Vec<DocumentId>,
    clearances: Vec<ClearanceId>,
    notifications: Vec<NotificationId>,
    #[serde(default)]
    agreement_documents: Vec<DocumentId>,
    #[serde(default)]
    contacts: Vec<ContactId>,
    children: Vec<DonorId>,
    pub(super) external_refs: Vec<ExternalRef>,
}

impl Reassigned {
    /// All that is a donor's.
    pub(super) async fn of(tx: &TenantTx, donor: &store::Model) -> Result<Self, StoreError> {
        let refs = store::refs(tx.db(), &[donor.id]).await?.remove(&donor.id);
        Ok(Self {
            contributions: ids(tx, "contribution", "donor_id", donor.id).await?,
            agreements: ids(tx, "agreement", "donor_id", donor.id).await?,
            reports: ids(tx, "report", "donor_id", donor.id).await?,
            documents: ids(tx, "document", "donor_id", donor.id).await?,
            clearances: ids(tx, "clearance", "donor_id", donor.id).await?,
            notifications: ids(tx, "notification", "donor_id", donor.id).await?,
            agreement_documents: ids(tx, "agreement_document", "donor_id", donor.id).await?,
            contacts: ids(tx, "contact", "donor_id", donor.id).await?,
            children: ids(tx, "donor", "parent_id", donor.id).await?,
            external_refs: refs.unwrap_or_default(),
        })
    }
}

async fn ids<K>(tx: &TenantTx, table: &str, column: &str, donor: DonorId) -> Result<Vec<Id<K>>, StoreError> {
    let text = format!("SELECT id FROM {table} WHERE {column} = $1 ORDER BY id");
    let rows = sql::rows(tx.db(), &text, params![donor]).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Reassigns records from one donor to another; those that no longer belong to the first are left alone.
pub(super) async fn reassign(
    tx: &mut TenantTx,
    reassigned: &Reassigned,
    from: &store::Model,
    to: &store::Model,
) -> Result<(), StoreError> {
    for chunk in reassigned.contributions.chunks(CHUNK_ROWS) {
        let mut pairs = Vec::with_capacity(chunk.len());
        for before in contribution::store::to_change(tx.scope(), tx, chunk).await? {
            if before.donor_id == Some(from.id) {
                let after = given_by(tx, &before, from, to)?;
                pairs.push((before, after));
            }
        }
        contribution::store::replace_all(tx, pairs).await?;
    }
    for chunk in reassigned.agreements.chunks(CHUNK_ROWS) {
        let held = agreement::store::by_ids(tx, chunk).await?;
        let of_donor = held.into_iter().filter(|agreement| agreement.donor_id == from.id);
        let after = of_donor.map(|agreement| agreed_with(tx, agreement, to));
        let after = after.collect::<Result<Vec<_>, StoreError>>()?;
        agreement::store::save_all(tx, &after).await?;
    }
    for chunk in reassigned.reports.chunks(CHUNK_ROWS) {
        let held = report::store::by_ids(tx, chunk).await?;
        let of_donor = held.into_iter().filter(|report| report.donor_id == from.id);
        let after: Vec<report::store::Model> = of_donor
            .map(|report| report::store::Model {
                version: report.version + 1,
                donor_id: to.id,
                updated_at: tx.now(),
                ..report
            })
            .collect();
        report::store::save_all(tx, &after).await?;
    }
    let plain = [
        ("document", "donor_id", values(&reassigned.documents)),
        ("clearance", "donor_id", values(&reassigned.clearances)),
        ("notification", "donor_id", values(&reassigned.notifications)),
        ("agreement_document", "donor_id", values(&reassigned.agreement_documents)),
        ("contact", "donor_id", values(&reassigned.contacts)),
        ("donor", "parent_id", values(&reassigned.children)),
    ];
    for (table, column, ids) in plain {
        for chunk in ids.chunks(CHUNK_ROWS) {
            let mut parameters = params![to.id, from.id];
            let listed = sql::bind_list(&mut parameters, chunk.iter().cloned());
            // A donor cannot be its own parent; whoever is changing one has to see its other parent.
            let (next, own) = match table {
                "donor" => (", version = version + 1", " AND id <> $1"),
                _ => ("", ""),
            };
            let text = format!(
                "UPDATE {table} SET {column} = $1{next} WHERE {column} = $2 AND id IN ({listed}){own}"
            );
            sql::execute(tx.db(), &text, parameters).await?;
        }
    }
    to_link::donors(tx, to.organisation_id, reassigned.children.iter().copied());
    Ok(())
}

/// Ids of any kind, as a statement takes them.
fn values<K>(ids: &[Id<K>]) -> Vec<Value> {
    ids.iter().map(|id| (*id).into()).collect()
}

/// The same contribution, from the other donor.
fn given_by(
    tx: &TenantTx,
    record: &contribution::store::Model,
    from: &store::Model,
    to: &store::Model,
) -> Result<contribution::store::Model, StoreError> {
    let (sources, _) = record.objects()?;
    let renamed = |object: FlowObject| {
        if object.kind == FlowObject::ORGANISATION && object.id == from.id.to_string() {
            FlowObject { id: to.id.to_string(), name: to.name.clone(), ..object }
        } else {
            object
        }
    };
    let sources: Vec<FlowObject> = sources.into_iter().map(renamed).collect();
    Ok(contribution::store::Model {
        version: record.version + 1,
        donor_id: Some(to.id),
        donor_name: Some(to.name.clone()),
        source_objects: serde_json::to_string(&sources)?,
        updated_at: tx.now(),
        ..record.clone()
    })
}

/// The same agreement, with the other donor.
fn agreed_with(
    tx: &TenantTx,
    before: agreement::store::Model,
    to: &store::Model,
) -> Result<agreement::store::Model, StoreError> {
    let terms = agreement::terms::Terms { donor_id: to.id, ..before.terms()? };
    let (version, donor_name) = (before.version + 1, to.name.clone());
    // It was last changed when it was closed: merging is not a change to the agreement itself.
    let closed = before.state == agreement::State::Closed;
    let updated_at = if closed { before.updated_at } else { tx.now() };
    agreement::store::Model { version, donor_name, updated_at, ..before }.under(&terms)
}

/// The donors that were merged into one, and into those.
pub(super) async fn duplicates_of(tx: &TenantTx, donor: DonorId) -> Result<Vec<DonorId>, StoreError> {
    let text = "WITH RECURSIVE merged (id) AS (
                  SELECT duplicate_id FROM donor_merge WHERE survivor_id = $1 AND undone_at IS NULL
                  UNION SELECT m.duplicate_id FROM donor_merge m JOIN merged ON m.survivor_id = merged.id
                  WHERE m.undone_at IS NULL)
                SELECT id FROM merged ORDER BY id";
    let rows = sql::rows(tx.db(), text, params![donor]).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Sets the survivor of duplicates, and publishes it to the other services.
pub(super) async fn point_at(
    tx: &mut TenantTx,
    duplicates: &[DonorId],
    survivor: DonorId,
) -> Result<(), StoreError> {
    for chunk in duplicates.chunks(CHUNK_ROWS) {
        let mut parameters = params![survivor, tx.now()];
        let listed = sql::bind_list(&mut parameters, chunk.iter().map(|id| (*id).into()));
        let text = format!(
            "UPDATE donor SET merged_into = $1, version = version + 1, updated_at = $2 WHERE id IN ({listed})"
        );
        sql::execute(tx.db(), &text, parameters).await?;
        let scope = tx.scope().clone();
        store::tell(&scope, tx, chunk).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "reassigned_tests.rs"]
mod tests;
