//! The donors of a batch: matched with the registry, or recorded.

use crate::{
    import::{
        flow::{DonorRef, Flow},
        format::ImportFormat,
        matching::{self, Found, scope_of},
        new_donors::Unregistered,
        store::Model as Job,
    },
    registry::donor::{self, named::Named},
};
use chrono::{DateTime, Utc};
use events::ExternalRef;
use kernel::{DonorId, DonorStatus, DonorType, OfficeId};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{StoreError, TenantScope, Transaction, office};

/// Donors by [`DonorRef::key`].
type Donors = HashMap<String, Named>;

/// The donors that a batch names.
#[derive(Default)]
struct Mentioned {
    /// By their keys.
    refs: HashMap<String, DonorRef>,
    /// Their keys, each with the first row that names it.
    order: Vec<(String, i64)>,
}

impl Mentioned {
    fn add(&mut self, key: String, number: i64, donor_ref: &DonorRef) {
        let Mentioned { refs, order } = self;
        refs.entry(key).or_insert_with_key(|key| {
            order.push((key.clone(), number));
            donor_ref.clone()
        });
    }
}

fn mentioned_by(flows: &[(i64, Flow)]) -> Mentioned {
    let mut mentioned = Mentioned::default();
    for (number, flow) in flows {
        if let Some(donor_ref) = &flow.donor_ref {
            mentioned.add(donor_ref.key(), *number, donor_ref);
        }
    }
    mentioned
}

/// Stands for the type that nobody has stated, in a donor that is compared and not recorded.
const UNSTATED: DonorType = DonorType::Government;

/// The donors of a batch, by [`DonorRef::key`], for a dry run: matched, else as they would be recorded; and those among
/// them that are not in the registry, with those of `undecided`, the donors of rows that wait for a decision.
pub(super) async fn foreseen(
    db: &impl ConnectionTrait,
    job: &Job,
    flows: &[(i64, Flow)],
    undecided: &[(i64, DonorRef)],
    now: DateTime<Utc>,
) -> Result<(Donors, Vec<Unregistered>), StoreError> {
    let mut mentioned = mentioned_by(flows);
    for (number, donor_ref) in undecided {
        // Not taken for the donor of rows that hold.
        mentioned.add(format!("undecided {}", donor_ref.key()), *number, donor_ref);
    }
    mentioned.order.sort_by_key(|(_, number)| *number);
    let Mentioned { refs, order } = mentioned;
    let found = matching::donors(job, db, &refs).await?;
    let known: Vec<DonorId> = found.values().filter_map(Found::id).collect();
    let registered = donor::named::by_ids(&scope_of(job), db, known).await?;
    let (mut donors, mut unregistered) = (HashMap::with_capacity(refs.len()), Vec::new());
    for (key, number) in order {
        let verdict = found.get(&key).copied().unwrap_or(Found::Nobody);
        if let Some(donor) = verdict.id().and_then(|id| registered.get(&id)) {
            donors.insert(key, donor.clone());
            continue;
        }
        let donor_ref = &refs[&key];
        let donor_type = verdict.new_type(donor_ref);
        let as_new = DonorRef { donor_type: donor_type.or(Some(UNSTATED)), ..donor_ref.clone() };
        let new_donor = NewDonor::of((key.clone(), number), &as_new, job)?;
        let donor = new_donor.record(job, job.office_id, (DonorId::nil(), now));
        let reference = donor_ref.reference.clone();
        donors.insert(key, Named::from(&donor));
        unregistered.push(Unregistered { number, reference, donor_type, donor });
    }
    Ok((donors, unregistered))
}

/// The donors of a batch, by [`DonorRef::key`]: matched, else recorded; and those that were recorded.
pub(super) async fn of(
    tx: &mut Transaction,
    job: &Job,
    scope: &TenantScope,
    flows: &[(i64, Flow)],
) -> Result<(Donors, Vec<Unregistered>), StoreError> {
    let Mentioned { refs: donor_refs, order } = mentioned_by(flows);
    let found = matching::donors(job, tx.db(), &donor_refs).await?;
    let known: Vec<DonorId> = found.values().filter_map(Found::id).collect();
    let registered = donor::named::by_ids(scope, tx.db(), known).await?;
    let mut donors = HashMap::with_capacity(donor_refs.len());
    let mut unknown = Vec::new();
    // What the source calls the donors that were decided on.
    let mut decided: BTreeMap<String, DonorId> = BTreeMap::new();
    for (key, number) in order {
        let donor_ref = &donor_refs[&key];
        match found.get(&key) {
            Some(Found::Donor(id)) => donors.extend(registered.get(id).map(|donor| (key, donor.clone()))),
            Some(Found::Decided(id)) => {
                let called = donor_ref.reference.clone().or_else(|| donor_ref.called_by_name());
                decided.extend(called.map(|called| (called, *id)));
                donors.extend(registered.get(id).map(|donor| (key, donor.clone())));
            }
            // A donor that is known by its name, and now by a reference as well, is written like one that is not known.
            Some(Found::Named(id) | Found::OtherType(id, _))
                if donor_ref.reference.is_none() || donor_ref.donor_type.is_none() =>
            {
                donors.extend(registered.get(id).map(|donor| (key, donor.clone())));
            }
            Some(Found::OtherType(_, registered)) => {
                let donor_ref = DonorRef { donor_type: Some(*registered), ..donor_ref.clone() };
                unknown.push(((key, number), donor_ref));
            }
            Some(Found::Accepted(accepted)) => {
                let donor_type = donor_ref.donor_type.or(accepted.donor_type);
                unknown.push(((key, number), DonorRef { donor_type, ..donor_ref.clone() }));
            }
            Some(Found::Named(_) | Found::Several | Found::Nobody) | None => {
                unknown.push(((key, number), donor_ref.clone()));
            }
        }
    }
    remember(tx, job, scope, decided).await?;
    let (matched, recorded) = match_or_record(tx, job, scope, unknown).await?;
    donors.extend(matched);
    Ok((donors, recorded))
}

/// Notes what the source calls donors, so that nobody decides on them again.
async fn remember(
    tx: &mut Transaction,
    job: &Job,
    scope: &TenantScope,
    called: BTreeMap<String, DonorId>,
) -> Result<(), StoreError> {
    let mut by_donor: BTreeMap<DonorId, Vec<ExternalRef>> = BTreeMap::new();
    for (r#ref, donor) in called {
        by_donor.entry(donor).or_default().push(ExternalRef { source: job.source.clone(), r#ref });
    }
    donor::store::also_called(scope, tx, &by_donor).await
}

/// How a donor that is not in the registry is recorded.
struct NewDonor {
    key: String,
    /// The first row that names it.
    number: i64,
    search: String,
    name: String,
    donor_type: DonorType,
    reference: Vec<ExternalRef>,
    iati_identifier: Option<String>,
}

impl NewDonor {
    fn of((key, number): (String, i64), donor_ref: &DonorRef, job: &Job) -> Result<Self, StoreError> {
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
        Ok(Self { key, number, search, name, donor_type, reference, iati_identifier })
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
            liaison_office_id: None,
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

/// The donors that no reference identified, by [`DonorRef::key`]: found by name and type, or newly recorded; and those that
/// were recorded.
async fn match_or_record(
    tx: &mut Transaction,
    job: &Job,
    scope: &TenantScope,
    donor_refs: Vec<((String, i64), DonorRef)>,
) -> Result<(Vec<(String, Named)>, Vec<Unregistered>), StoreError> {
    if donor_refs.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let new_donors = donor_refs.into_iter().map(|(place, donor_ref)| NewDonor::of(place, &donor_ref, job));
    let new_donors = new_donors.collect::<Result<Vec<_>, _>>()?;
    let names: BTreeSet<String> = new_donors.iter().map(|new_donor| new_donor.search.clone()).collect();
    let known = donor::named::by_names_and_types(scope, tx.db(), names).await?;
    // The registry is headquarters', whoever imports.
    let headquarters = office::headquarters(tx.db(), job.organisation_id).await?;
    let office_id = headquarters.unwrap_or(job.office_id);
    let (mut new, mut refs, mut places) = (Vec::new(), Vec::<Vec<ExternalRef>>::new(), HashMap::new());
    let (mut donors, mut recorded, mut unregistered) = (Vec::new(), Vec::new(), Vec::new());
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
            let donor = new_donor.record(job, office_id, (tx.new_id(), now));
            let reference = new_donor.reference.first().map(|external| external.r#ref.clone());
            unregistered.push(Unregistered {
                number: new_donor.number,
                reference,
                donor_type: Some(new_donor.donor_type),
                donor: donor.clone(),
            });
            new.push(donor);
            refs.push(Vec::new());
            new.len() - 1
        });
        refs[place].extend(new_donor.reference);
        recorded.push((new_donor.key, place));
    }
    donor::store::insert_all(tx, &new, &refs).await?;
    donor::store::also_called(scope, tx, &also_called).await?;
    donors.extend(recorded.into_iter().map(|(key, place)| (key, Named::from(&new[place]))));
    Ok((donors, unregistered))
}

#[cfg(test)]
#[path = "donors_tests.rs"]
mod tests;
