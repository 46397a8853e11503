use sea_orm_migration::MigrationTrait;
use store::migration::OfficesThatClose;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(OfficesThatClose("m0024_offices_that_close"))
}
