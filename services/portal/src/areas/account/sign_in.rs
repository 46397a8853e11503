//! Signing in and out.

use crate::{
    error::PageError,
    forms::Typed,
    i18n::PageLanguage,
    recent, session,
    visit::{PageResult, Visitor},
};
use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, ServiceConfig},
};
use serde::Deserialize;
use serde_json::json;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/sign-in", web::get().to(form))
        .route("/sign-in", web::post().to(sign_in))
        .route("/sign-out", web::post().to(sign_out));
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
    /// What led here.
    said: Option<String>,
}

/// The text that says what was done a moment ago.
fn done(said: Option<&str>) -> Option<&'static str> {
    match said? {
        "changed" => Some("sign-in-changed"),
        "everywhere" => Some("sign-in-everywhere"),
        _ => None,
    }
}

/// Only a path of this site; never another address (open redirect).
fn local_path(next: Option<&str>) -> Option<&str> {
    next.filter(|next| {
        next.starts_with('/')
            && !next.starts_with("//")
            && !next.contains('\\')
            && !next.chars().any(char::is_control)
    })
}

pub(crate) fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("location", location)).finish()
}

async fn form(visitor: Visitor, next: web::Query<Next>) -> PageResult {
    let (done, next) = (done(next.said.as_deref()), local_path(next.next.as_deref()));
    let context =
        json!({ "next": next, "done": done, "email": "", "error": null, "kept_to": null, "kept": null });
    visitor.page("account/sign-in.html", context).await
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
    next: Option<String>,
    /// Where a form goes that was filled in when the sign-in had ended, and what stood in it.
    kept_to: Option<String>,
    kept: Option<String>,
}

async fn sign_in(visitor: Visitor, form: web::Form<Credentials>) -> PageResult {
    let next = local_path(form.next.as_deref());
    match session::sign_in(&visitor.state, &visitor.request, form.email.trim(), &form.password).await {
        Ok(_) if local_path(form.kept_to.as_deref()).is_some() => resume(&visitor, &form).await,
        Ok(signed_in) => {
            let home = format!("{}{}", PageLanguage::of(&visitor.request, None).prefix(), signed_in.home());
            Ok(see_other(next.unwrap_or(&home)))
        }
        Err(PageError::Refused(problem)) if problem.status < 500 => {
            let is_throttled = problem.status == 429;
            let error = if is_throttled { "sign-in-wait" } else { "sign-in-wrong" };
            let context = json!({
                "next": next, "email": form.email, "error": error, "kept_to": form.kept_to, "kept": form.kept,
            });
            let mut shown = visitor.page("account/sign-in.html", context).await?;
            *shown.status_mut() =
                if is_throttled { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNAUTHORIZED };
            Ok(shown)
        }
        Err(error) => Err(error),
    }
}

/// The form that was filled in before the sign-in had ended, to send it again.
async fn resume(visitor: &Visitor, form: &Credentials) -> PageResult {
    let typed = Typed::read(form.kept.as_deref().unwrap_or_default().as_bytes());
    // Whoever just signed in is in the header of the page.
    let visitor = Visitor::of(&visitor.request, &visitor.state);
    visitor.page("account/resume.html", json!({ "to": form.kept_to, "fields": typed.0 })).await
}

async fn sign_out(visitor: Visitor) -> HttpResponse {
    session::sign_out(&visitor.state, &visitor.request).await;
    let prefix = PageLanguage::of(&visitor.request, None).prefix();
    let mut response = see_other(if prefix.is_empty() { "/" } else { &prefix });
    recent::forget(&mut response);
    response
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(local_path(Some("/donor?year=2020")), Some("/donor?year=2020"));
        for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\nb"] {
            assert_eq!(local_path(Some(elsewhere)), None);
        }
    }
}
