//! One's own password and sessions.

use crate::{
    client::{Guard, Method},
    error::PageError,
    ids::{Id, only_ids},
    lists::items,
    nav::{Group, NavEntry},
    recent, session,
    visit::{PageResult, Reader},
};
use actix_web::{
    http::StatusCode,
    web::{self, ServiceConfig},
};
use kernel::{FieldCode, Problem};
use serde::Deserialize;
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: None,
    path: "/account/security",
    key: "security",
    group: Group::Plain,
    position: 30,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/account/security", web::get().to(show))
        .route("/account/security", web::post().to(change))
        .route("/account/sign-out-everywhere", web::post().to(sign_out_everywhere))
        .route(&only_ids("/account/sessions/{id}/end"), web::post().to(end));
}

/// What was done a moment ago.
#[derive(Deserialize)]
struct Said {
    said: Option<String>,
}

/// What is wrong with an input: its id, and the key of the text.
type Wrong = (&'static str, &'static str);

async fn show(reader: Reader, said: web::Query<Said>) -> PageResult {
    let done = match said.said.as_deref() {
        Some("changed") => Some("password-changed"),
        Some("ended") => Some("session-ended"),
        _ => None,
    };
    security_page(&reader, done, None).await
}

async fn security_page(reader: &Reader, done: Option<&str>, wrong: Option<Wrong>) -> PageResult {
    let me = reader.get("/v1/me", &()).await?;
    let listed = reader.get("/v1/me/sessions", &()).await?;
    let sessions: Vec<Value> = items(&listed).iter().map(|session| shown(session, &me)).collect();
    let wrong = wrong.map(|(field, key)| json!({ "field": field, "key": key }));
    let context = json!({ "email": me["email"], "sessions": sessions, "done": done, "wrong": wrong });
    reader.page("account/security.html", context).await
}

/// A session as the page names it: browser and system apart, since languages join them in their own ways, and the office
/// where there are several.
fn shown(session: &Value, me: &Value) -> Value {
    let mut shown = session.clone();
    let known = session["browser"].as_str();
    let (browser, system) = match known.and_then(|known| known.split_once(" on ")) {
        Some((browser, system)) => (Some(browser), Some(system)),
        None => (known, None),
    };
    let offices = me["offices"].as_array().filter(|offices| offices.len() > 1);
    let office = offices.into_iter().flatten().find(|office| office["id"] == session["office_id"]);
    shown["browser"] = browser.into();
    shown["system"] = system.into();
    shown["office"] = office.map_or(Value::Null, |office| office["name"].clone());
    shown
}

#[derive(Deserialize)]
struct Change {
    current_password: String,
    password: String,
    again: String,
}

/// The form is no [`crate::visit::Form`], which would keep what was typed in a page when the session has ended.
async fn change(reader: Reader, form: web::Form<Change>) -> PageResult {
    if form.password != form.again {
        return again(&reader, StatusCode::UNPROCESSABLE_ENTITY, ("again", "passwords-differ")).await;
    }
    let body = json!({ "current_password": form.current_password, "new_password": form.password });
    match reader.change(Method::PUT, "/v1/me/password", &body, Guard::None).await {
        Ok(_) => reader.see_other("/account/security?said=changed"),
        Err(PageError::Refused(problem)) if problem.status == 422 => {
            again(&reader, StatusCode::UNPROCESSABLE_ENTITY, wrong_with(&problem)).await
        }
        Err(PageError::Refused(problem)) if problem.status == 429 => {
            again(&reader, StatusCode::TOO_MANY_REQUESTS, ("current_password", "sign-in-wait")).await
        }
        Err(error) => Err(error),
    }
}

fn wrong_with(problem: &Problem) -> Wrong {
    let at = |pointer: &str| problem.errors.iter().find(|error| error.pointer == pointer);
    match at("/new_password") {
        _ if at("/current_password").is_some() => ("current_password", "password-current-wrong"),
        Some(error) if error.code == FieldCode::NoChange => ("password", "password-same"),
        Some(_) | None => ("password", "password-length"),
    }
}

/// The page again, with what is wrong.
async fn again(reader: &Reader, status: StatusCode, wrong: Wrong) -> PageResult {
    let mut shown = security_page(reader, None, Some(wrong)).await?;
    *shown.status_mut() = status;
    Ok(shown)
}

/// Ends another session. One that has ended meanwhile is what was asked for.
async fn end(reader: Reader, id: web::Path<Id>) -> PageResult {
    let path = format!("/v1/me/sessions/{id}");
    match reader.change(Method::DELETE, &path, &json!({}), Guard::None).await {
        Ok(_) => {}
        Err(PageError::Refused(problem)) if problem.status == 404 => {}
        Err(error) => return Err(error),
    }
    reader.see_other("/account/security?said=ended")
}

async fn sign_out_everywhere(reader: Reader) -> PageResult {
    reader.change(Method::DELETE, "/v1/me/sessions", &json!({}), Guard::None).await?;
    session::forget(&reader.request);
    let mut response = reader.see_other("/sign-in?said=everywhere")?;
    recent::forget(&mut response);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_browser_system_and_office_where_there_are_several() {
        let offices = json!([{ "id": "a", "name": "Kabul" }, { "id": "b", "name": "Herat" }]);
        let session = json!({ "browser": "Samsung Internet on Android", "office_id": "b" });
        let several = shown(&session, &json!({ "offices": offices }));
        assert_eq!(several["browser"], "Samsung Internet");
        assert_eq!((&several["system"], &several["office"]), (&json!("Android"), &json!("Herat")));
        let one = shown(&json!({ "browser": null, "office_id": "a" }), &json!({ "offices": [offices[0]] }));
        assert_eq!(
            (&one["browser"], &one["system"], &one["office"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
    }

    #[test]
    fn what_is_wrong_is_told_at_its_input() {
        let at =
            |pointer: &str, code: FieldCode| wrong_with(&Problem::invalid_field(pointer, code.says("wrong")));
        assert_eq!(at("/current_password", FieldCode::WrongCredentials).0, "current_password");
        assert_eq!(at("/new_password", FieldCode::NoChange), ("password", "password-same"));
        assert_eq!(at("/new_password", FieldCode::TooShort), ("password", "password-length"));
    }
}
