//! A sum of money as one side knows it: its records together, as a person who decides sees them.

use crate::contribution::{Standing, store::Model};
use chrono::NaiveDate;
use events::{ExternalRef, FlowObject};
use kernel::{ContributionId, ContributionStatus, Currency, DonorId, Money, OfficeId, text::split};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use store::StoreError;
use utoipa::ToSchema;

/// One of two records that may be the same money. Money that was paid or allotted in several records, or that FTS reports
/// as several flows of one parent, is one record here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct LinkedRecord {
    /// The contribution; the first one, where there are several.
    pub(crate) contribution_id: ContributionId,
    /// The office whose record it is.
    pub(crate) office_id: OfficeId,
    /// How its source knows it.
    pub(crate) external_ref: Option<ExternalRef>,
    pub(crate) donor_id: Option<DonorId>,
    #[schema(max_length = 500)]
    pub(crate) donor_name: Option<String>,
    /// The firmest status of its records.
    pub(crate) status: ContributionStatus,
    /// The whole original amount, where all records state it in one currency.
    pub(crate) amount: Option<Money>,
    pub(crate) amount_usd: Money,
    /// How many records it is.
    #[schema(minimum = 1)]
    pub(crate) records: i64,
    /// The first decision.
    pub(crate) decision_date: Option<NaiveDate>,
    /// The last transaction.
    pub(crate) flow_date: Option<NaiveDate>,
    #[schema(max_items = 100)]
    pub(crate) usage_years: Vec<i32>,
    /// ISO 3166-1 alpha-3 codes of the destination countries.
    #[schema(max_items = 250, value_type = Vec<kernel::items::CountryCode>)]
    pub(crate) countries: Vec<String>,
    /// The response plans it goes to, by name.
    #[schema(max_items = 1000, value_type = Vec<kernel::items::SourceText>)]
    pub(crate) plans: Vec<String>,
    #[schema(max_length = 20000)]
    pub(crate) description: Option<String>,
}

/// Records whose money counts, or has moved on to others of the same sum: what was reversed or written off is no part.
pub(super) fn counted(members: &[Model]) -> impl Iterator<Item = &Model> {
    members.iter().filter(|row| row.is_ours && matches!(row.standing, Standing::Current | Standing::MovedOn))
}

/// The whole original amount: none where a record with money states none or another currency, and none of nothing.
pub(super) fn original(members: &[Model]) -> Option<(i64, String)> {
    let (mut sum, mut currency) = (0i64, None);
    for row in counted(members) {
        match (row.original_amount, &row.original_currency) {
            (Some(amount), Some(code)) if amount != 0 => {
                if *currency.get_or_insert(code) != code {
                    return None;
                }
                sum = sum.checked_add(amount)?;
            }
            _ if row.amount_usd == 0 => {}
            _ => return None,
        }
    }
    currency.filter(|_| sum > 0).map(|code| (sum, code.clone()))
}

/// Cents of US dollars.
pub(super) fn cents(members: &[Model]) -> i64 {
    counted(members).fold(0i64, |sum, row| sum.saturating_add(row.amount_usd))
}

/// The response plans of records, each once.
pub(super) fn plans(members: &[Model]) -> Result<Vec<FlowObject>, StoreError> {
    let mut found: Vec<FlowObject> = Vec::new();
    for row in counted(members) {
        let (_, to) = row.objects()?;
        for object in to.into_iter().filter(|object| object.kind == FlowObject::PLAN) {
            if !found.iter().any(|known| known.id == object.id) {
                found.push(object);
            }
        }
    }
    Ok(found)
}

impl LinkedRecord {
    /// The records of one sum of money, of which `root` is the first.
    pub(super) fn of(root: &Model, members: &[Model]) -> Result<Self, StoreError> {
        let money = |(amount, code): (i64, String)| {
            Currency::from_code(&code).ok().map(|currency| Money::from_minor(amount, currency))
        };
        let years = counted(members).flat_map(|row| split(&row.usage_years));
        let years: BTreeSet<i32> = years.filter_map(|year| year.parse().ok()).collect();
        let countries: BTreeSet<String> = counted(members).flat_map(|row| split(&row.countries)).collect();
        let current = counted(members).filter(|row| row.standing == Standing::Current);
        let reference = root.external_ref.clone();
        Ok(Self {
            contribution_id: root.id,
            office_id: root.office_id,
            external_ref: reference
                .map(|reference| ExternalRef { source: root.source.clone(), r#ref: reference }),
            donor_id: root.donor_id,
            donor_name: root.donor_name.clone(),
            status: current.map(|row| row.status).max().unwrap_or(root.status),
            amount: original(members).and_then(money),
            amount_usd: Money::usd(cents(members)),
            records: i64::try_from(counted(members).count()).unwrap_or(i64::MAX).max(1),
            decision_date: counted(members).filter_map(|row| row.decision_date).min(),
            flow_date: counted(members).filter_map(|row| row.flow_date).max(),
            usage_years: years.into_iter().collect(),
            countries: countries.into_iter().collect(),
            plans: plans(members)?.into_iter().map(|plan| plan.name).collect(),
            description: root.description.clone(),
        })
    }
}
