//! Samples of signing in and the account.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, made, row},
    with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "account/sign-in.html", context: sign_in },
    Sample { template: "account/invitation.html", context: |_| link("/v1/invitations/lookup") },
    Sample { template: "account/forgot-password.html", context: forgot_password },
    Sample { template: "account/password-reset.html", context: |_| link("/v1/password-resets/lookup") },
    Sample { template: "account/security.html", context: security },
    Sample { template: "account/resume.html", context: resume },
    Sample { template: "account/profile.html", context: profile },
    Sample { template: "account/office.html", context: |_| json!({ "me": me() }) },
    Sample { template: "account/notifications.html", context: notifications },
    Sample { template: "account/allocation-notices.html", context: allocation_notices },
    Sample {
        template: "error.html",
        context: |_| json!({ "kind": "internal", "status": 500, "trace": "t" }),
    },
];

fn sign_in(_: Language) -> Value {
    json!({
        "next": "/donor", "done": "sign-in-changed", "email": MARKUP, "error": "sign-in-wrong", "kept_to": "/x",
        "kept": "a=b",
    })
}

/// The page of a link that can be used, after a first try.
fn link(lookup: &str) -> Value {
    let purpose = made(lookup, json!({ "email": MARKUP, "expires_at": INSTANT }));
    json!({ "token": MARKUP, "purpose": purpose, "error": "passwords-differ" })
}

fn forgot_password(_: Language) -> Value {
    json!({ "sent": false, "email": MARKUP, "error": "sign-in-wait" })
}

fn security(_: Language) -> Value {
    let session = |browser: Option<&str>, current: bool| {
        row(
            "/v1/me/sessions",
            json!({ "id": ID, "created_at": INSTANT, "last_used_at": INSTANT, "browser": browser, "office_id": ID,
                "current": current }),
        )
    };
    let named = |browser: Option<&str>, system: Option<&str>, current: bool| {
        let parts = json!({ "browser": browser, "system": system, "office": MARKUP });
        with(session(Some("Firefox on Linux"), current), parts)
    };
    json!({
        "email": MARKUP, "done": "password-changed",
        "wrong": { "field": "password", "key": "password-same" },
        "sessions": [
            named(Some("Firefox"), Some("Linux"), true), named(Some("Firefox"), None, false), session(None, false),
        ],
    })
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

fn allocation_notices(_: Language) -> Value {
    let notice = |kind: &str, read: bool| {
        json!({ "id": ID, "kind": kind, "record_id": ID, "title": MARKUP, "is_personal": true, "read": read,
            "created_at": INSTANT })
    };
    let rows = [notice("motion_opened", false), notice("suggestion_made", true)];
    let mut notices = list("/v1/allocation-notices", &rows);
    let pages = ["/console/meetings/x", ""];
    for (notice, page) in notices["items"].as_array_mut().into_iter().flatten().zip(pages) {
        notice["page"] = page.into();
    }
    json!({ "list": notices, "filter": {}, "filter_query": "", "problem": null, "latest": ID })
}
