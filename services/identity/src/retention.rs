//! Erases whose account has ended: after the months that the organisation sets, the name and the address of an account that
//! was suspended, or whose access has ended, are written over, and its roles go. Its id stays in records, and leads to nobody.

use crate::person::{announcement::announce, store as people};
use ::store::{Actor, Store, StoreError, Transaction, params, sql};
use chrono::{DateTime, Months, Utc};
use kernel::{OrganisationId, PersonId};
use service::{Context, Job};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(3600);
/// Accounts erased in one transaction.
const BATCH_SIZE: usize = 100;
/// What stands in the place of a name.
const NO_NAME: &str = "—";
/// Where addresses end that lead nowhere (RFC 2606, section 2).
const NO_HOST: &str = "erased.invalid";

/// Erases what is due, once an hour.
pub(crate) fn worker(context: &Context) -> Job {
    let store = context.store.clone();
    service::worker("identity.retention", INTERVAL, move || step(store.clone()))
}

async fn step(store: Store) -> Result<bool, StoreError> {
    let erased = run(&store).await?;
    if erased > 0 {
        tracing::info!(erased, "accounts that ended were erased");
    }
    Ok(false)
}

/// How long an organisation keeps ended accounts.
struct Rule {
    organisation_id: OrganisationId,
    months: u32,
    /// Accounts that ended before are erased.
    before: DateTime<Utc>,
}

/// Erases every account that is due; returns how many there were.
pub(crate) async fn run(store: &Store) -> Result<usize, StoreError> {
    let mut erased = 0;
    for rule in rules(store).await? {
        loop {
            let of_batch = erase_some(store, &rule).await?;
            erased += of_batch;
            if of_batch < BATCH_SIZE {
                break;
            }
        }
    }
    Ok(erased)
}

async fn rules(store: &Store) -> Result<Vec<Rule>, StoreError> {
    let now = store.clock().now();
    let db = store.system_read().await?;
    let text = "SELECT id, accounts_months FROM organisation WHERE accounts_months IS NOT NULL ORDER BY id";
    let mut rules = Vec::new();
    for row in sql::rows(&db, text, params![]).await? {
        let (organisation_id, months): (OrganisationId, i32) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let months = u32::try_from(months).unwrap_or(u32::MAX);
        // None when it would be before all time: then nothing is due.
        let before = now.checked_sub_months(Months::new(months));
        rules.extend(before.map(|before| Rule { organisation_id, months, before }));
    }
    Ok(rules)
}

/// One batch. Nothing is locked where nothing is due, which is nearly always.
async fn erase_some(store: &Store, rule: &Rule) -> Result<usize, StoreError> {
    let due = format!(
        "SELECT id FROM person WHERE organisation_id = $1 AND erased_at IS NULL
           AND (suspended_at < $2 OR access_until < $3) ORDER BY id LIMIT {BATCH_SIZE}"
    );
    let values = || params![rule.organisation_id, rule.before, rule.before.date_naive()];
    let db = store.system_read().await?;
    let is_due = sql::row(&db, &due, values()).await?.is_some();
    drop(db);
    if !is_due {
        return Ok(0);
    }
    let mut tx = store.system(Actor::system()).await?;
    let rows = sql::rows(tx.db(), &format!("{due}{}", sql::for_update(tx.db())), values()).await?;
    let ids: Vec<PersonId> =
        rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, sea_orm::DbErr>>()?;
    for id in &ids {
        erase(&mut tx, *id, rule.months).await?;
    }
    tx.commit().await?;
    Ok(ids.len())
}

async fn erase(tx: &mut Transaction, id: PersonId, months: u32) -> Result<(), StoreError> {
    let Some(person) = people::by_id_to_change(tx, id).await? else { return Ok(()) };
    let text =
        "UPDATE person SET name = $1, sort_name = $1, search = $1, address = $2, email = $2, password_hash = NULL,
                  time_zone = NULL, muted = '', mail = $3, erased_at = $4, version = version + 1 WHERE id = $5";
    let nowhere = format!("{id}@{NO_HOST}");
    sql::execute(tx.db(), text, params![NO_NAME, nowhere, false, tx.now(), id]).await?;
    // A role that nobody is left to give up could never be deleted.
    for table in ["invitation", "person_role", "person_custom_role"] {
        sql::execute(tx.db(), &format!("DELETE FROM {table} WHERE person_id = $1"), params![id]).await?;
    }
    announce(tx, id).await?;
    tx.audit_created("person.erase", &person, &serde_json::json!({ "after_months": months })).await
}

#[cfg(test)]
mod tests;
