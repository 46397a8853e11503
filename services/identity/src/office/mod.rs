//! Offices: an office is a tenant; they form a tree under headquarters.

pub(crate) mod api;
pub(crate) mod store;

pub(crate) use kernel::OfficeKind as Kind;

/// Whether an office of a kind may hang under one of `parent`: headquarters → regional → country, liaison offices off
/// headquarters.
pub(crate) fn may_hang_under(kind: Kind, parent: Kind) -> bool {
    match kind {
        Kind::Headquarters => false,
        Kind::Regional | Kind::Liaison => parent == Kind::Headquarters,
        Kind::Country => matches!(parent, Kind::Headquarters | Kind::Regional),
    }
}
