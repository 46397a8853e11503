//! What everyone reads of the organisation in IATI's form: figures, what is left out, and the official schema and ruleset.

mod ruleset;

use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::Path, process::Command};
use testkit::{Response, sample_data, shared_iati, skip_or_fail};
use tests::{World, flows, page, text};

const FILE: &str = "/v1/public/iati/activities.xml";

struct Scene {
    world: World,
    office: String,
    officer: String,
    donor: String,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let office = world.office(&world.founded.office_id.to_string(), "country").await;
    let scopes = [
        "agreements:read",
        "agreements:write",
        "contributions:read",
        "contributions:write",
        "imports:write",
        "imports:read",
    ];
    let officer = world.client(&office, &scopes).await;
    let donor = json!({ "name": "Norway & <Kongeriket>", "name_fr": "Norvège", "type": "government", "country": "NOR",
        "iati_identifier": "NO-BRC-971277882", "iati_organisation_type": "10" });
    let donor = text(&world.create("/v1/donors", donor).await["id"]);
    world.settled().await;
    Scene { world, office, officer, donor }
}

fn settings() -> Value {
    json!({ "organisation_ref": "XM-DAC-47066", "organisation_type": "40", "language": "en",
        "contact_email": "iati@example.org", "sector": "72010", "flow_type": "10", "finance_type": "110",
        "aid_type": "C01", "tied_status": "5" })
}

impl Scene {
    async fn publish(&self, version: &str, settings: &Value) -> Response {
        let request = self.world.http.request(Method::PUT, "/v1/publication").bearer_auth(&self.world.token);
        self.world.http.send(request.header("if-match", version).json(settings)).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.world.http.get(Some(&self.world.token), path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    async fn made(&self, path: &str, body: &Value) -> Value {
        let answer = self.world.http.post(Some(&self.officer), path, body).await;
        assert_eq!(answer.status, 201, "{path}: {}", answer.text);
        answer.json()
    }

    /// An agreement of these terms after some steps; its id and reference.
    async fn agreement(&self, terms: Value, steps: &[&str]) -> (String, String) {
        let mut all = json!({ "donor_id": self.donor, "title": "Shelter & relief <now>", "start_date": "2026-01-01",
            "end_date": "2027-06-30", "amount": { "amount": "1000000.00", "currency": "NOK" },
            "earmarking": "earmarked", "modality": "F", "countries": ["TCD", "SDN", "CMR"],
            "sectors": ["72010", "72040"], "visibility": "public",
            "instalments": [{ "due_date": "2026-01-31", "amount": { "amount": "600000.00", "currency": "NOK" }, "condition": null },
                { "due_date": "2027-01-31", "amount": { "amount": "400000.00", "currency": "NOK" }, "condition": null }] });
        for (name, value) in terms.as_object().unwrap() {
            all[name] = value.clone();
        }
        let made = self.made("/v1/agreements", &json!({ "terms": all })).await;
        let id = text(&made["id"]);
        for (version, step) in steps.iter().enumerate() {
            let body = if *step == "amendments" {
                json!({ "kind": "budget_revision", "reason": "Prices", "requested_on": "2026-02-01",
                    "amount": { "amount": "1250000.00", "currency": "NOK" } })
            } else {
                json!({})
            };
            let path = format!("/v1/agreements/{id}/{step}");
            let request = self.world.http.request(Method::POST, &path).bearer_auth(&self.officer);
            let request = request.header("if-match", format!("\"{}\"", version + 1)).json(&body);
            let answer = self.world.http.send(request).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        }
        (id, text(&made["reference"]))
    }

    /// A contribution; its id without hyphens.
    async fn contribution(&self, fields: Value) -> String {
        let mut all = json!({ "donor_id": self.donor, "status": "paid", "visibility": "public",
            "flow_date": "2026-02-01", "amount": { "amount": "250000.50", "currency": "USD" } });
        for (name, value) in fields.as_object().unwrap() {
            all[name] = value.clone();
        }
        text(&self.made("/v1/contributions", &all).await["id"]).replace('-', "")
    }

    async fn file(&self) -> String {
        let answer = self.world.http.get(None, FILE).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(
            answer.header("content-type").starts_with("application/xml"),
            "{}",
            answer.header("content-type")
        );
        answer.text
    }
}

/// The part of the file about one activity.
fn activity<'a>(file: &'a str, identifier: &str) -> Option<&'a str> {
    let mut parts = file.split("<iati-activity ").skip(1);
    parts.find(|part| part.contains(&format!("<iati-identifier>{identifier}</iati-identifier>")))
}

fn holds(part: &str, texts: &[&str]) {
    for text in texts {
        assert!(part.contains(text), "{text} is not in {part}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_file_before_headquarters_has_said_how_to_publish() {
    let scene = scene().await;
    scene.agreement(json!({}), &["negotiate", "sign"]).await;
    let none = scene.world.http.get(None, FILE).await;
    assert_eq!(none.status, 404);
    assert!(none.text.contains("has no publication settings"), "{}", none.text);
    let findings = scene.world.http.get(Some(&scene.world.token), "/v1/publication/findings").await;
    assert_eq!(findings.status, 409, "{}", findings.text);
    let empty = scene.get("/v1/publication").await;
    assert_eq!((&empty["version"], &empty["organisation_ref"]), (&json!(0), &json!(null)));

    let mut wrong = settings();
    for (name, value) in [
        ("organisation_ref", "XM DAC/1"),
        ("organisation_type", "41"),
        ("language", "de"),
        ("contact_email", "nobody"),
        ("sector", "720"),
        ("aid_type", "Z99"),
    ] {
        wrong[name] = value.into();
    }
    let refused = scene.publish("\"0\"", &wrong).await;
    let pointers: BTreeSet<String> = refused.pointers().into_iter().collect();
    let expected =
        ["aid_type", "contact_email", "language", "organisation_ref", "organisation_type", "sector"];
    assert_eq!((refused.status, pointers), (422, expected.map(|name| format!("/{name}")).into()));
    let made = scene.publish("\"0\"", &settings()).await;
    assert_eq!((made.status, made.header("etag")), (200, "\"1\""), "{}", made.text);
    assert_eq!(scene.publish("\"0\"", &settings()).await.status, 412, "somebody else was first");
    assert_eq!(scene.publish("\"1\"", &settings()).await.status, 200);
    assert!(activity(&scene.file().await, "XM-DAC-47066-AGR-2026-00001").is_some());
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn public_records_are_published_and_what_breaks_a_rule_is_held_back() {
    let scene = scene().await;
    assert_eq!(scene.publish("\"0\"", &settings()).await.status, 200);
    let nothing = scene.world.http.get(None, FILE).await;
    assert!(nothing.status == 404 && nothing.text.contains("nothing to publish"), "{}", nothing.text);

    let steps = ["negotiate", "sign", "amendments", "activate"];
    let titles = json!({ "title_fr": "Abris & secours", "title_es": "Alojamiento y socorro" });
    let (public, reference) = scene.agreement(titles, &steps).await;
    let (inner, inner_reference) =
        scene.agreement(json!({ "visibility": "internal" }), &["negotiate", "sign"]).await;
    let (_, draft_reference) = scene.agreement(json!({}), &["negotiate"]).await;
    let under = |more: Value| {
        let mut fields = json!({ "agreement_id": public });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let nok = |amount: &str| {
        json!({ "amount": { "amount": amount, "currency": "NOK" },
            "exchange_rate": { "rate": "10.6", "date": "2026-02-01", "source": "UN" } })
    };
    let paid = scene.contribution(under(nok("600000"))).await;
    let pledge =
        json!({ "status": "pledge", "decision_date": "2025-11-01", "earmarking": "softly_earmarked" });
    let pledged = scene.contribution(under(pledge)).await;
    let committed = scene.contribution(under(json!({ "status": "commitment" }))).await;
    let secret = scene.contribution(under(json!({ "visibility": "donor" }))).await;
    // Outside a public agreement: free money, money under an agreement that is not public, and two that are held back.
    let free =
        json!({ "earmarking": "unearmarked", "usage_years": [2026, 2027], "description": "Core support" });
    let free = scene.contribution(free).await;
    let of_inner = scene.contribution(json!({ "agreement_id": inner, "countries": ["TCD"] })).await;
    let nowhere = scene.contribution(json!({ "earmarking": "earmarked" })).await;
    let later = json!({ "countries": ["TCD"], "flow_date": "2099-01-01", "earmarking": "earmarked" });
    let later = scene.contribution(later).await;
    scene.world.import(&scene.officer, "", &[("a.json", page(&flows(1, 3)))]).await;

    let file = scene.file().await;
    assert_eq!(file.matches("<iati-activity ").count(), 3, "{file}");
    let of = |rest: &str| format!("XM-DAC-47066-{rest}");
    let shown = activity(&file, &of(&reference)).unwrap();
    holds(
        shown,
        &[
            "<title><narrative>Shelter &amp; relief &lt;now&gt;</narrative>",
            "<narrative xml:lang=\"fr\">Abris &amp; secours</narrative>",
            "<narrative xml:lang=\"es\">Alojamiento y socorro</narrative></title>",
            "<narrative xml:lang=\"es\">Acuerdo ",
            "<budget type=\"2\" status=\"2\"><period-start iso-date=\"2026-01-01\"/><period-end iso-date=\"2026-12-31\"/>\
             <value currency=\"NOK\" value-date=\"2026-01-01\">835622.71</value></budget>",
            "<period-end iso-date=\"2027-06-30\"/><value currency=\"NOK\" value-date=\"2027-01-01\">414377.29</value>",
            "ref=\"NO-BRC-971277882\" type=\"10\" role=\"1\"",
            "<narrative xml:lang=\"fr\">Norvège</narrative>",
            "<activity-status code=\"2\"/>",
            "<activity-date type=\"3\" iso-date=\"2027-06-30\"/>",
            "<recipient-country code=\"TD\" percentage=\"33.34\"/>",
            "<recipient-country code=\"CM\" percentage=\"33.33\"/>",
            "<sector vocabulary=\"1\" code=\"72040\" percentage=\"50.00\"/>",
            "<default-aid-type vocabulary=\"2\" code=\"3\"/><default-aid-type vocabulary=\"3\" code=\"F\"/>",
            "<planned-disbursement type=\"2\"><period-start iso-date=\"2027-01-31\"/>",
            "value-date=\"2027-01-31\">400000.00</value>",
            "value-date=\"2026-02-01\">600000.00</value>",
            "<aid-type vocabulary=\"1\" code=\"C01\"/><aid-type vocabulary=\"2\" code=\"2\"/>",
            &paid,
            &pledged,
        ],
    );
    let types = |code: &str| shown.matches(&format!("<transaction-type code=\"{code}\"/>")).count();
    assert_eq!((types("11"), types("1"), types("13")), (2, 1, 1), "signed, and the amendment's difference");
    holds(shown, &[">1000000.00</value>", ">250000.00</value>", ">250000.50</value>"]);
    assert!(
        !shown.contains(&committed) && !file.contains(&secret),
        "a part of the commitment, and an inner record"
    );
    let shown = activity(&file, &of(&format!("C-{free}"))).unwrap();
    let region = "<recipient-region vocabulary=\"1\" code=\"998\"/>";
    holds(shown, &[region, "<narrative>Core support</narrative>", "type=\"3\" iso-date=\"2027-12-31\""]);
    assert!(activity(&file, &of(&format!("C-{of_inner}"))).is_some());
    for left_out in [&inner_reference, &draft_reference, &nowhere, &later] {
        assert!(!file.contains(left_out.as_str()), "{left_out}");
    }

    let summary = scene.get("/v1/publication/summary").await;
    let counts =
        ["activities", "published", "held_back", "errors", "warnings"].map(|name| summary[name].as_u64());
    assert_eq!(counts, [5, 3, 2, 4, 0].map(Some), "{summary}");
    let findings = scene.get("/v1/publication/findings?limit=1").await;
    let mut found = findings["items"].as_array().unwrap().clone();
    let mut next = findings["next_cursor"].clone();
    while let Some(cursor) = next.as_str() {
        let more = scene.get(&format!("/v1/publication/findings?limit=1&cursor={cursor}")).await;
        found.extend(more["items"].as_array().unwrap().clone());
        next = more["next_cursor"].clone();
    }
    let found: Vec<String> = found
        .iter()
        .map(|finding| {
            format!("{} {} {}", text(&finding["activity"]), text(&finding["rule"]), finding["held_back"])
        })
        .collect();
    let expected = [(&nowhere, "3.7.1"), (&later, "11.1.4"), (&later, "11.2.1"), (&later, "11.2.2")];
    assert_eq!(found, expected.map(|(id, rule)| format!("XM-DAC-47066-C-{id} {rule} true")));
    let csv = scene.world.http.request(Method::GET, "/v1/publication/findings?severity=error");
    let csv = scene.world.http.send(csv.bearer_auth(&scene.world.token).header("accept", "text/csv")).await;
    assert_eq!(csv.text.lines().count(), 5, "{}", csv.text);
    let own = scene.world.http.get(Some(&scene.officer), "/v1/publication/findings").await.json();
    assert_eq!(
        own["items"].as_array().unwrap().len(),
        4,
        "the office sees those of its records: {}",
        scene.office
    );

    check_officially(&file);
    scene.world.stop().await;
}

/// The file under a small schema and ruleset written for this test, and under the official ones where they are at hand.
fn check_officially(file: &str) {
    let test = "the IATI file under the official schema and ruleset";
    if !xtask::tools::has("xmllint") {
        return skip_or_fail(test, "xmllint (libxml2-utils) is not installed");
    }
    check_under(file, &sample_data().join("iati"), 15);
    if let Some(official) = shared_iati(test) {
        check_under(file, &official, 60);
    }
}

/// The file, and files with an error beside it, so that nothing passes unseen; of the ruleset so many rules are asked.
fn check_under(file: &str, official: &Path, rules: usize) {
    let folder = testkit::folder();
    let path = folder.path().join("activities.xml");
    std::fs::write(&path, file).unwrap();
    let (valid, said) = valid(&path, official);
    assert!(valid, "{said}");
    assert_eq!(ruleset::broken(&path, official, rules), BTreeSet::new());

    let without_sectors: Vec<&str> =
        file.split_inclusive("/>").filter(|part| !part.trim_start().starts_with("<sector ")).collect();
    std::fs::write(&path, without_sectors.concat()).unwrap();
    let broken = ruleset::broken(&path, official, rules);
    assert_eq!(broken, BTreeSet::from(["6.2.2 error".to_owned(), "6.7.2 error".to_owned()]));
    std::fs::write(&path, file.replace("percentage=\"33.34\"", "percentage=\"33.33\"")).unwrap();
    assert_eq!(ruleset::broken(&path, official, rules), BTreeSet::from(["3.1.2 error".to_owned()]));
    std::fs::write(&path, file.replace("<activity-status code=\"2\"/>", "")).unwrap();
    assert!(!self::valid(&path, official).0, "the schema asks for a status");
}

fn valid(file: &Path, official: &Path) -> (bool, String) {
    let schema = official.join("iati-activities-schema.xsd");
    let output = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(schema)
        .arg(file)
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}
