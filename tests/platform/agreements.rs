//! Agreements and the reports they owe, from the draft to the donor.

mod clearances;
mod dated;
mod erasing;
mod extending;
mod hand_over;
mod signing;

use reqwest::{Method, multipart};
use serde_json::{Value, json};
use testkit::{Response, eventually};
use tests::{World, text};

/// A country office under a region under headquarters, a donor and its representative.
struct Scene {
    world: World,
    region: String,
    office: String,
    /// Tokens: the country office's officer, the region's, another officer at headquarters than the world's own.
    officer: String,
    reviewer: String,
    donor: String,
    representative: String,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let region = world.office(&headquarters, "regional").await;
    let office = world.office(&region, "country").await;
    let scopes =
        ["agreements:read", "agreements:write", "reports:read", "reports:write", "contributions:write"];
    let officer = world.client(&office, &scopes).await;
    let reviewer = world.client(&region, &["reports:read", "reports:review", "agreements:read"]).await;
    let donor = world.donor("Norway").await;
    let email = world.representative(&donor).await;
    let representative = world.sign_in(&email).await;
    world.settled().await;
    Scene { world, region, office, officer, reviewer, donor, representative }
}

impl Scene {
    fn terms(&self) -> Value {
        json!({ "donor_id": self.donor, "title": "Shelter for displaced people", "start_date": "2026-01-01",
            "end_date": "2026-12-31", "amount": { "amount": "1000000.00", "currency": "NOK" }, "overhead_percent": "7",
            "earmarking": "earmarked", "modality": "F", "countries": ["TCD"], "visibility": "donor",
            "instalments": [
                { "due_date": "2026-01-31", "amount": { "amount": "600000.00", "currency": "NOK" }, "condition": "On signature" },
                { "due_date": "2026-09-30", "amount": { "amount": "400000.00", "currency": "NOK" }, "condition": null }] })
    }

    async fn get(&self, token: &str, path: &str) -> Value {
        let answer = self.world.http.get(Some(token), path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// A step on the present version.
    async fn act(&self, token: &str, path: &str, body: &Value) -> Response {
        let record = path.rsplit_once('/').unwrap().0;
        self.send(Method::POST, token, path, record, body).await
    }

    async fn send(&self, method: Method, token: &str, path: &str, record: &str, body: &Value) -> Response {
        let version = self.world.http.get(Some(token), record).await.header("etag").to_owned();
        let request = self.world.http.request(method, path).bearer_auth(token).header("if-match", version);
        self.world.http.send(request.json(body)).await
    }

    async fn done(&self, token: &str, path: &str, body: &Value) -> Value {
        let answer = self.act(token, path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// A signed agreement's path.
    async fn signed(&self) -> String {
        let body = json!({ "terms": self.terms() });
        let made = self.world.http.post(Some(&self.officer), "/v1/agreements", &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let path = made.header("location").to_owned();
        for step in ["negotiate", "sign"] {
            self.done(&self.officer, &format!("{path}/{step}"), &json!({})).await;
        }
        path
    }

    async fn reports(&self, token: &str, query: &str) -> Vec<Value> {
        self.get(token, &format!("/v1/reports?{query}")).await["items"].as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_is_negotiated_signed_and_amended() {
    let scene = scene().await;
    let mut terms = scene.terms();
    terms["instalments"][1]["amount"]["amount"] = "400000.01".into();
    let body = json!({ "terms": terms });
    let refused = scene.world.http.post(Some(&scene.officer), "/v1/agreements", &body).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/terms/instalments".to_owned()]));
    let request = scene.world.http.request(Method::POST, "/v1/agreements").bearer_auth(&scene.officer);
    let request = request.header("idempotency-key", "once").json(&json!({ "terms": scene.terms() }));
    let made = scene.world.http.send(request.try_clone().unwrap()).await;
    let again = scene.world.http.send(request).await;
    assert_eq!((made.status, &made.text), (201, &again.text));
    let path = made.header("location").to_owned();
    let reference = text(&made.json()["reference"]);
    assert!(reference.starts_with("AGR-") && reference.ends_with("-00001"), "{reference}");

    let early = scene.act(&scene.officer, &format!("{path}/sign"), &json!({})).await;
    assert_eq!(early.status, 409);
    assert!(early.text.contains("an agreement that is draft cannot become signed"), "{}", early.text);
    let mut renamed = scene.terms();
    renamed["title"] = "Shelter and relief".into();
    let changed = scene.send(Method::PUT, &scene.officer, &path, &path, &renamed).await;
    assert_eq!((changed.status, text(&changed.json()["title"])), (200, "Shelter and relief".to_owned()));
    let stale =
        scene.world.http.request(Method::PUT, &path).bearer_auth(&scene.officer).header("if-match", "\"1\"");
    assert_eq!(scene.world.http.send(stale.json(&renamed)).await.status, 412);
    scene.done(&scene.officer, &format!("{path}/negotiate"), &json!({})).await;
    assert_eq!(scene.world.http.get(Some(&scene.representative), &path).await.status, 404, "not signed yet");
    let signed = scene.done(&scene.officer, &format!("{path}/sign"), &json!({})).await;
    assert_eq!(signed["state"], "signed");
    assert_eq!(scene.get(&scene.representative, &path).await["state"], "signed");
    let closed = scene.send(Method::PUT, &scene.officer, &path, &path, &renamed).await;
    assert_eq!(closed.status, 409, "signed terms are amended");

    // The house rule: one interim pair, one final pair.
    let due = |reports: &[Value]| -> Vec<String> {
        let line = |report: &Value| {
            format!(
                "{} {} {}",
                text(&report["kind"]),
                text(&report["due_date"]),
                text(&report["first_due_date"])
            )
        };
        let mut lines: Vec<String> = reports.iter().map(line).collect();
        lines.sort();
        lines
    };
    let owed = scene.reports(&scene.officer, "owed=true").await;
    assert_eq!(
        due(&owed),
        [
            "final_financial 2027-03-31 2027-03-31",
            "final_narrative 2027-03-31 2027-03-31",
            "interim_financial 2026-08-11 2026-08-11",
            "interim_narrative 2026-08-11 2026-08-11",
        ]
    );
    assert_eq!(text(&owed[0]["due_at"]), "2026-08-11T22:00:00Z", "the day ends in Oslo");
    let backwards = json!({ "kind": "no_cost_extension", "reason": "Floods", "requested_on": "2026-03-01",
        "end_date": "2026-11-30" });
    let refused = scene.act(&scene.officer, &format!("{path}/amendments"), &backwards).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/end_date".to_owned()]));
    let longer = json!({ "kind": "no_cost_extension", "reason": "Floods", "requested_on": "2026-03-01",
        "end_date": "2027-03-31" });
    let amended = scene.done(&scene.officer, &format!("{path}/amendments"), &longer).await;
    assert_eq!(
        (&amended["end_date"], &amended["amendments"][0]["late"]),
        (&json!("2027-03-31"), &json!(false))
    );
    assert_eq!(amended["amendments"][0]["terms_before"]["end_date"], "2026-12-31");
    assert_eq!(
        due(&scene.reports(&scene.officer, "owed=true").await),
        [
            "final_financial 2027-06-30 2027-03-31",
            "final_narrative 2027-06-30 2027-03-31",
            "interim_financial 2026-08-11 2026-08-11",
            "interim_financial 2027-02-11 2027-02-11",
            "interim_narrative 2026-08-11 2026-08-11",
            "interim_narrative 2027-02-11 2027-02-11",
        ]
    );
    scene.done(&scene.officer, &format!("{path}/cancel"), &json!({})).await;
    assert!(scene.reports(&scene.officer, "owed=true").await.is_empty(), "nothing is owed any more");
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paid_fills_the_instalments() {
    let scene = scene().await;
    let path = scene.signed().await;
    let agreement = path.rsplit('/').next().unwrap();
    let pay = async |status: &str, amount: &str, agreement: &str| {
        let body = json!({ "donor_id": scene.donor, "agreement_id": agreement, "status": status, "flow_date": "2026-02-01",
            "amount": { "amount": amount, "currency": "NOK" }, "visibility": if status == "pledge" { "donor" } else { "internal" },
            "exchange_rate": { "rate": "10.6", "date": "2026-02-01", "source": "UN" } });
        scene.world.http.post(Some(&scene.officer), "/v1/contributions", &body).await
    };
    for (status, amount) in
        [("paid", "450000"), ("paid", "250000.50"), ("commitment", "100"), ("pledge", "7")]
    {
        let answer = pay(status, amount, agreement).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let shown = scene.get(&scene.officer, &path).await;
    let money = |value: &Value| text(&value["amount"]);
    let received = &shown["received"];
    assert_eq!(money(&received["paid"]), "700000.50");
    assert_eq!(
        (money(&received["committed"]), money(&received["pledged"])),
        ("100.00".into(), "7.00".into())
    );
    assert_eq!(money(&received["outstanding"]), "299999.50");
    assert_eq!(
        (money(&shown["payments"][0]["paid"]), text(&shown["payments"][0]["state"])),
        ("600000.00".into(), "paid".into())
    );
    assert_eq!(money(&shown["payments"][1]["paid"]), "100000.50");
    let inside = scene.get(&scene.officer, &path).await["received"].clone();
    assert_eq!(
        scene.get(&scene.representative, &path).await["received"],
        inside,
        "the donor sees the same sums"
    );
    let foreign = pay("paid", "1", &scene.office).await;
    assert_eq!((foreign.status, foreign.pointers()), (422, vec!["/agreement_id".to_owned()]));
    let listed = scene.get(&scene.world.token, &format!("/v1/contributions?agreement_id={agreement}")).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 4);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_goes_through_the_region_and_headquarters_to_the_donor() {
    let scene = scene().await;
    let roles = json!([{ "office_id": scene.region, "role": "regional_officer" }]);
    let reviewer = json!({ "name": "Reviewer", "email": "reviewer@example.org", "language": "es",
        "password": tests::PASSWORD, "roles": roles });
    scene.world.create("/v1/people", reviewer).await;
    scene.signed().await;
    let narrative = scene.reports(&scene.officer, "kind=interim_narrative").await;
    let path = format!("/v1/reports/{}", text(&narrative[0]["id"]));
    let nothing = json!({});
    scene.done(&scene.officer, &format!("{path}/start"), &nothing).await;
    let empty = scene.act(&scene.officer, &format!("{path}/send"), &nothing).await;
    assert_eq!((empty.status, empty.pointers().len()), (422, 4), "{}", empty.text);
    let section = |text: &str| {
        json!({ "sections": { "overall_performance": text, "measuring_results": "r", "affected_persons": "p",
            "lessons_learned": "l" } })
    };
    let wrong =
        json!({ "sections": { "weather": "fine" }, "expenditure": { "amount": "1", "currency": "NOK" } });
    let refused = scene.send(Method::PUT, &scene.officer, &path, &path, &wrong).await;
    assert_eq!(refused.pointers(), ["/sections/weather", "/expenditure"]);
    let written = scene.send(Method::PUT, &scene.officer, &path, &path, &section("4,200 families")).await;
    assert_eq!(written.status, 200, "{}", written.text);
    scene.done(&scene.officer, &format!("{path}/send"), &nothing).await;
    assert_eq!(scene.act(&scene.officer, &format!("{path}/endorse"), &nothing).await.status, 403);
    let mute = scene.act(&scene.reviewer, &format!("{path}/return"), &nothing).await;
    assert_eq!((mute.status, mute.pointers()), (422, vec!["/comment".to_owned()]));
    let told = scene.get(&scene.reviewer, "/v1/notifications?unread=true").await;
    assert_eq!((&told["items"][0]["kind"], told["items"].as_array().unwrap().len()), (&json!("send"), 1));
    let last = json!({ "last_id": told["items"][0]["id"] });
    let mark = scene
        .world
        .http
        .call(Method::PUT, Some(&scene.reviewer), "/v1/notifications/read-until", Some(&last))
        .await;
    assert_eq!(mark.status, 204);
    assert!(
        scene.get(&scene.reviewer, "/v1/notifications?unread=true").await["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    scene
        .done(&scene.reviewer, &format!("{path}/return"), &json!({ "comment": "Say more of the north" }))
        .await;
    scene.done(&scene.officer, &format!("{path}/start"), &nothing).await;
    let document = attach(&scene, &path, "Annex.pdf", b"%PDF-1.7 annex").await;
    assert_eq!(document.status, 201, "{}", document.text);
    let liar = attach(&scene, &path, "Annex.pdf", b"MZ").await;
    assert_eq!((liar.status, liar.pointers()), (422, vec!["/file".to_owned()]));
    scene.done(&scene.officer, &format!("{path}/send"), &nothing).await;
    scene.done(&scene.reviewer, &format!("{path}/endorse"), &nothing).await;
    let file = format!("/v1/documents/{}", text(&document.json()["id"]));
    let inside = scene.get(&scene.representative, &path).await;
    assert_eq!(
        (&inside["state"], &inside["content"], &inside["steps"]),
        (&json!("scheduled"), &Value::Null, &json!([]))
    );
    assert_eq!(scene.world.http.get(Some(&scene.representative), &file).await.status, 404);
    let hq = &scene.world.token;
    let submitted = scene.done(hq, &format!("{path}/submit"), &nothing).await;
    assert_eq!((&submitted["state"], submitted["steps"].as_array().unwrap().len()), (&json!("submitted"), 7));
    let read = scene.get(&scene.representative, &path).await;
    assert_eq!(read["content"]["sections"]["overall_performance"], "4,200 families");
    let bytes = scene.world.http.get(Some(&scene.representative), &file).await;
    assert_eq!((bytes.status, bytes.text.as_str()), (200, "%PDF-1.7 annex"));
    assert!(
        bytes.header("content-disposition").contains("attachment")
            && bytes.header("content-disposition").contains("Annex.pdf")
    );
    let received = scene.get(&scene.representative, "/v1/notifications").await;
    assert_eq!(received["items"][0]["kind"], "received");
    scene.done(hq, &format!("{path}/retract"), &json!({ "comment": "Wrong annex" })).await;
    assert_eq!(scene.get(&scene.representative, &path).await["content"], Value::Null, "taken back");
    assert_eq!(scene.world.http.get(Some(&scene.representative), &file).await.status, 404);
    // The same by e-mail: once to the one who reviews, in its language, and to the donor's representative.
    let mails = eventually("two mails", || async {
        let mails = scene.world.mails();
        let to = |address: &str| mails.iter().any(|mail| mail.contains(address));
        (to("reviewer@example.org") && to("donor-")).then_some(mails)
    })
    .await;
    assert_eq!(mails.len(), 2, "{mails:?}");
    let report = text(&narrative[0]["id"]);
    for (part, place) in [("Informe narrativo intermedio", "console"), ("Interim narrative report", "donor")]
    {
        let mail = mails.iter().find(|mail| mail.contains(part)).unwrap();
        assert!(mail.replace("=\r\n", "").contains(&format!("/{place}/reports/{report}")), "{mail}");
    }
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_donor_has_stays_and_an_extension_owes_one_more() {
    let scene = scene().await;
    let mut terms = scene.terms();
    (terms["end_date"], terms["instalments"]) = ("2026-06-30".into(), json!([]));
    let made =
        scene.world.http.post(Some(&scene.officer), "/v1/agreements", &json!({ "terms": terms })).await;
    let path = made.header("location").to_owned();
    for step in ["negotiate", "sign"] {
        scene.done(&scene.officer, &format!("{path}/{step}"), &json!({})).await;
    }
    let owed = scene.reports(&scene.officer, "kind=final_financial").await;
    let report = format!("/v1/reports/{}", text(&owed[0]["id"]));
    scene.done(&scene.officer, &format!("{report}/start"), &json!({})).await;
    let spent = json!({ "expenditure": { "amount": "5.00", "currency": "NOK" } });
    assert_eq!(scene.send(Method::PUT, &scene.officer, &report, &report, &spent).await.status, 200);
    scene.done(&scene.officer, &format!("{report}/send"), &json!({})).await;
    scene.done(&scene.reviewer, &format!("{report}/endorse"), &json!({})).await;
    let far = json!({ "due_date": "+262142-12-31", "comment": "x" });
    let refused = scene.act(&scene.world.token, &format!("{report}/extend"), &far).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/due_date".to_owned()]));
    scene.done(&scene.world.token, &format!("{report}/submit"), &json!({})).await;
    let longer = json!({ "kind": "no_cost_extension", "reason": "Floods", "requested_on": "2026-07-10",
        "end_date": "2026-11-30" });
    let amended = scene.done(&scene.officer, &format!("{path}/amendments"), &longer).await;
    assert_eq!(amended["amendments"][0]["late"], true, "asked for after the end");
    let reports = scene.reports(&scene.officer, "kind=final_financial").await;
    let ends: Vec<(String, String)> =
        reports.iter().map(|report| (text(&report["period_end"]), text(&report["state"]))).collect();
    assert_eq!(
        ends,
        [("2026-06-30".into(), "submitted".into()), ("2026-11-30".to_owned(), "scheduled".to_owned())]
    );
    scene.done(&scene.officer, &format!("{path}/cancel"), &json!({})).await;
    let back = json!({ "comment": "Too late" });
    assert_eq!(scene.act(&scene.world.token, &format!("{report}/retract"), &back).await.status, 409);
    scene.world.stop().await;
}

async fn attach(scene: &Scene, report: &str, name: &str, bytes: &'static [u8]) -> Response {
    let part = multipart::Part::bytes(bytes).file_name(name.to_owned());
    let request = scene.world.http.request(Method::POST, &format!("{report}/documents"));
    let form = multipart::Form::new().part("file", part);
    scene.world.http.send(request.bearer_auth(&scene.officer).multipart(form)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_financial_report_takes_its_figures_from_the_records_and_four_eyes_clear_it() {
    let scene = scene().await;
    let hq = &scene.world.token;
    // An agreement of headquarters itself: no region stands between, and whoever sends does not clear.
    let made = scene.world.create("/v1/agreements", json!({ "terms": scene.terms() })).await;
    let path = format!("/v1/agreements/{}", text(&made["id"]));
    for step in ["negotiate", "sign", "activate"] {
        scene.done(hq, &format!("{path}/{step}"), &json!({})).await;
    }
    let payment = json!({ "donor_id": scene.donor, "agreement_id": made["id"], "status": "paid", "flow_date": "2026-03-01",
        "amount": { "amount": "600000", "currency": "NOK" }, "visibility": "donor",
        "exchange_rate": { "rate": "10.6", "date": "2026-02-01", "source": "UN" } });
    scene.world.create("/v1/contributions", payment).await;
    let owed = scene.reports(hq, "kind=interim_financial").await;
    let report = format!("/v1/reports/{}", text(&owed[0]["id"]));
    scene.done(hq, &format!("{report}/start"), &json!({})).await;
    let spent = json!({ "expenditure": { "amount": "107000.00", "currency": "NOK" } });
    let written = scene.send(Method::PUT, hq, &report, &report, &spent).await.json();
    let figure = |name: &str| text(&written["financial"][name]["amount"]);
    assert_eq!(
        ["agreed", "received", "overhead", "balance"].map(figure),
        ["1000000.00", "600000.00", "7000.00", "493000.00"]
    );
    let sent = scene.done(hq, &format!("{report}/send"), &json!({})).await;
    assert_eq!(sent["state"], "hq_clearance");
    assert_eq!(scene.act(hq, &format!("{report}/submit"), &json!({})).await.status, 403, "the same person");
    let other = scene
        .world
        .client(&scene.world.founded.office_id.to_string(), &["reports:read", "reports:clear"])
        .await;
    let extended = json!({ "due_date": "2026-10-01", "comment": "Agreed by e-mail" });
    let moved = scene.done(&other, &format!("{report}/extend"), &extended).await;
    assert_eq!((&moved["due_date"], &moved["first_due_date"]), (&json!("2026-10-01"), &json!("2026-08-11")));
    scene.done(&other, &format!("{report}/submit"), &json!({})).await;
    let figures = scene.get(hq, "/v1/report-compliance?by=donor").await;
    assert_eq!(
        (&figures["items"][0]["name"], figures["items"].as_array().unwrap().len()),
        (&json!("Norway"), 1)
    );
    // Page by page, and as a file of all pages.
    scene.signed().await;
    let (mut offices, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = scene.get(hq, &format!("/v1/report-compliance?limit=1{cursor}")).await;
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        offices.push(text(&page["items"][0]["id"]));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let file = scene.world.http.request(Method::GET, "/v1/report-compliance?limit=1").bearer_auth(hq);
    let file = scene.world.http.send(file.header("accept", "text/csv")).await;
    let listed: Vec<&str> = file.text.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(offices, listed);
    let mut both = vec![scene.world.founded.office_id.to_string(), scene.office.clone()];
    both.sort();
    offices.sort();
    assert_eq!(offices, both);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_private_sector_is_cleared_before_it_signs() {
    let scene = scene().await;
    let body = json!({ "name": "Nordic Shipping", "type": "private_sector" });
    let company = text(&scene.world.create("/v1/donors", body).await["id"]);
    let mut terms = scene.terms();
    terms["donor_id"] = company.as_str().into();
    let made =
        scene.world.http.post(Some(&scene.officer), "/v1/agreements", &json!({ "terms": terms })).await;
    let path = made.header("location").to_owned();
    scene.done(&scene.officer, &format!("{path}/negotiate"), &json!({})).await;
    let refused = scene.act(&scene.officer, &format!("{path}/sign"), &json!({})).await;
    assert_eq!((refused.status, refused.pointers()), (409, vec!["/donor_id".to_owned()]));
    let clearance = |decision: &str, until: &str| json!({ "decision": decision, "valid_from": "2020-01-01", "valid_until": until, "reference": "DD-1" });
    let clearances = format!("/v1/donors/{company}/clearances");
    scene.world.create(&clearances, clearance("cleared", "2020-12-31")).await;
    assert_eq!(
        scene.act(&scene.officer, &format!("{path}/sign"), &json!({})).await.status,
        409,
        "it has expired"
    );
    scene.world.create(&clearances, clearance("cleared", "2099-12-31")).await;
    scene.done(&scene.officer, &format!("{path}/sign"), &json!({})).await;
    let decisions = scene.get(&scene.officer, &clearances).await;
    assert_eq!(decisions["items"].as_array().unwrap().len(), 2);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_program_follows_the_due_dates_under_a_secret_address() {
    let scene = scene().await;
    scene.signed().await;
    let make = async |token: &str, language: &str| {
        let body = json!({ "language": language });
        let made = scene.world.http.call(Method::PUT, Some(token), "/v1/calendar", Some(&body)).await;
        assert_eq!(made.status, 200, "{}", made.text);
        text(&made.json()["path"])
    };
    let first = make(&scene.representative, "en").await;
    let calendar = scene.world.http.get(None, &first).await;
    assert_eq!((calendar.status, calendar.header("content-type")), (200, "text/calendar; charset=utf-8"));
    assert_eq!(calendar.text.matches("BEGIN:VEVENT").count(), 4);
    assert!(
        calendar.text.contains("DTSTART;VALUE=DATE:20270331")
            && calendar.text.contains("SUMMARY:Final financial report: AGR-")
    );
    let second = make(&scene.representative, "fr").await;
    assert_eq!(scene.world.http.get(None, &first).await.status, 404, "the former address ends");
    assert!(scene.world.http.get(None, &second).await.text.contains("Rapport financier final"));
    let sister = scene.world.office(&scene.region, "country").await;
    let outsider = scene.world.client(&sister, &["reports:read"]).await;
    let theirs = make(&outsider, "es").await;
    assert_eq!(scene.world.http.get(None, &theirs).await.text.matches("BEGIN:VEVENT").count(), 0);
    let ended =
        scene.world.http.call(Method::DELETE, Some(&scene.representative), "/v1/calendar", None).await;
    assert_eq!((ended.status, scene.world.http.get(None, &second).await.status), (204, 404));
    scene.world.stop().await;
}
