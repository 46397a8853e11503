//! Allocations of money that is not earmarked count for the country and the plan that they are for.

use crate::funding::allocation;
use ::store::{ConsumeError, Consumer, EventHandler, Reference, SystemTx};
use async_trait::async_trait;
use events::AllocationChanged;
use kernel::{Currency, OrganisationId, ProposalId};
use std::collections::BTreeMap;

struct Allocations;

#[async_trait]
impl EventHandler<AllocationChanged> for Allocations {
    fn references(&self) -> Vec<Reference<AllocationChanged>> {
        let organisation = |event: &AllocationChanged| Some(event.organisation_id.as_uuid());
        vec![Reference { kind: "organisation", table: "organisation", id: organisation }]
    }

    async fn apply(&self, tx: &mut SystemTx, events: Vec<AllocationChanged>) -> Result<(), ConsumeError> {
        let mut latest: BTreeMap<OrganisationId, BTreeMap<ProposalId, AllocationChanged>> = BTreeMap::new();
        for event in events {
            let amounts = event.sources.iter().flat_map(|source| {
                [source.allocated, source.disbursed, source.spent].map(|amount| amount.currency())
            });
            if let Some(currency) = amounts.into_iter().find(|currency| *currency != Currency::USD) {
                let code = currency.code();
                let why = format!("the amount of allocation {} is {code}, not in US dollars", event.id);
                return Err(ConsumeError::Poison(why));
            }
            latest.entry(event.organisation_id).or_default().insert(event.id, event);
        }
        // In one order everywhere, or two transactions could wait for each other.
        for (organisation_id, events) in &latest {
            allocation::apply(tx, *organisation_id, events).await?;
        }
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<AllocationChanged>("crisis.allocation", Allocations)
}
