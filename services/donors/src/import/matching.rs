//! What rows name: donors, agreements and plans, looked up for a batch at once.

use super::{
    flow::{DonorRef, Names, Staged},
    format::ImportFormat,
    store::Model as Job,
};
use crate::{
    agreement, contribution,
    known::plan::{self, KnownPlan},
    registry::donor,
};
use kernel::{DonorId, Fault, FieldCode, FieldError, RecordKind, fault};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeSet, HashMap};
use store::{Store, StoreError, TenantScope};

/// The donor that a row refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// By its id, or by what the source calls it.
    Donor(DonorId),
    /// By its name.
    Named(DonorId),
    /// The name is that of several donors of different types.
    Several,
    Nobody,
}

impl Found {
    fn id(&self) -> Option<DonorId> {
        match self {
            Found::Donor(id) | Found::Named(id) => Some(*id),
            Found::Several | Found::Nobody => None,
        }
    }
}

/// The scope of an import: its office.
pub(super) fn scope_of(job: &Job) -> TenantScope {
    let (organisation_id, office_id) = (job.organisation_id, job.office_id);
    TenantScope::Offices { organisation_id, office_id, office_ids: vec![office_id] }
}

/// Looks up donors: by id, then by the source's reference (of an IATI file also by IATI identifier), then by name.
pub(super) async fn donors(
    job: &Job,
    db: &impl ConnectionTrait,
    donor_refs: &HashMap<String, DonorRef>,
) -> Result<HashMap<String, Found>, StoreError> {
    let scope = scope_of(job);
    let ids: Vec<DonorId> = donor_refs.values().filter_map(|donor_ref| donor_ref.id).collect();
    let ids = donor::store::by_ids(&scope, db, ids).await?;
    let refs: Vec<String> = donor_refs.values().filter_map(|donor_ref| donor_ref.reference.clone()).collect();
    let mut by_ref = donor::store::by_refs(&scope, db, &job.source, &refs).await?;
    if job.format == ImportFormat::Iati {
        for (identifier, id) in donor::store::by_iati_identifiers(&scope, db, &refs).await? {
            by_ref.entry(identifier).or_insert(id);
        }
    }
    let mut found = HashMap::with_capacity(donor_refs.len());
    let mut unknown = Vec::new();
    for (key, donor_ref) in donor_refs {
        let known = match donor_ref.id {
            Some(id) => Some(ids.get(&id).map_or(Found::Nobody, |_| Found::Donor(id))),
            None => donor_ref
                .reference
                .as_ref()
                .and_then(|reference| by_ref.get(reference))
                .copied()
                .map(Found::Donor),
        };
        match known {
            Some(known) => {
                found.insert(key.clone(), known);
            }
            None => unknown.push((key, donor_ref)),
        }
    }
    let names: Vec<String> =
        unknown.iter().map(|(_, donor_ref)| donor_ref.search()).filter(|name| !name.is_empty()).collect();
    let named = donor::store::by_names(&scope, db, names).await?;
    // Duplicates of one name that were merged are one donor.
    let one = donor::store::survivors(&scope, db, named.iter().map(|donor| donor.id).collect()).await?;
    let survivor_of = |id: DonorId| one.get(&id).copied().unwrap_or(id);
    for (key, donor_ref) in unknown {
        let search = donor_ref.search();
        let fits = |donor: &&donor::store::Model| {
            donor.search == search && donor_ref.donor_type.is_none_or(|wanted| wanted == donor.donor_type)
        };
        let fitting: BTreeSet<DonorId> =
            named.iter().filter(fits).map(|donor| survivor_of(donor.id)).collect();
        let verdict = match (fitting.first(), fitting.len()) {
            (None, _) => Found::Nobody,
            (Some(donor), 1) => Found::Named(*donor),
            (Some(_), _) => Found::Several,
        };
        found.insert(key.clone(), verdict);
    }
    // A merged duplicate is resolved to its survivor.
    let ids: Vec<DonorId> = found.values().filter_map(Found::id).collect();
    let survivors = donor::store::survivors(&scope, db, ids).await?;
    for verdict in found.values_mut() {
        if let Some(survivor) = verdict.id().and_then(|id| survivors.get(&id)) {
            *verdict = Found::Donor(*survivor);
        }
    }
    Ok(found)
}

/// Rejects the rows whose donor or agreement cannot be.
pub(super) async fn check(
    job: &Job,
    db: &impl ConnectionTrait,
    rows: &mut [Staged],
) -> Result<(), StoreError> {
    let names = || rows.iter().filter_map(|row| row.names.as_ref());
    let donor_refs: HashMap<String, DonorRef> =
        names().map(|names| (names.donor.key(), names.donor.clone())).collect();
    if donor_refs.is_empty() {
        return Ok(());
    }
    let refs: Vec<String> = rows.iter().filter_map(|row| row.external_ref.clone()).collect();
    let held = contribution::store::by_refs(&scope_of(job), db, &job.source, &refs).await?;
    // What is recorded by its entries, and what is another office's.
    let others: HashMap<String, bool> = held
        .into_iter()
        .filter(|row| row.fingerprint.is_empty() || row.office_id != job.office_id)
        .filter_map(|row| Some((row.external_ref?, row.fingerprint.is_empty())))
        .collect();
    let references: Vec<String> = names().filter_map(|names| names.agreement.clone()).collect();
    let found = donors(job, db, &donor_refs).await?;
    let agreements = agreement::store::by_references(&scope_of(job), db, &references).await?;
    for row in rows {
        if let Some(by_hand) = row.external_ref.as_ref().and_then(|reference| others.get(reference)) {
            let fault = match by_hand {
                true => FieldCode::KeptHere
                    .says("is a contribution that was recorded in Passerelle: change it there"),
                false => FieldCode::NotYours
                    .says("is used by a contribution of another office")
                    .kind(RecordKind::Contribution),
            };
            row.errors.push(FieldError::new("/external_ref", fault));
        }
        let Some(Names { donor: donor_ref, agreement, .. }) = &row.names else { continue };
        let donor = found.get(&donor_ref.key()).copied().unwrap_or(Found::Nobody);
        row.errors.extend(wrong_donor(donor_ref, donor));
        if let Some(reference) = agreement {
            row.errors.extend(wrong_agreement(job, donor, agreements.get(reference))?);
        }
    }
    Ok(())
}

/// Rejects the rows of a batch that name a plan which is none, or may be several. Those that were only just written are
/// waited for, in the first batch of an import.
pub(super) async fn check_plans(store: &Store, job: &Job, rows: &mut [Staged]) -> Result<(), StoreError> {
    let names = rows.iter().filter_map(|row| row.names.as_ref());
    let texts: BTreeSet<String> = names.flat_map(|names| names.plans.iter().cloned()).collect();
    if texts.is_empty() {
        return Ok(());
    }
    let meant = match job.rows_read {
        0 => plan::meant_eventually(store, job.organisation_id, &texts).await?,
        _ => plan::meant(&store.system_read().await?, job.organisation_id, &texts).await?,
    };
    for row in rows {
        let plans = row.names.iter().flat_map(|names| &names.plans);
        row.errors.extend(plans.filter_map(|text| wrong_plan(text, meant.get(text))));
    }
    Ok(())
}

fn wrong_plan(text: &str, meant: Option<&Vec<KnownPlan>>) -> Option<FieldError> {
    let fault = match meant.map_or(0, Vec::len) {
        1 => return None,
        0 => FieldCode::UnknownReference.says("is not the number in FTS, the id or the name of a plan"),
        _ => FieldCode::Ambiguous.says("may be several plans: specify the plan's id"),
    };
    Some(FieldError::new("/plan", fault.kind(RecordKind::Plan).with("value", fault::shown(text))))
}

fn wrong_donor(donor_ref: &DonorRef, found: Found) -> Option<FieldError> {
    let error = |field: &str, fault: Fault| Some(FieldError::new(field, fault));
    let unknown = |why: &'static str| FieldCode::NotInRegistry.says(why);
    match found {
        Found::Donor(_) | Found::Named(_) => None,
        Found::Several => {
            let why = "is the name of several donors: specify donor_type, donor_ref or donor_id";
            error("/donor", FieldCode::Ambiguous.says(why))
        }
        Found::Nobody if donor_ref.id.is_some() => error("/donor_id", Fault::unknown(RecordKind::Donor)),
        Found::Nobody if donor_ref.name.is_some() && donor_ref.donor_type.is_some() => None,
        Found::Nobody if donor_ref.name.is_some() => {
            error("/donor", unknown("is not in the registry: create the donor first, or specify donor_type"))
        }
        Found::Nobody => {
            let why = "is not in the registry: create the donor first, or specify its name and type";
            error("/donor_ref", unknown(why))
        }
    }
}

fn wrong_agreement(
    job: &Job,
    donor: Found,
    agreement: Option<&agreement::store::Named>,
) -> Result<Option<FieldError>, StoreError> {
    let error = |fault: Fault| Ok(Some(FieldError::new("/agreement", fault)));
    let agreement = agreement.filter(|agreement| agreement.office_id == job.office_id);
    let Some(agreement) = agreement else {
        let fault = FieldCode::UnknownReference.says("is not an agreement of this office");
        return error(fault.kind(RecordKind::Agreement));
    };
    if ![Found::Donor(agreement.donor_id), Found::Named(agreement.donor_id)].contains(&donor) {
        return error(FieldCode::OtherDonor.says("is an agreement with another donor"));
    }
    match agreement.state {
        agreement::State::Signed | agreement::State::Active | agreement::State::Closed => Ok(None),
        agreement::State::Draft | agreement::State::Negotiation | agreement::State::Cancelled => {
            error(FieldCode::NotBinding.says("is an agreement that is not in force"))
        }
    }
}
