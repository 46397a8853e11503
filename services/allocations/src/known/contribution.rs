//! Contributions as the donors service announced them last, whether a pool takes them in or not: a pool that is made later,
//! or takes in something else, counts them from here.

use chrono::{DateTime, NaiveDate};
use events::{ContributionRecorded, FlowObject};
use kernel::{
    AgreementId, ContributionId, ContributionStatus, ContributionType, DonorId, Earmarking, OfficeId,
    OrganisationId, PlanId, Word, text::joined,
};
use sea_orm::entity::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use store::{StoreError, params, sql};

/// The source of flows that FTS reports: they are no money of the organisation unless a pool says so.
pub(crate) const REPORTING_SOURCE: &str = "fts";

/// Records asked for at once.
const MAX_KEYS: usize = 10_000;

/// A row of `known_contribution`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_contribution")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ContributionId,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    /// The first record that it comes from; itself when it comes from none.
    pub root_id: ContributionId,
    pub sequence: i64,
    pub source: String,
    pub status: Word<ContributionStatus>,
    pub contribution_type: Word<ContributionType>,
    /// In cents.
    pub amount: i64,
    /// A word of [`Earmarking`], or one that a newer program has added.
    pub earmarking: Option<String>,
    /// Whether it counts in totals of what the organisation received.
    pub counts: bool,
    pub donor_id: Option<DonorId>,
    pub donor_name: Option<String>,
    pub agreement_id: Option<AgreementId>,
    pub countries: String,
    /// Plans by their ids here, or as `fts:` with their numbers there.
    pub plans: String,
    pub years: String,
    pub received_on: Date,
    /// A word of [`kernel::Visibility`], or one that a newer program has added; none until an event says it.
    pub visibility: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// What an event says of a contribution; `today` is the day of one that says no day, and whose id says none either.
    pub(crate) fn of(event: &ContributionRecorded, today: NaiveDate) -> Self {
        let objects = &event.destination_objects;
        let of_kind = |kind: &'static str| objects.iter().filter(move |object| object.kind == kind);
        let countries = of_kind(FlowObject::LOCATION).filter_map(|object| object.country.clone());
        let years = of_kind(FlowObject::USAGE_YEAR).filter_map(|object| object.name.parse::<i32>().ok());
        let own = event.counts_ours.or(event.is_ours).unwrap_or(event.source != REPORTING_SOURCE);
        Self {
            id: event.id,
            organisation_id: event.organisation_id,
            office_id: event.office_id,
            root_id: event.root_id.unwrap_or(event.id),
            sequence: event.sequence,
            source: event.source.clone(),
            status: event.status.clone(),
            contribution_type: event.contribution_type.clone(),
            amount: event.amount_usd.minor(),
            earmarking: event.earmarking.as_ref().map(|word| word.as_str().to_owned()),
            counts: event.counts && own && event.new_money,
            donor_id: event.donor_id,
            donor_name: event.donor_name.clone(),
            agreement_id: event.agreement_id,
            countries: joined(countries),
            plans: joined(of_kind(FlowObject::PLAN).map(plan)),
            years: joined(years),
            received_on: event.decision_date.or_else(|| day_of(event.id)).unwrap_or(today),
            visibility: Some(event.visibility.as_str().to_owned()),
        }
    }

    /// Its earmarking; none if it is not stated, or not known here.
    pub(crate) fn earmarking(&self) -> Option<Earmarking> {
        self.earmarking.as_deref().and_then(|word| word.parse().ok())
    }

    /// What it may be used for, as far as that sets it apart: a softly earmarked record for its countries and plans.
    pub(crate) fn terms(&self) -> Option<(&str, &str)> {
        let is_soft = self.earmarking() == Some(Earmarking::SoftlyEarmarked);
        is_soft.then_some((self.countries.as_str(), self.plans.as_str()))
    }

    /// Whether it goes to a country or a plan.
    pub(crate) fn has_destination(&self) -> bool {
        !self.countries.is_empty() || !self.plans.is_empty()
    }
}

/// The first of some records that has these terms: a part of a contribution is known by it.
pub(crate) fn first_with(records: &[Model], terms: Option<(&str, &str)>) -> Option<ContributionId> {
    records.iter().filter(|fact| fact.terms() == terms).map(|fact| fact.id).min()
}

/// A plan of the platform by its id, one of FTS by its number there.
fn plan(object: &FlowObject) -> String {
    if object.id.parse::<PlanId>().is_ok() { object.id.clone() } else { format!("fts:{}", object.id) }
}

/// The day on which a record was made, as its id says.
fn day_of(id: ContributionId) -> Option<NaiveDate> {
    let (seconds, _) = id.as_uuid().get_timestamp()?.to_unix();
    let at = DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)?;
    Some(at.date_naive())
}

/// The lock on what is counted of the contributions of an organisation.
pub(crate) fn lock(organisation_id: OrganisationId) -> String {
    format!("allocations:intake:{organisation_id}")
}

/// The records of these roots, in the order in which they were made.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn by_roots(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    roots: &[ContributionId],
) -> Result<BTreeMap<ContributionId, Vec<Model>>, StoreError> {
    let text = "SELECT * FROM known_contribution WHERE organisation_id = $1";
    let mut found: BTreeMap<ContributionId, Model> = BTreeMap::new();
    // A pool that is made, or takes in something else, asks for every contribution of the organisation.
    for some in roots.chunks(MAX_KEYS) {
        let keys = some.iter().map(|root| (*root).into());
        let rows = sql::select_by_keys(db, text, params![organisation_id], "root_id", keys).await?;
        found.extend(sql::read::<Model>(&rows)?.into_iter().map(|fact| (fact.id, fact)));
    }
    let mut by_root: BTreeMap<ContributionId, Vec<Model>> = BTreeMap::new();
    for fact in found.into_values() {
        by_root.entry(fact.root_id).or_default().push(fact);
    }
    Ok(by_root)
}

/// The roots that some records were under before.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn roots_of(
    db: &impl ConnectionTrait,
    ids: &[ContributionId],
) -> Result<BTreeMap<ContributionId, ContributionId>, StoreError> {
    let text = "SELECT id, root_id FROM known_contribution WHERE true";
    let mut roots = BTreeMap::new();
    for some in ids.chunks(MAX_KEYS) {
        let keys = some.iter().map(|id| (*id).into());
        for row in sql::select_by_keys(db, text, vec![], "id", keys).await? {
            roots.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
    }
    Ok(roots)
}

/// The roots that some records are under, of those that are shown to the same readers as their root: what is told of
/// the root tells nobody of a record that is not for them.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn roots_shown_alike(
    db: &impl ConnectionTrait,
    ids: &[ContributionId],
) -> Result<BTreeMap<ContributionId, ContributionId>, StoreError> {
    let text = "SELECT k.id, k.root_id FROM known_contribution k
                JOIN known_contribution r ON r.id = k.root_id AND r.visibility = k.visibility WHERE true";
    let mut roots = BTreeMap::new();
    for some in ids.chunks(MAX_KEYS) {
        let keys = some.iter().map(|id| (*id).into());
        for row in sql::select_by_keys(db, text, vec![], "k.id", keys).await? {
            roots.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
    }
    Ok(roots)
}

/// The roots of what these donors gave, as it was announced last.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn roots_of_donors(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    donors: &BTreeSet<DonorId>,
) -> Result<BTreeSet<ContributionId>, StoreError> {
    let keys = donors.iter().map(|id| (*id).into());
    let text = "SELECT DISTINCT root_id FROM known_contribution WHERE organisation_id = $1";
    let rows = sql::select_by_keys(db, text, params![organisation_id], "donor_id", keys).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Every root of an organisation that a pool could take in.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn free_roots(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<Vec<ContributionId>, StoreError> {
    let text = "SELECT DISTINCT root_id FROM known_contribution WHERE organisation_id = $1
                  AND earmarking IN ('unearmarked', 'softly_earmarked') ORDER BY root_id";
    let rows = sql::rows(db, text, params![organisation_id]).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// The roots of earmarked money that is for one of these countries or plans.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn earmarked_for(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    countries: &[String],
    plans: &[String],
) -> Result<Vec<ContributionId>, StoreError> {
    let mut values = params![organisation_id];
    let mut fitting = Vec::new();
    for (column, words) in [("countries", countries), ("plans", plans)] {
        for word in words {
            values.push(format!("%,{word},%").into());
            fitting.push(format!("{column} LIKE ${}", values.len()));
        }
    }
    if fitting.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT DISTINCT root_id FROM known_contribution WHERE organisation_id = $1
           AND earmarking IN ('earmarked', 'tightly_earmarked') AND counts AND ({}) ORDER BY root_id",
        fitting.join(" OR ")
    );
    let rows = sql::rows(db, &text, values).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use kernel::{Money, Visibility};

    /// A payment of some cents that is not earmarked.
    pub(crate) fn fact(id: u128, root: u128, cents: i64) -> Model {
        Model { root_id: ContributionId::from_u128(root), ..Model::of(&paid(id, cents), today()) }
    }

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()
    }

    /// The event of such a payment.
    pub(crate) fn paid(id: u128, cents: i64) -> ContributionRecorded {
        ContributionRecorded {
            id: ContributionId::from_u128(id),
            sequence: 1,
            organisation_id: OrganisationId::from_u128(1),
            office_id: OfficeId::from_u128(2),
            source: "api".to_owned(),
            external_ref: None,
            donor_id: None,
            donor_external_ref: None,
            donor_name: Some("Sweden".to_owned()),
            status: ContributionStatus::Paid.into(),
            amount_usd: Money::usd(cents),
            new_money: true,
            contribution_type: ContributionType::Financial.into(),
            earmarking: Some(Earmarking::Unearmarked.into()),
            decision_date: None,
            source_objects: Vec::new(),
            destination_objects: Vec::new(),
            visibility: Visibility::Donor.into(),
            agreement_id: None,
            counts: true,
            root_id: None,
            recipient: None,
            is_ours: Some(true),
            counts_ours: Some(true),
            counts_reported: Some(true),
        }
    }

    #[test]
    fn an_event_says_what_the_money_is_for_and_when_it_came() {
        let plan_id = PlanId::from_u128(7);
        let country = kernel::country::by_iso3("TCD").unwrap();
        let destination_objects = vec![
            FlowObject::location(country),
            FlowObject::usage_year(2026),
            FlowObject::plan(plan_id.to_string(), "Chad"),
            FlowObject::plan("1120", "Sudan"),
        ];
        let fact = Model::of(&ContributionRecorded { destination_objects, ..paid(5, 100) }, today());
        assert_eq!((fact.countries.as_str(), fact.years.as_str()), (",TCD,", ",2026,"));
        assert_eq!(fact.plans, format!(",{plan_id},fts:1120,"));
        assert!(fact.has_destination());
        assert_eq!((fact.root_id, fact.received_on), (fact.id, today()));
        let id = ContributionId::at("2025-11-30T10:00:00Z".parse().unwrap());
        let made = Model::of(&ContributionRecorded { id, ..paid(5, 100) }, today());
        assert_eq!(made.received_on.to_string(), "2025-11-30");
    }

    #[test]
    fn money_that_is_counted_elsewhere_or_again_does_not_count() {
        let counts = |event: ContributionRecorded| Model::of(&event, today()).counts;
        assert!(counts(paid(5, 100)));
        assert!(!counts(ContributionRecorded { counts: false, ..paid(5, 100) }));
        assert!(!counts(ContributionRecorded { new_money: false, ..paid(5, 100) }));
        assert!(!counts(ContributionRecorded { counts_ours: Some(false), ..paid(5, 100) }));
        let old = ContributionRecorded { counts_ours: None, is_ours: None, ..paid(5, 100) };
        assert!(counts(old.clone()) && !counts(ContributionRecorded { source: "fts".to_owned(), ..old }));
    }
}
