//! What rows name: donors, agreements and plans, looked up for a batch at once.

use super::{
    decisions::{self, Accepted, ByName, Decided},
    flow::{self, DonorRef, Names, Staged},
    format::ImportFormat,
    seen::Seen,
    store::Model as Job,
};
use crate::{
    agreement, contribution,
    known::plan::{self, KnownPlan},
    registry::donor,
};
use auth::ApiError;
use kernel::{AgreementId, DonorId, DonorType, Fault, FieldCode, FieldError, RecordKind, fault};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::{Store, StoreError, TenantScope};

/// The donor that a row refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// By its id, or by what the source calls it.
    Donor(DonorId),
    /// By its name.
    Named(DonorId),
    /// By its name, though the row says another type than its own.
    OtherType(DonorId, DonorType),
    /// The sender said that it is this one: under that name or reference it is known from then on.
    Decided(DonorId),
    /// The sender said that it is a new one.
    Accepted(Accepted),
    /// The name is that of several donors of different types.
    Several,
    Nobody,
}

impl Found {
    pub(super) fn id(&self) -> Option<DonorId> {
        match self {
            Found::Donor(id) | Found::Named(id) | Found::OtherType(id, _) | Found::Decided(id) => Some(*id),
            Found::Accepted(_) | Found::Several | Found::Nobody => None,
        }
    }

    /// The type of a donor that is new: what the row states goes before what was decided.
    pub(super) fn new_type(&self, donor_ref: &DonorRef) -> Option<DonorType> {
        let decided = if let Found::Accepted(accepted) = self { accepted.donor_type } else { None };
        donor_ref.donor_type.or(decided)
    }
}

impl From<Decided> for Found {
    fn from(decided: Decided) -> Self {
        match decided {
            Decided::Is(id) => Self::Decided(id),
            Decided::New(accepted) => Self::Accepted(accepted),
        }
    }
}

/// The scope of an import: its office.
pub(super) fn scope_of(job: &Job) -> TenantScope {
    let (organisation_id, office_id) = (job.organisation_id, job.office_id);
    TenantScope::Offices { organisation_id, office_id, office_ids: vec![office_id] }
}

/// Looks up donors: by id, then by the source's reference (of an IATI file also by IATI identifier), then by name, then by
/// what the source was said to mean by a name, now or at an earlier import. Of a table a donor of that name and another type
/// is meant, too: it has one column for the name and often none for the type.
pub(super) async fn donors(
    job: &Job,
    db: &impl ConnectionTrait,
    donor_refs: &HashMap<String, DonorRef>,
) -> Result<HashMap<String, Found>, StoreError> {
    let scope = scope_of(job);
    let ids: Vec<DonorId> = donor_refs.values().filter_map(|donor_ref| donor_ref.id).collect();
    let ids = donor::named::by_ids(&scope, db, ids).await?;
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
            None => unknown.push((key, donor_ref.search(), donor_ref)),
        }
    }
    let names: Vec<String> =
        unknown.iter().map(|(_, search, _)| search.clone()).filter(|name| !name.is_empty()).collect();
    let named = donor::named::by_names(&scope, db, names).await?;
    let called = unknown.iter().filter_map(|(_, _, donor_ref)| donor_ref.called_by_name()).collect();
    let told = Told::of(job, db, called).await?;
    // A merged duplicate is resolved to its survivor; duplicates of one name that were merged are one donor.
    let asked = named.iter().map(|donor| donor.id).chain(found.values().filter_map(Found::id));
    let asked = asked.chain(told.donors()).collect();
    let survivors = donor::store::survivors(&scope, db, asked).await?;
    let survivor_of = |id: DonorId| survivors.get(&id).copied().unwrap_or(id);
    for verdict in found.values_mut() {
        if let Found::Donor(id) = verdict {
            *id = survivor_of(*id);
        }
    }
    let told = |donor_ref: &DonorRef| match told.donor(donor_ref) {
        Found::Donor(id) => Found::Donor(survivor_of(id)),
        Found::Decided(id) => Found::Decided(survivor_of(id)),
        other @ (Found::Named(_)
        | Found::OtherType(..)
        | Found::Accepted(_)
        | Found::Several
        | Found::Nobody) => other,
    };
    let mut by_name: HashMap<&str, Vec<&donor::named::Named>> = HashMap::with_capacity(named.len());
    for donor in &named {
        by_name.entry(&donor.search).or_default().push(donor);
    }
    for (key, search, donor_ref) in unknown {
        let of_name = by_name.get(search.as_str()).map(Vec::as_slice).unwrap_or_default();
        let fits = |kind: DonorType| donor_ref.donor_type.is_none_or(|wanted| wanted == kind);
        let fitting = of_name.iter().filter(|donor| fits(donor.donor_type));
        let fitting: BTreeSet<DonorId> = fitting.map(|donor| survivor_of(donor.id)).collect();
        let others: BTreeMap<DonorId, DonorType> =
            of_name.iter().map(|donor| (survivor_of(donor.id), donor.donor_type)).collect();
        let verdict = match (fitting.first(), fitting.len()) {
            (None, _) if job.format.is_table() => match (others.first_key_value(), others.len()) {
                (None, _) => told(donor_ref),
                (Some((donor, registered)), 1) => Found::OtherType(*donor, *registered),
                (Some(_), _) => Found::Several,
            },
            (None, _) => told(donor_ref),
            (Some(donor), 1) => Found::Named(*donor),
            (Some(_), _) => Found::Several,
        };
        found.insert(key.clone(), verdict);
    }
    Ok(found)
}

/// What the source was said to mean by names that the registry does not have.
struct Told {
    /// At an earlier import: what the source calls a donor.
    before: HashMap<String, DonorId>,
    /// With this one.
    now: ByName,
}

impl Told {
    /// `called` is what the source calls them, as far as by name.
    async fn of(job: &Job, db: &impl ConnectionTrait, called: Vec<String>) -> Result<Self, StoreError> {
        let before = donor::store::by_refs(&scope_of(job), db, &job.source, &called).await?;
        Ok(Self { before, now: ByName::of(decisions::of(job)?) })
    }

    /// Every donor that was told of.
    fn donors(&self) -> impl Iterator<Item = DonorId> {
        self.before.values().copied().chain(self.now.donors())
    }

    fn donor(&self, donor_ref: &DonorRef) -> Found {
        let before = donor_ref.called_by_name().and_then(|name| self.before.get(&name).copied());
        let now = || self.now.on(donor_ref).map(Found::from);
        before.map(Found::Donor).or_else(now).unwrap_or(Found::Nobody)
    }
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

/// Rejects the rows whose donor or agreement cannot be, and remarks on what the registry makes doubtful. `new_donors` are
/// those that earlier rows of a table record, by name.
///
/// # Errors
/// 422 for a decision that a donor is a new one, when nobody says of which type.
pub(super) async fn check(
    job: &Job,
    db: &impl ConnectionTrait,
    rows: &mut [Staged],
    new_donors: &mut Seen<DonorType>,
) -> Result<(), ApiError> {
    let names = || rows.iter().filter_map(|row| row.names.as_ref());
    let donor_refs: HashMap<String, DonorRef> =
        names().map(|names| (as_stated(&names.donor), names.donor.clone())).collect();
    if donor_refs.is_empty() {
        return Ok(());
    }
    let refs: Vec<String> = rows.iter().filter_map(|row| row.external_ref.clone()).collect();
    let held = contribution::store::by_refs(&scope_of(job), db, &job.source, &refs).await?;
    // What is recorded by its entries, and what is another office's.
    let under: HashMap<String, AgreementId> =
        held.iter().filter_map(|row| Some((row.external_ref.clone()?, row.agreement_id?))).collect();
    let contributions: HashSet<String> = held.iter().filter_map(|row| row.external_ref.clone()).collect();
    let others: HashMap<String, bool> = held
        .into_iter()
        .filter(|row| row.fingerprint.is_empty() || row.office_id != job.office_id)
        .filter_map(|row| Some((row.external_ref?, row.fingerprint.is_empty())))
        .collect();
    let references: Vec<String> = names().filter_map(|names| names.agreement.clone()).collect();
    let found = donors(job, db, &donor_refs).await?;
    let agreements = agreement::store::by_references(&scope_of(job), db, &references).await?;
    let beside = names().map(|names| &names.donor);
    let beside = beside.filter(|donor_ref| donor_ref.id.is_some() || donor_ref.reference.is_some());
    let beside = beside.map(DonorRef::search).filter(|name| !name.is_empty()).collect();
    let named = named_beside(job, db, beside).await?;
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
        row.weigh_zero(row.external_ref.as_ref().is_some_and(|reference| contributions.contains(reference)));
        let Some(Names { donor: donor_ref, agreement, .. }) = &row.names else { continue };
        let donor = found.get(&as_stated(donor_ref)).copied().unwrap_or(Found::Nobody);
        if let Found::Accepted(accepted) = donor
            && donor.new_type(donor_ref).is_none()
        {
            return Err(accepted.without_type().into());
        }
        let wrong = wrong_donor(job.format, donor_ref, donor);
        let is_undecided = wrong.as_ref().is_some_and(flow::is_undecided);
        row.errors.extend(wrong);
        if let Some(reference) = agreement {
            let held = row.external_ref.as_ref().and_then(|external| under.get(external));
            let wrong = wrong_agreement(job, donor, agreements.get(reference), held)?;
            // Whose agreement it should be is not known yet.
            let is_other = |error: &FieldError| error.code == FieldCode::OtherDonor;
            row.errors.extend(wrong.filter(|error| !(is_undecided && is_other(error))));
        }
        if row.errors.is_empty() {
            row.warnings.extend(doubtful_name(donor_ref, donor, &named));
            if job.format.is_table() {
                row.warnings.extend(doubtful_type(donor_ref, donor, new_donors));
            }
        }
    }
    Ok(())
}

/// The same for rows that state the same of their donor. One reference may stand beside several names, on which different
/// things were decided: each row holds by itself.
fn as_stated(donor_ref: &DonorRef) -> String {
    format!("{} {:?}", donor_ref.key(), (&donor_ref.name, donor_ref.donor_type))
}

/// The donors that have the names which rows of a table state beside an id or a reference: name → donors.
async fn named_beside(
    job: &Job,
    db: &impl ConnectionTrait,
    names: BTreeSet<String>,
) -> Result<HashMap<String, BTreeSet<DonorId>>, StoreError> {
    let mut named: HashMap<String, BTreeSet<DonorId>> = HashMap::new();
    if !job.format.is_table() {
        return Ok(named);
    }
    let donors = donor::named::by_names(&scope_of(job), db, names).await?;
    let ids = donors.iter().map(|donor| donor.id).collect();
    let survivors = donor::store::survivors(&scope_of(job), db, ids).await?;
    for donor in donors {
        let id = survivors.get(&donor.id).copied().unwrap_or(donor.id);
        named.entry(donor.search).or_default().insert(id);
    }
    Ok(named)
}

/// A name that is another donor's than the one that the id or the reference names.
fn doubtful_name(
    donor_ref: &DonorRef,
    found: Found,
    named: &HashMap<String, BTreeSet<DonorId>>,
) -> Option<FieldError> {
    let Found::Donor(id) = found else { return None };
    let field = if donor_ref.id.is_some() { "donor_id" } else { "donor_ref" };
    let owners = named.get(&donor_ref.search())?;
    let stated = donor_ref.id.is_some() || donor_ref.reference.is_some();
    if !stated || owners.contains(&id) {
        return None;
    }
    let why = format!("is the name of another donor than that of {field}: the money is that of {field}");
    Some(FieldError::new("/donor", FieldCode::Differs.says(why).with("field", field)))
}

/// A type that is not that of the donor of this name, in the registry or in a row before.
fn doubtful_type(donor_ref: &DonorRef, found: Found, new_donors: &mut Seen<DonorType>) -> Option<FieldError> {
    let stated = found.new_type(donor_ref)?;
    let known = match found {
        Found::OtherType(_, registered) => registered,
        Found::Nobody | Found::Accepted(_) => {
            let name = donor_ref.search();
            match new_donors.get(&name) {
                Some(first) => *first,
                None => {
                    new_donors.insert(&name, stated);
                    stated
                }
            }
        }
        Found::Donor(_) | Found::Named(_) | Found::Decided(_) | Found::Several => stated,
    };
    // A type that was decided is for rows that state none.
    if known == stated || donor_ref.donor_type.is_none() {
        return None;
    }
    let why = format!("is not the type of the donor of this name, which is {known}: taken as not stated");
    let fault = FieldCode::TakenAsNotStated.says(why).with("value", stated.as_str());
    Some(FieldError::new("/donor_type", fault))
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

fn wrong_donor(format: ImportFormat, donor_ref: &DonorRef, found: Found) -> Option<FieldError> {
    let error = |field: &str, fault: Fault| Some(FieldError::new(field, fault));
    let unknown = |why: &'static str| FieldCode::NotInRegistry.says(why);
    match found {
        Found::Donor(_) | Found::Named(_) | Found::OtherType(..) | Found::Decided(_) | Found::Accepted(_) => {
            None
        }
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
            let why = "is not in the registry: create the donor first, specify donor_type, or decide on it \
                       (donor_decisions)";
            error("/donor", unknown(why))
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

/// `held` is the agreement that its contribution is under already: it may have been handed over to another office.
fn wrong_agreement(
    job: &Job,
    donor: Found,
    agreement: Option<&agreement::store::Named>,
    held: Option<&AgreementId>,
) -> Result<Option<FieldError>, StoreError> {
    let error = |fault: Fault| Ok(Some(FieldError::new("/agreement", fault)));
    let agreement =
        agreement.filter(|agreement| agreement.office_id == job.office_id || held == Some(&agreement.id));
    let Some(agreement) = agreement else {
        let fault = FieldCode::UnknownReference.says("is not an agreement of this office");
        return error(fault.kind(RecordKind::Agreement));
    };
    if donor.id() != Some(agreement.donor_id) {
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
