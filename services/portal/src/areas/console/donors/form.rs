//! The form of a donor.

use super::liaison;
use crate::{
    client::{Guard, Method},
    forms::{Typed, country_codes, key},
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/donors", web::post().to(create))
        .route("/console/donors/new", web::get().to(new))
        .route("/console/donors/{id}/edit", web::get().to(edit))
        .route("/console/donors/{id}/edit", web::post().to(update));
}

async fn new(staff: Staff) -> PageResult {
    let typed = json!({ "status": "prospect", "type": "government" });
    form_page(&staff, None, typed, Value::Null).await
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let donor = staff.get(&format!("/v1/donors/{id}"), &()).await?;
    form_page(&staff, Some(&id), filled(donor), Value::Null).await
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

async fn form_page(staff: &Staff, id: Option<&Id>, typed: Value, problem: Value) -> PageResult {
    let offices = liaison::offices(staff).await?;
    let context = json!({
        "typed": typed, "problem": problem, "id": id.map(Id::as_str), "key": key(), "countries": country_codes(staff.language),
        "liaison_offices": liaison::offered(&offices, &typed["liaison_office_id"]),
    });
    staff.page("console/donors/form.html", context).await
}

async fn create(form: Writer) -> PageResult {
    let sent = donor_body(&form.typed, &Value::Null);
    let guard = Guard::Key(form.typed.text("key"));
    match form.submit(Method::POST, "/v1/donors", &sent, guard).await? {
        Ok(saved) => to_record(&form, &saved),
        Err(problem) => form_page(&form, None, form.typed.values(), problem).await,
    }
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let path = format!("/v1/donors/{id}");
    let recorded = form.get(&path, &()).await?;
    let sent = donor_body(&form.typed, &recorded);
    let guard = Guard::Version(form.typed.text("version"));
    match form.submit(Method::PUT, &path, &sent, guard).await? {
        Ok(saved) => to_record(&form, &saved),
        Err(problem) => {
            let mut values = form.typed.values();
            if problem["status"] == 412 {
                // Saving again is a decision, now that it is known that somebody else wrote.
                values["version"] = form.get(&path, &()).await?["version"].clone();
            }
            form_page(&form, Some(&id), values, problem).await
        }
    }
}

fn to_record(form: &Writer, saved: &Value) -> PageResult {
    form.see_other(&format!("/console/donors/{}", saved["id"].as_str().unwrap_or_default()))
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
    let optional =
        ["name_fr", "name_es", "short_name", "segment", "country", "iati_identifier", "liaison_post"];
    for name in optional.into_iter().chain(["liaison_office_id"]) {
        sent[name] = typed.some(name).into();
    }
    for name in ["parent_id", "focal_point_id", "iati_organisation_type", "external_refs"] {
        if !recorded[name].is_null() {
            sent[name] = recorded[name].clone();
        }
    }
    sent
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
