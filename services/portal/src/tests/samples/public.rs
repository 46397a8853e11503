//! Samples of the public pages.

use super::{
    ID, INSTANT, MARKUP, Sample,
    document::{answer, list, row},
    money, with,
};
use crate::i18n::Language;
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
];

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
    parts(&json!({ "plan_id": ID, "requirement": money("100.00"), "coverage_percent": "10.0" }))
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
        "plan_count": 3, "plans": [plan()],
        "map_data": [{ "code": "AFG", "value": 1.0, "label": "A", "link": "/x" }],
        "classes": [{ "class": 1, "from": "0" }, { "class": 2, "from": "1" }], "required": money("100.00"),
        "funded": money("40.00"), "gap": money("60.00"), "coverage": "40.0", "received": money("50.00"),
        "most": money("50.00"), "flow_count": 3,
    })
}

fn country(_: Language) -> Value {
    let funding = with(
        totals(),
        json!({ "country": "AFG", "year": 2020, "donor_count": 2, "by_plan": by_plan(), "of_which_ours": of_which_ours(),
        "by_donor": by_donor(), "by_recipient": parts(&json!({})), "by_earmarking": by_earmarking() }),
    );
    json!({
        "donor_types": division(), "iso3": "AFG", "year": 2020, "years": [2021, 2020], "most_plan": money("1.00"),
        "most_donor": money("1.00"), "most_recipient": money("1.00"), "earmarking": division(),
        "funding": answer("/v1/public/funding", funding),
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
        "by_recipient": parts(&json!({})), "donor_count": 2 }),
    );
    json!({
        "donor_types": division(), "updates": [update()], "most_objective": money("3.00"), "most_donor": money("1.00"),
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
    let of_part = with(totals(), json!({ "external_ref": "7", "name": MARKUP, "plan_id": ID }));
    with(
        totals(),
        json!({ "donor_id": ID, "donor_name": MARKUP, "donor_type": "government", "elsewhere": totals(),
        "scope": "ours", "organisation": MARKUP,
        "by_year": [with(totals(), json!({ "year": 2020 }))],
        "by_country_year": [with(totals(), json!({ "year": 2020, "country": "AFG" }))],
        "by_plan": [of_part], "by_earmarking": [of_part] }),
    )
}

fn donor(_: Language) -> Value {
    json!({
        "earmarking": division(), "columns_data": columns(), "most_plan": money("1.00"),
        "funding": answer("/v1/public/donors/{id}", donor_funding()),
    })
}

fn flows(_: Language) -> Value {
    let flow = json!({ "all_others": false, "donor_id": ID, "donor_name": MARKUP, "plan_id": null, "plan_name": null,
        "funding": money("3.00"), "flow_count": 1 });
    let funding = with(
        totals(),
        json!({ "year": 2020, "by_donor": by_donor(), "by_earmarking": by_earmarking(), "of_which_ours": of_which_ours(),
        "by_plan": by_plan(), "flows": [flow] }),
    );
    let mark = |label: &str| json!({ "label": label, "value": 1.0, "shown": "1" });
    json!({
        "year": 2020, "years": [2020], "donor_types": division(), "earmarking": division(),
        "sankey_data": { "from": [mark(MARKUP)], "to": [mark("b")],
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
        "rows": [{ "year": 2020, "plan_count": 1, "required": money("9.00"), "funded": money("3.00"),
                   "received": money("4.00"), "coverage": "33.3" }],
    })
}

fn search(_: Language) -> Value {
    let donor = with(totals(), json!({ "id": ID, "name": MARKUP, "type": "government" }));
    json!({ "q": MARKUP, "plans": [plan()], "countries": ["AFG"], "donors": list("/v1/public/donors", &[donor]) })
}
