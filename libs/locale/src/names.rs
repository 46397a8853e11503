//! What languages are called: ISO 639-1 codes and their names in the languages of the pages.
//!
//! Source: `data/languages.csv`, derived from Unicode CLDR (see `data/NOTICE.md`).

use crate::Language;
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Deserialize)]
struct Named {
    code: String,
    en: String,
    fr: String,
    es: String,
}

#[expect(clippy::expect_used, reason = "the table is part of the binary and a test reads every row")]
static NAMES: LazyLock<Vec<Named>> = LazyLock::new(|| {
    let mut reader = csv::Reader::from_reader(include_str!("../data/languages.csv").as_bytes());
    reader.deserialize().collect::<Result<_, _>>().expect("languages.csv")
});

impl Named {
    fn name(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::French => &self.fr,
            Language::Spanish => &self.es,
        }
    }
}

/// What readers of `language` call the language of an ISO 639-1 code; none for a code that is not known.
pub fn name_of(code: &str, language: Language) -> Option<&'static str> {
    NAMES.iter().find(|named| named.code == code).map(|named| named.name(language))
}

/// The code of what readers of `language` call so, in capitals or not.
pub fn code_of(name: &str, language: Language) -> Option<&'static str> {
    let name = name.trim().to_lowercase();
    NAMES.iter().find(|named| named.name(language).to_lowercase() == name).map(|named| named.code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_its_code_and_back_in_each_language() {
        assert!(NAMES.len() > 150);
        for &language in Language::ALL {
            for named in NAMES.iter() {
                assert_eq!(named.code.len(), 2, "{}", named.code);
                let name = name_of(&named.code, language).unwrap_or_default();
                assert_eq!(code_of(&name.to_uppercase(), language), Some(named.code.as_str()), "{name}");
                // Names are written with commas between them.
                assert!(!name.contains(','), "{name}");
            }
        }
        assert_eq!(name_of("no", Language::French), Some("norvégien"));
        assert_eq!(code_of(" árabe ", Language::Spanish), Some("ar"));
        assert_eq!((name_of("zzz", Language::English), code_of("Klingon", Language::English)), (None, None));
    }
}
