//! The service's tables, one file for each migration.

mod m0001;
mod m0003;
mod m0004;
mod m0005;
mod m0006;
mod m0007;
mod m0008;
mod m0009;
mod m0010;
mod m0012;
pub(crate) mod m0013;
mod m0015;

use m0001::M0001;
use m0003::M0003;
use m0004::M0004;
use m0005::M0005;
use m0006::M0006;
use m0007::M0007;
use m0008::M0008;
use m0009::M0009;
use m0010::M0010;
use m0012::M0012;
use m0013::M0013;
use m0015::M0015;
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use store::{migration::OutboxTraceparent, waiting::WaitingEvents};

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(M0001),
            Box::new(OutboxTraceparent("m0002_outbox_traceparent")),
            Box::new(M0003),
            Box::new(M0004),
            Box::new(M0005),
            Box::new(M0006),
            Box::new(M0007),
            Box::new(M0008),
            Box::new(M0009),
            Box::new(M0010),
            Box::new(M0012),
            Box::new(M0013),
            Box::new(WaitingEvents("m0014_waiting_events")),
            Box::new(M0015),
        ]
    }
}
