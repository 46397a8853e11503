//! The donor registry.

pub(crate) mod api;
pub(crate) mod assigned;
pub(crate) mod merge_lock;
pub(crate) mod named;
pub(crate) mod names;
pub(crate) mod preferences;
mod rows;
pub(crate) mod search;
pub(crate) mod store;

pub(crate) use api::known;

use kernel::{DonorType, FieldCode, Problem, closed_set};

closed_set! {
    /// An M49 region that a donor may prefer.
    pub(crate) enum Region {
        Africa = "africa",
        Americas = "americas",
        Asia = "asia",
        Europe = "europe",
        Oceania = "oceania",
    }
}

kernel::closed_set! {
    /// IATI codelist OrganisationType.
    pub enum IatiOrganisationType {
        Government = "10",
        LocalGovernment = "11",
        OtherPublicSector = "15",
        InternationalNgo = "21",
        NationalNgo = "22",
        RegionalNgo = "23",
        /// An NGO based in the partner country.
        PartnerCountryNgo = "24",
        PublicPrivatePartnership = "30",
        Multilateral = "40",
        Foundation = "60",
        PrivateSector = "70",
        /// Private sector in the provider country.
        ProviderCountryPrivateSector = "71",
        /// Private sector in the aid recipient country.
        RecipientCountryPrivateSector = "72",
        /// Private sector in a third country.
        ThirdCountryPrivateSector = "73",
        /// Academic, training and research institutions.
        Academic = "80",
        Other = "90",
    }
}

/// Levels of donors above each other.
pub(crate) const MAX_LEVELS: usize = 100;

/// The donor type of an FTS organisation, by FTS's own type and sub-type.
pub(crate) fn type_of_fts(types: &[String], sub_types: &[String]) -> DonorType {
    let first = types.first().map(|name| name.to_lowercase()).unwrap_or_default();
    let sub = sub_types.first().map(|name| name.to_lowercase()).unwrap_or_default();
    let has = |word: &str| first.contains(word) || sub.contains(word);
    if first.contains("government") && !first.contains("inter") {
        DonorType::Government
    } else if has("private") || has("corporat") || has("foundation") {
        DonorType::PrivateSector
    } else if has("un agency")
        || has("inter-governmental")
        || has("pooled fund")
        || has("multilateral")
        || has("un ")
    {
        DonorType::Intergovernmental
    } else {
        DonorType::CivilSociety
    }
}

/// The IATI organisation type that goes with it, where one is certain.
pub(crate) fn iati_type_of(donor_type: DonorType) -> Option<IatiOrganisationType> {
    match donor_type {
        DonorType::Government => Some(IatiOrganisationType::Government),
        DonorType::Intergovernmental => Some(IatiOrganisationType::Multilateral),
        DonorType::CivilSociety | DonorType::PrivateSector => None,
    }
}

/// Nothing new is recorded under a duplicate that was merged.
pub(crate) fn check_not_merged(donor: &store::Model) -> Result<(), Problem> {
    match donor.merged_into {
        Some(into) => {
            let fault = FieldCode::Merged.says(format!("is a duplicate that was merged into {into}"));
            Err(Problem::invalid_field("/donor_id", fault.with("into", into.to_string())))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fts_types_map_to_donor_types() {
        let of = |kind: &str, sub: &str| type_of_fts(&[kind.to_owned()], &[sub.to_owned()]);
        assert_eq!(of("Government", "National government"), DonorType::Government);
        assert_eq!(of("Inter-governmental", ""), DonorType::Intergovernmental);
        assert_eq!(of("UN agency", ""), DonorType::Intergovernmental);
        assert_eq!(of("Pooled fund", "Country-based UN pooled fund"), DonorType::Intergovernmental);
        assert_eq!(of("NGO", "International"), DonorType::CivilSociety);
        assert_eq!(of("Private organization/foundation", ""), DonorType::PrivateSector);
        assert_eq!(of("Private individual/organization", ""), DonorType::PrivateSector);
    }
}
