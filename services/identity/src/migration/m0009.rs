use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0009;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0009)
}

impl MigrationName for M0009 {
    fn name(&self) -> &str {
        "m0009_sealed_signing_keys_one_line_of_refresh_tokens"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0009 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Only the service has the deployment's key: it empties the seeds at its start.
        ddl(
            manager,
            "ALTER TABLE signing_key ADD COLUMN public_key {bytes};
             ALTER TABLE signing_key ADD COLUMN key_id text;
             ALTER TABLE signing_key ADD COLUMN subject_key {bytes};
             ALTER TABLE signing_key ADD COLUMN sealed_seed {bytes};
             ALTER TABLE signing_key ADD COLUMN retired_at {instant};
             ALTER TABLE refresh_token ADD COLUMN salt {bytes};
             CREATE INDEX refresh_token_salted ON refresh_token (used_at) WHERE salt IS NOT NULL;
             CREATE INDEX refresh_token_by_family ON refresh_token (family_id);
             CREATE INDEX refresh_token_by_expiry ON refresh_token (expires_at);
             CREATE INDEX token_family_revoked ON token_family (revoked_at) WHERE revoked_at IS NOT NULL;
             CREATE INDEX authorization_code_by_expiry ON authorization_code (expires_at);
             CREATE INDEX invitation_by_expiry ON invitation (expires_at);",
        )
        .await
    }
}
