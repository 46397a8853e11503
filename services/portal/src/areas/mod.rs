//! The pages, a folder for each area of the site: its routes, its handlers, its entries in the menu.

mod account;
pub(crate) mod console;
mod donor_portal;
pub(crate) mod public;

use crate::{
    assets,
    error::{PageError, not_found},
    nav::Entries,
};
use actix_web::web::{self, ServiceConfig};

#[cfg(test)]
pub(crate) use console::settings::style_guide::sample as style_guide_sample;

/// The menus of the site: those of the public pages, of an account, of the donor portal, of the console.
pub(crate) const PUBLIC: Entries = &[public::NAV];
pub(crate) const ACCOUNT: Entries = &[account::NAV];
pub(crate) const DONOR_PORTAL: Entries = &[donor_portal::NAV];
pub(crate) const CONSOLE: Entries = console::NAV;

/// Maximum size of a form, in bytes.
const MAX_FORM_BYTES: usize = 4 * 1024 * 1024;

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        // A donor report has eleven sections of up to 20,000 characters, in any script.
        .app_data(web::FormConfig::default().limit(MAX_FORM_BYTES))
        .app_data(web::PayloadConfig::default().limit(MAX_FORM_BYTES))
        // An address that no page can have, such as one with something else in place of an id.
        .app_data(web::PathConfig::default().error_handler(|_, _| PageError::NotFound.into()))
        .app_data(web::QueryConfig::default().error_handler(|_, _| PageError::NotFound.into()))
        .route("/assets/{version}/{name}", web::get().to(assets::serve))
        .configure(public::configure)
        .configure(account::configure)
        .configure(donor_portal::configure)
        .configure(console::configure)
        .default_service(web::to(not_found));
}
