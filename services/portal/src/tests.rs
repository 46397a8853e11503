//! Every text in three languages, every template drawn in each.

mod samples;

use crate::{
    i18n::{Language, text},
    render::Renderer,
};
use fluent_bundle::FluentResource;
use samples::context_of;
use std::collections::BTreeSet;

const FILES: [(&str, &str); 3] = [
    ("en", include_str!("../locales/en.ftl")),
    ("fr", include_str!("../locales/fr.ftl")),
    ("es", include_str!("../locales/es.ftl")),
];

fn keys(source: &str) -> BTreeSet<String> {
    let names = source.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    names.filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned())).collect()
}

#[test]
fn every_text_is_there_in_every_language() {
    let english = keys(FILES[0].1);
    assert!(english.len() > 100);
    for (code, source) in FILES {
        FluentResource::try_new(source.to_owned()).unwrap_or_else(|(_, errors)| panic!("{code}: {errors:?}"));
        assert_eq!(keys(source), english, "{code} has other texts than English");
    }
}

#[test]
fn templates_ask_for_texts_that_exist() {
    let known = keys(FILES[0].1);
    let mut asked = BTreeSet::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
    let mut folders = vec![std::path::PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let calls = source
                .match_indices("t(\"")
                .filter(|(at, _)| !source[..*at].ends_with(char::is_alphanumeric));
            for (at, _) in calls {
                let rest = &source[at + 3..];
                let key = rest.split('"').next().unwrap();
                // `t("status-" ~ status)`: the beginning of a family of keys.
                if key.ends_with('-') {
                    assert!(known.iter().any(|known| known.starts_with(key)), "{key}… in {}", path.display());
                } else {
                    asked.insert(key.to_owned());
                }
            }
        }
    }
    let missing: Vec<_> = asked.difference(&known).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

const PAGES: &[&str] = &[
    "pages/home.html",
    "pages/country.html",
    "pages/plans.html",
    "pages/archive.html",
    "pages/data.html",
    "pages/plan.html",
    "pages/search.html",
    "pages/sign-in.html",
    "pages/invitation.html",
    "pages/error.html",
    "pages/donor/overview.html",
    "pages/donor/contributions.html",
    "pages/donor/contribution.html",
    "pages/console/home.html",
    "pages/console/search.html",
    "pages/console/style-guide.html",
    "pages/console/imports.html",
    "pages/console/import.html",
    "pages/console/donors.html",
    "pages/console/donor.html",
    "pages/console/contact.html",
    "pages/console/contact-form.html",
    "pages/console/agreements.html",
    "pages/console/agreement.html",
    "pages/console/agreement-form.html",
    "pages/console/reports.html",
    "pages/console/reports-board.html",
    "pages/console/reports-calendar.html",
    "pages/console/reports-punctuality.html",
    "pages/console/report.html",
    "pages/donor/agreements.html",
    "pages/donor/agreement.html",
    "pages/donor/reports.html",
    "pages/donor/report.html",
    "pages/donor/data.html",
    "pages/donors.html",
    "pages/donor.html",
    "pages/flows.html",
    "pages/profile.html",
    "pages/notifications.html",
    "pages/resume.html",
    "pages/console/office.html",
    "pages/console/contributions.html",
    "pages/console/contribution.html",
    "pages/console/contribution-form.html",
    "pages/console/rates.html",
    "pages/console/donor-form.html",
    "pages/console/donor-duplicates.html",
    "pages/console/donor-timeline.html",
    "pages/console/signature-rule.html",
    "pages/console/publication.html",
    "pages/console/diversification.html",
    "pages/console/diversification-donors.html",
    "pages/console/diversification-contributions.html",
    "pages/console/governance.html",
];

/// Every place where a page shows people a text: between tags, and in the attributes that are read out.
fn shown_texts(html: &str) -> Vec<String> {
    let body = html.split("<body").nth(1).unwrap_or_default();
    let mut texts: Vec<String> = Vec::new();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        texts.push(text.to_owned());
        for attribute in ["aria-label=\"", "title=\"", "placeholder=\"", "alt=\"", "data-label=\""] {
            texts.extend(
                tag.split(attribute).skip(1).filter_map(|rest| Some(rest.split('"').next()?.to_owned())),
            );
        }
    }
    texts
}

#[test]
fn what_people_read_comes_from_the_texts() {
    let renderer = Renderer::new().unwrap();
    // Names of things, not words; and what the sample's own records hold.
    let mut names = vec!["Passerelle", "JSON", "CSV", "XLSX", "FTS", "UTC", "Français"];
    // Currencies that are proposed.
    names.extend(["USD", "EUR", "CHF", "NOK", "SEK", "DKK", "GBP", "JPY", "CAD", "AUD", "KRW", "AED"]);
    // The style guide names components as their files and functions are called.
    let code = |text: &str| {
        text.contains("()")
            || text.contains(".html")
            || text.contains(", .")
            || text.contains("dl.")
            || ["ol.timeline", "progress"].contains(&text)
    };
    crate::i18n::pseudo::switch(true);
    let mut hard_coded = BTreeSet::new();
    for page in PAGES.iter().copied() {
        let context = context_of(page, Language::English);
        let data = context.to_string();
        let html = renderer.draw(page, &context).unwrap();
        assert!(html.contains('⟦'), "{page}");
        for text in shown_texts(&html).into_iter().filter(|text| !code(text)) {
            let outside: String =
                text.split('⟦').map(|part| part.split_once('⟧').map_or(part, |(_, rest)| rest)).collect();
            let words = outside.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() > 2);
            let foreign = words.filter(|word| !names.contains(word) && !data.contains(word));
            // Names of countries, languages and months are in their reader's language, from Unicode and the list of
            // countries.
            let localised = [
                "Afghanistan",
                "Norway",
                "Chad",
                "English",
                "French",
                "January",
                "February",
                "March",
                "June",
                "September",
                "October",
                "November",
                "December",
                "Mon",
                "quot",
                "amp",
            ];
            let foreign = foreign.filter(|word| !localised.contains(word));
            hard_coded.extend(foreign.map(|word| format!("{page}: {word}")));
        }
    }
    crate::i18n::pseudo::switch(false);
    assert!(hard_coded.is_empty(), "{hard_coded:#?}");
}

#[test]
fn every_page_is_drawn_in_every_language_and_escapes_what_people_wrote() {
    let renderer = Renderer::new().unwrap();
    for page in PAGES.iter().copied() {
        for &language in Language::ALL {
            let context = context_of(page, language);
            let html = renderer.draw(page, &context).unwrap_or_else(|error| panic!("{page}: {error:#}"));
            assert!(html.contains(&format!("<html lang=\"{}\"", language.as_str())), "{page}");
            assert!(
                !html.contains("<b>bold") && !html.contains("<i>") && !html.contains("<script>"),
                "{page}"
            );
            assert_eq!(html.matches("<h1").count(), 1, "{page} has one heading of the first level");
            assert!(html.contains("id=\"main\""), "{page}");
            for key in keys(FILES[0].1).iter().filter(|key| key.contains('-')) {
                assert!(!html.contains(&format!(">{key}<")), "{page} shows the key {key}");
            }
        }
    }
}

#[test]
fn a_key_has_its_text_in_each_language() {
    assert_eq!(text(Language::French, "sign-in", None), "Se connecter");
}
