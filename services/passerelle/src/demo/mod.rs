//! The demo organisation: made through the REST API, as a user would, deterministic, and resumed when it broke off.

mod agreements;
mod committee;
mod decided;
mod flows;
mod gifts;
mod hands;
mod people;
mod plans;
mod records;
mod registry;
mod relations;
mod reports;
mod updates;

pub use people::{PASSWORD, PEOPLE, Person};

use crate::{api::Api, output::note};
use anyhow::{Context, Result, bail};
use bus::Lag;
use chrono::{Datelike, Months, NaiveDate};
use futures_util::{StreamExt, TryStreamExt, future::try_join_all, stream};
use hands::{Clients, Known};
use kernel::Clock;
use plans::PLANS;
use records::{Country, OFFICES};
use registry::{DONORS, Donor};
use reqwest::{Method, multipart};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::HashMap, fs, path::Path, time::Duration};
use store::Store;

/// The demo organisation's name and code.
const ORGANISATION: (&str, &str) = ("Horizon Migration Agency", "HQ");

/// Donors that are recorded at once.
const AT_ONCE: usize = 4;

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
        let api = Api::new(url, id, secret);
        seed(&api, started.date_naive()).await?;
        wait_for_links(&api).await?;
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
    let donors = donors(api).await?;
    // Passwords take a processor for a while, and imports wait for their worker.
    let (people, plans, ()) = tokio::try_join!(
        people(api, &offices, &donors),
        async {
            let plans = plans(api, &offices, today).await?;
            imports(api, &offices, today).await?;
            Ok::<_, anyhow::Error>(plans)
        },
        rates(api, today),
    )?;
    let known = Known { offices, donors, plans, people };
    relations::clearances(api, &known, today).await?;
    let clients = Clients::make(api, &known.offices).await?;
    tokio::try_join!(hands::agreements(api, &clients, &known, today), async {
        updates::publish(api, &clients, &known, today).await?;
        gifts::record(api, &known, today).await?;
        relations::contacts(api, &known, today).await?;
        relations::publication(api).await?;
        relations::organisation(api).await?;
        relations::focal_points(api, &known).await
    },)?;
    committee::make(api, &clients, &known, today).await
}

/// The registry; the ids by name.
async fn donors(api: &Api) -> Result<HashMap<&'static str, String>> {
    let numbered = stream::iter(DONORS.iter().enumerate());
    let recorded = numbered.map(|(index, donor)| async move {
        let number = index + 1;
        let body = json!({
            "name": donor.name, "name_fr": donor.name_fr, "name_es": donor.name_es, "short_name": donor.short,
            "type": donor.kind, "segment": donor.segment, "country": donor.country, "status": "active",
            "iati_identifier": donor.iati,
            "external_refs": [{ "source": "fts", "ref": Donor::reference(number) }],
        });
        let made = api.create("/v1/donors", &format!("demo-donor-{number}"), &body).await?;
        Ok::<_, anyhow::Error>((donor.name, text(&made["id"])?))
    });
    recorded.buffered(AT_ONCE).try_collect().await
}

/// The response plans; the ids of those of one country, by country and year.
async fn plans(
    api: &Api,
    offices: &HashMap<&'static str, String>,
    today: NaiveDate,
) -> Result<HashMap<(Country, i32), String>> {
    let mut ids = HashMap::new();
    // The oldest first: the list has the newest on top.
    for plan in PLANS.iter().rev() {
        let body = plan.body(today.year(), &offices[plan.country.office()]);
        let made = api.create("/v1/plans", &format!("demo-plan-{}", plan.reference), &body).await?;
        if let [year] = plan.years(today.year())[..]
            && plan.is_of_country()
        {
            ids.insert((plan.country, year), text(&made["id"])?);
        }
    }
    Ok(ids)
}

/// Monthly exchange rates of three years back.
async fn rates(api: &Api, today: NaiveDate) -> Result<()> {
    let mut file = "Date,Rate,Currency,Source\n".to_owned();
    for months in 0..36u32 {
        let Some(day) = today.with_day(1).and_then(|first| first.checked_sub_months(Months::new(months)))
        else {
            continue;
        };
        for (currency, middle, sway) in flows::RATES {
            // Up for six months and down for six.
            let rate = middle - sway + sway * day.month0().abs_diff(6) / 3;
            file.push_str(&format!("{day},{}.{:03},{currency},Demo\n", rate / 1000, rate % 1000));
        }
    }
    let form = multipart::Form::new().part("file", multipart::Part::text(file).file_name("rates.csv"));
    let request = api.request(Method::POST, "/v1/exchange-rates").await?.multipart(form);
    crate::api::checked(request.send().await?).await?;
    Ok(())
}

async fn offices(api: &Api) -> Result<HashMap<&'static str, String>> {
    let mut ids = HashMap::from([(ORGANISATION.1, api.office(ORGANISATION.1).await?)]);
    for office in &OFFICES {
        let body = json!({
            "code": office.code, "name": office.name, "kind": office.kind, "country": office.country,
            "parent_id": ids[office.parent], "time_zone": office.time_zone,
        });
        let made = api.create("/v1/offices", &format!("demo-office-{}", office.code), &body).await?;
        ids.insert(office.code, text(&made["id"])?);
    }
    Ok(ids)
}

/// What each country office is told of by FTS; Sudan's file comes twice, as more is known.
async fn imports(api: &Api, offices: &HashMap<&'static str, String>, today: NaiveDate) -> Result<()> {
    let all = Country::ALL.map(|country| async move {
        let (office_id, flows) = (&offices[country.office()], flows::of(country, today));
        if country == Country::Sudan {
            let before = flows::earlier(&flows, today.year());
            import(api, office_id, "SDN-until-last-year.json", &before).await?;
        }
        import(api, office_id, &format!("{}.json", country.iso3()), &flows).await
    });
    try_join_all(all).await?;
    Ok(())
}

/// Imports flows in the shape of the FTS API.
async fn import(api: &Api, office_id: &str, name: &str, flows: &[Value]) -> Result<()> {
    let page = json!({ "status": "ok", "data": { "flows": flows } });
    let part = multipart::Part::bytes(serde_json::to_vec(&page)?).file_name(name.to_owned());
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
        bail!("the demo import of {name} ended {}", job["state"]);
    }
    Ok(())
}

/// The accounts; the ids by address.
async fn people(
    api: &Api,
    offices: &HashMap<&'static str, String>,
    donors: &HashMap<&'static str, String>,
) -> Result<HashMap<&'static str, String>> {
    let mut ids = HashMap::new();
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
            people::Account::Donor { name } => body["donor_id"] = donors[name].as_str().into(),
        }
        let made = api.create("/v1/people", &format!("demo-person-{}", person.email), &body).await?;
        ids.insert(person.email, text(&made["id"])?);
    }
    Ok(ids)
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("an answer lacks a text")
}

/// Waits until it was seen which money is known twice: figures count it once from then on.
async fn wait_for_links(api: &Api) -> Result<()> {
    for _ in 0..300 {
        let progress = api.get("/v1/recipient/progress").await?;
        if progress["done"] == true && progress["to_link"] == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("it was not seen within 15 seconds which money is known twice")
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
    fn the_demo_is_as_mixed_as_it_says() {
        let kinds: HashSet<&str> = DONORS.iter().map(|donor| donor.kind).collect();
        assert_eq!(kinds.len(), 4);
        let names: HashSet<&str> = DONORS.iter().map(|donor| donor.name).collect();
        assert_eq!(names.len(), DONORS.len());
        let others = DONORS.iter().filter(|donor| donor.name_fr != donor.name || donor.name_es != donor.name);
        assert!(others.count() > 35);
        for office in &OFFICES {
            let known = |code: &str| code == ORGANISATION.1 || OFFICES.iter().any(|other| other.code == code);
            assert!(known(office.parent), "{}", office.code);
        }
        for code in Country::ALL.map(Country::office).into_iter().chain(Country::ALL.map(Country::region)) {
            assert!(OFFICES.iter().any(|office| office.code == code), "{code}");
        }
    }

    #[test]
    fn what_the_demo_names_is_there() {
        let donor = |name: &str| DONORS.iter().find(|donor| donor.name == name);
        for agreement in &agreements::AGREEMENTS {
            let found = donor(agreement.donor).unwrap_or_else(|| panic!("no donor {}", agreement.donor));
            assert!(found.gives_to(agreement.country), "{}", agreement.titles.0);
            assert_eq!(found.currency, agreement.amount.1, "{}", agreement.titles.0);
        }
        for person in &PEOPLE {
            if let people::Account::Donor { name } = person.account {
                assert!(donor(name).is_some(), "{name}");
            }
        }
        let rated =
            |currency: &str| currency == "USD" || flows::RATES.iter().any(|(code, ..)| *code == currency);
        assert!(DONORS.iter().all(|donor| rated(donor.currency)));
    }

    #[test]
    fn there_is_a_person_for_every_role() {
        let roles: HashSet<&str> = PEOPLE
            .iter()
            .flat_map(|person| match person.account {
                people::Account::Staff { role, also, .. } => vec![Some(role), also.map(|(role, _)| role)],
                people::Account::Donor { .. } => Vec::new(),
            })
            .flatten()
            .collect();
        let every: HashSet<&str> = kernel::StaffRole::ALL.iter().map(|role| role.as_str()).collect();
        assert_eq!(roles, every);
        assert!(PEOPLE.iter().any(|person| matches!(person.account, people::Account::Donor { .. })));
    }
}
