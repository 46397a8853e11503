use sea_orm_migration::MigrationTrait;
use store::migration::OutboxTraceparent;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(OutboxTraceparent("m0003_outbox_traceparent"))
}
