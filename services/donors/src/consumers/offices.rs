//! The office tree. An office that is moved takes its figures along: those of the offices above it are counted anew.

use crate::{counted::moved, registry::donor::merge_lock};
use ::store::{ConsumeError, Consumer, EventHandler, SystemTx, office};
use async_trait::async_trait;
use events::OfficeChanged;
use std::collections::BTreeSet;

struct Offices;

#[async_trait]
impl EventHandler<OfficeChanged> for Offices {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<OfficeChanged>) -> Result<(), ConsumeError> {
        // Offices of other partitions are written by other members of the group: who is above whom is read after them.
        tx.lock("office tree").await?;
        let touched = moved::touched(tx.db(), &events).await?;
        if touched.is_empty() {
            return Ok(office::keep(tx, events).await?);
        }
        // No contribution is recorded meanwhile, which would count by the former tree.
        let organisations: BTreeSet<_> = touched.iter().map(|office| office.organisation_id).collect();
        for organisation_id in organisations {
            merge_lock::exclusive(tx, organisation_id).await?;
        }
        moved::lock(tx).await?;
        office::keep(tx, events).await?;
        Ok(moved::count(tx, &touched).await?)
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<OfficeChanged>("donors.office", Offices)
}
