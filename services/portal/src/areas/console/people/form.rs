//! Inviting somebody, and changing an account: its name, its language, the office that manages it, roles in several offices.

use super::{
    roles::{self, Rows},
    show::link_of,
};
use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{Typed, key},
    ids::Id,
    offices,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/people", web::post().to(create))
        .route("/console/people/new", web::get().to(new))
        .route("/console/people/{id}/edit", web::get().to(edit))
        .route("/console/people/{id}/edit", web::post().to(update));
}

/// The form as it is shown.
#[derive(Default)]
struct FormOf {
    typed: Value,
    rows: Vec<Value>,
    problem: Value,
    /// The account that is changed; null for a new one.
    person: Value,
    /// Who was invited just now, with the link that is shown this once; null for nobody.
    invited: Value,
}

/// A row in the reader's own office, to begin with.
fn first_row(staff: &Staff) -> Vec<Value> {
    vec![json!({ "office_id": staff.own_office(), "role": null })]
}

async fn new(staff: Staff) -> PageResult {
    let (typed, rows) = (json!({ "language": staff.language.as_str() }), first_row(&staff));
    form_page(&staff, FormOf { typed, rows, ..FormOf::default() }).await
}

async fn person_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    let person = staff.get(&format!("/v1/people/{id}"), &()).await?;
    if person["donor_id"].is_null() { Ok(person) } else { Err(PageError::NotFound) }
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let person = person_of(&staff, &id).await?;
    form_page(
        &staff,
        FormOf { typed: filled(&person), rows: roles::held(&person), person, ..FormOf::default() },
    )
    .await
}

/// What the form of an account begins with, beside its roles.
fn filled(person: &Value) -> Value {
    let names = ["name", "email", "language", "office_id", "version"];
    names.into_iter().map(|name| (name, person[name].clone())).collect()
}

async fn form_page(staff: &Staff, form: FormOf) -> PageResult {
    let (all, roles) = futures_util::join!(offices::every(staff), roles::offered(staff));
    let (all, roles) = (all?, roles?);
    let office_names = offices::names(&all);
    let mut own = offices::of_reader(staff, &all);
    // What the reader may neither give nor take stays as it is.
    let (mut rows, kept) = roles::within(form.rows, &own);
    if rows.is_empty() {
        rows = first_row(staff);
    }
    own.retain(|office| {
        office["state"] != "closed" || rows.iter().any(|row| row["office_id"] == office["id"])
    });
    let context = json!({
        "typed": form.typed, "rows": rows, "problem": form.problem, "person": form.person, "invited": form.invited,
        "offices": own, "kept": kept, "office_names": office_names, "role_names": roles::own_names(&roles),
        "roles": roles, "key": key(),
    });
    staff.page("console/people/form.html", context).await
}

/// Whether a further row was asked for, and nothing is to be saved yet.
fn asks_for_more(typed: &Typed) -> bool {
    typed.some("more").is_some()
}

/// What was typed, as the API takes it.
fn body(typed: &Typed, rows: &Rows) -> Value {
    let mut body = json!({ "name": typed.text("name"), "language": typed.text("language") });
    rows.sent(&mut body);
    body
}

async fn create(form: Writer) -> PageResult {
    let (typed, rows) = (&form.typed, Rows::read(&form.typed));
    let mut again =
        FormOf { typed: typed.values(), rows: rows.again(asks_for_more(typed)), ..FormOf::default() };
    if asks_for_more(typed) {
        return form_page(&form, again).await;
    }
    let mut sent = body(typed, &rows);
    sent["email"] = typed.text("email").into();
    match form.submit(Method::POST, "/v1/people", &sent, Guard::Key(typed.text("key"))).await? {
        Ok(made) => {
            // The next one often works in the same office.
            let office = made["office_id"].clone();
            again.typed = json!({ "language": typed.text("language") });
            again.rows = vec![json!({ "office_id": office, "role": null })];
            again.invited =
                json!({ "id": made["id"], "name": made["name"], "link": link_of(&form, &made).await? });
        }
        Err(problem) => again.problem = rows.in_form(problem),
    }
    form_page(&form, again).await
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let (typed, rows) = (&form.typed, Rows::read(&form.typed));
    let person = person_of(&form, &id).await?;
    let more = asks_for_more(typed);
    let mut again = FormOf { typed: typed.values(), rows: rows.again(more), person, ..FormOf::default() };
    // What the reader may not change is not in the form, but is shown beside it.
    again.rows.extend(kept(&form, &again.person).await?);
    if more {
        return form_page(&form, again).await;
    }
    let mut sent = body(typed, &rows);
    sent["office_id"] = typed.text("office_id").into();
    if let Some(email) = typed.some("email") {
        sent["email"] = email.into();
    }
    let guard = Guard::Version(typed.text("version"));
    match form.submit(Method::PUT, &format!("/v1/people/{id}"), &sent, guard).await? {
        Ok(_) => form.see_other(&format!("/console/people/{id}?done=saved")),
        Err(problem) => {
            if problem["status"] == 412 {
                // Saving again is a decision, now that it is known that somebody else wrote.
                again.typed["version"] = again.person["version"].clone();
            }
            again.problem = rows.in_form(problem);
            form_page(&form, again).await
        }
    }
}

/// Roles in offices that the reader does not work for.
async fn kept(staff: &Staff, person: &Value) -> Result<Vec<Value>, PageError> {
    let own = offices::of_reader(staff, &offices::every(staff).await?);
    Ok(roles::within(roles::held(person), &own).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_sent_whole() {
        let typed = Typed::read(b"name=+Amina+&language=fr&rows=1&roles-0-office_id=a&roles-0-role=auditor");
        let sent = body(&typed, &Rows::read(&typed));
        let roles = json!([{ "office_id": "a", "role": "auditor" }]);
        let expected = json!({ "name": "Amina", "language": "fr", "roles": roles, "custom_roles": [] });
        assert_eq!(sent, expected);
        assert!(!asks_for_more(&typed) && asks_for_more(&Typed::read(b"more=1")));
    }

    #[test]
    fn the_form_begins_with_what_is_recorded() {
        let person = json!({ "name": "N", "email": "n@example.org", "language": "en", "office_id": "a", "version": 3,
            "active": true });
        let filled = filled(&person);
        assert_eq!((&filled["version"], filled.get("active")), (&json!(3), None));
    }
}
