//! Donor statements: what a donor gave the organisation, what is agreed with it and what is reported to it, as a PDF
//! document.

pub(crate) mod api;
mod compose;
mod format;
mod texts;

use crate::{
    agreement, contribution,
    registry::donor,
    reporting::report::{self, api::Report},
};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    ContributionId, FieldCode, Money, MoneyScope, OrganisationId, Problem, ReportState, money::MoneyError,
};
use sea_orm::ConnectionTrait;
use service::PageRequest;
use std::collections::{BTreeMap, HashMap};
use store::{StoreError, TenantScope, params, sql};

/// Most records of a kind on one statement: about a hundred pages.
const MAX_ROWS: u64 = 5000;

/// What a statement is made of.
pub(crate) struct Statement {
    organisation: String,
    donor: donor::store::Model,
    year: Option<i32>,
    /// The day on which it was made.
    on: NaiveDate,
    /// Whose records it counts: an office with those below it; for a donor's representative, none.
    office: Option<String>,
    contributions: Vec<contribution::store::Model>,
    /// Who receives each contribution, where that is stated.
    recipients: HashMap<ContributionId, String>,
    agreements: Vec<Agreed>,
    reports: Vec<Report>,
}

/// An agreement and what was paid under it.
struct Agreed {
    row: agreement::store::Model,
    agreed: Money,
    paid: Money,
}

/// What the contributions of one status add up to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    records: usize,
    usd: i64,
    /// In the currencies they were given in, in minor units.
    original: BTreeMap<&'static str, i64>,
}

impl Sums {
    /// Adds up each record once with its own amount, whatever other records it is a part of.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] beyond what can be held.
    fn of<'a>(rows: impl Iterator<Item = &'a contribution::store::Model>) -> Result<Self, MoneyError> {
        let mut sums = Self::default();
        for row in rows {
            sums.records += 1;
            sums.usd = sums.usd.checked_add(row.amount_usd).ok_or(MoneyError::TooLarge("USD"))?;
            if let Some(original) = row.original() {
                let code = original.currency().code();
                let sum = sums.original.entry(code).or_default();
                *sum = sum.checked_add(original.minor()).ok_or(MoneyError::TooLarge(code))?;
            }
        }
        Ok(sums)
    }

    /// The sum of two.
    fn and(&self, other: &Self) -> Result<i64, MoneyError> {
        self.usd.checked_add(other.usd).ok_or(MoneyError::TooLarge("USD"))
    }
}

/// The day that stands for a contribution: of the decision, else of the flow, else of the first report.
fn day_of(row: &contribution::store::Model) -> Option<NaiveDate> {
    row.decision_date.or(row.flow_date).or(row.first_reported_date)
}

/// Everything that a scope may see of a donor; of one year when one is given.
///
/// # Errors
/// `too_many` when a list is longer than a statement takes.
async fn collect(
    (scope, db): (&TenantScope, &impl ConnectionTrait),
    donor: donor::store::Model,
    year: Option<i32>,
    now: DateTime<Utc>,
) -> Result<Result<Statement, Problem>, StoreError> {
    let page =
        PageRequest { name: "contributions", limit: MAX_ROWS, cursor: None, fingerprint: String::new() };
    let of_donor = contribution::list::Filter {
        donor_id: Some(donor.id),
        year,
        scope: Some(MoneyScope::Ours),
        only_counting: true,
        ..Default::default()
    };
    let mut contributions = contribution::list::list(scope, db, &of_donor, &page, None).await?;
    let of_donor = agreement::store::Filter { donor_id: Some(donor.id), ..Default::default() };
    let mut agreed = agreement::store::list(scope, db, &of_donor, &page, None).await?;
    let (due_from, due_until) = year.map_or((None, None), |year| {
        (NaiveDate::from_ymd_opt(year, 1, 1), NaiveDate::from_ymd_opt(year, 12, 31))
    });
    let of_donor =
        report::store::Filter { donor_id: Some(donor.id), due_from, due_until, ..Default::default() };
    let owed = report::store::list(scope, db, &of_donor, &page, None).await?;
    let longest = contributions.len().max(agreed.len()).max(owed.len());
    if u64::try_from(longest).unwrap_or(u64::MAX) > MAX_ROWS {
        let why = format!(
            "there are more than {MAX_ROWS} records: ask for one year, or download the lists as spreadsheets"
        );
        let fault = FieldCode::TooMany.says(why).with("max", MAX_ROWS);
        return Ok(Err(Problem::invalid_parameter("year", fault)));
    }
    // What was reversed, written off or has become firmer records counts nothing.
    contributions.retain(|row| row.standing == contribution::Standing::Current);
    contributions.sort_by_key(|row| (day_of(row), row.id));
    let mut recipients = HashMap::with_capacity(contributions.len());
    for row in &contributions {
        let (_, destination) = row.objects()?;
        recipients.extend(contribution::store::recipient(&destination).map(|recipient| (row.id, recipient)));
    }
    let within = |row: &agreement::store::Model| {
        due_from.is_none_or(|first| row.end_date >= first)
            && due_until.is_none_or(|last| row.start_date <= last)
    };
    agreed.retain(|row| row.state != agreement::State::Cancelled && within(row));
    agreed.sort_by(|one, other| one.reference.cmp(&other.reference));
    let reports = owed.into_iter().filter(|row| row.state != ReportState::Cancelled);
    let reports = reports.map(|row| Report::of(row, scope, now)).collect::<Result<_, _>>()?;
    let agreements = agreed.into_iter().map(|row| {
        let agreed = row.amount()?;
        Ok(Agreed { agreed, paid: Money::from_minor(0, agreed.currency()), row })
    });
    let organisation = organisation_name(db, donor.organisation_id).await?;
    Ok(Ok(Statement {
        organisation,
        year,
        on: now.date_naive(),
        office: None,
        contributions,
        recipients,
        agreements: agreements.collect::<Result<_, StoreError>>()?,
        reports,
        donor,
    }))
}

/// Adds what was paid under the agreements; `db` reads all contributions, as the agreement's own page does.
async fn add_payments(db: &impl ConnectionTrait, agreements: &mut [Agreed]) -> Result<(), StoreError> {
    for agreement in agreements {
        let received = agreement::store::received(db, &agreement.row, None).await?;
        agreement.paid = Money::from_minor(received.paid, agreement.agreed.currency());
    }
    Ok(())
}

async fn organisation_name(db: &impl ConnectionTrait, id: OrganisationId) -> Result<String, StoreError> {
    let row = sql::row(db, "SELECT name FROM organisation WHERE id = $1", params![id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
