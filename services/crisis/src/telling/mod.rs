//! Tells other services what plans need and have received, in the background: many changes of a plan's funding are one
//! event, and a plan is told of once a minute at most. One that is interrupted leaves notes and events as they were.

use crate::{figures::plan as figures, plan, to_tell::Model as Note};
use ::store::{Actor, Store, StoreError, TenantScope, Transaction, params, sql, upsert_models};
use chrono::{DateTime, TimeDelta, Utc};
use events::PlanFundingChanged;
use kernel::{Money, OrganisationId, PlanId};
use sea_orm::{ConnectionTrait, Value};
use service::{Context, Job};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

/// How often the worker looks for notes.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long a plan that was told of waits for the next time.
const PAUSE: TimeDelta = TimeDelta::seconds(60);
/// Plans told of in one transaction.
const BATCH_SIZE: usize = 200;

/// What was told last of a plan. Amounts are US cents.
mod row {
    use kernel::{OrganisationId, PlanId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "plan_funding")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub plan_id: PlanId,
        pub organisation_id: OrganisationId,
        pub funding_key: String,
        pub sequence: i64,
        pub requirement: Option<i64>,
        pub funding: i64,
        pub pledges: i64,
        pub told_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn event(&self) -> PlanFundingChanged {
        PlanFundingChanged {
            id: self.plan_id,
            sequence: self.sequence,
            organisation_id: self.organisation_id,
            requirement: self.requirement.map(Money::usd),
            funding: Money::usd(self.funding),
            pledges: Money::usd(self.pledges),
        }
    }

    fn says_the_same(&self, other: &Self) -> bool {
        (self.requirement, self.funding, self.pledges) == (other.requirement, other.funding, other.pledges)
    }
}

/// Tells again and again, as long as the service runs.
pub(crate) fn worker(context: &Context) -> Job {
    let store = context.store.clone();
    service::worker("crisis.plan_funding", INTERVAL, move || {
        let store = store.clone();
        async move { step(&store).await }
    })
}

/// Tells of some plans; whether there may be more that are due.
///
/// # Errors
/// [`StoreError`]; then nothing happened.
pub(crate) async fn step(store: &Store) -> Result<bool, StoreError> {
    if due(&store.system_read().await?, store.clock().now()).await?.is_empty() {
        return Ok(false);
    }
    let mut tx = store.system(Actor::system()).await?;
    // Another process is at it.
    if !tx.try_lock("crisis:plan-funding").await? {
        tx.rollback().await?;
        return Ok(false);
    }
    let due = due(tx.db(), tx.now()).await?;
    let is_more = due.len() >= BATCH_SIZE;
    let mut by_organisation: BTreeMap<OrganisationId, BTreeSet<String>> = BTreeMap::new();
    for (organisation_id, key) in due {
        by_organisation.entry(organisation_id).or_default().insert(key);
    }
    for (organisation_id, keys) in by_organisation {
        tell(&mut tx, organisation_id, &keys).await?;
    }
    tx.commit().await?;
    Ok(is_more)
}

/// Plans with a note that were not told of within the last minute.
async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Vec<(OrganisationId, String)>, StoreError> {
    let text = format!(
        "SELECT DISTINCT organisation_id, funding_key FROM plan_to_tell AS note
         WHERE NOT EXISTS (SELECT 1 FROM plan_funding AS told WHERE told.organisation_id = note.organisation_id
           AND told.funding_key = note.funding_key AND told.told_at > $1)
         ORDER BY organisation_id, funding_key LIMIT {BATCH_SIZE}"
    );
    let rows = sql::rows(db, &text, params![now - PAUSE]).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// Takes the notes of these plans away, and tells what they need and have received now, where that is something else
/// than what was told last. The notes are read first: the figures are of that moment or a later one.
async fn tell(
    tx: &mut Transaction,
    organisation_id: OrganisationId,
    keys: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let text = "SELECT * FROM plan_to_tell WHERE organisation_id = $1";
    let listed = keys.iter().map(|key| key.as_str().into());
    let rows = sql::select_by_keys(tx.db(), text, params![organisation_id], "funding_key", listed).await?;
    let notes: Vec<Note> = sql::read(&rows)?;
    let scope = TenantScope::Organisation { organisation_id };
    // What is no plan of the platform has no figures here: when it becomes one, it is noted again.
    let plans = plan::store::by_funding_keys(&scope, tx.db(), keys.iter().map(String::as_str)).await?;
    let received = figures::of(tx.db(), organisation_id, keys.iter().cloned()).await?;
    let ids: Vec<PlanId> = plans.values().map(|plan| plan.id).collect();
    let told = told(tx, &ids).await?;
    let mut changed = Vec::new();
    for (key, plan) in plans {
        let before = told.get(&plan.id);
        let amounts = received.get(&key).map(|plan| plan.amounts).unwrap_or_default();
        let after = row::Model {
            plan_id: plan.id,
            organisation_id,
            funding_key: key,
            sequence: before.map_or(0, |before| before.sequence) + 1,
            requirement: plan.requirement(),
            funding: amounts.funding(),
            pledges: amounts.pledge,
            told_at: tx.now(),
        };
        if before.is_none_or(|before| !before.says_the_same(&after)) {
            changed.push(after);
        }
    }
    changed.sort_by_key(|row| row.plan_id);
    upsert_models(tx.db(), &changed).await?;
    let events: Vec<PlanFundingChanged> = changed.iter().map(row::Model::event).collect();
    tx.emit_all(&events).await?;
    for notes in notes.chunks(BATCH_SIZE) {
        let mut parameters = params![organisation_id];
        let listed = sql::bind_list(&mut parameters, notes.iter().map(|note| Value::from(note.id)));
        let text = format!("DELETE FROM plan_to_tell WHERE organisation_id = $1 AND id IN ({listed})");
        sql::execute(tx.db(), &text, parameters).await?;
    }
    Ok(())
}

async fn told(tx: &Transaction, ids: &[PlanId]) -> Result<HashMap<PlanId, row::Model>, StoreError> {
    let keys = ids.iter().map(|id| (*id).into());
    let text = "SELECT * FROM plan_funding WHERE true";
    let rows = sql::select_by_keys(tx.db(), text, vec![], "plan_id", keys).await?;
    let found: Vec<row::Model> = sql::read(&rows)?;
    Ok(found.into_iter().map(|row| (row.plan_id, row)).collect())
}

#[cfg(test)]
mod tests;
