use crate::counted::recount::recount;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::{
    StoreError,
    migration::{Tenant, ddl, protect},
};

struct M0019Figures;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0019Figures)
}

impl MigrationName for M0019Figures {
    fn name(&self) -> &str {
        "m0019_figures_by_scope"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0019Figures {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        // An office's write counts in the offices above it as well: so all may write, and each reads its own.
        protect(
            manager,
            &[
                Tenant::organisation("diversification_giving", "organisation_id"),
                Tenant::organisation("diversification_sum", "organisation_id"),
            ],
        )
        .await?;
        recount(manager.get_connection()).await.map_err(|error| match error {
            StoreError::Database(error) => error,
            other @ (StoreError::Bus(_)
            | StoreError::SecondConnection
            | StoreError::Document(_)
            | StoreError::Damaged(_)
            | StoreError::NotYetKnown(_)
            | StoreError::Sealed(_)
            | StoreError::Newer(_)) => DbErr::Migration(other.to_string()),
        })
    }
}

/// The figures are made anew, once for what is ours and once for all that is reported.
const TABLES: &str = "
DROP TABLE diversification_giving;
DROP TABLE diversification_sum;
CREATE TABLE diversification_giving (
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  donor_id {uuid} NOT NULL,
  year integer NOT NULL,
  scope text NOT NULL,
  cents bigint NOT NULL,
  unearmarked bigint NOT NULL,
  softly_earmarked bigint NOT NULL,
  earmarked bigint NOT NULL,
  tightly_earmarked bigint NOT NULL,
  not_stated bigint NOT NULL,
  multi_year bigint NOT NULL,
  records bigint NOT NULL,
  PRIMARY KEY (office_id, donor_id, year, scope)
);
CREATE INDEX diversification_giving_by_rank
  ON diversification_giving (office_id, scope, year, cents DESC, donor_id);
CREATE INDEX diversification_giving_by_donor ON diversification_giving (donor_id);
CREATE TABLE diversification_sum (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  year integer NOT NULL,
  scope text NOT NULL,
  sums text NOT NULL
);
CREATE INDEX diversification_sum_by_year ON diversification_sum (office_id, scope, year);
";
