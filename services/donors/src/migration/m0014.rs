use sea_orm_migration::MigrationTrait;
use store::waiting::WaitingEvents;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(WaitingEvents("m0014_waiting_events"))
}
