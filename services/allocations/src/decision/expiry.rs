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
/// Decisions read at once.
const BATCH_SIZE: u64 = 100;

/// Ends the wait for answers, as long as the service runs.
pub(crate) fn worker(context: &Context) -> Job {
    let store = context.store.clone();
    service::worker("allocations.unanswered_decisions", INTERVAL, move || {
        let store = store.clone();
        async move { step(&store, BATCH_SIZE).await }
    })
}

/// Ends the wait for decisions, each in a transaction of its own, `batch` read at once. One that fails is in no other's
/// way: it is tried again in the next step.
async fn step(store: &Store, batch: u64) -> Result<bool, ApiError> {
    let now = store.clock().now();
    let mut after = None;
    loop {
        let db = store.system_read().await?;
        let overdue = decisions::overdue(&db, now, after, batch).await?;
        drop(db);
        let Some(last) = overdue.last() else { return Ok(false) };
        after = Some((last.confirm_until.unwrap_or(now), last.id));
        for decision in overdue {
            if let Err(error) = expire(store, decision.organisation_id, decision.id).await {
                tracing::error!(
                    decision = %decision.id,
                    error = &error as &dyn std::error::Error,
                    "the wait for an answer cannot be ended"
                );
            }
        }
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
    use ::store::{params, sql};
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
        assert!(!step(&world.store, BATCH_SIZE).await.unwrap());
        assert_eq!(state().await, DecisionState::AwaitingHead);
        world.clock.advance(TimeDelta::seconds(1));
        // Nobody confirms what the worker has not ended yet.
        let mut tx = world.begin_as(900).await;
        let before = answer::to_change(&scope(), &tx, id).await.unwrap();
        let late = answer::answer(&scope(), &mut tx, before, (Action::Confirm, None)).await.unwrap_err();
        assert_eq!(late.0.status, 409);
        tx.rollback().await.unwrap();
        step(&world.store, BATCH_SIZE).await.unwrap();
        assert_eq!(state().await, DecisionState::Expired);
    }

    #[tokio::test]
    async fn a_decision_that_cannot_be_ended_is_in_no_others_way() {
        let world = World::new(DecidedBy::Head).await;
        let mut tx = world.begin().await;
        let mut ids = Vec::new();
        for number in 1..=3 {
            let (_, decision) = world.decide(&mut tx, number, &[Yes, Yes, Yes]).await;
            ids.push(decision.unwrap().id);
        }
        let text = "UPDATE decision SET content = '{' WHERE id = $1";
        sql::execute(tx.db(), text, params![ids[0]]).await.unwrap();
        tx.commit().await.unwrap();
        world.clock.advance(TimeDelta::days(14));
        assert!(!step(&world.store, 1).await.unwrap());
        let db = world.store.system_read().await.unwrap();
        let text = "SELECT state FROM decision ORDER BY id";
        let rows = sql::rows(&db, text, vec![]).await.unwrap();
        let states: Vec<DecisionState> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        let (waits, over) = (DecisionState::AwaitingHead, DecisionState::Expired);
        assert_eq!(states, [waits, over, over]);
    }
}
