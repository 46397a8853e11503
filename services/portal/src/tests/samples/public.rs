//! Samples of the public pages.

use super::{
    ID, INSTANT, MARKUP, Sample,
    document::{answer, list, row},
    money, with,
};
use crate::{areas::public::figures, i18n::Language};
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "public/home.html", context: home },
    Sample { template: "public/country.html", context: country },
    Sample { template: "public/plans.html", context: plans },
    Sample { template: "public/plan.html", context: plan_page },
    Sample { template: "public/donors.html", context: donors },
    Sample { template: "public/donor.html", context: donor },
    Sample { template: "public/flows.html", context: flows },
    Sample { template: "public/archive.html", context: archive },
    Sample { template: "public/data.html", context: |_| json!({}) },
    Sample { template: "public/search.html", context: search },
    Sample { template: "public/figures.html", context: figures },
    Sample { template: "public/about.html", context: about },
];

/// Whose site it is.
pub(super) fn organisation() -> Value {
    let organisation = json!({ "id": ID, "version": 1, "name": MARKUP, "about": { "en": MARKUP, "fr": null, "es": null },
        "contact_email": "a@b.example", "contact_url": "https://example.org", "postal_address": MARKUP,
        "licence": "cc_by_igo_3_0", "licence_url": "https://example.org/licence", "default_language": "fr",
        "logo": { "media_type": "image/png", "width": 320, "height": 80, "size": 4096, "updated_at": INSTANT } });
    answer("/v1/public/organisation", organisation)
}

fn about(_: Language) -> Value {
    json!({
        "organisation": organisation(), "said": { "text": MARKUP, "lang": "en" },
        "reports": super::unearmarked_reports::entries(),
    })
}

/// What every funding adds up to.
pub(super) fn totals() -> Value {
    json!({ "funding": money("1234567.00"), "paid": money("1.00"), "commitments": money("2.50"),
            "pledges": money("3.00"), "flow_count": 3 })
}

/// What of them went to the organisation.
fn of_which_ours() -> Value {
    with(totals(), json!({ "organisation": MARKUP }))
}

/// The parts of a funding: one with a name that somebody wrote, one that nobody named.
fn parts(more: &Value) -> Value {
    let part = json!({ "external_ref": "7", "name": MARKUP, "funding": money("10.00"), "flow_count": 1 });
    let rest = json!({ "external_ref": null, "name": null, "funding": money("0.00"), "flow_count": 0 });
    json!([with(part, more.clone()), rest])
}

fn by_earmarking() -> Value {
    json!([{ "external_ref": "softly earmarked", "name": "Softly earmarked", "funding": money("10.00"),
             "flow_count": 1 }])
}

fn by_donor() -> Value {
    parts(&json!({ "donor_id": ID, "donor_type": "government" }))
}

fn by_plan() -> Value {
    parts(&json!({ "plan_id": ID, "requirement": money("100.00"), "coverage_percent": "10.0",
        "plan_funding": money("12.00"), "within_plan": money("0.50") }))
}

fn plan_fields() -> Value {
    with(
        totals(),
        json!({ "id": ID, "name": MARKUP, "countries": ["AFG"], "years": [2020], "plan_type": "flash_appeal",
            "requirement": money("100.00"), "original_requirement": money("80.00"), "gap": money("90.00"),
            "coverage_percent": "10.0", "start_date": "2020-01-01", "end_date": "2020-12-31", "people_in_need": 100,
            "people_targeted": 50, "summary": MARKUP, "external_ref": { "source": "fts", "ref": "7" }, "objectives": [
                { "kind": "saving_lives", "requirement": money("3.00"), "people_targeted": 5,
                  "groups": ["refugees"], "description": MARKUP, "activity_areas": [MARKUP] }] }),
    )
}

/// A row of the public list of plans.
pub(super) fn plan() -> Value {
    row("/v1/public/plans", plan_fields())
}

fn of_country() -> Value {
    row("/v1/public/countries", with(totals(), json!({ "country": "AFG", "year": 2020 })))
}

pub(super) fn update() -> Value {
    row(
        "/v1/public/updates",
        json!({ "id": ID, "plan_id": ID, "plan_name": MARKUP, "title": MARKUP,
        "body": "<script>x</script>", "language": "en", "published_at": INSTANT }),
    )
}

/// What the plans of a year need and have received, and the parts of its funding.
fn of_year() -> Value {
    let plans = json!({ "plan_count": 3, "requirement": money("100.00"), "funding": money("40.00"),
        "in_year": money("30.00"), "other_years": money("4.00"), "elsewhere": money("5.00"),
        "several_plans": money("1.00"), "gap": money("60.00"), "coverage_percent": "40.0" });
    let parts = json!({ "plans": money("30.00"), "within_plans": money("2.00"), "other_plans": money("3.00"),
        "outside_plans": money("15.00") });
    with(totals(), json!({ "year": 2020, "plans": plans, "parts": parts }))
}

/// A row of the list of years.
fn funded_year() -> Value {
    row("/v1/public/years", with(of_year(), json!({ "by_earmarking": by_earmarking() })))
}

/// The parts of a figure, as the handlers make them.
pub(super) fn figure_parts() -> Value {
    json!([{ "key": "in-countries", "amount": money("30.00"), "figure": null },
           { "key": "elsewhere", "amount": money("5.00"), "figure": "shared_of_plans|2020" }])
}

/// A division as the handlers make it of a list.
pub(super) fn division() -> Value {
    json!({ "marks": [{ "label": "x", "value": 1.0, "shown": "1" }],
            "rows": [{ "name": "x", "stated": true, "funding": money("1.00"), "flow_count": 1 }] })
}

pub(super) fn columns() -> Value {
    json!([{ "label": "2020", "value": 5.0, "shown": "5" }])
}

fn home(_: Language) -> Value {
    json!({
        "away": false, "updates": [update()], "year": 2020, "years": [2021, 2020], "countries": [of_country()],
        "plans": [plan()], "of_year": funded_year(), "plan_parts": figure_parts(), "year_parts": figure_parts(),
        "map_data": [{ "code": "AFG", "value": 1.0, "label": "A", "link": "/x" }],
        "classes": [{ "class": 1, "from": "0" }, { "class": 2, "from": "1" }], "most": money("50.00"),
    })
}

fn country(_: Language) -> Value {
    let funding = with(
        totals(),
        json!({ "country": "AFG", "year": 2020, "donor_count": 2, "outside_plans": money("0.00"), "by_plan": by_plan(),
        "of_which_ours": of_which_ours(), "of_which_allocated": { "funding": money("1.00"), "flow_count": 1 },
        "by_donor": by_donor(), "by_recipient": parts(&json!({})), "by_earmarking": by_earmarking() }),
    );
    json!({
        "donor_types": division(), "iso3": "AFG", "year": 2020, "years": [2021, 2020], "most_plan": money("1.00"),
        "most_donor": money("1.00"), "most_recipient": money("1.00"), "earmarking": division(),
        "differing": [by_plan()[0]], "funding": answer("/v1/public/funding", funding),
    })
}

fn plans(_: Language) -> Value {
    json!({
        "list": list("/v1/public/plans", &[plan()]), "filter": { "q": MARKUP, "country": "AFG", "year": null },
        "filter_query": "q=x", "problem": super::refusal("year"), "years": [2020], "countries": ["AFG"],
    })
}

fn plan_page(_: Language) -> Value {
    let page = with(
        plan_fields(),
        json!({ "by_donor": by_donor(), "by_earmarking": by_earmarking(), "of_which_ours": of_which_ours(),
        "of_which_allocated": { "funding": money("4.00"), "flow_count": 2 },
        "by_recipient": parts(&json!({})), "donor_count": 2, "counted": {
            "by_country_year": [{ "country": "AFG", "year": 2020, "funding": money("9.00"), "flow_count": 1 }],
            "elsewhere": { "funding": money("2.00"), "flow_count": 1 },
            "several_plans": { "funding": money("0.00"), "flow_count": 0 } } }),
    );
    json!({
        "parts": figure_parts(), "donor_types": division(), "updates": [update()], "most_objective": money("3.00"), "most_donor": money("1.00"),
        "most_recipient": money("1.00"), "earmarking": division(), "plan": answer("/v1/public/plans/{id}", page),
    })
}

fn donors(_: Language) -> Value {
    let donor = with(totals(), json!({ "id": ID, "name": MARKUP, "type": "government" }));
    json!({
        "list": list("/v1/public/donors", &[donor]), "filter": { "q": null, "scope": "all" }, "filter_query": "scope=all",
        "problem": null, "most": money("3.00"),
    })
}

/// What a donor gave, as the public, the donor and its staff get it.
pub(super) fn donor_funding() -> Value {
    let of_part = with(totals(), json!({ "external_ref": "7", "name": MARKUP }));
    with(
        totals(),
        json!({ "donor_id": ID, "donor_name": MARKUP, "donor_type": "government", "elsewhere": totals(),
        "scope": "ours", "organisation": MARKUP,
        "by_year": [with(totals(), json!({ "year": 2020 }))],
        "by_country_year": [with(totals(), json!({ "year": 2020, "country": "AFG" }))],
        "by_plan": [with(of_part.clone(), json!({ "plan_id": ID }))], "by_earmarking": [of_part] }),
    )
}

fn donor(_: Language) -> Value {
    json!({
        "earmarking": division(), "columns_data": columns(), "most_plan": money("1.00"),
        "rows": donor_funding()["by_country_year"], "plans": donor_funding()["by_plan"],
        "funding": answer("/v1/public/donors/{id}", donor_funding()),
    })
}

fn flows(_: Language) -> Value {
    let flow = json!({ "all_others": false, "donor_id": ID, "donor_name": MARKUP, "plan_id": null, "plan_name": null,
        "funding": money("3.00"), "flow_count": 1 });
    let funding = with(
        of_year(),
        json!({ "by_donor": by_donor(), "by_earmarking": by_earmarking(), "by_plan": by_plan(), "flows": [flow],
        "of_which_ours": of_which_ours() }),
    );
    let mark = |label: &str| json!({ "label": label, "value": 1.0, "shown": "1" });
    json!({
        "year": 2020, "years": [2020], "donor_types": division(), "earmarking": division(),
        "year_parts": figure_parts(), "sankey_data": { "from": [mark(MARKUP)], "to": [mark("b")],
                         "links": [{ "from": 0, "to": 0, "value": 1.0, "shown": "1" }] },
        "funding": answer("/v1/public/years/{year}", funding),
    })
}

fn archive(_: Language) -> Value {
    let part = json!({ "label": "x", "value": 1.0, "shown": "1", "funding": money("1.00") });
    let stack =
        json!({ "label": "2020", "shown": "1", "parts": [part], "year": 2020, "funding": money("1.00") });
    json!({
        "series_data": { "stacks": [stack], "names": [MARKUP] },
        "multiples": { "countries": [{ "country": "AFG", "marks": columns(), "funding": [money("1.00")] }],
                       "years": [2020], "most": 1.0, "latest": 2020 },
        "rows": [funded_year()],
    })
}

/// What the search over all that is public finds.
pub(super) fn found() -> Value {
    let place = json!({ "country": "AFG", "year": 2020, "funding": money("3.00") });
    let found = json!({
        "did_you_mean": MARKUP,
        "countries": [{ "country": "AFG", "year": 2020, "funding": money("3.00") },
                      { "country": "TCD", "year": null, "funding": null }],
        "plans": [{ "id": ID, "name": MARKUP, "requirement": money("100.00"), "funding": money("10.00"),
                    "coverage_percent": "10.0" }],
        "donors": [{ "id": ID, "name": MARKUP, "name_fr": null, "name_es": null, "type": "government",
                     "funding": money("1234567.89") }],
        "organisations": [{ "external_ref": "88", "name": MARKUP, "funding": money("10.00"), "flow_count": 2,
                            "places": [place] }],
    });
    answer("/v1/public/search", found)
}

fn search(_: Language) -> Value {
    json!({ "q": MARKUP, "found": found() })
}

fn figures(_: Language) -> Value {
    let figure = |question: &str| {
        json!({ "question": question, "year": 2020, "country": "AFG", "plan_id": ID, "plan_name": MARKUP,
            "donor_id": null, "donor_name": MARKUP, "amount": money("3.50"), "percent": null, "flow_count": 3,
            "address": "/v1/public/funding?country=AFG&year=2020", "pointer": "/funding", "as_of": INSTANT })
    };
    let none = json!({ "amount": null, "flow_count": null });
    let rows = [
        figure("reported_to_country_for_plan"),
        with(figure("gap_of_plan"), none.clone()),
        with(with(figure("coverage_of_plan"), none), json!({ "percent": "49.9" })),
    ];
    let mut list = list("/v1/public/figures", &rows);
    for row in list["items"].as_array_mut().unwrap() {
        row["key"] = figures::key_of(row);
    }
    json!({
        "list": list, "filter": { "year": "2020", "question": null }, "filter_query": "year=2020", "problem": null,
        "years": [2020], "year": "2020", "questions": figures::QUESTIONS,
    })
}
