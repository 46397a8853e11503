//! What the secretariat writes in a report.

use kernel::FieldCode;
use serde::{Deserialize, Serialize};
use service::Checks;
use utoipa::ToSchema;

/// Stories of a report at most.
const MAX_STORIES: usize = 20;
/// Characters of a text, and of a story's title.
const MAX_TEXT: usize = 20_000;
const MAX_TITLE: usize = 300;

/// A text in three languages; what it lacks in one is shown in another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AnnualUseText {
    /// In English.
    #[schema(max_length = 20000)]
    pub(crate) en: Option<String>,
    /// In French.
    #[schema(max_length = 20000)]
    pub(crate) fr: Option<String>,
    /// In Spanish.
    #[schema(max_length = 20000)]
    pub(crate) es: Option<String>,
}

/// A story of what the money did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnnualUseStory {
    /// At most 300 characters, on one line.
    pub(crate) title: AnnualUseText,
    pub(crate) text: AnnualUseText,
}

/// What the secretariat writes in a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct UnearmarkedReportTexts {
    /// In one language at least, before it is published.
    pub(crate) foreword: AnnualUseText,
    #[schema(max_items = 20)]
    pub(crate) stories: Vec<AnnualUseStory>,
}

impl AnnualUseText {
    fn parts(&self) -> [(&'static str, Option<&str>); 3] {
        [("en", self.en.as_deref()), ("fr", self.fr.as_deref()), ("es", self.es.as_deref())]
    }

    /// Whether it says something in some language.
    pub(crate) fn is_written(&self) -> bool {
        self.parts().into_iter().any(|(_, text)| text.is_some_and(|text| !text.trim().is_empty()))
    }

    /// What it says in a language (`en`, `fr`, `es`), or in the first in which it says something.
    pub(crate) fn in_language(&self, language: &str) -> Option<&str> {
        let written = || {
            let parts = self.parts().into_iter();
            parts.filter_map(|(code, text)| Some((code, text.filter(|text| !text.trim().is_empty())?)))
        };
        let own = written().find(|(code, _)| *code == language);
        own.or_else(|| written().next()).map(|(_, text)| text)
    }
}

impl UnearmarkedReportTexts {
    /// Notes what is wrong with them.
    pub(crate) fn check(&self, checks: &mut Checks) {
        for (language, text) in self.foreword.parts() {
            checks.optional_long_text(&format!("/foreword/{language}"), text, MAX_TEXT);
        }
        for (index, story) in checks.at_most("/stories", &self.stories, MAX_STORIES).iter().enumerate() {
            for (language, title) in story.title.parts() {
                checks.optional_text(&format!("/stories/{index}/title/{language}"), title, MAX_TITLE);
            }
            for (language, text) in story.text.parts() {
                checks.optional_long_text(&format!("/stories/{index}/text/{language}"), text, MAX_TEXT);
            }
            let needed = || FieldCode::Required.says("must be given in one language at least");
            checks.require(story.title.is_written(), &format!("/stories/{index}/title"), needed());
            checks.require(story.text.is_written(), &format!("/stories/{index}/text"), needed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_in_a_language_is_said_in_another() {
        let text = AnnualUseText { en: Some(" ".to_owned()), fr: Some("Merci".to_owned()), es: None };
        assert!(text.is_written());
        assert_eq!((text.in_language("es"), text.in_language("fr")), (Some("Merci"), Some("Merci")));
        assert_eq!(AnnualUseText::default().in_language("en"), None);
        assert!(!AnnualUseText::default().is_written());
    }

    #[test]
    fn a_story_has_a_title_and_a_text() {
        let texts = UnearmarkedReportTexts { stories: vec![AnnualUseStory::default()], ..Default::default() };
        let mut checks = Checks::new();
        texts.check(&mut checks);
        let problem = checks.finish().unwrap_err();
        let places: Vec<&str> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(places, ["/stories/0/title", "/stories/0/text"]);
    }
}
