//! Compares the flows that FTS reports with who the organisation is ([`recipient`]), again after each change of that:
//! flow by flow in the order of their references, a batch in a transaction that moves the position as well, so that it
//! goes on where it was, whenever it is interrupted. A flow that is ours now, or no longer, is a new version: its figures,
//! its event and its history are those of any change.

use super::{
    recipient,
    store::{self as contributions, Model, REPORTING_SOURCE},
};
use crate::registry::donor::merge_lock;
use ::store::{Actor, Store, StoreError, SystemTx, TenantScope, is_drained, params, sql, upsert_models};
use chrono::{DateTime, Utc};
use events::FlowObject;
use kernel::{ContributionId, OrganisationId};
use sea_orm::{ConnectionTrait, DbErr};
use serde::Serialize;
use service::{Context, Job};
use std::time::Duration;
use utoipa::ToSchema;

/// How often the worker looks whether there is anything to compare.
const INTERVAL: Duration = Duration::from_secs(1);
/// How often it looks whether the events before its own are published.
const PAUSE: Duration = Duration::from_millis(200);
/// Flows compared in one transaction.
const BATCH_SIZE: usize = 500;

/// How far the flows of an organisation have been compared: a row of `recipient_progress`.
pub(super) mod progress {
    use kernel::OrganisationId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "recipient_progress")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: OrganisationId,
        /// What they are compared with.
        pub wanted: String,
        /// The reference of the last flow that was compared.
        pub position: String,
        pub total: i64,
        pub compared: i64,
        pub changed: i64,
        pub started_at: DateTimeUtc,
        pub finished_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How far reported flows have been compared with who the organisation is.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RecipientProgress {
    /// Whether every flow has been compared with the present setting.
    done: bool,
    /// The flows that there were when it began.
    #[schema(minimum = 0)]
    total: i64,
    #[schema(minimum = 0)]
    compared: i64,
    /// Flows that became the organisation's own by it, or ceased to be.
    #[schema(minimum = 0)]
    changed: i64,
    /// Null if it has not begun yet.
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    /// Records and donors that were written since it was last seen which of their money is known twice.
    #[schema(minimum = 0)]
    to_link: i64,
}

impl RecipientProgress {
    /// The progress of the present comparison; none if it has not begun yet.
    pub(super) fn of(row: Option<progress::Model>, to_link: i64) -> Self {
        Self {
            to_link,
            done: row.as_ref().is_some_and(|row| row.finished_at.is_some()),
            total: row.as_ref().map_or(0, |row| row.total),
            compared: row.as_ref().map_or(0, |row| row.compared),
            changed: row.as_ref().map_or(0, |row| row.changed),
            started_at: row.as_ref().map(|row| row.started_at),
            finished_at: row.and_then(|row| row.finished_at),
        }
    }
}

/// How far an organisation's flows have been compared; none if they never were.
pub(super) async fn of_organisation(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<Option<progress::Model>, StoreError> {
    let text = "SELECT * FROM recipient_progress WHERE organisation_id = $1";
    Ok(sql::all(db, text, params![organisation_id]).await?.pop())
}

/// Compares, as long as the service runs.
pub(crate) fn worker(context: &Context) -> Job {
    let store = context.store.clone();
    service::worker("donors.ours", INTERVAL, move || {
        let store = store.clone();
        async move { paced(&store).await }
    })
}

/// Why a step did not do all it could.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// It could not see whose flows there are.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The flows of this organisation could not be compared; those of the others were.
    #[error("flows of organisation {0}")]
    Flows(OrganisationId, #[source] StoreError),
}

/// A step of each organisation; whether there may be more to do. What fails of one organisation holds up no other.
///
/// # Errors
/// [`Failure`] of the first organisation whose step failed; of that step nothing has changed.
async fn paced(store: &Store) -> Result<bool, Failure> {
    let (mut is_more, mut failure) = (false, None);
    for organisation_id in organisations(store).await? {
        match paced_of(store, organisation_id).await {
            Ok(is_left) => is_more |= is_left,
            Err(error) => failure = failure.or(Some(Failure::Flows(organisation_id, error))),
        }
    }
    failure.map_or(Ok(is_more), Err)
}

/// A step that lets the events before its own go first: what people do meanwhile must not wait behind all of these.
async fn paced_of(store: &Store, organisation_id: OrganisationId) -> Result<bool, StoreError> {
    let Some(next) = next(store, organisation_id).await? else { return Ok(false) };
    if !is_drained(store).await? {
        tokio::time::sleep(PAUSE).await;
        return Ok(true);
    }
    take(store, next).await?;
    Ok(true)
}

async fn organisations(store: &Store) -> Result<Vec<OrganisationId>, StoreError> {
    let db = store.system_read().await?;
    let rows = sql::rows(&db, "SELECT id FROM organisation ORDER BY id", vec![]).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, DbErr>>()?)
}

/// What is to be done.
enum Next {
    /// The flows of this organisation are to be compared from the first one.
    Begin(OrganisationId),
    /// They are to be compared from where they were.
    GoOn(progress::Model),
}

/// What is to be done of an organisation's flows; nothing once they have all been compared.
async fn next(store: &Store, organisation_id: OrganisationId) -> Result<Option<Next>, StoreError> {
    let db = store.system_read().await?;
    let wanted = recipient::find(&db, organisation_id).await?.wanted()?;
    Ok(match of_organisation(&db, organisation_id).await? {
        Some(row) if row.wanted == wanted && row.finished_at.is_some() => None,
        Some(row) if row.wanted == wanted => Some(Next::GoOn(row)),
        Some(_) | None => Some(Next::Begin(organisation_id)),
    })
}

async fn take(store: &Store, next: Next) -> Result<(), StoreError> {
    match next {
        Next::Begin(organisation_id) => begin(store, organisation_id).await,
        Next::GoOn(progress) => {
            let found = compare(store, &progress).await?;
            let mut tx = store.system(Actor::system()).await?;
            if apply(&mut tx, &progress, &found).await? { tx.commit().await } else { tx.rollback().await }
        }
    }
}

/// Begins with the first flow. Whoever writes flows by a former setting has ended before, and is met.
async fn begin(store: &Store, organisation_id: OrganisationId) -> Result<(), StoreError> {
    let tx = store.system(Actor::system()).await?;
    tx.lock(&recipient::lock_name(organisation_id)).await?;
    let wanted = recipient::find(tx.db(), organisation_id).await?.wanted()?;
    let text = "SELECT count(*) FROM contribution WHERE organisation_id = $1 AND source = $2";
    let row = sql::row(tx.db(), text, params![organisation_id, REPORTING_SOURCE]).await?;
    let row = progress::Model {
        organisation_id,
        wanted,
        position: String::new(),
        total: row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0),
        compared: 0,
        changed: 0,
        started_at: tx.now(),
        finished_at: None,
    };
    upsert_models(tx.db(), &[row]).await?;
    tx.commit().await
}

/// A batch of flows, compared.
struct Compared {
    count: usize,
    /// The reference of the last one.
    last: Option<String>,
    /// Those that are ours and were not, or the other way round.
    others: Vec<ContributionId>,
}

/// Compares the next flows; nothing is locked meanwhile.
async fn compare(store: &Store, progress: &progress::Model) -> Result<Compared, StoreError> {
    let db = store.system_read().await?;
    let us = recipient::find(&db, progress.organisation_id).await?.us();
    let text = format!(
        "SELECT id, external_ref, is_ours, destination_objects FROM contribution
         WHERE organisation_id = $1 AND source = $2 AND external_ref > $3 ORDER BY external_ref LIMIT {BATCH_SIZE}"
    );
    let parameters = params![progress.organisation_id, REPORTING_SOURCE, progress.position.as_str()];
    let rows = sql::rows(&db, &text, parameters).await?;
    let (mut last, mut others) = (None, Vec::new());
    for row in &rows {
        last = row.try_get_by_index(1)?;
        let destination: Vec<FlowObject> = serde_json::from_str(&row.try_get_by_index::<String>(3)?)?;
        if row.try_get_by_index::<bool>(2)? != us.receives(&destination) {
            others.push(row.try_get_by_index(0)?);
        }
    }
    Ok(Compared { count: rows.len(), last, others })
}

/// Writes what a batch comes to; false when another process has gone on meanwhile, or the setting is another one.
async fn apply(tx: &mut SystemTx, before: &progress::Model, found: &Compared) -> Result<bool, StoreError> {
    let organisation_id = before.organisation_id;
    merge_lock::shared(tx, organisation_id).await?;
    tx.lock(&recipient::lock_name(organisation_id)).await?;
    tx.by_index().await?;
    let setting = recipient::find(tx.db(), organisation_id).await?;
    let held = of_organisation(tx.db(), organisation_id).await?;
    if held.as_ref() != Some(before) || setting.wanted()? != before.wanted {
        return Ok(false);
    }
    let (us, now) = (setting.us(), tx.now());
    let scope = TenantScope::Organisation { organisation_id };
    let mut pairs: Vec<(Model, Model)> = Vec::with_capacity(found.others.len());
    for old in contributions::to_change(&scope, tx, &found.others).await? {
        // It may have been imported again since it was compared.
        let is_ours = us.receives(&old.objects()?.1);
        if is_ours != old.is_ours {
            let new = Model { version: old.version + 1, updated_at: now, ..old.clone() }.received(is_ours);
            pairs.push((old, new));
        }
    }
    let size = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let after = progress::Model {
        position: found.last.clone().unwrap_or_else(|| before.position.clone()),
        compared: before.compared + size(found.count),
        changed: before.changed + size(pairs.len()),
        finished_at: (found.count < BATCH_SIZE).then_some(now),
        ..before.clone()
    };
    if !pairs.is_empty() {
        contributions::replace_all(tx, pairs).await?;
    }
    upsert_models(tx.db(), &[after]).await?;
    Ok(true)
}

#[cfg(test)]
#[path = "ours_tests.rs"]
mod tests;
