use sea_orm_migration::MigrationTrait;
use store::migration::AuditHeads;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(AuditHeads("m0016_audit_heads"))
}
