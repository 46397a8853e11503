use kernel::{Id, country::Country};
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use utoipa::ToSchema;

/// A source or destination of a flow, as FTS models it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlowObject {
    /// `Organization`, `Location`, `UsageYear`, `Plan`, `GlobalCluster`, `Cluster`, `Emergency`, `Project`, …
    #[schema(max_length = 100)]
    pub kind: String,
    /// Its id in the source system, or the platform's own id.
    #[schema(max_length = 100)]
    pub id: String,
    /// Its name.
    #[schema(max_length = 500)]
    pub name: String,
    /// `single`, `shared` or `overlap`, as in FTS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub behavior: Option<String>,
    /// For a known location: its ISO 3166-1 alpha-3 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 3)]
    pub country: Option<String>,
    /// For an organisation: FTS's types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000, value_type = Vec<kernel::items::SourceText>)]
    pub organization_types: Vec<String>,
    /// For an organisation: FTS's sub-types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000, value_type = Vec<kernel::items::SourceText>)]
    pub organization_sub_types: Vec<String>,
}

impl FlowObject {
    /// The kind of an organisation.
    pub const ORGANISATION: &'static str = "Organization";
    /// The kind of a country, or of another place.
    pub const LOCATION: &'static str = "Location";
    /// The kind of a usage year.
    pub const USAGE_YEAR: &'static str = "UsageYear";
    /// The kind of a response plan.
    pub const PLAN: &'static str = "Plan";

    /// An object with nothing but its id and its name.
    pub fn new(kind: &str, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            id: id.into(),
            name: name.into(),
            behavior: None,
            country: None,
            organization_types: Vec::new(),
            organization_sub_types: Vec::new(),
        }
    }

    /// An organisation or a donor of the platform.
    pub fn organisation<K>(id: Id<K>, name: impl Into<String>) -> Self {
        Self::new(Self::ORGANISATION, id.to_string(), name)
    }

    /// A country, by FTS's id if it has one.
    pub fn location(country: &Country) -> Self {
        let id = country.fts_id.as_ref().unwrap_or(&country.iso3);
        let object = Self::new(Self::LOCATION, id, &country.name_en);
        Self { country: Some(country.iso3.clone()), ..object }
    }

    /// A usage year.
    pub fn usage_year(year: impl Display) -> Self {
        let year = year.to_string();
        Self::new(Self::USAGE_YEAR, year.clone(), year)
    }

    /// A response plan, by FTS's id if it has one.
    pub fn plan(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(Self::PLAN, id, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_has_the_id_of_fts_and_its_code() {
        let country = kernel::country::by_iso3("AFG").unwrap();
        let object = FlowObject::location(country);
        assert_eq!(Some(&object.id), country.fts_id.as_ref());
        assert_eq!((object.kind.as_str(), object.country.as_deref()), ("Location", Some("AFG")));
        let unknown_to_fts = Country { fts_id: None, ..country.clone() };
        assert_eq!(FlowObject::location(&unknown_to_fts).id, "AFG");
    }

    #[test]
    fn a_year_is_its_own_name() {
        assert_eq!(FlowObject::usage_year(2026), FlowObject::new("UsageYear", "2026", "2026"));
    }
}
