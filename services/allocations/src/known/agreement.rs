//! Until when money of an agreement may be used: its end date.

use super::contribution;
use async_trait::async_trait;
use chrono::NaiveDate;
use events::AgreementChanged;
use kernel::{AgreementId, OrganisationId};
use sea_orm::entity::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use store::{ConsumeError, Consumer, EventHandler, StoreError, SystemTx, params, sql, upsert_models};

/// A row of `known_agreement`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_agreement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AgreementId,
    pub organisation_id: OrganisationId,
    pub end_date: Date,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

struct Agreements;

#[async_trait]
impl EventHandler<AgreementChanged> for Agreements {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<AgreementChanged>) -> Result<(), ConsumeError> {
        let latest: BTreeMap<AgreementId, AgreementChanged> =
            events.into_iter().map(|event| (event.id, event)).collect();
        // Whoever counts contributions writes whole lots, with the end date that was known before.
        let organisations: BTreeSet<OrganisationId> =
            latest.values().map(|event| event.organisation_id).collect();
        tx.lock_all(organisations.into_iter().map(contribution::lock)).await?;
        for (id, event) in latest {
            let row = Model { id, organisation_id: event.organisation_id, end_date: event.end_date };
            upsert_models(tx.db(), &[row]).await?;
            // What is promised already stays: whether it still fits is shown beside it.
            let text = "UPDATE lot SET use_by = $1 WHERE agreement_id = $2";
            sql::execute(tx.db(), text, params![event.end_date, id]).await?;
        }
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<AgreementChanged>("allocations.agreement", Agreements)
}

/// The end dates of agreements that are known.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn ends(
    db: &impl ConnectionTrait,
    ids: &BTreeSet<AgreementId>,
) -> Result<BTreeMap<AgreementId, NaiveDate>, StoreError> {
    let keys = ids.iter().map(|id| (*id).into());
    let text = "SELECT * FROM known_agreement WHERE true";
    let rows = sql::select_by_keys(db, text, vec![], "id", keys).await?;
    let found: Vec<Model> = sql::read(&rows)?;
    Ok(found.into_iter().map(|row| (row.id, row.end_date)).collect())
}
