use crate::contribution::root;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0018;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0018)
}

impl MigrationName for M0018 {
    fn name(&self) -> &str {
        "m0018_contribution_roots"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0018 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, ROOTS).await?;
        root::fill(manager.get_connection()).await.map_err(|error| DbErr::Custom(error.to_string()))?;
        protect(manager, &[Tenant::platform("contribution_to_announce")]).await
    }
}

/// A first record, which nearly all are, has no `root_id`, so that no such row is rewritten here, nor by a process of the
/// version before: a list by root asks for `coalesce(root_id, id)`. Plans are found by what imports call them.
const ROOTS: &str = "
ALTER TABLE contribution ADD COLUMN root_id {uuid};
CREATE INDEX contribution_by_root ON contribution (coalesce(root_id, id), id);
CREATE INDEX contribution_without_root ON contribution (id)
  WHERE root_id IS NULL AND (parent_id IS NOT NULL OR replaces_id IS NOT NULL);
CREATE TABLE contribution_to_announce (
  contribution_id {uuid} PRIMARY KEY
);
CREATE INDEX known_plan_by_name ON known_plan (organisation_id, name, id);
CREATE INDEX known_plan_by_fts_id ON known_plan (organisation_id, external_ref) WHERE external_source = 'fts';
";
