//! The service's tables, one file for each migration.

use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        all()
    }
}

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod m0001;
pub(crate) mod m0002;
pub(crate) mod m0003;
pub(crate) mod m0004;
pub(crate) mod m0005;
pub(crate) mod m0006;
pub(crate) mod m0007;
pub(crate) mod m0008;
pub(crate) mod m0009;

/// Every migration, in the order in which they are applied.
fn all() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    vec![
        m0001::migration(),
        m0002::migration(),
        m0003::migration(),
        m0004::migration(),
        m0005::migration(),
        m0006::migration(),
        m0007::migration(),
        m0008::migration(),
        m0009::migration(),
    ]
}
