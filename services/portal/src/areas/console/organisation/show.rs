//! The page of the organisation: its form in sections, its logo, and the settings that have a page of their own.

use crate::{
    client::{Guard, Method},
    error::{PageError, unless_away},
    forms::{Typed, own, refused, shown},
    i18n::Language,
    lists::added,
    nav::{Group, NavEntry},
    steps::{Field, Kind, Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, Payload, ServiceConfig};
use kernel::{Fault, FieldCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("offices:read"),
    path: "/console/organisation",
    key: "organisation",
    group: Group::Administration,
    position: 2,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/organisation", web::get().to(show))
        .route("/console/organisation", web::post().to(save))
        .route("/console/organisation/logo", web::get().to(logo))
        .route("/console/organisation/logo", web::post().to(put_logo))
        .route(&STEPS.address(), web::post().to(remove_logo));
}

/// Removing the logo, which is asked about: of the organisation by its id, of which there is one.
pub(crate) const STEPS: Steps = Steps {
    list: "organisation",
    once: false,
    steps: &[Step::quiet(REMOVE_LOGO, "organisation-logo-remove")
        .about("organisation-logo-remove-about")
        .fields(&[Field::required("sure", "organisation-logo-remove-sure", Kind::Sure)])],
};

const REMOVE_LOGO: &str = "remove-logo";
const ORGANISATION: &str = "/v1/organisation";
const LOGO: &str = "/v1/organisation/logo";
/// Fields that may stay empty.
const OPTIONAL: [&str; 4] = ["contact_email", "contact_url", "postal_address", "licence"];
/// What is read of a file before the platform says that it is too large.
const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// Whether something was just saved.
#[derive(Deserialize)]
struct Saved {
    saved: Option<String>,
}

async fn show(staff: Staff, saved: web::Query<Saved>) -> PageResult {
    show_page(&staff, None, json!({ "saved": saved.saved.is_some() })).await
}

async fn show_page(staff: &Staff, refused: Option<(Option<&Typed>, Value)>, more: Value) -> PageResult {
    let (organisation, elsewhere) = futures_util::join!(staff.versioned(ORGANISATION), elsewhere(staff));
    let (organisation, version) = organisation?;
    let (typed, problem) = refused.unwrap_or((None, Value::Null));
    let steps = STEPS.of(staff, &json!({ "id": organisation["id"], "version": version }), &[REMOVE_LOGO]);
    let context = json!({
        "steps": steps, "typed": typed.map_or_else(|| filled(&organisation), Typed::values), "version": version,
        "organisation": organisation, "problem": problem, "saved": false, "elsewhere": elsewhere?,
        "may_write": staff.may("organisation:write"),
    });
    staff.page("console/organisation/show.html", added(context, more)).await
}

/// What is set on pages of its own, for whoever may see it; null for what is not, or is unavailable.
async fn elsewhere(staff: &Staff) -> Result<Value, PageError> {
    let read = async |path: &'static str| {
        unless_away(staff.get_if("agreements:read", path, &()).await).map(Option::unwrap_or_default)
    };
    let (recipient, signature, clearance, publication) = futures_util::join!(
        read("/v1/recipient"),
        read("/v1/signature-rule"),
        read("/v1/clearance-rule"),
        read("/v1/publication"),
    );
    Ok(json!({
        "recipient": recipient?, "signature": signature?, "clearance": clearance?, "publication": publication?,
        "has_rates": staff.may("contributions:read"), "curates": staff.may("donors:write"),
    }))
}

/// The form as it begins.
fn filled(organisation: &Value) -> Value {
    let mut typed = Map::new();
    for name in ["name", "default_language"].into_iter().chain(OPTIONAL) {
        typed.insert(name.to_owned(), organisation[name].clone());
    }
    for language in Language::ALL {
        let code = language.as_str();
        typed.insert(format!("about-{code}"), organisation["about"][code].clone());
    }
    let months = &organisation["retention"]["accounts_months"];
    typed.insert(
        "retention-accounts_months".to_owned(),
        months.as_i64().map(|months| months.to_string()).into(),
    );
    typed.into()
}

/// The organisation as the API takes it.
fn body(typed: &Typed) -> Value {
    let mut sent = json!({ "name": typed.text("name"), "default_language": typed.text("default_language") });
    for name in OPTIONAL {
        sent[name] = typed.some(name).into();
    }
    for language in Language::ALL {
        let code = language.as_str();
        sent["about"][code] = typed.some(&format!("about-{code}")).into();
    }
    // What is no number goes as it is, and the platform says what is wrong with it.
    let months = typed.some("retention-accounts_months");
    sent["retention"]["accounts_months"] =
        months.map(|months| months.parse::<i64>().map_or_else(|_| Value::from(months), Value::from)).into();
    sent
}

async fn save(form: Writer) -> PageResult {
    let guard = Guard::Version(form.typed.text("version"));
    match form.submit(Method::PUT, ORGANISATION, &body(&form.typed), guard).await? {
        Ok(_) => done(&form),
        Err(problem) => show_page(&form, Some((Some(&form.typed), problem)), json!({})).await,
    }
}

/// Back to the page, which shows how it is now, as do all others from the next one on.
fn done(staff: &Staff) -> PageResult {
    staff.state.organisation.forget();
    staff.see_other("/console/organisation?saved=1")
}

/// The logo, also of an organisation that is not the public one.
async fn logo(staff: Staff) -> PageResult {
    staff.document(LOGO).await
}

/// The version of the organisation that was read.
#[derive(Deserialize)]
struct Read {
    version: Option<String>,
}

async fn put_logo(staff: Staff, read: web::Query<Read>, payload: Payload) -> PageResult {
    let problem = match send_logo(&staff, read.version.as_deref().unwrap_or_default(), payload).await? {
        Ok(_) => return done(&staff),
        Err(problem) => problem,
    };
    show_page(&staff, Some((None, problem)), json!({})).await
}

/// Sends the file of a form; a refusal is for the page to show.
async fn send_logo(
    staff: &Staff,
    version: &str,
    payload: Payload,
) -> Result<Result<Value, Value>, PageError> {
    let (name, bytes) = match service::receive_file(&staff.request, payload, MAX_FILE_BYTES).await {
        Ok(file) => file,
        Err(problem) => return Ok(Err(shown(&problem, ""))),
    };
    let Some(media_type) = media_type_of(&name) else {
        let fault = FieldCode::WrongFileFormat.says("is no image of these types");
        return Ok(Err(own("file", &fault.with("expected", "PNG, JPEG, WebP"))));
    };
    let sent = staff.state.gateway.put_file(&staff.caller, LOGO, version, media_type, bytes).await;
    refused(sent, "")
}

/// The type of an image by the ending of its name; whether it is one, the platform sees.
fn media_type_of(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    match ending.to_ascii_lowercase().as_str() {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "webp" => Some("image/webp"),
        _ => None,
    }
}

/// Removes the logo when the box was ticked.
async fn remove_logo(form: Writer) -> PageResult {
    let guard = Guard::Version(form.typed.text("version"));
    let refused = match form.typed.some("sure") {
        None => own("remove-logo-sure", &Fault::required()),
        Some(_) => match form.submit(Method::DELETE, LOGO, &json!({}), guard).await? {
            Ok(_) => return done(&form),
            Err(problem) => problem,
        },
    };
    show_page(&form, Some((None, refused)), json!({ "asked": REMOVE_LOGO })).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_sent_as_it_was_filled() {
        let organisation = json!({ "name": "Horizon", "about": { "en": "Of Geneva", "fr": null, "es": null },
            "contact_email": "a@b.example", "contact_url": null, "postal_address": null, "licence": "cc_by_4_0",
            "default_language": "fr", "retention": { "accounts_months": 24 } });
        let typed = filled(&organisation);
        let pairs = typed.as_object().unwrap().iter();
        let pairs = pairs.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
        assert_eq!(body(&Typed(pairs.collect())), organisation);
        let months = |text: &str| {
            body(&Typed(vec![("retention-accounts_months".to_owned(), text.to_owned())]))["retention"]
                ["accounts_months"]
                .clone()
        };
        assert_eq!((months("6"), months(""), months("soon")), (json!(6), Value::Null, json!("soon")));
    }

    #[test]
    fn a_file_that_is_called_like_no_image_is_not_sent() {
        assert_eq!(media_type_of("Logo.PNG"), Some("image/png"));
        assert_eq!(media_type_of("logo.min.jpeg"), Some("image/jpeg"));
        for name in ["logo.svg", "png", "logo.png.exe", ""] {
            assert_eq!(media_type_of(name), None, "{name}");
        }
    }
}
