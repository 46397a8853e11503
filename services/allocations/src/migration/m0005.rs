use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0005;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0005)
}

impl MigrationName for M0005 {
    fn name(&self) -> &str {
        "m0005_use_of_funds"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0005 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        protect(
            manager,
            &[
                Tenant::organisation("shortfall", "organisation_id"),
                Tenant::office("suggestion"),
                Tenant::office("use_report"),
                // The office that gets money reads it as well.
                Tenant::organisation("redeployment", "organisation_id"),
                Tenant::office("period_extension"),
            ],
        )
        .await
    }
}

/// Amounts are US cents. `contribution_id` is the first record of the money. A lot has one open case at most, an
/// allocation one suggestion for each sum of money.
const TABLES: &str = "
CREATE TABLE shortfall (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  pool_id {uuid} NOT NULL,
  lot_id {uuid} NOT NULL,
  contribution_id {uuid} NOT NULL,
  state text NOT NULL,
  uncovered bigint NOT NULL CHECK (uncovered > 0),
  received bigint NOT NULL CHECK (received >= 0),
  covered bigint NOT NULL CHECK (covered >= 0),
  absorbed bigint NOT NULL CHECK (absorbed >= 0),
  reason text,
  opened_at {instant} NOT NULL,
  closed_at {instant},
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX shortfall_open ON shortfall (lot_id) WHERE state = 'open';
CREATE INDEX shortfall_by_organisation ON shortfall (organisation_id, id);
CREATE TABLE suggestion (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  proposal_id {uuid} NOT NULL,
  contribution_id {uuid} NOT NULL,
  donor_id {uuid},
  state text NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  money bigint NOT NULL CHECK (money >= 0),
  reason text,
  decided_by {uuid},
  decided_at {instant},
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX suggestion_once ON suggestion (proposal_id, contribution_id);
CREATE INDEX suggestion_by_office ON suggestion (office_id, id);
CREATE INDEX suggestion_by_contribution ON suggestion (contribution_id);
CREATE TABLE use_report (
  proposal_id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  narrative text NOT NULL,
  results text NOT NULL,
  filed_by {uuid} NOT NULL,
  filed_at {instant} NOT NULL,
  accepted_by {uuid},
  accepted_at {instant}
);
CREATE TABLE redeployment (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  proposal_id {uuid} NOT NULL,
  to_proposal_id {uuid},
  replaced_by {uuid},
  decision_id {uuid} NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  withdraw_entry {uuid} NOT NULL,
  allocate_entry {uuid},
  reason text NOT NULL,
  at {instant} NOT NULL
);
CREATE UNIQUE INDEX redeployment_by_decision ON redeployment (decision_id);
CREATE INDEX redeployment_by_withdrawal ON redeployment (withdraw_entry);
CREATE INDEX redeployment_by_proposal ON redeployment (proposal_id, id);
CREATE INDEX redeployment_by_receiver ON redeployment (to_proposal_id, id);
CREATE TABLE period_extension (
  decision_id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  proposal_id {uuid} NOT NULL,
  from_day {date} NOT NULL,
  to_day {date} NOT NULL,
  reason text NOT NULL,
  at {instant} NOT NULL
);
CREATE INDEX period_extension_by_proposal ON period_extension (proposal_id, at);
";
