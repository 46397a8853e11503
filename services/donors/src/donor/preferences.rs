//! What donors like to give to.

use super::REGIONS;
use crate::{agreement::terms::TEMPLATES, contribution::EARMARKINGS};
use auth::Failure;
use serde::{Deserialize, Serialize};
use service::Checks;
use utoipa::ToSchema;

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
}

pub(super) fn check(checks: &mut Checks, preferences: &Preferences) {
    let at = |field: &str| format!("/preferences/{field}");
    checks.require(preferences.themes.len() <= 30, &at("themes"), "has more than 30 entries");
    for (index, theme) in preferences.themes.iter().enumerate() {
        checks.text(&at(&format!("themes/{index}")), theme, 100);
    }
    for (index, region) in preferences.regions.iter().enumerate() {
        checks.one_of(&at(&format!("regions/{index}")), region, &REGIONS);
    }
    for (index, earmarking) in preferences.earmarking.iter().enumerate() {
        checks.one_of(&at(&format!("earmarking/{index}")), earmarking, &EARMARKINGS);
    }
    if let Some(language) = &preferences.report_language {
        checks.one_of(&at("report_language"), language, &["en", "fr", "es"]);
    }
    if let Some(template) = &preferences.report_template {
        checks.one_of(&at("report_template"), template, &TEMPLATES);
    }
}
