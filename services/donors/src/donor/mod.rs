//! The donor registry.

pub(crate) mod api;
pub(crate) mod clearance;
pub(crate) mod merge;
mod moved;
pub(crate) mod names;
pub(crate) mod preferences;
pub(crate) mod similar;
pub(crate) mod standing;
pub(crate) mod store;
pub(crate) mod timeline;

pub(crate) use api::known;
pub(crate) use names::search_key;

/// Kinds of donor.
pub(crate) const TYPES: [&str; 4] = ["government", "intergovernmental", "civil_society", "private_sector"];
/// Where a donor stands.
pub(crate) const STATUSES: [&str; 3] = ["prospect", "active", "dormant"];
/// How the division groups donors.
pub(crate) const SEGMENTS: [&str; 3] = ["traditional", "emerging", "private"];
/// The M49 regions that a donor may prefer.
pub(crate) const REGIONS: [&str; 5] = ["africa", "americas", "asia", "europe", "oceania"];
/// IATI codelist OrganisationType.
pub(crate) const IATI_TYPES: [&str; 16] =
    ["10", "11", "15", "21", "22", "23", "24", "30", "40", "60", "70", "71", "72", "73", "80", "90"];

/// The donor type of an FTS organisation, by FTS's own type and sub-type.
pub(crate) fn type_of_fts(types: &[String], sub_types: &[String]) -> &'static str {
    let first = types.first().map(|name| name.to_lowercase()).unwrap_or_default();
    let sub = sub_types.first().map(|name| name.to_lowercase()).unwrap_or_default();
    let has = |word: &str| first.contains(word) || sub.contains(word);
    if first.contains("government") && !first.contains("inter") {
        "government"
    } else if has("private") || has("corporat") || has("foundation") {
        "private_sector"
    } else if has("un agency")
        || has("inter-governmental")
        || has("pooled fund")
        || has("multilateral")
        || has("un ")
    {
        "intergovernmental"
    } else {
        "civil_society"
    }
}

/// The IATI organisation type that goes with it, where one is certain.
pub(crate) fn iati_type_of(donor_type: &str) -> Option<&'static str> {
    match donor_type {
        "government" => Some("10"),
        "intergovernmental" => Some("40"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fts_types_map_to_donor_types() {
        let of = |kind: &str, sub: &str| type_of_fts(&[kind.to_owned()], &[sub.to_owned()]);
        assert_eq!(of("Government", "National government"), "government");
        assert_eq!(of("Inter-governmental", ""), "intergovernmental");
        assert_eq!(of("UN agency", ""), "intergovernmental");
        assert_eq!(of("Pooled fund", "Country-based UN pooled fund"), "intergovernmental");
        assert_eq!(of("NGO", "International"), "civil_society");
        assert_eq!(of("Private organization/foundation", ""), "private_sector");
        assert_eq!(of("Private individual/organization", ""), "private_sector");
    }
}
