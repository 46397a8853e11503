//! English, French, Spanish: which one a reader gets, and the texts from the Fluent files.

use crate::State;
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Uri, header},
    middleware::Next,
    web::Data,
};
use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
pub(crate) use locale::Language;
use rust_embed::RustEmbed;
use std::{
    collections::HashMap,
    future::{Ready, ready},
    sync::LazyLock,
};
use unic_langid::LanguageIdentifier;

/// The texts: a folder for each language, a file for each area of the site, and `common.ftl` for what several share.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/locales"]
struct Texts;

/// The files of a language: their names and what stands in them.
pub(crate) fn sources(language: Language) -> impl Iterator<Item = (String, String)> {
    let of_it = Texts::iter().filter(move |name| name.split('/').next() == Some(language.as_str()));
    of_it.filter_map(|name| {
        let file = Texts::get(&name)?;
        Some((name.into_owned(), String::from_utf8_lossy(&file.data).into_owned()))
    })
}

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<HashMap<Language, Bundle>> =
    LazyLock::new(|| Language::ALL.iter().copied().map(|language| (language, bundle(language))).collect());

fn bundle(language: Language) -> Bundle {
    let id: LanguageIdentifier = language.as_str().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    bundle.set_use_isolating(false);
    for (_, source) in sources(language) {
        // A resource with an error keeps what it could read; a test refuses such files.
        let resource = FluentResource::try_new(source).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// The text of a key; the key itself when there is none, which a test refuses.
pub(crate) fn text(language: Language, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
    #[cfg(test)]
    if pseudo::is_on() {
        return pseudo::text(key);
    }
    let Some(bundle) = BUNDLES.get(&language) else { return key.to_owned() };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        tracing::error!(key, language = language.as_str(), "a text is missing");
        return key.to_owned();
    };
    bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned()
}

/// Whether there is a text of this key: the languages have the same ones, which a test makes sure of.
pub(crate) fn has_text(key: &str) -> bool {
    BUNDLES.get(&Language::English).is_some_and(|bundle| bundle.has_message(key))
}

/// A language that nobody speaks: what is not in its brackets did not come from the texts.
#[cfg(test)]
pub(crate) mod pseudo {
    use std::cell::Cell;

    thread_local!(static ON: Cell<bool> = const { Cell::new(false) });

    pub(crate) fn is_on() -> bool {
        ON.get()
    }

    pub(crate) fn switch(on: bool) {
        ON.set(on);
    }

    pub(crate) fn text(key: &str) -> String {
        format!("⟦{key}⟧")
    }
}

/// The language of this page, and whether the address names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageLanguage {
    pub(crate) language: Language,
    pub(crate) in_address: bool,
}

impl PageLanguage {
    /// What paths begin with: `/fr` when the address names the language.
    pub(crate) fn prefix(&self) -> String {
        if self.in_address { format!("/{}", self.language.as_str()) } else { String::new() }
    }

    /// Address, then the reader's profile, then the browser, then what the organisation says, then English.
    pub(crate) fn of(request: &HttpRequest, profile: Option<Language>) -> Self {
        if let Some(language) = request.extensions().get::<Language>() {
            return Self { language: *language, in_address: true };
        }
        let header = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let stated = profile.or_else(|| Language::accepted(header?));
        let of_organisation = || request.app_data::<Data<State>>()?.organisation.language();
        let language = stated.or_else(of_organisation).unwrap_or(Language::English);
        Self { language, in_address: false }
    }
}

impl FromRequest for PageLanguage {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request, None)))
    }
}

/// `/fr/plans/…` is `/plans/…` in French: takes the prefix off before the page is looked up.
pub(crate) async fn language_prefix<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let uri = request.uri().clone();
    let path = uri.path();
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if let Ok(language) = first.parse::<Language>() {
        let rest = &path[first.len() + 1..];
        let rest = if rest.is_empty() { "/" } else { rest };
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        if let Ok(shorter) = format!("{rest}{query}").parse::<Uri>() {
            request.match_info_mut().get_mut().update(&shorter);
            request.head_mut().uri = shorter;
            request.extensions_mut().insert(language);
        }
    }
    next.call(request).await
}
