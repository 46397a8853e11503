use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0003;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0003)
}

impl MigrationName for M0003 {
    fn name(&self) -> &str {
        "m0003_agreements_reports"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0003 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, AGREEMENTS_AND_REPORTS).await?;
        let own = "donor_id = scope_donor() AND visibility IN ('donor', 'public')";
        protect(
            manager,
            &[
                Tenant::office("agreement").donor(own),
                Tenant::child("amendment", "agreement", "agreement_id"),
                Tenant::organisation_owned("clearance"),
                Tenant::office("report").donor(own),
                Tenant::child("report_step", "report", "report_id"),
                Tenant::office("document").donor(own),
                // An office is told things by those below it: so all may write, and each reads its own.
                Tenant::organisation("notification", "organisation_id").donor("donor_id = scope_donor()"),
                Tenant::platform("notification_read"),
                Tenant::platform("calendar"),
            ],
        )
        .await
    }
}

const AGREEMENTS_AND_REPORTS: &str = "
ALTER TABLE donor ADD COLUMN focal_point_id {uuid};
ALTER TABLE contribution ADD COLUMN agreement_id {uuid};
CREATE INDEX contribution_by_agreement ON contribution (agreement_id);
CREATE TABLE agreement (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  reference text NOT NULL,
  donor_id {uuid} NOT NULL REFERENCES donor (id),
  state text NOT NULL,
  title text NOT NULL,
  search text NOT NULL,
  start_date {date} NOT NULL,
  end_date {date} NOT NULL,
  amount bigint NOT NULL,
  currency text NOT NULL,
  countries text NOT NULL,
  plan_ids text NOT NULL,
  visibility text NOT NULL,
  terms text NOT NULL,
  signed_on {date},
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX agreement_by_reference ON agreement (organisation_id, reference);
CREATE INDEX agreement_by_office ON agreement (office_id, id);
CREATE INDEX agreement_by_end ON agreement (office_id, end_date, id);
CREATE INDEX agreement_by_donor ON agreement (donor_id, id);
CREATE TABLE amendment (
  agreement_id {uuid} NOT NULL REFERENCES agreement (id),
  number integer NOT NULL,
  kind text NOT NULL,
  reason text NOT NULL,
  requested_on {date} NOT NULL,
  late boolean NOT NULL,
  terms_before text NOT NULL,
  recorded_at {instant} NOT NULL,
  PRIMARY KEY (agreement_id, number)
);
CREATE TABLE clearance (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  donor_id {uuid} NOT NULL REFERENCES donor (id),
  decision text NOT NULL,
  valid_from {date} NOT NULL,
  valid_until {date} NOT NULL,
  reference text NOT NULL,
  created_at {instant} NOT NULL
);
CREATE INDEX clearance_by_donor ON clearance (donor_id, id);
CREATE TABLE report (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  agreement_id {uuid} NOT NULL REFERENCES agreement (id),
  donor_id {uuid} NOT NULL REFERENCES donor (id),
  slot text NOT NULL,
  kind text NOT NULL,
  period_start {date} NOT NULL,
  period_end {date} NOT NULL,
  due_date {date} NOT NULL,
  first_due_date {date} NOT NULL,
  due_at {instant} NOT NULL,
  state text NOT NULL,
  content text NOT NULL,
  sent_by {uuid},
  submitted_at {instant},
  accepted_on {date},
  visibility text NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX report_by_slot ON report (agreement_id, slot, kind);
CREATE INDEX report_by_office ON report (office_id, due_date, id);
CREATE INDEX report_by_donor ON report (donor_id, due_date, id);
CREATE INDEX report_by_due ON report (due_at, id) WHERE submitted_at IS NULL;
CREATE TABLE report_step (
  report_id {uuid} NOT NULL REFERENCES report (id),
  number integer NOT NULL,
  action text NOT NULL,
  from_state text NOT NULL,
  to_state text NOT NULL,
  actor_id {uuid} NOT NULL,
  comment text,
  taken_at {instant} NOT NULL,
  PRIMARY KEY (report_id, number)
);
CREATE TABLE document (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  donor_id {uuid} NOT NULL,
  report_id {uuid} NOT NULL REFERENCES report (id),
  name text NOT NULL,
  media_type text NOT NULL,
  size bigint NOT NULL,
  sha256 text NOT NULL,
  visibility text NOT NULL,
  created_at {instant} NOT NULL
);
CREATE INDEX document_by_report ON document (report_id, id);
CREATE TABLE notification (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  donor_id {uuid},
  kind text NOT NULL,
  report_id {uuid} NOT NULL REFERENCES report (id),
  due_date {date} NOT NULL,
  title text NOT NULL,
  report_kind text NOT NULL,
  created_at {instant} NOT NULL
);
CREATE INDEX notification_by_office ON notification (office_id, id);
CREATE INDEX notification_by_donor ON notification (donor_id, id);
CREATE INDEX notification_by_report ON notification (report_id, kind, due_date);
CREATE TABLE notification_read (
  principal_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  last_read {uuid} NOT NULL,
  PRIMARY KEY (principal_id, office_id)
);
CREATE TABLE calendar (
  principal_id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  donor_id {uuid},
  secret_hash text NOT NULL UNIQUE,
  language text NOT NULL,
  created_at {instant} NOT NULL
);
";
