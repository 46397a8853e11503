//! Samples of the audit trail.

use super::{DAY, ID, INSTANT, MARKUP, Sample, document::list, with};
use crate::{areas::console::audit::list::sample_rows, i18n::Language};
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/audit/list.html", context: of_a_person },
    Sample { template: "console/audit/list.html", context: of_somebody },
];

fn entry(more: Value) -> Value {
    let entry = json!({ "office_id": ID, "sequence": 7, "at": INSTANT, "actor_kind": "person", "actor_id": ID,
        "action": "donor.update", "resource": "donor", "resource_id": ID, "before": { "name": MARKUP, "version": 1 },
        "after": { "name": "<script>x</script>", "version": 2 }, "trace_id": ID, "hash": "0".repeat(64) });
    with(entry, more)
}

fn page(more: Value) -> Value {
    let fields = json!({ "name": MARKUP, "type": "government", "country": "NOR", "status": "active", "terms": { "title": MARKUP } });
    let system = json!({ "actor_kind": "system", "actor_id": null, "action": "import.finish", "resource": "import",
        "before": null, "after": fields, "trace_id": null });
    let newer = json!({ "actor_kind": "client", "actor_id": "0199a1b2-0000-7000-8000-000000000009",
        "action": "case.open", "resource": "case", "before": null, "after": null });
    let entries = [entry(json!({})), entry(json!({ "actor_kind": "donor" })), entry(system), entry(newer)];
    let mut shown = list("/v1/audit/donors", &entries);
    shown["items"] = sample_rows(&entries, (ID, MARKUP)).into();
    let context = json!({
        "list": shown, "filter_query": "trail=donors", "problem": null, "trail": "donors",
        "trails": ["identity", "donors", "crisis", "allocations"], "offices": [{ "id": ID, "name": MARKUP }],
        "resources": [{ "id": "donor", "name": "Donor" }], "actions": [{ "id": "donor.update", "name": "Donor updated" }],
        "filter": { "trail": "donors", "office_id": ID, "who": null, "actor_id": null, "resource": "donor",
                    "resource_id": null, "action": "donor.update", "from": DAY, "to": DAY },
        "choices": null, "actor": null,
    });
    with(context, more)
}

fn of_a_person(_: Language) -> Value {
    let mut context =
        page(json!({ "actor": { "id": ID, "name": MARKUP }, "problem": super::refusal("from") }));
    (context["filter"]["actor_id"], context["filter"]["resource_id"]) = (ID.into(), ID.into());
    context
}

fn of_somebody(_: Language) -> Value {
    page(json!({ "choices": [{ "id": ID, "name": MARKUP }] }))
}
