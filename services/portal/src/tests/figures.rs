//! Public figures on pages: each names the question that it answers, and none has cents.

use super::samples::{self, document::words_of};
use crate::{
    areas::public::figures::QUESTIONS,
    i18n::{Language, has_text},
    render::Renderer,
};

/// The public pages as their samples draw them, by the name of their template.
fn public_pages() -> Vec<(&'static str, String)> {
    let renderer = Renderer::strict().unwrap();
    let public = samples::all().filter(|sample| sample.template.starts_with("public/"));
    let drawn = |sample: &samples::Sample| {
        let html = renderer.draw(sample.template, &sample.in_frame(Language::English)).unwrap();
        (sample.template, html)
    };
    public.map(drawn).collect()
}

#[test]
fn the_questions_of_pages_are_those_of_the_api_and_each_has_its_words() {
    assert_eq!(words_of("FigureQuestion"), QUESTIONS);
    for question in QUESTIONS {
        let key = format!("question-{}", question.replace('_', "-"));
        assert!(has_text(&key), "{key}");
    }
}

#[test]
fn every_figure_that_is_marked_names_a_question_and_what_it_is_about() {
    let mut marked = 0;
    for (template, html) in public_pages() {
        for key in html.split("data-figure=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let (question, about) = key.split_once('|').unwrap_or_else(|| panic!("{template}: {key}"));
            assert!(QUESTIONS.contains(&question), "{template}: {key}");
            assert!(about.split(',').all(|part| !part.is_empty() && part != "none"), "{template}: {key}");
            marked += 1;
        }
    }
    assert!(marked > 40, "figures are marked: {marked}");
}

#[test]
fn no_amount_on_a_public_page_has_cents() {
    for (template, html) in public_pages() {
        // What is read out beside a rounded amount is the exact one.
        let shown = html.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, text)| text);
        for amount in shown.flat_map(|text| text.split("US$").skip(1)) {
            let digits: String =
                amount.chars().take_while(|c| c.is_ascii_digit() || [',', '.'].contains(c)).collect();
            let cents = digits.rsplit_once('.').is_some_and(|(_, cents)| cents.len() == 2);
            assert!(!cents || amount.contains("billion"), "{template}: {amount}");
        }
    }
}
