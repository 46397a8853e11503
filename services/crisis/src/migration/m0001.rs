use ::store::migration::{Tenant, common_tables, ddl, office_table, protect};
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

struct M0001;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0001)
}

impl MigrationName for M0001 {
    fn name(&self) -> &str {
        "m0001_plans_funding"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0001 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        common_tables(manager).await?;
        office_table(manager).await?;
        ddl(manager, TABLES).await?;
        protect(
            manager,
            &[
                Tenant::office("plan")
                    .donor("visibility IN ('donor', 'public')")
                    .public("visibility = 'public'"),
                Tenant::organisation("funding_fact", "organisation_id"),
                Tenant::organisation("funding_cell", "organisation_id").donor("true").public("true"),
                Tenant::organisation("known_donor", "organisation_id").donor("true").public("true"),
            ],
        )
        .await
    }
}

const TABLES: &str = "
CREATE TABLE plan (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  external_source text,
  external_ref text,
  name text NOT NULL,
  plan_type text NOT NULL,
  countries text NOT NULL,
  years text NOT NULL,
  start_date {date},
  end_date {date},
  original_requirement bigint,
  revised_requirement bigint,
  people_in_need bigint,
  people_targeted bigint,
  summary text,
  visibility text NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX plan_by_ref ON plan (organisation_id, external_source, external_ref);
CREATE INDEX plan_by_office ON plan (office_id, id);
CREATE TABLE funding_fact (
  contribution_id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  fact text NOT NULL
);
CREATE TABLE funding_cell (
  organisation_id {uuid} NOT NULL,
  scope text NOT NULL,
  dimension text NOT NULL,
  member text NOT NULL,
  external_ref text,
  name text,
  paid bigint NOT NULL,
  commitment bigint NOT NULL,
  pledge bigint NOT NULL,
  funding_flows bigint NOT NULL,
  pledge_flows bigint NOT NULL,
  PRIMARY KEY (organisation_id, scope, dimension, member)
);
CREATE INDEX funding_cell_by_dimension ON funding_cell (organisation_id, dimension, scope);
CREATE TABLE known_donor (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  name text NOT NULL,
  name_fr text,
  name_es text,
  donor_type text NOT NULL,
  external_ref text
);
";
