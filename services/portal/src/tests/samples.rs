//! What every page is given in the tests: markup wherever people can write.

use crate::i18n::Language;
use serde_json::{Value, json};

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
        "format": "csv", "source": "erp", "columns": [{ "heading": "<b>No</b>", "field": null },
            { "heading": "Who", "field": "donor" }],
        "created_at": "2020-02-03T00:00:00Z", "finished_at": null, "message": "m" });
    let donor = json!({ "id": "d", "name": "Norway", "type": "government", "segment": "traditional", "country": "NOR",
        "status": "active", "external_refs": [{ "source": "fts", "ref": "1" }], "version": 1,
        "updated_at": "2020-02-03T00:00:00Z" });
    let row = json!({ "number": 1, "file": "a.json", "pointer": "/data/flows/0", "external_ref": null,
        "verdict": "rejected", "errors": [{ "pointer": "/id", "code": "required", "detail": "is required" }], "warnings": [] });
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
        "formats": ["csv", "xlsx", "iati", "fts"], "format": "csv", "fields": ["external_ref", "donor"],
        "missing": ["external_ref"],
        "donor_types": division, "map_data": [{ "code": "AFG", "value": 1.0, "label": "A", "link": "/x" }], "plan_count": 3,
        "classes": [{ "class": 1, "from": "0" }, { "class": 2, "from": "1" }],
        "problem": { "title": "t", "detail": "d", "code": "invalid_field",
                     "errors": [{ "pointer": "/x", "code": "negative", "detail": "y" }] }, "may_import": true,
        "donors": { "items": [donor] },
    })
}

/// An agreement, a report, and what else the pages about them are given.
fn agreements_and_reports() -> Value {
    let part = json!({ "due_date": "2026-01-31", "amount": money("60.00"), "condition": "<b>bold</b>", "paid": money("10.00"),
        "state": "part_paid" });
    let terms = json!({ "end_date": "2026-12-31", "amount": money("100.00") });
    let agreement = json!({
        "id": "g", "version": 3, "office_id": "o", "reference": "AGR-2026-00001", "donor_id": "d",
        "donor_name": "<script>alert(1)</script>", "state": "active", "signed_on": "2026-01-02", "title": "<b>bold</b>",
        "start_date": "2026-01-01", "end_date": "2027-03-31", "amount": money("100.00"), "overhead_percent": "7",
        "earmarking": "softly_earmarked", "modality": "F", "countries": ["AFG"], "visibility": "donor",
        "visibility_clause": "<i>logo</i>", "reporting": { "template": "eight_plus_three" }, "instalments": [part],
        "payments": [part], "received": { "pledged": money("0.00"), "committed": money("5.00"), "paid": money("10.00"),
            "outstanding": money("90.00"), "other_currency_records": 0 },
        "amendments": [{ "number": 1, "kind": "no_cost_extension", "reason": "<b>bold</b>", "requested_on": "2026-03-01",
            "late": true, "terms_before": terms, "recorded_at": "2026-03-02T00:00:00Z" }],
    });
    let document = json!({ "id": "f", "name": "<b>bold</b>.pdf", "size": 20_000 });
    let report = |kind: &str, state: &str| {
        json!({
            "id": "r", "version": 2, "office_id": "o", "agreement_id": "g", "agreement_reference": "AGR-2026-00001",
            "agreement_title": "<b>bold</b>", "donor_name": "<i>donor</i>", "kind": kind, "period_start": "2026-01-01",
            "period_end": "2026-06-30", "due_date": "2026-09-11", "first_due_date": "2026-08-11", "state": state,
            "overdue": true, "submitted_at": "2026-08-01T10:00:00Z", "sections": ["overall_performance", "visibility"],
            "content": { "sections": { "overall_performance": "<script>x</script>" }, "remarks": "<b>bold</b>" },
            "financial": { "agreed": money("100.00"), "received": money("10.00"), "expenditure": money("7.00"),
                "overhead": money("0.46"), "balance": money("3.00") },
            "documents": [document], "steps": [{ "action": "return", "comment": "<b>bold</b>",
                "taken_at": "2026-08-02T10:00:00Z" }],
        })
    };
    let told = json!({ "id": "n", "kind": "overdue", "report_id": "r", "report_kind": "final_narrative",
        "due_date": "2026-09-11", "title": "<b>bold</b>", "read": false, "created_at": "2026-09-12T00:00:00Z" });
    let punctual = json!({ "id": "o", "name": "<b>bold</b>", "due": 4, "on_time": 3, "late": 0, "overdue": 1,
        "on_time_percent": "75.0", "median_days_late": 2, "due_soon": 1 });
    let mark = |label: &str| json!({ "label": label, "value": 1.0, "shown": "1" });
    json!({
        "agreement": agreement, "report": report("eight_plus_three", "drafting"),
        "reports": { "items": [report("final_narrative", "returned")] }, "told": { "items": [told] }, "place": "/console/reports/",
        "shown": ["donor", "state", "start", "end", "amount", "earmarking", "country"],
        "every_column": ["donor", "state"], "sort_query": "state=active", "file_query": "state=active",
        "may_write": true, "writes": true, "may_extend": true, "steps": ["endorse", "return"], "typed": {}, "choices": [],
        "weeks": [[{ "date": "2026-11-01", "day": 1, "inside": false, "today": true,
            "reports": [report("interim_financial", "scheduled")] }]], "first": "2026-11-01", "before": "2026-10",
        "after": "2026-12", "days": ["2026-01-05"], "offices": { "items": [punctual] },
        "sankey_data": { "from": [mark("<b>bold</b>")], "to": [mark("b")], "links": [{ "from": 0, "to": 0, "value": 1.0,
            "shown": "1" }] },
        "me": { "name": "<b>bold</b>", "email": "a@b.c", "version": 1, "language": "en", "time_zone": "Africa/Ndjamena",
            "muted": ["submit"], "mail": false, "offices": [{ "id": "o", "name": "<b>bold</b>" }] },
        "zones": ["Africa/Ndjamena"], "mutable": ["submit", "accept"], "saved": true, "latest": "n", "focal": {
            "name": "<b>bold</b>", "office": "o", "email": "a@b.c" }, "today": "2026-11-25", "owed": true, "calendar": "http://x/c.ics",
        "recent": [{ "path": "/console/donors/d", "title": "<b>bold</b>" }], "updates": [{ "plan_id": "p",
            "plan_name": "<b>bold</b>", "title": "<b>bold</b>", "body": "<script>x</script>", "language": "en",
            "published_at": "2026-11-01T00:00:00Z" }],
    })
}

/// What a donor adds to a figure.
fn giving() -> Value {
    json!({ "donor_id": "d", "donor_name": "<b>bold</b>", "donor_type": "government", "segment": "traditional",
        "year": 2020, "amount": money("3.00"), "share_percent": "12.5", "records": 2 })
}

/// What the dashboard of diversification is given.
fn diversification() -> Value {
    let part = json!({ "label": "x", "value": 1.0, "shown": "1", "key": "government", "amount": money("3.00"),
        "share_percent": "100.0", "count": 1 });
    let stack =
        json!({ "label": "2020", "shown": "1", "parts": [part], "year": 2020, "total": money("3.00") });
    let divisions: Vec<Value> = ["type", "segment", "earmarking", "region"]
        .map(|name| json!({ "name": name, "stacks": [stack], "names": [part] }))
        .to_vec();
    let measures = json!({ "year": 2020, "total": money("3.00"), "records": 2, "donors": 1, "top_10": money("3.00"),
        "top_10_share_percent": "100.0", "herfindahl": 10_000, "flexible": money("1.00"),
        "flexible_share_percent": "33.3", "multi_year": money("1.00"), "multi_year_share_percent": null,
        "new_donors": 1, "new_amount": money("3.00"), "lapsed_donors": 0, "lapsed_amount": money("0.00") });
    let share = json!([{ "label": "2020", "value": 33.3, "shown": "33.3" }]);
    json!({ "any": true, "chosen": measures, "top": { "items": [giving()] }, "offices": [{ "id": "o", "name": "<b>bold</b>" },
        { "id": "p", "name": "<i>other</i>" }], "office_id": "o", "office_name": "<b>bold</b>", "from": 2020, "to": 2020,
        "divisions": divisions, "flexible_data": share, "top_data": share, "measures": [measures],
        "period_query": "office_id=o", "office_query": "office_id=o", "name": "x", "key_name": "<b>bold</b>",
        "names": ["top_donors", "by_type", "by_earmarking", "by_region", "year_on_year"], "report": "by_type" })
}

/// What a page is given in this test.
pub(super) fn context_of(page: &str, language: Language) -> Value {
    let mut context = sample();
    context["lang"] = language.as_str().into();
    for (name, value) in agreements_and_reports().as_object().unwrap() {
        context[name] = value.clone();
    }
    let report = context["reports"]["items"][0].clone();
    context["list"] = match page {
        "pages/donor/contributions.html" | "pages/console/contributions.html" => {
            json!({ "items": [context["contribution"]], "next_cursor": "n" })
        }
        "pages/console/rates.html" => {
            json!({ "items": [{ "currency": "NOK", "month": "2026-03", "rate": "10.5",
            "date": "2026-03-31", "source": "<b>bold</b>" }], "next_cursor": "n" })
        }
        "pages/plans.html" => json!({ "items": [context["plan"]], "next_cursor": "n" }),
        "pages/console/imports.html" => json!({ "items": [context["import"]], "next_cursor": "n" }),
        "pages/console/donors.html" => json!({ "items": [context["donor"]], "next_cursor": "n" }),
        "pages/console/agreements.html" | "pages/donor/agreements.html" => {
            json!({ "items": [context["agreement"]], "next_cursor": "n" })
        }
        "pages/console/reports.html" | "pages/donor/reports.html" => {
            json!({ "items": [report], "next_cursor": "n" })
        }
        "pages/console/donor-timeline.html" => {
            let item = |kind: &str| {
                json!({ "at": "2026-11-01T10:00:00Z", "kind": kind, "record_id": "x",
                "title": "<b>bold</b>", "amount": money("1.00") })
            };
            json!({ "items": [item("contribution_paid"), item("report_submit"), item("agreement_amended"),
                item("donor_merged")], "next_cursor": "n" })
        }
        "pages/console/diversification-donors.html" => json!({ "items": [giving()], "next_cursor": "n" }),
        "pages/console/diversification-contributions.html" => {
            json!({ "items": [context["contribution"]], "next_cursor": "n" })
        }
        "pages/console/governance.html" => {
            json!({ "items": [{ "year": 2020, "key": "d", "name": "<b>bold</b>",
            "amount": money("3.00"), "share_percent": "100.0", "count": 2, "previous": money("4.00"),
            "change": money("-1.00"), "change_percent": "-25.0", "is_total": true }] })
        }
        "pages/notifications.html" => json!({ "items": context["told"]["items"], "next_cursor": "n" }),
        "pages/console/publication.html" => {
            let finding = |record: &str, severity: &str, rule: &str| {
                json!({ "activity": "<b>bold</b>", "record_type": record, "record_id": "g", "record": "<b>bold</b>",
                    "rule": rule, "severity": severity, "path": "sector", "held_back": severity == "error" })
            };
            let items =
                [finding("agreement", "error", "6.2.2"), finding("contribution", "warning", "107.1.1")];
            json!({ "items": items, "next_cursor": "n" })
        }
        "pages/donors.html" => {
            let mut donor = context["donor"].clone();
            (donor["funding"], donor["pledges"], donor["flow_count"]) =
                (money("3.00"), money("1.00"), json!(1));
            json!({ "items": [donor], "next_cursor": "n" })
        }
        _ => json!({ "items": [] }),
    };
    if page.starts_with("pages/console/diversification") || page == "pages/console/governance.html" {
        for (name, value) in diversification().as_object().unwrap() {
            context[name] = value.clone();
        }
    }
    match page {
        "pages/donor/contributions.html" => {
            (context["years"], context["countries"]) = (context["funding"]["by_year"].take(), json!(["AFG"]));
        }
        "pages/console/contribution.html" => {
            let entry = json!({ "number": 1, "kind": "moved_out", "amount": money("-1.00"), "amount_usd": money("-1.00"),
                "booked_on": "2026-01-01", "counterpart_id": "c", "reason": "<b>bold</b>" });
            context["entries"] = json!({ "items": [entry] });
            context["children"] = json!({ "items": [context["contribution"]] });
            let more = json!({ "status": "pledge", "standing": "current", "version": 1, "amount": money("5.00"),
                "agreement_id": "g", "parent_id": "c", "replaces_id": "c", "exchange_difference_usd": money("-1.00"),
                "usage_split": [{ "year": 2026, "amount": money("5.00") }],
                "valuation": { "method": "market_price", "valued_on": "2026-01-01", "quantity": "3", "unit": "<b>bold</b>" } });
            for (name, value) in more.as_object().unwrap() {
                context["contribution"][name] = value.clone();
            }
            context["countries"] = json!(["AFG"]);
            context["typed"] = json!({ "step": "write-off", "reason": "<b>bold</b>" });
        }
        "pages/console/contribution-form.html" => {
            context["countries"] = json!(["AFG"]);
            context["typed"] =
                json!({ "agreement_id": "g", "agreement": "AGR-2026-00001", "contribution_type": "in_kind" });
            context["choices"] = json!([context["donor"]]);
        }
        "pages/console/donor-form.html" => {
            context["countries"] = json!(["AFG"]);
            context["typed"] =
                json!({ "name": "\"><b>bold</b>", "regions": ["asia"], "earmarking": "earmarked" });
        }
        "pages/console/donor-duplicates.html" => {
            context["candidates"] = json!({ "items": [{ "donor_id": "e", "name": "<b>bold</b>", "type": "government",
                "country": "NOR", "score": 92, "reasons": [{ "reason": "other_name", "points": 82 },
                { "reason": "other_country", "points": -30 }] }] });
            context["merges"] = json!({ "items": [{ "id": "m", "version": 1, "duplicate_name": "<b>bold</b>",
                "reason": "<b>bold</b>", "contributions": 2, "agreements": 1, "reports": 4,
                "merged_at": "2026-11-01T10:00:00Z", "undone_at": null }] });
        }
        "pages/console/agreement.html" | "pages/donor/agreement.html" => {
            context["documents"] = json!({ "items": [{ "id": "f", "name": "<b>bold</b>.pdf", "size": 20_000,
                "visibility": "donor" }] });
        }
        "pages/console/signature-rule.html" => {
            context["rule"] = json!({ "version": 1, "threshold_usd": money("50000.00") });
        }
        "pages/console/contributions.html" => context["countries"] = json!(["AFG"]),
        "pages/console/rates.html" => {
            context["taken"] = json!({ "rows": 3, "created": 1, "changed": 1, "unchanged": 0, "rejected": 1,
                "errors": [{ "pointer": "/rows/1/Rate", "code": "not_a_number", "detail": "is not a decimal number" }], "dry_run": true });
        }
        "pages/console/donor.html" | "pages/console/contact.html" => {
            let contact = json!({ "id": "k", "donor_id": "d", "version": 2, "name": "<b>bold</b>", "post": "<b>bold</b>",
                "unit": "<b>bold</b>", "languages": ["fr", "en"], "email": "a@b.c", "phone": "+41 22", "address": "<b>bold</b>",
                "notes": "<script>x</script>", "liaison_post": "<b>bold</b>", "valid_from": "2026-01-01",
                "valid_until": "2026-12-31", "may_be_contacted": false, "erased": null, "updated_at": "2026-02-03T00:00:00Z",
                "consent": { "basis": "legitimate_interest", "given_on": "2026-01-01", "withdrawn_on": "2026-02-01" } });
            (context["may_read_contacts"], context["may_write_contacts"]) = (json!(true), json!(true));
            context["contacts"] = json!({ "items": [contact], "next_cursor": "n" });
            context["contact"] = contact;
        }
        "pages/console/reports-board.html" => {
            context["stages"] = json!([{ "name": "drafting", "cards": [report] }]);
        }
        "pages/console/agreement-form.html" => {
            context["problem"]["status"] = json!(412);
            context["meanwhile"] = json!([{ "field": "title", "now": "<b>bold</b>" }]);
            context["rows"] = json!([0, 1]);
            context["countries"] = json!(["AFG"]);
        }
        "pages/console/reports-punctuality.html" => context["donors"] = context["offices"].clone(),
        "pages/donor/overview.html" => context["owed"] = context["reports"].clone(),
        "pages/console/publication.html" => {
            context["publishes"] = json!(true);
            context["summary"] =
                json!({ "activities": 3, "published": 2, "held_back": 1, "errors": 1, "warnings": 1 });
            context["typed"] = json!({ "version": 1, "organisation_ref": "<b>bold</b>", "language": "fr" });
        }
        "pages/donor.html" => context["most_plan"] = money("1.00"),
        "pages/resume.html" => context["fields"] = json!([["title", "\"><b>bold</b>"]]),
        "pages/flows.html" => {
            context["funding"]["flows"] = json!([{ "donor_id": "d", "donor_name": "<b>bold</b>", "plan_id": null,
                "plan_name": null, "funding": money("3.00"), "flow_count": 1 }]);
        }
        "pages/plan.html" => {
            context["plan"]["objectives"] = json!([{ "kind": "saving_lives", "requirement": money("3.00"),
                "people_targeted": 5, "groups": ["refugees"], "description": "<b>bold</b>",
                "activity_areas": ["<b>bold</b>"] }]);
            context["most_objective"] = money("3.00");
        }
        "pages/archive.html" => {
            let part = json!({ "label": "x", "value": 1.0, "shown": "1", "funding": money("1.00") });
            let stack = json!({ "label": "2020", "shown": "1", "parts": [part], "year": 2020, "funding": money("1.00") });
            context["series_data"] = json!({ "stacks": [stack], "names": ["<b>bold</b>"] });
            context["multiples"] = json!({ "countries": [{ "country": "AFG", "marks": context["columns_data"],
                "funding": [money("1.00")] }], "years": [2020], "most": 1.0, "latest": 2020 });
            context["rows"] = json!([{ "year": 2020, "plan_count": 1, "required": money("9.00"),
                "funded": money("3.00"), "received": money("4.00"), "coverage": "33.3" }]);
        }
        "pages/search.html" | "pages/plans.html" => context["countries"] = json!(["AFG"]),
        "pages/console/search.html" => {
            context["plans"] = json!({ "items": [context["plan"]] });
            context["agreements"] = json!({ "items": [context["agreement"]] });
            context["people"] = json!({ "items": [{ "name": "<b>bold</b>", "email": "a@b.c" }] });
        }
        "pages/console/style-guide.html" => {
            for (name, value) in crate::pages::style_guide_sample(language).as_object().unwrap() {
                context[name] = value.clone();
            }
        }
        "pages/console/home.html" => {
            for part in ["mine", "review", "clear", "overdue"] {
                context[part] = context["reports"].clone();
            }
            for part in ["negotiated", "ending"] {
                context[part] = json!({ "items": [context["agreement"]] });
            }
            context["plans"] = json!({ "items": [context["plan"]] });
        }
        _ => {}
    }
    context
}
