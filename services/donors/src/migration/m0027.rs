use kernel::{ContributionId, OfficeId, OrganisationId};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use serde::Deserialize;
use std::collections::BTreeSet;
use store::{
    StoreError, insert_models,
    migration::{Tenant, ddl, protect},
    params, sql,
};

struct M0027;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0027)
}

impl MigrationName for M0027 {
    fn name(&self) -> &str {
        "m0027_fewer_indexes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0027 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        // As in m0019: on PostgreSQL what lists are filtered by, and what says who sees a row, is in the index as well.
        let covering = if is_postgres { "INCLUDE (organisation_id, status, earmarking)" } else { "" };
        ddl(manager, &TARGETS.replace("{covering}", covering)).await?;
        let filled = fill(manager.get_connection()).await;
        filled.map_err(|error| DbErr::Custom(error.to_string()))?;
        ddl(manager, INDEXES).await?;
        let seen =
            "EXISTS (SELECT 1 FROM contribution WHERE contribution.id = contribution_target.contribution_id)";
        protect(
            manager,
            &[
                Tenant::office("contribution_target").donor(seen),
                Tenant::organisation("contribution_to_link", "organisation_id"),
            ],
        )
        .await
    }
}

/// A row of `contribution_target` as this migration makes it.
mod target {
    use super::{ContributionId, OfficeId, OrganisationId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contribution_target")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub office_id: OfficeId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub is_ours: bool,
        #[sea_orm(primary_key, auto_increment = false)]
        pub target: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub contribution_id: ContributionId,
        pub organisation_id: OrganisationId,
        pub status: String,
        pub earmarking: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What the targets of a record are read from.
#[derive(FromQueryResult)]
struct Record {
    id: ContributionId,
    organisation_id: OrganisationId,
    office_id: OfficeId,
    usage_years: String,
    countries: String,
    destination_objects: String,
    status: String,
    earmarking: Option<String>,
    is_ours: bool,
}

/// Where money goes, as a record keeps it.
#[derive(Deserialize)]
struct Destination {
    kind: String,
    id: String,
}

impl Record {
    fn targets(&self) -> Result<Vec<target::Model>, StoreError> {
        let listed = self.usage_years.split(',').chain(self.countries.split(','));
        let mut targets: BTreeSet<String> =
            listed.filter(|text| !text.is_empty()).map(str::to_owned).collect();
        let destinations: Vec<Destination> = serde_json::from_str(&self.destination_objects)?;
        let plans = destinations.iter().filter(|destination| destination.kind == "Plan");
        targets.extend(plans.map(|plan| format!("plan:{}", plan.id)));
        let row = |target| target::Model {
            office_id: self.office_id,
            is_ours: self.is_ours,
            target,
            contribution_id: self.id,
            organisation_id: self.organisation_id,
            status: self.status.clone(),
            earmarking: self.earmarking.clone(),
        };
        Ok(targets.into_iter().map(row).collect())
    }
}

/// The targets of the records that are there.
pub(crate) async fn fill(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    let text = "SELECT id, organisation_id, office_id, usage_years, countries, destination_objects, status, earmarking,
                  is_ours
                FROM contribution WHERE id > $1 ORDER BY id LIMIT 1000";
    let mut last = ContributionId::nil();
    loop {
        let records: Vec<Record> = sql::all(db, text, params![last]).await?;
        let Some(newest) = records.last() else { return Ok(()) };
        last = newest.id;
        let targets = records.iter().map(Record::targets).collect::<Result<Vec<_>, _>>()?;
        insert_models(db, &targets.concat()).await?;
    }
}

/// A write reaches the disk page by page, and each index of a table is another page. These two have one b-tree each now.
const TARGETS: &str = "
DROP TABLE contribution_target;
CREATE TABLE contribution_target (
  office_id {uuid} NOT NULL,
  is_ours boolean NOT NULL,
  target text NOT NULL,
  contribution_id {uuid} NOT NULL,
  organisation_id {uuid} NOT NULL,
  status text NOT NULL,
  earmarking text,
  PRIMARY KEY (office_id, is_ours, target, contribution_id) {covering}
) {clustered};
ALTER TABLE contribution_to_link RENAME TO contribution_to_link_before;
CREATE TABLE contribution_to_link (
  organisation_id {uuid} NOT NULL,
  id {uuid} NOT NULL,
  contribution_id {uuid},
  donor_id {uuid},
  PRIMARY KEY (organisation_id, id)
) {clustered};
INSERT INTO contribution_to_link (organisation_id, id, contribution_id, donor_id)
  SELECT organisation_id, id, contribution_id, donor_id FROM contribution_to_link_before;
DROP TABLE contribution_to_link_before;
";

/// Whose money it is stands before the order of the lists: who asks for everybody's gets the first rows of both. (Also where
/// a filter leaves few rows: SQLite, which keeps no statistics, would rather read all of an office.) What is nearly always
/// absent is not indexed where it is.
const INDEXES: &str = "
DROP INDEX contribution_by_office;
DROP INDEX contribution_by_donor;
DROP INDEX contribution_by_status;
DROP INDEX contribution_by_earmarking;
DROP INDEX contribution_ours;
DROP INDEX contribution_ours_by_status;
DROP INDEX contribution_ours_by_earmarking;
DROP INDEX contribution_ours_by_donor;
DROP INDEX contribution_not_in_fts;
DROP INDEX contribution_by_agreement;
DROP INDEX contribution_by_parent;
DROP INDEX contribution_by_root;
CREATE INDEX contribution_of_office ON contribution (office_id, is_ours, id);
CREATE INDEX contribution_of_status ON contribution (office_id, is_ours, status, id);
CREATE INDEX contribution_of_earmarking ON contribution (office_id, is_ours, earmarking, id);
CREATE INDEX contribution_of_donor ON contribution (donor_id, is_ours, id);
CREATE INDEX contribution_of_agreement ON contribution (agreement_id, is_ours, id) WHERE agreement_id IS NOT NULL;
CREATE INDEX contribution_of_parent ON contribution (parent_id, is_ours, id) WHERE parent_id IS NOT NULL;
CREATE INDEX contribution_of_root ON contribution (root_id, id) WHERE root_id IS NOT NULL;
";
