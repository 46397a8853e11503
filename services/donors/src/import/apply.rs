//! Applying a batch of checked flows: what is new is created, what changed is a new version, the rest is unchanged.

use super::{fts::Flow, store::Model as Job};
use crate::{
    contribution::{self, store::Model as Contribution},
    donor,
};
use chrono::{DateTime, Utc};
use events::{ExternalRef, FlowObject};
use std::collections::HashMap;
use store::{Scope, StoreError, TenantTx, office};
use uuid::Uuid;

/// What became of each row.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) created: Vec<i64>,
    pub(crate) updated: Vec<i64>,
    pub(crate) unchanged: Vec<i64>,
}

/// What the registry holds of a flow: version in the source and fingerprint.
pub(crate) type Known = HashMap<String, (i64, String)>;

/// What is to be done with a flow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Create,
    Update,
    Keep,
}

/// A flow with an older version than the one held is a stale file, not a change.
pub(crate) fn decide(held: Option<&(i64, String)>, version: i64, fingerprint: &str) -> Decision {
    match held {
        None => Decision::Create,
        Some((known, same)) if *known > version || same == fingerprint => Decision::Keep,
        Some(_) => Decision::Update,
    }
}

pub(crate) fn hex(fingerprint: &[u8; 32]) -> String {
    fingerprint.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Applies flows in order, in one transaction.
pub(crate) async fn apply(
    tx: &mut TenantTx,
    job: &Job,
    flows: Vec<(i64, Flow)>,
) -> Result<Verdicts, StoreError> {
    let scope = job_scope(job);
    let refs: Vec<String> = flows.iter().map(|(_, flow)| flow.id.clone()).collect();
    let held = contribution::store::by_refs(&scope, tx.db(), "fts", &refs).await?;
    let stored: HashMap<String, Contribution> =
        held.into_iter().filter_map(|row| Some((row.external_ref.clone()?, row))).collect();
    let donors = donors_of(tx, job, &scope, &flows).await?;
    let mut verdicts = Verdicts::default();
    let mut latest: HashMap<String, Contribution> = HashMap::new();
    let mut order: Vec<String> = Vec::new();
    let now = tx.now();
    for (number, flow) in flows {
        let fingerprint = hex(&flow.fingerprint);
        let current = latest.get(&flow.id).or_else(|| stored.get(&flow.id));
        let known = current.map(|row| (row.source_version.unwrap_or(0), row.fingerprint.clone()));
        match decide(known.as_ref(), flow.version, &fingerprint) {
            Decision::Keep => verdicts.unchanged.push(number),
            decision @ (Decision::Create | Decision::Update) => {
                let created = decision == Decision::Create;
                if created { &mut verdicts.created } else { &mut verdicts.updated }.push(number);
                let donor = flow.donor().and_then(|object| donors.get(&object.id));
                let id = flow.id.clone();
                let place = (current.map_or_else(|| tx.new_id(), |row| row.id), now);
                let record = record(flow, job, donor, fingerprint, stored.get(&id), place)?;
                if !latest.contains_key(&id) {
                    order.push(id.clone());
                }
                latest.insert(id, record);
            }
        }
    }
    write(tx, stored, latest, order).await?;
    Ok(verdicts)
}

fn job_scope(job: &Job) -> Scope {
    let (organisation_id, office_id) = (job.organisation_id, job.office_id);
    Scope::Offices { organisation_id, office_id, office_ids: vec![office_id] }
}

/// Each flow is written once, in its last state of this batch.
async fn write(
    tx: &mut TenantTx,
    mut stored: HashMap<String, Contribution>,
    mut latest: HashMap<String, Contribution>,
    order: Vec<String>,
) -> Result<(), StoreError> {
    let (mut inserts, mut updates) = (Vec::new(), Vec::new());
    for id in order {
        match (stored.remove(&id), latest.remove(&id)) {
            (Some(old), Some(new)) => updates.push((old, new)),
            (None, Some(new)) => inserts.push(new),
            (_, None) => {}
        }
    }
    if !inserts.is_empty() {
        contribution::store::insert_all(tx, inserts).await?;
    }
    if !updates.is_empty() {
        contribution::store::replace_all(tx, updates).await?;
    }
    Ok(())
}

/// A contribution keeps the office that imported it first, its creation and its visibility.
fn record(
    flow: Flow,
    job: &Job,
    donor: Option<&donor::store::Model>,
    fingerprint: String,
    stored: Option<&Contribution>,
    (id, now): (Uuid, DateTime<Utc>),
) -> Result<Contribution, StoreError> {
    let donor_external_ref = flow.donor().map(|object| object.id.clone());
    Ok(Contribution {
        id,
        version: stored.map_or(1, |row| row.version + 1),
        organisation_id: job.organisation_id,
        office_id: stored.map_or(job.office_id, |row| row.office_id),
        source: "fts".to_owned(),
        external_ref: Some(flow.id),
        donor_id: donor.map(|donor| donor.id),
        donor_external_ref,
        donor_name: donor.map(|donor| donor.name.clone()),
        status: flow.status,
        amount_usd: flow.amount_usd,
        original_amount: flow.original.map(|money| money.minor()),
        original_currency: flow.original.map(|money| money.currency().code().to_owned()),
        exchange_rate_date: flow.exchange_rate.as_ref().and(flow.flow_date),
        exchange_rate_source: flow.exchange_rate.as_ref().map(|_| "fts".to_owned()),
        exchange_rate: flow.exchange_rate,
        decision_date: flow.decision_date,
        flow_date: flow.flow_date,
        first_reported_date: flow.first_reported_date,
        budget_year: flow.budget_year,
        usage_years: flow.usage_years,
        countries: flow.countries,
        new_money: flow.new_money,
        contribution_type: flow.contribution_type.to_owned(),
        method: flow.method,
        earmarking: flow.earmarking.map(str::to_owned),
        keywords: serde_json::to_string(&flow.keywords)?,
        parent_ref: flow.parent_ref,
        child_refs: flow.child_refs,
        visibility: stored.map_or_else(|| "public".to_owned(), |row| row.visibility.clone()),
        description: flow.description,
        source_objects: serde_json::to_string(&flow.source_objects)?,
        destination_objects: serde_json::to_string(&flow.destination_objects)?,
        detail: serde_json::to_string(&flow.detail)?,
        source_version: Some(flow.version),
        fingerprint,
        agreement_id: stored.and_then(|row| row.agreement_id),
        standing: "current".to_owned(),
        parent_id: None,
        replaces_id: None,
        usage_split: None,
        valuation: None,
        exchange_difference: None,
        created_at: stored.map_or(now, |row| row.created_at),
        updated_at: now,
    })
}

/// The donors of a batch, by FTS id: matched by reference, then by name and type, else recorded.
async fn donors_of(
    tx: &mut TenantTx,
    job: &Job,
    scope: &Scope,
    flows: &[(i64, Flow)],
) -> Result<HashMap<String, donor::store::Model>, StoreError> {
    let mut named: Vec<&FlowObject> = Vec::new();
    for object in flows.iter().filter_map(|(_, flow)| flow.donor()) {
        if !named.iter().any(|known| known.id == object.id) {
            named.push(object);
        }
    }
    let refs: Vec<String> = named.iter().map(|object| object.id.clone()).collect();
    let known = donor::store::by_refs(scope, tx.db(), "fts", &refs).await?;
    let registered = donor::store::by_ids(scope, tx.db(), known.values().copied()).await?;
    let mut donors = HashMap::with_capacity(named.len());
    for object in named {
        let found = match known.get(&object.id) {
            Some(id) => registered.get(id).cloned(),
            None => Some(match_or_record(tx, job, scope, object).await?),
        };
        donors.extend(found.map(|donor| (object.id.clone(), donor)));
    }
    Ok(donors)
}

async fn match_or_record(
    tx: &mut TenantTx,
    job: &Job,
    scope: &Scope,
    object: &FlowObject,
) -> Result<donor::store::Model, StoreError> {
    let donor_type = donor::type_of_fts(&object.organization_types, &object.organization_sub_types);
    let key = donor::search_key(&object.name);
    let search = if key.is_empty() { format!("fts {}", object.id) } else { key };
    let reference = [ExternalRef { source: "fts".to_owned(), r#ref: object.id.clone() }];
    let now = tx.now();
    if let Some(mut donor) = donor::store::by_name(scope, tx.db(), &search, donor_type).await? {
        donor.version += 1;
        donor.updated_at = now;
        donor::store::update(tx, &donor, &reference).await?;
        return Ok(donor);
    }
    // The registry is headquarters', whoever imports.
    let headquarters = office::headquarters(tx.db(), job.organisation_id).await?;
    let donor = donor::store::Model {
        id: tx.new_id(),
        version: 1,
        organisation_id: job.organisation_id,
        office_id: headquarters.unwrap_or(job.office_id),
        name: object.name.clone(),
        focal_point_id: None,
        name_fr: None,
        name_es: None,
        short_name: None,
        search,
        donor_type: donor_type.to_owned(),
        iati_organisation_type: donor::iati_type_of(donor_type).map(str::to_owned),
        segment: None,
        country: None,
        parent_id: None,
        iati_identifier: None,
        liaison_post: None,
        status: "active".to_owned(),
        names: String::new(),
        match_key: String::new(),
        preferences: None,
        merged_into: None,
        created_at: now,
        updated_at: now,
    }
    .searchable();
    donor::store::insert(tx, &donor, &reference).await?;
    Ok(donor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_flow_is_a_new_version_and_a_stale_file_changes_nothing() {
        let held = (3, "aa".to_owned());
        assert_eq!(decide(None, 1, "aa"), Decision::Create);
        assert_eq!(decide(Some(&held), 3, "aa"), Decision::Keep);
        assert_eq!(decide(Some(&held), 4, "aa"), Decision::Keep);
        assert_eq!(decide(Some(&held), 4, "bb"), Decision::Update);
        assert_eq!(decide(Some(&held), 3, "bb"), Decision::Update);
        assert_eq!(decide(Some(&held), 2, "bb"), Decision::Keep);
    }
}
