//! Text as it is searched and stored: folded names, typing errors, short lists in one column.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A name as it is matched: letters and digits of any script without accents, in lower case, one space between words.
pub fn search_key(name: &str) -> String {
    let lower = name.to_lowercase();
    let folded = lower.nfkd().filter(|c| !is_combining_mark(*c)).collect::<String>().to_lowercase();
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A name as it is kept: white space of any kind (line breaks, tabs, no-break spaces) is one blank between words.
pub fn on_one_line(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a search key, each once.
pub fn words(key: &str) -> Vec<&str> {
    let mut words: Vec<&str> = key.split(' ').filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Number of typing errors tolerated in a word of this length: none in short ones, which would become other words.
pub fn forgiven(word: &str) -> usize {
    match word.chars().count() {
        0..=3 => 0,
        4..=6 => 1,
        _ => 2,
    }
}

/// How many errors lie between what was typed and a word (letters wrong, missing, added or swapped); none when it is too
/// many. A word that begins with what was typed has none.
pub fn errors(typed: &str, word: &str) -> Option<usize> {
    if word.starts_with(typed) {
        return Some(0);
    }
    let most = forgiven(typed);
    let apart = typed.chars().count().abs_diff(word.chars().count());
    if apart > most {
        return None;
    }
    Some(strsim::osa_distance(typed, word)).filter(|errors| *errors <= most)
}

/// Values as one searchable text: `,2020,2021,`; empty for none.
pub fn joined<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    if values.is_empty() { String::new() } else { format!(",{},", values.join(",")) }
}

/// The values of such a text.
pub fn split(text: &str) -> Vec<String> {
    text.split(',').filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_whatever_their_punctuation_case_and_accents() {
        assert_eq!(search_key("Germany, Government of"), "germany government of");
        assert_eq!(search_key("  GERMANY,  government OF "), "germany government of");
        assert_eq!(search_key("Côte d’Ivoire"), "cote d ivoire");
        assert_eq!(search_key("Perú"), search_key("PERU\u{301}"));
        assert_eq!(search_key("ﬁnland"), "finland");
        assert_eq!(search_key("مركز الملك سلمان"), "مركز الملك سلمان");
    }

    #[test]
    fn typing_errors_are_forgiven_by_the_length_of_the_word() {
        assert_eq!(errors("norwya", "norway"), Some(1));
        assert_eq!(errors("nor", "norway"), Some(0));
        assert_eq!(errors("usa", "usb"), None);
        assert_eq!(errors("neterlands", "netherlands"), Some(1));
        assert_eq!(errors("nehterlnads", "netherlands"), Some(2));
        assert_eq!(errors("sweden", "norway"), None);
    }

    #[test]
    fn a_name_is_kept_on_one_line() {
        assert_eq!(
            on_one_line(" Ministry of\r\n\t Foreign\u{a0}Affairs\u{2028}"),
            "Ministry of Foreign Affairs"
        );
        assert_eq!(
            on_one_line("a\u{7}b"),
            "a\u{7}b",
            "other control characters are for whoever checks the text"
        );
    }

    #[test]
    fn a_short_list_comes_back_as_it_was() {
        for values in [vec![], vec!["AFG"], vec!["AFG", "PAK"]] {
            assert_eq!(split(&joined(&values)), values);
        }
        assert_eq!((joined([2020, 2021]).as_str(), joined::<i32>([]).as_str()), (",2020,2021,", ""));
    }
}
