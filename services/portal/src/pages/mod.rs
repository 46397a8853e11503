//! The pages, one file for each part of the site.

mod account;
mod agreement_documents;
mod agreements;
mod catalogue;
mod console;
mod contacts;
mod contributions;
mod diversification;
mod donor;
mod flows;
mod forms;
mod imports;
mod profile;
mod public;
mod publication;
mod rates;
pub(crate) mod recent;
mod registry;
mod reports;
mod signature;
mod statement;
mod style_guide;

pub(crate) use catalogue::Sitemap;
#[cfg(test)]
pub(crate) use style_guide::sample as style_guide_sample;

use crate::{assets, error::not_found};
use actix_web::web::{self, ServiceConfig};

/// The largest form, in bytes.
const FORM: usize = 4 * 1024 * 1024;

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        // A donor report has eleven sections of up to 20,000 characters, in any script.
        .app_data(web::FormConfig::default().limit(FORM))
        .app_data(web::PayloadConfig::default().limit(FORM))
        .route("/assets/{version}/{name}", web::get().to(assets::serve))
        .route("/", web::get().to(public::home))
        .route("/countries/{iso3}", web::get().to(public::country))
        .route("/plans", web::get().to(catalogue::plans))
        .route("/plans/{id}", web::get().to(public::plan))
        .route("/donors", web::get().to(flows::donors))
        .route("/donors/{id}", web::get().to(flows::donor))
        .route("/flows", web::get().to(flows::flows))
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
        .route("/profile", web::get().to(profile::show))
        .route("/profile", web::post().to(profile::save))
        .route("/notifications", web::get().to(profile::notifications))
        .route("/notifications", web::post().to(profile::mark_read))
        .route("/documents/{id}", web::get().to(reports::document))
        .route("/donor/agreements", web::get().to(donor::agreements))
        .route("/donor/agreements/{id}", web::get().to(donor::agreement))
        .route("/donor/reports", web::get().to(donor::reports))
        .route("/donor/reports/{id}", web::get().to(donor::report))
        .route("/donor/calendar", web::post().to(donor::calendar))
        .route("/donor/data", web::get().to(donor::data))
        .route("/donor/data/{list}.{kind}", web::get().to(donor::file))
        .route("/donor", web::get().to(donor::overview))
        .route("/donor/contributions", web::get().to(donor::contributions))
        .route("/donor/contributions.csv", web::get().to(donor::contributions_csv))
        .route("/donor/contributions/{id}", web::get().to(donor::contribution))
        .route("/console", web::get().to(console::home))
        .route("/console/style-guide", web::get().to(style_guide::show))
        .route("/console/office", web::get().to(profile::offices))
        .route("/console/office", web::post().to(profile::switch_office))
        .route("/console/donor-names", web::get().to(agreements::donor_names))
        .route("/console/agreements", web::get().to(agreements::list))
        .route("/console/agreements", web::post().to(agreements::create))
        .route("/console/agreements.{kind}", web::get().to(agreements::file))
        .route("/console/agreements/new", web::get().to(agreements::new))
        .route("/console/agreements/{id}", web::get().to(agreements::show))
        .route("/console/agreements/{id}/edit", web::get().to(agreements::edit))
        .route("/console/agreements/{id}/edit", web::post().to(agreements::update))
        .route("/console/agreements/{id}/documents", web::post().to(agreement_documents::attach))
        .route("/console/agreements/{id}/documents/{document}", web::post().to(agreement_documents::detach))
        .route("/agreement-documents/{id}", web::get().to(agreement_documents::file))
        .route("/console/agreements/{id}/{step}", web::post().to(agreements::step))
        .route("/console/reports", web::get().to(reports::list))
        .route("/console/reports.{kind}", web::get().to(reports::file))
        .route("/console/punctuality/{by}.{kind}", web::get().to(reports::punctuality_file))
        .route("/console/reports/{id}", web::get().to(reports::show))
        .route("/console/reports/{id}", web::post().to(reports::write))
        .route("/console/reports/{id}/documents", web::post().to(reports::attach))
        .route("/console/reports/{id}/documents/{document}", web::post().to(reports::detach))
        .route("/console/reports/{id}/{step}", web::post().to(reports::step))
        .route("/console/search", web::get().to(console::search))
        .route("/console/donors", web::get().to(console::donors))
        .route("/console/donors.csv", web::get().to(console::donors_csv))
        .route("/console/donors", web::post().to(registry::create))
        .route("/console/donors/new", web::get().to(registry::new))
        .route("/console/donors/{id}", web::get().to(console::donor))
        .route("/console/donors/{id}/edit", web::get().to(registry::edit))
        .route("/console/donors/{id}/edit", web::post().to(registry::update))
        .route("/console/donors/{id}/timeline", web::get().to(registry::timeline))
        .route("/console/donors/{id}/duplicates", web::get().to(registry::duplicates))
        .route("/console/donors/{id}/duplicates", web::post().to(registry::merge))
        .route("/console/donors/{id}/duplicates/{merge}", web::post().to(registry::unmerge))
        .route("/console/contributions", web::get().to(contributions::list))
        .route("/console/contributions", web::post().to(contributions::create))
        .route("/console/contributions.{kind}", web::get().to(contributions::file))
        .route("/console/contributions/new", web::get().to(contributions::new))
        .route("/console/contributions/{id}", web::get().to(contributions::show))
        .route("/console/contributions/{id}/{step}", web::post().to(contributions::step))
        .route("/console/signature-rule", web::get().to(signature::show))
        .route("/console/signature-rule", web::post().to(signature::save))
        .route("/console/exchange-rates", web::get().to(rates::list))
        .route("/console/exchange-rates", web::post().to(rates::upload))
        .route("/console/exchange-rates.{kind}", web::get().to(rates::file))
        .route("/console/imports", web::get().to(imports::list))
        .route("/console/imports", web::post().to(imports::upload))
        .route("/console/imports/template.{kind}", web::get().to(imports::template))
        .route("/console/imports/{id}", web::get().to(imports::show))
        .route("/console/imports/{id}/state", web::get().to(imports::state))
        .route("/console/imports/{id}/rows.csv", web::get().to(imports::rows_csv))
        .route("/console/publication", web::get().to(publication::show))
        .route("/console/publication", web::post().to(publication::save))
        .route("/console/publication.{kind}", web::get().to(publication::file))
        .route("/console/diversification", web::get().to(diversification::show))
        .route("/console/diversification/donors", web::get().to(diversification::donors))
        .route("/console/diversification/donors.{kind}", web::get().to(diversification::donors_file))
        .route("/console/diversification/contributions", web::get().to(diversification::contributions))
        .route("/console/governance", web::get().to(diversification::governance))
        .route("/console/governance/{report}.{kind}", web::get().to(diversification::governance_file))
        .route("/console/donors/{id}/contacts", web::post().to(contacts::create))
        .route("/console/donors/{id}/contacts/new", web::get().to(contacts::new))
        .route("/console/contacts/{id}", web::get().to(contacts::show))
        .route("/console/contacts/{id}/edit", web::get().to(contacts::edit))
        .route("/console/contacts/{id}/edit", web::post().to(contacts::update))
        .route("/console/contacts/{id}/erase", web::post().to(contacts::erase))
        .route("/console/donors/{id}/statement.pdf", web::get().to(statement::of_donor))
        .route("/donor/statement.pdf", web::get().to(statement::own))
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

/// A list of the API as the file that its ending says.
pub(super) async fn list_file(
    state: &crate::State,
    caller: &crate::api::Caller,
    path: &str,
    query: &[(&str, String)],
    name: &str,
    kind: &str,
) -> Result<actix_web::HttpResponse, crate::error::PageError> {
    let media_type = match kind {
        "csv" => "text/csv; charset=utf-8",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => return Err(crate::error::PageError::NotFound),
    };
    let answer = state.gateway.file(caller, path, query, media_type).await?;
    Ok(handed_through(answer, media_type, &format!("{name}.{kind}")))
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
