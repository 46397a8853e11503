use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0004;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0004)
}

impl MigrationName for M0004 {
    fn name(&self) -> &str {
        "m0004_rates_entries"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0004 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, RATES_AND_ENTRIES).await?;
        protect(
            manager,
            &[
                Tenant::organisation("exchange_rate", "organisation_id"),
                Tenant::child("contribution_entry", "contribution", "contribution_id"),
            ],
        )
        .await
    }
}

const RATES_AND_ENTRIES: &str = "
CREATE TABLE exchange_rate (
  organisation_id {uuid} NOT NULL,
  currency text NOT NULL,
  month text NOT NULL,
  rate text NOT NULL,
  rate_date {date} NOT NULL,
  source text NOT NULL,
  recorded_at {instant} NOT NULL,
  PRIMARY KEY (organisation_id, currency, month)
);
ALTER TABLE contribution ADD COLUMN standing text NOT NULL DEFAULT 'current';
ALTER TABLE contribution ADD COLUMN parent_id {uuid};
ALTER TABLE contribution ADD COLUMN replaces_id {uuid};
ALTER TABLE contribution ADD COLUMN usage_split text;
ALTER TABLE contribution ADD COLUMN valuation text;
ALTER TABLE contribution ADD COLUMN exchange_difference bigint;
CREATE INDEX contribution_by_parent ON contribution (parent_id) WHERE parent_id IS NOT NULL;
CREATE UNIQUE INDEX contribution_by_replaced ON contribution (replaces_id) WHERE replaces_id IS NOT NULL;
CREATE TABLE contribution_entry (
  contribution_id {uuid} NOT NULL REFERENCES contribution (id),
  number integer NOT NULL,
  kind text NOT NULL,
  amount bigint NOT NULL,
  amount_usd bigint NOT NULL,
  booked_on {date} NOT NULL,
  counterpart_id {uuid},
  reason text,
  recorded_by {uuid} NOT NULL,
  recorded_at {instant} NOT NULL,
  PRIMARY KEY (contribution_id, number)
);
INSERT INTO contribution_entry
  (contribution_id, number, kind, amount, amount_usd, booked_on, recorded_by, recorded_at)
  SELECT id, 1, 'recorded', coalesce(original_amount, amount_usd), amount_usd,
         coalesce(decision_date, flow_date, first_reported_date, '2000-01-01'), organisation_id, created_at
  FROM contribution WHERE fingerprint = '';
";
