use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0020;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0020)
}

impl MigrationName for M0020 {
    fn name(&self) -> &str {
        "m0020_contribution_links"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0020 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, LINKS).await?;
        protect(
            manager,
            &[
                Tenant::office("contribution_link"),
                Tenant::organisation("contribution_link_key", "organisation_id"),
                Tenant::organisation("contribution_to_link", "organisation_id"),
            ],
        )
        .await
    }
}

/// A record has one partner at most, proposed or linked. Flows that FTS reports as ours are found by their keys, our own
/// records (which are many more) by indexes of their rows. What is there already waits to be looked at.
const LINKS: &str = "
CREATE TABLE contribution_link (
  id {uuid} PRIMARY KEY,
  version bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  donor_id {uuid},
  own_id {uuid} NOT NULL REFERENCES contribution (id),
  reported_id {uuid} NOT NULL REFERENCES contribution (id),
  state text NOT NULL,
  points integer NOT NULL,
  reasons text NOT NULL,
  own text NOT NULL,
  reported text NOT NULL,
  decided_by {uuid},
  decided_at {instant},
  reason text,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX contribution_link_by_pair ON contribution_link (own_id, reported_id);
CREATE UNIQUE INDEX contribution_link_of_own ON contribution_link (own_id) WHERE state <> 'separate';
CREATE UNIQUE INDEX contribution_link_of_reported ON contribution_link (reported_id) WHERE state <> 'separate';
CREATE INDEX contribution_link_by_reported ON contribution_link (reported_id);
CREATE INDEX contribution_link_by_office ON contribution_link (office_id, id);
CREATE INDEX contribution_link_by_state ON contribution_link (office_id, state, id);
CREATE INDEX contribution_link_by_donor ON contribution_link (donor_id);
CREATE TABLE contribution_link_key (
  organisation_id {uuid} NOT NULL,
  name text NOT NULL,
  root_id {uuid} NOT NULL,
  PRIMARY KEY (organisation_id, name, root_id)
) {clustered};
CREATE INDEX contribution_link_key_by_root ON contribution_link_key (root_id);
CREATE TABLE contribution_to_link (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  contribution_id {uuid},
  donor_id {uuid}
);
CREATE INDEX contribution_to_link_by_organisation ON contribution_to_link (organisation_id, id);
CREATE INDEX contribution_own_by_donor
  ON contribution (donor_id, coalesce(decision_date, flow_date, first_reported_date))
  WHERE is_ours AND source <> 'fts';
CREATE INDEX contribution_own_by_amount ON contribution (organisation_id, original_currency, original_amount)
  WHERE is_ours AND source <> 'fts';
CREATE INDEX contribution_own_by_reference ON contribution (organisation_id, upper(external_ref))
  WHERE is_ours AND source <> 'fts' AND external_ref IS NOT NULL;
CREATE INDEX contribution_not_in_fts ON contribution (office_id, id)
  WHERE is_ours AND source <> 'fts' AND standing = 'current' AND counts_reported;
CREATE INDEX contribution_in_fts ON contribution (office_id, id)
  WHERE is_ours AND source <> 'fts' AND standing = 'current' AND NOT counts_reported;
INSERT INTO contribution_to_link (id, organisation_id, contribution_id)
  SELECT id, organisation_id, id FROM contribution WHERE is_ours;
";
