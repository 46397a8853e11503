use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0030;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0030)
}

impl MigrationName for M0030 {
    fn name(&self) -> &str {
        "m0030_allocations"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0030 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        let shown =
            "EXISTS (SELECT 1 FROM known_allocation k WHERE k.id = known_allocation_source.allocation_id)";
        protect(
            manager,
            &[
                Tenant::organisation("known_allocation", "organisation_id").public("visibility = 'public'"),
                Tenant::organisation("known_allocation_source", "organisation_id").public(shown),
            ],
        )
        .await
    }
}

/// Amounts are US cents: what was disbursed, spent or not.
const TABLES: &str = "
CREATE TABLE known_allocation (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  reference text NOT NULL,
  title text NOT NULL,
  state text NOT NULL,
  visibility text NOT NULL,
  countries text NOT NULL,
  start_date {date} NOT NULL,
  end_date {date},
  disbursed_on {date},
  disbursed bigint NOT NULL
);
CREATE INDEX known_allocation_by_organisation ON known_allocation (organisation_id, id);
CREATE TABLE known_allocation_source (
  allocation_id {uuid} NOT NULL,
  number bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  root_id {uuid},
  disbursed bigint NOT NULL,
  PRIMARY KEY (allocation_id, number)
);
";
