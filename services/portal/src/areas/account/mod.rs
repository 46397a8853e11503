//! Signing in and out, invitations, and what somebody sets for themselves.

mod invitation;
mod notifications;
mod profile;
mod sign_in;

use crate::nav::{Group, NavEntry};
use actix_web::web::{self, ServiceConfig};

/// Its entries in the menu.
pub(crate) const NAV: &[NavEntry] = &[
    NavEntry {
        permission: Some("reports:read"),
        path: "/notifications",
        key: "notifications",
        group: Group::Plain,
    },
    NavEntry { permission: None, path: "/profile", key: "profile", group: Group::Plain },
];

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/sign-in", web::get().to(sign_in::form))
        .route("/sign-in", web::post().to(sign_in::sign_in))
        .route("/sign-out", web::post().to(sign_in::sign_out))
        .route("/invitation", web::get().to(invitation::form))
        .route("/invitation", web::post().to(invitation::accept))
        .route("/profile", web::get().to(profile::show))
        .route("/profile", web::post().to(profile::save))
        .route("/notifications", web::get().to(notifications::list))
        .route("/notifications", web::post().to(notifications::mark_read))
        .route("/console/office", web::get().to(profile::offices))
        .route("/console/office", web::post().to(profile::switch_office));
}
