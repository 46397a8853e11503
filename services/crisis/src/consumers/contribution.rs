//! Contributions become funding.

use crate::funding::{fact::Fact, store};
use ::store::{ConsumeError, Consumer, EventHandler, Reference, SystemTx};
use async_trait::async_trait;
use events::ContributionRecorded;

struct Contributions;

#[async_trait]
impl EventHandler<ContributionRecorded> for Contributions {
    fn references(&self) -> Vec<Reference<ContributionRecorded>> {
        let organisation = |event: &ContributionRecorded| Some(event.organisation_id.as_uuid());
        vec![Reference { kind: "organisation", table: "organisation", id: organisation }]
    }

    async fn apply(&self, tx: &mut SystemTx, events: Vec<ContributionRecorded>) -> Result<(), ConsumeError> {
        if let Some(event) = events.iter().find(|event| event.amount_usd.currency() != kernel::Currency::USD)
        {
            let why = format!(
                "the amount of contribution {} is {}, not in US dollars",
                event.id,
                event.amount_usd.currency().code()
            );
            return Err(ConsumeError::Poison(why));
        }
        let facts = events.iter().map(|event| (event.id, Fact::from(event))).collect();
        Ok(store::apply(tx, facts).await?)
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<ContributionRecorded>("crisis.contribution", Contributions)
}
