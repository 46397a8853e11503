//! The form of an office: a new one, and one that is renamed or moved.

use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{Typed, country_codes, key, time_zones},
    ids::Id,
    offices::own_and_below,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/offices", web::post().to(create))
        .route("/console/offices/new", web::get().to(new))
        .route("/console/offices/{id}/edit", web::get().to(edit))
        .route("/console/offices/{id}/edit", web::post().to(update));
}

async fn new(staff: Staff) -> PageResult {
    let typed = json!({ "kind": "country", "parent_id": staff.own_office() });
    form_page(&staff, None, typed, Value::Null).await
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let office = staff.get(&format!("/v1/offices/{id}"), &()).await?;
    form_page(&staff, Some(&office), office.clone(), Value::Null).await
}

/// The form, of a new office or of a recorded one.
async fn form_page(staff: &Staff, office: Option<&Value>, typed: Value, problem: Value) -> PageResult {
    let context = json!({
        "typed": typed, "problem": problem, "office": office, "key": key(), "parents": parents(staff, office).await?,
        "countries": country_codes(staff.language), "zones": time_zones(),
    });
    staff.page("console/offices/form.html", context).await
}

/// The offices that one may stand below: the present one, and those that the reader may move it to.
async fn parents(staff: &Staff, office: Option<&Value>) -> Result<Vec<Value>, PageError> {
    let all = staff.all("/v1/offices", &[("sort", "tree")]).await?;
    let own = own_and_below(&all, |office| staff.is_own_office(office));
    let present = office.map(|office| &office["parent_id"]);
    Ok(choices(&all, &own, office, present))
}

/// Of all offices, those that have offices below them: open ones among `own`, and the present parent.
fn choices(all: &[Value], own: &[Value], office: Option<&Value>, present: Option<&Value>) -> Vec<Value> {
    let kinds: &[&str] = match office.and_then(|office| office["kind"].as_str()) {
        Some("regional" | "liaison") => &["headquarters"],
        Some("headquarters") => &[],
        _ => &["headquarters", "regional"],
    };
    let is_own = |id: &Value| own.iter().any(|own| own["id"] == *id);
    let fits = |other: &&Value| {
        let is_of_kind = kinds.iter().any(|kind| other["kind"] == *kind);
        let may = is_own(&other["id"]) && other["state"] == "open";
        present == Some(&other["id"]) || (is_of_kind && may)
    };
    let choice = |other: &Value| json!({ "id": other["id"], "name": other["name"], "kind": other["kind"] });
    all.iter().filter(fits).map(choice).collect()
}

async fn create(form: Writer) -> PageResult {
    let typed = &form.typed;
    let mut sent = body(typed);
    for name in ["code", "kind"] {
        sent[name] = typed.text(name).into();
    }
    let guard = Guard::Key(typed.text("key"));
    match form.submit(Method::POST, "/v1/offices", &sent, guard).await? {
        Ok(saved) => to_record(&form, &saved, "created"),
        Err(problem) => form_page(&form, None, typed.values(), problem).await,
    }
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let path = format!("/v1/offices/{id}");
    let guard = Guard::Version(form.typed.text("version"));
    match form.submit(Method::PUT, &path, &body(&form.typed), guard).await? {
        Ok(saved) => to_record(&form, &saved, "saved"),
        Err(problem) => {
            let office = form.get(&path, &()).await?;
            let mut values = form.typed.values();
            if problem["status"] == 412 {
                // Saving again is a decision, now that it is known that somebody else wrote.
                values["version"] = office["version"].clone();
            }
            form_page(&form, Some(&office), values, problem).await
        }
    }
}

fn to_record(form: &Writer, saved: &Value, done: &str) -> PageResult {
    let id = saved["id"].as_str().unwrap_or_default();
    form.see_other(&format!("/console/offices/{id}?done={done}"))
}

/// What the form says of an office, new or not.
fn body(typed: &Typed) -> Value {
    json!({
        "name": typed.text("name"), "parent_id": typed.some("parent_id"), "country": typed.some("country"),
        "time_zone": typed.some("time_zone"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offices::tests::ids;

    #[test]
    fn an_office_is_offered_what_it_may_stand_below() {
        let office =
            |id: &str, kind: &str, state: &str| json!({ "id": id, "name": id, "kind": kind, "state": state });
        let all = vec![
            office("hq", "headquarters", "open"),
            office("africa", "regional", "open"),
            office("chad", "country", "open"),
            office("asia", "regional", "closed"),
        ];
        let offered = |own: &[Value], office: Option<&Value>, present: Option<&str>| -> Vec<String> {
            let present = present.map(Value::from);
            let choices = choices(&all, own, office, present.as_ref());
            ids(&choices).into_iter().map(str::to_owned).collect()
        };
        assert_eq!(offered(&all, None, None), ["hq", "africa"]);
        assert_eq!(offered(&all, Some(&all[2]), Some("africa")), ["hq", "africa"]);
        assert_eq!(offered(&all, Some(&all[2]), Some("asia")), ["hq", "africa", "asia"], "where it stands");
        assert_eq!(offered(&all, Some(&all[1]), Some("hq")), ["hq"]);
        assert_eq!(
            offered(&all[2..3], Some(&all[2]), Some("africa")),
            ["africa"],
            "an office cannot move itself"
        );
        assert!(offered(&all, Some(&all[0]), None).is_empty());
    }

    #[test]
    fn an_office_is_sent_whole() {
        let sent = body(&Typed::read(b"name=Chad&parent_id=p&country=TCD&time_zone="));
        let expected = json!({ "name": "Chad", "parent_id": "p", "country": "TCD", "time_zone": null });
        assert_eq!(sent, expected);
    }
}
