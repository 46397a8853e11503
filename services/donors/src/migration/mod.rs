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
pub(crate) mod m0010;
pub(crate) mod m0012;
pub(crate) mod m0013;
pub(crate) mod m0014;
pub(crate) mod m0015;
pub(crate) mod m0016;
pub(crate) mod m0017;
pub(crate) mod m0018;
pub(crate) mod m0019;
pub(crate) mod m0019_figures;
pub(crate) mod m0020;
pub(crate) mod m0021;
pub(crate) mod m0022;
pub(crate) mod m0023;
pub(crate) mod m0024;
pub(crate) mod m0025;
pub(crate) mod m0026;
pub(crate) mod m0027;
pub(crate) mod m0028;
pub(crate) mod m0029;
pub(crate) mod m0030;

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
        m0010::migration(),
        m0012::migration(),
        m0013::migration(),
        m0014::migration(),
        m0015::migration(),
        m0016::migration(),
        m0017::migration(),
        m0018::migration(),
        m0019::migration(),
        m0019_figures::migration(),
        m0020::migration(),
        m0021::migration(),
        m0022::migration(),
        m0023::migration(),
        m0024::migration(),
        m0025::migration(),
        m0026::migration(),
        m0027::migration(),
        m0028::migration(),
        m0029::migration(),
        m0030::migration(),
    ]
}
