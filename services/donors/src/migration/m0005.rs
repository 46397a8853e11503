use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect, show_public};

struct M0005;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0005)
}

impl MigrationName for M0005 {
    fn name(&self) -> &str {
        "m0005_publication"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0005 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, PUBLICATION).await?;
        protect(manager, &[Tenant::organisation_owned("publication").public("true")]).await?;
        let in_force = "visibility = 'public' AND state IN ('signed', 'active', 'closed')";
        show_public(manager, "agreement", in_force).await?;
        // The public reads of a donor what its public records name.
        let named = "EXISTS (SELECT 1 FROM agreement WHERE agreement.donor_id = donor.id)
                     OR EXISTS (SELECT 1 FROM contribution WHERE contribution.donor_id = donor.id)";
        show_public(manager, "donor", named).await
    }
}

const PUBLICATION: &str = "
CREATE TABLE publication (
  organisation_id {uuid} PRIMARY KEY,
  office_id {uuid} NOT NULL,
  version bigint NOT NULL,
  organisation_ref text NOT NULL,
  organisation_type text NOT NULL,
  language text NOT NULL,
  contact_email text,
  sector text,
  flow_type text,
  finance_type text,
  aid_type text,
  tied_status text,
  updated_at {instant} NOT NULL
);
CREATE INDEX agreement_public ON agreement (organisation_id, id) WHERE visibility = 'public';
CREATE INDEX contribution_public ON contribution (organisation_id, id)
  WHERE visibility = 'public' AND source <> 'fts';
CREATE INDEX contribution_public_by_agreement ON contribution (agreement_id, organisation_id)
  WHERE visibility = 'public' AND source <> 'fts';
";
