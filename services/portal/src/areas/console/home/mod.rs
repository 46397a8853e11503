//! The start page of the office console, and its search.

mod search;
mod work;

use crate::nav::{Group, NavEntry};
use actix_web::web::{self, ServiceConfig};

/// Its entry in the menu.
pub(crate) const NAV: &[NavEntry] =
    &[NavEntry { permission: None, path: "/console", key: "console", group: Group::Work }];

pub(crate) fn configure(config: &mut ServiceConfig) {
    config.route("/console", web::get().to(work::show)).route("/console/search", web::get().to(search::show));
}
