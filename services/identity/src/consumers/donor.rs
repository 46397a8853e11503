//! Donors that a representative's account may be tied to.

use async_trait::async_trait;
use events::DonorChanged;
use std::time::Duration;
use store::{ConsumeError, Consumer, Project, Scope, Store, StoreError, TenantTx, sql, values};
use uuid::Uuid;

struct Donors;

#[async_trait]
impl Project<DonorChanged> for Donors {
    async fn apply(&self, tx: &mut TenantTx, events: Vec<DonorChanged>) -> Result<(), ConsumeError> {
        for event in events {
            let row = values![event.id, event.organisation_id, event.name];
            let upsert = "ON CONFLICT (id) DO UPDATE SET name = excluded.name";
            sql::insert_many(tx.db(), "known_donor", &["id", "organisation_id", "name"], vec![row], upsert)
                .await?;
        }
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<DonorChanged>("identity.donor", Donors)
}

/// Whether the organisation has this donor; waits up to two seconds for one that was only just recorded.
pub(crate) async fn is_known(
    store: &Store,
    organisation_id: Uuid,
    donor_id: Uuid,
) -> Result<bool, StoreError> {
    for _ in 0..20 {
        let db = store.read(&Scope::System).await?;
        let text = "SELECT 1 FROM known_donor WHERE id = $1 AND organisation_id = $2";
        if sql::row(&db, text, values![donor_id, organisation_id]).await?.is_some() {
            return Ok(true);
        }
        drop(db);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(false)
}
