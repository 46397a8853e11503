//! What donors like to give to.

use super::REGIONS;
use crate::{agreement::terms::TEMPLATES, contribution::EARMARKINGS};
use auth::Failure;
use serde::{Deserialize, Serialize};
use service::Checks;
use store::StoreError;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a donor likes to give to, and how it wants to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Preferences {
    /// Themes, in its own words.
    #[schema(example = json!(["shelter", "health on the move"]), max_items = 30)]
    pub(super) themes: Vec<String>,
    /// `africa`, `americas`, `asia`, `europe` or `oceania` (M49 regions).
    #[schema(example = json!(["africa"]), max_items = 5)]
    pub(super) regions: Vec<String>,
    /// `unearmarked`, `softly_earmarked`, `earmarked` or `tightly_earmarked`.
    #[schema(example = json!(["softly_earmarked"]), max_items = 4)]
    pub(super) earmarking: Vec<String>,
    /// `en`, `fr` or `es`.
    #[schema(example = "fr", max_length = 2)]
    pub(super) report_language: Option<String>,
    /// `standard` or `eight_plus_three`.
    #[schema(example = "eight_plus_three", max_length = 20)]
    pub(super) report_template: Option<String>,
}

impl Preferences {
    /// As they are kept; nothing for none.
    pub(super) fn kept(&self) -> Result<Option<String>, Failure> {
        if *self == Preferences::default() {
            return Ok(None);
        }
        Ok(Some(serde_json::to_string(self).map_err(|error| Failure::internal(&error))?))
    }

    /// As they were kept. What cannot be read is an error and never none: the next change of the donor would keep that.
    pub(super) fn of_kept(donor: Uuid, kept: Option<&str>) -> Result<Self, StoreError> {
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
    let regions = checks.at_most(&at("regions"), &preferences.regions, REGIONS.len());
    for (index, region) in regions.iter().enumerate() {
        checks.one_of(&at(&format!("regions/{index}")), region, &REGIONS);
    }
    let earmarkings = checks.at_most(&at("earmarking"), &preferences.earmarking, EARMARKINGS.len());
    for (index, earmarking) in earmarkings.iter().enumerate() {
        checks.one_of(&at(&format!("earmarking/{index}")), earmarking, &EARMARKINGS);
    }
    if let Some(language) = &preferences.report_language {
        checks.one_of(&at("report_language"), language, &["en", "fr", "es"]);
    }
    if let Some(template) = &preferences.report_template {
        checks.one_of(&at("report_template"), template, &TEMPLATES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_preferences_are_an_error_and_not_none() {
        let id = Uuid::nil();
        assert_eq!(Preferences::of_kept(id, None).unwrap(), Preferences::default());
        let kept = Preferences { regions: vec!["africa".to_owned()], ..Preferences::default() };
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(Preferences::of_kept(id, Some(&text)).unwrap(), kept);
        for damaged in ["", "{\"regions\": [\"afr", "{\"regions\": \"africa\"}"] {
            let error = Preferences::of_kept(id, Some(damaged)).unwrap_err();
            assert!(matches!(error, StoreError::Damaged(_)), "{damaged}: {error}");
        }
    }
}
