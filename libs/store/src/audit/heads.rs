//! The heads of the chains, which are published outside the database: whoever has them notices when entries before them are
//! changed, or when the end of a chain is gone.

use super::chain;
use crate::{StoreError, Transaction, params, sql, tables::audit_head, upsert_models};
use chrono::{DateTime, Utc};
use kernel::{AuditChainId, OfficeId, OrganisationId};
use sea_orm::{ConnectionTrait, FromQueryResult};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The last entry of an office's chain.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Head {
    /// The office.
    pub office_id: OfficeId,
    /// Its organisation.
    pub organisation_id: OrganisationId,
    /// The entry's number.
    pub sequence: i64,
    /// The entry's hash.
    pub hash: String,
}

/// The id of an office's chain in a service: the same whenever it is asked for (a UUIDv8 of their names).
pub fn chain_id(service: &str, office_id: OfficeId) -> AuditChainId {
    let digest = Sha256::digest(format!("passerelle audit chain {service} {office_id}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    AuditChainId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The heads that have moved since they were published; with `before`, only those that were not published since then.
///
/// # Errors
/// [`StoreError`] when the trail cannot be read.
pub async fn moved(
    db: &impl ConnectionTrait,
    before: Option<DateTime<Utc>>,
) -> Result<Vec<Head>, StoreError> {
    let published: Vec<audit_head::Model> = sql::all(db, "SELECT * FROM audit_head", vec![]).await?;
    let published: HashMap<OfficeId, audit_head::Model> =
        published.into_iter().map(|head| (head.office_id, head)).collect();
    let last = "SELECT office_id, organisation_id, sequence, hash FROM audit WHERE office_id = $1
                ORDER BY sequence DESC LIMIT 1";
    let mut moved = Vec::new();
    for office_id in chain::offices(db).await? {
        let known = published.get(&office_id);
        if known.is_some_and(|known| before.is_some_and(|before| known.published_at >= before)) {
            continue;
        }
        let Some(head) = sql::all::<Head>(db, last, params![office_id]).await?.pop() else { continue };
        let known = known.map_or(0, |known| known.sequence);
        if head.sequence < known {
            let (last, published) = (head.sequence, known);
            tracing::error!(%office_id, last, published, "the end of an audit trail was cut off");
        }
        if head.sequence > known {
            moved.push(head);
        }
    }
    Ok(moved)
}

/// Notes that heads are published now.
///
/// # Errors
/// [`StoreError`] when it cannot be written.
pub async fn mark_published(tx: &Transaction, heads: &[Head]) -> Result<(), StoreError> {
    let published_at = tx.now();
    let row = |head: &Head| audit_head::Model {
        office_id: head.office_id,
        organisation_id: head.organisation_id,
        sequence: head.sequence,
        hash: head.hash.clone(),
        published_at,
    };
    upsert_models(tx.db(), &heads.iter().map(row).collect::<Vec<_>>()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, Store, audit, migration};
    use chrono::TimeDelta;
    use sea_orm_migration::{MigrationTrait, SchemaManager};

    const OFFICE: OfficeId = OfficeId::from_u128(5);

    async fn add(store: &Store) {
        let tx = store.system(Actor::system()).await.unwrap();
        let subject = audit::Subject {
            resource: "test",
            id: uuid::Uuid::from_u128(1),
            organisation_id: OrganisationId::from_u128(1),
            office_id: OFFICE,
        };
        tx.audit_created("test.create", subject, &"x").await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_head_is_published_once_a_day_and_only_if_it_has_moved() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::tests::store(&folder, "heads.db").await;
        migration::AuditHeads("heads").up(&SchemaManager::new(store.writer())).await.unwrap();
        let sequences = async |before: Option<DateTime<Utc>>| -> Vec<i64> {
            moved(store.writer(), before).await.unwrap().iter().map(|head| head.sequence).collect()
        };
        assert!(sequences(None).await.is_empty());
        add(&store).await;
        let heads = moved(store.writer(), None).await.unwrap();
        let tx = store.system(Actor::system()).await.unwrap();
        mark_published(&tx, &heads).await.unwrap();
        tx.commit().await.unwrap();
        assert!(sequences(None).await.is_empty(), "it has not moved");
        add(&store).await;
        let now = store.clock().now();
        assert!(sequences(Some(now - TimeDelta::hours(1))).await.is_empty(), "this day has had it");
        assert_eq!(sequences(Some(now + TimeDelta::hours(1))).await, [2]);
        assert_eq!(sequences(None).await, [2]);
    }

    #[test]
    fn a_chain_has_the_same_id_for_ever_and_no_other_chain_has_it() {
        assert_eq!(chain_id("donors", OFFICE), chain_id("donors", OFFICE));
        assert_ne!(chain_id("donors", OFFICE), chain_id("crisis", OFFICE));
        assert_ne!(chain_id("donors", OFFICE), chain_id("donors", OfficeId::from_u128(6)));
        assert_eq!(chain_id("donors", OFFICE).as_uuid().get_version_num(), 8);
    }
}
