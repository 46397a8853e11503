use ::store::{
    StoreError,
    migration::{Tenant, ddl, protect},
    params, sql,
};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

struct M0006;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0006)
}

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
        fill_searched_names(db).await.map_err(|error: StoreError| DbErr::Migration(error.to_string()))
    }
}

/// Lower case is not the same in both back ends, so it is not left to them.
async fn fill_searched_names(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    for row in sql::rows(db, "SELECT id, name, name_fr, name_es FROM known_donor", vec![]).await? {
        let names: [Option<String>; 3] =
            [row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?];
        let names: Vec<String> = names.into_iter().flatten().map(|name| name.to_lowercase()).collect();
        let searched = names.join("\n");
        let id: uuid::Uuid = row.try_get_by_index(0)?;
        sql::execute(db, "UPDATE known_donor SET search = $1 WHERE id = $2", params![searched, id]).await?;
    }
    Ok(())
}

/// The lists are filled by `m0009`; `m0007` makes one of them anew.
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
