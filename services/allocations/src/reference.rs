//! References that people read, counted within a year: `DEC-2026-00042`.

use ::store::{StoreError, params, sql};
use kernel::OrganisationId;
use sea_orm::ConnectionTrait;

/// What a reference begins with.
pub(crate) fn prefix(kind: &str, year: i32) -> String {
    format!("{kind}-{year}-")
}

/// The reference after the last one that a table has with a prefix. Numbers are compared, not texts, so that 100,000 comes
/// after 99,999. `db` reads the whole organisation, and whoever asks holds the lock on its references.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn next(
    db: &impl ConnectionTrait,
    table: &'static str,
    organisation_id: OrganisationId,
    prefix: &str,
) -> Result<String, StoreError> {
    let first_digit = prefix.len() + 1;
    let text = format!(
        "SELECT max(CAST(substr(reference, {first_digit}) AS bigint)) FROM {table}
         WHERE organisation_id = $1 AND reference LIKE $2"
    );
    let row = sql::row(db, &text, params![organisation_id, format!("{prefix}%")]).await?;
    let last = row.map(|row| row.try_get_by_index::<Option<i64>>(0)).transpose()?.flatten();
    Ok(format!("{prefix}{:05}", last.unwrap_or(0) + 1))
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
