//! Signing in and out, invitations, and what somebody sets for themselves.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod invitation;
pub(crate) mod notifications;
pub(crate) mod profile;
pub(crate) mod sign_in;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[notifications::NAV, profile::NAV];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(invitation::configure)
        .configure(notifications::configure)
        .configure(profile::configure)
        .configure(sign_in::configure);
}
