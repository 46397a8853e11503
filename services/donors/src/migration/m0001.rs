use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, common_tables, ddl, office_table, protect};

struct M0001;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0001)
}

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
