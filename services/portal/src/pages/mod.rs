//! The pages, one file for each part of the site.

mod account;
mod catalogue;
mod console;
mod donor;
mod imports;
mod public;
mod style_guide;

#[cfg(test)]
pub(crate) use style_guide::sample as style_guide_sample;

use crate::{assets, error::not_found};
use actix_web::web::{self, ServiceConfig};

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/assets/{version}/{name}", web::get().to(assets::serve))
        .route("/", web::get().to(public::home))
        .route("/countries/{iso3}", web::get().to(public::country))
        .route("/plans", web::get().to(catalogue::plans))
        .route("/plans/{id}", web::get().to(public::plan))
        .route("/archive", web::get().to(catalogue::archive))
        .route("/data", web::get().to(catalogue::data))
        .route("/data/{list}.{kind}", web::get().to(catalogue::file))
        .route("/sitemap.xml", web::get().to(catalogue::sitemap))
        .route("/robots.txt", web::get().to(catalogue::robots))
        .route("/search", web::get().to(public::search))
        .route("/sign-in", web::get().to(account::sign_in_form))
        .route("/sign-in", web::post().to(account::sign_in))
        .route("/sign-out", web::post().to(account::sign_out))
        .route("/invitation", web::get().to(account::invitation_form))
        .route("/invitation", web::post().to(account::accept_invitation))
        .route("/donor", web::get().to(donor::overview))
        .route("/donor/contributions", web::get().to(donor::contributions))
        .route("/donor/contributions.csv", web::get().to(donor::contributions_csv))
        .route("/donor/contributions/{id}", web::get().to(donor::contribution))
        .route("/console", web::get().to(console::home))
        .route("/console/style-guide", web::get().to(style_guide::show))
        .route("/console/search", web::get().to(console::search))
        .route("/console/donors", web::get().to(console::donors))
        .route("/console/donors.csv", web::get().to(console::donors_csv))
        .route("/console/donors/{id}", web::get().to(console::donor))
        .route("/console/imports", web::get().to(imports::list))
        .route("/console/imports", web::post().to(imports::upload))
        .route("/console/imports/{id}", web::get().to(imports::show))
        .route("/console/imports/{id}/state", web::get().to(imports::state))
        .route("/console/imports/{id}/rows.csv", web::get().to(imports::rows_csv))
        .default_service(web::to(not_found));
}

/// Streams an answer of the API to the reader as a file.
pub(super) fn handed_through(
    answer: reqwest::Response,
    media_type: &str,
    name: &str,
) -> actix_web::HttpResponse {
    use futures_util::TryStreamExt;
    actix_web::HttpResponse::Ok()
        .content_type(media_type)
        .insert_header(("content-disposition", format!("attachment; filename=\"{name}\"")))
        .insert_header(("cache-control", "private, no-store"))
        .streaming(answer.bytes_stream().map_err(std::io::Error::other))
}

/// Query parameters that are not empty.
pub(super) fn given(pairs: &[(&'static str, &Option<String>)]) -> Vec<(&'static str, String)> {
    let filled = pairs.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?.trim().to_owned())));
    filled.filter(|(_, value)| !value.is_empty()).collect()
}

/// A query string without the cursor, for links to the next page and to the file.
pub(super) fn query_of(pairs: &[(&'static str, String)]) -> String {
    serde_html_form::to_string(pairs).unwrap_or_default()
}
