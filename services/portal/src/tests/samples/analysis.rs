//! Samples of the analysis.

use super::{
    ID, MARKUP, Sample, contributions,
    document::{answer, list},
    donors, money,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/analysis/diversification.html", context: diversification },
    Sample { template: "console/analysis/donors.html", context: giving_donors },
    Sample { template: "console/analysis/contributions.html", context: counted },
    Sample { template: "console/analysis/governance.html", context: governance },
];

/// What donors add to a figure.
fn giving() -> Value {
    let row = json!({ "donor_id": ID, "donor_name": MARKUP, "donor_type": "government", "segment": "traditional",
        "year": 2020, "amount": money("3.00"), "share_percent": "12.5", "records": 2 });
    list("/v1/diversification/rows", &[row])
}

fn measures() -> Value {
    let part = json!({ "key": "government", "amount": money("3.00"), "share_percent": "100.0", "count": 1 });
    let measures = json!({ "year": 2020, "total": money("3.00"), "records": 2, "donors": 1, "top_10": money("3.00"),
        "top_10_share_percent": "100.0", "herfindahl": 10_000, "flexible": money("1.00"),
        "flexible_share_percent": "33.3", "multi_year": money("1.00"), "multi_year_share_percent": null,
        "new_donors": 1, "new_amount": money("3.00"), "lapsed_donors": 0, "lapsed_amount": money("0.00"),
        "by_type": [part], "by_segment": [part], "by_earmarking": [part], "by_region": [part] });
    let answered = json!({ "office_id": ID, "office_name": MARKUP, "scope": "ours", "years": [measures] });
    answer("/v1/diversification", answered)["years"][0].clone()
}

pub(super) fn offices() -> Value {
    let office = |name: &str| {
        json!({ "id": ID, "version": 1, "code": "HQ", "name": name, "kind": "headquarters",
                "state": "open", "created_at": super::INSTANT })
    };
    list("/v1/offices", &[office(MARKUP), office("<i>other</i>")])["items"].clone()
}

fn diversification(_: Language) -> Value {
    let part = json!({ "label": "x", "value": 1.0, "shown": "1", "key": "government", "amount": money("3.00"),
        "share_percent": "100.0", "count": 1 });
    let stack =
        json!({ "label": "2020", "shown": "1", "parts": [part], "year": 2020, "total": money("3.00") });
    let divisions: Vec<Value> = ["type", "segment", "earmarking", "region"]
        .map(|name| json!({ "name": name, "stacks": [stack], "names": [part] }))
        .to_vec();
    let share = json!([{ "label": "2020", "value": 33.3, "shown": "33.3" }]);
    json!({
        "any": true, "chosen": measures(), "top": giving(), "offices": offices(), "office_id": ID,
        "office_name": MARKUP, "scope": "all", "from": 2020, "to": 2020, "divisions": divisions, "flexible_data": share,
        "top_data": share, "measures": [measures()], "period_query": "office_id=o", "office_query": "office_id=o",
    })
}

fn giving_donors(_: Language) -> Value {
    json!({
        "list": giving(), "filter": {}, "filter_query": "year=2020", "problem": null, "year": "2020", "name": "x",
        "key_name": MARKUP, "office_query": "office_id=o",
    })
}

fn counted(_: Language) -> Value {
    json!({
        "list": list("/v1/contributions", &[contributions::contribution()]), "filter": {}, "filter_query": "year=2020",
        "problem": null, "donor": donors::one(), "year": "2020", "office_query": "office_id=o",
    })
}

fn governance(_: Language) -> Value {
    let line = json!({ "year": 2020, "key": "d", "name": MARKUP, "amount": money("3.00"), "share_percent": "100.0",
        "count": 2, "previous": money("4.00"), "change": money("-1.00"), "change_percent": "-25.0" });
    let mut report = list("/v1/governance-reports/{report}", &[line]);
    report["items"][0]["is_total"] = true.into();
    json!({
        "list": report, "names": ["top_donors", "by_type", "by_earmarking", "by_region", "year_on_year"],
        "report": "by_type", "offices": offices(), "office_id": ID, "from": "2020", "to": "2020", "scope": null,
        "period_query": "office_id=o",
    })
}
