//! How well a name answers what was typed.

use kernel::text::{errors, search_key};

/// Words that no acronym has a letter of.
const SMALL_WORDS: [&str; 22] = [
    "a", "and", "d", "de", "del", "des", "du", "el", "en", "et", "for", "in", "la", "las", "le", "les",
    "los", "of", "para", "pour", "the", "y",
];

/// How a name answers what was typed; the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    /// It is the name.
    Exact,
    /// The name begins with it.
    Beginning,
    /// They are the first letters of the name's words: `IOM`.
    Acronym,
    /// Words of the name begin with each of its words.
    Words,
    /// It stands somewhere in the name.
    Within,
    /// Words of the name are like each of its words, with so many typing errors.
    Misspelt(usize),
}

/// What was typed, as names are compared with it.
#[derive(Debug, Clone)]
pub(crate) struct Typed(String);

impl Typed {
    pub(crate) fn new(text: &str) -> Self {
        Self(search_key(text))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How a name answers it; none when it does not.
    pub(crate) fn matching(&self, name: &str) -> Option<Match> {
        let (typed, name) = (self.0.as_str(), search_key(name));
        if typed.is_empty() || name.is_empty() {
            return None;
        }
        if name == typed {
            return Some(Match::Exact);
        }
        if name.starts_with(typed) {
            return Some(Match::Beginning);
        }
        if typed.chars().count() > 1 && acronym(&name) == typed {
            return Some(Match::Acronym);
        }
        let words: Vec<&str> = name.split(' ').collect();
        if typed.split(' ').all(|typed| words.iter().any(|word| word.starts_with(typed))) {
            return Some(Match::Words);
        }
        if name.contains(typed) {
            return Some(Match::Within);
        }
        let least = |typed: &str| words.iter().filter_map(|word| errors(typed, word)).min();
        typed.split(' ').map(least).sum::<Option<usize>>().map(Match::Misspelt)
    }

    /// The best match among the names of one thing, and the name that has it.
    pub(crate) fn best<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Option<(Match, &'a str)> {
        let matches = names.into_iter().filter_map(|name| Some((self.matching(name)?, name)));
        matches.min_by_key(|(found, _)| *found)
    }

    /// What was meant: the name, if it has as many words as were typed, else each word as the name spells it.
    pub(crate) fn corrected(&self, name: &str) -> String {
        let key = search_key(name);
        let words: Vec<&str> = key.split(' ').collect();
        if words.len() == self.0.split(' ').count() {
            return name.to_owned();
        }
        let meant = |typed: &'_ str| -> String {
            let like = words.iter().filter_map(|word| Some((errors(typed, word)?, *word))).min();
            like.map_or(typed, |(_, word)| word).to_owned()
        };
        self.0.split(' ').map(meant).collect::<Vec<_>>().join(" ")
    }
}

fn acronym(name: &str) -> String {
    let words = name.split(' ').filter(|word| !SMALL_WORDS.contains(word));
    words.filter_map(|word| word.chars().next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(typed: &str, names: &[&str]) -> Vec<String> {
        let typed = Typed::new(typed);
        let mut found: Vec<(Match, &str)> =
            names.iter().filter_map(|name| Some((typed.matching(name)?, *name))).collect();
        found.sort();
        found.into_iter().map(|(_, name)| name.to_owned()).collect()
    }

    #[test]
    fn the_name_itself_comes_first_and_then_what_begins_with_it() {
        let names = ["South Sudan", "Republic of Sudan", "Sudan plan 2026", "Sudan", "Chad"];
        assert_eq!(
            ranked("sudan", &names),
            ["Sudan", "Sudan plan 2026", "Republic of Sudan", "South Sudan"],
            "those that are alike stand by name"
        );
        assert_eq!(ranked("plan sudan", &names), ["Sudan plan 2026"], "words in any order");
    }

    #[test]
    fn typing_errors_are_forgiven_after_everything_else() {
        assert_eq!(Typed::new("sudna").matching("Sudan"), Some(Match::Misspelt(1)));
        assert_eq!(Typed::new("Etiopia").matching("Ethiopia"), Some(Match::Misspelt(1)));
        assert_eq!(Typed::new("sudna").matching("Chad"), None);
        assert_eq!(Typed::new("cha").matching("Chile"), None, "a short word is not another one");
        assert!(Match::Within < Match::Misspelt(0));
    }

    #[test]
    fn organisations_are_found_by_their_acronym() {
        let organisation = "International Organization for Migration";
        assert_eq!(Typed::new("IOM").matching(organisation), Some(Match::Acronym));
        let french = "Organisation internationale pour les migrations";
        assert_eq!(Typed::new("OIM").matching(french), Some(Match::Acronym));
        assert_eq!(Typed::new("wfp").matching("World Food Programme"), Some(Match::Acronym));
        assert_eq!(Typed::new("horizon").matching("Horizon Migration Agency"), Some(Match::Beginning));
    }

    #[test]
    fn what_was_meant_is_proposed() {
        assert_eq!(Typed::new("sudna").corrected("Sudan"), "Sudan");
        assert_eq!(Typed::new("sudna plan").corrected("Sudan crisis response plan 2026"), "sudan plan");
    }

    #[test]
    fn nothing_is_like_nothing() {
        assert!(Typed::new(" ,").is_empty());
        assert_eq!(Typed::new("").matching("Sudan"), None);
        assert_eq!(Typed::new("sudan").best(["Soudan", "Sudan"]), Some((Match::Exact, "Sudan")));
    }
}
