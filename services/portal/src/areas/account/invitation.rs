//! Accepting an invitation: a password, and the first sign-in.

use super::{
    links::{Link, Links, NewPassword},
    sign_in::see_other,
};
use crate::{
    session,
    visit::{PageResult, Visitor},
};
use actix_web::web::{self, ServiceConfig};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/invitation", web::get().to(form)).route("/invitation", web::post().to(accept));
}

const INVITATIONS: Links = Links {
    lookup: "/v1/invitations/lookup",
    accept: "/v1/invitations/accept",
    template: "account/invitation.html",
};

async fn form(visitor: Visitor, link: web::Query<Link>) -> PageResult {
    INVITATIONS.page(&visitor, link.token.as_deref(), None).await
}

async fn accept(visitor: Visitor, form: web::Form<NewPassword>) -> PageResult {
    match INVITATIONS.accept(&visitor, &form).await? {
        // Where the new member starts.
        Ok(email) => {
            let signed_in =
                session::sign_in(&visitor.state, &visitor.request, &email, &form.password).await?;
            Ok(see_other(signed_in.home()))
        }
        Err(refusal) => INVITATIONS.refused(&visitor, &form, refusal).await,
    }
}
