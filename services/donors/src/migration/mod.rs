//! The service's tables, one file for each migration.

mod m0001;
mod m0003;
mod m0008;

use m0001::M0001;
use m0003::M0003;
use m0008::M0008;
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use store::migration::OutboxTraceparent;

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(M0001),
            Box::new(OutboxTraceparent("m0002_outbox_traceparent")),
            Box::new(M0003),
            Box::new(M0008),
        ]
    }
}
