//! The public crisis platform: no sign-in.

mod archive;
mod division;
mod flows;
mod home;
mod plans;
pub(crate) mod search;
mod show;
mod sitemap;

pub(crate) use sitemap::Sitemap;

use crate::nav::{Group, NavEntry};
use actix_web::web::{self, ServiceConfig};

/// Its entries in the menu; the name of the site leads to its home page.
pub(crate) const NAV: &[NavEntry] = &[
    NavEntry { permission: None, path: "/plans", key: "plans", group: Group::Plain },
    NavEntry { permission: None, path: "/donors", key: "donors", group: Group::Plain },
    NavEntry { permission: None, path: "/flows", key: "flows-page", group: Group::Plain },
    NavEntry { permission: None, path: "/archive", key: "archive", group: Group::Plain },
];

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(home::home))
        .route("/countries/{iso3}", web::get().to(show::country))
        .route("/plans", web::get().to(plans::plans))
        .route("/plans/{id}", web::get().to(show::plan))
        .route("/donors", web::get().to(flows::donors))
        .route("/donors/{id}", web::get().to(flows::donor))
        .route("/flows", web::get().to(flows::flows))
        .route("/archive", web::get().to(archive::archive))
        .route("/data", web::get().to(plans::data))
        .route("/data/{list}.{kind}", web::get().to(plans::file))
        .route("/sitemap.xml", web::get().to(sitemap::sitemap))
        .route("/robots.txt", web::get().to(sitemap::robots))
        .route("/search", web::get().to(search::search));
}
