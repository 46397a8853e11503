//! What somebody sets for themselves: language, time zone, notifications, the office to work in.

use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{Typed, time_zones},
    ids::Id,
    nav::{Group, NavEntry},
    session,
    visit::{Anybody, Form, PageResult, Reader, Staff, Visit},
};
use actix_web::web::{self, Bytes, ServiceConfig};
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] =
    &[NavEntry { permission: None, path: "/profile", key: "profile", group: Group::Plain, position: 20 }];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/profile", web::get().to(show))
        .route("/profile", web::post().to(save))
        .route("/console/office", web::get().to(offices))
        .route("/console/office", web::post().to(switch_office));
}

/// Notifications that can be switched off.
const MUTABLE: [&str; 4] = ["due_in_30_days", "due_in_7_days", "submit", "accept"];

async fn form_page(reader: &Reader, me: &Value, problem: Value) -> PageResult {
    let saved = reader.request.query_string().contains("saved");
    let zones = time_zones();
    let context = json!({ "me": me, "problem": problem, "zones": zones, "mutable": MUTABLE, "saved": saved });
    reader.page("account/profile.html", context).await
}

/// What is recorded of the reader, with its version.
async fn recorded(reader: &Reader) -> Result<Value, PageError> {
    let (mut me, version) = reader.versioned("/v1/me").await?;
    me["version"] = version.into();
    Ok(me)
}

async fn show(reader: Reader) -> PageResult {
    form_page(&reader, &recorded(&reader).await?, Value::Null).await
}

async fn save(form: Form<Anybody>) -> PageResult {
    let typed = &form.typed;
    let shown = typed.all("shown");
    let muted: Vec<&str> = MUTABLE.into_iter().filter(|kind| !shown.contains(kind)).collect();
    // An unticked box is not sent; where there is no box, nothing is said of it.
    let mail = typed.some("mail_asked").map(|_| typed.some("mail").is_some());
    let sent = json!({
        "language": typed.text("language"), "time_zone": typed.some("time_zone"), "muted": muted, "mail": mail,
    });
    let guard = Guard::Version(typed.text("version"));
    match form.submit(Method::PUT, "/v1/me", &sent, guard).await? {
        Ok(_) => {
            // It is saved, whatever becomes of this session.
            if let Err(error) = renew(&form, None).await {
                tracing::warn!(%error, "the session keeps the former profile");
            }
            form.see_other("/profile?saved=1")
        }
        Err(problem) => {
            let mut me = recorded(&form).await?;
            for name in ["language", "time_zone", "muted", "mail"] {
                me[name] = sent[name].clone();
            }
            form_page(&form, &me, problem).await
        }
    }
}

/// Asks again who is signed in.
async fn renew<W>(visit: &Visit<W>, office: Option<&str>) -> Result<(), PageError> {
    let signed_in = visit.signed_in.as_ref().ok_or(PageError::NotFound)?;
    session::renew(&visit.state, &visit.request, signed_in, office).await.map(drop)
}

/// The offices that somebody may work in.
async fn offices(staff: Staff) -> PageResult {
    let me = staff.get("/v1/me", &()).await?;
    staff.page("account/office.html", json!({ "me": me })).await
}

/// Goes on in another office of the same person.
async fn switch_office(staff: Staff, body: Bytes) -> PageResult {
    let office = Id::read(Typed::read(&body).text("office_id")).ok_or(PageError::NotFound)?;
    renew(&staff, Some(office.as_str())).await?;
    staff.see_other("/console")
}
