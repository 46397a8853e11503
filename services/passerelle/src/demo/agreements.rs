//! The demo's agreements and reports: each office takes its own through their steps, as its people would. Dates are counted
//! from the present month, so that something is always due.

use super::text;
use crate::api::Api;
use anyhow::{Result, bail};
use chrono::{Datelike, Months, NaiveDate};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashMap;

/// An agreement of the demo.
struct Agreement {
    office: &'static str,
    donor: &'static str,
    title: &'static str,
    /// Months from the present one to the first day, and how many it lasts.
    months: (i32, u32),
    amount: (i64, &'static str),
    earmarking: (&'static str, &'static str),
    template: &'static str,
    /// How far it is.
    state: &'static str,
    /// How far its first report is.
    report: &'static str,
    /// Who sees it: `donor` or `public`.
    visibility: &'static str,
}

const AGREEMENTS: [Agreement; 9] = [
    Agreement {
        office: "TCD",
        donor: "Norway, Government of",
        title: "Shelter and relief in the eastern provinces",
        months: (-6, 12),
        amount: (42_000_000, "NOK"),
        earmarking: ("earmarked", "F"),
        template: "standard",
        state: "active",
        report: "submitted",
        visibility: "public",
    },
    Agreement {
        office: "TCD",
        donor: "Netherlands, Government of the",
        title: "Health on the move",
        months: (-9, 24),
        amount: (3_200_000, "EUR"),
        earmarking: ("earmarked", "F"),
        template: "eight_plus_three",
        state: "active",
        report: "returned",
        visibility: "donor",
    },
    Agreement {
        office: "SDN",
        donor: "Sweden, Government of",
        title: "Displacement tracking for the whole response",
        months: (-7, 18),
        amount: (25_000_000, "SEK"),
        earmarking: ("softly_earmarked", "D"),
        template: "standard",
        state: "active",
        report: "regional_review",
        visibility: "public",
    },
    Agreement {
        office: "SDN",
        donor: "Norway, Government of",
        title: "Return and reintegration in Khartoum State",
        months: (-8, 16),
        amount: (18_500_000, "NOK"),
        earmarking: ("earmarked", "F"),
        template: "eight_plus_three",
        state: "active",
        report: "hq_clearance",
        visibility: "donor",
    },
    Agreement {
        office: "ETH",
        donor: "Spain, Government of",
        title: "Protection along the eastern route",
        months: (-7, 12),
        amount: (1_400_000, "EUR"),
        earmarking: ("earmarked", "F"),
        template: "standard",
        state: "active",
        report: "submitted",
        visibility: "public",
    },
    Agreement {
        office: "BGD",
        donor: "Japan, Government of",
        title: "Water and sanitation in the camps",
        months: (-8, 12),
        amount: (310_000_000, "JPY"),
        earmarking: ("tightly_earmarked", "I"),
        template: "standard",
        state: "active",
        report: "drafting",
        visibility: "public",
    },
    Agreement {
        office: "PHL",
        donor: "Norway, Government of",
        title: "Evacuation centres after the typhoons",
        months: (-13, 10),
        amount: (9_000_000, "NOK"),
        earmarking: ("earmarked", "F"),
        template: "standard",
        state: "active",
        report: "drafting",
        visibility: "donor",
    },
    Agreement {
        office: "TCD",
        donor: "Spain, Government of",
        title: "Onward transport from the border",
        months: (1, 12),
        amount: (900_000, "EUR"),
        earmarking: ("earmarked", "F"),
        template: "standard",
        state: "negotiation",
        report: "",
        visibility: "donor",
    },
    Agreement {
        office: "SDN",
        donor: "Netherlands, Government of the",
        title: "Rehabilitation of basic services",
        months: (2, 18),
        amount: (5_000_000, "EUR"),
        earmarking: ("softly_earmarked", "D"),
        template: "eight_plus_three",
        state: "draft",
        report: "",
        visibility: "donor",
    },
];

/// What an office's and a region's clients may do.
const OFFICE_SCOPES: [&str; 8] = [
    "agreements:read",
    "agreements:write",
    "reports:read",
    "reports:write",
    "contributions:read",
    "contributions:write",
    "plans:read",
    "plans:write",
];
const REGION_SCOPES: [&str; 2] = ["reports:read", "reports:review"];

/// Records the agreements and takes them, and their first reports, as far as they are.
pub(super) async fn seed(
    api: &Api,
    offices: &HashMap<&'static str, String>,
    donors: &HashMap<String, String>,
    today: NaiveDate,
) -> Result<()> {
    let mut clients: HashMap<&str, Api> = HashMap::new();
    let (from_africa, from_asia) = (
        client(api, &offices["NBO"], &REGION_SCOPES).await?,
        client(api, &offices["BKK"], &REGION_SCOPES).await?,
    );
    for code in ["TCD", "SDN", "ETH", "BGD", "PHL"] {
        clients.insert(code, client(api, &offices[code], &OFFICE_SCOPES).await?);
    }
    for (number, agreement) in AGREEMENTS.iter().enumerate() {
        let office = &clients[agreement.office];
        let region = if ["BGD", "PHL"].contains(&agreement.office) { &from_asia } else { &from_africa };
        let body =
            json!({ "office_id": offices[agreement.office], "terms": terms(agreement, donors, today)? });
        let made = api.create("/v1/agreements", &format!("demo-agreement-{number}"), &body).await?;
        let id = text(&made["id"])?;
        advance(office, &id, agreement.state).await?;
        if agreement.state == "active" {
            pay(office, &id, number, agreement, donors, today).await?;
            promise(office, &id, number, agreement, donors, today).await?;
            report(api, office, region, &id, agreement).await?;
        }
    }
    updates(api, &clients).await
}

/// A client of an office. Its secret is told once, so each run of the seed makes its own.
async fn client(api: &Api, office_id: &str, scopes: &[&str]) -> Result<Api> {
    let body = json!({ "name": "Demo", "office_id": office_id, "scopes": scopes });
    let request = api.request(Method::POST, "/v1/clients").await?.json(&body);
    let made = crate::api::checked(request.send().await?).await?;
    Ok(api.as_client(&text(&made["id"])?, &text(&made["client_secret"])?))
}

/// The first day of the month that lies so many months after today's.
fn month(today: NaiveDate, months: i32) -> NaiveDate {
    let first = today.with_day(1).unwrap_or(today);
    let moved = match u32::try_from(months) {
        Ok(ahead) => first.checked_add_months(Months::new(ahead)),
        Err(_) => first.checked_sub_months(Months::new(months.unsigned_abs())),
    };
    moved.unwrap_or(first)
}

fn terms(agreement: &Agreement, donors: &HashMap<String, String>, today: NaiveDate) -> Result<Value> {
    let Some(donor_id) = donors.get(agreement.donor) else {
        bail!("the demo has no donor {}", agreement.donor)
    };
    let (start, months) = (month(today, agreement.months.0), i32::try_from(agreement.months.1)?);
    let end = month(start, months).pred_opt().unwrap_or(start);
    let (amount, currency) = agreement.amount;
    let money = |amount: i64| json!({ "amount": amount.to_string(), "currency": currency });
    Ok(json!({
        "donor_id": donor_id, "title": agreement.title, "start_date": start, "end_date": end, "amount": money(amount),
        "overhead_percent": "7", "earmarking": agreement.earmarking.0, "modality": agreement.earmarking.1,
        "countries": [agreement.office], "visibility": agreement.visibility, "reporting": { "template": agreement.template },
        "instalments": [
            { "due_date": start, "amount": money(amount * 6 / 10), "condition": "On signature" },
            { "due_date": month(start, months / 2), "amount": money(amount - amount * 6 / 10),
              "condition": "After the interim report" }],
    }))
}

/// A step on the version that a record is now.
async fn step(api: &Api, method: Method, record: &str, path: &str, body: &Value) -> Result<()> {
    let answer = api.request(Method::GET, record).await?.send().await?;
    let version =
        answer.headers().get("etag").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let request = api.request(method, path).await?.header("if-match", version).json(body);
    crate::api::checked(request.send().await?).await?;
    Ok(())
}

async fn advance(office: &Api, id: &str, state: &str) -> Result<()> {
    const PATH: [(&str, &str); 3] = [("draft", "negotiate"), ("negotiation", "sign"), ("signed", "activate")];
    let record = format!("/v1/agreements/{id}");
    for (from, action) in PATH {
        let now = text(&office.get(&record).await?["state"])?;
        if now == state {
            break;
        }
        if now == from {
            step(office, Method::POST, &record, &format!("{record}/{action}"), &json!({})).await?;
        }
    }
    Ok(())
}

/// The first instalment, paid.
async fn pay(
    office: &Api,
    id: &str,
    number: usize,
    agreement: &Agreement,
    donors: &HashMap<String, String>,
    today: NaiveDate,
) -> Result<()> {
    let (amount, currency) = agreement.amount;
    let start = month(today, agreement.months.0);
    let reference = format!("AGREEMENT-{number}-1");
    if held(office, &reference).await?.is_some() {
        return Ok(());
    }
    let body = json!({
        "donor_id": donors.get(agreement.donor), "agreement_id": id, "status": "paid", "flow_date": start, "decision_date": start,
        "amount": { "amount": (amount * 6 / 10).to_string(), "currency": currency }, "earmarking": agreement.earmarking.0,
        "usage_years": [start.year()],
        "countries": [agreement.office], "description": agreement.title, "visibility": "public",
        "external_ref": { "source": "demo", "ref": reference },
    });
    office.create("/v1/contributions", &format!("demo-payment-{number}"), &body).await?;
    Ok(())
}

/// What was recorded under a reference.
async fn held(office: &Api, reference: &str) -> Result<Option<Value>> {
    let found = office.get(&format!("/v1/contributions?external_ref=demo:{reference}")).await?;
    Ok(found["items"].as_array().and_then(|items| items.first()).cloned())
}

/// The second instalment: a pledge, of which every other donor has paid a part.
async fn promise(
    office: &Api,
    id: &str,
    number: usize,
    agreement: &Agreement,
    donors: &HashMap<String, String>,
    today: NaiveDate,
) -> Result<()> {
    let (amount, currency) = agreement.amount;
    let (start, rest) = (month(today, agreement.months.0), amount - amount * 6 / 10);
    let reference = format!("AGREEMENT-{number}-2");
    let money = |amount: i64| json!({ "amount": amount.to_string(), "currency": currency });
    let pledge = match held(office, &reference).await? {
        Some(pledge) => pledge,
        None => {
            let body = json!({
                "donor_id": donors.get(agreement.donor), "agreement_id": id, "status": "pledge", "decision_date": start,
                "amount": money(rest), "earmarking": agreement.earmarking.0, "countries": [agreement.office],
                "usage_years": [start.year(), start.year() + 1], "split_evenly": true, "visibility": "donor",
                "description": format!("{}, second instalment", agreement.title),
                "external_ref": { "source": "demo", "ref": reference },
            });
            office.create("/v1/contributions", &format!("demo-promise-{number}"), &body).await?
        }
    };
    let record = format!("/v1/contributions/{}", text(&pledge["id"])?);
    if number.is_multiple_of(2) && pledge["version"] == 1 {
        let body = json!({ "on": month(today, -1), "amount": money(rest / 4) });
        step(office, Method::POST, &record, &format!("{record}/pay"), &body).await?;
    }
    Ok(())
}

/// Takes the first narrative report of an agreement as far as it is.
async fn report(
    hq: &Api,
    office: &Api,
    region: &Api,
    agreement_id: &str,
    agreement: &Agreement,
) -> Result<()> {
    let owed = office.get(&format!("/v1/reports?agreement_id={agreement_id}&limit=10")).await?;
    let narrative =
        |report: &&Value| report["kind"].as_str().is_some_and(|kind| !kind.ends_with("_financial"));
    let Some(first) = owed["items"].as_array().into_iter().flatten().find(narrative) else { return Ok(()) };
    let record = format!("/v1/reports/{}", text(&first["id"])?);
    let say = |comment: &str| json!({ "comment": comment });
    for _ in 0..8 {
        let now = office.get(&record).await?;
        let state = text(&now["state"])?;
        if state == agreement.report {
            break;
        }
        let at = |action: &str| format!("{record}/{action}");
        let written = now["content"]["sections"].as_object().is_some_and(|sections| !sections.is_empty());
        match state.as_str() {
            "scheduled" => step(office, Method::POST, &record, &at("start"), &json!({})).await?,
            "drafting" if !written => step(office, Method::PUT, &record, &record, &sections(&now)).await?,
            "drafting" => step(office, Method::POST, &record, &at("send"), &json!({})).await?,
            "regional_review" if agreement.report == "returned" => {
                let why = "Please say how many people the mobile clinics reached in each province.";
                step(region, Method::POST, &record, &at("return"), &say(why)).await?;
            }
            "regional_review" => step(region, Method::POST, &record, &at("endorse"), &json!({})).await?,
            "hq_clearance" => step(hq, Method::POST, &record, &at("submit"), &json!({})).await?,
            _ => break,
        }
    }
    Ok(())
}

/// A text for every section of a report.
fn sections(report: &Value) -> Value {
    let names = report["sections"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let written = |name: &str| match name {
        "overall_performance" => {
            "The activities went as planned in all sites but two, which floods cut off for a month."
        }
        "measuring_results" => {
            "4,200 families received shelter kits (target: 5,000); 94 % were satisfied with them."
        }
        "affected_persons" => {
            "21,300 people: 54 % women and girls, 8 % with a disability, most of them newly displaced."
        }
        "lessons_learned" => "Kits are stored closer to the sites before the rains.",
        "participation_and_accountability" => {
            "Committees in every site chose the order of distribution; 310 complaints were answered."
        }
        "risk_management" => "Access was negotiated site by site; a second transport contractor was engaged.",
        "coordination" => "The shelter cluster shared the gaps by locality every week.",
        _ => "As in the proposal; no change.",
    };
    let sections: serde_json::Map<String, Value> =
        names.map(|name| (name.to_owned(), written(name).into())).collect();
    json!({ "sections": sections })
}

/// Situation updates of three plans.
async fn updates(api: &Api, clients: &HashMap<&str, Api>) -> Result<()> {
    let told = [
        (
            "TCD",
            "920001",
            "Arrivals double in the east",
            "Some 14,000 people crossed the border in two weeks, twice as many as in the month before. Reception areas are full; three new sites have been opened and transport goes on every day.",
        ),
        (
            "SDN",
            "920002",
            "First returns to Khartoum State",
            "Displacement tracking counted 38,000 people who went back to their neighbourhoods. Water points and clinics are being rehabilitated in the ten localities that most of them return to.",
        ),
        (
            "BGD",
            "920004",
            "Camps prepared for the cyclone season",
            "5,600 shelters have been tied down, slopes above 40 of them strengthened, and 300 volunteers trained in first aid and early warning.",
        ),
    ];
    for (office, plan, title, body) in told {
        let found = api.get(&format!("/v1/public/plans/{plan}")).await?;
        let path = format!("/v1/plans/{}/updates", text(&found["id"])?);
        let held = api.get(&format!("/v1/public/updates?plan_id={}", text(&found["id"])?)).await?;
        if held["items"].as_array().is_some_and(Vec::is_empty) {
            let update = json!({ "title": title, "body": body, "language": "en" });
            clients[office].create(&path, &format!("demo-update-{plan}"), &update).await?;
        }
    }
    Ok(())
}
