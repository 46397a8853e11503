//! Donors' names, so that a renamed donor has its new name on every page; and into which donor a duplicate was merged.

use events::DonorChanged;
use kernel::{DonorId, OrganisationId};
use sea_orm::entity::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use store::{StoreError, params, sql};

/// A row of `known_donor`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_donor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DonorId,
    pub organisation_id: OrganisationId,
    pub name: String,
    pub name_fr: Option<String>,
    pub name_es: Option<String>,
    pub country: Option<String>,
    /// The donor that it was merged into. Its contributions, and so its lots, are announced as that donor's.
    pub merged_into: Option<DonorId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<DonorChanged> for Model {
    fn from(event: DonorChanged) -> Self {
        Self {
            id: event.id,
            organisation_id: event.organisation_id,
            name: event.name,
            name_fr: event.name_fr,
            name_es: event.name_es,
            country: event.country,
            merged_into: event.merged_into,
        }
    }
}

/// Into which donor each of these was merged; none of one that was not, or is not known.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn merges(
    db: &impl ConnectionTrait,
    ids: BTreeSet<DonorId>,
) -> Result<BTreeMap<DonorId, DonorId>, StoreError> {
    let keys = ids.into_iter().map(Into::into);
    let text = "SELECT * FROM known_donor WHERE merged_into IS NOT NULL";
    let rows = sql::select_by_keys(db, text, vec![], "id", keys).await?;
    let found: Vec<Model> = sql::read(&rows)?;
    Ok(found.into_iter().filter_map(|row| Some((row.id, row.merged_into?))).collect())
}

/// Merges that are followed one after the other: a donor that took over another may have been merged itself.
const MAX_MERGES: usize = 8;

/// The donors that some of these were merged into, by them.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn merged(
    db: &impl ConnectionTrait,
    ids: &BTreeSet<DonorId>,
) -> Result<BTreeMap<DonorId, DonorId>, StoreError> {
    let mut ends: BTreeMap<DonorId, DonorId> = ids.iter().map(|id| (*id, *id)).collect();
    for _ in 0..MAX_MERGES {
        let reached: BTreeSet<DonorId> = ends.values().copied().collect();
        let into = merges(db, reached).await?;
        if into.is_empty() {
            break;
        }
        for end in ends.values_mut() {
            *end = into.get(end).copied().unwrap_or(*end);
        }
    }
    ends.retain(|from, to| from != to);
    Ok(ends)
}

/// The names of donors that are known; of one that was merged into another, the other's.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn names(
    db: &impl ConnectionTrait,
    ids: &BTreeSet<DonorId>,
) -> Result<BTreeMap<DonorId, String>, StoreError> {
    let merged = merged(db, ids).await?;
    let wanted: BTreeSet<DonorId> = ids.iter().chain(merged.values()).copied().collect();
    let keys = wanted.into_iter().map(Into::into);
    let rows = sql::select_by_keys(db, "SELECT * FROM known_donor WHERE true", vec![], "id", keys).await?;
    let found: Vec<Model> = sql::read(&rows)?;
    let own: BTreeMap<DonorId, String> = found.into_iter().map(|row| (row.id, row.name)).collect();
    let name = |id: &DonorId| {
        let now = merged.get(id).and_then(|into| own.get(into));
        Some((*id, now.or_else(|| own.get(id))?.clone()))
    };
    Ok(ids.iter().filter_map(name).collect())
}

/// A donor of an organisation; none that is not known.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: DonorId,
) -> Result<Option<Model>, StoreError> {
    let text = "SELECT * FROM known_donor WHERE organisation_id = $1 AND id = $2";
    let found: Vec<Model> = sql::all(db, text, params![organisation_id, id]).await?;
    Ok(found.into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::Migrator;
    use kernel::SystemClock;
    use std::sync::Arc;
    use store::{Actor, Store, insert_models, migration::migrate};

    #[tokio::test]
    async fn a_donor_that_was_merged_has_the_name_of_the_one_that_is_left() {
        let folder = testkit::folder();
        let file = folder.path().join("allocations.db");
        let store = Store::open_sqlite(&file, Arc::new(SystemClock)).await.unwrap();
        migrate::<Migrator>(&store).await.unwrap();
        let donor = |number: u128, name: &str, merged_into: Option<u128>| Model {
            id: DonorId::from_u128(number),
            organisation_id: OrganisationId::from_u128(1),
            name: name.to_owned(),
            name_fr: None,
            name_es: None,
            country: None,
            merged_into: merged_into.map(DonorId::from_u128),
        };
        let tx = store.system(Actor::system()).await.unwrap();
        let rows = [donor(1, "Sida", Some(2)), donor(2, "Sweden (old)", Some(3)), donor(3, "Sweden", None)];
        insert_models(tx.db(), &rows).await.unwrap();
        let ids: BTreeSet<DonorId> = [1, 3, 4].map(DonorId::from_u128).into();
        let ends = merged(tx.db(), &ids).await.unwrap();
        assert_eq!(ends, BTreeMap::from([(DonorId::from_u128(1), DonorId::from_u128(3))]));
        let names = names(tx.db(), &ids).await.unwrap();
        let names: Vec<&str> = names.values().map(String::as_str).collect();
        assert_eq!(names, ["Sweden", "Sweden"]);
        tx.commit().await.unwrap();
    }
}
