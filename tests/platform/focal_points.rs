//! Who answers which donor's questions: nobody who has left is named anew, donors that nobody answers are seen first and are
//! given to somebody together; and which liaison office looks after a donor.

use crate::pages::{page_of, sign_in};
use reqwest::Method;
use serde_json::{Value, json};
use store::{params, sql};
use testkit::{Response, eventually};
use tests::{PASSWORD, World, text};

/// An active member of staff at headquarters: the id and the address.
async fn officer(world: &World, name: &str) -> (String, String) {
    let email = format!("{}-{}@example.org", name.to_lowercase(), world.number());
    let body = json!({ "name": name, "email": email, "password": PASSWORD, "language": "en",
        "roles": [{ "office_id": world.founded.office_id, "role": "donor_relations_officer" }] });
    (text(&world.create("/v1/people", body).await["id"]), email)
}

async fn donor(world: &World, name: &str, more: Value) -> String {
    let mut body = json!({ "name": name, "type": "government" });
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    text(&world.create("/v1/donors", body).await["id"])
}

/// Ends somebody's access.
async fn suspend(world: &World, person: &str) {
    let path = format!("/v1/people/{person}");
    let read = world.http.get(Some(&world.token), &path).await;
    let request = world.http.request(Method::POST, &format!("{path}/suspend")).bearer_auth(&world.token);
    let answer = world.http.send(request.header("if-match", read.header("etag")).json(&json!({}))).await;
    assert!(answer.status < 300, "{}", answer.text);
    world.settled().await;
}

async fn listed(world: &World, query: &str) -> Vec<(String, String)> {
    let answer = world.http.get(Some(&world.token), &format!("/v1/focal-points?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let rows = answer.json()["items"].as_array().cloned().unwrap();
    rows.iter().map(|row| (text(&row["name"]), text(&row["state"]))).collect()
}

async fn reassign(world: &World, key: Option<&str>, to: &Value, donors: &[(&str, i64)]) -> Response {
    let donors: Vec<Value> =
        donors.iter().map(|(id, version)| json!({ "id": id, "version": version })).collect();
    let mut request = world.http.request(Method::POST, "/v1/focal-points/reassign").bearer_auth(&world.token);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    world.http.send(request.json(&json!({ "focal_point_id": to, "donors": donors }))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_suspended_is_named_nowhere_anew() {
    let world = World::new().await;
    let (gone, _) = officer(&world, "Gone").await;
    let (stays, _) = officer(&world, "Stays").await;
    let norway = donor(&world, "Norway", json!({ "focal_point_id": gone })).await;
    suspend(&world, &gone).await;
    let post = async |path: &str, body: Value| world.http.post(Some(&world.token), path, &body).await;
    let sweden = json!({ "name": "Sweden", "type": "government", "focal_point_id": gone });
    let terms = json!({ "donor_id": norway, "title": "Shelter", "start_date": "2026-01-01",
        "end_date": "2026-12-31", "amount": { "amount": "100", "currency": "USD" } });
    let agreement = text(&world.create("/v1/agreements", json!({ "terms": terms })).await["id"]);
    for (path, body, pointer) in [
        ("/v1/donors".to_owned(), sweden, "/focal_point_id"),
        ("/v1/agreements".to_owned(), json!({ "responsible_id": gone, "terms": terms }), "/responsible_id"),
        (
            format!("/v1/agreements/{agreement}/hand-over"),
            json!({ "responsible_id": gone }),
            "/responsible_id",
        ),
        (
            "/v1/focal-points/reassign".to_owned(),
            json!({ "focal_point_id": gone, "donors": [{ "id": norway, "version": 1 }] }),
            "/focal_point_id",
        ),
    ] {
        let refused = post(&path, body).await;
        let error = &refused.json()["errors"][0];
        assert_eq!((refused.status, &error["code"]), (422, &json!("not_active")), "{path}: {}", refused.text);
        assert_eq!(error["pointer"], pointer, "{path}");
    }
    // Who was named before stays on the record until another is named.
    let path = format!("/v1/donors/{norway}");
    let renamed = json!({ "name": "Norway, Kingdom of", "type": "government", "focal_point_id": gone });
    let request =
        world.http.request(Method::PUT, &path).bearer_auth(&world.token).header("if-match", "\"1\"");
    assert_eq!(world.http.send(request.json(&renamed)).await.status, 200);
    assert_eq!(reassign(&world, None, &json!(stays), &[(&norway, 2)]).await.status, 204);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn donors_that_nobody_answers_come_first_and_are_given_to_somebody_together() {
    let world = World::new().await;
    let (gone, _) = officer(&world, "Gone").await;
    let (stays, _) = officer(&world, "Stays").await;
    donor(&world, "Austria", json!({ "focal_point_id": stays })).await;
    let belgium = donor(&world, "Belgium", json!({ "focal_point_id": gone })).await;
    let canada = donor(&world, "Canada", json!({})).await;
    suspend(&world, &gone).await;
    let pair = |name: &str, state: &str| (name.to_owned(), state.to_owned());
    let before = [pair("Canada", "absent"), pair("Belgium", "inactive"), pair("Austria", "active")];
    assert_eq!(listed(&world, "").await, before);
    // Page by page it is the same list.
    let mut paged = Vec::new();
    let mut cursor = String::new();
    for _ in 0..3 {
        let page =
            world.http.get(Some(&world.token), &format!("/v1/focal-points?limit=1{cursor}")).await.json();
        paged.push(pair(
            page["items"][0]["name"].as_str().unwrap(),
            page["items"][0]["state"].as_str().unwrap(),
        ));
        cursor = page["next_cursor"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
    }
    assert_eq!((paged.as_slice(), cursor.as_str()), (before.as_slice(), ""));
    assert_eq!(listed(&world, "state=inactive").await, [pair("Belgium", "inactive")]);
    assert_eq!(listed(&world, &format!("focal_point_id={stays}&q=austr")).await, [pair("Austria", "active")]);

    // All or none: one of them was changed meanwhile.
    let stale = reassign(&world, None, &json!(stays), &[(&canada, 1), (&belgium, 7)]).await;
    assert_eq!(
        (stale.status, stale.pointers()),
        (409, vec!["/donors/1/version".to_owned()]),
        "{}",
        stale.text
    );
    let twice = reassign(&world, None, &json!(stays), &[(&canada, 1), (&canada, 1)]).await;
    assert_eq!((twice.status, twice.pointers()), (422, vec!["/donors/1/id".to_owned()]));
    assert_eq!(reassign(&world, None, &json!(stays), &[]).await.pointers(), ["/donors"]);
    assert_eq!(listed(&world, "").await, before);
    for _ in 0..2 {
        // The same key: done once.
        let given = reassign(&world, Some("k"), &json!(stays), &[(&canada, 1), (&belgium, 1)]).await;
        assert_eq!(given.status, 204, "{}", given.text);
    }
    let after = ["Austria", "Belgium", "Canada"].map(|name| pair(name, "active"));
    assert_eq!(listed(&world, "").await, after);
    let read = world.http.get(Some(&world.token), &format!("/v1/donors/{belgium}")).await;
    assert_eq!((read.header("etag"), text(&read.json()["focal_point_id"])), ("\"2\"", stays.clone()));
    // Already so: nothing changes, and nothing is noted.
    assert_eq!(reassign(&world, None, &json!(stays), &[(&belgium, 2)]).await.status, 204);
    let donors = world.database("donors").await;
    let db = donors.system_read().await.unwrap();
    let noted =
        sql::rows(&db, "SELECT 1 FROM audit WHERE action = 'donor.reassign'", params![]).await.unwrap();
    assert_eq!(noted.len(), 2);
    drop(db);
    // Identity answers a donor's questions with who is named now.
    world.settled().await;
    let representative = world.representative(&belgium).await;
    let token = world.sign_in(&representative).await;
    eventually("the representative sees the new focal point", || async {
        let told = world.http.get(Some(&token), "/v1/me/focal-point").await.json();
        (told["name"] == "Stays").then_some(())
    })
    .await;
    assert_eq!(reassign(&world, None, &Value::Null, &[(&belgium, 2)]).await.status, 204);
    assert_eq!(listed(&world, "state=absent").await, [pair("Belgium", "absent")]);
    assert_eq!(world.http.get(Some(&token), "/v1/focal-points").await.status, 404, "staff only");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_do_not_give_one_donor_to_two() {
    let world = World::new().await;
    let ((one, _), (other, _)) = (officer(&world, "One").await, officer(&world, "Other").await);
    let (norway, sweden) =
        (donor(&world, "Norway", json!({})).await, donor(&world, "Sweden", json!({})).await);
    world.settled().await;
    let (to_one, to_other) = (json!(one), json!(other));
    // In opposite orders: neither waits for the other for ever.
    let (forth, back) =
        ([(norway.as_str(), 1), (sweden.as_str(), 1)], [(sweden.as_str(), 1), (norway.as_str(), 1)]);
    let (first, second) =
        tokio::join!(reassign(&world, None, &to_one, &forth), reassign(&world, None, &to_other, &back));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409], "{} {}", first.text, second.text);
    let winner = if first.status == 204 { one } else { other };
    let of_winner = listed(&world, &format!("focal_point_id={winner}")).await;
    assert_eq!(of_winner.len(), 2, "both or neither: {of_winner:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_donor_has_an_open_liaison_office_or_none() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let geneva = world.office(&headquarters, "liaison").await;
    let country = world.office(&headquarters, "country").await;
    world.settled().await;
    let norway = donor(&world, "Norway", json!({ "liaison_office_id": geneva })).await;
    let of_geneva = format!("/v1/donors?liaison_office_id={geneva}");
    let found = world.http.get(Some(&world.token), &of_geneva).await.json();
    assert_eq!(
        (found["items"].as_array().unwrap().len(), text(&found["items"][0]["id"])),
        (1, norway.clone())
    );
    assert_eq!(listed(&world, &format!("liaison_office_id={geneva}")).await.len(), 1);
    let request = world.http.request(Method::GET, &of_geneva).bearer_auth(&world.token);
    let csv = world.http.send(request.header("accept", "text/csv")).await;
    assert!(csv.text.lines().next().unwrap().contains("liaison_office_id") && csv.text.contains(&geneva));
    let with = |office: &str| json!({ "name": "Sweden", "type": "government", "liaison_office_id": office });
    for office in [country.as_str(), "0199a1b2-0000-7000-8000-000000000001"] {
        let refused = world.http.post(Some(&world.token), "/v1/donors", &with(office)).await;
        assert_eq!(
            (refused.status, refused.pointers()),
            (422, vec!["/liaison_office_id".to_owned()]),
            "{office}"
        );
    }
    let path = format!("/v1/offices/{geneva}");
    let read = world.http.get(Some(&world.token), &path).await;
    let request = world.http.request(Method::POST, &format!("{path}/close")).bearer_auth(&world.token);
    let closed = world.http.send(request.header("if-match", read.header("etag")).json(&json!({}))).await;
    assert!(closed.status < 300, "{}", closed.text);
    world.settled().await;
    let refused = world.http.post(Some(&world.token), "/v1/donors", &with(&geneva)).await;
    assert_eq!(
        (refused.status, &refused.json()["errors"][0]["code"]),
        (422, &json!("state")),
        "{}",
        refused.text
    );
    // The donor that has it keeps it until another is named.
    let body = json!({ "name": "Norway, Kingdom of", "type": "government", "liaison_office_id": geneva });
    let path = format!("/v1/donors/{norway}");
    let request =
        world.http.request(Method::PUT, &path).bearer_auth(&world.token).header("if-match", "\"1\"");
    let kept = world.http.send(request.json(&body)).await;
    assert_eq!((kept.status, text(&kept.json()["liaison_office_id"])), (200, geneva), "{}", kept.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_gives_donors_to_a_colleague_on_the_page() {
    let world = World::new().await;
    let (colleague, email) = officer(&world, "Amina").await;
    let norway = donor(&world, "Norway", json!({})).await;
    let sweden = donor(&world, "Sweden", json!({})).await;
    world.settled().await;
    let cookie = sign_in(&world, &email).await;
    let page = page_of(&world, Some(&cookie), "/en/console/focal-points?state=absent").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains(&format!("value=\"{norway}:1\"")));
    let sent = async |version: i64, to: &str| {
        let (first, second) = (format!("{norway}:{version}"), format!("{sweden}:{version}"));
        let form = [
            ("key", format!("k{version}")),
            ("filters", "state=absent".to_owned()),
            ("donor", first),
            ("donor", second),
            ("to", to.to_owned()),
        ];
        let request = world.http.request(Method::POST, "/en/console/focal-points").header("cookie", &cookie);
        world.http.send(request.form(&form)).await
    };
    let unknown = sent(1, "Nobody of this name").await;
    assert_eq!(unknown.status, 422);
    assert!(unknown.text.contains("href=\"#to\""), "{}", unknown.text);
    let refused = sent(9, "amina").await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains(&format!("href=\"#donor-{norway}\"")), "{}", refused.text);
    let given = sent(1, &email).await;
    assert_eq!(
        (given.status, given.header("location")),
        (303, "/en/console/focal-points?state=absent&saved=1")
    );
    assert_eq!(listed(&world, &format!("focal_point_id={colleague}")).await.len(), 2);
    let named = page_of(&world, Some(&cookie), "/en/console/focal-points?focal_point=amina").await;
    assert!(named.text.contains(&norway) && named.text.contains(&format!("value=\"{colleague}\"")));
    let nobody = page_of(&world, Some(&cookie), "/en/console/focal-points?focal_point=nobody").await;
    assert_eq!(
        (nobody.status, nobody.text.contains("href=\"#focal_point\"")),
        (422, true),
        "{}",
        nobody.text
    );
    let typed = page_of(&world, Some(&cookie), "/en/console/person-names?q=ami").await;
    assert_eq!(typed.json(), json!([{ "id": colleague, "name": "Amina" }]));
    assert!(listed(&world, "state=absent").await.is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_offices_name_a_focal_point() {
    let world = World::new().await;
    let (amina, _) = officer(&world, "Amina").await;
    let norway = donor(&world, "Norway", json!({ "focal_point_id": amina })).await;
    let liaison = world.office(&world.founded.office_id.to_string(), "liaison").await;
    let claire = json!({ "name": "Claire", "email": "claire@example.org", "password": PASSWORD, "language": "en",
        "roles": [{ "office_id": liaison, "role": "donor_relations_officer" }] });
    world.create("/v1/people", claire).await;
    world.settled().await;
    let cookie = sign_in(&world, "claire@example.org").await;
    for path in [format!("/en/console/donors/{norway}"), "/en/console/focal-points".to_owned()] {
        let page = page_of(&world, Some(&cookie), &path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert!(page.text.contains("Amina"), "{path}: {}", page.text);
    }
    world.stop().await;
}
