use super::{ExchangeRate, Rates, month_of};
use chrono::NaiveDate;
use kernel::OrganisationId;
use sea_orm::entity::prelude::*;
use service::PageRequest;
use std::collections::HashMap;
use store::{StoreError, TenantScope, TenantTx, params, sql, upsert_models};

/// A row of `exchange_rate`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exchange_rate")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: OrganisationId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    pub rate: String,
    pub rate_date: Date,
    pub source: String,
    pub recorded_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Filters of the list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) currency: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
}

/// The organisation's rate for the month of a day.
pub(super) async fn of_month(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    currency: &str,
    day: NaiveDate,
) -> Result<Option<ExchangeRate>, StoreError> {
    let text = "SELECT * FROM exchange_rate WHERE organisation_id = $1 AND currency = $2 AND month = $3";
    let found: Vec<Model> = sql::all(db, text, params![organisation_id, currency, month_of(day)]).await?;
    Ok(found.into_iter().next().map(|row| ExchangeRate {
        rate: row.rate,
        date: row.rate_date,
        source: row.source,
    }))
}

/// All of an organisation's rates.
pub(crate) async fn all(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<Rates, StoreError> {
    let text = "SELECT * FROM exchange_rate WHERE organisation_id = $1";
    let found: Vec<Model> = sql::all(db, text, params![organisation_id]).await?;
    Ok(Rates::of(found.into_iter().map(|row| {
        let rate = ExchangeRate { rate: row.rate, date: row.rate_date, source: row.source };
        (row.currency, row.month, rate)
    })))
}

/// By currency, the latest month first.
pub(super) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<(String, String)>,
) -> Result<Vec<Model>, StoreError> {
    let mut text = "SELECT * FROM exchange_rate WHERE organisation_id = $1".to_owned();
    let mut values = params![scope.organisation_id()];
    let mut and = |condition: &str, parameters: &[&str]| {
        let mut condition = condition.to_owned();
        for parameter in parameters {
            values.push((*parameter).into());
            condition = condition.replacen('?', &format!("${}", values.len()), 1);
        }
        text.push_str(&format!(" AND {condition}"));
    };
    if let Some(currency) = &filter.currency {
        and("currency = ?", &[currency]);
    }
    if let Some(from) = &filter.from {
        and("month >= ?", &[from]);
    }
    if let Some(to) = &filter.to {
        and("month <= ?", &[to]);
    }
    if let Some((currency, month)) = &after {
        and("(currency > ? OR (currency = ? AND month < ?))", &[currency, currency, month]);
    }
    text.push_str(&format!(" ORDER BY currency, month DESC LIMIT {}", page.limit + 1));
    sql::all(db, &text, values).await
}

/// The outcome of importing rates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) created: usize,
    pub(super) changed: usize,
    pub(super) unchanged: usize,
}

/// Writes rates over those of the same currency and month; with `keep` false it only compares.
pub(super) async fn save(tx: &TenantTx, rates: &[Model], keep: bool) -> Result<Saved, StoreError> {
    let organisation_id = tx.scope().organisation_id();
    tx.lock(&format!("exchange rates {organisation_id}")).await?;
    let text = "SELECT * FROM exchange_rate WHERE organisation_id = $1";
    let held: Vec<Model> = sql::all(tx.db(), text, params![organisation_id]).await?;
    let held: HashMap<(&str, &str), &Model> =
        held.iter().map(|row| ((row.currency.as_str(), row.month.as_str()), row)).collect();
    let mut saved = Saved::default();
    let mut rows = Vec::new();
    for rate in rates {
        match held.get(&(rate.currency.as_str(), rate.month.as_str())) {
            Some(row)
                if row.rate == rate.rate && row.source == rate.source && row.rate_date == rate.rate_date =>
            {
                saved.unchanged += 1;
                continue;
            }
            Some(_) => saved.changed += 1,
            None => saved.created += 1,
        }
        rows.push(Model { recorded_at: tx.now(), ..rate.clone() });
    }
    if keep {
        upsert_models(tx.db(), &rows).await?;
    }
    Ok(saved)
}
