use crate::registry::donor::names::match_key;
use kernel::{DonorId, OrganisationId, text::search_key};
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use std::collections::HashSet;
use store::{
    migration::{Tenant, ddl, protect},
    params, sql,
};

struct M0009;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0009)
}

impl MigrationName for M0009 {
    fn name(&self) -> &str {
        "m0009_registry_signatures"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0009 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, REGISTRY).await?;
        index_names(manager).await?;
        protect(
            manager,
            &[
                Tenant::organisation("donor_word", "organisation_id"),
                Tenant::organisation("known_word", "organisation_id"),
                Tenant::organisation_owned("donor_merge"),
            ],
        )
        .await
    }
}

/// Works out what is searched for the donors that are there. A name that would become the same as another's without its
/// accents keeps its former key.
async fn index_names(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let failed = |error: store::StoreError| DbErr::Custom(error.to_string());
    let db = manager.get_connection();
    let text = "SELECT id, organisation_id, name, name_fr, name_es, short_name, donor_type, search FROM donor ORDER BY id";
    let rows = sql::rows(db, text, vec![]).await.map_err(failed)?;
    let mut taken: HashSet<(OrganisationId, String, String)> = HashSet::new();
    let mut donors = Vec::with_capacity(rows.len());
    for row in &rows {
        let id: DonorId = row.try_get_by_index(0)?;
        let organisation: OrganisationId = row.try_get_by_index(1)?;
        let name: String = row.try_get_by_index(2)?;
        let others: [Option<String>; 3] =
            [row.try_get_by_index(3)?, row.try_get_by_index(4)?, row.try_get_by_index(5)?];
        let (kind, former): (String, String) = (row.try_get_by_index(6)?, row.try_get_by_index(7)?);
        taken.insert((organisation, kind.clone(), former.clone()));
        donors.push((id, organisation, name, others, kind, former));
    }
    for (id, organisation, name, others, kind, former) in donors {
        let folded = search_key(&name);
        let is_free = folded != former && taken.insert((organisation, kind, folded.clone()));
        let key = if is_free { &folded } else { &former };
        let names: Vec<String> =
            std::iter::once(name).chain(others.into_iter().flatten()).map(|name| search_key(&name)).collect();
        let text = "UPDATE donor SET search = $1, names = $2, match_key = $3 WHERE id = $4";
        let parameters = params![key.as_str(), names.join(" | "), match_key(&folded), id];
        sql::execute(db, text, parameters).await.map_err(failed)?;
        let words: HashSet<&str> =
            names.iter().flat_map(|name| name.split(' ')).filter(|word| !word.is_empty()).collect();
        for word in words {
            let letters = i32::try_from(word.chars().count()).unwrap_or(i32::MAX);
            let of_donor = "INSERT INTO donor_word (organisation_id, word, donor_id) VALUES ($1, $2, $3)";
            sql::execute(db, of_donor, params![organisation, word, id]).await.map_err(failed)?;
            let known = "INSERT INTO known_word (organisation_id, letters, word) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            sql::execute(db, known, params![organisation, letters, word]).await.map_err(failed)?;
        }
    }
    Ok(())
}

const REGISTRY: &str = "
ALTER TABLE donor ADD COLUMN names text NOT NULL DEFAULT '';
ALTER TABLE donor ADD COLUMN match_key text NOT NULL DEFAULT '';
ALTER TABLE donor ADD COLUMN preferences text;
ALTER TABLE donor ADD COLUMN merged_into {uuid};
DROP INDEX donor_by_search;
CREATE UNIQUE INDEX donor_by_search ON donor (organisation_id, search, donor_type) WHERE merged_into IS NULL;
CREATE INDEX donor_by_match ON donor (organisation_id, match_key);
CREATE INDEX donor_by_parent ON donor (parent_id) WHERE parent_id IS NOT NULL;
CREATE TABLE donor_word (
  organisation_id {uuid} NOT NULL,
  word text NOT NULL,
  donor_id {uuid} NOT NULL REFERENCES donor (id),
  PRIMARY KEY (organisation_id, word, donor_id)
);
CREATE INDEX donor_word_by_donor ON donor_word (donor_id);
CREATE TABLE known_word (
  organisation_id {uuid} NOT NULL,
  letters integer NOT NULL,
  word text NOT NULL,
  PRIMARY KEY (organisation_id, letters, word)
);
CREATE TABLE donor_merge (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  survivor_id {uuid} NOT NULL REFERENCES donor (id),
  duplicate_id {uuid} NOT NULL REFERENCES donor (id),
  reason text NOT NULL,
  moved text NOT NULL,
  merged_at {instant} NOT NULL,
  undone_at {instant}
);
CREATE INDEX donor_merge_by_survivor ON donor_merge (survivor_id, id);
";
