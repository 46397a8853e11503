//! The form of a contact.

use super::show::{contact_of, donor_of};
use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{Typed, key},
    i18n::Language,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use locale::names;
use serde_json::{Map, Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/donors/{id}/contacts", web::post().to(create))
        .route("/console/donors/{id}/contacts/new", web::get().to(new))
        .route("/console/contacts/{id}/edit", web::get().to(edit))
        .route("/console/contacts/{id}/edit", web::post().to(update));
}

/// Fields of a contact that are one text in the form.
const TEXTS: [&str; 9] =
    ["post", "unit", "email", "phone", "address", "notes", "liaison_post", "valid_from", "valid_until"];

async fn new(staff: Staff, donor: web::Path<Id>) -> PageResult {
    let donor = staff.get(&format!("/v1/donors/{donor}"), &()).await?;
    form_page(&staff, (&donor, None), json!({ "basis": "consent" }), Value::Null).await
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let contact = contact_of(&staff, &id).await?;
    if !contact["erased"].is_null() {
        return Err(PageError::NotFound);
    }
    let donor = donor_of(&staff, &contact).await?;
    form_page(&staff, (&donor, Some(&id)), filled(&contact, staff.language), Value::Null).await
}

/// What the form of a recorded contact begins with.
fn filled(contact: &Value, language: Language) -> Value {
    let languages = contact["languages"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let languages = languages.map(|code| names::name_of(code, language).unwrap_or(code));
    let consent = &contact["consent"];
    let mut typed = json!({
        "name": contact["name"], "languages": languages.collect::<Vec<_>>().join(", "), "basis": consent["basis"],
        "given_on": consent["given_on"], "withdrawn_on": consent["withdrawn_on"], "version": contact["version"],
    });
    for name in TEXTS {
        typed[name] = contact[name].clone();
    }
    typed
}

async fn form_page(
    staff: &Staff,
    (donor, id): (&Value, Option<&Id>),
    typed: Value,
    problem: Value,
) -> PageResult {
    let context = json!({
        "donor": donor, "id": id.map(Id::as_str), "typed": typed, "problem": problem, "key": key(),
    });
    staff.page("console/contacts/form.html", context).await
}

/// What was typed, as the API takes it.
fn fields(typed: &Typed, language: Language) -> Value {
    let day = |name: &str| typed.some(name).map_or(Value::Null, Value::from);
    let languages = codes(typed.text("languages"), language);
    let mut sent = Map::from_iter([
        ("name".to_owned(), Value::from(typed.text("name"))),
        ("languages".to_owned(), languages.into()),
        (
            "consent".to_owned(),
            json!({ "basis": typed.text("basis"), "given_on": day("given_on"), "withdrawn_on": day("withdrawn_on") }),
        ),
    ]);
    for name in TEXTS {
        // An address is written over several lines and kept as one.
        let text =
            typed.some(name).map(|text| text.split(['\r', '\n']).filter(|line| !line.trim().is_empty()));
        let text = text.map(|lines| lines.map(str::trim).collect::<Vec<_>>().join(", "));
        sent.insert(name.to_owned(), text.map_or(Value::Null, Value::from));
    }
    Value::Object(sent)
}

/// The codes of languages that were typed by name or by code; what is neither goes on as it is, to be refused by name.
fn codes(typed: &str, language: Language) -> Vec<String> {
    let mut codes = Vec::new();
    for part in typed.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        match names::code_of(part, language) {
            Some(code) => codes.push(code.to_owned()),
            None => codes.extend(part.split_whitespace().map(|word| {
                names::code_of(word, language).map_or_else(|| word.to_lowercase(), str::to_owned)
            })),
        }
    }
    codes
}

/// The languages are one input of the form.
fn in_form(mut problem: Value) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = error["field"].as_str().unwrap_or_default();
        if field.starts_with("languages-") {
            error["field"] = "languages".into();
        } else if let Some(name) = field.strip_prefix("consent-") {
            error["field"] = name.into();
        }
    }
    problem
}

async fn create(form: Writer, donor: web::Path<Id>) -> PageResult {
    let (path, guard) = (format!("/v1/donors/{donor}/contacts"), Guard::Key(form.typed.text("key")));
    let sent = fields(&form.typed, form.language);
    match form.submit(Method::POST, &path, &sent, guard).await?.map_err(in_form) {
        Ok(_) => form.see_other(&format!("/console/donors/{donor}")),
        Err(problem) => {
            let donor = form.get(&format!("/v1/donors/{donor}"), &()).await?;
            form_page(&form, (&donor, None), form.typed.values(), problem).await
        }
    }
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let guard = Guard::Version(form.typed.text("version"));
    let sent = fields(&form.typed, form.language);
    let answer = form.submit(Method::PUT, &format!("/v1/contacts/{id}"), &sent, guard).await?;
    match answer.map_err(in_form) {
        Ok(_) => form.see_other(&format!("/console/contacts/{id}")),
        Err(problem) => {
            let now = contact_of(&form, &id).await?;
            let mut values = form.typed.values();
            if problem["status"] == 412 {
                // Saving again is a decision, now that it is said.
                values["version"] = now["version"].clone();
            }
            let donor = donor_of(&form, &now).await?;
            form_page(&form, (&donor, Some(&id)), values, problem).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_a_contact_and_again_a_form() {
        let typed = Typed::read(
            b"name=Zo%C3%AB&languages=fran%C3%A7ais%2C+EN+es&email=&address=Street+1%0D%0A%0D%0ATown&basis=consent&given_on=2026-01-01&withdrawn_on=",
        );
        let sent = fields(&typed, Language::French);
        assert_eq!(sent["languages"], json!(["fr", "en", "es"]));
        assert_eq!((&sent["address"], &sent["email"]), (&json!("Street 1, Town"), &Value::Null));
        assert_eq!(
            sent["consent"],
            json!({ "basis": "consent", "given_on": "2026-01-01", "withdrawn_on": null })
        );
        let again = filled(&sent, Language::English);
        let languages = json!("French, English, Spanish");
        assert_eq!((&again["languages"], &again["given_on"]), (&languages, &json!("2026-01-01")));
    }

    #[test]
    fn languages_are_typed_by_name_or_code_and_what_is_neither_is_sent_to_be_refused() {
        let typed = |text: &str| codes(text, Language::English);
        assert_eq!(typed("Norwegian Bokmål; arabic"), ["nb", "ar"]);
        assert_eq!(typed("fr en"), ["fr", "en"]);
        assert_eq!(typed("Elvish, fr"), ["elvish", "fr"]);
        assert_eq!(typed(" ,; "), Vec::<String>::new());
    }

    #[test]
    fn a_refusal_names_the_inputs_of_the_form() {
        let errors =
            json!([{ "field": "languages-3" }, { "field": "consent-given_on" }, { "field": "email" }]);
        let problem = in_form(json!({ "errors": errors }));
        assert_eq!(
            problem["errors"],
            json!([{ "field": "languages" }, { "field": "given_on" }, { "field": "email" }])
        );
    }
}
