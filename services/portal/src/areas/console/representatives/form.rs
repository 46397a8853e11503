//! Inviting a donor's representative, and changing its name, its language and how long it has access.

use crate::{
    areas::console::{donors::choice::donor_of, people::show::link_of},
    client::{Guard, Method},
    donor_names::in_language,
    forms::{key, no_donor},
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use chrono::{Days, Months, NaiveDate};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/representatives", web::post().to(create))
        .route("/console/representatives/new", web::get().to(new))
        .route("/console/representatives/{id}/edit", web::get().to(edit))
        .route("/console/representatives/{id}/edit", web::post().to(update));
}

/// Access that is proposed for a new account.
const PROPOSED: Months = Months::new(12);
/// Access at most, as the API takes it.
const AT_MOST: Months = Months::new(24);

#[derive(Deserialize)]
struct Beginning {
    donor_id: Option<String>,
}

/// The form as it is shown.
#[derive(Default)]
struct FormOf {
    typed: Value,
    problem: Value,
    /// Donors that the name that was typed may mean.
    choices: Vec<Value>,
    /// The account that is changed; null for a new one.
    person: Value,
    /// Who was invited just now, with the link that is shown this once; null for nobody.
    invited: Value,
}

async fn new(staff: Staff, beginning: web::Query<Beginning>) -> PageResult {
    let mut typed = begun(&staff);
    if let Some(id) = beginning.donor_id.as_deref().and_then(Id::read) {
        let donor = staff.get(&format!("/v1/donors/{id}"), &()).await?;
        (typed["donor_id"], typed["donor"]) = (id.as_str().into(), in_language(staff.language, &donor));
    }
    form_page(&staff, FormOf { typed, ..FormOf::default() }).await
}

/// What the form of a new account begins with.
fn begun(staff: &Staff) -> Value {
    let until = staff.today().checked_add_months(PROPOSED).map(|day| day.to_string());
    json!({ "language": staff.language.as_str(), "access_until": until })
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let person = staff.get(&format!("/v1/representatives/{id}"), &()).await?;
    form_page(&staff, FormOf { typed: filled(&person), person, ..FormOf::default() }).await
}

fn filled(person: &Value) -> Value {
    let names = ["name", "language", "access_until", "version"];
    names.into_iter().map(|name| (name, person[name].clone())).collect()
}

/// The first and the last day that access may be given to.
fn days(today: NaiveDate) -> [Option<NaiveDate>; 2] {
    [today.checked_add_days(Days::new(1)), today.checked_add_months(AT_MOST)]
}

async fn form_page(staff: &Staff, form: FormOf) -> PageResult {
    let [first_day, last_day] = days(staff.today()).map(|day| day.map(|day| day.to_string()));
    let context = json!({
        "typed": form.typed, "problem": form.problem, "choices": form.choices, "person": form.person,
        "invited": form.invited, "key": key(), "first_day": first_day, "last_day": last_day,
    });
    staff.page("console/representatives/form.html", context).await
}

async fn create(form: Writer) -> PageResult {
    let typed = &form.typed;
    let mut again = FormOf { typed: typed.values(), ..FormOf::default() };
    let donor = match donor_of(&form).await? {
        Ok(donor) => donor,
        Err(choices) => {
            (again.problem, again.choices) = (no_donor(&choices), choices);
            return form_page(&form, again).await;
        }
    };
    (again.typed["donor_id"], again.typed["donor"]) =
        (donor["id"].clone(), in_language(form.language, &donor));
    let sent = json!({
        "donor_id": donor["id"], "name": typed.text("name"), "email": typed.text("email"),
        "language": typed.text("language"), "access_until": typed.text("access_until"),
    });
    let guard = Guard::Key(typed.text("key"));
    match form.submit(Method::POST, "/v1/representatives", &sent, guard).await? {
        Ok(made) => {
            // The next one may speak for the same donor.
            let mut typed = begun(&form);
            (typed["donor_id"], typed["donor"]) = (donor["id"].clone(), in_language(form.language, &donor));
            let link = link_of(&form, &made).await?;
            let invited = json!({ "id": made["id"], "name": made["name"], "link": link });
            form_page(&form, FormOf { typed, invited, ..FormOf::default() }).await
        }
        Err(problem) => {
            again.problem = problem;
            form_page(&form, again).await
        }
    }
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let (typed, path) = (&form.typed, format!("/v1/representatives/{id}"));
    let sent = json!({
        "name": typed.text("name"), "language": typed.text("language"), "access_until": typed.text("access_until"),
    });
    match form.submit(Method::PUT, &path, &sent, Guard::Version(typed.text("version"))).await? {
        Ok(_) => form.see_other(&format!("/console/representatives/{id}?done=saved")),
        Err(problem) => {
            let person = form.get(&path, &()).await?;
            let mut values = typed.values();
            if problem["status"] == 412 {
                // Saving again is a decision, now that it is known that somebody else wrote.
                values["version"] = person["version"].clone();
            }
            form_page(&form, FormOf { typed: values, problem, person, ..FormOf::default() }).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_is_given_from_tomorrow_to_two_years_ahead() {
        let today = NaiveDate::from_ymd_opt(2026, 2, 28).unwrap();
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day);
        assert_eq!(days(today), [day(2026, 3, 1), day(2028, 2, 28)]);
    }

    #[test]
    fn the_form_begins_with_what_is_recorded() {
        let person = json!({ "name": "Ingrid", "language": "en", "access_until": "2026-12-31", "version": 2,
            "email": "ingrid@example.org" });
        let filled = filled(&person);
        assert_eq!((&filled["access_until"], filled.get("email")), (&json!("2026-12-31"), None));
    }
}
