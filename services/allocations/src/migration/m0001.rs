use ::store::{
    migration::{
        AuditHeads, OfficesThatClose, OutboxTraceparent, Tenant, common_tables, ddl, office_table, protect,
    },
    person,
    waiting::WaitingEvents,
};
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

struct M0001;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0001)
}

impl MigrationName for M0001 {
    fn name(&self) -> &str {
        "m0001_pools_ledger"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0001 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        common_tables(manager).await?;
        office_table(manager).await?;
        OutboxTraceparent("outbox_traceparent").up(manager).await?;
        WaitingEvents("waiting_events").up(manager).await?;
        OfficesThatClose("offices_that_close").up(manager).await?;
        AuditHeads("audit_heads").up(manager).await?;
        person::tables(manager).await?;
        ddl(manager, KNOWN).await?;
        ddl(manager, LEDGER).await?;
        protect(manager, &tenants()).await
    }
}

/// Pools and ledgers are the organisation's; a donor sees its own lots, and what became of them.
fn tenants() -> [Tenant; 10] {
    let organisation = |table| Tenant::organisation(table, "organisation_id");
    [
        organisation("known_contribution"),
        organisation("known_agreement"),
        organisation("known_donor").donor("true"),
        organisation("known_plan").donor("true"),
        organisation("pool"),
        organisation("lot").donor("donor_id = scope_donor()"),
        organisation("entry").donor("EXISTS (SELECT 1 FROM posting WHERE posting.entry_id = entry.id)"),
        organisation("posting").donor("EXISTS (SELECT 1 FROM lot WHERE lot.id = posting.lot_id)"),
        organisation("position").donor("EXISTS (SELECT 1 FROM lot WHERE lot.id = position.lot_id)"),
        organisation("promise")
            .donor("EXISTS (SELECT 1 FROM position WHERE position.proposal_id = promise.proposal_id)"),
    ]
}

const KNOWN: &str = "
CREATE TABLE known_contribution (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  root_id {uuid} NOT NULL,
  sequence bigint NOT NULL,
  source text NOT NULL,
  status text NOT NULL,
  contribution_type text NOT NULL,
  amount bigint NOT NULL,
  earmarking text,
  counts boolean NOT NULL,
  donor_id {uuid},
  donor_name text,
  agreement_id {uuid},
  countries text NOT NULL,
  plans text NOT NULL,
  years text NOT NULL,
  received_on {date} NOT NULL
);
CREATE INDEX known_contribution_by_root ON known_contribution (root_id);
CREATE INDEX known_contribution_by_organisation ON known_contribution (organisation_id, earmarking);
CREATE TABLE known_agreement (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  end_date {date} NOT NULL
);
CREATE TABLE known_donor (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  name text NOT NULL,
  name_fr text,
  name_es text,
  country text,
  merged_into {uuid}
);
CREATE TABLE known_plan (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  name text NOT NULL,
  fts_id text,
  countries text NOT NULL,
  years text NOT NULL
);
CREATE INDEX known_plan_by_fts ON known_plan (organisation_id, fts_id);
";

/// Amounts are US cents. What is not promised has the nil id as its proposal, so that the primary key of positions holds
/// everywhere. A cause makes one entry, and an entry is reversed once.
const LEDGER: &str = "
CREATE TABLE pool (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  name text NOT NULL,
  intake text NOT NULL,
  overhead_rate bigint NOT NULL CHECK (overhead_rate BETWEEN 0 AND 10000),
  reserve_floor bigint NOT NULL CHECK (reserve_floor BETWEEN 0 AND 100),
  entries bigint NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX pool_by_name ON pool (organisation_id, name);
CREATE TABLE lot (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  pool_id {uuid} NOT NULL REFERENCES pool (id),
  root_id {uuid},
  donor_id {uuid},
  donor_name text,
  several_donors boolean NOT NULL,
  agreement_id {uuid},
  earmarking text NOT NULL,
  countries text NOT NULL,
  plans text NOT NULL,
  years text NOT NULL,
  received_on {date} NOT NULL,
  intake_year integer NOT NULL,
  use_by {date},
  received bigint NOT NULL CHECK (received >= 0),
  uncovered bigint NOT NULL CHECK (uncovered >= 0),
  uncovered_since {instant},
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX lot_by_root ON lot (organisation_id, root_id);
CREATE UNIQUE INDEX lot_of_own_funds ON lot (pool_id) WHERE root_id IS NULL;
CREATE INDEX lot_by_pool ON lot (pool_id, id);
CREATE INDEX lot_by_donor ON lot (donor_id);
CREATE INDEX lot_by_agreement ON lot (agreement_id);
CREATE INDEX lot_uncovered ON lot (uncovered_since) WHERE uncovered > 0;
CREATE TABLE entry (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  pool_id {uuid} NOT NULL REFERENCES pool (id),
  number bigint NOT NULL,
  kind text NOT NULL,
  day {date} NOT NULL,
  amount bigint NOT NULL,
  proposal_id {uuid},
  cause_kind text NOT NULL,
  cause_id {uuid} NOT NULL,
  cause_sequence bigint NOT NULL,
  reason text,
  decision_id {uuid},
  reverses_id {uuid} REFERENCES entry (id),
  headroom_after bigint NOT NULL,
  actor_kind text NOT NULL,
  actor_id {uuid} NOT NULL,
  created_at {instant} NOT NULL
);
CREATE UNIQUE INDEX entry_by_number ON entry (pool_id, number);
CREATE UNIQUE INDEX entry_by_cause ON entry (pool_id, cause_kind, cause_id, cause_sequence);
CREATE UNIQUE INDEX entry_reversed ON entry (reverses_id);
CREATE INDEX entry_by_proposal ON entry (proposal_id, number);
CREATE INDEX entry_by_decision ON entry (decision_id);
CREATE TABLE posting (
  entry_id {uuid} NOT NULL REFERENCES entry (id),
  line bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  pool_id {uuid} NOT NULL,
  account text NOT NULL,
  proposal_id {uuid} NOT NULL,
  lot_id {uuid} NOT NULL REFERENCES lot (id),
  amount bigint NOT NULL CHECK (amount <> 0),
  PRIMARY KEY (entry_id, line)
);
CREATE INDEX posting_by_lot ON posting (lot_id);
CREATE INDEX posting_by_proposal ON posting (proposal_id);
CREATE INDEX posting_by_pool ON posting (pool_id);
CREATE TABLE position (
  lot_id {uuid} NOT NULL REFERENCES lot (id),
  proposal_id {uuid} NOT NULL,
  account text NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  pool_id {uuid} NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (lot_id, proposal_id, account)
);
CREATE INDEX position_by_pool ON position (pool_id, lot_id, proposal_id, account);
CREATE INDEX position_by_proposal ON position (proposal_id, account);
CREATE TABLE promise (
  proposal_id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  pool_id {uuid} NOT NULL,
  window_id {uuid} NOT NULL,
  purpose text NOT NULL,
  reserved bigint NOT NULL CHECK (reserved >= 0),
  allocated bigint NOT NULL CHECK (allocated >= 0),
  disbursed bigint NOT NULL CHECK (disbursed >= 0),
  spent bigint NOT NULL CHECK (spent >= 0),
  returned bigint NOT NULL CHECK (returned >= 0),
  withdrawn bigint NOT NULL CHECK (withdrawn >= 0)
);
CREATE INDEX promise_by_window ON promise (window_id);
CREATE INDEX promise_by_pool ON promise (pool_id);
";
