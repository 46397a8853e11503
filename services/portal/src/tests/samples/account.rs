//! Samples of signing in and the account.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, row},
    with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "account/sign-in.html", context: sign_in },
    Sample {
        template: "account/invitation.html",
        context: |_| json!({ "token": MARKUP, "error": "passwords-differ" }),
    },
    Sample { template: "account/resume.html", context: resume },
    Sample { template: "account/profile.html", context: profile },
    Sample { template: "account/office.html", context: |_| json!({ "me": me() }) },
    Sample { template: "account/notifications.html", context: notifications },
    Sample {
        template: "error.html",
        context: |_| json!({ "kind": "internal", "status": 500, "trace": "t" }),
    },
];

fn sign_in(_: Language) -> Value {
    json!({ "next": "/donor", "email": MARKUP, "error": "sign-in-wrong", "kept_to": "/x", "kept": "a=b" })
}

fn resume(_: Language) -> Value {
    json!({ "to": "/x", "fields": [["title", "\"><b>bold</b>"]] })
}

fn me() -> Value {
    let named = json!({ "id": ID, "name": MARKUP, "code": "HQ", "kind": "headquarters" });
    let me = json!({ "id": ID, "kind": "person", "name": MARKUP, "email": "a@b.example", "language": "en",
        "time_zone": "Africa/Ndjamena", "muted": ["submit"], "mail": false, "permissions": ["reports:read"],
        "office": named, "offices": [named, named], "organisation": named });
    answer("/v1/me", me)
}

fn profile(_: Language) -> Value {
    json!({
        "me": with(me(), json!({ "version": "1" })), "problem": super::refusal("time_zone"),
        "zones": ["Africa/Ndjamena"], "mutable": ["submit", "accept"], "saved": true,
    })
}

pub(super) fn told() -> Value {
    row(
        "/v1/notifications",
        json!({ "id": ID, "kind": "overdue", "report_id": ID, "report_kind": "final_narrative",
        "due_date": DAY, "title": MARKUP, "read": false, "created_at": INSTANT }),
    )
}

fn notifications(_: Language) -> Value {
    json!({
        "list": list("/v1/notifications", &[told()]), "filter": {}, "filter_query": "", "problem": null,
        "place": "/console/reports/", "latest": ID,
    })
}
