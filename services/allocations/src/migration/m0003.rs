use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0003;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0003)
}

impl MigrationName for M0003 {
    fn name(&self) -> &str {
        "m0003_windows_proposals"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0003 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        protect(
            manager,
            &[
                Tenant::organisation_owned("allocation_window"),
                Tenant::office("allocation_proposal").donor("visibility IN ('donor', 'public')"),
                Tenant::child("allocation_proposal_step", "allocation_proposal", "proposal_id"),
                Tenant::office("allocation_proposal_document"),
                // Whose sheet and whose conflict it is says the application: reviewers sit in any office.
                Tenant::organisation("score_sheet", "organisation_id"),
                Tenant::organisation("proposal_conflict", "organisation_id"),
            ],
        )
        .await
    }
}

/// Amounts are US cents.
const TABLES: &str = "
CREATE TABLE allocation_window (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  pool_id {uuid} NOT NULL,
  committee_id {uuid} NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  title text NOT NULL,
  envelope bigint NOT NULL CHECK (envelope > 0),
  opens_at {instant} NOT NULL,
  closes_at {instant} NOT NULL,
  time_zone text NOT NULL,
  fields text NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE INDEX allocation_window_in_order ON allocation_window (organisation_id, id);
CREATE INDEX allocation_window_of_pool ON allocation_window (pool_id, id);
CREATE INDEX allocation_window_of_committee ON allocation_window (committee_id, id);
CREATE TABLE allocation_proposal (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  window_id {uuid} NOT NULL REFERENCES allocation_window (id),
  reference text NOT NULL,
  state text NOT NULL,
  title text NOT NULL,
  search text NOT NULL,
  category text NOT NULL,
  nature text NOT NULL,
  countries text NOT NULL,
  plan_ids text NOT NULL,
  asked bigint NOT NULL CHECK (asked > 0),
  least bigint NOT NULL CHECK (least > 0 AND least <= asked),
  start_date {date} NOT NULL,
  end_date {date} NOT NULL,
  visibility text NOT NULL,
  fields text NOT NULL,
  created_by {uuid} NOT NULL,
  authors text NOT NULL,
  endorsed_by {uuid},
  endorsed_at {instant},
  submitted_by {uuid},
  submitted_at {instant},
  screened_by {uuid},
  screened_at {instant},
  verdicts text NOT NULL,
  is_reopened boolean NOT NULL,
  approved bigint CHECK (approved > 0 AND approved <= asked AND approved >= least),
  decision_id {uuid},
  final_budget text,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX allocation_proposal_by_reference ON allocation_proposal (organisation_id, reference);
CREATE INDEX allocation_proposal_of_office ON allocation_proposal (office_id, id);
CREATE INDEX allocation_proposal_of_window ON allocation_proposal (window_id, id);
CREATE TABLE allocation_proposal_step (
  proposal_id {uuid} NOT NULL REFERENCES allocation_proposal (id),
  number integer NOT NULL,
  action text NOT NULL,
  from_state text NOT NULL,
  to_state text NOT NULL,
  actor_id {uuid} NOT NULL,
  comment text,
  taken_at {instant} NOT NULL,
  PRIMARY KEY (proposal_id, number)
);
CREATE TABLE allocation_proposal_document (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  proposal_id {uuid} NOT NULL REFERENCES allocation_proposal (id),
  name text NOT NULL,
  media_type text NOT NULL,
  size bigint NOT NULL,
  sha256 text NOT NULL,
  visibility text NOT NULL,
  created_at {instant} NOT NULL
);
CREATE INDEX allocation_proposal_document_by_proposal ON allocation_proposal_document (proposal_id, id);
CREATE INDEX allocation_proposal_document_by_file ON allocation_proposal_document (sha256);
CREATE TABLE score_sheet (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  window_id {uuid} NOT NULL,
  proposal_id {uuid} NOT NULL REFERENCES allocation_proposal (id),
  person_id {uuid} NOT NULL,
  answers text NOT NULL,
  points integer,
  submitted_at {instant},
  struck text,
  struck_at {instant},
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX score_sheet_of_reviewer ON score_sheet (proposal_id, person_id);
CREATE INDEX score_sheet_of_window ON score_sheet (window_id);
CREATE TABLE proposal_conflict (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  proposal_id {uuid} NOT NULL REFERENCES allocation_proposal (id),
  person_id {uuid} NOT NULL,
  ground text NOT NULL,
  reason text,
  recorded_by {uuid} NOT NULL,
  recorded_at {instant} NOT NULL,
  lifted_by {uuid},
  lifted_at {instant},
  lift_reason text
);
CREATE UNIQUE INDEX proposal_conflict_once ON proposal_conflict (proposal_id, person_id, ground) WHERE lifted_at IS NULL;
CREATE INDEX proposal_conflict_of_proposal ON proposal_conflict (proposal_id, id);
";
