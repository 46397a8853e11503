//! Signing in and out, and accepting an invitation.

use crate::{
    State,
    error::{PageError, or_error_page},
    i18n::PageLanguage,
    render::{Page, page},
    session::{self, anonymous},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, Data},
};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub(crate) struct Next {
    next: Option<String>,
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

fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("location", location)).finish()
}

pub(crate) async fn sign_in_form(
    request: HttpRequest,
    state: Data<State>,
    next: web::Query<Next>,
) -> HttpResponse {
    let context = json!({
        "next": local_path(next.next.as_deref()), "email": "", "error": null, "kept_to": null, "kept": null,
    });
    or_error_page(
        page(&state, &request, None, Page { template: "pages/sign-in.html", context }),
        &request,
        &state,
    )
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    email: String,
    password: String,
    next: Option<String>,
    /// Where a form goes that was filled in when the sign-in had ended, and what stood in it.
    kept_to: Option<String>,
    kept: Option<String>,
}

pub(crate) async fn sign_in(
    request: HttpRequest,
    state: Data<State>,
    form: web::Form<Credentials>,
) -> HttpResponse {
    let next = local_path(form.next.as_deref());
    match session::sign_in(&state, &request, form.email.trim(), &form.password).await {
        Ok(_) if local_path(form.kept_to.as_deref()).is_some() => resume(&request, &state, &form),
        Ok(signed_in) => {
            let home = format!("{}{}", PageLanguage::of(&request, None).prefix(), signed_in.home());
            see_other(next.unwrap_or(&home))
        }
        Err(PageError::Refused(problem)) if problem.status < 500 => {
            let error = if problem.status == 429 { "sign-in-wait" } else { "sign-in-wrong" };
            let context = json!({
                "next": next, "email": form.email, "error": error, "kept_to": form.kept_to, "kept": form.kept,
            });
            let shown = page(&state, &request, None, Page { template: "pages/sign-in.html", context });
            let mut response = or_error_page(shown, &request, &state);
            *response.status_mut() =
                if problem.status == 429 { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNAUTHORIZED };
            response
        }
        Err(error) => error.answer(&request, &state),
    }
}

/// The form that was filled in before the sign-in had ended, to send it again.
fn resume(request: &HttpRequest, state: &State, form: &Credentials) -> HttpResponse {
    let typed = super::forms::Typed::read(form.kept.as_deref().unwrap_or_default().as_bytes());
    let context = json!({ "to": form.kept_to, "fields": typed.0 });
    or_error_page(page(state, request, None, Page { template: "pages/resume.html", context }), request, state)
}

pub(crate) async fn sign_out(request: HttpRequest, state: Data<State>) -> HttpResponse {
    session::sign_out(&state, &request).await;
    let prefix = PageLanguage::of(&request, None).prefix();
    let mut response = see_other(if prefix.is_empty() { "/" } else { &prefix });
    super::recent::forget(&mut response);
    response
}

#[derive(Deserialize)]
pub(crate) struct Invitation {
    token: Option<String>,
}

pub(crate) async fn invitation_form(
    request: HttpRequest,
    state: Data<State>,
    invitation: web::Query<Invitation>,
) -> HttpResponse {
    let context = json!({ "token": invitation.token, "error": null });
    or_error_page(
        page(&state, &request, None, Page { template: "pages/invitation.html", context }),
        &request,
        &state,
    )
}

#[derive(Deserialize)]
pub(crate) struct Acceptance {
    token: String,
    password: String,
    again: String,
}

pub(crate) async fn accept_invitation(
    request: HttpRequest,
    state: Data<State>,
    form: web::Form<Acceptance>,
) -> HttpResponse {
    let error = match accept(&request, &state, &form).await {
        Ok(response) => return response,
        Err(Refusal::Differ) => "passwords-differ",
        Err(Refusal::Page(PageError::Refused(problem))) if problem.status == 422 => {
            let at_password = problem.errors.iter().any(|error| error.pointer == "/password");
            if at_password { "password-length" } else { "invitation-gone" }
        }
        Err(Refusal::Page(error)) => return error.answer(&request, &state),
    };
    let context = json!({ "token": form.token, "error": error });
    let shown = page(&state, &request, None, Page { template: "pages/invitation.html", context });
    let mut response = or_error_page(shown, &request, &state);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

enum Refusal {
    Differ,
    Page(PageError),
}

async fn accept(request: &HttpRequest, state: &State, form: &Acceptance) -> Result<HttpResponse, Refusal> {
    if form.password != form.again {
        return Err(Refusal::Differ);
    }
    let body = json!({ "token": form.token, "password": form.password });
    let accepted = state.gateway.post(&anonymous(request), "/v1/invitations/accept", &body).await;
    let accepted = accepted.map_err(Refusal::Page)?;
    let email = accepted["email"].as_str().unwrap_or_default();
    let signed_in = session::sign_in(state, request, email, &form.password).await.map_err(Refusal::Page)?;
    Ok(see_other(signed_in.home()))
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
