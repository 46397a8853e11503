//! Decisions that the head of the organisation does not answer in time: what was reserved is available again.

use super::{Action, DecisionState, answer, api::AllocationDecision, store as decisions};
use crate::committee::trail::trail;
use ::store::{Actor, Store, TenantScope};
use auth::ApiError;
use kernel::{DecisionId, OrganisationId};
use service::{Context, Job};
use std::time::Duration;

/// How often the worker looks.
const INTERVAL: Duration = Duration::from_secs(60);
/// Decisions looked at in one step.
const BATCH_SIZE: u64 = 100;

/// Ends the wait for answers, as long as the service runs.
pub(crate) fn worker(context: &Context) -> Job {
    let store = context.store.clone();
    service::worker("allocations.unanswered_decisions", INTERVAL, move || {
        let store = store.clone();
        async move { step(&store).await }
    })
}

/// Ends the wait for some decisions, each in a transaction of its own; whether there may be more.
async fn step(store: &Store) -> Result<bool, ApiError> {
    let db = store.system_read().await?;
    let overdue = decisions::overdue(&db, store.clock().now(), BATCH_SIZE).await?;
    drop(db);
    let is_more = u64::try_from(overdue.len()).unwrap_or(u64::MAX) == BATCH_SIZE;
    let mut failed = None;
    for decision in overdue {
        // One that fails is in no other's way.
        if let Err(error) = expire(store, decision.organisation_id, decision.id).await {
            failed = Some(error);
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(is_more),
    }
}

async fn expire(store: &Store, organisation_id: OrganisationId, id: DecisionId) -> Result<(), ApiError> {
    let scope = TenantScope::Organisation { organisation_id };
    let mut tx = store.system(Actor::system()).await?;
    let before = answer::to_change(&scope, &tx, id).await?;
    let is_overdue = before.confirm_until.is_some_and(|until| until <= tx.now());
    // The head may have answered meanwhile.
    if before.state != DecisionState::AwaitingHead || !is_overdue {
        return Ok(());
    }
    let was = AllocationDecision::try_from(before.clone())?;
    let after = answer::answer(&scope, &mut tx, before, (Action::Expire, None)).await?;
    let is = AllocationDecision::try_from(after.clone())?;
    tx.audit_changed("decision.expire", &after, &trail(&was)?, &trail(&is)?).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, scope};
    use super::*;
    use crate::{committee::DecidedBy, motion::Ballot::Yes};
    use chrono::TimeDelta;

    #[tokio::test]
    async fn a_decision_that_nobody_confirms_ends_after_fourteen_days() {
        let world = World::new(DecidedBy::Head).await;
        let mut tx = world.begin().await;
        let (_, decision) = world.decide(&mut tx, 1, &[Yes, Yes, Yes]).await;
        let id = decision.unwrap().id;
        tx.commit().await.unwrap();
        let state = async || {
            let db = world.store.system_read().await.unwrap();
            decisions::get(&scope(), &db, id).await.unwrap().unwrap().state
        };
        world.clock.advance(TimeDelta::days(14) - TimeDelta::seconds(1));
        assert!(!step(&world.store).await.unwrap());
        assert_eq!(state().await, DecisionState::AwaitingHead);
        world.clock.advance(TimeDelta::seconds(1));
        // Nobody confirms what the worker has not ended yet.
        let mut tx = world.begin_as(900).await;
        let before = answer::to_change(&scope(), &tx, id).await.unwrap();
        let late = answer::answer(&scope(), &mut tx, before, (Action::Confirm, None)).await.unwrap_err();
        assert_eq!(late.0.status, 409);
        tx.rollback().await.unwrap();
        step(&world.store).await.unwrap();
        assert_eq!(state().await, DecisionState::Expired);
    }
}
