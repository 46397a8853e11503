//! What the demo's committee has decided: a meeting with votes, payments, a withdrawal, and the report on the use of the
//! money. Only people vote: the members sign in.

use super::{
    committee::{Proposal, SEATS, dollars, made, propose},
    hands::{Clients, Known, step},
    people::PASSWORD,
    records::Country,
    text,
};
use crate::api::{Api, checked};
use anyhow::{Context, Result};
use chrono::{Datelike, NaiveDate};
use reqwest::Method;
use serde_json::{Value, json};

/// Where the meeting was that decided.
const PLACE: &str = "Geneva, room 2";
/// Members who are in the room and vote; the others of [`SEATS`] follow by video.
const VOTERS: [&str; 3] = ["director@demo.example", "emergencies@demo.example", "liaison@demo.example"];
/// Who moves what is put to the vote.
const MOVER: &str = "emergencies@demo.example";
/// The day of a year, counted from 1, from which there is money for what is decided.
const FIRST_DAY: u32 = 8;
/// What is withdrawn from the first proposal, in US dollars: direct costs of 80,000 with their overhead.
const WITHDRAWN: u64 = 85_600;

/// Proposals that are approved as they are asked for. Each is the first of its country.
pub(super) static PROPOSALS: [Proposal; 3] = [
    Proposal {
        country: Country::Sudan,
        title: "Onward transport from the border",
        category: "Sudden onset",
        need: "Families wait for weeks at the border, and no donor's money can be used for buses.",
        strategy_fit: "Moving people away from danger comes first in the organisation's strategy.",
        risks: "The road may be closed for days at a time.",
        result: ("People transported", "12,000"),
        direct: 460,
        state: "shortlisted",
        visibility: "public",
    },
    Proposal {
        country: Country::Philippines,
        title: "Relief goods for two islands",
        category: "Preparedness",
        need: "The stocks were used up by the last typhoon, and the next season begins in three months.",
        strategy_fit: "What is stored before a storm arrives in days and not in weeks.",
        risks: "Prices rise with the season.",
        result: ("Families with relief goods in store", "6,500"),
        direct: 250,
        state: "shortlisted",
        visibility: "public",
    },
    Proposal {
        country: Country::Colombia,
        title: "Centro de orientación en la frontera",
        category: "Sudden onset",
        need: "Llegan 400 personas al día y nadie puede informarles de sus derechos.",
        strategy_fit: "La protección es una prioridad del plan de respuesta.",
        risks: "La seguridad en el paso fronterizo es incierta.",
        result: ("Personas orientadas", "18.000"),
        direct: 150,
        state: "shortlisted",
        visibility: "donor",
    },
];

/// Makes all of it, or what is missing of it.
pub(super) async fn decide(
    api: &Api,
    clients: &Clients,
    known: &Known,
    (committee_id, window_id): (&str, &str),
    today: NaiveDate,
) -> Result<()> {
    let mut proposals = Vec::new();
    for proposal in &PROPOSALS {
        proposals.push(propose(api, clients.office(proposal.country), proposal, window_id, today).await?);
    }
    // The gifts that may be used for these come in the first week of a year.
    if today.ordinal() >= FIRST_DAY {
        hold(api, known, committee_id, &proposals, today).await?;
        budget(api, clients.office(PROPOSALS[0].country), &proposals[0]).await?;
        pay(api, known, &proposals).await?;
    }
    reports(api, committee_id, today).await
}

/// The meeting: what is on its agenda is put to the vote, and what follows from it is done.
async fn hold(
    api: &Api,
    known: &Known,
    committee_id: &str,
    proposals: &[Value],
    today: NaiveDate,
) -> Result<()> {
    let path = meeting(api, known, committee_id, proposals, today).await?;
    let mover = mover(api, known, committee_id).await?;
    let agenda = api.get(&path).await?;
    if agenda["state"] == "open" {
        let mut voters = Vec::new();
        for email in VOTERS {
            voters.push(api.as_person(email, PASSWORD).await?);
        }
        let items = agenda["items"].as_array().context("a meeting lacks its agenda")?;
        let mut decision_id = None;
        for (number, item) in items.iter().enumerate() {
            let wording = wording(number);
            decision_id = vote(api, &voters, (&mover, item), &wording, number).await?;
        }
        if let Some(decision_id) = decision_id {
            withdraw(api, &proposals[0], &decision_id).await?;
        }
        for voter in &voters {
            voter.sign_out().await?;
        }
        let now = api.get(&path).await?;
        step(api, Method::POST, &format!("{path}/close"), &now, &json!({})).await?;
    }
    Ok(())
}

/// The meeting, open, with everybody there; its address.
async fn meeting(
    api: &Api,
    known: &Known,
    committee_id: &str,
    proposals: &[Value],
    today: NaiveDate,
) -> Result<String> {
    let body =
        json!({ "committee_id": committee_id, "place": PLACE, "starts_at": format!("{today}T09:00:00Z") });
    let path = "/v1/committee-meetings";
    let planned = made(api, path, ("place", PLACE), "demo-meeting-held", &body).await?;
    let path = format!("{path}/{}", text(&planned["id"])?);
    let mut now = api.get(&path).await?;
    if now["state"] == "planned" {
        let last = json!({ "title": "Onward transport: money of the appeal has come", "proposal_id": proposals[0]["id"] });
        let of_proposal =
            |proposal: &Value| json!({ "title": proposal["title"], "proposal_id": proposal["id"] });
        let items = proposals.iter().map(of_proposal).chain([last]);
        for (number, item) in items.enumerate() {
            api.create(&format!("{path}/items"), &format!("demo-held-item-{number}"), &item).await?;
        }
        now = api.get(&path).await?;
        let notice = json!({ "short_notice_reason": "The rains begin within days." });
        now = step(api, Method::POST, &format!("{path}/convene"), &now, &notice).await?;
    }
    if now["state"] == "convened" {
        now = step(api, Method::POST, &format!("{path}/open"), &now, &json!({})).await?;
    }
    if now["state"] == "open" {
        let mut intervals = Vec::new();
        for (email, _, _) in SEATS {
            intervals.push(json!({ "person_id": person(known, email)?, "from": now["opened_at"],
                "remote": !VOTERS.contains(&email) }));
        }
        let attendance = json!({ "intervals": intervals });
        step(api, Method::PUT, &format!("{path}/attendance"), &now, &attendance).await?;
    }
    Ok(path)
}

fn person<'a>(known: &'a Known, email: &str) -> Result<&'a str> {
    known.people.get(email).map(String::as_str).with_context(|| format!("the demo has no {email}"))
}

/// The seat of whoever moves what is put to the vote.
async fn mover(api: &Api, known: &Known, committee_id: &str) -> Result<String> {
    let person = person(known, MOVER)?;
    let seats = api.get(&format!("/v1/committees/{committee_id}/seats")).await?;
    let is_own = |seat: &&Value| seat["person_id"] == person;
    let seat = seats["items"].as_array().and_then(|seats| seats.iter().find(is_own));
    text(&seat.context("the demo's committee lacks a seat")?["id"])
}

/// What is put to the vote on an item of the agenda.
fn wording(number: usize) -> Value {
    match number {
        0 => json!({ "resolution": "approve", "reason": "Nobody else can pay for buses before the rains.",
            "conditions": "The office reports each month how many people were transported." }),
        1 => json!({ "resolution": "approve", "reason": "Stocks have to be there before the season." }),
        2 => json!({ "resolution": "approve", "reason": "The centre is the only one at this crossing." }),
        _ => json!({ "resolution": "withdraw_funds", "amount": dollars(WITHDRAWN),
            "reason": "Earmarked money of the appeal pays for a part of the buses." }),
    }
}

/// Puts a motion on an item to the vote, which everybody carries but for an abstention on the second; the id of its decision.
async fn vote(
    api: &Api,
    voters: &[Api],
    (mover, item): (&str, &Value),
    wording: &Value,
    number: usize,
) -> Result<Option<String>> {
    let listed = api.get(&format!("/v1/motions?proposal_id={}", text(&item["proposal_id"])?)).await?;
    let is_on_item = |motion: &&Value| motion["item_id"] == item["id"];
    let found = listed["items"].as_array().and_then(|motions| motions.iter().find(is_on_item));
    let mut motion = match found {
        Some(motion) => motion.clone(),
        None => {
            let body = json!({ "item_id": item["id"], "mover_id": mover, "wording": wording });
            api.create("/v1/motions", &format!("demo-motion-{number}"), &body).await?
        }
    };
    let path = format!("/v1/motions/{}", text(&motion["id"])?);
    if motion["state"] == "proposed" {
        motion = step(api, Method::POST, &format!("{path}/open"), &motion, &json!({})).await?;
    }
    if motion["state"] == "open" {
        for (place, voter) in voters.iter().enumerate() {
            let ballot = if number == 1 && place == 2 { "abstain" } else { "yes" };
            let request = voter.request(Method::PUT, &format!("{path}/vote")).await?;
            checked(request.json(&json!({ "vote": ballot })).send().await?).await?;
        }
        motion = api.get(&path).await?;
        motion = step(api, Method::POST, &format!("{path}/close"), &motion, &json!({})).await?;
    }
    Ok(motion["decision_id"].as_str().map(str::to_owned))
}

/// Carries out the withdrawal, once.
async fn withdraw(api: &Api, proposal: &Value, decision_id: &str) -> Result<()> {
    let path = format!("/v1/allocation-proposals/{}", text(&proposal["id"])?);
    let funds = api.get(&format!("{path}/funds")).await?;
    if funds["withdrawals"].as_array().is_some_and(|withdrawals| !withdrawals.is_empty()) {
        return Ok(());
    }
    let body = json!({ "decision_id": decision_id, "reason": "Earmarked money of the appeal has come." });
    step(api, Method::POST, &format!("{path}/withdraw-funds"), &funds, &body).await?;
    Ok(())
}

/// Files the budget of what the withdrawal left of a proposal, without which nothing more is paid: once, by its office.
async fn budget(api: &Api, office: &Api, proposal: &Value) -> Result<()> {
    let path = format!("/v1/allocation-proposals/{}", text(&proposal["id"])?);
    let now = api.get(&path).await?;
    if now["state"] != "approved" {
        return Ok(());
    }
    let direct = PROPOSALS[0].direct * 1000 - WITHDRAWN * 100 / 107;
    let overhead = direct * 7 / 100;
    let body = json!({ "lines": [
        { "kind": "direct", "description": PROPOSALS[0].title, "amount": dollars(direct) },
        { "kind": "overhead", "description": "7 %", "amount": dollars(overhead) },
    ] });
    step(office, Method::PUT, &format!("{path}/budget"), &now, &body).await?;
    Ok(())
}

/// Finance pays a part of the first two, and the first office has spent some of it. Who took part in a decision does not pay.
async fn pay(api: &Api, known: &Known, proposals: &[Value]) -> Result<()> {
    let body = json!({ "name": "Disbursements (HQ)", "office_id": known.offices["HQ"],
        "scopes": ["proposals:read", "disbursements:write"] });
    let request = api.request(Method::POST, "/v1/clients").await?.json(&body);
    let client = checked(request.send().await?).await?;
    let finance = api.as_client(&text(&client["id"])?, &text(&client["client_secret"])?);
    for (number, (proposal, amount)) in proposals.iter().zip([250_000, 180_000]).enumerate() {
        let path = format!("/v1/allocation-proposals/{}", text(&proposal["id"])?);
        let funds = finance.get(&format!("{path}/funds")).await?;
        if funds["state"] != "approved" {
            continue;
        }
        let paid = json!({ "amount": dollars(amount), "comment": "First instalment" });
        let funds = step(&finance, Method::POST, &format!("{path}/disburse"), &funds, &paid).await?;
        if number == 0 {
            let spent = json!({ "amount": dollars(140_000) });
            step(&finance, Method::POST, &format!("{path}/spend"), &funds, &spent).await?;
        }
    }
    Ok(())
}

/// The report on this year, published once there is something to tell, and a draft of the one on the year before.
async fn reports(api: &Api, committee_id: &str, today: NaiveDate) -> Result<()> {
    let foreword = json!({
        "en": "Money that no donor has tied down reaches people where nobody else pays. This report tells where it went.",
        "fr": "Les fonds sans affectation spéciale arrivent là où personne d’autre ne paie. Ce rapport dit où ils sont allés.",
        "es": "Los fondos no asignados llegan adonde nadie más paga. Este informe dice adónde fueron.",
    });
    let story = json!({
        "title": { "en": "Twelve hours instead of three weeks", "fr": "Douze heures au lieu de trois semaines",
            "es": "Doce horas en lugar de tres semanas" },
        "text": {
            "en": "Four days after the committee decided, the first buses left the border. Most families now wait for a night.",
            "fr": "Quatre jours après la décision du comité, les premiers bus ont quitté la frontière. La plupart des familles n’attendent plus qu’une nuit.",
            "es": "Cuatro días después de la decisión del comité salieron los primeros autobuses. La mayoría de las familias espera ahora una noche.",
        },
    });
    let this = json!({ "committee_id": committee_id, "year": today.year(), "foreword": foreword, "stories": [story] });
    let report = report(api, committee_id, today.year(), &this).await?;
    // In the first days of a year nothing has been decided that it could tell.
    if report["state"] == "draft" && today.ordinal() >= FIRST_DAY {
        let path = format!("/v1/unearmarked-reports/{}/publish", text(&report["id"])?);
        step(api, Method::POST, &path, &report, &json!({})).await?;
    }
    let before = json!({ "committee_id": committee_id, "year": today.year() - 1, "foreword": foreword });
    self::report(api, committee_id, today.year() - 1, &before).await?;
    Ok(())
}

/// The report of a committee on a year; made when it is not there.
async fn report(api: &Api, committee_id: &str, year: i32, body: &Value) -> Result<Value> {
    let path = "/v1/unearmarked-reports";
    let found = api.get(&format!("{path}?committee_id={committee_id}&year={year}")).await?;
    match found["items"].as_array().and_then(|items| items.first()) {
        Some(report) => Ok(report.clone()),
        None => api.create(path, &format!("demo-unearmarked-report-{year}"), body).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_withdrawn_is_direct_costs_with_their_overhead() {
        let (direct, left) = (WITHDRAWN * 100 / 107, PROPOSALS[0].direct * 1000 * 107 / 100 - WITHDRAWN);
        assert_eq!(direct * 107 / 100, WITHDRAWN);
        assert_eq!((PROPOSALS[0].direct * 1000 - direct) * 107 / 100, left);
    }

    #[test]
    fn whoever_votes_sits_in_the_committee_for_headquarters() {
        for email in VOTERS {
            assert!(SEATS.iter().any(|(seated, office, _)| *seated == email && *office == "HQ"), "{email}");
        }
        assert!(VOTERS.contains(&MOVER));
    }
}
