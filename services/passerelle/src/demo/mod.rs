//! The demo organisation: made through the REST API, as a user would, deterministic, and resumed when it broke off.

mod agreements;
mod flows;
mod people;
mod records;
mod relations;

pub use people::{PASSWORD, PEOPLE, Person};

use crate::{api::Api, output::note};
use anyhow::{Context, Result, bail};
use bus::Lag;
use chrono::{Datelike, Months, NaiveDate};
use kernel::Clock;
use records::{Country, DONORS, OFFICES, PLANS};
use reqwest::{Method, multipart};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::HashMap, fs, path::Path, time::Duration};
use store::Store;

/// The demo organisation's name and code.
const ORGANISATION: (&str, &str) = ("Horizon Migration Agency", "HQ");

/// What a visitor needs to look around.
pub struct SignIns {
    /// One password for all.
    pub password: &'static str,
    /// The people.
    pub people: &'static [Person],
}

/// How far the seed is; kept beside the data until it is complete.
#[derive(Serialize, Deserialize)]
struct Progress {
    done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<(String, String)>,
}

/// Makes the demo organisation when there is none at all, or goes on where it broke off.
///
/// # Errors
/// When a record is refused or the data folder cannot be written.
pub async fn seed_if_needed(
    identity: &Store,
    url: &str,
    file: &Path,
    clock: &dyn Clock,
    lag: impl AsyncFn() -> Result<Vec<Lag>>,
) -> Result<Option<SignIns>> {
    let progress = match fs::read_to_string(file) {
        Ok(text) => serde_json::from_str(&text).context("demo.json cannot be read")?,
        Err(_) if identity::exists(identity).await? => return Ok(None),
        Err(_) => {
            let founded = identity::found(identity, ORGANISATION.0, ORGANISATION.1).await?;
            let client = Some((founded.client_id.to_string(), founded.client_secret));
            let progress = Progress { done: false, client };
            save(file, &progress)?;
            progress
        }
    };
    if let (false, Some((id, secret))) = (progress.done, &progress.client) {
        let started = clock.now();
        note("Making the demo organisation …");
        seed(&Api::new(url, id, secret), started.date_naive()).await?;
        wait_for_read_models(lag).await?;
        save(file, &Progress { done: true, client: None })?;
        tracing::info!(milliseconds = (clock.now() - started).num_milliseconds(), "demo organisation made");
    }
    Ok(Some(SignIns { password: PASSWORD, people: &PEOPLE }))
}

/// Written beside and renamed, readable by the owner alone: it holds a secret while the seed is under way.
fn save(file: &Path, progress: &Progress) -> Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let beside = file.with_extension("new");
    let mut options = fs::OpenOptions::new();
    let mut new = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    new.write_all(serde_json::to_string(progress)?.as_bytes())?;
    new.sync_all()?;
    fs::rename(&beside, file).context("cannot write demo.json")
}

async fn seed(api: &Api, today: NaiveDate) -> Result<()> {
    let offices = offices(api).await?;
    let mut donors: HashMap<String, String> = HashMap::new();
    for (index, donor) in DONORS.iter().enumerate() {
        let number = index + 1;
        let body = json!({
            "name": donor.name, "short_name": donor.short, "type": donor.kind, "segment": donor.segment,
            "country": donor.country, "status": "active",
            "external_refs": [{ "source": "fts", "ref": donor.reference(number) }],
        });
        let made = api.create("/v1/donors", &format!("demo-donor-{number}"), &body).await?;
        donors.insert(donor.name.to_owned(), text(&made["id"])?);
    }
    for (index, plan) in PLANS.iter().enumerate() {
        let body = json!({
            "office_id": offices[plan.office], "name": plan.name, "plan_type": plan.kind,
            "countries": plan.countries, "years": plan.years,
            "start_date": format!("{}-01-01", plan.years[0]),
            "end_date": format!("{}-12-31", plan.years[plan.years.len() - 1]),
            "original_requirement": { "amount": plan.requirement.0.to_string(), "currency": "USD" },
            "revised_requirement": plan.requirement.1.map(|revised| json!({ "amount": revised.to_string(), "currency": "USD" })),
            "objectives": objectives(plan),
            "people_in_need": plan.people.0, "people_targeted": plan.people.1, "summary": plan.summary,
            "external_ref": { "source": "fts", "ref": plan.reference }, "visibility": "public",
        });
        api.create("/v1/plans", &format!("demo-plan-{index}"), &body).await?;
    }
    for country in Country::ALL {
        import(api, &offices[country.office()], country).await?;
    }
    rates(api, today).await?;
    agreements::seed(api, &offices, &donors, today).await?;
    relations::contacts(api, &donors, today).await?;
    relations::publication(api).await?;
    people(api, &offices).await?;
    focal_points(api, &donors).await
}

/// Units per US dollar of the currencies of the demo's donors, to a thousandth, and how far they sway over a year.
const RATES: [(&str, i64, i64); 4] =
    [("NOK", 10_600, 350), ("EUR", 926, 22), ("SEK", 10_400, 310), ("JPY", 151_000, 6_000)];

/// Monthly exchange rates of three years back.
async fn rates(api: &Api, today: NaiveDate) -> Result<()> {
    let mut file = "Date,Rate,Currency,Source\n".to_owned();
    for months in 0..36u32 {
        let Some(day) = today.with_day(1).and_then(|first| first.checked_sub_months(Months::new(months)))
        else {
            continue;
        };
        for (currency, middle, sway) in RATES {
            // Up for six months and down for six.
            let rate = middle - sway + sway * i64::from(day.month0().abs_diff(6)) / 3;
            file.push_str(&format!("{day},{}.{:03},{currency},Demo\n", rate / 1000, rate % 1000));
        }
    }
    let form = multipart::Form::new().part("file", multipart::Part::text(file).file_name("rates.csv"));
    let request = api.request(Method::POST, "/v1/exchange-rates").await?.multipart(form);
    crate::api::checked(request.send().await?).await?;
    Ok(())
}

/// What a plan sets out to do, in three parts of its requirement.
fn objectives(plan: &records::Plan) -> Value {
    let needed = plan.requirement.1.unwrap_or(plan.requirement.0);
    let parts = [
        (
            "saving_lives",
            60,
            "Shelter, health, water and protection for people who were forced to move.",
            &["internally_displaced", "refugees"][..],
            &["Shelter and settlements", "Health", "Water and sanitation"][..],
        ),
        (
            "solutions",
            30,
            "Return, local integration or relocation, in safety and for good.",
            &["returnees", "local_population"],
            &["Return and reintegration", "Basic services"],
        ),
        (
            "regular_pathways",
            10,
            "Border management that protects, and help for migrants in need.",
            &["international_migrants"],
            &["Border management", "Assistance to migrants"],
        ),
    ];
    let part = |(kind, percent, description, groups, areas): (&str, u64, &str, &[&str], &[&str])| {
        json!({ "kind": kind, "description": description, "groups": groups, "activity_areas": areas,
            "requirement": { "amount": (needed * percent / 100).to_string(), "currency": "USD" },
            "people_targeted": plan.people.1 * percent / 100 })
    };
    parts.map(part).to_vec().into()
}

/// The officer at headquarters answers the questions of the donors who have a portal account.
async fn focal_points(api: &Api, donors: &HashMap<String, String>) -> Result<()> {
    let request = api.request(Method::GET, "/v1/people").await?.query(&[("q", "officer@demo.example")]);
    let found = crate::api::checked(request.send().await?).await?;
    let officer = text(&found["items"][0]["id"])?;
    for name in ["Norway, Government of", "Spain, Government of"] {
        let path = format!("/v1/donors/{}", donors[name]);
        let mut donor = api.get(&path).await?;
        if donor["focal_point_id"] == officer.as_str() {
            continue;
        }
        let version = donor["version"].to_string();
        donor["focal_point_id"] = officer.as_str().into();
        for field in ["id", "version", "merged_into", "created_at", "updated_at"] {
            donor.as_object_mut().and_then(|donor| donor.remove(field));
        }
        let request = api.request(Method::PUT, &path).await?.header("if-match", format!("\"{version}\""));
        crate::api::checked(request.json(&donor).send().await?).await?;
    }
    Ok(())
}

async fn offices(api: &Api) -> Result<HashMap<&'static str, String>> {
    let mut ids = HashMap::from([(ORGANISATION.1, api.office(ORGANISATION.1).await?)]);
    for office in &OFFICES {
        let body = json!({
            "code": office.code, "name": office.name, "kind": office.kind, "country": office.country,
            "parent_id": ids[office.parent],
        });
        let made = api.create("/v1/offices", &format!("demo-office-{}", office.code), &body).await?;
        ids.insert(office.code, text(&made["id"])?);
    }
    Ok(ids)
}

/// 120 flows of one country office, in the shape of the FTS API.
async fn import(api: &Api, office_id: &str, country: Country) -> Result<()> {
    let page = json!({ "status": "ok", "data": { "flows": flows::of(country) } });
    let part =
        multipart::Part::bytes(serde_json::to_vec(&page)?).file_name(format!("{}.json", country.iso3()));
    let request = api.request(Method::POST, "/v1/imports").await?;
    let request = request.query(&[("format", "fts"), ("office_id", office_id)]);
    let form = multipart::Form::new().part("file", part);
    let mut job = crate::api::checked(request.multipart(form).send().await?).await?;
    let path = format!("/v1/imports/{}", text(&job["id"])?);
    while ["queued", "applying"].contains(&text(&job["state"])?.as_str()) {
        tokio::time::sleep(Duration::from_millis(30)).await;
        job = api.get(&path).await?;
    }
    if job["state"] != "done" {
        bail!("the demo import of {} ended {}", country.iso3(), job["state"]);
    }
    Ok(())
}

async fn people(api: &Api, offices: &HashMap<&'static str, String>) -> Result<()> {
    for person in &PEOPLE {
        let mut body = json!({
            "name": person.name, "email": person.email, "language": person.language, "password": PASSWORD,
        });
        match person.account {
            people::Account::Staff { role, office, also } => {
                let held = [Some((role, office)), also].into_iter().flatten();
                let held = held.map(|(role, office)| json!({ "office_id": offices[office], "role": role }));
                body["roles"] = held.collect();
            }
            people::Account::Donor { name } => {
                let request =
                    api.request(Method::GET, "/v1/donors").await?.query(&[("q", name), ("limit", "1")]);
                let found = crate::api::checked(request.send().await?).await?;
                body["donor_id"] = found["items"][0]["id"].clone();
            }
        }
        api.create("/v1/people", &format!("demo-person-{}", person.email), &body).await?;
    }
    Ok(())
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("an answer lacks a text")
}

/// The pages show what was made: waits until the read models have all of it.
async fn wait_for_read_models(lag: impl AsyncFn() -> Result<Vec<Lag>>) -> Result<()> {
    for _ in 0..300 {
        if lag().await?.iter().all(|lag| lag.records == 0) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the read models did not follow within 15 seconds")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_demo_is_as_large_and_as_mixed_as_it_says() {
        assert_eq!(DONORS.len(), 40);
        let kinds: HashSet<&str> = DONORS.iter().map(|donor| donor.kind).collect();
        assert_eq!(kinds.len(), 4);
        assert_eq!((PLANS.len(), OFFICES.len()), (6, 7));
        let all: Vec<Value> = Country::ALL.into_iter().flat_map(flows::of).collect();
        assert_eq!(all.len(), 600);
        let ids: HashSet<&str> = all.iter().map(|flow| flow["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 600);
        let again: Vec<Value> = Country::ALL.into_iter().flat_map(flows::of).collect();
        assert_eq!(all, again, "the same flows every time");
    }

    #[test]
    fn there_is_a_person_for_every_role() {
        let roles: HashSet<&str> = PEOPLE
            .iter()
            .filter_map(|person| match person.account {
                people::Account::Staff { role, .. } => Some(role),
                people::Account::Donor { .. } => None,
            })
            .collect();
        assert_eq!(roles.len(), kernel::StaffRole::ALL.len());
        assert!(PEOPLE.iter().any(|person| matches!(person.account, people::Account::Donor { .. })));
    }
}
