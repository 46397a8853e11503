//! Names as they are matched: without accents, in any order of words, however common words are spelt.

use kernel::text::words;
use std::cmp::Ordering;

/// Words that say nothing about which donor is meant.
const COMMON_WORDS: [&str; 28] = [
    "a",
    "and",
    "d",
    "de",
    "del",
    "des",
    "di",
    "du",
    "e",
    "el",
    "et",
    "for",
    "fund",
    "government",
    "gouvernement",
    "gobierno",
    "inc",
    "la",
    "le",
    "les",
    "los",
    "ltd",
    "of",
    "office",
    "the",
    "to",
    "u",
    "y",
];

/// The words of a search key that tell donors apart, sorted: alike for "Germany, Government of" and "Government of Germany".
pub(crate) fn match_key(key: &str) -> String {
    let all = words(key);
    let telling: Vec<&str> = all.iter().copied().filter(|word| !COMMON_WORDS.contains(word)).collect();
    if telling.is_empty() { all.join(" ") } else { telling.join(" ") }
}

/// The words of a name that tell donors apart, those that are a typing error away from common ones apart too.
fn telling(key: &str) -> String {
    let key = match_key(key);
    let mistyped = |word: &str| {
        let long = COMMON_WORDS.iter().filter(|common| common.len() >= 6);
        word.chars().count() >= 6 && long.into_iter().any(|common| strsim::osa_distance(word, common) == 1)
    };
    let all = words(&key);
    let telling: Vec<&str> = all.iter().copied().filter(|word| !mistyped(word)).collect();
    if telling.is_empty() { key } else { telling.join(" ") }
}

/// Two names, from 0 (nothing in common) to 100 (the same words).
pub(crate) fn likeness(one: &str, other: &str) -> u32 {
    let (one, other) = (telling(one), telling(other));
    let (a, b) = (words(&one), words(&other));
    match a.len().cmp(&b.len()) {
        Ordering::Less => of_shorter(&a, &b),
        Ordering::Greater => of_shorter(&b, &a),
        Ordering::Equal => of_shorter(&a, &b).max(of_shorter(&b, &a)),
    }
}

/// Each word of the shorter name with the most like one of the longer, weighed by its letters.
fn of_shorter(few: &[&str], many: &[&str]) -> u32 {
    let weight = |word: &&str| f64::from(u32::try_from(word.chars().count()).unwrap_or(u32::MAX));
    let best = |word: &&str| many.iter().map(|other| strsim::jaro_winkler(word, other)).fold(0.0, f64::max);
    let close = |word: &&str| Some(best(word)).filter(|best| *best >= 0.85).unwrap_or(0.0);
    let common: f64 = few.iter().map(|word| weight(word) * close(word)).sum();
    let all = many.iter().map(weight).sum::<f64>().max(few.iter().map(weight).sum());
    if all == 0.0 {
        return 0;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
    let score = (common / all * 100.0).round().clamp(0.0, 100.0) as u32;
    score
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::text::search_key;
    use proptest::prelude::*;

    #[test]
    fn word_order_and_common_words_do_not_matter() {
        assert_eq!(
            match_key(&search_key("Germany, Government of")),
            match_key(&search_key("Government of Germany"))
        );
        assert_eq!(match_key("the fund"), "fund the", "a name of common words is still a name");
    }

    #[test]
    fn likeness_is_of_words_and_not_of_letters() {
        let like = |one: &str, other: &str| likeness(&search_key(one), &search_key(other));
        assert_eq!(like("Government of Norway", "Norway, Government of"), 100);
        assert!(like("Ministry of Foreign Affairs of Norway", "Norway, Ministry of Foreign Afairs") > 90);
        assert_eq!(like("Goverment of Norway", "Norway, Government of"), 100);
        assert_eq!(like("Gouvernment de la Norvege", "Norvège, Gouvernement de la"), 100);
        assert!(like("Norway, Government of", "Sweden, Government of") < 30);
        assert!(like("IKEA Foundation", "Hilton Foundation") < 70);
    }

    proptest! {
        #[test]
        fn a_key_is_stable_and_likeness_is_symmetric(one in "\\PC{0,40}", other in "\\PC{0,40}") {
            let (one, other) = (search_key(&one), search_key(&other));
            prop_assert_eq!(search_key(&one), one.clone());
            prop_assert_eq!(likeness(&one, &other), likeness(&other, &one));
        }
    }
}
