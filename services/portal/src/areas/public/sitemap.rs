//! What search engines read: the map of the site, and what they may not.

use super::unearmarked::REPORTS;
use crate::{
    State,
    error::PageError,
    i18n::Language,
    visit::{PageResult, Visitor},
};
use actix_web::{
    HttpResponse,
    web::{self, Data, ServiceConfig},
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt::Write;
use tokio::sync::Mutex;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/sitemap.xml", web::get().to(sitemap)).route("/robots.txt", web::get().to(robots));
}

/// The map of the site as it was last written, and when: it reads every list to its end.
#[derive(Default)]
pub(crate) struct Sitemap(Mutex<Option<(DateTime<Utc>, Bytes)>>);

/// How old the map may be.
const MAX_AGE: TimeDelta = TimeDelta::minutes(10);

/// Every public page in every language (sitemaps.org), for search engines. It is written once while several ask.
async fn sitemap(visitor: Visitor) -> PageResult {
    let mut held = visitor.state.sitemap.0.lock().await;
    let now = visitor.state.clock.now();
    let text = match held.as_ref().filter(|(at, _)| now - *at < MAX_AGE) {
        Some((_, text)) => text.clone(),
        None => {
            let text = Bytes::from(site(&visitor).await?);
            *held = Some((now, text.clone()));
            text
        }
    };
    Ok(HttpResponse::Ok().content_type("application/xml; charset=utf-8").body(text))
}

async fn site(visitor: &Visitor) -> Result<String, PageError> {
    let mut paths: Vec<String> =
        ["", "/about", "/plans", "/donors", "/flows", "/archive", "/data", "/figures"]
            .map(str::to_owned)
            .to_vec();
    for plan in visitor.all("/v1/public/plans", &()).await? {
        paths.extend(plan["id"].as_str().map(|id| format!("/plans/{id}")));
    }
    for donor in visitor.all("/v1/public/donors", &()).await? {
        paths.extend(donor["id"].as_str().map(|id| format!("/donors/{id}")));
    }
    let reports = visitor.all(REPORTS, &()).await?;
    for (index, report) in reports.iter().enumerate() {
        // Of several committees, the first has the year's own address.
        let year = &report["year"];
        let is_another = reports.iter().take(index).any(|other| other["year"] == *year);
        let of = report["committee_id"].as_str().filter(|_| is_another);
        let query = of.map(|id| format!("?committee_id={id}")).unwrap_or_default();
        paths.push(format!("/unearmarked/{year}{query}"));
    }
    for entry in visitor.all("/v1/public/countries", &()).await? {
        let code = entry["country"].as_str();
        paths.extend(code.map(|code| format!("/countries/{code}?year={}", entry["year"])));
    }
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n".to_owned();
    let in_every_language = |path| Language::ALL.iter().map(move |language| (path, language.as_str()));
    for (path, language) in paths.iter().flat_map(in_every_language) {
        let address = format!("{}/{language}{path}", visitor.state.public_url);
        let _ = writeln!(text, "<url><loc>{}</loc></url>", crate::draw::escaped(&address));
    }
    text.push_str("</urlset>\n");
    Ok(text)
}

/// What search engines may read: the public pages.
async fn robots(state: Data<State>) -> HttpResponse {
    let text = format!(
        "User-agent: *\nDisallow: /console\nDisallow: /donor\nDisallow: /v1/\nSitemap: {}/sitemap.xml\n",
        state.public_url
    );
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)
}
