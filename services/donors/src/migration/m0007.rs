use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0007;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0007)
}

impl MigrationName for M0007 {
    fn name(&self) -> &str {
        "m0007_diversification"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0007 {
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
        .await
    }
}

/// They are filled by `m0019_figures`, which makes them anew.
const TABLES: &str = "
CREATE TABLE diversification_giving (
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  donor_id {uuid} NOT NULL,
  year integer NOT NULL,
  cents bigint NOT NULL,
  unearmarked bigint NOT NULL,
  softly_earmarked bigint NOT NULL,
  earmarked bigint NOT NULL,
  tightly_earmarked bigint NOT NULL,
  not_stated bigint NOT NULL,
  multi_year bigint NOT NULL,
  records bigint NOT NULL,
  PRIMARY KEY (office_id, donor_id, year)
);
CREATE INDEX diversification_giving_by_rank ON diversification_giving (office_id, year, cents DESC, donor_id);
CREATE INDEX diversification_giving_by_donor ON diversification_giving (donor_id);
CREATE TABLE diversification_sum (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  year integer NOT NULL,
  sums text NOT NULL
);
CREATE INDEX diversification_sum_by_year ON diversification_sum (office_id, year);
";
