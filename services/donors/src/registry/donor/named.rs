//! Donors as files name them: looked up for a whole batch at once, and no more of each than is needed.

use super::store;
use ::store::{StoreError, TenantScope, params, sql};
use kernel::{DonorId, DonorType};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use std::collections::HashMap;

/// What a donor is found by, and what a record under it keeps of it.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub(crate) struct Named {
    pub(crate) id: DonorId,
    pub(crate) name: String,
    pub(crate) search: String,
    pub(crate) donor_type: DonorType,
    pub(crate) merged_into: Option<DonorId>,
}

impl From<&store::Model> for Named {
    fn from(donor: &store::Model) -> Self {
        Self {
            id: donor.id,
            name: donor.name.clone(),
            search: donor.search.clone(),
            donor_type: donor.donor_type,
            merged_into: donor.merged_into,
        }
    }
}

/// Donors of these names, as [`kernel::text::search_key`] makes them.
pub(crate) async fn by_names(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    names: impl IntoIterator<Item = String>,
) -> Result<Vec<Named>, StoreError> {
    let names: Vec<Value> = names.into_iter().map(Into::into).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let text = "SELECT id, name, search, donor_type, merged_into FROM donor WHERE organisation_id = $1";
    sql::read(&sql::select_by_keys(db, text, params![scope.organisation_id()], "search", names).await?)
}

/// Donors of the organisation by id, as far as they are named.
pub(crate) async fn by_ids(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = DonorId>,
) -> Result<HashMap<DonorId, Named>, StoreError> {
    let ids: Vec<Value> = ids.into_iter().map(Into::into).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!("SELECT id, name, search, donor_type, merged_into FROM donor WHERE {}", store::OWN);
    let rows = sql::select_by_keys(db, &text, params![scope.organisation_id()], "id", ids).await?;
    Ok(sql::read::<Named>(&rows)?.into_iter().map(|donor| (donor.id, donor)).collect())
}

/// The donors of these names by name and type: of duplicates that were merged, the one that they became.
pub(crate) async fn by_names_and_types(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    names: impl IntoIterator<Item = String>,
) -> Result<HashMap<(String, DonorType), Named>, StoreError> {
    let found = by_names(scope, db, names).await?;
    let merged = found.iter().filter(|donor| donor.merged_into.is_some()).map(|donor| donor.id).collect();
    let survivors = store::survivors(scope, db, merged).await?;
    let surviving = by_ids(scope, db, survivors.values().copied().collect::<Vec<_>>()).await?;
    let mut donors = HashMap::with_capacity(found.len());
    for donor in found {
        let of_name = (donor.search.clone(), donor.donor_type);
        match survivors.get(&donor.id).and_then(|survivor| surviving.get(survivor)) {
            Some(survivor) => {
                donors.entry(of_name).or_insert_with(|| survivor.clone());
            }
            // One that was not merged goes before duplicates of its name.
            None => {
                donors.insert(of_name, donor);
            }
        }
    }
    Ok(donors)
}
