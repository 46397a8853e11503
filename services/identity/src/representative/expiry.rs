//! The end of access: when somebody's last day is over, so are their sessions. (None is renewed then, in any case.)

use super::store as representatives;
use crate::{State, person, token::ending};
use ::store::{Actor, Store, StoreError};
use actix_web::web::Data;
use service::{Context, Job};
use std::time::Duration;
use uuid::Uuid;

const INTERVAL: Duration = Duration::from_secs(60);
/// People whose sessions end in one transaction.
const BATCH_SIZE: usize = 100;

/// Ends sessions of representatives whose access is over.
pub(crate) fn worker(context: &Context, state: &Data<State>) -> Job {
    let (store, state) = (context.store.clone(), state.clone());
    service::worker("identity.expired_access", INTERVAL, move || {
        let (store, state) = (store.clone(), state.clone());
        async move {
            let ended = end(&store).await?;
            ending::announce_ended(&state, &ended).await;
            if !ended.is_empty() {
                tracing::info!(sessions = ended.len(), "access has expired: its sessions have ended");
            }
            Ok::<_, StoreError>(!ended.is_empty())
        }
    })
}

/// Ends the sessions of some people whose access is over; none is left when it ends none.
async fn end(store: &Store) -> Result<Vec<Uuid>, StoreError> {
    let today = store.clock().now().date_naive();
    // Asked without a lock first: nearly always there is nobody.
    let db = store.system_read().await?;
    let overdue = representatives::overdue(&db, today, BATCH_SIZE).await?;
    drop(db);
    let mut ended = Vec::new();
    if overdue.is_empty() {
        return Ok(ended);
    }
    let tx = store.system(Actor::system()).await?;
    for id in overdue {
        let person = person::store::by_id_to_change(&tx, id).await?;
        // Somebody may have given more time meanwhile.
        if person.is_some_and(|person| person.access_until.is_some_and(|last_day| last_day < today)) {
            ended.extend(ending::end_sessions(&tx, id, None).await?);
        }
    }
    tx.commit().await?;
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{testing::World, token};
    use chrono::TimeDelta;
    use kernel::DonorId;

    #[tokio::test]
    async fn sessions_end_after_the_last_day_and_not_on_it() {
        for world in World::on_both("sessions_end_after_the_last_day").await {
            let person = world.person("ingrid@example.org", &[], Some(DonorId::from_u128(1))).await;
            let tx = world.store.system(Actor::system()).await.unwrap();
            let session = token::store::new_family(&tx, person, world.founded.office_id, None).await.unwrap();
            tx.commit().await.unwrap();
            assert!(end(&world.store).await.unwrap().is_empty(), "access without an end");
            world.execute(&format!("UPDATE person SET access_until = '{}'", world.today())).await;
            assert!(end(&world.store).await.unwrap().is_empty(), "the last day");
            world.clock.advance(TimeDelta::days(1));
            assert_eq!(end(&world.store).await.unwrap(), [session]);
            assert!(end(&world.store).await.unwrap().is_empty(), "it has ended");
        }
    }
}
