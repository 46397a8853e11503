//! Applying a batch of checked rows: what is new is created, what changed is a new version, the rest is unchanged. And
//! what that would come to, for a dry run.

mod donors;

use super::{
    changes,
    flow::{DonorRef, Flow},
    kept,
    matching::scope_of,
    new_donors,
    store::Model as Job,
};
use crate::{
    agreement,
    contribution::{
        self,
        recipient::{self, Us},
        store::{Model as Contribution, REPORTING_SOURCE},
    },
    known::plan,
    registry::donor::named::Named,
};
use chrono::{DateTime, Utc};
use events::FlowObject;
use kernel::{AgreementId, ContributionId, Visibility};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeSet, HashMap};
use store::{StoreError, TenantScope, Transaction, office};

/// The outcome of the rows of a batch.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) created: Vec<i64>,
    pub(crate) updated: Vec<i64>,
    pub(crate) unchanged: Vec<i64>,
    /// What the updated rows change.
    pub(super) changes: Vec<changes::Model>,
    /// The donors that were recorded, or would be.
    pub(super) new_donors: Vec<new_donors::Model>,
}

/// The decision for a flow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Create,
    Update,
    Keep,
}

/// A flow with an older version than the one held is a stale file, not a change. `held` is what the registry holds of
/// the flow: version in the source and fingerprint.
pub(crate) fn decide<F: PartialEq>(held: Option<&(i64, F)>, version: i64, fingerprint: &F) -> Decision {
    match held {
        None => Decision::Create,
        Some((known, same)) if *known > version || same == fingerprint => Decision::Keep,
        Some(_) => Decision::Update,
    }
}

/// Applies flows in order, in one transaction.
pub(crate) async fn apply(
    tx: &mut Transaction,
    job: &Job,
    flows: Vec<(i64, Flow)>,
) -> Result<Verdicts, StoreError> {
    let scope = scope_of(job);
    let us = us(tx, job).await?;
    let refs: Vec<String> = flows.iter().map(|(_, flow)| flow.id.clone()).collect();
    let held = contribution::store::by_refs(&scope, tx.db(), &job.source, &refs).await?;
    let mut stored = by_reference(held);
    stored.extend(by_reference(changing(tx, &scope, &flows, &stored).await?));
    let (donors, recorded) = donors::of(tx, job, &scope, &flows).await?;
    let lookups = Lookups::of(tx.db(), job, &flows, (donors, us)).await?;
    let new_donors = recorded.into_iter().map(|donor| donor.recorded(job.id)).collect();
    let mut verdicts = Verdicts { new_donors, ..Verdicts::default() };
    let mut latest: HashMap<String, Contribution> = HashMap::new();
    let mut order: Vec<String> = Vec::new();
    let now = tx.now();
    for (number, flow) in flows {
        let fingerprint = hex::encode(flow.fingerprint);
        let current = latest.get(&flow.id).or_else(|| stored.get(&flow.id));
        // What was recorded here between the check and now is kept by its entries.
        if current.is_some_and(|row| row.fingerprint.is_empty()) {
            verdicts.unchanged.push(number);
            continue;
        }
        let known = current.map(|row| (row.source_version.unwrap_or(0), row.fingerprint.clone()));
        match decide(known.as_ref(), flow.version, &fingerprint) {
            Decision::Keep => verdicts.unchanged.push(number),
            Decision::Create | Decision::Update => {
                let id = flow.id.clone();
                let place = (current.map_or_else(|| tx.new_id(), |row| row.id), now);
                let record = record(flow, job, &lookups, fingerprint, stored.get(&id), place)?;
                match current {
                    Some(current) if changes::is_same(current, &record) => {
                        verdicts.unchanged.push(number);
                        continue;
                    }
                    Some(current) => {
                        verdicts.updated.push(number);
                        verdicts.changes.push(changes::of_row(job.id, number, current, &record)?);
                    }
                    None => verdicts.created.push(number),
                }
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

/// Records by what their source calls them.
pub(super) fn by_reference(records: Vec<Contribution>) -> HashMap<String, Contribution> {
    records.into_iter().filter_map(|row| Some((row.external_ref.clone()?, row))).collect()
}

/// Of what is held, the records that the flows change: as they are now, and nobody else changes them before this
/// transaction ends.
async fn changing(
    tx: &Transaction,
    scope: &TenantScope,
    flows: &[(i64, Flow)],
    stored: &HashMap<String, Contribution>,
) -> Result<Vec<Contribution>, StoreError> {
    let changes = flows.iter().filter_map(|(_, flow)| {
        let row = stored.get(&flow.id)?;
        let known = (row.source_version.unwrap_or(0), row.fingerprint.clone());
        (decide(Some(&known), flow.version, &hex::encode(flow.fingerprint)) == Decision::Update)
            .then_some(row.id)
    });
    let ids: BTreeSet<ContributionId> = changes.collect();
    let organisation = TenantScope::Organisation { organisation_id: scope.organisation_id() };
    contribution::store::to_change(&organisation, tx, &ids.into_iter().collect::<Vec<_>>()).await
}

/// What the rows of a batch name.
pub(super) struct Lookups {
    /// By [`super::flow::DonorRef::key`].
    donors: HashMap<String, Named>,
    agreements: HashMap<String, AgreementId>,
    /// What a text means of plans.
    plans: HashMap<String, Vec<plan::KnownPlan>>,
    /// Who receives, where the source does not say it itself.
    recipient: Option<FlowObject>,
    /// Who we are, where the source tells of everybody's money.
    us: Option<Us>,
}

/// Whether the source of an import tells of everybody's money, and not of ours alone.
fn tells_of_everybody(job: &Job) -> bool {
    job.source == REPORTING_SOURCE
}

/// Who we are, for flows of a source that tells of everybody's money. Asked for before any row is locked.
async fn us(tx: &Transaction, job: &Job) -> Result<Option<Us>, StoreError> {
    if !tells_of_everybody(job) {
        return Ok(None);
    }
    Ok(Some(recipient::held(tx, job.organisation_id).await?))
}

impl Lookups {
    async fn of(
        db: &impl ConnectionTrait,
        job: &Job,
        flows: &[(i64, Flow)],
        (donors, us): (HashMap<String, Named>, Option<Us>),
    ) -> Result<Self, StoreError> {
        let agreements = agreements_of(db, &scope_of(job), flows).await?;
        let plans = plans_of(db, job, flows).await?;
        Ok(Self { donors, agreements, plans, recipient: recipient(db, job).await?, us })
    }

    /// What the rows of a batch name, for a dry run: donors that are not in the registry as they would be recorded, with those
    /// that are to be decided on. Nothing is written.
    pub(super) async fn foreseen(
        db: &impl ConnectionTrait,
        job: &Job,
        flows: &[(i64, Flow)],
        undecided: &[(i64, DonorRef)],
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<new_donors::Unregistered>), StoreError> {
        let (donors, unregistered) = donors::foreseen(db, job, flows, undecided, now).await?;
        let us = match tells_of_everybody(job) {
            true => Some(recipient::find(db, job.organisation_id).await?.us()),
            false => None,
        };
        Ok((Self::of(db, job, flows, (donors, us)).await?, unregistered))
    }
}

async fn recipient(db: &impl ConnectionTrait, job: &Job) -> Result<Option<FlowObject>, StoreError> {
    if tells_of_everybody(job) {
        return Ok(None);
    }
    let name = office::organisation_name(db, job.organisation_id).await?;
    Ok(name.map(|name| FlowObject::organisation(job.organisation_id, name)))
}

async fn agreements_of(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    flows: &[(i64, Flow)],
) -> Result<HashMap<String, AgreementId>, StoreError> {
    let references: Vec<String> = flows.iter().filter_map(|(_, flow)| flow.agreement.clone()).collect();
    let named = agreement::store::by_references(scope, db, &references).await?;
    Ok(named.into_iter().map(|(reference, agreement)| (reference, agreement.id)).collect())
}

async fn plans_of(
    db: &impl ConnectionTrait,
    job: &Job,
    flows: &[(i64, Flow)],
) -> Result<HashMap<String, Vec<plan::KnownPlan>>, StoreError> {
    let texts: BTreeSet<String> = flows.iter().flat_map(|(_, flow)| flow.plans.iter().cloned()).collect();
    plan::meant(db, job.organisation_id, &texts).await
}

/// The plans that a row names as destinations; those that are recorded when it names none.
fn plan_objects(
    named: &[String],
    lookups: &Lookups,
    stored: Option<&Contribution>,
) -> Result<Vec<FlowObject>, StoreError> {
    if named.is_empty() {
        let (_, before) = stored.map(Contribution::objects).transpose()?.unwrap_or_default();
        return Ok(before.into_iter().filter(|object| object.kind == FlowObject::PLAN).collect());
    }
    let mut objects: Vec<FlowObject> = Vec::new();
    for text in named {
        // It was one plan when the row was checked; since then somebody has renamed it, or called another one the same.
        let Some([plan]) = lookups.plans.get(text).map(Vec::as_slice) else {
            return Err(StoreError::Damaged(format!("no plan for \"{text}\"")));
        };
        if !objects.contains(&plan.object()) {
            objects.push(plan.object());
        }
    }
    Ok(objects)
}

/// Each flow is written once, in its last state of this batch.
async fn write(
    tx: &mut Transaction,
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

/// The contribution that a row makes, or makes of the one that is there: it keeps the office that imported it first, its
/// creation, and everything that the row does not say: also its plans, where the row names none.
pub(super) fn record(
    mut flow: Flow,
    job: &Job,
    lookups: &Lookups,
    fingerprint: String,
    stored: Option<&Contribution>,
    (id, now): (ContributionId, DateTime<Utc>),
) -> Result<Contribution, StoreError> {
    let donor = flow.donor_ref.as_ref().and_then(|donor_ref| lookups.donors.get(&donor_ref.key()));
    let says_no_reference = flow.silent.contains("donor_ref");
    let donor_external_ref = flow.donor_ref.as_ref().and_then(|donor_ref| donor_ref.reference.clone());
    let donor_external_ref = donor_external_ref.or_else(|| {
        let same = stored.filter(|row| says_no_reference && row.donor_id == donor.map(|donor| donor.id));
        same.and_then(|row| row.donor_external_ref.clone())
    });
    if let Some(held) = stored {
        kept::keep(&mut flow, held)?;
    }
    let (mut from, mut to) = (flow.source_objects, flow.destination_objects);
    let mut first_reported_date = flow.first_reported_date;
    if let Some(recipient) = &lookups.recipient {
        from.extend(donor.map(|donor| FlowObject::organisation(donor.id, &donor.name)));
        to.insert(0, recipient.clone());
        to.extend(plan_objects(&flow.plans, lookups, stored)?);
        let first = stored.map_or_else(|| now.date_naive(), |row| row.created_at.date_naive());
        first_reported_date = first_reported_date.or(Some(first));
    }
    let first_visibility =
        if job.source == REPORTING_SOURCE { Visibility::Public } else { Visibility::Internal };
    let agreement_id = flow.agreement.as_ref().and_then(|reference| lookups.agreements.get(reference));
    let is_ours = lookups.us.as_ref().is_none_or(|us| us.receives(&to));
    let place = (job.organisation_id, stored.map_or(job.office_id, |row| row.office_id));
    Ok(Contribution {
        version: stored.map_or(1, |row| row.version + 1),
        source: job.source.clone(),
        external_ref: Some(flow.id),
        donor_id: donor.map(|donor| donor.id),
        donor_external_ref,
        donor_name: donor.map(|donor| donor.name.clone()),
        original_amount: flow.original.map(|money| money.minor()),
        original_currency: flow.original.map(|money| money.currency().code().to_owned()),
        exchange_rate_date: flow.exchange_rate_date,
        exchange_rate_source: flow.exchange_rate_source,
        exchange_rate: flow.exchange_rate,
        decision_date: flow.decision_date,
        flow_date: flow.flow_date,
        first_reported_date,
        budget_year: flow.budget_year,
        usage_years: flow.usage_years,
        countries: flow.countries,
        new_money: flow.new_money,
        contribution_type: flow.contribution_type,
        method: flow.method,
        earmarking: flow.earmarking,
        keywords: serde_json::to_string(&flow.keywords)?,
        parent_ref: flow.parent_ref,
        child_refs: flow.child_refs,
        visibility: match (flow.visibility, stored) {
            (Some(stated), _) => stated,
            (None, Some(row)) => row.visibility,
            (None, None) => first_visibility,
        },
        description: flow.description,
        source_objects: serde_json::to_string(&from)?,
        destination_objects: serde_json::to_string(&to)?,
        detail: serde_json::to_string(&flow.detail)?,
        source_version: Some(flow.version),
        fingerprint,
        // An agreement is with one donor.
        agreement_id: agreement_id.copied().or_else(|| {
            let same = stored.filter(|row| row.donor_id == donor.map(|donor| donor.id));
            same.and_then(|row| row.agreement_id)
        }),
        // What it counts in stays as it was, unless it is ours now, or no longer.
        is_ours: stored.is_none_or(|row| row.is_ours),
        counts_ours: stored.is_none_or(|row| row.counts_ours),
        counts_reported: stored.is_none_or(|row| row.counts_reported),
        created_at: stored.map_or(now, |row| row.created_at),
        ..Contribution::blank(id, place, flow.status, flow.amount_usd, now)
    }
    .received(is_ours))
}

#[cfg(test)]
mod tests;
