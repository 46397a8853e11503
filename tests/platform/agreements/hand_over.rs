//! An agreement that headquarters records for an office, and that goes to another one.

use super::*;

impl Scene {
    async fn hand_over(&self, token: &str, path: &str, office: &str) -> Response {
        self.act(token, &format!("{path}/hand-over"), &json!({ "office_id": office })).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_goes_to_another_office_with_its_reports() {
    let scene = scene().await;
    let body = json!({ "office_id": scene.office, "terms": scene.terms() });
    let made = scene.world.create("/v1/agreements", body).await;
    assert_eq!(text(&made["office_id"]), scene.office);
    let path = format!("/v1/agreements/{}", text(&made["id"]));
    for step in ["negotiate", "sign"] {
        scene.done(&scene.officer, &format!("{path}/{step}"), &json!({})).await;
    }
    let sister = scene.world.office(&scene.region, "country").await;
    let scopes = ["agreements:read", "agreements:write", "reports:read", "reports:write"];
    let taker = scene.world.client(&sister, &scopes).await;
    let above = scene.world.client(&scene.region, &scopes).await;
    scene.world.settled().await;
    assert_eq!(scene.world.http.get(Some(&taker), &path).await.status, 404);
    let refused = scene.hand_over(&scene.officer, &path, &sister).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/office_id".to_owned()]), "not below it");
    let same = scene.hand_over(&above, &path, &scene.office).await;
    assert_eq!((same.status, same.pointers()), (422, vec!["/office_id".to_owned()]), "nothing would change");
    let given = scene.hand_over(&above, &path, &sister).await;
    assert_eq!(given.status, 200, "{}", given.text);
    assert_eq!(text(&given.json()["office_id"]), sister);
    assert_eq!(scene.world.http.get(Some(&scene.officer), &path).await.status, 404);
    let owed = scene.reports(&taker, "owed=true").await;
    assert_eq!(owed.len(), 4);
    scene.done(&taker, &format!("/v1/reports/{}/start", text(&owed[0]["id"])), &json!({})).await;
    assert!(scene.reports(&scene.officer, "").await.is_empty());
    scene.world.stop().await;
}

/// Money that came before stays with the office that has it, and counts for who has the agreement now: in answers to
/// changes as well. The last change of a closed agreement remains the one that closed it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_counts_in_the_other_office_and_its_office_may_go_on() {
    let scene = scene().await;
    let path = scene.signed().await;
    let id = path.rsplit('/').next().unwrap().to_owned();
    let money = |value: &Value| text(&value["amount"]);
    let cashier = scene.world.client(&scene.office, &["contributions:read", "contributions:write"]).await;
    let promise = json!({ "donor_id": scene.donor, "agreement_id": id, "status": "pledge", "decision_date": "2026-02-01",
        "amount": { "amount": "600000.00", "currency": "NOK" }, "countries": ["TCD"], "usage_years": [2026],
        "exchange_rate": { "rate": "10", "date": "2026-02-01", "source": "UN" } });
    let promised = scene.world.http.post(Some(&cashier), "/v1/contributions", &promise).await;
    assert_eq!(promised.status, 201, "{}", promised.text);
    let pledge = promised.header("location").to_owned();
    let pay = json!({ "amount": { "amount": "400000.00", "currency": "NOK" }, "on": "2026-03-01", "agreement_id": id,
        "exchange_rate": { "rate": "10", "date": "2026-03-01", "source": "UN" } });
    let paid = scene.act(&cashier, &format!("{pledge}/pay"), &pay).await;
    assert_eq!(paid.status, 201, "{}", paid.text);
    let sister = scene.world.office(&scene.region, "country").await;
    let scopes = ["agreements:read", "agreements:write"];
    let taker = scene.world.client(&sister, &scopes).await;
    let above = scene.world.client(&scene.region, &scopes).await;
    scene.world.settled().await;
    assert_eq!(scene.hand_over(&above, &path, &sister).await.status, 200);
    let active = scene.done(&taker, &format!("{path}/activate"), &json!({})).await;
    assert_eq!(money(&active["received"]["paid"]), "400000.00");
    assert_eq!(money(&active["received"]["outstanding"]), "600000.00");
    let rest = json!({ "amount": { "amount": "200000.00", "currency": "NOK" }, "on": "2026-04-01", "agreement_id": id,
        "exchange_rate": { "rate": "10", "date": "2026-04-01", "source": "UN" } });
    let rest = scene.act(&cashier, &format!("{pledge}/pay"), &rest).await;
    assert_eq!(rest.status, 201, "the pledge is under the agreement already: {}", rest.text);
    let closed = scene.done(&taker, &format!("{path}/close"), &json!({})).await;
    assert_eq!(money(&closed["received"]["paid"]), "600000.00");
    let back = scene.hand_over(&above, &path, &scene.office).await;
    assert_eq!(back.status, 200, "{}", back.text);
    assert_eq!(back.json()["updated_at"], closed["updated_at"]);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_responsible_is_an_active_member_of_staff_and_stays_in_the_office() {
    let scene = scene().await;
    let made = scene
        .world
        .http
        .post(Some(&scene.officer), "/v1/agreements", &json!({ "terms": scene.terms() }))
        .await;
    let path = made.header("location").to_owned();
    let name = async |person: &str| {
        let body = json!({ "responsible_id": person });
        scene.act(&scene.officer, &format!("{path}/hand-over"), &body).await
    };
    let nobody = name(&scene.office).await;
    assert_eq!((nobody.status, nobody.pointers()), (422, vec!["/responsible_id".to_owned()]));
    let member = async |email: &str, password: Option<&str>| {
        let body = json!({ "name": "Amina", "email": email, "password": password,
            "roles": [{ "office_id": scene.office, "role": "country_officer" }] });
        text(&scene.world.create("/v1/people", body).await["id"])
    };
    let invited = member("invited@example.org", None).await;
    let officer = member("officer@example.org", Some("long enough, surely")).await;
    scene.world.settled().await;
    let pending = name(&invited).await;
    assert_eq!((pending.status, pending.pointers()), (422, vec!["/responsible_id".to_owned()]));
    let named = name(&officer).await;
    assert_eq!(
        (named.status, text(&named.json()["responsible_id"])),
        (200, officer.clone()),
        "{}",
        named.text
    );
    let elsewhere = scene.hand_over(&scene.world.token, &path, &scene.region).await;
    assert_eq!(elsewhere.status, 200, "{}", elsewhere.text);
    assert!(elsewhere.json()["responsible_id"].is_null(), "nobody is named in the other office yet");
    scene.world.stop().await;
}

/// The office that a partner system reports to goes on with what it has, and records nothing new under what it gave away.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_imported_again_after_its_agreement_was_handed_over() {
    let scene = scene().await;
    let path = scene.signed().await;
    let agreement = scene.get(&scene.officer, &path).await;
    let reference = text(&agreement["reference"]);
    let scopes = ["agreements:read", "contributions:read", "imports:read", "imports:write"];
    let importer = scene.world.client(&scene.office, &scopes).await;
    let import = async |rows: &[(&str, &str)]| -> (String, [i64; 4]) {
        let mut table = "external_ref,donor,status,amount,currency,agreement\n".to_owned();
        for (row, amount) in rows {
            table.push_str(&format!("{row},Norway,paid,{amount},USD,{reference}\n"));
        }
        let files = [("rows.csv", table.into_bytes())];
        let sent = scene.world.upload_as(&importer, "format=csv&source=erp", &[], &files).await;
        assert_eq!(sent.status, 201, "{}", sent.text);
        let job = scene.world.end_of(&importer, &text(&sent.json()["id"])).await;
        let count = |name: &str| job[name].as_i64().unwrap();
        (text(&job["state"]), ["created", "updated", "unchanged", "rejected"].map(count))
    };
    let recorded = async || {
        let list = scene.get(&importer, "/v1/contributions?external_ref=erp:1").await;
        let record = list["items"][0].clone();
        (text(&record["office_id"]), text(&record["agreement_id"]), text(&record["amount_usd"]["amount"]))
    };
    assert_eq!(import(&[("1", "500")]).await, ("done".into(), [1, 0, 0, 0]));
    let sister = scene.world.office(&scene.region, "country").await;
    let above = scene.world.client(&scene.region, &["agreements:read", "agreements:write"]).await;
    scene.world.settled().await;
    let given = scene.hand_over(&above, &path, &sister).await;
    assert_eq!(given.status, 200, "{}", given.text);

    let id = text(&agreement["id"]);
    assert_eq!(import(&[("1", "500")]).await, ("done".into(), [0, 0, 1, 0]), "the same row again");
    assert_eq!(import(&[("1", "750")]).await, ("done".into(), [0, 1, 0, 0]), "and changed");
    assert_eq!(recorded().await, (scene.office.clone(), id.clone(), "750.00".into()));
    // What is new under it is for the office that has it now.
    assert_eq!(import(&[("2", "10")]).await, ("refused".into(), [0, 0, 0, 1]));
    let seen = scene.get(&scene.world.token, &path).await;
    assert_eq!((text(&seen["office_id"]), &seen["received"]["other_currency_records"]), (sister, &json!(1)));
    scene.world.stop().await;
}
