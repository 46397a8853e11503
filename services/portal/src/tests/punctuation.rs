//! French sets its double punctuation off with a space that no line ends at: a no-break space before a colon, a narrow one
//! before a semicolon, a question mark and an exclamation mark. So templates leave punctuation to the texts.

use super::files;
use crate::i18n::{Language, sources};

/// Marks that languages set differently.
const MARKS: [char; 4] = [':', ';', '?', '!'];

/// What has to stand before a mark in French.
fn space_before(mark: char) -> char {
    if mark == ':' { '\u{a0}' } else { '\u{202f}' }
}

/// A source without what stands between two delimiters, which may be nested.
fn without(source: &str, open: &str, close: &str) -> String {
    let (mut kept, mut rest, mut depth) = (String::new(), source, 0_usize);
    while let Some(next) = rest.chars().next() {
        if rest.starts_with(open) {
            (depth, rest) = (depth + 1, &rest[open.len()..]);
        } else if depth > 0 && rest.starts_with(close) {
            (depth, rest) = (depth - 1, &rest[close.len()..]);
        } else {
            if depth == 0 {
                kept.push(next);
            }
            rest = &rest[next.len_utf8()..];
        }
    }
    kept
}

/// The marks of a French text that are not set off as they should be, with what stands before them. A mark inside a word
/// belongs to it: a time, an address.
fn wrong(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut wrong = Vec::new();
    for (index, mark) in characters.iter().enumerate().filter(|(_, mark)| MARKS.contains(mark)) {
        let goes_on = characters.get(index + 1).is_some_and(|next| next.is_alphanumeric() || *next == '/');
        let before = index.checked_sub(1).map(|before| characters[before]);
        if !goes_on && before != Some(space_before(*mark)) {
            wrong.push(characters[index.saturating_sub(20)..=index].iter().collect());
        }
    }
    wrong
}

/// The texts of a Fluent file: a placeable stands as a word where its text is one, and its variants are lines of their own.
fn texts(source: &str) -> Vec<String> {
    let lines = source.lines().filter(|line| !line.starts_with('#'));
    let text = |line: &str| {
        let line = line.trim();
        let text = match (line.split_once("] "), line.split_once(" = ")) {
            (Some((variant, text)), _) if variant.starts_with(['[', '*']) => text,
            (_, Some((_, text))) => text,
            _ => line,
        };
        without(&text.replace("{ \"\\u00A0\" }", "\u{a0}"), "{", "}")
    };
    lines.map(text).collect()
}

#[test]
fn french_texts_set_their_punctuation_off() {
    let mut marks = 0;
    let mut faults = Vec::new();
    for (name, source) in sources(Language::French) {
        for text in texts(&source) {
            marks += text.matches(MARKS).count();
            faults.extend(wrong(&text).into_iter().map(|fault| format!("{name}: …{fault}")));
        }
    }
    assert!(marks > 100, "the texts were looked at: {marks}");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn french_quotation_marks_have_a_narrow_space_inside() {
    for (name, source) in sources(Language::French) {
        for (line, text) in source.lines().enumerate() {
            let all = text.matches(['«', '»']).count();
            let right = text.matches("«\u{202f}").count() + text.matches("\u{202f}»").count();
            assert_eq!(all, right, "{name}:{}: {text}", line + 1);
        }
    }
}

#[test]
fn what_is_wrong_is_found_and_what_is_right_is_not() {
    for right in ["Fin\u{a0}: demain", "Vraiment\u{202f}?", "à 10:30", "https://example.org/", "Fin."] {
        assert!(wrong(right).is_empty(), "{right}");
    }
    for one in ["Fin: demain", "Fin : demain", "Fin\u{202f}: demain", "Fin\u{a0}; puis", "Vraiment ?", "Non!"]
    {
        assert_eq!(wrong(one).len(), 1, "{one}");
    }
    assert_eq!(texts("a = { $b } : { $c }\n    [one] x;"), [" : ", "x;"]);
    assert_eq!(marks_of("<p>{{ t(\"a:\") }}: <b title=\"x?\">&amp;</b></p>"), [": ", "x?"]);
    assert_eq!(marks_of("{% block title %}{{ a }}: {{ b }}{% endblock %}<a href=\"/x?y\">z</a>"), [": "]);
}

/// Texts of a template that hold a mark: between tags, and in the attributes that are read out.
fn marks_of(template: &str) -> Vec<String> {
    let template = without(template, "{#", "#}");
    let template = without(&without(&template, "{{", "}}"), "{%", "%}");
    let mut texts = Vec::new();
    for (index, part) in template.split('<').enumerate() {
        let (tag, text) = if index == 0 { ("", part) } else { part.split_once('>').unwrap_or((part, "")) };
        texts.push(text);
        for attribute in ["aria-label=\"", "title=\"", "placeholder=\"", "alt=\"", "data-label=\""] {
            texts.extend(tag.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()));
        }
    }
    // A character by its name, such as `&amp;`, ends with a semicolon that nobody reads.
    texts.into_iter().map(|text| without(text, "&", ";")).filter(|text| text.contains(MARKS)).collect()
}

#[test]
fn templates_leave_punctuation_to_the_texts() {
    let templates = files("templates");
    assert!(templates.len() > 50);
    let mut faults = Vec::new();
    for (name, template) in templates {
        faults.extend(marks_of(&template).into_iter().map(|text| format!("{name}: {text:?}")));
    }
    assert!(faults.is_empty(), "t(\"colon\") is a colon as the language sets it: {faults:#?}");
}
