//! Due-diligence decisions, whichever service takes them.

use crate::{clearance::store, registry::donor::merge_lock};
use ::store::{ConsumeError, Consumer, EventHandler, Reference, SystemTx};
use async_trait::async_trait;
use events::ClearanceDecided;
use std::collections::BTreeSet;

struct Clearances;

#[async_trait]
impl EventHandler<ClearanceDecided> for Clearances {
    fn references(&self) -> Vec<Reference<ClearanceDecided>> {
        vec![Reference { kind: "donor", table: "donor", id: |event| Some(event.donor_id.as_uuid()) }]
    }

    async fn apply(&self, tx: &mut SystemTx, events: Vec<ClearanceDecided>) -> Result<(), ConsumeError> {
        let organisations: BTreeSet<_> = events.iter().map(|event| event.organisation_id).collect();
        for organisation_id in organisations {
            merge_lock::shared(tx, organisation_id).await?;
        }
        // A decision that was recorded here is there already.
        Ok(store::keep(tx, &events).await?)
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<ClearanceDecided>("donors.clearance", Clearances)
}
