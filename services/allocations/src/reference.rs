//! References that people read, counted within a year: `DEC-2026-00042`.

use ::store::{StoreError, params, sql};
use kernel::OrganisationId;
use sea_orm::ConnectionTrait;

/// What a reference begins with.
pub(crate) fn prefix(kind: &str, year: i32) -> String {
    format!("{kind}-{year}-")
}

/// Digits of a reference at least.
const LEAST_DIGITS: usize = 5;
/// Digits of a number at most.
const MOST_DIGITS: usize = 18;

/// The reference after the last one that a table has with a prefix: after 99,999 comes 100,000. References of one
/// length are in the order of their texts, which an index of the table has. `db` reads the whole organisation, and
/// whoever asks holds the lock on its references.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn next(
    db: &impl ConnectionTrait,
    table: &'static str,
    organisation_id: OrganisationId,
    prefix: &str,
) -> Result<String, StoreError> {
    let mut next: i64 = 1;
    for digits in LEAST_DIGITS..=MOST_DIGITS {
        let text = format!(
            "SELECT max(reference) FROM {table}
             WHERE organisation_id = $1 AND reference LIKE $2 AND length(reference) = {}",
            prefix.len() + digits
        );
        let row = sql::row(db, &text, params![organisation_id, format!("{prefix}%")]).await?;
        let last = row.map(|row| row.try_get_by_index::<Option<String>>(0)).transpose()?.flatten();
        let number = last.and_then(|reference| reference.strip_prefix(prefix)?.parse::<i64>().ok());
        let Some(number) = number else { break };
        next = number + 1;
        // Unless it has one more digit, there are none of more.
        if next.to_string().len() <= digits {
            break;
        }
    }
    Ok(format!("{prefix}{next:05}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::Migrator;
    use kernel::{CommitteeId, DecisionId, SystemClock};
    use std::sync::Arc;
    use store::{Actor, Store, migration::migrate};

    #[tokio::test]
    async fn numbers_go_on_after_99_999() {
        let folder = testkit::folder();
        let file = folder.path().join("allocations.db");
        let store = Store::open_sqlite(&file, Arc::new(SystemClock)).await.unwrap();
        migrate::<Migrator>(&store).await.unwrap();
        let tx = store.system(Actor::system()).await.unwrap();
        let organisation_id = OrganisationId::from_u128(1);
        let prefix = prefix("DEC", 2026);
        assert_eq!(next(tx.db(), "decision", organisation_id, &prefix).await.unwrap(), "DEC-2026-00001");
        let text = "INSERT INTO decision (id, version, organisation_id, office_id, reference, committee_id, resolution,
                      state, content, sha256, decided_at, updated_at)
                    VALUES ($1, 1, $2, $2, $3, $4, 'other', 'in_force', '{}', '', $5, $5)";
        for (reference, number) in
            ["DEC-2026-99999", "DEC-2026-100000", "DEC-2025-200000"].into_iter().zip(1..)
        {
            let values = params![
                DecisionId::from_u128(number),
                organisation_id,
                reference,
                CommitteeId::from_u128(1),
                tx.now()
            ];
            sql::execute(tx.db(), text, values).await.unwrap();
        }
        assert_eq!(next(tx.db(), "decision", organisation_id, &prefix).await.unwrap(), "DEC-2026-100001");
        tx.commit().await.unwrap();
    }
}
