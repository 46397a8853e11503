//! Whose hands the demo's records go through, and the steps that they take.

use super::{
    agreements::{AGREEMENTS, Agreement, month},
    records::{Country, REGIONS},
    reports, text,
};
use crate::api::{Api, checked};
use anyhow::{Context, Result};
use chrono::{Datelike, NaiveDate};
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Agreements that go through hands at once.
const AT_ONCE: usize = 4;

/// What an office's and a region's clients may do.
const OFFICE_SCOPES: [&str; 10] = [
    "agreements:read",
    "agreements:write",
    "reports:read",
    "reports:write",
    "contributions:read",
    "contributions:write",
    "plans:read",
    "plans:write",
    "proposals:read",
    "proposals:write",
];
const REGION_SCOPES: [&str; 2] = ["reports:read", "reports:review"];

/// What was made before the agreements: ids by name.
pub(super) struct Known {
    pub(super) offices: HashMap<&'static str, String>,
    pub(super) donors: HashMap<&'static str, String>,
    /// The plans of one country and year.
    pub(super) plans: HashMap<(Country, i32), String>,
    /// By their addresses.
    pub(super) people: HashMap<&'static str, String>,
}

impl Known {
    pub(super) fn donor(&self, name: &str) -> Result<&str> {
        self.donors.get(name).map(String::as_str).with_context(|| format!("the demo has no donor {name}"))
    }
}

/// The clients of all offices, by their codes.
pub(super) struct Clients(HashMap<&'static str, Api>);

impl Clients {
    /// A secret is told once, so each run of the seed makes its own clients.
    pub(super) async fn make(api: &Api, offices: &HashMap<&'static str, String>) -> Result<Self> {
        let mut clients = HashMap::new();
        for client in planned() {
            clients.insert(client.office, client.make(api, &offices[client.office]).await?);
        }
        Ok(Self(clients))
    }

    pub(super) fn office(&self, country: Country) -> &Api {
        &self.0[country.office()]
    }
}

/// An API client of the demo.
struct Client {
    /// The code of its office.
    office: &'static str,
    /// What it is for, as the list of clients shows it.
    purpose: &'static str,
    scopes: &'static [&'static str],
}

/// One client for each country office and each regional office.
fn planned() -> Vec<Client> {
    let of_office = |country: Country| Client {
        office: country.office(),
        purpose: "Agreements, contributions, reports, plans and proposals",
        scopes: &OFFICE_SCOPES,
    };
    let of_region = |office| Client { office, purpose: "Review of reports", scopes: &REGION_SCOPES };
    Country::ALL.into_iter().map(of_office).chain(REGIONS.into_iter().map(of_region)).collect()
}

impl Client {
    fn name(&self) -> String {
        format!("{} ({})", self.purpose, self.office)
    }

    async fn make(&self, api: &Api, office_id: &str) -> Result<Api> {
        let body = json!({ "name": self.name(), "office_id": office_id, "scopes": self.scopes });
        let request = api.request(Method::POST, "/v1/clients").await?.json(&body);
        let made = checked(request.send().await?).await?;
        Ok(api.as_client(&text(&made["id"])?, &text(&made["client_secret"])?))
    }
}

/// Who takes the steps of an agreement and its reports.
pub(super) struct Hands<'a> {
    pub(super) headquarters: &'a Api,
    pub(super) office: &'a Api,
    pub(super) region: &'a Api,
}

/// A step on the version that `record` says; the record after it.
pub(super) async fn step(
    api: &Api,
    method: Method,
    path: &str,
    record: &Value,
    body: &Value,
) -> Result<Value> {
    let version = format!("\"{}\"", record["version"]);
    let request = api.request(method, path).await?.header("if-match", version).json(body);
    checked(request.send().await?).await
}

/// Records the agreements, one after the other so that their references are the same every time, and takes them, their
/// payments and their reports as far as they are.
pub(super) async fn agreements(api: &Api, clients: &Clients, known: &Known, today: NaiveDate) -> Result<()> {
    let mut recorded = Vec::new();
    for (number, agreement) in AGREEMENTS.iter().enumerate() {
        let plan = known.plans.get(&(agreement.country, agreement.start(today).year()));
        let terms = agreement.terms(known.donor(agreement.donor)?, plan, today);
        // One officer answers for Chad and Sudan.
        let responsible = matches!(agreement.country, Country::Chad | Country::Sudan)
            .then(|| known.people.get("country@demo.example"));
        let body = json!({ "office_id": known.offices[agreement.country.office()], "terms": terms,
            "responsible_id": responsible.flatten() });
        let made = api.create("/v1/agreements", &format!("demo-agreement-{number}"), &body).await?;
        recorded.push((number, agreement, text(&made["id"])?));
    }
    let all = stream::iter(recorded).map(Ok::<_, anyhow::Error>);
    all.try_for_each_concurrent(AT_ONCE, |(number, agreement, id)| async move {
        let hands = Hands {
            headquarters: api,
            office: clients.office(agreement.country),
            region: &clients.0[agreement.country.region()],
        };
        run(&hands, number, agreement, &id, known, today).await
    })
    .await
}

async fn run(
    hands: &Hands<'_>,
    number: usize,
    agreement: &Agreement,
    id: &str,
    known: &Known,
    today: NaiveDate,
) -> Result<()> {
    let record = format!("/v1/agreements/{id}");
    let signing =
        json!({ "signed_on": agreement.signed_on(today), "signatory": "Director, Donor Relations Division" });
    let path = [
        ("draft", "negotiate", json!({})),
        ("negotiation", "sign", signing),
        ("signed", "activate", json!({})),
    ];
    let mut now = hands.office.get(&record).await?;
    // What is to be closed is active first.
    let goal = if agreement.state == "closed" { "active" } else { agreement.state };
    for (from, action, body) in path {
        if now["state"] == from && now["state"] != goal {
            now = step(hands.office, Method::POST, &format!("{record}/{action}"), &now, &body).await?;
        }
    }
    if goal != "active" {
        return Ok(());
    }
    money(hands.office, number, agreement, id, known, today).await?;
    reports::follow(hands, id, agreement, today).await?;
    if agreement.state == "closed" && now["state"] == "active" {
        step(hands.office, Method::POST, &format!("{record}/close"), &now, &json!({})).await?;
    }
    Ok(())
}

/// The instalments that fell due, paid; the second one, where it has not, as a pledge, of which every other donor has paid a
/// part.
async fn money(
    office: &Api,
    number: usize,
    agreement: &Agreement,
    id: &str,
    known: &Known,
    today: NaiveDate,
) -> Result<()> {
    for (index, (due, amount)) in agreement.instalments(today).into_iter().enumerate() {
        let part = index + 1;
        let reference = format!("AGREEMENT-{number}-{part}");
        let mut body = json!({
            "donor_id": known.donor(agreement.donor)?, "agreement_id": id, "amount": agreement.money(amount),
            "decision_date": agreement.signed_on(today), "countries": [agreement.country.iso3()],
            "earmarking": agreement.earmarking(), "visibility": agreement.visibility,
            "external_ref": { "source": "demo", "ref": reference },
        });
        let is_paid = due <= today;
        if is_paid {
            let plan = known.plans.get(&(agreement.country, due.year()));
            body["plan_ids"] = plan.into_iter().cloned().collect();
            body["description"] = format!("{}, instalment {part}", agreement.titles.0).into();
            (body["status"], body["flow_date"], body["usage_years"]) =
                ("paid".into(), json!(due), json!([due.year()]));
        } else {
            body["description"] = format!("{}, instalment {part} (announced)", agreement.titles.0).into();
            (body["status"], body["split_evenly"]) = ("pledge".into(), true.into());
            body["usage_years"] = json!([due.year(), due.year() + 1]);
        }
        let recorded = match held(office, &reference).await? {
            Some(recorded) => recorded,
            None => office.create("/v1/contributions", &format!("demo-money-{number}-{part}"), &body).await?,
        };
        if !is_paid && number.is_multiple_of(2) && recorded["version"] == 1 {
            let path = format!("/v1/contributions/{}/pay", text(&recorded["id"])?);
            let body = json!({ "on": month(today, 0), "amount": agreement.money(amount / 4) });
            step(office, Method::POST, &path, &recorded, &body).await?;
        }
    }
    Ok(())
}

/// What was recorded under a reference.
async fn held(office: &Api, reference: &str) -> Result<Option<Value>> {
    let found = office.get(&format!("/v1/contributions?external_ref=demo:{reference}")).await?;
    Ok(found["items"].as_array().and_then(|items| items.first()).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn clients_are_told_apart_by_their_names_which_say_what_they_are_for() {
        let names: HashSet<String> = planned().iter().map(Client::name).collect();
        assert_eq!(names.len(), Country::ALL.len() + REGIONS.len());
        for name in
            ["Agreements, contributions, reports, plans and proposals (TCD)", "Review of reports (NBO)"]
        {
            assert!(names.contains(name), "{names:?}");
        }
    }
}
