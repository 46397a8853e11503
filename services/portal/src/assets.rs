//! Style sheet and scripts: embedded, named by their content, kept by browsers for a year.

use actix_web::{HttpRequest, HttpResponse, http::header};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/assets"]
struct Assets;

/// One fingerprint for all: they change together.
static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    let mut names: Vec<_> = Assets::iter().collect();
    names.sort();
    for file in names.iter().filter_map(|name| Assets::get(name)) {
        hasher.update(&file.data);
    }
    hex::encode(&hasher.finalize()[..6])
});

/// Where an asset is.
pub(crate) fn url(name: &str) -> String {
    format!("/assets/{}/{name}", *FINGERPRINT)
}

pub(crate) async fn serve(request: HttpRequest) -> HttpResponse {
    let name = request.match_info().get("name").unwrap_or_default();
    let Some(file) = Assets::get(name) else { return HttpResponse::NotFound().finish() };
    let media_type = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(file.data.into_owned())
}
