//! Every text in three languages, every template drawn in each.

use crate::{
    i18n::{Language, text},
    render::Renderer,
};
use fluent_bundle::FluentResource;
use serde_json::{Value, json};
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

fn money(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// A context that has what any template asks for.
fn sample() -> Value {
    let totals = json!({ "funding": money("1234567.00"), "paid": money("1.00"), "commitments": money("2.50"),
                         "pledges": money("3.00"), "flow_count": 3, "donor_count": 2 });
    let entry = |name: &str| {
        json!({ "external_ref": "7", "name": name, "funding": money("10.00"), "flow_count": 1,
        "plan_id": "p", "requirement": money("100.00"), "coverage_percent": "10.0", "donor_type": "government" })
    };
    let nulls = json!({ "external_ref": null, "name": null, "funding": money("0.00"), "flow_count": 0 });
    let mut funding = totals.clone();
    for list in ["by_plan", "by_donor", "by_recipient"] {
        funding[list] = json!([entry("<b>bold</b> العربية"), nulls]);
    }
    funding["by_earmarking"] = json!([{ "external_ref": "softly earmarked", "name": "Softly earmarked",
        "funding": money("10.00"), "flow_count": 1 }, nulls]);
    funding["donor_name"] = "Norway".into();
    funding["donor_type"] = "government".into();
    let mut of_year = totals.clone();
    (of_year["year"], of_year["country"]) = (2020.into(), "AFG".into());
    (funding["by_year"], funding["by_country_year"]) = (json!([of_year]), json!([of_year]));
    funding["elsewhere"] = totals.clone();
    let mut plan = funding.clone();
    for (name, value) in [
        ("id", json!("p")),
        ("name", json!("Plan <i>")),
        ("countries", json!(["AFG"])),
        ("years", json!([2020])),
        ("plan_type", json!("flash_appeal")),
        ("requirement", money("100.00")),
        ("gap", money("90.00")),
        ("coverage_percent", json!("10.0")),
        ("start_date", json!("2020-01-01")),
        ("end_date", json!("2020-12-31")),
        ("people_in_need", json!(100)),
        ("people_targeted", json!(50)),
        ("visibility", json!("public")),
    ] {
        plan[name] = value;
    }
    let contribution = json!({ "id": "c", "status": "paid", "amount": money("5.00"), "amount_usd": money("5.00"),
        "donor_name": "Norway", "usage_years": [2020], "countries": ["AFG"], "decision_date": "2020-02-03",
        "earmarking": "softly_earmarked", "description": "<script>", "contribution_type": "in_kind", "new_money": true,
        "visibility": "public", "keywords": ["a"], "source": "fts", "external_ref": "1", "exchange_rate": "0.9",
        "exchange_rate_date": "2020-02-03", "child_refs": [], "created_at": "2020-02-03T00:00:00Z",
        "source_objects": [{ "kind": "Organization", "id": "1", "name": "A" }], "destination_objects": [] });
    let import = json!({ "id": "i", "state": "done", "read": 10, "done": 10, "created": 1, "updated": 2, "unchanged": 3,
        "rejected": 4, "warnings": 1, "files": ["a.json"], "dry_run": true, "skip_bad": false,
        "created_at": "2020-02-03T00:00:00Z", "finished_at": null, "message": "m" });
    let donor = json!({ "id": "d", "name": "Norway", "type": "government", "segment": "traditional", "country": "NOR",
        "status": "active", "external_refs": [{ "source": "fts", "ref": "1" }], "version": 1,
        "updated_at": "2020-02-03T00:00:00Z" });
    let row = json!({ "number": 1, "file": "a.json", "pointer": "/data/flows/0", "external_ref": null,
        "verdict": "rejected", "errors": [{ "pointer": "/id", "detail": "is required" }], "warnings": [] });
    let division = json!({ "marks": [{ "label": "x", "value": 1.0, "shown": "1" }],
        "rows": [{ "name": "x", "stated": true, "funding": money("1.00"), "flow_count": 1 }] });
    let data = json!([{ "label": "2020", "value": 5.0, "shown": "5" }]);
    json!({
        "public_url": "http://x", "prefix": "/fr", "path": "/", "query": "", "languages": [{ "code": "fr", "name": "Français" }],
        "signed_in": { "name": "Amina", "office": "HQ", "organisation": "O", "donor": null, "home": "/console",
                       "permissions": ["imports:read", "donors:read"] },
        "year": 2020, "years": [2021, 2020], "plans": [plan], "countries": [of_year], "iso3": "AFG", "funding": funding,
        "plan": plan, "required": money("100.00"), "funded": money("40.00"), "gap": money("60.00"), "coverage": "40.0",
        "received": money("50.00"), "most": money("50.00"), "flow_count": 3, "most_plan": money("1.00"),
        "most_donor": money("1.00"), "most_recipient": money("1.00"), "earmarking": division, "columns_data": data, "q": "x",
        "next": "/donor", "email": "a@b.c", "error": null, "token": "t", "kind": "not-found", "status": 404, "trace": "t",
        "list": { "items": [], "next_cursor": "n" }, "filter": {}, "filter_query": "", "contribution": contribution,
        "imports": { "items": [import] }, "contributions": { "items": [contribution] }, "import": import, "donor": donor,
        "rows": { "items": [row], "next_cursor": null }, "verdict": "rejected", "under_way": false, "key": "k",
        "donor_types": division, "map_data": [{ "code": "AFG", "value": 1.0, "label": "A", "link": "/x" }], "plan_count": 3,
        "classes": [{ "class": 1, "from": "0" }, { "class": 2, "from": "1" }],
        "problem": { "title": "t", "detail": "d", "errors": [{ "pointer": "/x", "detail": "y" }] }, "may_import": true,
        "donors": { "items": [donor] },
    })
}

const PAGES: [&str; 20] = [
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
];

/// What a page is given in this test.
fn context_of(page: &str, language: Language) -> Value {
    let mut context = sample();
    context["lang"] = language.code().into();
    context["list"] = match page {
        "pages/donor/contributions.html" => json!({ "items": [context["contribution"]], "next_cursor": "n" }),
        "pages/plans.html" => json!({ "items": [context["plan"]], "next_cursor": "n" }),
        "pages/console/imports.html" => json!({ "items": [context["import"]], "next_cursor": "n" }),
        "pages/console/donors.html" => json!({ "items": [context["donor"]], "next_cursor": "n" }),
        _ => json!({ "items": [] }),
    };
    match page {
        "pages/donor/contributions.html" => {
            (context["years"], context["countries"]) = (context["funding"]["by_year"].take(), json!(["AFG"]));
        }
        "pages/archive.html" => {
            context["marks"] = context["columns_data"].clone();
            context["rows"] = json!([{ "year": 2020, "plan_count": 1, "required": money("9.00"),
                "funded": money("3.00"), "received": money("4.00"), "coverage": "33.3" }]);
        }
        "pages/search.html" | "pages/plans.html" => context["countries"] = json!(["AFG"]),
        "pages/console/search.html" => context["plans"] = json!({ "items": [context["plan"]] }),
        "pages/console/style-guide.html" => {
            for (name, value) in crate::pages::style_guide_sample(language).as_object().unwrap() {
                context[name] = value.clone();
            }
        }
        "pages/console/home.html" => context["plans"] = json!({ "items": [context["plan"]] }),
        _ => {}
    }
    context
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
    let renderer = Renderer::new().unwrap();
    // Names of things, not words; and what the sample's own records hold.
    let names = ["Passerelle", "JSON", "CSV", "XLSX", "FTS", "Français"];
    // The style guide names components as their files and functions are called.
    let code = |text: &str| {
        text.contains("()") || text.contains(".html") || text.contains(", .") || text.contains("dl.")
    };
    crate::i18n::pseudo::switch(true);
    let mut hard_coded = BTreeSet::new();
    for page in PAGES {
        let context = context_of(page, Language::English);
        let data = context.to_string();
        let html = renderer.draw(page, &context).unwrap();
        assert!(html.contains('⟦'), "{page}");
        for text in shown_texts(&html).into_iter().filter(|text| !code(text)) {
            let outside: String =
                text.split('⟦').map(|part| part.split_once('⟧').map_or(part, |(_, rest)| rest)).collect();
            let words = outside.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() > 2);
            let foreign = words.filter(|word| !names.contains(word) && !data.contains(word));
            // Names of countries and months are in their reader's language, from Unicode and the list of countries.
            let localised =
                ["Afghanistan", "Norway", "Chad", "January", "February", "December", "quot", "amp"];
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
    for page in PAGES {
        for language in Language::ALL {
            let context = context_of(page, language);
            let html = renderer.draw(page, &context).unwrap_or_else(|error| panic!("{page}: {error:#}"));
            assert!(html.contains(&format!("<html lang=\"{}\"", language.code())), "{page}");
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
fn the_browser_s_preferred_language_is_understood() {
    assert_eq!(Language::accepted("de,fr;q=0.8,en;q=0.5"), Some(Language::French));
    assert_eq!(Language::accepted("en;q=0.2, es-MX;q=0.9"), Some(Language::Spanish));
    assert_eq!(Language::accepted("de"), None);
    assert_eq!(text(Language::French, "sign-in", None), "Se connecter");
}
