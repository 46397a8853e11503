//! Accepting an invitation: a password, and the first sign-in.

use super::sign_in::see_other;
use crate::{
    error::PageError,
    session,
    visit::{PageResult, Visitor},
};
use actix_web::{
    http::StatusCode,
    web::{self, ServiceConfig},
};
use serde::Deserialize;
use serde_json::json;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/invitation", web::get().to(form)).route("/invitation", web::post().to(accept));
}

#[derive(Deserialize)]
struct Invitation {
    token: Option<String>,
}

async fn form(visitor: Visitor, invitation: web::Query<Invitation>) -> PageResult {
    let context = json!({ "token": invitation.token, "error": null });
    visitor.page("account/invitation.html", context).await
}

#[derive(Deserialize)]
struct Acceptance {
    token: String,
    password: String,
    again: String,
}

async fn accept(visitor: Visitor, form: web::Form<Acceptance>) -> PageResult {
    let error = match accepted(&visitor, &form).await {
        Ok(home) => return Ok(see_other(home)),
        Err(Refusal::Differ) => "passwords-differ",
        Err(Refusal::Page(PageError::Refused(problem))) if problem.status == 422 => {
            let at_password = problem.errors.iter().any(|error| error.pointer == "/password");
            if at_password { "password-length" } else { "invitation-gone" }
        }
        Err(Refusal::Page(error)) => return Err(error),
    };
    let context = json!({ "token": form.token, "error": error });
    let mut shown = visitor.page("account/invitation.html", context).await?;
    *shown.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(shown)
}

enum Refusal {
    Differ,
    Page(PageError),
}

/// Where the new member starts.
async fn accepted(visitor: &Visitor, form: &Acceptance) -> Result<&'static str, Refusal> {
    if form.password != form.again {
        return Err(Refusal::Differ);
    }
    let body = json!({ "token": form.token, "password": form.password });
    let accepted = visitor.state.gateway.post(&visitor.caller, "/v1/invitations/accept", &body).await;
    let accepted = accepted.map_err(Refusal::Page)?;
    let email = accepted["email"].as_str().unwrap_or_default();
    let signed_in = session::sign_in(&visitor.state, &visitor.request, email, &form.password).await;
    Ok(signed_in.map_err(Refusal::Page)?.home())
}
