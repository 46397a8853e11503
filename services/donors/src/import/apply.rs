//! Applying a batch of checked rows: what is new is created, what changed is a new version, the rest is unchanged.

use super::{
    flow::{DonorRef, Flow},
    format::ImportFormat,
    kept,
    matching::{self, Found, scope_of},
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
    registry::donor::{self, named::Named},
};
use chrono::{DateTime, Utc};
use events::{ExternalRef, FlowObject};
use kernel::{AgreementId, ContributionId, DonorId, DonorStatus, DonorType, OfficeId, Visibility};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{StoreError, TenantScope, Transaction, office};

/// The outcome of each row.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) created: Vec<i64>,
    pub(crate) updated: Vec<i64>,
    pub(crate) unchanged: Vec<i64>,
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
    let lookups = Lookups {
        donors: donors_of(tx, job, &scope, &flows).await?,
        agreements: agreements_of(tx, &scope, &flows).await?,
        plans: plans_of(tx, job, &flows).await?,
        recipient: recipient(tx, job).await?,
        us,
    };
    let mut verdicts = Verdicts::default();
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
            decision @ (Decision::Create | Decision::Update) => {
                let created = decision == Decision::Create;
                if created { &mut verdicts.created } else { &mut verdicts.updated }.push(number);
                let id = flow.id.clone();
                let place = (current.map_or_else(|| tx.new_id(), |row| row.id), now);
                let record = record(flow, job, &lookups, fingerprint, stored.get(&id), place)?;
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

fn by_reference(records: Vec<Contribution>) -> HashMap<String, Contribution> {
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
struct Lookups {
    /// By [`DonorRef::key`].
    donors: HashMap<String, Named>,
    agreements: HashMap<String, AgreementId>,
    /// What a text means of plans.
    plans: HashMap<String, Vec<plan::KnownPlan>>,
    /// Who receives, where the source does not say it itself.
    recipient: Option<FlowObject>,
    /// Who we are, where the source tells of everybody's money.
    us: Option<Us>,
}

/// Who we are, for flows of a source that tells of everybody's money. Asked for before any row is locked.
async fn us(tx: &Transaction, job: &Job) -> Result<Option<Us>, StoreError> {
    if job.source != REPORTING_SOURCE {
        return Ok(None);
    }
    Ok(Some(recipient::held(tx, job.organisation_id).await?))
}

async fn recipient(tx: &Transaction, job: &Job) -> Result<Option<FlowObject>, StoreError> {
    if job.source == REPORTING_SOURCE {
        return Ok(None);
    }
    let name = office::organisation_name(tx.db(), job.organisation_id).await?;
    Ok(name.map(|name| FlowObject::organisation(job.organisation_id, name)))
}

async fn agreements_of(
    tx: &Transaction,
    scope: &TenantScope,
    flows: &[(i64, Flow)],
) -> Result<HashMap<String, AgreementId>, StoreError> {
    let references: Vec<String> = flows.iter().filter_map(|(_, flow)| flow.agreement.clone()).collect();
    let named = agreement::store::by_references(scope, tx.db(), &references).await?;
    Ok(named.into_iter().map(|(reference, agreement)| (reference, agreement.id)).collect())
}

async fn plans_of(
    tx: &Transaction,
    job: &Job,
    flows: &[(i64, Flow)],
) -> Result<HashMap<String, Vec<plan::KnownPlan>>, StoreError> {
    let texts: BTreeSet<String> = flows.iter().flat_map(|(_, flow)| flow.plans.iter().cloned()).collect();
    plan::meant(tx.db(), job.organisation_id, &texts).await
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

/// A contribution keeps the office that imported it first, its creation, and everything that the row does not say: also
/// its plans, where the row names none.
fn record(
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

/// The donors of a batch, by [`DonorRef::key`]: matched, else recorded.
async fn donors_of(
    tx: &mut Transaction,
    job: &Job,
    scope: &TenantScope,
    flows: &[(i64, Flow)],
) -> Result<HashMap<String, Named>, StoreError> {
    let mut donor_refs: HashMap<String, DonorRef> = HashMap::new();
    let mut order: Vec<String> = Vec::new();
    for donor_ref in flows.iter().filter_map(|(_, flow)| flow.donor_ref.as_ref()) {
        let key = donor_ref.key();
        donor_refs.entry(key).or_insert_with_key(|key| {
            order.push(key.clone());
            donor_ref.clone()
        });
    }
    let found = matching::donors(job, tx.db(), &donor_refs).await?;
    let known = found.values().filter_map(|found| match found {
        Found::Donor(id) | Found::Named(id) | Found::OtherType(id, _) => Some(*id),
        Found::Several | Found::Nobody => None,
    });
    let known: Vec<DonorId> = known.collect();
    let registered = donor::named::by_ids(scope, tx.db(), known).await?;
    let mut donors = HashMap::with_capacity(donor_refs.len());
    let mut unknown = Vec::new();
    for key in order {
        let donor_ref = &donor_refs[&key];
        match found.get(&key) {
            Some(Found::Donor(id)) => donors.extend(registered.get(id).map(|donor| (key, donor.clone()))),
            // A donor that is known by its name, and now by a reference as well, is written like one that is not known.
            Some(Found::Named(id) | Found::OtherType(id, _))
                if donor_ref.reference.is_none() || donor_ref.donor_type.is_none() =>
            {
                donors.extend(registered.get(id).map(|donor| (key, donor.clone())));
            }
            Some(Found::OtherType(_, registered)) => {
                unknown.push((key, DonorRef { donor_type: Some(*registered), ..donor_ref.clone() }));
            }
            Some(Found::Named(_) | Found::Several | Found::Nobody) | None => {
                unknown.push((key, donor_ref.clone()));
            }
        }
    }
    donors.extend(match_or_record(tx, job, scope, unknown).await?);
    Ok(donors)
}

/// How a donor that is not in the registry is recorded.
struct NewDonor {
    key: String,
    search: String,
    name: String,
    donor_type: DonorType,
    reference: Vec<ExternalRef>,
    iati_identifier: Option<String>,
}

impl NewDonor {
    fn of(key: String, donor_ref: &DonorRef, job: &Job) -> Result<Self, StoreError> {
        // It could be recorded when the row was checked; since then somebody has renamed or merged the donor it means.
        let gone = || StoreError::Damaged(format!("no donor for {key}"));
        let donor_type = donor_ref.donor_type.ok_or_else(gone)?;
        let name = donor_ref.name.clone().ok_or_else(gone)?;
        let named = |reference: &String| ExternalRef { source: job.source.clone(), r#ref: reference.clone() };
        let search = match (donor_ref.search(), &donor_ref.reference) {
            (key, Some(reference)) if key.is_empty() => format!("{} {reference}", job.source),
            (key, _) => key,
        };
        let reference = donor_ref.reference.iter().map(named).collect();
        let iati_identifier = donor_ref.reference.clone().filter(|_| job.format == ImportFormat::Iati);
        Ok(Self { key, search, name, donor_type, reference, iati_identifier })
    }

    fn record(
        &self,
        job: &Job,
        office_id: OfficeId,
        (id, now): (DonorId, DateTime<Utc>),
    ) -> donor::store::Model {
        donor::store::Model {
            id,
            version: 1,
            organisation_id: job.organisation_id,
            office_id,
            name: self.name.clone(),
            focal_point_id: None,
            name_fr: None,
            name_es: None,
            short_name: None,
            search: self.search.clone(),
            donor_type: self.donor_type,
            iati_organisation_type: donor::iati_type_of(self.donor_type),
            segment: None,
            country: None,
            parent_id: None,
            iati_identifier: self.iati_identifier.clone(),
            liaison_post: None,
            status: DonorStatus::Active,
            names: String::new(),
            match_key: String::new(),
            preferences: None,
            merged_into: None,
            created_at: now,
            updated_at: now,
        }
        .searchable()
    }
}

/// The donors that no reference identified, by [`DonorRef::key`]: found by name and type, or newly recorded.
async fn match_or_record(
    tx: &mut Transaction,
    job: &Job,
    scope: &TenantScope,
    donor_refs: Vec<(String, DonorRef)>,
) -> Result<Vec<(String, Named)>, StoreError> {
    if donor_refs.is_empty() {
        return Ok(Vec::new());
    }
    let new_donors = donor_refs.into_iter().map(|(key, donor_ref)| NewDonor::of(key, &donor_ref, job));
    let new_donors = new_donors.collect::<Result<Vec<_>, _>>()?;
    let names: BTreeSet<String> = new_donors.iter().map(|new_donor| new_donor.search.clone()).collect();
    let known = donor::named::by_names_and_types(scope, tx.db(), names).await?;
    // The registry is headquarters', whoever imports.
    let headquarters = office::headquarters(tx.db(), job.organisation_id).await?;
    let office_id = headquarters.unwrap_or(job.office_id);
    let (mut new, mut refs, mut places) = (Vec::new(), Vec::<Vec<ExternalRef>>::new(), HashMap::new());
    let (mut donors, mut recorded) = (Vec::new(), Vec::new());
    let mut also_called: BTreeMap<DonorId, Vec<ExternalRef>> = BTreeMap::new();
    let now = tx.now();
    for new_donor in new_donors {
        let name = (new_donor.search.clone(), new_donor.donor_type);
        if let Some(donor) = known.get(&name) {
            // It is now known by the reference as well.
            if !new_donor.reference.is_empty() {
                also_called.entry(donor.id).or_default().extend(new_donor.reference);
            }
            donors.push((new_donor.key, donor.clone()));
            continue;
        }
        // In a table, one name is one donor: of the type that the first row says.
        let one = (name.0, (!job.format.is_table()).then_some(name.1));
        let place = *places.entry(one).or_insert_with(|| {
            new.push(new_donor.record(job, office_id, (tx.new_id(), now)));
            refs.push(Vec::new());
            new.len() - 1
        });
        refs[place].extend(new_donor.reference);
        recorded.push((new_donor.key, place));
    }
    donor::store::insert_all(tx, &new, &refs).await?;
    donor::store::also_called(scope, tx, &also_called).await?;
    donors.extend(recorded.into_iter().map(|(key, place)| (key, Named::from(&new[place]))));
    Ok(donors)
}

#[cfg(test)]
mod tests;
