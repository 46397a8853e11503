//! Who may do what: every operation of the API × eight callers. An operation without a row fails.

mod administration;
mod allocations;
mod at_once;
mod table;

use passerelle::documents;
use reqwest::{Method, multipart};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use table::{
    Gets::{Misses, Sees, Status},
    expected,
};
use testkit::Http;
use tests::{World, day_ahead, flows, page, text};

/// Anonymous, another organisation, a sister office, the parent office, the donor, another donor, an API client
/// without the scope, the right role.
const CALLERS: [&str; 8] = [
    "anonymous",
    "another organisation",
    "a sister office",
    "the parent office",
    "the donor",
    "another donor",
    "a client without the scope",
    "the right role",
];

/// The records of one country office, and the callers around it.
struct Scene {
    world: World,
    headquarters: String,
    region: String,
    office: String,
    donor: String,
    /// The record of the office, by the operation's resource.
    records: BTreeMap<&'static str, String>,
    /// Tokens in the order of [`CALLERS`]; the last is the right role in the office.
    tokens: Vec<Option<String>>,
    /// A token of the person who chairs the committee, at headquarters.
    chair: String,
    /// A client whose only scope is `offices:read`.
    only_offices: String,
    /// Other representatives of the donor and the other donor, who sign out everywhere.
    leaving: [String; 2],
}

async fn scene() -> Scene {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let region = world.office(&headquarters, "regional").await;
    let office = world.office(&region, "country").await;
    let sister = world.office(&region, "country").await;
    let (_, foreign) = world.other_organisation("FOREIGN").await;
    let (donor, other_donor) = (world.donor("Norway").await, world.donor("Sweden").await);
    let (donor_person, other_person) =
        (world.representative(&donor).await, world.representative(&other_donor).await);
    let every = auth_scopes();
    let every: Vec<&str> = every.iter().map(String::as_str).collect();
    let right = world.client(&office, &every).await;
    let tokens = vec![
        None,
        Some(foreign),
        Some(world.client(&sister, &every).await),
        Some(world.client(&region, &every).await),
        Some(world.sign_in(&donor_person).await),
        Some(world.sign_in(&other_person).await),
        Some(world.client(&office, &["funding:read"]).await),
        Some(right.clone()),
    ];
    let only_offices = world.client(&office, &["offices:read"]).await;
    let leaving = [world.representative(&donor).await, world.representative(&other_donor).await];
    let leaving = [world.sign_in(&leaving[0]).await, world.sign_in(&leaving[1]).await];
    // What is noted of the office says whose it is.
    let mut records =
        BTreeMap::from([("offices", office.clone()), ("donors", donor.clone()), ("audit", office.clone())]);
    let made = async |path: &str, body: Value| {
        let answer = world.http.post(Some(&right), path, &body).await;
        assert_eq!(answer.status, 201, "{path}: {}", answer.text);
        text(&answer.json()["id"])
    };
    let contribution = json!({ "donor_id": donor, "status": "paid", "visibility": "donor",
        "amount": { "amount": "10", "currency": "USD" } });
    records.insert("contributions", made("/v1/contributions", contribution).await);
    records.insert("plans", made("/v1/plans", plan("public")).await);
    let agreement = made("/v1/agreements", json!({ "terms": agreement(&donor) })).await;
    let step = async |path: &str, version: &str| {
        let request = world.http.request(Method::POST, path).bearer_auth(&right).header("if-match", version);
        let answer = world.http.send(request.json(&json!({}))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    };
    step(&format!("/v1/agreements/{agreement}/negotiate"), "\"1\"").await;
    step(&format!("/v1/agreements/{agreement}/sign"), "\"2\"").await;
    let owed = world.http.get(Some(&right), "/v1/reports").await.json();
    let report = text(&owed["items"][0]["id"]);
    step(&format!("/v1/reports/{report}/start"), "\"1\"").await;
    for name in ["documents", "documents-to-delete"] {
        let part = multipart::Part::bytes(b"%PDF-1.7".as_slice()).file_name("a.pdf");
        let request = world.http.request(Method::POST, &format!("/v1/reports/{report}/documents"));
        let form = multipart::Form::new().part("file", part);
        let answer = world.http.send(request.bearer_auth(&right).multipart(form)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        records.insert(name, text(&answer.json()["id"]));
    }
    let part = multipart::Part::bytes(b"%PDF-1.7".as_slice()).file_name("a.pdf");
    let path = format!("/v1/agreements/{agreement}/documents?visibility=donor");
    let request = world.http.request(Method::POST, &path).bearer_auth(&right);
    let answer = world.http.send(request.multipart(multipart::Form::new().part("file", part))).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    records.insert("agreement-documents", text(&answer.json()["id"]));
    records.extend([("agreements", agreement), ("reports", report)]);
    let person = json!({ "name": "Someone", "email": "someone@example.org",
        "roles": [{ "office_id": office, "role": "country_officer" }] });
    records.insert("people", made("/v1/people", person).await);
    let representative =
        world.create("/v1/representatives", representative(&donor, "ingrid@example.org")).await;
    records.insert("representatives", text(&representative["id"]));
    let contacts = format!("/v1/donors/{donor}/contacts");
    records.insert("contacts", made(&contacts, contact()).await);
    let client = json!({ "name": "Bridge", "office_id": office, "scopes": ["plans:read"] });
    let client = made("/v1/clients", client).await;
    let held = world.http.get(Some(&right), &format!("/v1/clients/{client}")).await.json();
    records.insert("client-secrets", text(&held["secrets"][0]["id"]));
    records.insert("clients", client);
    for (name, role) in [("roles", "Grants"), ("roles-to-delete", "Nobody's")] {
        let role = json!({ "name": role, "permissions": ["plans:read"] });
        records.insert(name, text(&world.create("/v1/roles", role).await["id"]));
    }
    let chair = allocations::make(&world, &right, &office, &mut records).await;
    let job = world.import(&right, "", &[("a.json", page(&flows(1, 1)))]).await;
    records.insert("imports", text(&job["id"]));
    for source in ["erp", "old"] {
        let mapping = world.http.request(Method::PUT, &format!("/v1/import-mappings/{source}"));
        let mapping = mapping.bearer_auth(&right).header("if-match", "\"0\"").json(&mapping_of_columns());
        let answer = world.http.send(mapping).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let overview = json!({ "data": { "plans": [] } });
    records.insert("plan-imports", made("/v1/plan-imports", overview).await);
    let (own_id, reported_id) = (records["contributions"].clone(), flow_to_us(&world, &right).await);
    let link = json!({ "own_id": own_id, "reported_id": reported_id });
    records.insert("contribution-links", made("/v1/contribution-links", link).await);
    records.insert("reported", reported_id);
    let twin = json!({ "name": "Norwegen", "type": "government" });
    let twin = text(&world.create("/v1/donors", twin).await["id"]);
    let merge = world.http.request(Method::POST, &format!("/v1/donors/{}/merges", records["donors"]));
    let merge = merge.bearer_auth(&world.token).header("if-match", "\"1\"");
    let merge = world.http.send(merge.json(&json!({ "duplicate_id": twin, "reason": "Twice" }))).await;
    assert_eq!(merge.status, 201, "{}", merge.text);
    records.insert("donor-merges", text(&merge.json()["id"]));
    world.settled().await;
    Scene { world, headquarters, region, office, donor, records, tokens, chair, only_offices, leaving }
}

/// A flow to the organisation that FTS reports and the office has imported.
async fn flow_to_us(world: &World, token: &str) -> String {
    let mut flow = flows(900_001, 1).remove(0);
    flow["destinationObjects"][0]["name"] = "Organisation".into();
    world.import(token, "", &[("ours.json", page(&[flow]))]).await;
    let found = world.http.get(Some(token), "/v1/contributions?external_ref=fts:900001").await.json();
    text(&found["items"][0]["id"])
}

fn auth_scopes() -> Vec<String> {
    let documents = documents::all().unwrap();
    let (_, merged) = documents.iter().find(|(name, _)| name == "passerelle.json").unwrap();
    let document: Value = serde_json::from_str(merged).unwrap();
    let scopes = &document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"];
    scopes.as_object().unwrap().keys().cloned().collect()
}

fn plan(visibility: &str) -> Value {
    json!({ "name": "Plan", "plan_type": "other", "countries": ["TCD"], "years": [2026], "visibility": visibility })
}

fn mapping_of_columns() -> Value {
    json!({ "columns": [{ "heading": "Who", "field": "donor" }], "decimal": "comma", "empty": null })
}

fn contact() -> Value {
    json!({ "name": "Somebody", "consent": { "basis": "public_interest" } })
}

/// A representative of a donor, with access for half a year.
fn representative(donor: &str, email: &str) -> Value {
    json!({ "donor_id": donor, "name": "Ingrid", "email": email, "access_until": day_ahead(180) })
}

fn agreement(donor: &str) -> Value {
    json!({ "donor_id": donor, "title": "Shelter", "start_date": "2026-01-01", "end_date": "2026-12-31",
        "amount": { "amount": "100", "currency": "USD" }, "visibility": "donor" })
}

impl Scene {
    /// The token that stands for a caller in this operation.
    fn token(&self, operation: &str, caller: usize) -> Option<&str> {
        let at_headquarters = [
            "POST /v1/offices",
            "POST /v1/donors",
            "PUT /v1/donors/{id}",
            "GET /v1/donors/{id}/funding",
            "POST /v1/donors/{id}/clearances",
            "POST /v1/exchange-rates",
            "POST /v1/roles",
            "PUT /v1/roles/{id}",
            "DELETE /v1/roles/{id}",
            "PUT /v1/signature-rule",
            "PUT /v1/clearance-rule",
            "PUT /v1/recipient",
            "PUT /v1/organisation",
            "PUT /v1/organisation/logo",
            "DELETE /v1/organisation/logo",
            "POST /v1/focal-points/reassign",
            "POST /v1/donors/{id}/merges",
            "POST /v1/donor-merges/{id}/undo",
            "PUT /v1/publication",
            "POST /v1/representatives",
            "PUT /v1/representatives/{id}",
            "POST /v1/representatives/{id}/suspend",
            "POST /v1/representatives/{id}/restore",
            "POST /v1/representatives/{id}/invite",
            "POST /v1/reports/{id}/reject",
            "POST /v1/reports/{id}/submit",
            "POST /v1/reports/{id}/accept",
            "POST /v1/reports/{id}/retract",
            "POST /v1/reports/{id}/extend",
        ];
        match caller {
            6 if operation.ends_with("/funding") => Some(&self.only_offices),
            4 | 5 if operation == "DELETE /v1/me/sessions" => Some(&self.leaving[caller - 4]),
            7 if allocations::OF_PEOPLE.contains(&operation) => Some(&self.chair),
            7 if at_headquarters.contains(&operation) => Some(&self.world.token),
            7 if allocations::AT_HEADQUARTERS.contains(&operation) => Some(&self.world.token),
            _ => self.tokens[caller].as_deref(),
        }
    }

    fn body(&self, operation: &str) -> Option<Value> {
        let number = self.world.number();
        Some(match operation {
            "POST /v1/offices" => json!({ "code": format!("NEW-{number}"), "name": "New", "kind": "country",
                "parent_id": self.region }),
            "PUT /v1/offices/{id}" => json!({ "name": "Renamed", "parent_id": self.region }),
            "POST /v1/people" => json!({ "name": "New", "email": format!("new-{number}@example.org"),
                "roles": [{ "office_id": self.office, "role": "country_officer" }] }),
            "PUT /v1/people/{id}" => json!({ "name": "Someone", "language": "fr" }),
            "POST /v1/invitations/accept" | "POST /v1/password-resets/accept" => {
                json!({ "token": "none", "password": "long enough, surely" })
            }
            "POST /v1/invitations/lookup" | "POST /v1/password-resets/lookup" => json!({ "token": "none" }),
            "POST /v1/password-resets" => json!({ "email": format!("nobody-{number}@example.org") }),
            "PUT /v1/me/password" => {
                json!({ "current_password": "wrong", "new_password": "long enough, surely" })
            }
            "POST /v1/representatives" => {
                representative(&self.donor, &format!("representative-{number}@example.org"))
            }
            "PUT /v1/representatives/{id}" => {
                json!({ "name": "Ingrid", "language": "fr", "access_until": day_ahead(90) })
            }
            "POST /v1/clients" | "PUT /v1/clients/{id}" => {
                json!({ "name": "New", "office_id": self.office, "scopes": ["plans:read"] })
            }
            "POST /v1/roles" | "PUT /v1/roles/{id}" => {
                json!({ "name": format!("Role {number}"), "permissions": ["plans:read"] })
            }
            "POST /oauth/authorize" => {
                json!({ "email": format!("nobody-{number}@example.org"), "password": "wrong",
                "client_id": "portal", "redirect_uri": format!("{}/sign-in", self.world.http.url),
                "code_challenge": "x".repeat(43), "code_challenge_method": "S256" })
            }
            "POST /v1/donors" => json!({ "name": format!("Donor {number}"), "type": "government" }),
            "PUT /v1/donors/{id}" => json!({ "name": "Renamed", "type": "government" }),
            "PUT /v1/publication" => {
                json!({ "organisation_ref": "XM-DAC-0", "organisation_type": "40", "language": "en" })
            }
            "PUT /v1/me" => json!({ "language": "en" }),
            "PUT /v1/organisation" => json!({ "name": "Organisation", "default_language": "en" }),
            "POST /v1/focal-points/reassign" => {
                json!({ "focal_point_id": null, "donors": [{ "id": self.donor, "version": 0 }] })
            }
            "POST /v1/donors/{id}/clearances" => json!({ "decision": "cleared", "valid_from": "2026-01-01",
                "valid_until": "2026-12-31", "reference": "DD-1" }),
            "POST /v1/donors/{id}/contacts" | "PUT /v1/contacts/{id}" => contact(),
            "POST /v1/contacts/{id}/erase" => json!({ "reason": "no_longer_needed" }),
            "POST /v1/documents/{id}/erase" | "POST /v1/agreement-documents/{id}/erase" => {
                json!({ "reason": "" })
            }
            "POST /v1/agreements" => json!({ "office_id": self.office, "terms": agreement(&self.donor) }),
            "PUT /v1/agreements/{id}" => agreement(&self.donor),
            "POST /v1/agreements/{id}/hand-over" => json!({ "office_id": self.office }),
            "POST /v1/agreements/{id}/amendments" => json!({ "kind": "budget_revision", "reason": "Prices",
                "requested_on": "2026-01-01" }),
            "PUT /v1/reports/{id}" | "PUT /v1/calendar" => json!({}),
            "POST /v1/reports/{id}/extend" => json!({ "due_date": "2027-01-01", "comment": "Agreed" }),
            "PUT /v1/notifications/read-until" => json!({ "last_id": self.office }),
            _ if operation.starts_with("POST /v1/reports/{id}/") => json!({}),
            "PUT /v1/clearance-rule" => json!({ "donor_types": ["private_sector"] }),
            "PUT /v1/recipient" => json!({ "names": ["Organisation"], "fts_organisation_ids": [] }),
            "PUT /v1/signature-rule" => json!({ "threshold_usd": null }),
            // Into itself.
            "POST /v1/donors/{id}/merges" => json!({ "duplicate_id": self.donor, "reason": "Twice" }),
            "POST /v1/contributions/{id}/commit" | "POST /v1/contributions/{id}/pay" => {
                json!({ "on": "2026-01-01" })
            }
            "POST /v1/contributions/{id}/allot" => {
                json!({ "on": "2026-01-01", "amount": { "amount": "1", "currency": "USD" }, "countries": ["TCD"] })
            }
            "POST /v1/contributions/{id}/write-off" | "POST /v1/contributions/{id}/reverse" => {
                json!({ "on": "2026-01-01", "reason": "Wrong" })
            }
            "POST /v1/contributions" => {
                json!({ "donor_id": self.donor, "office_id": self.office, "status": "paid",
                "amount": { "amount": "1", "currency": "USD" } })
            }
            "POST /v1/contribution-links" => {
                json!({ "own_id": self.records["contributions"], "reported_id": self.records["reported"] })
            }
            "POST /v1/contribution-links/{id}/separate" => json!({ "reason": "Two grants" }),
            "POST /v1/plans" => {
                let mut plan = plan("internal");
                plan["office_id"] = self.office.as_str().into();
                plan
            }
            "PUT /v1/plans/{id}" => plan("internal"),
            "POST /v1/plans/{id}/updates" => {
                json!({ "title": "Floods", "body": "Roads are cut.", "language": "en" })
            }
            "POST /v1/imports" => serde_json::from_slice(&page(&flows(1, 1))).unwrap(),
            "PUT /v1/import-mappings/{source}" => mapping_of_columns(),
            "POST /v1/plan-imports" => json!({ "data": { "plans": [] } }),
            _ => return allocations::body(self, operation),
        })
    }

    fn path(&self, operation: &str) -> String {
        let (_, path) = operation.split_once(' ').unwrap();
        let office = format!("office_id={}", self.office);
        let path = match path {
            "/v1/imports" if operation.starts_with("POST") => format!("{path}?format=fts&{office}"),
            "/v1/import-mappings/{source}" if operation.starts_with("DELETE") => {
                "/v1/import-mappings/old".to_owned()
            }
            "/v1/import-mappings/{source}" => path.replace("{source}", "erp"),
            "/v1/plan-imports" if operation.starts_with("POST") => format!("{path}?{office}"),
            "/v1/diversification" => format!("{path}?{office}"),
            _ if path.ends_with("/chain") => format!("{path}?{office}"),
            "/v1/diversification/rows" => format!("{path}?{office}&year=2026&measure=total"),
            "/v1/governance-reports/{report}" => format!("/v1/governance-reports/by_type?{office}"),
            "/v1/public/funding" => format!("{path}?country=TCD&year=2026"),
            "/v1/public/figures" => format!("{path}?year=2026"),
            "/v1/public/search" => format!("{path}?q=plan"),
            "/v1/documents/{id}" if operation.starts_with("DELETE") => {
                format!("/v1/documents/{}", self.records["documents-to-delete"])
            }
            "/v1/proposal-documents/{id}" if operation.starts_with("DELETE") => {
                path.replace("{id}", &self.records["proposal-documents-to-delete"])
            }
            // Of the contributions, one that a pool has.
            "/v1/contributions/{id}/uses" => path.replace("{id}", &self.records["pooled-contributions"]),
            // An id that is no session's.
            "/v1/me/sessions/{id}" => path.replace("{id}", &self.office),
            "/v1/clients/{id}/secrets/{credential_id}" => {
                path.replace("{credential_id}", &self.records["client-secrets"])
            }
            "/v1/roles/{id}" if operation.starts_with("DELETE") => {
                format!("/v1/roles/{}", self.records["roles-to-delete"])
            }
            // That of the contribution.
            "/v1/pools/{id}/entries/{number}" => path.replace("{number}", "1"),
            "/v1/pools/{id}/entries/{number}/reverse" => path.replace("{number}", "900"),
            _ if path.contains("/{year}") => path.replace("{year}", "2026"),
            "/v1/public/donors/{id}" => format!("/v1/public/donors/{}", self.donor),
            "/v1/public/calendars/{secret}" => path.replace("{secret}", "none.ics"),
            "/v1/public/plans/{id}" => format!("/v1/public/plans/{}", self.records["plans"]),
            _ => path.to_owned(),
        };
        let resource = path.split('/').nth(2).unwrap_or_default();
        match self.records.get(resource) {
            Some(id) => path.replace("{id}", id),
            None => path,
        }
    }

    async fn ask(&self, operation: &str, caller: usize) -> (u16, bool, String) {
        let http: &Http = &self.world.http;
        let (method, _) = operation.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let mut request = http.request(method, &self.path(operation));
        if let Some(token) = self.token(operation, caller) {
            request = request.bearer_auth(token);
        }
        request = match operation {
            "POST /oauth/token" => {
                request.form(&[("grant_type", "refresh_token"), ("refresh_token", "none")])
            }
            "POST /oauth/revoke" => request.form(&[("token", "none")]),
            _ => match self.body(operation) {
                Some(body) => request.json(&body),
                None => request,
            },
        };
        let answer = http.send(request).await;
        let resource = operation.split('/').nth(2).unwrap_or_default();
        let sees = self.records.get(resource).is_some_and(|id| answer.text.contains(id.as_str()));
        (answer.status, sees, answer.text)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_every_caller_as_it_should() {
    let expected = expected();
    let documents = documents::all().unwrap();
    let (_, merged) = documents.iter().find(|(name, _)| name == "passerelle.json").unwrap();
    let document: Value = serde_json::from_str(merged).unwrap();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        operations.extend(
            item.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())),
        );
    }
    let with_row: BTreeSet<String> = expected.keys().map(|operation| (*operation).to_owned()).collect();
    assert_eq!(operations, with_row, "operations and rows of the matrix are not the same");

    let scene = scene().await;
    assert_ne!(scene.headquarters, scene.region);
    let mut wrong = Vec::new();
    for (operation, row) in &expected {
        for (caller, gets) in row.iter().enumerate() {
            let (status, sees, body) = scene.ask(operation, caller).await;
            let right = match gets {
                Status(expected) => status == *expected,
                Sees => status == 200 && sees,
                Misses => status == 200 && !sees,
            };
            if !right {
                let body: String = body.chars().take(200).collect();
                wrong.push(format!("{operation} as {}: {gets:?}, but {status} {body}", CALLERS[caller]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    scene.world.stop().await;
}
