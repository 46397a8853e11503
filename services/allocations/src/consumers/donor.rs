//! Donors are known by name, and lots are those of the donor that theirs was merged into.

use crate::{
    allocation_event,
    intake::count::{Why, recount},
    known::{
        contribution,
        donor::{self, Model},
    },
    pool,
};
use ::store::{ConsumeError, Consumer, EventHandler, StoreError, SystemTx, upsert_models};
use async_trait::async_trait;
use events::DonorChanged;
use kernel::{ContributionId, DonorId, OrganisationId};
use std::collections::{BTreeMap, BTreeSet};

struct Donors;

#[async_trait]
impl EventHandler<DonorChanged> for Donors {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<DonorChanged>) -> Result<(), ConsumeError> {
        let latest: BTreeMap<DonorId, Model> =
            events.into_iter().map(|event| (event.id, Model::from(event))).collect();
        let ids: BTreeSet<DonorId> = latest.keys().copied().collect();
        let before = donor::merges(tx.db(), ids).await?;
        let mut moved: BTreeMap<OrganisationId, BTreeSet<DonorId>> = BTreeMap::new();
        for row in latest.values().filter(|row| before.get(&row.id).copied() != row.merged_into) {
            moved.entry(row.organisation_id).or_default().insert(row.id);
        }
        // In one order everywhere, or two transactions could wait for each other.
        tx.lock_all(moved.keys().map(|organisation_id| pool::store::intake_lock(*organisation_id))).await?;
        let rows: Vec<Model> = latest.into_values().collect();
        upsert_models(tx.db(), &rows).await?;
        for (organisation_id, donors) in moved {
            count_again(tx, organisation_id, &donors).await?;
        }
        Ok(())
    }
}

/// Counts again what donors gave that were merged, or are their own again: their contributions may have been announced
/// before that was known here.
async fn count_again(
    tx: &mut SystemTx,
    organisation_id: OrganisationId,
    donors: &BTreeSet<DonorId>,
) -> Result<(), StoreError> {
    let roots = contribution::roots_of_donors(tx.db(), organisation_id, donors).await?;
    let roots: BTreeMap<ContributionId, Why> =
        roots.into_iter().map(|root_id| (root_id, Why::Pool)).collect();
    let concerned = recount(tx, organisation_id, &roots).await?;
    allocation_event::emit_next(tx, concerned).await
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<DonorChanged>("allocations.donor", Donors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        known::contribution::{Model as Fact, tests::fact},
        lot,
        migration::Migrator,
    };
    use ::store::{Actor, Store, insert_models, migration::migrate};
    use kernel::{DonorStatus, DonorType, OfficeId, PoolId, SystemClock};
    use std::sync::Arc;

    const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
    const OFFICE: OfficeId = OfficeId::from_u128(2);
    const SIDA: DonorId = DonorId::from_u128(5);
    const SWEDEN: DonorId = DonorId::from_u128(6);
    const ROOT: ContributionId = ContributionId::from_u128(1);

    async fn database(folder: &testkit::TempDir) -> Store {
        let file = folder.path().join("allocations.db");
        let store = Store::open_sqlite(&file, Arc::new(SystemClock)).await.unwrap();
        migrate::<Migrator>(&store).await.unwrap();
        let tx = store.system(Actor::system()).await.unwrap();
        let pool = pool::store::Model {
            id: PoolId::from_u128(9),
            version: 1,
            organisation_id: ORGANISATION,
            office_id: OFFICE,
            name: "Unearmarked".to_owned(),
            intake: "{}".to_owned(),
            overhead_rate: 0,
            reserve_floor: 0,
            entries: 0,
            created_at: tx.now(),
            updated_at: tx.now(),
        };
        insert_models(tx.db(), &[pool]).await.unwrap();
        tx.commit().await.unwrap();
        store
    }

    /// Sida, which was merged into this donor, is announced.
    async fn merged(store: &Store, sequence: i64, merged_into: Option<DonorId>) {
        let event = DonorChanged {
            id: SIDA,
            sequence,
            organisation_id: ORGANISATION,
            office_id: OFFICE,
            name: "Sida".to_owned(),
            name_fr: None,
            name_es: None,
            donor_type: DonorType::Government.into(),
            country: None,
            status: DonorStatus::Active.into(),
            external_refs: Vec::new(),
            focal_point_id: None,
            liaison_office_id: None,
            merged_into,
        };
        let mut tx = store.system(Actor::system()).await.unwrap();
        Donors.apply(&mut tx, vec![event]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The contribution is announced as this donor's.
    async fn given(store: &Store, sequence: i64, donor_id: DonorId) {
        let tx = store.system(Actor::system()).await.unwrap();
        let contribution = Fact { sequence, donor_id: Some(donor_id), ..fact(1, 1, 500_000) };
        upsert_models(tx.db(), std::slice::from_ref(&contribution)).await.unwrap();
        let roots = BTreeMap::from([(ROOT, Why::Event { id: ROOT, sequence })]);
        recount(&tx, ORGANISATION, &roots).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn donor_of_lot(store: &Store) -> Option<DonorId> {
        let db = store.system_read().await.unwrap();
        lot::store::by_roots(&db, ORGANISATION, &[ROOT]).await.unwrap()[&ROOT].donor_id
    }

    #[tokio::test]
    async fn a_lot_is_its_donors_again_once_a_merge_is_undone_in_whatever_order_that_is_told() {
        let folder = testkit::folder();
        let store = database(&folder).await;
        given(&store, 1, SIDA).await;
        merged(&store, 1, Some(SWEDEN)).await;
        assert_eq!(donor_of_lot(&store).await, Some(SWEDEN), "before the contribution says so");
        given(&store, 2, SWEDEN).await;
        given(&store, 3, SIDA).await;
        assert_eq!(donor_of_lot(&store).await, Some(SWEDEN), "the merge is still known");
        merged(&store, 2, None).await;
        assert_eq!(donor_of_lot(&store).await, Some(SIDA));
    }
}
