//! Samples of donors' representatives.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, row},
    donors, people, with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/representatives/list.html", context: representatives },
    Sample { template: "console/representatives/show.html", context: show },
    Sample { template: "console/representatives/form.html", context: invite },
    Sample { template: "console/representatives/form.html", context: edit },
];

fn fields() -> Value {
    json!({ "id": ID, "version": 2, "donor_id": ID, "donor_name": MARKUP, "name": MARKUP, "email": "a@b.example",
        "language": "fr", "state": "expired", "access_until": DAY, "invitation_expires_at": null,
        "suspended_at": null, "last_sign_in_at": INSTANT, "created_at": INSTANT })
}

/// A row of the list of representatives.
pub(super) fn representative() -> Value {
    row("/v1/representatives", fields())
}

fn one() -> Value {
    answer("/v1/representatives/{id}", fields())
}

fn representatives(_: Language) -> Value {
    let endless = with(representative(), json!({ "access_until": null, "last_sign_in_at": null }));
    json!({
        "list": list("/v1/representatives", &[representative(), endless]), "filter_query": "q=x", "problem": null,
        "filter": { "q": MARKUP, "state": "active", "expiring_before": DAY, "donor_id": ID },
        "donor": donors::one(), "may_write": true,
    })
}

fn show(language: Language) -> Value {
    let person = one();
    json!({
        "steps": super::steps(language, "representatives", &person), "person": person, "donor": donors::one(),
        "may_write": true, "problem": super::refusal("ask-restore"), "asked": "restore", "typed": {},
        "done": "saved", "link": people::link(),
    })
}

fn invite(_: Language) -> Value {
    json!({
        "typed": { "donor": MARKUP, "donor_id": ID, "name": MARKUP, "email": MARKUP, "language": "es",
            "access_until": DAY },
        "problem": super::refusal("access_until"), "choices": [donors::donor()], "person": null,
        "invited": { "id": ID, "name": MARKUP, "link": people::link() }, "key": "k", "first_day": DAY,
        "last_day": DAY,
    })
}

fn edit(language: Language) -> Value {
    let typed = json!({ "name": MARKUP, "language": "es", "access_until": DAY, "version": 2 });
    with(invite(language), json!({ "typed": typed, "person": one(), "invited": null }))
}
