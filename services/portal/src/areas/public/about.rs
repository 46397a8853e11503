//! Whose platform it is: what the organisation says of itself, how to get in touch, and the licence of what is public.

use super::unearmarked::REPORTS;
use crate::{
    error::unless_away,
    i18n::Language,
    organisation::PATH,
    visit::{PageResult, Visitor},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/about", web::get().to(about));
}

async fn about(visitor: Visitor) -> PageResult {
    let (organisation, reports) = futures_util::join!(visitor.get(PATH, &()), visitor.all(REPORTS, &()));
    let organisation = organisation?;
    let said = said(&organisation["about"], visitor.language);
    // The page is worth showing while the reports are away.
    let reports = unless_away(reports)?.unwrap_or_default();
    let context = json!({ "organisation": organisation, "said": said, "reports": reports });
    visitor.page("public/about.html", context).await
}

/// What it says of itself in the reader's language, or in the first in which it says something; null for nothing.
pub(crate) fn said(about: &Value, own: Language) -> Value {
    let others = Language::ALL.iter().copied().filter(|language| *language != own);
    let text = |language: Language| {
        let text = about[language.as_str()].as_str().filter(|text| !text.trim().is_empty())?;
        Some(json!({ "text": text, "lang": language.as_str() }))
    };
    std::iter::once(own).chain(others).find_map(text).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_in_a_language_is_shown_in_another() {
        let about = json!({ "en": "Of Geneva", "fr": null, "es": " " });
        assert_eq!(said(&about, Language::French), json!({ "text": "Of Geneva", "lang": "en" }));
        assert_eq!(said(&about, Language::English)["lang"], "en");
        let french = json!({ "en": null, "fr": "De Genève", "es": null });
        assert_eq!(said(&french, Language::Spanish)["lang"], "fr");
        assert_eq!(said(&json!({ "en": null, "fr": null, "es": null }), Language::English), Value::Null);
    }
}
