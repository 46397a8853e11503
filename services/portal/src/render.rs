//! Templates: files, embedded, with the functions they write figures and texts with.

use crate::{
    assets, donor_names, draw, format,
    i18n::{Language, PageLanguage, text},
    nav::{self, Shell},
    refusals::{FieldRefusal, WholeRefusal},
    session::SignedIn,
    shown,
    visit::{PageResult, Visit},
};
use actix_web::{HttpResponse, http::StatusCode};
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
        environment.add_function("figure", shown::figure);
        environment.add_function("amount", shown::amount);
        environment.add_function("rate", shown::rate);
        environment.add_function("number", number);
        environment.add_function("percent", percent);
        environment.add_function("date", date);
        environment.add_function("href", href);
        environment.add_function("country", country);
        environment.add_function("language_name", language_name);
        environment.add_function("asset", |name: &str| assets::url(name));
        environment.add_function("bar", draw::bar);
        environment.add_function("columns", draw::columns);
        environment.add_function("range_bar", draw::range_bar);
        environment.add_function("timeline", draw::timeline);
        environment.add_function("stack", stack);
        environment.add_function("map", draw::map);
        environment.add_function("sankey", sankey);
        environment.add_function("series", series);
        environment.add_function("multiple", draw::multiple);
        environment.add_function("instant", instant);
        environment.add_function("month", month);
        environment.add_function("weekday", weekday);
        environment.add_function("reason", reason);
        environment.add_function("refusal", refusal);
        environment.add_function("invalid", invalid);
        environment.add_function("donor_name_of", donor_names::donor_name_of);
        Ok(Self(environment))
    }

    /// For tests: a template that writes or reads what its handler does not give it is at fault. What it asks for with `if`
    /// may be absent.
    #[cfg(test)]
    pub(crate) fn strict() -> Result<Self, Error> {
        let mut renderer = Self::new()?;
        renderer.0.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        Ok(renderer)
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
pub(crate) fn attribute(value: &Value, name: &str) -> Option<String> {
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

fn stack(
    state: &State<'_, '_>,
    id: &str,
    title: &str,
    description: &str,
    data: Value,
) -> Result<Value, Error> {
    draw::stack(language_of(state), id, title, description, data)
}

fn sankey(
    state: &State<'_, '_>,
    id: &str,
    title: &str,
    description: &str,
    data: Value,
) -> Result<Value, Error> {
    draw::sankey(language_of(state), id, title, description, data)
}

fn series(
    state: &State<'_, '_>,
    id: &str,
    title: &str,
    description: &str,
    data: Value,
) -> Result<Value, Error> {
    draw::series(language_of(state), id, title, description, data)
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
    locale::names::name_of(code, language_of(state)).unwrap_or(code).to_owned()
}

/// What stands around a page: everything that the layout is given.
pub(crate) struct Frame<'a> {
    pub(crate) language: Language,
    /// What addresses begin with: `/fr` when the language is named in the address.
    pub(crate) prefix: String,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) public_url: &'a str,
    /// The public organisation, as the API tells of it; null for none.
    pub(crate) site: &'a Json,
    pub(crate) signed_in: Option<&'a SignedIn>,
    pub(crate) shell: Shell,
    /// The groups of the menu that the reader has folded, as the cookie says it.
    pub(crate) folded: Option<&'a str>,
    /// New notifications.
    pub(crate) unread: Unread,
}

/// New notifications are counted so far.
pub(crate) const MAX_UNREAD: usize = 99;

/// How many notifications are new: those about reports, and those about allocations. None of what the reader is not
/// told, and while that part of the platform is unavailable.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Unread {
    pub(crate) reports: Option<usize>,
    pub(crate) allocations: Option<usize>,
}

impl Unread {
    /// What the bar and the pages of notifications are given: null where nothing is new.
    fn shown(self) -> Json {
        let counted = |count: usize| {
            let shown = if count > MAX_UNREAD { format!("{MAX_UNREAD}+") } else { count.to_string() };
            json!({ "count": count, "shown": shown })
        };
        let part = |count: Option<usize>| count.filter(|count| *count > 0).map_or(Json::Null, counted);
        let mut shown = part(Some(self.reports.unwrap_or(0) + self.allocations.unwrap_or(0)));
        if !shown.is_null() {
            (shown["reports"], shown["allocations"]) = (part(self.reports), part(self.allocations));
        }
        shown
    }
}

impl Frame<'_> {
    /// Adds what the layout is given to a page's own context.
    pub(crate) fn fill(&self, context: &mut Json) {
        let signed_in = self.signed_in;
        context["lang"] = self.language.as_str().into();
        context["prefix"] = self.prefix.as_str().into();
        context["path"] = self.path.into();
        context["query"] = self.query.into();
        context["public_url"] = self.public_url.into();
        context["site"] = self.site.clone();
        context["languages"] = Language::ALL
            .iter()
            .map(|language| json!({ "code": language.as_str(), "name": language.own_name() }))
            .collect();
        context["time_zone"] = signed_in.and_then(|signed_in| signed_in.time_zone.clone()).into();
        context["signed_in"] = signed_in.map_or(Json::Null, |signed_in| {
            json!({
                "name": signed_in.name, "office": signed_in.office, "organisation": signed_in.organisation,
                "donor": signed_in.donor_id, "donor_name": signed_in.donor_name, "home": signed_in.home(), "permissions": signed_in.permissions,
                "moves": signed_in.moves, "office_id": signed_in.office_id,
            })
        });
        context["shell"] = self.shell.name().into();
        context["menu"] = self.shell.menu(signed_in, self.path, self.folded).into();
        context["account"] = nav::account(signed_in, self.path).into();
        context["unread"] = self.unread.shown();
    }
}

/// Draws a page inside the layout, for whoever asks for it. One that shows a refused form again (`problem`) has the status
/// of the refusal.
pub(crate) fn page<W>(visit: &Visit<W>, unread: Unread, template: &str, mut context: Json) -> PageResult {
    let (request, signed_in) = (&visit.request, visit.signed_in.as_ref());
    let folded = request.cookie(nav::FOLDED);
    let site = visit.state.organisation.present();
    Frame {
        language: visit.language,
        prefix: PageLanguage::of(request, None).prefix(),
        path: request.path(),
        query: request.query_string(),
        public_url: &visit.state.public_url,
        site: &site,
        signed_in,
        shell: Shell::of(signed_in, template),
        folded: folded.as_ref().map(|cookie| cookie.value()),
        unread,
    }
    .fill(&mut context);
    let html = visit.state.renderer.draw(template, &context)?;
    let refusal = context["problem"]["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    let status = refusal.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    let caching =
        if signed_in.is_some() { "private, no-store" } else { "private, max-age=0, must-revalidate" };
    Ok(HttpResponse::build(status)
        .insert_header(("cache-control", caching))
        .insert_header(("content-language", visit.language.as_str()))
        .content_type("text/html; charset=utf-8")
        .body(html))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_counts_what_is_new_of_reports_and_of_allocations() {
        let shown = |reports, allocations| Unread { reports, allocations }.shown();
        assert_eq!((shown(None, None), shown(Some(0), Some(0))), (Json::Null, Json::Null));
        let both = shown(Some(2), Some(3));
        assert_eq!((&both["count"], &both["reports"]["count"]), (&json!(5), &json!(2)));
        let one = shown(None, Some(100));
        assert_eq!((&one["shown"], &one["allocations"]["shown"]), (&json!("99+"), &json!("99+")));
        assert!(one["reports"].is_null());
    }
}
