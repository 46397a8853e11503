use sea_orm_migration::MigrationTrait;
use store::waiting::WaitingEvents;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(WaitingEvents("m0004_waiting_events"))
}
