//! Every component in every state, with invented figures: what pages are made of, for those who make them.

use crate::{
    i18n::Language,
    lists::added,
    people::no_person,
    permissions,
    steps::{Field, Kind, Step, Steps, offering},
    unearmarked::{ReadBy, became, with_stages},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/style-guide", web::get().to(show));
}

/// Steps of each shape, with every kind of field.
const STEPS: Steps = Steps {
    list: "reports",
    once: true,
    steps: &[
        Step::dialog("sample-one", "agreement-do-sign").about("agreement-sign-about"),
        Step::quiet("sample-two", "report-do-return").fields(&[Field::required(
            "comment",
            "comment",
            Kind::Long,
        )]),
        Step::panel("sample-three", "contribution-do-allot").about("contribution-allot-about").fields(&[
            Field::required("on", "on-day", Kind::PastDate),
            Field::free("amount", "amount", Kind::Part),
            Field::free("exchange_rate", "exchange-rate", Kind::Rate),
            Field::free("countries", "countries", Kind::Countries),
            Field::free("plan_ids", "plans", Kind::Plans),
            Field::optional("usage_years", "usage-years", Kind::Years),
            Field::optional("signatory", "signatory", Kind::Line),
            Field::required("sure", "erase-sure", Kind::Sure),
        ]),
    ],
};

async fn show(staff: Staff) -> PageResult {
    staff.page("console/settings/style-guide.html", sample(staff.language)).await
}

/// What the components are given.
pub(crate) fn sample(language: Language) -> Value {
    let money = |amount: &str| json!({ "amount": amount, "currency": "USD" });
    let mark = |label: &str, amount: &str| crate::draw::mark(language, label, &money(amount));
    let share = |name: Value, amount: &str, flows: i64| json!({ "name": name, "external_ref": null, "funding": money(amount), "flow_count": flows });
    let plan = |name: &str, requirement: &str, funding: &str, coverage: Value| {
        json!({ "id": "0", "name": name, "requirement": money(requirement), "funding": money(funding),
                "coverage_percent": coverage })
    };
    let contribution = |status: &str| {
        json!({ "id": "0", "status": status, "description": "0123456789 العربية ትግርኛ ".repeat(4), "amount": money("1234567.00"),
                "donor_name": "ΑΒΓ", "recipient": "ΔΕΖ", "destination_objects": [{ "kind": "Plan", "name": "2026" }],
                "amount_usd": money("1234567.00"), "decision_date": "2026-02-03", "countries": ["TCD", "AFG"],
                "usage_years": [2026], "external_ref": { "source": "fts", "ref": "1" } })
    };
    let import = |state: &str| {
        json!({ "id": "0", "state": state, "files": ["2026.json"], "created_at": "2026-02-03T00:00:00Z", "read": 1200,
                "created": 1000, "updated": 150, "unchanged": 40, "rejected": 10 })
    };
    let place =
        |code: &str, value: f64| json!({ "code": code, "value": value, "label": code, "link": "#map" });
    let contributions = ["paid", "commitment", "pledge"].map(contribution);
    let imports = ["queued", "applying", "checked", "done", "refused", "failed"].map(import);
    let agreement = |state: &str| {
        json!({ "id": "0", "reference": "AGR-2026-00001", "title": "0123456789 العربية ትግርኛ", "donor_name": "ΑΒΓ",
                "state": state, "start_date": "2026-01-01", "end_date": "2026-12-31", "amount": money("1234567.00"),
                "earmarking": "softly_earmarked", "countries": ["TCD"] })
    };
    let report = |kind: &str, state: &str, overdue: bool| {
        json!({ "id": "0", "agreement_reference": "AGR-2026-00001", "agreement_title": "العربية", "donor_name": "ΑΒΓ",
                "kind": kind, "period_start": "2026-01-01", "period_end": "2026-06-30", "due_date": "2026-09-11",
                "first_due_date": "2026-08-11", "state": state, "overdue": overdue })
    };
    let told = |kind: &str, read: bool| {
        json!({ "id": "0", "kind": kind, "report_id": "0", "report_kind": "final_narrative", "due_date": "2026-09-11",
                "title": "AGR-2026-00001", "read": read, "created_at": "2026-09-12T00:00:00Z" })
    };
    let objective = |kind: &str, amount: &str| {
        json!({ "kind": kind, "requirement": money(amount), "people_targeted": 40_000, "groups": ["refugees", "returnees"],
                "description": "0123456789", "activity_areas": ["ABC"] })
    };
    let link = |from: usize, to: usize, amount: &str| {
        let mut link = mark("", amount);
        (link["from"], link["to"]) = (from.into(), to.into());
        link
    };
    let stack = |year: &str, one: &str, two: &str| json!({ "label": year, "shown": year, "parts": [mark("A", one), mark("B", two)] });
    let agreements = ["draft", "negotiation", "signed", "active", "closed", "cancelled"].map(agreement);
    let states =
        ["scheduled", "drafting", "regional_review", "hq_clearance", "submitted", "accepted", "returned"];
    let reports = states.map(|state| report("interim_narrative", state, state == "returned"));
    let stages = ["scheduled", "drafting", "regional_review", "hq_clearance", "submitted"].map(|state| {
        let late = state == "drafting";
        json!({ "name": state, "cards": if state == "submitted" { vec![] } else { vec![report("final_financial", state, late)] } })
    });
    let record = json!({ "id": "0", "version": 1, "amount": { "amount": "1234567.00", "currency": "EUR" } });
    let steps = STEPS.shown((language, "2026-02-03"), &record, &["sample-one", "sample-two", "sample-three"]);
    let steps = offering(steps, &[json!({ "id": "0", "name": "2026" })]);
    let samples = json!({
        "sample_agreements": agreements, "sample_steps": steps,
        "sample_choices": permissions::choices(&json!(["plans:read", "plans:write"]), |name| name != "plans:write"),
        "sample_held": permissions::held(&json!(["plans:read", "plans:write", "agreements:read"])),
        "sample_reports": reports, "sample_stages": stages,
        "sample_told": [told("overdue", false), told("send", false), told("return", true)],
        "sample_updates": [{ "plan_id": "0", "plan_name": "2026", "title": "العربية", "body": "0123456789", "language": "en",
                             "published_at": "2026-11-01T00:00:00Z" }],
        "sample_objectives": [objective("saving_lives", "900000.00"), objective("solutions", "300000.00"),
                              objective("regular_pathways", "100000.00")],
        "sample_sankey": { "from": [mark("A", "900000.00"), mark("B", "300000.00")],
                           "to": [mark("C", "700000.00"), mark("D", "500000.00")],
                           "links": [link(0, 0, "700000.00"), link(0, 1, "200000.00"), link(1, 1, "300000.00")] },
        "sample_series": [stack("2025", "500000.00", "100000.00"), stack("2026", "900000.00", "300000.00")],
        "sample_problem": { "status": 422, "errors": [{ "field": "amount", "code": "not_above_zero" }] },
        "sample_stale": { "status": 412, "errors": [] }, "sample_typed": { "amount": "-1", "currency": "EUR" },
        "sample_plans": [plan("2026", "248000000.00", "35853000.00", json!("14.5")),
                         plan("2025", "1000000.00", "1500000.00", json!("150.0")), plan("2024", "0.00", "0.00", Value::Null)],
        "sample_contributions": contributions,
        "sample_imports": imports,
        "sample_shares": [share(json!("2026"), "900000.00", 9), share(Value::Null, "100000.00", 1)],
        "sample_division": { "marks": [mark("2025", "96055000.00"), mark("2026", "144157000.00")], "rows": [
            { "name": "2025", "stated": true, "funding": money("96055000.00"), "flow_count": 9 },
            { "name": "2026", "stated": false, "funding": money("144157000.00"), "flow_count": 1 }] },
        "sample_most": money("900000.00"),
        "sample_columns": [mark("2024", "75588000.00"), mark("2025", "96055000.00"), mark("2026", "144157000.00")],
        "sample_places": [place("TCD", 5e5), place("SDN", 5e6), place("ETH", 5e7), place("AFG", 5e8), place("UKR", 5e9),
                          place("MDV", 5e6)],
        "sample_list": { "next_cursor": "c" },
    });
    let people = [("0", "a@example.org"), ("1", "b@example.org")]
        .map(|(id, email)| json!({ "id": id, "name": "ΑΒΓ", "email": email }));
    let figures = json!({
        "sample_timeline": {
            "rows": [{ "label": "ΑΒΓ", "shown": "2026", "from": 5.0, "to": 40.0, "decides": 60.0, "class": "part-0" },
                     { "label": "ΔΕΖ", "shown": "2026", "from": 70.0, "to": 95.0, "decides": null, "class": "part-2" }],
            "ticks": [{ "at": 0.0, "label": "2026-01" }, { "at": 50.0, "label": "2026-02" }], "today": 30.0,
            "today_label": "2026-01-20" },
        "sample_named": { "sample-person": "ΑΒΓ", "sample-person_id": "0", "sample-people": "ΑΒΓ" },
        "sample_unclear": no_person("sample-people", &people), "sample_people": people,
        "sample_link": { "url": "https://example.org/0123456789", "expires_at": "2026-11-25T09:30:00Z", "mailed": true,
                         "reset": false },
        "sample_figure": money("601000000.00"),
        "sample_parts": [{ "key": "in-countries", "amount": money("600000000.00"), "figure": null },
                         { "key": "elsewhere", "amount": money("1000000.00"), "figure": null }],
        "sample_totals": { "funding": money("601000000.00"), "paid": money("600000000.00"),
                           "commitments": money("1000000.00"), "pledges": money("2000.00"), "record_count": 9 },
        "sample_figures": [{ "question": "reported_to_country", "country": "TCD", "year": 2026, "plan_id": null,
                             "plan_name": null, "donor_id": null, "donor_name": null, "amount": money("500000.50"),
                             "percent": null, "flow_count": 9, "address": "#map", "pointer": null,
                             "as_of": "2026-11-25T09:30:00Z", "key": null }],
        "sample_found": { "countries": [{ "country": "TCD", "year": 2026, "funding": money("500000.00") }], "plans": [],
                          "organisations": [{ "name": "ΑΒΓ", "funding": money("500000.00"), "flow_count": 9,
                                              "places": [{ "country": "TCD", "year": 2026 }] }] },
    });
    added(added(samples, figures), unearmarked(language))
}

/// What became of a contribution.
fn unearmarked(language: Language) -> Value {
    let money = |amount: &str| json!({ "amount": amount, "currency": "USD" });
    let (none, spent) = (money("0.00"), money("400000.00"));
    let used = json!({ "proposal_id": "0", "reference": "MIR-2026-00042", "title": "ΑΒΓ", "countries": ["TCD"],
        "state": "disbursing", "reserved": none, "allocated": money("300000.00"), "disbursed": money("100000.00"),
        "spent": spent, "returned": none,
        "results": [{ "indicator": "ΑΒΓ", "target": "12,000", "reached": "11,480" },
                    { "indicator": "ΑΒΓ", "target": "300", "reached": null }] });
    let stop = |kind: &str, amount: &str, project: &Value| {
        json!({ "on": "2026-02-03", "kind": kind, "amount": money(amount), "project": project, "to_project": null,
            "reason": null })
    };
    let stops = [
        stop("received", "1000000.00", &Value::Null),
        stop("allocated", "800000.00", &used),
        stop("disbursed", "500000.00", &used),
        stop("spent", "400000.00", &used),
    ];
    let given = json!({ "contribution_id": "0", "earmarking": "unearmarked", "received_on": "2026-02-03",
        "use_by": "2027-12-31", "received": money("1000000.00"), "uncovered": none, "available": money("200000.00"),
        "uses": [added(used.clone(), json!({ "share": "80.00" }))], "stops": stops });
    let given = added(given, used);
    json!({
        "sample_became": became(language, &given, ReadBy::Staff),
        "sample_given": with_stages(language, std::slice::from_ref(&given)), "sample_uses": given,
    })
}
