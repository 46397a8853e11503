//! The demo's committee on allocations: a pool of the gifts, a reserve window, and proposals that are as far as they are.

use super::{
    agreements::month,
    decided,
    hands::{Clients, Known, step},
    records::Country,
    text,
};
use crate::api::Api;
use anyhow::{Context, Result};
use chrono::NaiveDate;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const POOL: &str = "Unearmarked contributions";
const COMMITTEE: &str = "Resource Allocation Committee";
const WINDOW: &str = "Reserve for sudden needs";
/// What the window can promise, in US dollars: less than the gifts of the year before come to.
const ENVELOPE: u64 = 1_500_000;

/// Where the next meeting is.
const PLACE: &str = "Geneva, room 4";

/// Who sits in the committee, for which office.
pub(super) const SEATS: [(&str, &str, &str); 4] = [
    ("director@demo.example", "HQ", "chair"),
    ("emergencies@demo.example", "HQ", "member"),
    ("liaison@demo.example", "HQ", "member"),
    ("regional@demo.example", "NBO", "member"),
];

/// A proposal of a country office.
pub(super) struct Proposal {
    pub(super) country: Country,
    pub(super) title: &'static str,
    pub(super) category: &'static str,
    pub(super) need: &'static str,
    pub(super) strategy_fit: &'static str,
    pub(super) risks: &'static str,
    pub(super) result: (&'static str, &'static str),
    /// Direct costs in thousands of US dollars; 7 % of overhead come to them.
    pub(super) direct: u64,
    /// How far it is.
    pub(super) state: &'static str,
    /// Who reads its title beside the amounts.
    pub(super) visibility: &'static str,
}

static PROPOSALS: [Proposal; 3] = [
    Proposal {
        country: Country::Bangladesh,
        title: "Shelters before the monsoon",
        category: "Sudden onset",
        need: "Landslides destroyed 1,900 shelters, and no donor's money can be moved to them before the rains.",
        strategy_fit: "Saving lives comes first in the organisation's strategy and in the response plan.",
        risks: "Roads may be cut for days: material is stored in the camps.",
        result: ("Families with a repaired shelter", "1,900"),
        direct: 400,
        state: "shortlisted",
        visibility: "donor",
    },
    Proposal {
        country: Country::Chad,
        title: "Convois vers l’intérieur du pays",
        category: "Sudden onset",
        need: "Plus de 12 000 personnes attendent à la frontière, où il n’y a ni eau ni abri.",
        strategy_fit: "Le transfert est la première priorité du plan de réponse.",
        risks: "La saison des pluies peut couper la route.",
        result: ("Personnes transférées", "12 000"),
        direct: 300,
        state: "submitted",
        visibility: "donor",
    },
    Proposal {
        country: Country::Ethiopia,
        title: "Assessment of settlements without water",
        category: "Preparedness",
        need: "Nobody knows how many settlements have no well any more.",
        strategy_fit: "Data are what the response plan is built on.",
        risks: "Access to two zones is uncertain.",
        result: ("Settlements assessed", "64"),
        direct: 60,
        state: "draft",
        visibility: "donor",
    },
];

impl Proposal {
    fn body(&self, window_id: &str, today: NaiveDate) -> Value {
        let overhead = self.direct * 70;
        let asked = self.direct * 1000 + overhead;
        json!({
            "window_id": window_id, "title": self.title, "category": self.category, "nature": "grant",
            "countries": [self.country.iso3()], "need": self.need, "strategy_fit": self.strategy_fit,
            "risks": self.risks, "results": [{ "indicator": self.result.0, "target": self.result.1 }],
            "budget": [
                { "kind": "direct", "description": self.title, "amount": dollars(self.direct * 1000) },
                { "kind": "overhead", "description": "7 %", "amount": dollars(overhead) },
            ],
            "asked": dollars(asked), "least": dollars(asked / 2), "start_date": month(today, 1),
            "end_date": month(today, 10), "visibility": self.visibility,
        })
    }
}

pub(super) fn dollars(amount: u64) -> Value {
    json!({ "amount": amount.to_string(), "currency": "USD" })
}

/// Makes all of it, or what is missing of it.
pub(super) async fn make(api: &Api, clients: &Clients, known: &Known, today: NaiveDate) -> Result<()> {
    let pool = json!({ "name": POOL, "intake": {}, "overhead_rate": 700, "reserve_floor": 20 });
    let pool = made(api, "/v1/pools", ("name", POOL), "demo-pool", &pool).await?;
    let committee = json!({ "name": COMMITTEE, "name_fr": "Comité d’allocation des ressources",
        "name_es": "Comité de Asignación de Recursos", "decision_by": "committee", "time_zone": "Europe/Zurich" });
    let committee = made(api, "/v1/committees", ("name", COMMITTEE), "demo-committee", &committee).await?;
    let (pool_id, committee_id) = (text(&pool["id"])?, text(&committee["id"])?);
    seats_and_rules(api, known, &committee).await?;
    if !has_money(api, &pool_id).await? {
        tracing::warn!("the demo's pool has not counted its contributions yet: its committee has no window");
        return Ok(());
    }
    let window = window(api, &pool_id, &committee_id, today).await?;
    let window_id = text(&window["id"])?;
    decided::decide(api, clients, known, (&committee_id, &window_id), today).await?;
    for proposal in &PROPOSALS {
        let made = propose(api, clients.office(proposal.country), proposal, &window_id, today).await?;
        if proposal.state == "shortlisted" {
            meeting(api, &committee_id, &made, today).await?;
        }
    }
    Ok(())
}

/// A record of a list by one of its fields; made when it is not there.
pub(super) async fn made(
    api: &Api,
    path: &str,
    (field, value): (&str, &str),
    key: &str,
    body: &Value,
) -> Result<Value> {
    let list = api.get(path).await?;
    let is_it = |item: &&Value| item[field] == value;
    match list["items"].as_array().and_then(|items| items.iter().find(is_it)) {
        Some(item) => Ok(item.clone()),
        None => api.create(path, key, body).await,
    }
}

/// Who sits there, and the rules: the director confirms what is larger.
async fn seats_and_rules(api: &Api, known: &Known, committee: &Value) -> Result<()> {
    let path = format!("/v1/committees/{}", text(&committee["id"])?);
    let seats = format!("{path}/seats");
    for (email, office, kind) in SEATS {
        let person = known.people.get(email).with_context(|| format!("the demo has no {email}"))?;
        let seat = json!({ "person_id": person, "office_id": known.offices[office], "kind": kind,
            "from": "2024-01-01" });
        made(api, &seats, ("person_id", person.as_str()), &format!("demo-seat-{email}"), &seat).await?;
    }
    if committee["rules_number"] == 1 {
        let rules = json!({
            "quorum": { "numerator": 1, "denominator": 2, "least": 3 }, "majority": "simple", "least_yes": 2,
            "tie": "deferred", "notice_days": 7,
            "circulation": { "hours": 48, "majority": "absolute", "objections": 1 },
            "normalisation": "centred", "alternates_for_recused": false,
            "authority": [{ "from": dollars(500_000), "decided_by": "head" }],
        });
        let body = json!({ "rules": rules, "reason": "Terms of reference" });
        api.create(&format!("{path}/rules"), "demo-committee-rules", &body).await?;
    }
    Ok(())
}

/// Whether the pool has counted enough to open the window: events bring it, soon.
async fn has_money(api: &Api, pool_id: &str) -> Result<bool> {
    let path = format!("/v1/pools/{pool_id}");
    for _ in 0..300 {
        let pool = api.get(&path).await?;
        let available = pool["totals"]["available"]["amount"].as_str().unwrap_or_default();
        let dollars = available.split('.').next().and_then(|whole| whole.parse::<u64>().ok());
        if dollars.is_some_and(|dollars| dollars >= ENVELOPE) {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(false)
}

/// The window, open.
async fn window(api: &Api, pool_id: &str, committee_id: &str, today: NaiveDate) -> Result<Value> {
    let body = json!({
        "pool_id": pool_id, "committee_id": committee_id, "kind": "reserve", "title": WINDOW,
        "strategy": {
            "en": "For needs that nobody could foresee, where no other money comes in time.",
            "fr": "Pour des besoins que personne ne pouvait prévoir, là où aucun autre financement n’arrive à temps.",
            "es": "Para necesidades que nadie podía prever, donde ningún otro financiamiento llega a tiempo.",
        },
        "envelope": dollars(ENVELOPE), "opens_at": format!("{}T08:00:00Z", month(today, -1)),
        "closes_at": format!("{}T17:00:00Z", month(today, 6)), "time_zone": "Europe/Zurich",
        "eligibility": { "office_kinds": ["country"], "most": dollars(600_000) }, "reviews_needed": 0,
        "is_partial_funding_allowed": true, "categories": ["Sudden onset", "Preparedness"],
        "screening_days": 3,
    });
    let window = made(api, "/v1/allocation-windows", ("title", WINDOW), "demo-window", &body).await?;
    if window["state"] != "draft" {
        return Ok(window);
    }
    let path = format!("/v1/allocation-windows/{}/open", text(&window["id"])?);
    step(api, Method::POST, &path, &window, &json!({})).await
}

/// A proposal, as far as it is: the office writes and submits it, headquarters does the rest.
pub(super) async fn propose(
    headquarters: &Api,
    office: &Api,
    proposal: &Proposal,
    window_id: &str,
    today: NaiveDate,
) -> Result<Value> {
    let (body, key) = (proposal.body(window_id, today), format!("demo-proposal-{}", proposal.country.iso3()));
    let found = made(office, "/v1/allocation-proposals", ("title", proposal.title), &key, &body).await?;
    let path = format!("/v1/allocation-proposals/{}", text(&found["id"])?);
    let mut now = office.get(&path).await?;
    let steps = [
        ("draft", office, "submit"),
        ("submitted", headquarters, "screen"),
        ("eligible", headquarters, "shortlist"),
    ];
    for (from, hands, action) in steps {
        if now["state"] == from && now["state"] != proposal.state {
            now = step(hands, Method::POST, &format!("{path}/{action}"), &now, &json!({})).await?;
        }
    }
    Ok(now)
}

/// The next meeting, with the proposal on its agenda.
async fn meeting(api: &Api, committee_id: &str, proposal: &Value, today: NaiveDate) -> Result<()> {
    let body = json!({ "committee_id": committee_id, "place": PLACE,
        "starts_at": format!("{}T09:00:00Z", month(today, 1)) });
    let path = "/v1/committee-meetings";
    let planned = made(api, path, ("place", PLACE), "demo-meeting", &body).await?;
    let path = format!("{path}/{}", text(&planned["id"])?);
    let agenda = api.get(&path).await?;
    if agenda["items"].as_array().is_some_and(|items| !items.is_empty()) {
        return Ok(());
    }
    let item = json!({ "title": proposal["title"], "proposal_id": proposal["id"] });
    api.create(&format!("{path}/items"), "demo-meeting-item", &item).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::people::{Account, PEOPLE};

    #[test]
    fn whoever_sits_in_the_committee_may_vote() {
        let people = &PEOPLE;
        for (email, office, _) in SEATS {
            let person = people.iter().find(|person| person.email == email).unwrap();
            let Account::Staff { also, .. } = person.account else { panic!("{email} is no staff") };
            assert_eq!(also, Some(("committee_member", office)), "{email}");
        }
    }

    #[test]
    fn proposals_fit_into_their_window() {
        let asked = |proposal: &Proposal| proposal.direct * 1070;
        let all = || PROPOSALS.iter().chain(&decided::PROPOSALS);
        assert!(all().all(|proposal| asked(proposal) <= 600_000));
        // One that is neither submitted nor decided on does not need the money yet.
        let needed = all().filter(|proposal| proposal.state == "shortlisted");
        assert!(needed.map(asked).sum::<u64>() <= ENVELOPE);
        // The committee has the last word on what it decides in the demo.
        assert!(decided::PROPOSALS.iter().all(|proposal| asked(proposal) < 500_000));
    }
}
