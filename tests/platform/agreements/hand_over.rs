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
