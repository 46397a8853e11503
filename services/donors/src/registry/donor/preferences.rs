//! What donors like to give to.

use super::Region;
use auth::ApiError;
use kernel::{DonorId, Earmarking, ReportTemplate};
use locale::Language;
use serde::{Deserialize, Serialize};
use service::Checks;
use store::StoreError;
use utoipa::ToSchema;

/// A donor's preferences: what it funds and how it wants to be informed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Preferences {
    /// Preferred themes, in free text.
    #[schema(example = json!(["shelter", "health on the move"]), max_items = 30, value_type = Vec<kernel::items::Keyword>)]
    pub(super) themes: Vec<String>,
    /// Preferred M49 regions.
    #[schema(max_items = 5)]
    pub(super) regions: Vec<Region>,
    /// The earmarking it prefers.
    #[schema(max_items = 4)]
    pub(super) earmarking: Vec<Earmarking>,
    /// Preferred format of its reports.
    pub(super) report_language: Option<Language>,
    /// Preferred format of its reports.
    pub(super) report_template: Option<ReportTemplate>,
}

impl Preferences {
    /// As they are kept; nothing for none.
    pub(super) fn kept(&self) -> Result<Option<String>, ApiError> {
        if *self == Preferences::default() {
            return Ok(None);
        }
        Ok(Some(serde_json::to_string(self).map_err(|error| ApiError::internal(&error))?))
    }

    /// As they were kept. What cannot be read is an error and never none: the next change of the donor would keep that.
    pub(super) fn of_kept(donor: DonorId, kept: Option<&str>) -> Result<Self, StoreError> {
        let Some(text) = kept else { return Ok(Self::default()) };
        let damaged = |error| StoreError::Damaged(format!("the preferences of donor {donor}: {error}"));
        serde_json::from_str(text).map_err(damaged)
    }
}

pub(super) fn check(checks: &mut Checks, preferences: &Preferences) {
    let at = |field: &str| format!("/preferences/{field}");
    for (index, theme) in checks.at_most(&at("themes"), &preferences.themes, 30).iter().enumerate() {
        checks.text(&at(&format!("themes/{index}")), theme, 100);
    }
    checks.at_most(&at("regions"), &preferences.regions, Region::ALL.len());
    checks.at_most(&at("earmarking"), &preferences.earmarking, Earmarking::ALL.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_preferences_are_an_error_and_not_none() {
        let id = DonorId::nil();
        assert_eq!(Preferences::of_kept(id, None).unwrap(), Preferences::default());
        let kept = Preferences { regions: vec![Region::Africa], ..Preferences::default() };
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(Preferences::of_kept(id, Some(&text)).unwrap(), kept);
        for damaged in ["", "{\"regions\": [\"afr", "{\"regions\": \"africa\"}"] {
            let error = Preferences::of_kept(id, Some(damaged)).unwrap_err();
            assert!(matches!(error, StoreError::Damaged(_)), "{damaged}: {error}");
        }
    }
}
