//! Samples of contacts.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, row},
    donors, with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/contacts/show.html", context: show },
    Sample { template: "console/contacts/form.html", context: form },
];

fn fields() -> Value {
    json!({ "id": ID, "donor_id": ID, "office_id": ID, "version": 2, "name": MARKUP, "post": MARKUP, "unit": MARKUP,
        "languages": ["fr", "en"], "email": "a@b.example", "phone": "+41 22", "address": MARKUP,
        "notes": "<script>x</script>", "liaison_post": MARKUP, "valid_from": DAY, "valid_until": DAY,
        "may_be_contacted": false, "erased": null, "created_at": INSTANT, "updated_at": INSTANT,
        "consent": { "basis": "legitimate_interest", "given_on": DAY, "withdrawn_on": DAY } })
}

/// A row of a donor's list of contacts.
pub(super) fn contact() -> Value {
    row("/v1/donors/{id}/contacts", fields())
}

fn show(language: Language) -> Value {
    let contact = answer("/v1/contacts/{id}", fields());
    json!({
        "steps": super::steps(language, "contacts", &contact), "contact": contact, "donor": donors::one(),
        "problem": super::refusal("erase-sure"), "asked": "erase", "typed": { "reason": "request_of_person" },
        "may_write": true,
    })
}

fn form(_: Language) -> Value {
    let typed = with(
        fields(),
        json!({ "languages": MARKUP, "basis": "consent", "given_on": DAY,
        "withdrawn_on": DAY }),
    );
    json!({ "donor": donors::one(), "id": ID, "typed": typed, "problem": super::refusal("name"), "key": "k" })
}
