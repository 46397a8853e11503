//! Every text in three languages, every template drawn in each.

mod addresses;
mod audit;
mod donor_names;
mod figures;
mod punctuation;
mod samples;
mod terms;

use crate::{
    areas,
    i18n::{Language, has_text, sources, text},
    nav,
    render::Renderer,
};
use fluent_bundle::FluentResource;
use samples::Sample;
use std::collections::{BTreeMap, BTreeSet};

fn keys(source: &str) -> Vec<String> {
    let names = source.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    names.filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned())).collect()
}

/// The keys of a language, with the file of each.
fn keys_of(language: Language) -> BTreeMap<String, String> {
    let mut known = BTreeMap::new();
    for (name, source) in sources(language) {
        let file = name.split_once('/').unwrap().1.to_owned();
        for key in keys(&source) {
            let before = known.insert(key.clone(), file.clone());
            assert_eq!(before, None, "{key} is in {name} again");
        }
    }
    known
}

#[test]
fn every_text_is_there_in_every_language_and_in_one_file() {
    let english = keys_of(Language::English);
    assert!(english.len() > 100);
    for &language in Language::ALL {
        for (name, source) in sources(language) {
            FluentResource::try_new(source).unwrap_or_else(|(_, errors)| panic!("{name}: {errors:?}"));
        }
        assert_eq!(keys_of(language), english, "{language:?} has other texts, or has them elsewhere");
    }
}

#[test]
fn templates_ask_for_texts_that_exist() {
    let known: BTreeSet<String> = keys_of(Language::English).into_keys().collect();
    let mut asked = BTreeSet::new();
    for (name, source) in files("templates") {
        let calls =
            source.match_indices("t(\"").filter(|(at, _)| !source[..*at].ends_with(char::is_alphanumeric));
        for (at, _) in calls {
            let rest = &source[at + 3..];
            let key = rest.split('"').next().unwrap();
            // `t("status-" ~ status)`: the beginning of a family of keys.
            if key.ends_with('-') {
                assert!(known.iter().any(|known| known.starts_with(key)), "{key}… in {name}");
            } else {
                asked.insert(key.to_owned());
            }
        }
    }
    let missing: Vec<_> = asked.difference(&known).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn steps_ask_for_texts_that_exist() {
    for steps in areas::console::STEPS.iter().copied().flatten() {
        let missing: Vec<String> = steps.texts().into_iter().filter(|key| !has_text(key)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", steps.list);
    }
}

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
    let renderer = Renderer::strict().unwrap();
    // Names of things, not words; and what the sample's own records hold.
    let mut names = vec!["Passerelle", "JSON", "CSV", "XLSX", "FTS", "UTC", "Français"];
    // Currencies that are proposed.
    names.extend(["USD", "EUR", "CHF", "NOK", "SEK", "DKK", "GBP", "JPY", "CAD", "AUD", "KRW", "AED"]);
    // Countries that are proposed, by the names of the list of countries.
    names.extend(kernel::country::all().iter().flat_map(|country| {
        country.name_en.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty())
    }));
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
    for sample in samples::all() {
        let (page, context) = (sample.template, sample.in_frame(Language::English));
        let data = context.to_string();
        let html = renderer.draw(page, &context).unwrap_or_else(|error| panic!("{page}: {error:#}"));
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

/// What an error comes from: the template that is at fault, and not those that include it.
fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

/// What is wrong with a page, if anything.
fn fault(renderer: &Renderer, keys: &[String], sample: &Sample, language: Language) -> Option<String> {
    let html = match renderer.draw(sample.template, &sample.in_frame(language)) {
        Ok(html) => html,
        Err(error) => return Some(innermost(&error)),
    };
    let shows_key = || keys.iter().find(|key| html.contains(&format!(">{key}<")));
    if !html.contains(&format!("<html lang=\"{}\"", language.as_str())) {
        Some("does not say its language".to_owned())
    } else if html.contains("<b>bold") || html.contains("<i>") || html.contains("<script>") {
        Some("shows markup that somebody wrote".to_owned())
    } else if html.matches("<h1").count() != 1 {
        Some("has not one heading of the first level".to_owned())
    } else if !html.contains("id=\"main\"") {
        Some("has no content to skip to".to_owned())
    } else {
        shows_key().map(|key| format!("shows the key {key}"))
    }
}

#[test]
fn every_page_is_drawn_in_every_language_and_escapes_what_people_wrote() {
    let renderer = Renderer::strict().unwrap();
    let keys: Vec<String> = keys_of(Language::English).into_keys().filter(|key| key.contains('-')).collect();
    let mut faults = Vec::new();
    for (sample, &language) in
        samples::all().flat_map(|sample| Language::ALL.iter().map(move |l| (sample, l)))
    {
        let found = fault(&renderer, &keys, sample, language);
        faults.extend(found.map(|fault| format!("{} ({}): {fault}", sample.template, language.as_str())));
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The files below a folder of the portal, by their names in it, and what stands in them.
fn files(folder: &str) -> BTreeMap<String, String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.clone()];
    while let Some(below) = folders.pop() {
        for entry in std::fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn every_page_has_a_sample() {
    let drawn: BTreeSet<String> = samples::all().map(|sample| sample.template.to_owned()).collect();
    let pages =
        files("templates").into_keys().filter(|name| !name.starts_with("components/") && name != "base.html");
    let without: Vec<String> = pages.filter(|name| !drawn.contains(name)).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn a_wrong_field_is_named_beside_it_and_led_to() {
    let renderer = Renderer::strict().unwrap();
    for sample in samples::all() {
        let context = sample.in_frame(Language::English);
        let Some(field) = context["problem"]["errors"][0]["field"].as_str() else { continue };
        let html = renderer.draw(sample.template, &context).unwrap();
        // Where a problem is shown as a summary of fields, each leads to its input.
        if context["problem"]["status"] != 412 {
            assert!(
                html.contains(&format!("href=\"#{field}\"")),
                "{} does not lead to {field}",
                sample.template
            );
        }
        assert!(html.contains(&format!("id=\"{field}\"")), "{} has no input {field}", sample.template);
    }
}

#[test]
fn a_reader_who_may_do_everything_sees_every_entry_of_the_menu() {
    let renderer = Renderer::strict().unwrap();
    let drawn = |template: &str| {
        let sample = samples::all().find(|sample| sample.template == template).unwrap();
        renderer.draw(template, &sample.in_frame(Language::English)).unwrap()
    };
    let shells = [
        ("public/home.html", areas::PUBLIC),
        ("donor_portal/overview.html", areas::DONOR_PORTAL),
        ("console/home/work.html", areas::CONSOLE),
    ];
    for (template, entries) in shells {
        let html = drawn(template);
        let menu = html.split("<details class=\"menu\">").nth(1).unwrap().split("</nav>").next().unwrap();
        for entry in nav::entries_of(entries) {
            assert!(menu.contains(&format!("href=\"/fr{}\"", entry.path)), "{template}: {}", entry.path);
        }
    }
}

#[test]
fn a_key_has_its_text_in_each_language() {
    assert_eq!(text(Language::French, "sign-in", None), "Se connecter");
}
