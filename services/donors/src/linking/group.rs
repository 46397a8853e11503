//! A sum of money as one side knows it: a record with those that were paid or allotted out of it, or a flow of FTS with
//! its parts. Root is compared with root; what counts of the two counts for all their records.

use super::{
    record::{self, LinkedRecord, counted},
    score::{Known, reference},
};
use crate::contribution::{
    Standing,
    partner::member_name,
    store::{Model, REPORTING_SOURCE},
};
use chrono::{Datelike, NaiveDate};
use kernel::{AgreementId, ContributionId, DonorId, text::search_key};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use store::StoreError;

/// Who knows it: we ourselves, or whoever reports flows to FTS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Own,
    Reported,
}

impl Side {
    pub(super) fn of(row: &Model) -> Self {
        if row.source == REPORTING_SOURCE { Self::Reported } else { Self::Own }
    }
}

/// The records of one sum of money.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Its first record.
    pub(super) root: ContributionId,
    pub(super) side: Side,
    /// All its records, by id.
    pub(super) members: Vec<Model>,
    pub(super) known: Known,
}

/// What the records of groups name and do not say themselves.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// The parents of donors.
    pub(super) parents: HashMap<DonorId, DonorId>,
    /// The references of agreements.
    pub(super) agreements: HashMap<AgreementId, String>,
}

impl Group {
    pub(super) fn new(
        (root, side): (ContributionId, Side),
        mut members: Vec<Model>,
        named: &Named,
    ) -> Result<Self, StoreError> {
        members.sort_by_key(|row| row.id);
        let known = known(side, &members, named)?;
        Ok(Self { root, side, members, known })
    }

    /// Whether it can have a partner: only current records of ours count, and nothing is no money.
    pub(super) fn is_eligible(&self) -> bool {
        self.known.cents > 0
            && self.members.iter().any(|row| row.is_ours && row.standing == Standing::Current)
    }

    /// The record that it is shown by: its first one; where that was reversed, the first that stands in its place.
    pub(super) fn first(&self) -> Option<&Model> {
        let root = self.members.iter().find(|row| row.id == self.root);
        let standing = root.filter(|row| row.standing != Standing::Reversed);
        standing.or_else(|| counted(&self.members).next()).or(root).or(self.members.first())
    }

    /// As a person sees it.
    pub(super) fn shown(&self) -> Result<LinkedRecord, StoreError> {
        let first =
            self.first().ok_or_else(|| StoreError::Damaged(format!("no records of {}", self.root)))?;
        LinkedRecord::of(first, &self.members)
    }

    /// The names by which a reported flow is found; none when it counts no longer.
    pub(super) fn names(&self) -> BTreeSet<String> {
        if !self.is_eligible() {
            return BTreeSet::new();
        }
        let amount = self.known.original.iter().map(named_amount);
        let donors = donors_in(&self.known, |year| year..=year);
        let members = self.members.iter().map(|row| member_name(row.id));
        named_references(&self.known).chain(amount).chain(donors).chain(members).collect()
    }

    /// The names that reported flows have which a record of ours is compared with.
    pub(super) fn sought(&self) -> BTreeSet<String> {
        let amounts = self.known.amounts.iter().map(named_amount);
        let donors = donors_in(&self.known, |year| year - 1..=year + 1);
        named_references(&self.known).chain(amounts).chain(donors).collect()
    }
}

fn named_references(known: &Known) -> impl Iterator<Item = String> {
    known.references.iter().map(|text| format!("ref:{text}"))
}

fn named_amount((amount, currency): &(i64, String)) -> String {
    format!("amount:{currency}:{amount}")
}

/// Donors, and their parents, in years.
fn donors_in(known: &Known, years: impl Fn(i32) -> std::ops::RangeInclusive<i32>) -> Vec<String> {
    let years: BTreeSet<i32> = known.years.iter().flat_map(|year| years(*year)).collect();
    let donors = known.donors.union(&known.parents);
    donors.flat_map(|donor| years.iter().map(move |year| format!("donor:{donor}:{year}"))).collect()
}

fn known(side: Side, members: &[Model], named: &Named) -> Result<Known, StoreError> {
    let mut known =
        Known { original: record::original(members), cents: record::cents(members), ..Known::default() };
    for row in counted(members) {
        known.references.extend(references(side, row, named)?);
        known.donors.extend(row.donor_id);
        known.parents.extend(row.donor_id.and_then(|donor| named.parents.get(&donor)));
        known.countries.extend(kernel::text::split(&row.countries));
        known.dates.extend(dates(row));
        let first = row.decision_date.or(row.flow_date).or(row.first_reported_date);
        known.years.extend(first.map(|date| date.year()));
        let amount = row.original_amount.filter(|amount| *amount > 0);
        known.amounts.extend(amount.zip(row.original_currency.clone()));
    }
    for plan in record::plans(members)? {
        let name = search_key(&plan.name);
        known.plans.extend((!name.is_empty()).then_some(name));
        known.plans.insert(format!("#{}", plan.id));
    }
    Ok(known)
}

/// The dates that a record states; the day that it was first reported, where it states none.
fn dates(row: &Model) -> impl Iterator<Item = NaiveDate> {
    let stated = row.decision_date.or(row.flow_date).is_some();
    [row.decision_date, row.flow_date, row.first_reported_date.filter(|_| !stated)].into_iter().flatten()
}

/// What a record is called. FTS's own number of a flow is written in several ways; the donor's reference is its `refCode`.
fn references(side: Side, row: &Model, named: &Named) -> Result<BTreeSet<String>, StoreError> {
    let mut found = BTreeSet::new();
    let own = row.external_ref.iter().map(|text| reference(text));
    match side {
        Side::Own => {
            found.extend(own);
            let agreement = row.agreement_id.and_then(|id| named.agreements.get(&id));
            found.extend(agreement.map(|text| reference(text)));
        }
        Side::Reported => {
            for number in own {
                found.extend(["FTS", "FTS ", "FTS-", "FTS:"].map(|before| format!("{before}{number}")));
                found.insert(number);
            }
            let detail: Map<String, Value> = serde_json::from_str(&row.detail)?;
            let reports = detail.get("reportDetails").and_then(Value::as_array).into_iter().flatten();
            let codes =
                std::iter::once(detail.get("refCode")).chain(reports.map(|report| report.get("refCode")));
            found.extend(codes.flatten().filter_map(code));
        }
    }
    found.retain(|text| !text.trim().is_empty());
    Ok(found)
}

/// A reference that a source wrote as a text or a number.
fn code(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(reference(text.trim())),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
