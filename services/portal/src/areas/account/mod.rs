//! Signing in and out, invitations, forgotten passwords, and what somebody sets for themselves.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod allocation_notices;
pub(crate) mod invitation;
pub(crate) mod links;
pub(crate) mod notifications;
pub(crate) mod password_reset;
pub(crate) mod profile;
pub(crate) mod security;
pub(crate) mod sign_in;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries =
    &[allocation_notices::NAV, notifications::NAV, profile::NAV, security::NAV];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(allocation_notices::configure)
        .configure(invitation::configure)
        .configure(notifications::configure)
        .configure(password_reset::configure)
        .configure(profile::configure)
        .configure(security::configure)
        .configure(sign_in::configure);
}
