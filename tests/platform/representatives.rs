//! Representatives of donors: who invites them, what they may do, what ends their access.

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::{Response, eventually};
use tests::{PASSWORD, World, day_ahead, sign_in, text};

/// How long a session, or a calendar address, of a suspended account may live.
const MAX_DELAY: Duration = Duration::from_secs(5);

/// A member of staff with this role in an office: its id and a token.
async fn officer(world: &World, office: &str, role: &str) -> (String, String) {
    let email = format!("{role}-{}@example.org", world.number());
    let body = json!({ "name": "Officer", "email": email, "password": PASSWORD,
        "roles": [{ "office_id": office, "role": role }] });
    let id = text(&world.create("/v1/people", body).await["id"]);
    (id, world.sign_in(&email).await)
}

/// A donor with this focal point.
async fn donor_of(world: &World, name: &str, focal_point: &str) -> String {
    let body = json!({ "name": name, "type": "government", "focal_point_id": focal_point });
    let donor = text(&world.create("/v1/donors", body).await["id"]);
    // Identity hears of it from the bus.
    world.settled().await;
    donor
}

fn invitation(donor: &str, email: &str) -> Value {
    json!({ "donor_id": donor, "name": "Ingrid Solberg", "email": email, "access_until": day_ahead(180) })
}

async fn changed(world: &World, token: &str, path: &str, version: &str, body: Option<&Value>) -> Response {
    let method = if body.is_some() { Method::PUT } else { Method::POST };
    let request = world.http.request(method, path).bearer_auth(token).header("if-match", version);
    world.http.send(request.json(body.unwrap_or(&json!({})))).await
}

/// Takes up an invitation with the password that everyone has.
async fn accepted(world: &World, invited: &Value) -> Response {
    let url = text(&invited["invitation_url"]);
    let token = url.split("token=").nth(1).unwrap();
    world.http.post(None, "/v1/invitations/accept", &json!({ "token": token, "password": PASSWORD })).await
}

/// A focal point at a liaison office, its token, its donor, and a representative who has accepted.
async fn represented(world: &World) -> (String, String, Value) {
    let geneva = world.office(&world.founded.office_id.to_string(), "liaison").await;
    let (claire, token) = officer(world, &geneva, "liaison_officer").await;
    let norway = donor_of(world, "Norway", &claire).await;
    let body = invitation(&norway, "Ingrid@example.org");
    let invited = world.http.post(Some(&token), "/v1/representatives", &body).await;
    assert_eq!(invited.status, 201, "{}", invited.text);
    let invited = invited.json();
    assert_eq!(accepted(world, &invited).await.json()["email"], "ingrid@example.org");
    (token, norway, invited)
}

async fn names(world: &World, token: &str, query: &str) -> Vec<String> {
    let list = world.http.get(Some(token), &format!("/v1/representatives{query}")).await;
    assert_eq!(list.status, 200, "{query}: {}", list.text);
    list.json()["items"].as_array().unwrap().iter().map(|row| text(&row["name"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_focal_point_invites_representatives_who_read_their_donor_and_change_nothing() {
    let world = World::new().await;
    let (token, norway, invited) = represented(&world).await;
    assert_eq!((&invited["state"], &invited["donor_name"]), (&json!("invited"), &json!("Norway")));
    assert!(invited["invitation_expires_at"].is_string());
    let path = format!("/v1/representatives/{}", text(&invited["id"]));
    let shown = world.http.get(Some(&token), &path).await.json();
    assert_eq!((&shown["state"], &shown["invitation_expires_at"]), (&json!("active"), &Value::Null));
    assert_eq!(shown["access_until"], invited["access_until"]);

    let ingrid = world.sign_in("ingrid@example.org").await;
    assert_eq!(world.http.get(Some(&ingrid), &format!("/v1/donors/{norway}")).await.status, 200);
    let me = world.http.get(Some(&ingrid), "/v1/me").await.json();
    let permissions = me["permissions"].as_array().unwrap();
    assert!(permissions.iter().all(|name| text(name).ends_with(":read")), "{permissions:?}");
    assert_eq!(world.http.get(Some(&ingrid), "/v1/representatives").await.status, 403);
    assert_eq!(changed(&world, &ingrid, &format!("{path}/suspend"), "\"2\"", None).await.status, 403);

    let ahead = day_ahead(365);
    let before = day_ahead(30);
    for (query, found) in [
        (String::new(), 1),
        (format!("?donor_id={norway}&state=active&q=solberg%20ing"), 1),
        (format!("?expiring_before={ahead}"), 1),
        (format!("?expiring_before={before}"), 0),
        ("?state=invited".to_owned(), 0),
        ("?q=%25".to_owned(), 0),
        (format!("?donor_id={}", world.founded.office_id), 0),
    ] {
        assert_eq!(names(&world, &token, &query).await.len(), found, "{query}");
    }
    let answer = world.http.get(Some(&token), "/v1/representatives?expiring_before=2026").await;
    assert_eq!((answer.status, answer.pointers()), (400, vec!["expiring_before".to_owned()]));
    let request = world.http.request(Method::GET, "/v1/representatives").bearer_auth(&token);
    let csv = world.http.send(request.header("accept", "text/csv")).await.text;
    assert!(csv.starts_with("id,donor_id,donor_name,name,email,") && csv.contains("Ingrid Solberg"), "{csv}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_focal_point_and_headquarters_changes_the_access_of_representatives() {
    let world = World::new().await;
    let (token, norway, invited) = represented(&world).await;
    let headquarters = world.founded.office_id.to_string();
    let country = world.office(&headquarters, "country").await;
    let (_, colleague) = officer(&world, &headquarters, "donor_relations_officer").await;
    let (_, local) = officer(&world, &country, "administrator").await;
    let (_, auditor) = officer(&world, &country, "auditor").await;
    let path = format!("/v1/representatives/{}", text(&invited["id"]));
    for other in [&colleague, &local] {
        let body = invitation(&norway, "other@example.org");
        let refused = world.http.post(Some(other), "/v1/representatives", &body).await;
        assert_eq!((refused.status, &refused.json()["reason"]), (403, &json!("focal_point_only")));
        for step in ["suspend", "restore", "invite"] {
            let refused = changed(&world, other, &format!("{path}/{step}"), "\"2\"", None).await;
            assert_eq!(
                (refused.status, &refused.json()["reason"]),
                (403, &json!("focal_point_only")),
                "{step}"
            );
        }
        assert_eq!(names(&world, other, "").await.len(), 1, "they see them");
    }
    assert_eq!(names(&world, &auditor, "").await.len(), 1);
    let refused =
        world.http.post(Some(&auditor), "/v1/representatives", &invitation(&norway, "a@b.org")).await;
    assert_eq!((refused.status, refused.pointers()), (403, vec!["authorization".to_owned()]));
    // The focal point of one donor is none of another; headquarters is above them all.
    let sweden = world.donor("Sweden").await;
    world.settled().await;
    let body = invitation(&sweden, "astrid@example.org");
    assert_eq!(world.http.post(Some(&token), "/v1/representatives", &body).await.status, 403);
    world.create("/v1/representatives", body).await;
    let fields = json!({ "name": "Ingrid S.", "language": "fr", "access_until": day_ahead(20) });
    let saved = changed(&world, &world.token, &path, "*", Some(&fields)).await;
    assert_eq!(
        (saved.status, &saved.json()["access_until"]),
        (200, &fields["access_until"]),
        "{}",
        saved.text
    );
    // Members of staff are none.
    let (person, _) = officer(&world, &headquarters, "auditor").await;
    assert_eq!(world.http.get(Some(&token), &format!("/v1/representatives/{person}")).await.status, 404);
    let (_, foreign) = world.other_organisation("FOREIGN").await;
    assert_eq!(world.http.get(Some(&foreign), &path).await.status, 404);
    assert!(names(&world, &foreign, "").await.is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_given_the_link_of_a_representative_who_sees_more() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let donor = world.donor("Norway").await;
    world.settled().await;
    let invited = world.create("/v1/representatives", invitation(&donor, "ingrid@example.org")).await;
    let keeper = world.client(&headquarters, &["people:write", "representatives:write"]).await;
    for list in ["people", "representatives"] {
        let path = format!("/v1/{list}/{}/invite", text(&invited["id"]));
        let refused = world.http.post(Some(&keeper), &path, &json!({})).await;
        assert_eq!(refused.status, 403, "{path}: {}", refused.text);
        assert_eq!(refused.json()["errors"][0]["code"], "beyond_your_rights", "{path}");
    }
    assert_eq!(accepted(&world, &invited).await.status, 200, "the link that was given still holds");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_names_a_donor_an_address_and_a_day_that_is_not_too_far() {
    let world = World::new().await;
    let (token, norway, invited) = represented(&world).await;
    let sent = async |body: Value| world.http.post(Some(&token), "/v1/representatives", &body).await;
    let with = |name: &str, value: Value| {
        let mut body = invitation(&norway, "new@example.org");
        body[name] = value;
        body
    };
    let today = day_ahead(0);
    for (name, value, code) in [
        ("access_until", json!(today), "not_after"),
        ("access_until", json!(day_ahead(740)), "period_too_long"),
        ("access_until", json!("soon"), "not_a_date"),
        ("name", json!(" "), "required"),
        ("email", json!("nobody"), "not_an_email"),
        ("language", json!("de"), "not_one_of"),
        ("roles", json!([]), "unknown_field"),
        ("donor_id", json!(world.founded.office_id), "unknown_reference"),
    ] {
        let refused = sent(with(name, value)).await;
        let error = refused.json()["errors"][0].clone();
        assert_eq!(refused.status, 422, "{name} {code}: {}", refused.text);
        assert_eq!((&error["pointer"], &error["code"]), (&json!(format!("/{name}")), &json!(code)));
    }
    let taken = sent(invitation(&norway, "INGRID@example.org")).await;
    assert_eq!((taken.status, taken.pointers()), (409, vec!["/email".to_owned()]));

    // A link is shown once, and the next one takes its place.
    let request = world.http.request(Method::POST, "/v1/representatives").bearer_auth(&token);
    let request = request.header("idempotency-key", "nora").json(&invitation(&norway, "nora@example.org"));
    let nora = world.http.send(request.try_clone().unwrap()).await.json();
    let again = world.http.send(request).await.json();
    assert_eq!((&again["id"], again.get("invitation_url")), (&nora["id"], None));
    let path = format!("/v1/representatives/{}", text(&nora["id"]));
    let anew = world.http.post(Some(&token), &format!("{path}/invite"), &json!({})).await;
    assert_eq!(anew.status, 201, "{}", anew.text);
    eventually("the invitation is mailed", || async {
        world.mails().iter().any(|mail| mail.contains("nora@example.org")).then_some(())
    })
    .await;
    assert_eq!(accepted(&world, &nora).await.pointers(), ["/token"]);
    assert_eq!(accepted(&world, &anew.json()).await.status, 200);
    for id in [&nora["id"], &invited["id"]] {
        let path = format!("/v1/representatives/{}/invite", text(id));
        let refused = world.http.post(Some(&token), &path, &json!({})).await;
        assert_eq!((refused.status, refused.pointers()), (409, vec!["/state".to_owned()]), "it is active");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_ends_sessions_within_seconds_until_the_account_is_restored() {
    let world = World::new().await;
    let (token, _, invited) = represented(&world).await;
    let path = format!("/v1/representatives/{}", text(&invited["id"]));
    let tokens = sign_in(&world.http, "ingrid@example.org", PASSWORD).await;
    let (access, refresh) = (text(&tokens["access_token"]), text(&tokens["refresh_token"]));
    let etag = world.http.get(Some(&token), &path).await.header("etag").to_owned();
    assert_eq!(changed(&world, &token, &format!("{path}/suspend"), "\"77\"", None).await.status, 412);
    let request = world.http.request(Method::POST, &format!("{path}/suspend")).bearer_auth(&token);
    assert_eq!(world.http.send(request).await.status, 428);
    let started = Instant::now();
    let suspended = changed(&world, &token, &format!("{path}/suspend"), &etag, None).await;
    assert_eq!(
        (suspended.status, &suspended.json()["state"]),
        (200, &json!("suspended")),
        "{}",
        suspended.text
    );
    eventually("the session ends", || async {
        (world.http.get(Some(&access), "/v1/me").await.status == 401).then_some(())
    })
    .await;
    assert!(started.elapsed() < MAX_DELAY, "{:?}", started.elapsed());
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let refused = world.http.send(world.http.request(Method::POST, "/oauth/token").form(&form)).await;
    assert_eq!(refused.status, 400);
    let asked = json!({ "email": "ingrid@example.org", "password": PASSWORD, "client_id": "portal",
        "redirect_uri": format!("{}/sign-in", world.http.url), "code_challenge": "x".repeat(43),
        "code_challenge_method": "S256" });
    assert_eq!(world.http.post(None, "/oauth/authorize", &asked).await.status, 401);
    let etag = suspended.header("etag").to_owned();
    let twice = changed(&world, &token, &format!("{path}/suspend"), &etag, None).await;
    assert_eq!((twice.status, twice.pointers()), (409, vec!["/state".to_owned()]));
    assert_eq!(names(&world, &token, "?state=suspended").await.len(), 1);
    let restored = changed(&world, &token, &format!("{path}/restore"), &etag, None).await;
    assert_eq!((restored.status, &restored.json()["state"]), (200, &json!("active")), "{}", restored.text);
    world.sign_in("ingrid@example.org").await;
    let etag = restored.header("etag").to_owned();
    assert_eq!(changed(&world, &token, &format!("{path}/restore"), &etag, None).await.status, 409);

    let db = &world.identity.system_read().await.unwrap();
    let query = "SELECT action, after FROM audit WHERE action LIKE 'representative.%' ORDER BY sequence";
    let rows = store::sql::rows(db, query, vec![]).await.unwrap();
    let trail: Vec<(String, String)> =
        rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect();
    let actions: Vec<&str> = trail.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["representative.create", "representative.suspend", "representative.restore"]);
    assert!(trail.iter().all(|(_, after)| !after.contains("Ingrid") && !after.contains("example.org")));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn access_ends_with_its_last_day_and_can_be_given_again() {
    let world = World::new().await;
    let (token, _, invited) = represented(&world).await;
    let path = format!("/v1/representatives/{}", text(&invited["id"]));
    let tokens = sign_in(&world.http, "ingrid@example.org", PASSWORD).await;
    let tx = world.identity.system(store::Actor::system()).await.unwrap();
    let over = "UPDATE person SET access_until = '2020-01-01' WHERE address = 'ingrid@example.org'";
    store::sql::execute(tx.db(), over, vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let refresh = text(&tokens["refresh_token"]);
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let refused = world.http.send(world.http.request(Method::POST, "/oauth/token").form(&form)).await;
    assert_eq!(refused.status, 400, "no session goes on: {}", refused.text);
    let expired = world.http.get(Some(&token), &path).await;
    assert_eq!(expired.json()["state"], "expired");
    assert_eq!(names(&world, &token, "?state=expired").await.len(), 1);
    let refused = world.http.post(Some(&token), &format!("{path}/invite"), &json!({})).await;
    assert_eq!(refused.status, 409);
    let fields = json!({ "name": "Ingrid Solberg", "language": "en", "access_until": day_ahead(0) });
    let refused = changed(&world, &token, &path, expired.header("etag"), Some(&fields)).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/access_until".to_owned()]));
    let fields = json!({ "name": "Ingrid Solberg", "language": "en", "access_until": day_ahead(30) });
    let saved = changed(&world, &token, &path, expired.header("etag"), Some(&fields)).await;
    assert_eq!((saved.status, &saved.json()["state"]), (200, &json!("active")), "{}", saved.text);
    world.sign_in("ingrid@example.org").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_of_a_representative_ends_with_its_access_and_comes_back_with_it() {
    let world = World::new().await;
    let (token, _, invited) = represented(&world).await;
    let id = text(&invited["id"]);
    let (path, person) = (format!("/v1/representatives/{id}"), format!("/v1/people/{id}"));
    let ingrid = world.sign_in("ingrid@example.org").await;
    let made = world.http.call(Method::PUT, Some(&ingrid), "/v1/calendar", Some(&json!({}))).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let calendar = text(&made.json()["path"]);
    // The answer follows a change in time.
    let follows = async |change: Response, status: u16, what: &str| {
        assert_eq!(change.status, 200, "{what}: {}", change.text);
        let started = Instant::now();
        while world.http.get(None, &calendar).await.status != status {
            assert!(started.elapsed() < MAX_DELAY, "{what}: it does not answer {status}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert_eq!(world.http.get(None, &calendar).await.status, 200);
    let suspended = changed(&world, &token, &format!("{path}/suspend"), "*", None).await;
    follows(suspended, 404, "suspended").await;
    let restored = changed(&world, &token, &format!("{path}/restore"), "*", None).await;
    follows(restored, 200, "restored").await;

    // Nobody can set a day that has passed: it was set, and then it passed.
    let tx = world.identity.system(store::Actor::system()).await.unwrap();
    let over = "UPDATE person SET access_until = '2020-01-01' WHERE address = 'ingrid@example.org'";
    store::sql::execute(tx.db(), over, vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let fields = json!({ "name": "Ingrid S.", "language": "fr" });
    let renamed = changed(&world, &world.token, &person, "*", Some(&fields)).await;
    follows(renamed, 404, "after the last day").await;
    let fields = json!({ "name": "Ingrid S.", "language": "fr", "access_until": day_ahead(30) });
    let extended = changed(&world, &token, &path, "*", Some(&fields)).await;
    follows(extended, 200, "more time").await;
    let suspended = changed(&world, &world.token, &format!("{person}/suspend"), "*", None).await;
    follows(suspended, 404, "suspended by an administrator").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_invites_and_one_suspends() {
    let world = World::new().await;
    let (token, norway, invited) = represented(&world).await;
    let body = invitation(&norway, "nora@example.org");
    let invite = || world.http.post(Some(&token), "/v1/representatives", &body);
    let (one, other) = join(invite(), invite()).await;
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let path = format!("/v1/representatives/{}", text(&invited["id"]));
    let etag = world.http.get(Some(&token), &path).await.header("etag").to_owned();
    let suspend = format!("{path}/suspend");
    let (one, other) = join(
        changed(&world, &token, &suspend, &etag, None),
        changed(&world, &world.token, &suspend, &etag, None),
    )
    .await;
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_represents_a_duplicate_represents_the_donor_it_was_merged_into() {
    let world = World::new().await;
    let (token, norway, _) = represented(&world).await;
    let twin = world.donor("Norwegen").await;
    world.settled().await;
    world.create("/v1/representatives", invitation(&twin, "kari@example.org")).await;
    let etag =
        world.http.get(Some(&world.token), &format!("/v1/donors/{norway}")).await.header("etag").to_owned();
    let merge = world.http.request(Method::POST, &format!("/v1/donors/{norway}/merges"));
    let merge = merge.bearer_auth(&world.token).header("if-match", etag);
    let merge = world.http.send(merge.json(&json!({ "duplicate_id": twin, "reason": "Twice" }))).await;
    assert_eq!(merge.status, 201, "{}", merge.text);
    world.settled().await;
    let list = world.http.get(Some(&token), &format!("/v1/representatives?donor_id={norway}")).await.json();
    let rows = list["items"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row["donor_id"] == norway.as_str() && row["donor_name"] == "Norway"));
    let refused = world
        .http
        .post(Some(&world.token), "/v1/representatives", &invitation(&twin, "new@example.org"))
        .await;
    assert_eq!((refused.status, &refused.json()["errors"][0]["code"]), (422, &json!("merged")));
    // The focal point of the donor that stays keeps both.
    let kari = rows.iter().find(|row| row["email"] == "kari@example.org").unwrap();
    let path = format!("/v1/representatives/{}/suspend", text(&kari["id"]));
    let version = format!("\"{}\"", kari["version"]);
    assert_eq!(changed(&world, &token, &path, &version, None).await.status, 200);
    world.stop().await;
}
