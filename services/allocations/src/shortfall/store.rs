//! The rows of shortfall cases.

use super::{Action, State, closed_by, transition};
use crate::{
    lot,
    notice::{self, Notice},
    records, window,
};
use ::store::{StoreError, TenantScope, Transaction, audit, insert_models, params, sql, upsert_models};
use chrono::{DateTime, Utc};
use events::ShortfallChanged;
use kernel::{
    AllocationNoticeKind, ContributionId, LotId, Money, OfficeId, OrganisationId, PoolId, ShortfallId,
};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde::Serialize;
use service::PageRequest;
use std::collections::{BTreeMap, BTreeSet};

/// Cases that are opened or closed in one transaction.
const BATCH_SIZE: usize = 100;

/// A row of `shortfall`. Amounts are US cents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "shortfall")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShortfallId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    /// The office of the pool.
    pub office_id: OfficeId,
    pub pool_id: PoolId,
    pub lot_id: LotId,
    /// The first record of the money.
    pub contribution_id: ContributionId,
    pub state: State,
    /// What was uncovered when it opened.
    pub uncovered: i64,
    /// What the donors service counted when it opened.
    pub received: i64,
    /// What other money took the place of.
    pub covered: i64,
    /// What own funds took the place of.
    pub absorbed: i64,
    /// What was said of the last step.
    pub reason: Option<String>,
    pub opened_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "shortfall",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl Model {
    fn event(&self) -> ShortfallChanged {
        ShortfallChanged {
            id: self.id,
            sequence: self.version,
            organisation_id: self.organisation_id,
            office_id: self.office_id,
            pool_id: self.pool_id,
            contribution_id: self.contribution_id,
            state: self.state.into(),
            uncovered: Money::usd(self.uncovered),
            covered: Money::usd(self.covered),
            absorbed: Money::usd(self.absorbed),
            opened_at: self.opened_at,
            closed_at: self.closed_at,
        }
    }
}

/// Filters of the list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) state: Option<State>,
    pub(crate) pool_id: Option<PoolId>,
}

/// The cases of the organisation, newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<ShortfallId>,
) -> Result<Vec<Model>, StoreError> {
    let conditions: [(&str, Option<sea_orm::Value>); 3] = [
        ("state =", filter.state.map(Into::into)),
        ("pool_id =", filter.pool_id.map(Into::into)),
        ("id <", after.map(Into::into)),
    ];
    records::newest(db, scope, "shortfall", &conditions, page.limit + 1).await
}

/// A case of the organisation.
pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: ShortfallId,
) -> Result<Option<Model>, StoreError> {
    records::find(db, scope, "shortfall", id).await
}

/// The case, locked until this transaction ends, after its pool.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: ShortfallId,
) -> Result<Option<Model>, StoreError> {
    let Some(found) = get(scope, tx.db(), id).await? else { return Ok(None) };
    tx.lock(&window::store::pool_lock(found.pool_id)).await?;
    tx.lock(&format!("allocations:shortfall:{id}")).await?;
    get(scope, tx.db(), id).await
}

/// Writes the next version.
pub(crate) async fn save(tx: &mut Transaction, row: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(row)).await?;
    tx.emit(&row.event()).await
}

/// The lot of a case.
pub(crate) async fn lot_of(db: &impl ConnectionTrait, id: LotId) -> Result<lot::store::Model, StoreError> {
    let text = "SELECT * FROM lot WHERE id = $1";
    let found = sql::all::<lot::store::Model>(db, text, params![id]).await?.pop();
    found.ok_or_else(|| StoreError::Damaged(format!("a shortfall has no lot {id}")))
}

/// Lots that have lacked something since `before` or longer, and have no open case.
const DUE: &str = "FROM lot WHERE uncovered > 0 AND uncovered_since <= $1 AND root_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM shortfall s WHERE s.lot_id = lot.id AND s.state = 'open')";

/// Open cases of lots that lack nothing any more.
const SETTLED: &str = "FROM shortfall WHERE state = 'open'
  AND EXISTS (SELECT 1 FROM lot WHERE lot.id = shortfall.lot_id AND lot.uncovered = 0)";

/// Whether a case has to be opened or closed.
pub(crate) async fn is_anything_due(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let due = sql::row(db, &format!("SELECT 1 {DUE} LIMIT 1"), params![before]).await?;
    let settled = sql::row(db, &format!("SELECT 1 {SETTLED} LIMIT 1"), vec![]).await?;
    Ok(due.is_some() || settled.is_some())
}

/// Opens the cases of lots that have lacked something since `before` or longer. How many.
pub(crate) async fn open_due(tx: &mut Transaction, before: DateTime<Utc>) -> Result<usize, StoreError> {
    let text = format!("SELECT * {DUE} ORDER BY id LIMIT {BATCH_SIZE}");
    let lots: Vec<lot::store::Model> = sql::all(tx.db(), &text, params![before]).await?;
    let now = tx.now();
    let case = |lot: lot::store::Model| {
        Some(Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: lot.organisation_id,
            office_id: lot.office_id,
            pool_id: lot.pool_id,
            lot_id: lot.id,
            contribution_id: lot.root_id?,
            state: State::Open,
            uncovered: lot.uncovered,
            received: lot.received,
            covered: 0,
            absorbed: 0,
            reason: None,
            opened_at: now,
            closed_at: None,
            updated_at: now,
        })
    };
    let donors: BTreeMap<LotId, String> =
        lots.iter().filter_map(|lot| Some((lot.id, lot.donor_name.clone()?))).collect();
    let cases: Vec<Model> = lots.into_iter().filter_map(case).collect();
    insert_models(tx.db(), &cases).await?;
    for case in &cases {
        tx.audit_created("shortfall.open", case, case).await?;
    }
    let events: Vec<ShortfallChanged> = cases.iter().map(Model::event).collect();
    tx.emit_all(&events).await?;
    for case in &cases {
        let found = Notice {
            organisation_id: case.organisation_id,
            office_id: case.office_id,
            kind: AllocationNoticeKind::ShortfallFound,
            record_id: case.id.as_uuid(),
            title: donors.get(&case.lot_id).cloned().unwrap_or_default(),
        };
        notice::to_office(tx, &found).await?;
    }
    Ok(cases.len())
}

/// Closes the cases of lots that lack nothing any more, though nobody covered or absorbed it. How many.
pub(crate) async fn close_settled(tx: &mut Transaction) -> Result<usize, StoreError> {
    let text = format!("SELECT * {SETTLED} ORDER BY id LIMIT {BATCH_SIZE}");
    let found: Vec<Model> = sql::all(tx.db(), &text, vec![]).await?;
    if found.is_empty() {
        return Ok(0);
    }
    // Somebody may be covering one, or a contribution becoming less again: who does either holds the pool's lock.
    let pools: BTreeSet<PoolId> = found.iter().map(|case| case.pool_id).collect();
    tx.lock_all(pools.into_iter().map(window::store::pool_lock)).await?;
    let cases: Vec<Model> = sql::all(tx.db(), &text, vec![]).await?;
    let cases: Vec<Model> = cases.into_iter().filter(|case| found.contains(case)).collect();
    let now = tx.now();
    for before in &cases {
        let lot = lot_of(tx.db(), before.lot_id).await?;
        let action: Action = closed_by(before.received, lot.received);
        let Ok(state) = transition(before.state, action, lot.uncovered) else { continue };
        let after = Model {
            version: before.version + 1,
            state,
            closed_at: Some(now),
            updated_at: now,
            ..before.clone()
        };
        save(tx, &after).await?;
        tx.audit_changed("shortfall.close", &after, &before.state, &after.state).await?;
    }
    Ok(cases.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        committee::DecidedBy,
        decision::testing::{OFFICE, ORGANISATION, World, scope},
    };
    use kernel::{Clock, DonorId};

    fn case(at: DateTime<Utc>) -> Model {
        Model {
            id: ShortfallId::from_u128(1),
            version: 1,
            organisation_id: ORGANISATION,
            office_id: OFFICE,
            pool_id: PoolId::from_u128(1),
            lot_id: LotId::from_u128(1),
            contribution_id: ContributionId::from_u128(1),
            state: State::Open,
            uncovered: 100,
            received: 900,
            covered: 0,
            absorbed: 0,
            reason: None,
            opened_at: at,
            closed_at: None,
            updated_at: at,
        }
    }

    #[tokio::test]
    async fn a_case_is_read_by_the_staff_of_its_organisation() {
        let world = World::new(DecidedBy::Committee).await;
        let row = case(world.clock.now());
        let mut tx = world.begin().await;
        save(&mut tx, &row).await.unwrap();
        let of = |organisation_id: OrganisationId, office_id: OfficeId| {
            let office_ids = vec![office_id];
            TenantScope::Offices { organisation_id, office_id, office_ids }
        };
        let donor_id = DonorId::from_u128(1);
        for (asking, is_read) in [
            (scope(), true),
            (of(ORGANISATION, OfficeId::from_u128(9)), true),
            (of(OrganisationId::from_u128(9), OFFICE), false),
            (TenantScope::Donor { organisation_id: ORGANISATION, donor_id }, false),
        ] {
            let found = get(&asking, tx.db(), row.id).await.unwrap();
            assert_eq!(found.is_some(), is_read, "{asking:?}");
        }
        tx.commit().await.unwrap();
    }
}
