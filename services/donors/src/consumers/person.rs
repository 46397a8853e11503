//! Members of staff whom a donor record may name.

use crate::known::person::{self, KnownPerson};
use async_trait::async_trait;
use events::PersonChanged;
use store::{ConsumeError, Consumer, EventHandler, SystemTx};

struct Persons;

#[async_trait]
impl EventHandler<PersonChanged> for Persons {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<PersonChanged>) -> Result<(), ConsumeError> {
        for event in events {
            let PersonChanged { id, organisation_id, offices, active, .. } = event;
            // Staff without an office are not active.
            let is_active = active && !offices.is_empty();
            person::keep(tx, KnownPerson { id, organisation_id, is_active }).await?;
        }
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<PersonChanged>("donors.person", Persons)
}
