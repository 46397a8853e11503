//! Contacts of donors in the console: the record, the form, erasure.

use super::{
    console::staff,
    donor::kernel_id,
    forms::{Typed, again, key, own, refused, see_other, writer},
};
use crate::{
    State,
    api::{Caller, Guard, Method},
    error::{PageError, or_error_page, unless_away},
    i18n::{Language, PageLanguage},
    render::{Page, page},
    session::SignedIn,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Bytes, Data},
};
use kernel::Fault;
use language::names;
use serde_json::{Map, Value, json};

/// Fields of a contact that are one text in the form.
const TEXTS: [&str; 9] =
    ["post", "unit", "email", "phone", "address", "notes", "liaison_post", "valid_from", "valid_until"];

/// A donor's contacts for its page: null for whoever may not see them; none when they are away, or their key is.
pub(super) async fn of_donor(
    state: &State,
    signed_in: &SignedIn,
    caller: &Caller,
    donor: &str,
) -> Result<Option<Value>, PageError> {
    if !signed_in.may("contacts:read") {
        return Ok(Some(Value::Null));
    }
    let few = [("limit", "100".to_owned())];
    unless_away(state.gateway.get(caller, &format!("/v1/donors/{donor}/contacts"), &few).await)
}

async fn contact_of(state: &State, caller: &Caller, id: &str) -> Result<Value, PageError> {
    let id = kernel_id(id).ok_or(PageError::NotFound)?;
    state.gateway.get(caller, &format!("/v1/contacts/{id}"), &[]).await
}

async fn donor_of(state: &State, caller: &Caller, id: &str) -> Result<Value, PageError> {
    let id = kernel_id(id).ok_or(PageError::NotFound)?;
    state.gateway.get(caller, &format!("/v1/donors/{id}"), &[]).await
}

pub(crate) async fn show(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        show_page(&request, &state, &signed_in, &id, Value::Null, Value::Null).await
    };
    or_error_page(shown.await, &request, &state)
}

async fn show_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    id: &str,
    problem: Value,
    typed: Value,
) -> Result<HttpResponse, PageError> {
    let caller = signed_in.caller(request);
    let contact = contact_of(state, &caller, id).await?;
    let donor = donor_of(state, &caller, contact["donor_id"].as_str().unwrap_or_default()).await?;
    let context = json!({
        "contact": contact, "donor": donor, "problem": problem, "typed": typed,
        "may_write": signed_in.may("contacts:write") && contact["erased"].is_null(),
    });
    page(state, request, Some(signed_in), Page { template: "pages/console/contact.html", context })
}

pub(crate) async fn new(request: HttpRequest, state: Data<State>, donor: web::Path<String>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let typed = json!({ "basis": "consent" });
        form_page(&request, &state, &signed_in, (&donor, None), typed, Value::Null).await
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn edit(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let contact = contact_of(&state, &signed_in.caller(&request), &id).await?;
        if !contact["erased"].is_null() {
            return Err(PageError::NotFound);
        }
        let donor = contact["donor_id"].as_str().unwrap_or_default();
        let language = PageLanguage::of(&request, signed_in.page_language()).language;
        let typed = filled(&contact, language);
        form_page(&request, &state, &signed_in, (donor, Some(&id)), typed, Value::Null).await
    };
    or_error_page(shown.await, &request, &state)
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
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    (donor, id): (&str, Option<&str>),
    typed: Value,
    problem: Value,
) -> Result<HttpResponse, PageError> {
    let donor = donor_of(state, &signed_in.caller(request), donor).await?;
    let context = json!({ "donor": donor, "id": id, "typed": typed, "problem": problem, "key": key() });
    page(state, request, Some(signed_in), Page { template: "pages/console/contact-form.html", context })
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

pub(crate) async fn create(
    request: HttpRequest,
    state: Data<State>,
    donor: web::Path<String>,
    body: Bytes,
) -> HttpResponse {
    let done = async {
        let typed = Typed::read(&body);
        let signed_in = writer(&state, &request, &typed).await?;
        let id = kernel_id(&donor).ok_or(PageError::NotFound)?;
        let path = format!("/v1/donors/{id}/contacts");
        let (caller, guard) = (signed_in.caller(&request), Guard::Key(typed.text("key")));
        let sent = fields(&typed, PageLanguage::of(&request, signed_in.page_language()).language);
        let sent = state.gateway.change(&caller, Method::POST, &path, &sent, guard).await;
        match refused(sent, "")?.map_err(in_form) {
            Ok(_) => Ok(see_other(&request, &format!("/console/donors/{id}"))),
            Err(problem) => {
                let shown =
                    form_page(&request, &state, &signed_in, (id, None), typed.values(), problem.clone());
                Ok(again(shown.await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}

pub(crate) async fn update(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
    body: Bytes,
) -> HttpResponse {
    let done = async {
        let typed = Typed::read(&body);
        let signed_in = writer(&state, &request, &typed).await?;
        let id = kernel_id(&id).ok_or(PageError::NotFound)?;
        let (caller, guard) = (signed_in.caller(&request), Guard::Version(typed.text("version")));
        let path = format!("/v1/contacts/{id}");
        let sent = fields(&typed, PageLanguage::of(&request, signed_in.page_language()).language);
        let sent = state.gateway.change(&caller, Method::PUT, &path, &sent, guard).await;
        match refused(sent, "")?.map_err(in_form) {
            Ok(_) => Ok(see_other(&request, &format!("/console/contacts/{id}"))),
            Err(problem) => {
                let now = contact_of(&state, &caller, id).await?;
                let mut values = typed.values();
                if problem["status"] == 412 {
                    // Saving again is a decision, now that it is said.
                    values["version"] = now["version"].clone();
                }
                let donor = now["donor_id"].as_str().unwrap_or_default();
                let shown =
                    form_page(&request, &state, &signed_in, (donor, Some(id)), values, problem.clone());
                Ok(again(shown.await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}

/// Erases, when the reason was chosen and the box ticked.
pub(crate) async fn erase(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
    body: Bytes,
) -> HttpResponse {
    let done = async {
        let typed = Typed::read(&body);
        let signed_in = writer(&state, &request, &typed).await?;
        let id = kernel_id(&id).ok_or(PageError::NotFound)?;
        let outcome = if typed.text("sure") == "yes" {
            let (caller, guard) = (signed_in.caller(&request), Guard::Version(typed.text("version")));
            let path = format!("/v1/contacts/{id}/erase");
            let sent = json!({ "reason": typed.text("reason") });
            refused(state.gateway.change(&caller, Method::POST, &path, &sent, guard).await, "")?
        } else {
            Err(own("sure", &Fault::required()))
        };
        match outcome {
            Ok(_) => Ok(see_other(&request, &format!("/console/contacts/{id}"))),
            Err(problem) => {
                let shown = show_page(&request, &state, &signed_in, id, problem.clone(), typed.values());
                Ok(again(shown.await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
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
