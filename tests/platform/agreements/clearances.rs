//! Which due-diligence decision is in force, for which donors one is needed, and what it stops.

use super::*;
use bus::OutgoingRecord;
use events::{ClearanceDecided, EventPayload};
use futures_util::future::join_all;

fn decided(decision: &str, from: &str, until: &str) -> Value {
    json!({ "decision": decision, "valid_from": from, "valid_until": until, "reference": "DD-1" })
}

impl Scene {
    async fn donor_of_type(&self, name: &str, donor_type: &str) -> String {
        let body = json!({ "name": name, "type": donor_type });
        text(&self.world.create("/v1/donors", body).await["id"])
    }

    async fn decide(&self, donor: &str, body: Value) -> Value {
        self.world.create(&format!("/v1/donors/{donor}/clearances"), body).await
    }

    async fn standing(&self, donor: &str) -> Value {
        self.get(&self.officer, &format!("/v1/donors/{donor}/clearance")).await
    }

    /// A decision of partnerships, as its event arrives.
    async fn told(&self, donor: &str, ordinal: u64, decision: &str) {
        let id = uuid::Uuid::from_u128((1 << 100) + u128::from(self.world.number())).to_string();
        let event = json!({ "id": id, "sequence": 1, "organisation_id": self.world.founded.organisation_id,
            "office_id": self.world.founded.office_id, "donor_id": donor, "decision": decision,
            "valid_from": "2020-01-01", "valid_until": "2099-12-31", "reference": "DD-2026-1",
            "decided_at": "2020-01-01T00:00:00Z", "producer": "partnerships", "ordinal": ordinal });
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let record = OutgoingRecord {
            topic: ClearanceDecided::TOPIC.to_owned(),
            key: id.clone(),
            headers: vec![header("ce_type", ClearanceDecided::TYPE), header("ce_id", &id)],
            payload: event.to_string().into_bytes(),
        };
        self.world.bus.publish(vec![record]).await.unwrap();
        self.world.settled().await;
    }

    /// An agreement with a donor in negotiation; its path.
    async fn negotiated(&self, donor: &str) -> String {
        let mut terms = self.terms();
        terms["donor_id"] = donor.into();
        let made =
            self.world.http.post(Some(&self.officer), "/v1/agreements", &json!({ "terms": terms })).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let path = made.header("location").to_owned();
        self.done(&self.officer, &format!("{path}/negotiate"), &json!({})).await;
        path
    }

    async fn merge(&self, duplicate: &str, into: &str) -> Value {
        let body = json!({ "duplicate_id": duplicate, "reason": "Twice" });
        let path = format!("/v1/donors/{into}");
        let merged =
            self.send(Method::POST, &self.world.token, &format!("{path}/merges"), &path, &body).await;
        assert_eq!(merged.status, 201, "{}", merged.text);
        merged.json()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_is_recorded_early_leaves_the_present_clearance_in_force() {
    let scene = scene().await;
    let company = scene.donor_of_type("Nordic Shipping", "private_sector").await;
    let path = scene.negotiated(&company).await;
    let draft = scene.get(&scene.officer, &path).await;
    assert_eq!(
        draft["clearance"],
        json!({ "required": true, "state": "undecided", "holds": false, "holds_until": null, "producer": "donors" })
    );
    scene.decide(&company, decided("cleared", "2020-01-01", "2090-06-30")).await;
    let renewal = scene.decide(&company, decided("cleared", "2090-07-01", "2099-12-31")).await;
    assert_eq!((&renewal["producer"], &renewal["ordinal"]), (&json!("donors"), &json!(2)));
    let standing = scene.standing(&company).await;
    assert_eq!(
        (text(&standing["state"]), text(&standing["holds_until"])),
        ("cleared".into(), "2099-12-31".into())
    );
    scene.done(&scene.officer, &format!("{path}/sign"), &json!({})).await;
    let seen =
        scene.world.http.get(Some(&scene.representative), &format!("/v1/donors/{company}/clearance")).await;
    assert_eq!(seen.status, 404);
    let own = scene.signed().await;
    assert!(scene.get(&scene.representative, &own).await["clearance"].is_null(), "not for the donor");
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_stops_what_follows_the_signature_but_no_extension_without_cost() {
    let scene = scene().await;
    let company = scene.donor_of_type("Nordic Shipping", "private_sector").await;
    let path = scene.negotiated(&company).await;
    scene.decide(&company, decided("cleared", "2020-01-01", "2099-12-31")).await;
    scene.done(&scene.officer, &format!("{path}/sign"), &json!({})).await;
    scene.decide(&company, decided("refused", "2020-01-01", "2099-12-31")).await;
    let refused = scene.act(&scene.officer, &format!("{path}/activate"), &json!({})).await;
    assert_eq!((refused.status, refused.pointers()), (409, vec!["/donor_id".to_owned()]));
    let extension = |kind: &str, end: &str, amount: Option<&str>| {
        let amount = amount.map(|amount| json!({ "amount": amount, "currency": "NOK" }));
        json!({ "kind": kind, "reason": "Floods", "requested_on": "2026-01-10", "end_date": end, "amount": amount })
    };
    let amend = format!("{path}/amendments");
    let more = extension("cost_extension", "2027-06-30", Some("2000000.00"));
    let refused = scene.act(&scene.officer, &amend, &more).await;
    assert_eq!((refused.status, refused.pointers()), (409, vec!["/donor_id".to_owned()]), "{}", refused.text);
    scene.done(&scene.officer, &amend, &extension("no_cost_extension", "2027-03-31", None)).await;
    scene.decide(&company, decided("cleared", "2020-01-01", "2099-12-31")).await;
    scene.done(&scene.officer, &format!("{path}/activate"), &json!({})).await;
    scene.done(&scene.officer, &amend, &more).await;
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headquarters_says_which_types_of_donor_need_a_clearance() {
    let scene = scene().await;
    let rule = "/v1/clearance-rule";
    let say = async |version: &str, types: &Value| {
        let request = scene.world.http.request(Method::PUT, rule).bearer_auth(&scene.world.token);
        scene
            .world
            .http
            .send(request.header("if-match", version).json(&json!({ "donor_types": types })))
            .await
    };
    let first = scene.get(&scene.officer, rule).await;
    assert_eq!((&first["version"], &first["donor_types"]), (&json!(0), &json!(["private_sector"])));
    assert_eq!(say("\"0\"", &json!(["charity"])).await.status, 422);
    let foundations = json!(["private_sector", "civil_society"]);
    let set = say("\"0\"", &foundations).await;
    assert_eq!((set.status, &set.json()["donor_types"]), (200, &json!(["civil_society", "private_sector"])));
    assert_eq!(say("\"0\"", &foundations).await.status, 412);
    let charity = scene.donor_of_type("A foundation", "civil_society").await;
    let path = scene.negotiated(&charity).await;
    assert_eq!(scene.act(&scene.officer, &format!("{path}/sign"), &json!({})).await.status, 409);
    assert_eq!(say("\"1\"", &json!([])).await.status, 200);
    assert_eq!(scene.standing(&charity).await["required"], false);
    scene.done(&scene.officer, &format!("{path}/sign"), &json!({})).await;
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_that_are_recorded_at_once_are_numbered_without_a_gap() {
    let scene = scene().await;
    let company = scene.donor_of_type("Nordic Shipping", "private_sector").await;
    let record = || scene.decide(&company, decided("cleared", "2020-01-01", "2099-12-31"));
    let made = join_all((0..8).map(|_| record())).await;
    let mut numbers: Vec<i64> = made.iter().map(|made| made["ordinal"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
    scene.world.settled().await;
    let listed = scene.get(&scene.officer, &format!("/v1/donors/{company}/clearances")).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 8);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn once_partnerships_has_decided_headquarters_records_no_more() {
    let scene = scene().await;
    let company = scene.donor_of_type("Nordic Shipping", "private_sector").await;
    scene.decide(&company, decided("cleared", "2020-01-01", "2099-12-31")).await;
    // Whichever arrives first, the higher number is the later one.
    scene.told(&company, 2, "refused").await;
    scene.told(&company, 1, "cleared").await;
    let standing = scene.standing(&company).await;
    assert_eq!(
        (text(&standing["state"]), text(&standing["producer"])),
        ("refused".into(), "partnerships".into())
    );
    let path = format!("/v1/donors/{company}/clearances");
    let body = decided("cleared", "2020-01-01", "2099-12-31");
    let refused = scene.world.http.post(Some(&scene.world.token), &path, &body).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    let problem = refused.json();
    assert_eq!(
        (&problem["reason"], &problem["params"]["source"]),
        (&json!("kept_elsewhere"), &json!("partnerships"))
    );
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_either_of_two_merged_donors_counts_until_a_later_decision_on_the_one_that_stayed() {
    let scene = scene().await;
    let stays = scene.donor_of_type("Nordic Shipping", "private_sector").await;
    let goes = scene.donor_of_type("Nordic Shipping Ltd", "private_sector").await;
    scene.decide(&goes, decided("refused", "2020-01-01", "2099-12-31")).await;
    for _ in 0..2 {
        scene.decide(&stays, decided("cleared", "2020-01-01", "2099-12-31")).await;
    }
    let merge = scene.merge(&goes, &stays).await;
    for donor in [&stays, &goes] {
        assert_eq!(scene.standing(donor).await["state"], "refused");
    }
    let later = scene.decide(&stays, decided("cleared", "2020-01-01", "2099-12-31")).await;
    assert_eq!(later["ordinal"], 3);
    assert_eq!(scene.standing(&stays).await["state"], "cleared");
    // Partnerships did not know of the merger yet.
    scene.told(&goes, 1, "refused").await;
    assert_eq!(scene.standing(&stays).await["state"], "refused");
    let undo = format!("/v1/donor-merges/{}/undo", text(&merge["id"]));
    let request = scene.world.http.request(Method::POST, &undo).bearer_auth(&scene.world.token);
    let undone = scene.world.http.send(request.header("if-match", "\"1\"").json(&json!({}))).await;
    assert_eq!(undone.status, 200, "{}", undone.text);
    let state = async |donor: &str| text(&scene.standing(donor).await["state"]);
    assert_eq!((state(&stays).await, state(&goes).await), ("cleared".into(), "refused".into()));
    scene.world.stop().await;
}
