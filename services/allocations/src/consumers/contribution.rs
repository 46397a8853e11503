//! Contributions become lots.

use crate::{
    allocation_event,
    intake::count::{Why, recount},
    known::contribution::{self as facts, Model},
    pool, suggestion,
};
use ::store::{ConsumeError, Consumer, EventHandler, Reference, SystemTx, upsert_models};
use async_trait::async_trait;
use events::ContributionRecorded;
use kernel::{ContributionId, Currency, OrganisationId};
use std::collections::BTreeMap;

struct Contributions;

#[async_trait]
impl EventHandler<ContributionRecorded> for Contributions {
    fn references(&self) -> Vec<Reference<ContributionRecorded>> {
        let organisation = |event: &ContributionRecorded| Some(event.organisation_id.as_uuid());
        vec![Reference { kind: "organisation", table: "organisation", id: organisation }]
    }

    async fn apply(&self, tx: &mut SystemTx, events: Vec<ContributionRecorded>) -> Result<(), ConsumeError> {
        if let Some(event) = events.iter().find(|event| event.amount_usd.currency() != Currency::USD) {
            let code = event.amount_usd.currency().code();
            let why = format!("the amount of contribution {} is {code}, not in US dollars", event.id);
            return Err(ConsumeError::Poison(why));
        }
        let today = tx.now().date_naive();
        let mut latest: BTreeMap<OrganisationId, BTreeMap<ContributionId, Model>> = BTreeMap::new();
        for event in &events {
            let of_organisation = latest.entry(event.organisation_id).or_default();
            of_organisation.insert(event.id, Model::of(event, today));
        }
        // In one order everywhere, or two transactions could wait for each other.
        tx.lock_all(latest.keys().map(|organisation_id| pool::store::intake_lock(*organisation_id))).await?;
        for (organisation_id, facts) in latest {
            take(tx, organisation_id, facts.into_values().collect()).await?;
        }
        Ok(())
    }
}

/// Notes contributions, and counts again what they are or were a part of.
async fn take(
    tx: &mut SystemTx,
    organisation_id: OrganisationId,
    facts: Vec<Model>,
) -> Result<(), ConsumeError> {
    let ids: Vec<ContributionId> = facts.iter().map(|fact| fact.id).collect();
    let before = facts::roots_of(tx.db(), &ids).await?;
    upsert_models(tx.db(), &facts).await?;
    let mut roots = BTreeMap::new();
    for fact in &facts {
        let left = before.get(&fact.id).filter(|root_id| **root_id != fact.root_id);
        if let Some(root_id) = left {
            // Another cause than that of what it is a part of now.
            roots.insert(*root_id, Why::Event { id: fact.id, sequence: -fact.sequence });
        }
    }
    for fact in &facts {
        roots.insert(fact.root_id, Why::Event { id: fact.id, sequence: fact.sequence });
    }
    let concerned = recount(tx, organisation_id, &roots).await?;
    allocation_event::emit_next(tx, concerned).await?;
    let roots: Vec<ContributionId> = roots.into_keys().collect();
    suggestion::store::renew(tx, organisation_id, &roots).await?;
    Ok(suggestion::store::tell(tx, organisation_id, &roots).await?)
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<ContributionRecorded>("allocations.contribution", Contributions)
}
