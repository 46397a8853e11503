//! Suggestions on allocations that are new, or were given money: earmarked money may have come before them.

use super::{money::FTS, store::renew};
use crate::known::{contribution::earmarked_for, plan};
use ::store::{Actor, Store, StoreError, params, sql};
use chrono::TimeDelta;
use kernel::{ContributionId, OrganisationId, PlanId, text::split};
use service::{Context, Job};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How often the worker looks.
const INTERVAL: Duration = Duration::from_secs(300);
/// How far it looks back: further than the last time, so that what failed then is made up for.
const LOOK_BACK: TimeDelta = TimeDelta::minutes(30);

/// Looks again and again, as long as the service runs.
pub(crate) fn worker(context: &Context) -> Job {
    let store = context.store.clone();
    service::worker("allocations.suggestions", INTERVAL, move || {
        let store = store.clone();
        async move { look(&store).await }
    })
}

/// Renews the suggestions that earmarked money gives rise to, which is for the countries or plans of allocations that
/// changed lately. There is never more to do.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn look(store: &Store) -> Result<bool, StoreError> {
    let db = store.system_read().await?;
    let text = "SELECT p.organisation_id, p.countries, p.plan_ids
                FROM allocation_proposal p JOIN promise q ON q.proposal_id = p.id
                WHERE p.updated_at > $1 AND q.allocated > 0
                  AND p.state IN ('approved', 'partly_approved', 'disbursing')";
    let mut roots: BTreeMap<OrganisationId, BTreeSet<ContributionId>> = BTreeMap::new();
    for row in sql::rows(&db, text, params![store.clock().now() - LOOK_BACK]).await? {
        let organisation_id: OrganisationId = row.try_get_by_index(0)?;
        let (countries, plans): (String, String) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let mut plans = split(&plans);
        let ids: Vec<PlanId> = plans.iter().filter_map(|id| id.parse().ok()).collect();
        let in_fts = plan::fts_ids(&db, organisation_id, &ids).await?;
        plans.extend(in_fts.into_iter().map(|number| format!("{FTS}{number}")));
        let found = earmarked_for(&db, organisation_id, &split(&countries), &plans).await?;
        roots.entry(organisation_id).or_default().extend(found);
    }
    drop(db);
    for (organisation_id, roots) in roots {
        let roots: Vec<ContributionId> = roots.into_iter().collect();
        let tx = store.system(Actor::system()).await?;
        renew(&tx, organisation_id, &roots).await?;
        tx.commit().await?;
    }
    Ok(false)
}
