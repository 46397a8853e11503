//! Due-diligence decisions, whichever service takes them.

use crate::registry::clearance;
use async_trait::async_trait;
use events::ClearanceDecided;
use store::{ConsumeError, Consumer, EventHandler, Reference, SystemTx};

struct Clearances;

#[async_trait]
impl EventHandler<ClearanceDecided> for Clearances {
    fn references(&self) -> Vec<Reference<ClearanceDecided>> {
        vec![Reference { kind: "donor", table: "donor", id: |event| Some(event.donor_id.as_uuid()) }]
    }

    async fn apply(&self, tx: &mut SystemTx, events: Vec<ClearanceDecided>) -> Result<(), ConsumeError> {
        // A decision that was recorded here is there already.
        Ok(clearance::keep(tx, &events).await?)
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<ClearanceDecided>("donors.clearance", Clearances)
}
