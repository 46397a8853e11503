//! Makes one row of the many that writes leave for an office and a year, so that reading stays short.

use super::{
    Sums,
    store::{Of, add_sums},
};
use ::store::{Actor, Store, StoreError, params, sql};
use sea_orm::Value;
use service::{Context, Job};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

/// How often the worker runs.
const INTERVAL: Duration = Duration::from_secs(5);
/// Number of rows of an office and a year from which they are folded into one.
const FOLD_THRESHOLD: u32 = 8;
/// Offices and years folded in one transaction.
const BATCH_SIZE: u32 = 100;
/// The lock of whoever takes rows of figures away.
pub(super) const FOLDING: &str = "diversification folding";

/// Folds again and again, as long as the service runs.
pub(crate) fn worker(context: &Context) -> Job {
    let store = context.store.clone();
    service::worker("donors.folding", INTERVAL, move || {
        let store = store.clone();
        async move { fold(&store).await }
    })
}

/// Folds the figures of some offices and years; whether there may be more. The figures stay what they are.
///
/// # Errors
/// [`StoreError`]; then nothing has changed.
pub(crate) async fn fold(store: &Store) -> Result<bool, StoreError> {
    let text = format!(
        "SELECT organisation_id, office_id, scope, year FROM diversification_sum
         GROUP BY organisation_id, office_id, scope, year
         HAVING count(*) > {FOLD_THRESHOLD} LIMIT {BATCH_SIZE}"
    );
    let db = store.system_read().await?;
    let found = sql::rows(&db, &text, vec![]).await?;
    drop(db);
    if found.is_empty() {
        return Ok(false);
    }
    let tx = store.system(Actor::system()).await?;
    // Rows are taken away by their ids, so what is written meanwhile stays; two processes do not fold the same.
    tx.lock(FOLDING).await?;
    for row in &found {
        let of = Of {
            organisation_id: row.try_get_by_index(0)?,
            office_id: row.try_get_by_index(1)?,
            scope: row.try_get_by_index(2)?,
        };
        let year: i32 = row.try_get_by_index(3)?;
        let text = "SELECT id, sums FROM diversification_sum
                    WHERE office_id = $1 AND year = $2 AND organisation_id = $3 AND scope = $4";
        let parameters = params![of.office_id, year, of.organisation_id, of.scope];
        let mut ids: Vec<Value> = Vec::new();
        let mut sums = Sums::default();
        for row in sql::rows(tx.db(), text, parameters).await? {
            ids.push(row.try_get_by_index::<Uuid>(0)?.into());
            sums.merge(&serde_json::from_str(&row.try_get_by_index::<String>(1)?)?, 1);
        }
        for ids in ids.chunks(256) {
            let mut parameters = Vec::new();
            let listed = sql::bind_list(&mut parameters, ids.iter().cloned());
            let text = format!("DELETE FROM diversification_sum WHERE id IN ({listed})");
            sql::execute(tx.db(), &text, parameters).await?;
        }
        let one = BTreeMap::from([((of, year), sums)]);
        add_sums(tx.db(), one, || tx.new_uuid()).await?;
    }
    tx.commit().await?;
    Ok(true)
}
