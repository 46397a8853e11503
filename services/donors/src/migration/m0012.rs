use crate::{registry::donor::search::shape, reporting::report::OWED_STATES};
use kernel::OrganisationId;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::{migration::ddl, params, sql};

struct M0012;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0012)
}

impl MigrationName for M0012 {
    fn name(&self) -> &str {
        "m0012_indexes_of_lists"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0012 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, "ALTER TABLE known_word ADD COLUMN shape bigint NOT NULL DEFAULT 0").await?;
        shapes(manager).await.map_err(|error| DbErr::Custom(error.to_string()))?;
        ddl(manager, &INDEXES.replace("{owed}", OWED_STATES)).await
    }
}

/// Works out the shapes of the words that are there.
async fn shapes(manager: &SchemaManager<'_>) -> Result<(), store::StoreError> {
    let db = manager.get_connection();
    let rows = sql::rows(db, "SELECT organisation_id, letters, word FROM known_word", vec![]).await?;
    for row in &rows {
        let (organisation, letters): (OrganisationId, i32) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let word: String = row.try_get_by_index(2)?;
        let text =
            "UPDATE known_word SET shape = $1 WHERE organisation_id = $2 AND letters = $3 AND word = $4";
        sql::execute(db, text, params![shape(&word), organisation, letters, word.as_str()]).await?;
    }
    Ok(())
}

/// Filters of the lists in the order of the lists, office by office (`conditions.rs`), and the latest of a donor.
const INDEXES: &str = "
CREATE INDEX known_word_by_shape ON known_word (organisation_id, letters, shape, word);
CREATE INDEX donor_by_key ON donor (organisation_id, search, donor_type);
CREATE INDEX donor_by_type ON donor (organisation_id, donor_type, name, id);
CREATE INDEX donor_by_status ON donor (organisation_id, status, name, id);
CREATE INDEX donor_by_segment ON donor (organisation_id, segment, name, id);
CREATE INDEX donor_by_country ON donor (organisation_id, country, name, id);
CREATE INDEX donor_by_liaison_post ON donor (organisation_id, liaison_post, name, id) WHERE liaison_post IS NOT NULL;
CREATE INDEX donor_by_focal_point ON donor (focal_point_id, name, id) WHERE focal_point_id IS NOT NULL;
CREATE INDEX contribution_by_status ON contribution (office_id, status, id);
CREATE INDEX contribution_by_earmarking ON contribution (office_id, earmarking, id);
CREATE INDEX contribution_by_years ON contribution (office_id, usage_years, id);
CREATE INDEX contribution_by_countries ON contribution (office_id, countries, id);
CREATE INDEX contribution_latest ON contribution (donor_id, created_at, id);
CREATE INDEX report_by_state ON report (office_id, state, due_date, id);
CREATE INDEX report_owed ON report (office_id, due_date, id) WHERE state IN {owed};
";
