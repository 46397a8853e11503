//! Contributions become funding.

use crate::funding::{fact::Fact, store};
use ::store::{ConsumeError, Consumer, Project, SystemTx, Transaction, sql};
use async_trait::async_trait;
use events::ContributionRecorded;
use uuid::Uuid;

struct Contributions;

#[async_trait]
impl Project<ContributionRecorded> for Contributions {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<ContributionRecorded>) -> Result<(), ConsumeError> {
        if let Some(event) = events.iter().find(|event| event.amount_usd.currency() != kernel::Currency::USD)
        {
            let why = format!(
                "contribution {} is worth {}, not US dollars",
                event.id,
                event.amount_usd.currency().code()
            );
            return Err(ConsumeError::Poison(why));
        }
        known_organisations(tx, &events).await?;
        let facts = events.iter().map(|event| (event.id, Fact::from(event))).collect();
        Ok(store::apply(tx, facts).await?)
    }
}

/// An event of an organisation that nobody told of refers to nothing. (The organisation's own event may be on its way:
/// the attempts before the dead-letter topic wait for it.)
async fn known_organisations(tx: &Transaction, events: &[ContributionRecorded]) -> Result<(), ConsumeError> {
    let mut wanted: Vec<Uuid> = events.iter().map(|event| event.organisation_id).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut parameters = Vec::new();
    let listed = sql::members(&mut parameters, wanted.iter().map(|id| (*id).into()));
    let text = format!("SELECT id FROM organisation WHERE id IN ({listed})");
    let mut known: Vec<Uuid> = Vec::with_capacity(wanted.len());
    for row in sql::rows(tx.db(), &text, parameters).await? {
        known.push(row.try_get_by_index(0)?);
    }
    match wanted.iter().find(|id| !known.contains(id)) {
        Some(unknown) => Err(ConsumeError::Poison(format!("there is no organisation {unknown}"))),
        None => Ok(()),
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<ContributionRecorded>("crisis.contribution", Contributions)
}
