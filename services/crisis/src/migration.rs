use crate::funding::{listed, store};
use ::store::{
    StoreError,
    migration::{OutboxTraceparent, Tenant, common_tables, ddl, office_table, protect},
    params, sql,
    waiting::WaitingEvents,
};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(M0001),
            Box::new(OutboxTraceparent("m0002_outbox_traceparent")),
            Box::new(M0003),
            Box::new(WaitingEvents("m0004_waiting_events")),
            Box::new(M0005),
            Box::new(M0006),
        ]
    }
}

struct M0001;

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

struct M0003;

impl MigrationName for M0003 {
    fn name(&self) -> &str {
        "m0003_objectives_updates_years"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0003 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, OBJECTIVES_AND_UPDATES).await?;
        let seen = "EXISTS (SELECT 1 FROM plan WHERE plan.id = plan_update.plan_id)";
        protect(manager, &[Tenant::office("plan_update").donor(seen).public(seen)]).await?;
        // Years and the donors' public pages are counted from here on.
        let counted = store::recount(manager.get_connection()).await;
        counted.map_err(|error| DbErr::Migration(error.to_string()))
    }
}

struct M0005;

impl MigrationName for M0005 {
    fn name(&self) -> &str {
        "m0005_empty_cells"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0005 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A cell that counts nothing any more is removed when it comes to that, and found by an index that holds no others.
        ddl(
            manager,
            "DELETE FROM funding_cell WHERE funding_flows = 0 AND pledge_flows = 0;
             CREATE INDEX funding_cell_empty ON funding_cell (organisation_id)
               WHERE funding_flows = 0 AND pledge_flows = 0;",
        )
        .await
    }
}

struct M0006;

impl MigrationName for M0006 {
    fn name(&self) -> &str {
        "m0006_public_lists"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0006 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, PUBLIC_LISTS).await?;
        let everyone = |table| Tenant::organisation(table, "organisation_id").donor("true").public("true");
        let tables = ["public_donor", "public_country", "public_version"];
        protect(manager, &tables.map(everyone)).await?;
        let db = manager.get_connection();
        let filled = async {
            listed::refill(db).await?;
            fill_searched_names(db).await
        };
        filled.await.map_err(|error: StoreError| DbErr::Migration(error.to_string()))
    }
}

/// Lower case is not the same in both back ends, so it is not left to them.
async fn fill_searched_names(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    for row in sql::rows(db, "SELECT id, name, name_fr, name_es FROM known_donor", vec![]).await? {
        let names: [Option<String>; 3] =
            [row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?];
        let searched = listed::searched([names[0].as_deref(), names[1].as_deref(), names[2].as_deref()]);
        let id: kernel::DonorId = row.try_get_by_index(0)?;
        sql::execute(db, "UPDATE known_donor SET search = $1 WHERE id = $2", params![searched, id]).await?;
    }
    Ok(())
}

const PUBLIC_LISTS: &str = "
ALTER TABLE known_donor ADD COLUMN search text NOT NULL DEFAULT '';
CREATE TABLE public_donor (
  organisation_id {uuid} NOT NULL,
  donor_id {uuid} NOT NULL,
  minus_funding bigint NOT NULL,
  paid bigint NOT NULL,
  commitment bigint NOT NULL,
  pledge bigint NOT NULL,
  funding_flows bigint NOT NULL,
  pledge_flows bigint NOT NULL,
  PRIMARY KEY (organisation_id, donor_id)
);
CREATE INDEX public_donor_in_order ON public_donor (organisation_id, minus_funding, donor_id);
CREATE INDEX public_donor_empty ON public_donor (organisation_id) WHERE funding_flows = 0 AND pledge_flows = 0;
CREATE TABLE public_country (
  organisation_id {uuid} NOT NULL,
  country text NOT NULL,
  minus_year bigint NOT NULL,
  minus_funding bigint NOT NULL,
  paid bigint NOT NULL,
  commitment bigint NOT NULL,
  pledge bigint NOT NULL,
  funding_flows bigint NOT NULL,
  pledge_flows bigint NOT NULL,
  PRIMARY KEY (organisation_id, country, minus_year)
);
CREATE INDEX public_country_in_order ON public_country (organisation_id, minus_year, minus_funding, country);
CREATE INDEX public_country_empty ON public_country (organisation_id) WHERE funding_flows = 0 AND pledge_flows = 0;
CREATE TABLE public_version (
  organisation_id {uuid} PRIMARY KEY,
  version {uuid} NOT NULL
);
";

const OBJECTIVES_AND_UPDATES: &str = "
ALTER TABLE plan ADD COLUMN objectives text NOT NULL DEFAULT '[]';
CREATE TABLE plan_update (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  plan_id {uuid} NOT NULL REFERENCES plan (id),
  title text NOT NULL,
  body text NOT NULL,
  language text NOT NULL,
  published_at {instant} NOT NULL
);
CREATE INDEX plan_update_by_plan ON plan_update (plan_id, id);
CREATE INDEX plan_update_by_organisation ON plan_update (organisation_id, id);
";

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
