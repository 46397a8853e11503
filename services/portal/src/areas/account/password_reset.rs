//! A new password for whoever forgot theirs: asking for a link, and using it.

use super::links::{Link, Links, NewPassword};
use crate::{
    client::{Guard, Method},
    error::PageError,
    recent, session,
    visit::{PageResult, Visitor},
};
use actix_web::{
    http::StatusCode,
    web::{self, ServiceConfig},
};
use serde::Deserialize;
use serde_json::json;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/forgot-password", web::get().to(question))
        .route("/forgot-password", web::post().to(ask))
        .route("/password-reset", web::get().to(form))
        .route("/password-reset", web::post().to(accept));
}

const RESETS: Links = Links {
    lookup: "/v1/password-resets/lookup",
    accept: "/v1/password-resets/accept",
    template: "account/password-reset.html",
};

#[derive(Deserialize)]
struct Asked {
    sent: Option<String>,
}

async fn question(visitor: Visitor, asked: web::Query<Asked>) -> PageResult {
    let context = json!({ "sent": asked.sent.is_some(), "email": "", "error": null });
    visitor.page("account/forgot-password.html", context).await
}

#[derive(Deserialize)]
struct Address {
    email: String,
}

/// What is answered is the same for every address.
async fn ask(visitor: Visitor, form: web::Form<Address>) -> PageResult {
    let email = form.email.trim();
    let body = json!({ "email": email });
    let sent = visitor.change(Method::POST, "/v1/password-resets", &body, Guard::None).await;
    let (status, error) = match sent {
        Ok(_) => return visitor.see_other("/forgot-password?sent=1"),
        Err(PageError::Refused(problem)) if problem.status == 422 => {
            (StatusCode::UNPROCESSABLE_ENTITY, "reason-not-an-email")
        }
        Err(PageError::Refused(problem)) if problem.status == 429 => {
            (StatusCode::TOO_MANY_REQUESTS, "sign-in-wait")
        }
        Err(error) => return Err(error),
    };
    let context = json!({ "sent": false, "email": email, "error": error });
    let mut shown = visitor.page("account/forgot-password.html", context).await?;
    *shown.status_mut() = status;
    Ok(shown)
}

async fn form(visitor: Visitor, link: web::Query<Link>) -> PageResult {
    RESETS.page(&visitor, link.token.as_deref(), None).await
}

async fn accept(visitor: Visitor, form: web::Form<NewPassword>) -> PageResult {
    match RESETS.accept(&visitor, &form).await? {
        Ok(_) => {
            // All sessions of the account have ended; whatever this browser held is not what goes on.
            session::sign_out(&visitor.state, &visitor.request).await;
            let mut response = visitor.see_other("/sign-in?said=changed")?;
            recent::forget(&mut response);
            Ok(response)
        }
        Err(refusal) => RESETS.refused(&visitor, &form, refusal).await,
    }
}
