//! Samples of the settings.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, made},
    money,
};
use crate::{areas, i18n::Language};
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/settings/signature-rule.html", context: signature_rule },
    Sample { template: "console/settings/clearance-rule.html", context: clearance_rule },
    Sample { template: "console/settings/exchange-rates.html", context: exchange_rates },
    Sample { template: "console/settings/publication.html", context: publication },
    Sample { template: "console/settings/style-guide.html", context: areas::style_guide_sample },
    Sample { template: "console/settings/who-we-are.html", context: who_we_are },
    Sample { template: "console/settings/vulnerability-index.html", context: vulnerability_index },
];

fn signature_rule(_: Language) -> Value {
    let rule = json!({ "version": 1, "threshold_usd": money("50000.00"), "updated_at": INSTANT });
    json!({
        "rule": answer("/v1/signature-rule", rule), "typed": { "threshold_usd": MARKUP },
        "problem": super::refusal("threshold_usd"), "may_write": true,
    })
}

fn clearance_rule(_: Language) -> Value {
    let rule =
        json!({ "version": 1, "donor_types": ["civil_society", "private_sector"], "updated_at": INSTANT });
    json!({
        "rule": answer("/v1/clearance-rule", rule), "problem": super::refusal("donor_types"), "may_write": true,
    })
}

fn vulnerability_index(_: Language) -> Value {
    let countries = json!([{ "country": "TCD", "index": "8.7" }]);
    let table = json!({ "version": 1, "source": MARKUP, "year": 2026, "countries": countries, "updated_at": INSTANT });
    json!({
        "table": answer("/v1/vulnerability-index", table), "rows": countries, "version": "1",
        "problem": super::refusal("countries"), "wrong_line": MARKUP, "may_write": true,
        "typed": { "version": "1", "source": MARKUP, "year": "2026", "countries": "TCD,8.7" },
    })
}

fn who_we_are(_: Language) -> Value {
    let setting =
        json!({ "version": 1, "names": [MARKUP], "fts_organisation_ids": ["2986"], "updated_at": INSTANT });
    let progress = json!({ "done": false, "total": 484, "compared": 200, "changed": 3, "to_link": 0, "started_at": INSTANT,
        "finished_at": null });
    json!({
        "setting": answer("/v1/recipient", setting), "version": "1", "problem": super::refusal("names"),
        "typed": { "version": "1", "names": MARKUP, "fts_organisation_ids": "2986" }, "may_write": true,
        "progress": answer("/v1/recipient/progress", progress),
    })
}

fn exchange_rates(_: Language) -> Value {
    let rate = json!({ "currency": "NOK", "month": "2026-03", "rate": "10.5", "date": DAY, "source": MARKUP,
        "recorded_at": INSTANT });
    let taken = json!({ "rows": 3, "created": 1, "changed": 1, "unchanged": 0, "rejected": 1, "dry_run": true,
        "errors": [{ "pointer": "/rows/1/Rate", "code": "not_a_number", "detail": "is not a decimal number" }] });
    json!({
        "list": list("/v1/exchange-rates", &[rate]), "filter": { "currency": "NOK", "from": "2026-03" },
        "filter_query": "currency=NOK", "problem": super::refusal("file"), "key": "k", "may_write": true,
        "taken": made("/v1/exchange-rates", taken),
    })
}

fn publication(_: Language) -> Value {
    let finding = |record: &str, severity: &str, rule: &str| {
        json!({ "activity": MARKUP, "record_type": record, "record_id": ID, "record": MARKUP, "rule": rule,
                "severity": severity, "path": "sector", "detail": MARKUP, "held_back": severity == "error" })
    };
    let findings = [
        finding("agreement", "error", "6.2.2"),
        finding("contribution", "warning", "107.1.1"),
        finding("allocation", "error", "6.2.2"),
    ];
    let summary = json!({ "activities": 3, "published": 2, "held_back": 1, "errors": 1, "warnings": 1 });
    let settings = json!({ "version": 1, "organisation_ref": MARKUP, "organisation_type": "40", "language": "fr",
        "contact_email": "a@b.example", "sector": "72010", "flow_type": "10", "finance_type": "110",
        "aid_type": "C01", "tied_status": "5", "updated_at": INSTANT });
    json!({
        "typed": answer("/v1/publication", settings), "version": "1", "problem": super::refusal("sector"),
        "publishes": true, "summary": answer("/v1/publication/summary", summary),
        "list": list("/v1/publication/findings", &findings), "filter": { "severity": "error" }, "filter_query": "severity=error",
        "saved": true, "may_write": true,
    })
}
