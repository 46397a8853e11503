//! What rows name in the registry: donors and agreements, looked up for a batch at once.

use super::{
    flow::{DonorRef, Staged},
    format::ImportFormat,
    store::Model as Job,
};
use crate::{agreement, contribution, registry::donor};
use kernel::{DonorId, Fault, FieldCode, FieldError, RecordKind, fault};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeSet, HashMap, HashSet};
use store::{StoreError, TenantScope};

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

/// Drops the rows that only set a contribution to zero, unless the office holds it, with an amount.
pub(super) async fn keep_held(
    job: &Job,
    db: &impl ConnectionTrait,
    rows: &mut Vec<Staged>,
) -> Result<(), StoreError> {
    let only_if_held = rows.iter().filter(|row| row.only_if_held);
    let refs: Vec<String> = only_if_held.filter_map(|row| row.external_ref.clone()).collect();
    if refs.is_empty() {
        return Ok(());
    }
    let held = contribution::store::by_refs(&scope_of(job), db, &job.source, &refs).await?;
    let held: HashSet<String> = held
        .into_iter()
        .filter(|row| row.amount_usd != 0 && !row.fingerprint.is_empty() && row.office_id == job.office_id)
        .filter_map(|row| row.external_ref)
        .collect();
    rows.retain(|row| !row.only_if_held || row.external_ref.as_ref().is_some_and(|id| held.contains(id)));
    Ok(())
}

/// Rejects the rows whose donor or agreement cannot be.
pub(super) async fn check(
    job: &Job,
    db: &impl ConnectionTrait,
    rows: &mut [Staged],
) -> Result<(), StoreError> {
    let names = || rows.iter().filter_map(|row| row.names.as_ref());
    let donor_refs: HashMap<String, DonorRef> =
        names().map(|(donor_ref, _)| (donor_ref.key(), donor_ref.clone())).collect();
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
    let references: Vec<String> = names().filter_map(|(_, agreement)| agreement.clone()).collect();
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
        let Some((donor_ref, agreement)) = &row.names else { continue };
        let donor = found.get(&donor_ref.key()).copied().unwrap_or(Found::Nobody);
        row.errors.extend(wrong_donor(job.format, donor_ref, donor));
        if let Some(reference) = agreement {
            row.errors.extend(wrong_agreement(job, donor, agreements.get(reference))?);
        }
    }
    Ok(())
}

fn wrong_donor(format: ImportFormat, donor_ref: &DonorRef, found: Found) -> Option<FieldError> {
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
        Found::Nobody if format == ImportFormat::Iati => {
            let field = if donor_ref.name.is_some() { "/donor" } else { "/donor_ref" };
            error(field, unknown_in_iati(donor_ref))
        }
        Found::Nobody if donor_ref.name.is_some() => {
            error("/donor", unknown("is not in the registry: create the donor first, or specify donor_type"))
        }
        Found::Nobody => {
            let why = "is not in the registry: create the donor first, or specify its name and type";
            error("/donor_ref", unknown(why))
        }
    }
}

/// A giver of an IATI file that is neither in the registry nor stated so that it can be recorded.
fn unknown_in_iati(donor_ref: &DonorRef) -> Fault {
    let create = match &donor_ref.reference {
        Some(reference) => {
            format!("create the donor first, with the IATI identifier {}", fault::shown(reference))
        }
        None => "create the donor first".to_owned(),
    };
    match donor_ref.unmapped_type.as_deref().map(fault::shown) {
        Some(kind) => {
            let why = format!(
                "is not in the registry, and its IATI organisation type {kind} has no donor type: {create}"
            );
            FieldCode::NotInRegistry.says(why).with("value", kind)
        }
        None => {
            let lacking = if donor_ref.name.is_none() { "name" } else { "organisation type" };
            FieldCode::NotInRegistry
                .says(format!("is not in the registry, and the file does not state its {lacking}: {create}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_giver_of_an_iati_file_is_refused_in_the_words_of_such_a_file() {
        let fault = |kind: Option<&str>| {
            let (name, reference) = (Some("Partners".to_owned()), Some("XX-9".to_owned()));
            let unmapped_type = kind.map(str::to_owned);
            let giver = DonorRef { id: None, reference, name, donor_type: None, unmapped_type };
            wrong_donor(ImportFormat::Iati, &giver, Found::Nobody).unwrap()
        };
        for kind in ["30", "90"] {
            let error = fault(Some(kind));
            assert_eq!((error.pointer.as_str(), error.code), ("/donor", FieldCode::NotInRegistry));
            assert!(error.detail.contains(&format!("type {kind} has no donor type")), "{}", error.detail);
            assert!(error.detail.contains("create the donor first, with the IATI identifier XX-9"));
            assert_eq!(error.params["value"], kernel::Param::from(kind));
        }
        let unstated = fault(None);
        assert!(unstated.detail.contains("does not state its organisation type"), "{}", unstated.detail);
        assert!(!unstated.detail.contains("donor_type") && unstated.params.is_empty());
    }
}
