//! The records that are published, page by page: agreements first, then contributions that no public agreement holds,
//! then allocations. What FTS told (source `fts`) are mostly other organisations' flows, and are theirs to publish;
//! what it told of ours stands beside our own records.

use super::{activity::Activity, allocation::Disbursed, build::Publisher};
use crate::{
    agreement::{self, terms::Terms},
    known::allocation,
    registry::donor,
};
use ::store::{StoreError, TenantScope, list::Conditions, params, sql};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    AgreementId, ContributionId, ContributionStatus, Currency, DonorId, Earmarking, Money, ProposalId,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// Records read at once.
pub(crate) const PAGE_SIZE: usize = 200;

/// How far the reading has come; [`Position::default`] is the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Position {
    /// Among the agreements, after this one.
    Agreements(Option<AgreementId>),
    /// Among the contributions, after this one.
    Contributions(Option<ContributionId>),
    /// Among the allocations, after this one.
    Allocations(Option<ProposalId>),
}

impl Default for Position {
    fn default() -> Self {
        Position::Agreements(None)
    }
}

/// What an activity is made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Subject {
    pub(crate) kind: &'static str,
    pub(crate) id: Uuid,
    /// The agreement's or allocation's reference; the donor's name for a contribution, which has none.
    pub(crate) name: String,
    pub(crate) activity: Activity,
}

impl Subject {
    /// The position after it.
    pub(crate) fn position(&self) -> Position {
        match self.kind {
            "agreement" => Position::Agreements(Some(AgreementId::from_uuid(self.id))),
            "allocation" => Position::Allocations(Some(ProposalId::from_uuid(self.id))),
            _ => Position::Contributions(Some(ContributionId::from_uuid(self.id))),
        }
    }
}

/// A contribution as it is published.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct Payment {
    pub(crate) id: ContributionId,
    pub(crate) agreement_id: Option<AgreementId>,
    pub(crate) donor_id: Option<DonorId>,
    pub(crate) donor_name: Option<String>,
    pub(crate) status: ContributionStatus,
    pub(crate) amount_usd: i64,
    pub(crate) original_amount: Option<i64>,
    pub(crate) original_currency: Option<String>,
    pub(crate) decision_date: Option<NaiveDate>,
    pub(crate) flow_date: Option<NaiveDate>,
    pub(crate) first_reported_date: Option<NaiveDate>,
    pub(crate) usage_years: String,
    pub(crate) countries: String,
    pub(crate) earmarking: Option<Earmarking>,
    pub(crate) description: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

const PAYMENT: &str =
    "c.id, c.agreement_id, c.donor_id, c.donor_name, c.status, c.amount_usd, c.original_amount,
    c.original_currency, c.decision_date, c.flow_date, c.first_reported_date, c.usage_years, c.countries,
    c.earmarking, c.description, c.created_at, c.updated_at";

impl Payment {
    /// What the donor gave, in its own currency where that is known.
    pub(crate) fn value(&self) -> Money {
        let currency = self.original_currency.as_deref().and_then(|code| Currency::from_code(code).ok());
        match (self.original_amount, currency) {
            (Some(minor), Some(currency)) => Money::from_minor(minor, currency),
            _ => Money::usd(self.amount_usd),
        }
    }

    /// When it was paid, or decided, or first heard of.
    pub(crate) fn date(&self) -> NaiveDate {
        let paid = self.flow_date.filter(|_| self.status == ContributionStatus::Paid);
        let known = paid.or(self.decision_date).or(self.flow_date).or(self.first_reported_date);
        known.unwrap_or(self.created_at.date_naive())
    }
}

/// An amendment: when it was recorded, and the terms before.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct Amended {
    agreement_id: AgreementId,
    pub(crate) recorded_at: DateTime<Utc>,
    terms_before: String,
}

impl Amended {
    pub(crate) fn amount_before(&self) -> Result<Money, StoreError> {
        Ok(serde_json::from_str::<Terms>(&self.terms_before)?.amount)
    }
}

const IN_FORCE: &str = "a.visibility = 'public' AND a.state IN ('signed', 'active', 'closed')";

/// The next `limit` activities after a position, and where to go on: none at the end. A page may be short, or empty,
/// before the end.
pub(crate) async fn page(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    publisher: &Publisher,
    after: Position,
    limit: usize,
) -> Result<(Vec<Subject>, Option<Position>), StoreError> {
    let subjects = match after {
        Position::Agreements(after) => agreements(scope, db, publisher, after, limit).await?,
        Position::Contributions(after) => contributions(scope, db, publisher, after, limit).await?,
        Position::Allocations(after) => allocations(scope, db, publisher, after, limit).await?,
    };
    let next = match (subjects.last(), after) {
        (Some(last), _) if subjects.len() == limit => Some(last.position()),
        (_, Position::Agreements(_)) => Some(Position::Contributions(None)),
        (_, Position::Contributions(_)) => Some(Position::Allocations(None)),
        (_, Position::Allocations(_)) => None,
    };
    Ok((subjects, next))
}

async fn agreements(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    publisher: &Publisher,
    after: Option<AgreementId>,
    limit: usize,
) -> Result<Vec<Subject>, StoreError> {
    let mut conditions = Conditions::of(scope, "a");
    conditions.and_also(IN_FORCE);
    conditions.and_some("a.id > ?", after);
    let (conditions, parameters) = conditions.end();
    let text = format!("{} WHERE {conditions} ORDER BY a.id LIMIT {limit}", agreement::store::SELECT);
    let rows: Vec<agreement::store::Model> = sql::all(db, &text, parameters).await?;
    let organisation_id = scope.organisation_id();
    let ids = || rows.iter().map(|row| row.id.into());
    let select = "SELECT agreement_id, recorded_at, terms_before, number FROM amendment WHERE true";
    let found = sql::select_by_keys(db, select, vec![], "agreement_id", ids()).await?;
    let mut amendments: HashMap<AgreementId, Vec<Amended>> = HashMap::new();
    for amendment in sql::read::<Amended>(&found)? {
        amendments.entry(amendment.agreement_id).or_default().push(amendment);
    }
    amendments.values_mut().for_each(|list| list.sort_by_key(|amendment| amendment.recorded_at));
    let select = format!(
        "SELECT {PAYMENT} FROM contribution c WHERE c.organisation_id = $1 AND c.visibility = 'public'
         AND c.is_ours = true AND c.source <> 'fts' AND c.standing = 'current'"
    );
    let found = sql::select_by_keys(db, &select, params![organisation_id], "c.agreement_id", ids()).await?;
    let mut payments: HashMap<AgreementId, Vec<Payment>> = HashMap::new();
    for payment in sql::read::<Payment>(&found)? {
        if let Some(agreement) = payment.agreement_id {
            payments.entry(agreement).or_default().push(payment);
        }
    }
    payments.values_mut().for_each(|list| list.sort_by_key(|payment| payment.id));
    let donors = donor::store::by_ids(scope, db, rows.iter().map(|row| row.donor_id)).await?;
    let none = (Vec::new(), Vec::new());
    rows.iter()
        .map(|row| {
            let amended = amendments.get(&row.id).unwrap_or(&none.0);
            let paid = payments.get(&row.id).unwrap_or(&none.1);
            let activity = publisher.agreement(row, amended, paid, donors.get(&row.donor_id))?;
            Ok(Subject { kind: "agreement", id: row.id.as_uuid(), name: row.reference.clone(), activity })
        })
        .collect()
}

async fn contributions(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    publisher: &Publisher,
    after: Option<ContributionId>,
    limit: usize,
) -> Result<Vec<Subject>, StoreError> {
    let mut conditions = Conditions::of(scope, "c");
    conditions.and_also("c.visibility = 'public' AND c.is_ours = true AND c.source <> 'fts'");
    conditions.and_also("c.standing = 'current'");
    conditions.and_also(&format!(
        "NOT EXISTS (SELECT 1 FROM agreement a WHERE a.id = c.agreement_id AND {IN_FORCE})"
    ));
    conditions.and_some("c.id > ?", after);
    let (conditions, parameters) = conditions.end();
    let text = format!("SELECT {PAYMENT} FROM contribution c WHERE {conditions} ORDER BY c.id LIMIT {limit}");
    let rows: Vec<Payment> = sql::all(db, &text, parameters).await?;
    let donors = donor::store::by_ids(scope, db, rows.iter().filter_map(|row| row.donor_id)).await?;
    let subject = |row: &Payment| {
        let donor = row.donor_id.and_then(|id| donors.get(&id));
        let activity = publisher.contribution(row, donor);
        let name =
            donor.map(|donor| donor.name.clone()).or_else(|| row.donor_name.clone()).unwrap_or_default();
        Subject { kind: "contribution", id: row.id.as_uuid(), name, activity }
    };
    Ok(rows.iter().map(subject).collect())
}

/// What was disbursed of a contribution, and the public activity that it is in.
#[derive(Debug, FromQueryResult)]
struct Source {
    allocation_id: ProposalId,
    root_id: Option<ContributionId>,
    disbursed: i64,
    agreement: Option<String>,
    contribution_id: Option<ContributionId>,
}

impl From<Source> for Disbursed {
    fn from(source: Source) -> Self {
        let contribution = source.contribution_id.map(|id| format!("C-{}", id.as_uuid().simple()));
        Self { root_id: source.root_id, amount: source.disbursed, from: source.agreement.or(contribution) }
    }
}

/// Public allocations of which something was paid.
async fn allocations(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    publisher: &Publisher,
    after: Option<ProposalId>,
    limit: usize,
) -> Result<Vec<Subject>, StoreError> {
    let mut conditions = Conditions::of(scope, "k");
    conditions.and_also("k.visibility = 'public' AND k.disbursed > 0 AND k.disbursed_on IS NOT NULL");
    conditions.and_some("k.id > ?", after);
    let (conditions, parameters) = conditions.end();
    let text = format!("SELECT k.* FROM known_allocation k WHERE {conditions} ORDER BY k.id LIMIT {limit}");
    let rows: Vec<allocation::Model> = sql::all(db, &text, parameters).await?;
    // What was paid from the first record, or replaces it, is the same money.
    let public =
        "(c.id = s.root_id OR c.root_id = s.root_id) AND c.visibility = 'public' AND c.is_ours = true
            AND c.source <> 'fts' AND c.standing = 'current'";
    let select = format!(
        "SELECT s.allocation_id, s.number, s.root_id, s.disbursed,
           (SELECT a.reference FROM contribution c JOIN agreement a ON a.id = c.agreement_id
            WHERE {public} AND {IN_FORCE} ORDER BY c.id LIMIT 1) AS agreement,
           (SELECT c.id FROM contribution c WHERE {public} ORDER BY c.id LIMIT 1) AS contribution_id
         FROM known_allocation_source s WHERE true"
    );
    let ids = rows.iter().map(|row| row.id.into());
    let found = sql::select_by_keys(db, &select, vec![], "s.allocation_id", ids).await?;
    let mut sources: HashMap<ProposalId, Vec<Disbursed>> = HashMap::new();
    for source in sql::read::<Source>(&found)? {
        sources.entry(source.allocation_id).or_default().push(source.into());
    }
    sources.values_mut().for_each(|list| list.sort_by_key(|source| source.root_id));
    let none = Vec::new();
    let subject = |row: &allocation::Model| {
        let paid_on = row.disbursed_on?;
        let activity = publisher.allocation(row, paid_on, sources.get(&row.id).unwrap_or(&none));
        Some(Subject { kind: "allocation", id: row.id.as_uuid(), name: row.reference.clone(), activity })
    };
    Ok(rows.iter().filter_map(subject).collect())
}
