use ::store::migration::{Tenant, ddl, protect};
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

struct M0007;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0007)
}

impl MigrationName for M0007 {
    fn name(&self) -> &str {
        "m0007_ours"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0007 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, PUBLIC_DONORS).await?;
        let everyone = Tenant::organisation("public_donor", "organisation_id").donor("true").public("true");
        // From here on it is counted what the organisation itself received, beside what everybody did: by `m0009`, which
        // counts everything anew and fills the lists.
        protect(manager, &[everyone]).await
    }
}

/// The list of donors is made anew, once for what the organisation itself received and once for all that is reported.
const PUBLIC_DONORS: &str = "
DROP TABLE public_donor;
CREATE TABLE public_donor (
  organisation_id {uuid} NOT NULL,
  scope text NOT NULL,
  donor_id {uuid} NOT NULL,
  minus_funding bigint NOT NULL,
  paid bigint NOT NULL,
  commitment bigint NOT NULL,
  pledge bigint NOT NULL,
  funding_flows bigint NOT NULL,
  pledge_flows bigint NOT NULL,
  PRIMARY KEY (organisation_id, scope, donor_id)
);
CREATE INDEX public_donor_in_order ON public_donor (organisation_id, scope, minus_funding, donor_id);
CREATE INDEX public_donor_empty ON public_donor (organisation_id) WHERE funding_flows = 0 AND pledge_flows = 0;
";
