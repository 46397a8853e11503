//! Offices: an office is a tenant; they form a tree under headquarters.

pub(crate) mod api;
pub(crate) mod store;

/// What kind of office it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Headquarters,
    Regional,
    Country,
    Liaison,
}

impl Kind {
    pub(crate) const NAMES: [&str; 4] = ["headquarters", "regional", "country", "liaison"];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Headquarters => "headquarters",
            Kind::Regional => "regional",
            Kind::Country => "country",
            Kind::Liaison => "liaison",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Kind::Headquarters, Kind::Regional, Kind::Country, Kind::Liaison]
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    /// Whether an office of this kind may hang under one of `parent`: headquarters → regional → country, liaison
    /// offices off headquarters.
    pub(crate) fn may_hang_under(self, parent: Kind) -> bool {
        match self {
            Kind::Headquarters => false,
            Kind::Regional | Kind::Liaison => parent == Kind::Headquarters,
            Kind::Country => matches!(parent, Kind::Headquarters | Kind::Regional),
        }
    }
}
