//! The pages, a folder for each area of the site. A file has its handlers, its routes (`configure`) and its entries in the
//! menu (`NAV`); the lists of files put them together.

use crate::{
    assets,
    error::{PageError, not_found},
    nav::Menu,
};
use actix_web::web::{self, ServiceConfig};

#[cfg(test)]
pub(crate) use console::settings::style_guide::sample as style_guide_sample;

/// The menus of the site: those of the public pages, of an account, of the donor portal, of the console.
pub(crate) const PUBLIC: Menu = &[public::NAV];
pub(crate) const ACCOUNT: Menu = &[account::NAV];
pub(crate) const DONOR_PORTAL: Menu = &[donor_portal::NAV];
pub(crate) const CONSOLE: Menu = console::NAV;

/// Maximum size of a form, in bytes.
const MAX_FORM_BYTES: usize = 4 * 1024 * 1024;

/// Everything that the site serves.
pub(crate) fn site(config: &mut ServiceConfig) {
    config
        // A donor report has eleven sections of up to 20,000 characters, in any script.
        .app_data(web::FormConfig::default().limit(MAX_FORM_BYTES))
        .app_data(web::PayloadConfig::default().limit(MAX_FORM_BYTES))
        // An address that no page can have, such as one with something else in place of an id.
        .app_data(web::PathConfig::default().error_handler(|_, _| PageError::NotFound.into()))
        .app_data(web::QueryConfig::default().error_handler(|_, _| PageError::NotFound.into()))
        .route("/assets/{version}/{name}", web::get().to(assets::serve))
        .configure(configure)
        .default_service(web::to(not_found));
}

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod account;
pub(crate) mod console;
pub(crate) mod donor_portal;
pub(crate) mod public;

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(account::configure)
        .configure(console::configure)
        .configure(donor_portal::configure)
        .configure(public::configure);
}
