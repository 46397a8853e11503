//! What other services are told of API clients (`ClientChanged`): in the transaction of every change, and afterwards of those
//! that were never announced: from before there was the event, and what an older process wrote during an upgrade.

use super::store::Model;
use ::store::{Actor, Store, StoreError, Transaction, params, sql};
use events::ClientChanged;

/// Clients announced in one transaction.
const BATCH_SIZE: usize = 500;

/// Leaves the events of clients that this transaction made or changed in the outbox.
pub(super) async fn announce(tx: &mut Transaction, clients: &[Model]) -> Result<(), StoreError> {
    let events: Vec<ClientChanged> = clients.iter().map(event).collect();
    tx.emit_all(&events).await?;
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, clients.iter().map(|client| client.id.into()));
    let text = format!("UPDATE client SET announced_version = version WHERE id IN ({listed})");
    sql::execute(tx.db(), &text, parameters).await?;
    Ok(())
}

fn event(client: &Model) -> ClientChanged {
    ClientChanged {
        id: client.id,
        sequence: client.version,
        organisation_id: client.organisation_id,
        office_id: client.office_id,
        scopes: client.scopes().map(str::to_owned).collect(),
        active: client.revoked_at.is_none(),
    }
}

/// Announces every client whose last version was not; returns how many there were.
pub(crate) async fn catch_up(store: &Store) -> Result<usize, StoreError> {
    let text =
        format!("SELECT * FROM client WHERE announced_version < version ORDER BY id LIMIT {BATCH_SIZE}");
    let mut announced = 0;
    loop {
        // Asked without a lock first: nearly always there is none.
        let db = store.system_read().await?;
        if sql::row(&db, &text, params![]).await?.is_none() {
            return Ok(announced);
        }
        drop(db);
        let mut tx = store.system(Actor::system()).await?;
        let locked = format!("{text}{}", sql::for_update(tx.db()));
        let clients: Vec<Model> = sql::all(tx.db(), &locked, params![]).await?;
        announce(&mut tx, &clients).await?;
        tx.commit().await?;
        announced += clients.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use events::EventPayload;

    async fn told(world: &World) -> Vec<ClientChanged> {
        let topic = ClientChanged::TOPIC;
        let query =
            format!("SELECT CAST(payload AS text) FROM outbox WHERE topic = '{topic}' ORDER BY sequence");
        let payloads = world.texts(&query).await;
        assert!(!payloads.iter().any(|payload| payload.contains("Founding")), "a name: {payloads:?}");
        payloads.iter().map(|payload| serde_json::from_str(payload).unwrap()).collect()
    }

    #[tokio::test]
    async fn clients_from_before_the_event_are_announced_once_and_again_when_they_change() {
        for world in World::on_both("clients_from_before_the_event").await {
            let first = ClientChanged {
                id: world.founded.client_id,
                sequence: 1,
                organisation_id: world.founded.organisation_id,
                office_id: world.founded.office_id,
                scopes: auth::ALL_PERMISSIONS.iter().map(|name| (*name).to_owned()).collect(),
                active: true,
            };
            assert_eq!(told(&world).await, std::slice::from_ref(&first), "with the organisation");
            assert_eq!(catch_up(&world.store).await.unwrap(), 0);
            // A process of an older version changes a client, and notes nothing.
            let change = "scopes = 'plans:read reports:read', revoked_at = created_at, version = version + 1";
            world.execute(&format!("UPDATE client SET {change}")).await;
            assert_eq!(catch_up(&world.store).await.unwrap(), 1);
            let scopes = vec!["plans:read".to_owned(), "reports:read".to_owned()];
            let second = ClientChanged { sequence: 2, scopes, active: false, ..first.clone() };
            assert_eq!(told(&world).await, [first, second]);
            assert_eq!(catch_up(&world.store).await.unwrap(), 0);
        }
    }
}
