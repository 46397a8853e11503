use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
use store::migration::{OutboxTraceparent, Tenant, common_tables, ddl, office_table, protect};

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(M0001), Box::new(OutboxTraceparent("m0002_outbox_traceparent")), Box::new(M0003)]
    }
}

struct M0001;

impl MigrationName for M0001 {
    fn name(&self) -> &str {
        "m0001_donors_contributions_imports"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0001 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        common_tables(manager).await?;
        office_table(manager).await?;
        ddl(manager, TABLES).await?;
        let own = "donor_id = scope_donor() AND visibility IN ('donor', 'public')";
        protect(
            manager,
            &[
                Tenant::organisation_owned("donor").donor("id = scope_donor()"),
                Tenant::organisation("donor_external_ref", "organisation_id")
                    .donor("donor_id = scope_donor()"),
                Tenant::office("contribution").donor(own).public("visibility = 'public'"),
                Tenant::child("contribution_version", "contribution", "contribution_id"),
                Tenant::office("import"),
                Tenant::child("import_row", "import", "import_id"),
                Tenant::organisation("known_plan", "organisation_id"),
            ],
        )
        .await
    }
}

struct M0003;

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

const TABLES: &str = "
CREATE TABLE donor (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  name text NOT NULL,
  name_fr text,
  name_es text,
  short_name text,
  search text NOT NULL,
  donor_type text NOT NULL,
  iati_organisation_type text,
  segment text,
  country text,
  parent_id {uuid},
  iati_identifier text,
  liaison_post text,
  status text NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE INDEX donor_by_name ON donor (organisation_id, name, id);
CREATE UNIQUE INDEX donor_by_search ON donor (organisation_id, search, donor_type);
CREATE TABLE donor_external_ref (
  organisation_id {uuid} NOT NULL,
  source text NOT NULL,
  ref text NOT NULL,
  donor_id {uuid} NOT NULL REFERENCES donor (id),
  PRIMARY KEY (organisation_id, source, ref)
);
CREATE INDEX external_ref_by_donor ON donor_external_ref (donor_id);
CREATE TABLE contribution (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  source text NOT NULL,
  external_ref text,
  donor_id {uuid} REFERENCES donor (id),
  donor_external_ref text,
  donor_name text,
  status text NOT NULL,
  amount_usd bigint NOT NULL,
  original_amount bigint,
  original_currency text,
  exchange_rate text,
  exchange_rate_date {date},
  exchange_rate_source text,
  decision_date {date},
  flow_date {date},
  first_reported_date {date},
  budget_year integer,
  usage_years text NOT NULL,
  countries text NOT NULL,
  new_money boolean NOT NULL,
  contribution_type text NOT NULL,
  method text,
  earmarking text,
  keywords text NOT NULL,
  parent_ref text,
  child_refs text NOT NULL,
  visibility text NOT NULL,
  description text,
  source_objects text NOT NULL,
  destination_objects text NOT NULL,
  detail text NOT NULL,
  source_version bigint,
  fingerprint text NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX contribution_by_ref ON contribution (organisation_id, source, external_ref);
CREATE INDEX contribution_by_office ON contribution (office_id, id);
CREATE INDEX contribution_by_donor ON contribution (donor_id, id);
CREATE TABLE contribution_version (
  contribution_id {uuid} NOT NULL REFERENCES contribution (id),
  version bigint NOT NULL,
  record text NOT NULL,
  replaced_at {instant} NOT NULL,
  PRIMARY KEY (contribution_id, version)
);
CREATE TABLE import (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  format text NOT NULL,
  state text NOT NULL,
  dry_run boolean NOT NULL,
  skip_bad boolean NOT NULL,
  files text NOT NULL,
  rows_read bigint NOT NULL,
  rows_done bigint NOT NULL,
  position bigint NOT NULL,
  created bigint NOT NULL,
  updated bigint NOT NULL,
  unchanged bigint NOT NULL,
  rejected bigint NOT NULL,
  warnings bigint NOT NULL,
  message text,
  created_at {instant} NOT NULL,
  finished_at {instant}
);
CREATE INDEX import_by_office ON import (office_id, id);
CREATE INDEX import_by_state ON import (state, id);
CREATE TABLE import_row (
  import_id {uuid} NOT NULL REFERENCES import (id),
  number bigint NOT NULL,
  file text NOT NULL,
  pointer text NOT NULL,
  external_ref text,
  verdict text,
  errors text,
  warnings text,
  raw text,
  PRIMARY KEY (import_id, number)
);
CREATE INDEX import_row_by_verdict ON import_row (import_id, verdict, number);
CREATE TABLE known_plan (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  name text NOT NULL,
  external_source text,
  external_ref text
);
";
