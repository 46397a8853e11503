use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0002;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0002)
}

impl MigrationName for M0002 {
    fn name(&self) -> &str {
        "m0002_committees_meetings_decisions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0002 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, COMMITTEES).await?;
        ddl(manager, MEETINGS).await?;
        ddl(manager, DECISIONS).await?;
        let owned = [
            Tenant::organisation_owned("committee"),
            Tenant::organisation_owned("committee_rules"),
            Tenant::organisation_owned("seat"),
            Tenant::organisation_owned("meeting"),
            Tenant::organisation_owned("agenda_item"),
            Tenant::organisation_owned("motion"),
            Tenant::organisation_owned("decision"),
            Tenant::organisation_owned("circulation"),
            Tenant::organisation_owned("minutes"),
            Tenant::child("minutes_file", "meeting", "meeting_id"),
        ];
        protect(manager, &owned).await?;
        // Members of a committee sit in many offices: each writes its vote.
        let voted = [
            Tenant::organisation("motion_vote", "organisation_id"),
            Tenant::organisation("circulation_vote", "organisation_id"),
            Tenant::organisation("circulation_objection", "organisation_id"),
        ];
        protect(manager, &voted).await
    }
}

const COMMITTEES: &str = "
CREATE TABLE committee (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  name text NOT NULL,
  name_fr text,
  name_es text,
  decision_by text NOT NULL,
  time_zone text NOT NULL,
  rules_number bigint NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE INDEX committee_by_organisation ON committee (organisation_id, id);
CREATE TABLE committee_rules (
  committee_id {uuid} NOT NULL REFERENCES committee (id),
  number bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  rules text NOT NULL,
  reason text,
  created_by {uuid} NOT NULL,
  created_at {instant} NOT NULL,
  PRIMARY KEY (committee_id, number)
);
CREATE TABLE seat (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  committee_id {uuid} NOT NULL REFERENCES committee (id),
  person_id {uuid} NOT NULL,
  represented_id {uuid} NOT NULL,
  kind text NOT NULL,
  alternate_of {uuid},
  from_day {date} NOT NULL,
  to_day {date},
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE INDEX seat_by_committee ON seat (committee_id, id);
CREATE INDEX seat_by_person ON seat (person_id, committee_id);
";

const MEETINGS: &str = "
CREATE TABLE meeting (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  committee_id {uuid} NOT NULL REFERENCES committee (id),
  number bigint NOT NULL,
  place text NOT NULL,
  starts_at {instant} NOT NULL,
  state text NOT NULL,
  rules_number bigint NOT NULL,
  short_notice_reason text,
  attendance text NOT NULL,
  convened_at {instant},
  opened_at {instant},
  closed_at {instant},
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX meeting_by_number ON meeting (committee_id, number);
CREATE INDEX meeting_by_organisation ON meeting (organisation_id, id);
CREATE TABLE agenda_item (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  committee_id {uuid} NOT NULL,
  meeting_id {uuid} NOT NULL REFERENCES meeting (id),
  position bigint NOT NULL,
  title text NOT NULL,
  text text,
  proposal_id {uuid},
  state text NOT NULL,
  carried_to {uuid},
  created_at {instant} NOT NULL
);
CREATE INDEX agenda_item_by_meeting ON agenda_item (meeting_id, position);
CREATE INDEX agenda_item_carried ON agenda_item (committee_id, id) WHERE state = 'carried_over' AND carried_to IS NULL;
CREATE TABLE motion (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  committee_id {uuid} NOT NULL,
  meeting_id {uuid} NOT NULL REFERENCES meeting (id),
  item_id {uuid} NOT NULL REFERENCES agenda_item (id),
  number bigint NOT NULL,
  proposal_id {uuid},
  window_id {uuid},
  resolution text NOT NULL,
  amount bigint,
  conditions text,
  reason text NOT NULL,
  mover_id {uuid} NOT NULL,
  state text NOT NULL,
  at_opening text,
  at_closing text,
  votes_yes bigint,
  votes_no bigint,
  votes_abstain bigint,
  quorum bigint,
  void_reason text,
  decision_id {uuid},
  opened_at {instant},
  closed_at {instant},
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX motion_by_number ON motion (meeting_id, number);
CREATE INDEX motion_by_organisation ON motion (organisation_id, id);
CREATE INDEX motion_by_proposal ON motion (proposal_id, id) WHERE proposal_id IS NOT NULL;
CREATE UNIQUE INDEX motion_open ON motion (item_id) WHERE state = 'open';
CREATE INDEX motion_by_item ON motion (item_id);
CREATE TABLE motion_vote (
  motion_id {uuid} NOT NULL REFERENCES motion (id),
  seat_id {uuid} NOT NULL,
  organisation_id {uuid} NOT NULL,
  person_id {uuid} NOT NULL,
  vote text NOT NULL,
  voted_at {instant} NOT NULL,
  PRIMARY KEY (motion_id, seat_id)
);
CREATE TABLE minutes (
  meeting_id {uuid} PRIMARY KEY REFERENCES meeting (id),
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  texts text NOT NULL,
  actions text,
  drafted_by {uuid} NOT NULL,
  drafted_at {instant} NOT NULL,
  signed_by {uuid},
  signed_at {instant},
  sha256 text
);
CREATE TABLE minutes_file (
  meeting_id {uuid} PRIMARY KEY REFERENCES meeting (id),
  content {bytes} NOT NULL
);
";

const DECISIONS: &str = "
CREATE TABLE decision (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  reference text NOT NULL,
  committee_id {uuid} NOT NULL,
  meeting_id {uuid},
  motion_id {uuid},
  circulation_id {uuid},
  proposal_id {uuid},
  window_id {uuid},
  pool_id {uuid},
  resolution text NOT NULL,
  amount bigint,
  state text NOT NULL,
  content text NOT NULL,
  sha256 text NOT NULL,
  reserve_entry_id {uuid},
  allocate_entry_id {uuid},
  confirm_until {instant},
  answered_by {uuid},
  answered_at {instant},
  answer_reason text,
  supersedes_id {uuid},
  decided_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX decision_by_reference ON decision (organisation_id, reference);
CREATE INDEX decision_by_organisation ON decision (organisation_id, id);
CREATE INDEX decision_by_proposal ON decision (proposal_id, id) WHERE proposal_id IS NOT NULL;
CREATE INDEX decision_by_meeting ON decision (meeting_id, id) WHERE meeting_id IS NOT NULL;
CREATE INDEX decision_by_window ON decision (window_id, id) WHERE window_id IS NOT NULL;
CREATE UNIQUE INDEX decision_by_motion ON decision (motion_id) WHERE motion_id IS NOT NULL;
CREATE UNIQUE INDEX decision_by_circulation ON decision (circulation_id) WHERE circulation_id IS NOT NULL;
CREATE INDEX decision_waiting ON decision (confirm_until, id) WHERE state = 'awaiting_head';
CREATE TABLE circulation (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  committee_id {uuid} NOT NULL REFERENCES committee (id),
  proposal_id {uuid} NOT NULL,
  window_id {uuid} NOT NULL,
  resolution text NOT NULL,
  amount bigint,
  conditions text,
  reason text NOT NULL,
  urgency_reason text,
  rules_number bigint NOT NULL,
  state text NOT NULL,
  entitled text NOT NULL,
  opened_at {instant} NOT NULL,
  closes_at {instant} NOT NULL,
  closed_at {instant},
  votes_yes bigint,
  votes_no bigint,
  votes_abstain bigint,
  decision_id {uuid},
  carried_to {uuid},
  updated_at {instant} NOT NULL
);
CREATE INDEX circulation_by_organisation ON circulation (organisation_id, id);
CREATE INDEX circulation_due ON circulation (closes_at, id) WHERE state = 'open';
CREATE UNIQUE INDEX circulation_open ON circulation (proposal_id) WHERE state = 'open';
CREATE INDEX circulation_carried ON circulation (committee_id, id) WHERE carried_to IS NULL;
CREATE INDEX circulation_by_proposal ON circulation (proposal_id, id);
CREATE INDEX circulation_ended ON circulation (committee_id, closed_at, id) WHERE closed_at IS NOT NULL;
CREATE TABLE circulation_vote (
  circulation_id {uuid} NOT NULL REFERENCES circulation (id),
  seat_id {uuid} NOT NULL,
  organisation_id {uuid} NOT NULL,
  person_id {uuid} NOT NULL,
  vote text NOT NULL,
  voted_at {instant} NOT NULL,
  PRIMARY KEY (circulation_id, seat_id)
);
CREATE TABLE circulation_objection (
  circulation_id {uuid} NOT NULL REFERENCES circulation (id),
  seat_id {uuid} NOT NULL,
  organisation_id {uuid} NOT NULL,
  person_id {uuid} NOT NULL,
  reason text NOT NULL,
  objected_at {instant} NOT NULL,
  PRIMARY KEY (circulation_id, seat_id)
);
";
