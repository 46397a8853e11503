//! The donor registry in the console: the form of a donor, its duplicates, what happened with it.

use super::{
    console::staff,
    donor::kernel_id,
    forms::{Typed, again, key, refused, see_other, writer},
};
use crate::{
    State,
    api::{Guard, Method},
    error::{PageError, or_error_page},
    render::{Page, page},
    session::SignedIn,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Bytes, Data},
};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) async fn new(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let typed = json!({ "status": "prospect", "type": "government" });
        form_page(&request, &state, &signed_in, None, typed, Value::Null)
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn edit(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let id = kernel_id(&id).ok_or(PageError::NotFound)?;
        let donor = state.gateway.get(&signed_in.caller(&request), &format!("/v1/donors/{id}"), &[]).await?;
        form_page(&request, &state, &signed_in, Some(id), filled(donor), Value::Null)
    };
    or_error_page(shown.await, &request, &state)
}

/// What the form of a recorded donor begins with: its fields, the preferences beside them.
fn filled(mut donor: Value) -> Value {
    let preferences = donor["preferences"].take();
    for (name, value) in preferences.as_object().into_iter().flatten() {
        donor[name] = value.clone();
    }
    let themes = donor["themes"].as_array().cloned().unwrap_or_default();
    donor["themes"] = themes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ").into();
    donor
}

fn form_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    id: Option<&str>,
    typed: Value,
    problem: Value,
) -> Result<HttpResponse, PageError> {
    let context = json!({
        "typed": typed, "problem": problem, "id": id, "key": key(), "countries": super::agreements::country_codes(),
    });
    page(state, request, Some(signed_in), Page { template: "pages/console/donor-form.html", context })
}

pub(crate) async fn create(request: HttpRequest, state: Data<State>, body: Bytes) -> HttpResponse {
    or_error_page(save(&request, &state, None, &body).await, &request, &state)
}

pub(crate) async fn update(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
    body: Bytes,
) -> HttpResponse {
    or_error_page(save(&request, &state, Some(&id), &body).await, &request, &state)
}

/// The donor as the API takes it: what the form does not show stays as it is.
fn donor_body(typed: &Typed, recorded: &Value) -> Value {
    let themes = typed.text("themes").split(',').map(str::trim).filter(|theme| !theme.is_empty());
    let mut sent = json!({
        "name": typed.text("name"), "type": typed.text("type"), "status": typed.text("status"),
        "preferences": { "themes": themes.collect::<Vec<_>>(), "regions": typed.all("regions"),
            "earmarking": typed.all("earmarking"), "report_language": typed.some("report_language"),
            "report_template": typed.some("report_template") },
    });
    for name in ["name_fr", "name_es", "short_name", "segment", "country", "iati_identifier", "liaison_post"]
    {
        sent[name] = typed.some(name).into();
    }
    for name in ["parent_id", "focal_point_id", "iati_organisation_type", "external_refs"] {
        if !recorded[name].is_null() {
            sent[name] = recorded[name].clone();
        }
    }
    sent
}

async fn save(
    request: &HttpRequest,
    state: &State,
    id: Option<&str>,
    body: &[u8],
) -> Result<HttpResponse, PageError> {
    let typed = Typed::read(body);
    let signed_in = writer(state, request, &typed).await?;
    let caller = signed_in.caller(request);
    let id = id.map(|id| kernel_id(id).ok_or(PageError::NotFound)).transpose()?;
    let sent = match id {
        None => {
            let guard = Guard::Key(typed.text("key"));
            let sent = donor_body(&typed, &Value::Null);
            state.gateway.change(&caller, Method::POST, "/v1/donors", &sent, guard).await
        }
        Some(id) => {
            let path = format!("/v1/donors/{id}");
            let recorded = state.gateway.get(&caller, &path, &[]).await?;
            let guard = Guard::Version(typed.text("version"));
            let sent = donor_body(&typed, &recorded);
            state.gateway.change(&caller, Method::PUT, &path, &sent, guard).await
        }
    };
    match refused(sent, "")? {
        Ok(saved) => {
            let id = saved["id"].as_str().unwrap_or_default();
            Ok(see_other(request, &format!("/console/donors/{id}")))
        }
        Err(problem) => {
            let mut values = typed.values();
            if let Some(id) = id.filter(|_| problem["status"] == 412) {
                // Saving again is a decision, now that it is known that somebody else wrote.
                let now = state.gateway.get(&caller, &format!("/v1/donors/{id}"), &[]).await?;
                values["version"] = now["version"].clone();
            }
            let shown = form_page(request, state, &signed_in, id, values, problem.clone())?;
            Ok(again(shown, &problem))
        }
    }
}

pub(crate) async fn duplicates(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        duplicates_page(&request, &state, &signed_in, &id, Value::Null, Value::Null).await
    };
    or_error_page(shown.await, &request, &state)
}

async fn duplicates_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    id: &str,
    typed: Value,
    problem: Value,
) -> Result<HttpResponse, PageError> {
    let id = kernel_id(id).ok_or(PageError::NotFound)?;
    let caller = signed_in.caller(request);
    let path = format!("/v1/donors/{id}");
    let (candidates_path, merges_path) = (format!("{path}/duplicates"), format!("{path}/merges"));
    let (donor, candidates, merges) = futures_util::join!(
        state.gateway.get(&caller, &path, &[]),
        state.gateway.get(&caller, &candidates_path, &[]),
        state.gateway.get(&caller, &merges_path, &[]),
    );
    let context = json!({
        "donor": donor?, "candidates": candidates?, "merges": merges?, "problem": problem, "typed": typed, "key": key(),
        "may_write": signed_in.may("donors:write"),
    });
    page(state, request, Some(signed_in), Page { template: "pages/console/donor-duplicates.html", context })
}

/// Merges a duplicate into the donor.
pub(crate) async fn merge(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
    body: Bytes,
) -> HttpResponse {
    let done = async {
        let typed = Typed::read(&body);
        let signed_in = writer(&state, &request, &typed).await?;
        let id = kernel_id(&id).ok_or(PageError::NotFound)?;
        let path = format!("/v1/donors/{id}/merges");
        let sent = json!({ "duplicate_id": typed.text("duplicate_id"), "reason": typed.text("reason") });
        let guard = Guard::VersionOnce(typed.text("version"), typed.text("key"));
        settle(&request, &state, &signed_in, id, &typed, (&path, &sent, guard)).await
    };
    or_error_page(done.await, &request, &state)
}

/// Takes a merger back.
pub(crate) async fn unmerge(
    request: HttpRequest,
    state: Data<State>,
    place: web::Path<(String, String)>,
    body: Bytes,
) -> HttpResponse {
    let done = async {
        let typed = Typed::read(&body);
        let signed_in = writer(&state, &request, &typed).await?;
        let id = kernel_id(&place.0).ok_or(PageError::NotFound)?;
        let merge = kernel_id(&place.1).ok_or(PageError::NotFound)?;
        let path = format!("/v1/donor-merges/{merge}/undo");
        let guard = Guard::Version(typed.text("version"));
        settle(&request, &state, &signed_in, id, &typed, (&path, &json!({}), guard)).await
    };
    or_error_page(done.await, &request, &state)
}

async fn settle(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    id: &str,
    typed: &Typed,
    (path, sent, guard): (&str, &Value, Guard<'_>),
) -> Result<HttpResponse, PageError> {
    let caller = signed_in.caller(request);
    match refused(state.gateway.change(&caller, Method::POST, path, sent, guard).await, "")? {
        Ok(_) => Ok(see_other(request, &format!("/console/donors/{id}/duplicates"))),
        Err(problem) => {
            let shown = duplicates_page(request, state, signed_in, id, typed.values(), problem.clone());
            Ok(again(shown.await?, &problem))
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Pages {
    cursor: Option<String>,
}

pub(crate) async fn timeline(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
    pages: web::Query<Pages>,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let id = kernel_id(&id).ok_or(PageError::NotFound)?;
        let caller = signed_in.caller(&request);
        let query = super::given(&[("cursor", &pages.cursor)]);
        let (path, list) = (format!("/v1/donors/{id}"), format!("/v1/donors/{id}/timeline"));
        let (donor, list) = futures_util::join!(
            state.gateway.get(&caller, &path, &[]),
            state.gateway.get(&caller, &list, &query),
        );
        let context = json!({ "donor": donor?, "list": list?, "filter_query": "" });
        page(
            &state,
            &request,
            Some(&signed_in),
            Page { template: "pages/console/donor-timeline.html", context },
        )
    };
    or_error_page(shown.await, &request, &state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_donor_is_sent_whole_and_what_the_form_does_not_show_stays() {
        let typed = Typed::read(
            b"name=Norway&type=government&status=active&themes=shelter%2C+health&regions=africa&country=NOR",
        );
        let recorded = json!({ "parent_id": "p", "external_refs": [{ "source": "fts", "ref": "1" }], "focal_point_id": null });
        let sent = donor_body(&typed, &recorded);
        assert_eq!(sent["preferences"]["themes"], json!(["shelter", "health"]));
        assert_eq!((&sent["parent_id"], &sent["short_name"]), (&json!("p"), &Value::Null));
        assert_eq!(sent["external_refs"], recorded["external_refs"]);
        assert!(sent.get("focal_point_id").is_none());
        assert_eq!(
            filled(json!({ "name": "N", "preferences": { "themes": ["a", "b"], "regions": ["asia"] } }))["themes"],
            "a, b"
        );
    }
}
