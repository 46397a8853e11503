//! Templates: files, embedded, with the functions they write figures and texts with.

use crate::{
    State as Portal, assets, draw,
    error::PageError,
    format,
    i18n::{Language, PageLanguage, text},
    refusals::{FieldRefusal, WholeRefusal},
    session::{self, SignedIn},
};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use fluent_bundle::{FluentArgs, FluentValue};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value,
    syntax::SyntaxConfig,
    value::{Kwargs, Serde},
};
use rust_embed::RustEmbed;
use serde_json::{Value as Json, json};
use std::fmt::Write;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/templates"]
struct Templates;

/// All templates, ready to draw.
pub(crate) struct Renderer(Environment<'static>);

impl Renderer {
    pub(crate) fn new() -> Result<Self, Error> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_formatter(write);
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        for name in Templates::iter() {
            let source = Templates::get(&name).map(|file| String::from_utf8_lossy(&file.data).into_owned());
            environment.add_template_owned(name.into_owned(), source.unwrap_or_default())?;
        }
        environment.add_function("t", translate);
        environment.add_function("money", money);
        environment.add_function("money_short", money_short);
        environment.add_function("number", number);
        environment.add_function("percent", percent);
        environment.add_function("date", date);
        environment.add_function("href", href);
        environment.add_function("country", country);
        environment.add_function("language_name", language_name);
        environment.add_function("asset", |name: &str| assets::url(name));
        environment.add_function("bar", draw::bar);
        environment.add_function("columns", draw::columns);
        environment.add_function("stack", draw::stack);
        environment.add_function("map", draw::map);
        environment.add_function("sankey", draw::sankey);
        environment.add_function("series", draw::series);
        environment.add_function("multiple", draw::multiple);
        environment.add_function("instant", instant);
        environment.add_function("month", month);
        environment.add_function("weekday", weekday);
        environment.add_function("reason", reason);
        environment.add_function("refusal", refusal);
        environment.add_function("invalid", invalid);
        Ok(Self(environment))
    }

    pub(crate) fn draw(&self, template: &str, context: &Json) -> Result<String, Error> {
        self.0.get_template(template)?.render(Serde(context))
    }
}

/// Writes a value as HTML text. (The library's own escaping also writes every `/` as an entity, which makes addresses
/// four times as long; HTML needs these five characters only.)
fn write(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(());
    }
    if value.is_safe() {
        return out.write_str(&value.to_string()).map_err(Error::from);
    }
    for character in value.to_string().chars() {
        match character {
            '&' => out.write_str("&amp;"),
            '<' => out.write_str("&lt;"),
            '>' => out.write_str("&gt;"),
            '"' => out.write_str("&quot;"),
            '\'' => out.write_str("&#39;"),
            other => out.write_char(other),
        }
        .map_err(Error::from)?;
    }
    Ok(())
}

pub(crate) fn language_of(state: &State<'_, '_>) -> Language {
    let code = state.lookup("lang").and_then(|code| code.as_str().map(str::to_owned));
    code.and_then(|code| code.parse().ok()).unwrap_or(Language::English)
}

fn translate(state: &State<'_, '_>, key: &str, arguments: Kwargs) -> Result<String, Error> {
    let mut fluent = FluentArgs::new();
    for name in arguments.args() {
        let value: Value = arguments.get(name)?;
        let value = match value.as_i64() {
            Some(number) if value.is_number() => FluentValue::from(number),
            _ => FluentValue::from(value.to_string()),
        };
        fluent.set(name.to_owned(), value);
    }
    Ok(text(language_of(state), key, Some(&fluent)))
}

/// `{"amount": …, "currency": …}` in full; a dash for none.
fn money(state: &State<'_, '_>, value: Value) -> String {
    match (attribute(&value, "amount"), attribute(&value, "currency")) {
        (Some(amount), Some(currency)) => format::money(language_of(state), &amount, &currency),
        _ => "—".to_owned(),
    }
}

fn money_short(state: &State<'_, '_>, value: Value) -> String {
    match attribute(&value, "amount") {
        Some(amount) => format::money_short(language_of(state), &amount),
        None => "—".to_owned(),
    }
}

/// A text of an object; none when there is no such object or text.
fn attribute(value: &Value, name: &str) -> Option<String> {
    value.get_attr(name).ok()?.as_str().map(str::to_owned)
}

fn number(state: &State<'_, '_>, value: Value) -> String {
    if value.is_none() || value.is_undefined() {
        return "—".to_owned();
    }
    format::number(language_of(state), &value.to_string())
}

fn percent(state: &State<'_, '_>, value: Value) -> String {
    match value.as_str() {
        Some(percent) => format::percent(language_of(state), percent),
        None => text(language_of(state), "not-available", None),
    }
}

/// A date, or the date of an instant.
fn date(state: &State<'_, '_>, value: Value) -> String {
    day_of(&value).map_or_else(|| "—".to_owned(), |day| format::date(language_of(state), day))
}

fn day_of(value: &Value) -> Option<NaiveDate> {
    value.as_str().and_then(|text| text.get(..10)?.parse().ok())
}

/// The month of a date, in words.
fn month(state: &State<'_, '_>, value: Value) -> String {
    day_of(&value).map_or_else(|| "—".to_owned(), |day| format::month(language_of(state), day))
}

/// The day of the week of a date, shortened.
fn weekday(state: &State<'_, '_>, value: Value) -> String {
    day_of(&value).map_or_else(|| "—".to_owned(), |day| format::weekday(language_of(state), day))
}

/// An instant in the reader's time zone, to the minute.
fn instant(state: &State<'_, '_>, value: Value) -> String {
    let at = value.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let zone = state.lookup("time_zone").and_then(|zone| zone.as_str().map(str::to_owned));
    at.map_or_else(|| "—".to_owned(), |at| format::instant(language_of(state), at, zone.as_deref()))
}

/// What is wrong with a field (`{ code, params, detail }`), in the reader's language.
fn reason(state: &State<'_, '_>, error: Serde<FieldRefusal>) -> Value {
    error.0.html(language_of(state))
}

/// Why something is refused as a whole (`{ code, reason, params }`), in the reader's language.
fn refusal(state: &State<'_, '_>, problem: Serde<WholeRefusal>) -> String {
    problem.0.text(language_of(state))
}

/// The attributes of an input that is wrong, or has a hint: ` aria-invalid="true" aria-describedby="…"`.
fn invalid(problem: Value, field: &str, hint: Option<&str>) -> Value {
    let errors = problem.get_attr("errors").ok().and_then(|errors| errors.try_iter().ok());
    let names = |error: Value| error.get_attr("field").is_ok_and(|name| name.as_str() == Some(field));
    let is_wrong = errors.is_some_and(|mut errors| errors.any(names));
    let error = is_wrong.then(|| format!("{field}-error"));
    let described: Vec<String> = error.into_iter().chain(hint.map(str::to_owned)).collect();
    let mut attributes = if is_wrong { " aria-invalid=\"true\"".to_owned() } else { String::new() };
    if !described.is_empty() {
        attributes.push_str(&format!(" aria-describedby=\"{}\"", draw::escaped(&described.join(" "))));
    }
    Value::from_safe_string(attributes)
}

/// A path in the language of the address the reader came by.
fn href(state: &State<'_, '_>, path: &str) -> String {
    let prefix =
        state.lookup("prefix").and_then(|prefix| prefix.as_str().map(str::to_owned)).unwrap_or_default();
    if path == "/" && !prefix.is_empty() { prefix } else { format!("{prefix}{path}") }
}

fn country(state: &State<'_, '_>, code: &str) -> Result<String, Error> {
    let unknown = || Error::new(ErrorKind::InvalidOperation, format!("no country {code}"));
    let found = kernel::country::by_iso3(code).ok_or_else(unknown)?;
    Ok(found.name(language_of(state).as_str()).to_owned())
}

/// A language by its name; one that has none here by its code.
fn language_name(state: &State<'_, '_>, code: &str) -> String {
    language::names::name_of(code, language_of(state)).unwrap_or(code).to_owned()
}

/// A page to draw: its template and what only it knows.
pub(crate) struct Page {
    pub(crate) template: &'static str,
    pub(crate) context: Json,
}

/// Draws a page inside the layout, for whoever is signed in.
pub(crate) fn page(
    portal: &Portal,
    request: &HttpRequest,
    signed_in: Option<&SignedIn>,
    page: Page,
) -> Result<HttpResponse, PageError> {
    let held = session::peek(request);
    let signed_in = signed_in.or(held.as_ref());
    let language = PageLanguage::of(request, signed_in.and_then(SignedIn::page_language));
    let mut context = page.context;
    context["lang"] = language.language.as_str().into();
    context["prefix"] = language.prefix().into();
    context["path"] = request.path().into();
    context["query"] = request.query_string().into();
    context["public_url"] = portal.public_url.as_str().into();
    context["languages"] = Language::ALL
        .iter()
        .map(|language| json!({ "code": language.as_str(), "name": language.own_name() }))
        .collect();
    context["time_zone"] = signed_in.and_then(|signed_in| signed_in.time_zone.clone()).into();
    context["signed_in"] = signed_in.map_or(Json::Null, |signed_in| {
        json!({
            "name": signed_in.name, "office": signed_in.office, "organisation": signed_in.organisation,
            "donor": signed_in.donor_id, "home": signed_in.home(), "permissions": signed_in.permissions,
            "moves": signed_in.moves, "office_id": signed_in.office_id,
        })
    });
    let html = portal.renderer.draw(page.template, &context)?;
    let mut builder = HttpResponse::Ok();
    let caching =
        if signed_in.is_some() { "private, no-store" } else { "private, max-age=0, must-revalidate" };
    builder.insert_header(("cache-control", caching));
    builder.insert_header(("content-language", language.language.as_str()));
    let mut response = builder.content_type("text/html; charset=utf-8").body(html);
    crate::pages::recent::remember(request, &mut response, portal.public_url.starts_with("https:"));
    Ok(response)
}
