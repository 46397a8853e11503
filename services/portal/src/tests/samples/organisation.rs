//! Samples of the organisation's own page.

use super::{DAY, ID, INSTANT, MARKUP, Sample, document::answer, money, with};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/organisation/show.html", context: show },
    Sample { template: "console/organisation/show.html", context: read },
];

fn organisation() -> Value {
    let organisation = json!({ "id": ID, "version": 1, "code": "HQ", "name": MARKUP,
        "about": { "en": MARKUP, "fr": null, "es": null }, "contact_email": "a@b.example",
        "contact_url": "https://example.org", "postal_address": MARKUP, "licence": "cc_by_igo_3_0",
        "default_language": "fr", "retention": { "accounts_months": 24 },
        "logo": { "media_type": "image/png", "width": 320, "height": 80, "size": 4096, "updated_at": INSTANT },
        "created_at": INSTANT, "updated_at": INSTANT });
    answer("/v1/organisation", organisation)
}

fn show(language: Language) -> Value {
    let recipient =
        json!({ "version": 1, "names": [MARKUP], "fts_organisation_ids": ["2986"], "updated_at": INSTANT });
    let signature = json!({ "version": 1, "threshold_usd": money("50000.00"), "updated_at": INSTANT });
    let clearance = json!({ "version": 1, "donor_types": ["private_sector"], "updated_at": INSTANT });
    let publication = json!({ "version": 1, "organisation_ref": MARKUP, "organisation_type": "40", "language": "fr",
        "contact_email": null, "sector": null, "flow_type": null, "finance_type": null, "aid_type": null,
        "tied_status": null, "updated_at": INSTANT });
    json!({
        "steps": super::steps(language, "organisation", &organisation()),
        "organisation": organisation(), "version": "1", "problem": super::refusal("name"), "saved": true,
        "typed": { "version": "1", "name": MARKUP, "about-en": MARKUP, "about-fr": DAY, "about-es": null,
            "contact_email": "a@b.example", "contact_url": "https://example.org", "postal_address": MARKUP,
            "licence": "cc_by_igo_3_0", "default_language": "fr", "retention-accounts_months": "24" },
        "elsewhere": {
            "recipient": answer("/v1/recipient", recipient), "signature": answer("/v1/signature-rule", signature),
            "clearance": answer("/v1/clearance-rule", clearance),
            "publication": answer("/v1/publication", publication), "has_rates": true, "curates": true,
        },
        "may_write": true,
    })
}

/// The page for whoever may only read it.
fn read(language: Language) -> Value {
    with(show(language), json!({ "problem": null, "may_write": false, "saved": false }))
}
