//! One's own account: passwords that are changed or forgotten, links to new ones, sessions.

use crate::{
    pages::page_of,
    sign_in::{form, officer},
};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use store::{params, sql};
use testkit::{Response, eventually};
use tests::{PASSWORD, World, sign_in, text};

const NEW_PASSWORD: &str = "four quite different words";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A mail as its reader sees it: long lines in one piece.
fn read(mail: &str) -> String {
    if !mail.contains("quoted-printable") {
        return mail.to_owned();
    }
    mail.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=")
}

/// The mails to an address that lead to a page, and the tokens of their links.
fn links(world: &World, email: &str, page: &str) -> BTreeSet<String> {
    let mails = world.mails();
    let to = mails.iter().map(|mail| read(mail)).filter(|mail| mail.contains(&format!("<{email}>")));
    let place = format!("/{page}?token=");
    to.filter_map(|mail| Some(mail.split(&place).nth(1)?.chars().take(64).collect())).collect()
}

/// The token of a link that is mailed beside those that are known.
async fn mailed(world: &World, email: &str, known: &BTreeSet<String>) -> String {
    eventually("the link is mailed", || async {
        links(world, email, "password-reset").difference(known).next().cloned()
    })
    .await
}

async fn ask(world: &World, email: &str, from: &str) -> Response {
    let request = world.http.request(Method::POST, "/v1/password-resets").header("x-forwarded-for", from);
    world.http.send(request.json(&json!({ "email": email }))).await
}

async fn accept(world: &World, token: &str, password: &str) -> Response {
    let body = json!({ "token": token, "password": password });
    world.http.post(None, "/v1/password-resets/accept", &body).await
}

async fn lookup(world: &World, kind: &str, token: &str) -> Response {
    world.http.post(None, &format!("/v1/{kind}/lookup"), &json!({ "token": token })).await
}

async fn change(world: &World, token: &str, current: &str, new: &str) -> Response {
    let body = json!({ "current_password": current, "new_password": new });
    world.http.call(Method::PUT, Some(token), "/v1/me/password", Some(&body)).await
}

async fn refreshed(world: &World, tokens: &Value) -> u16 {
    let refresh = text(&tokens["refresh_token"]);
    form(world, "/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await.status
}

async fn me(world: &World, tokens: &Value) -> u16 {
    world.http.get(Some(&text(&tokens["access_token"])), "/v1/me").await.status
}

async fn execute(world: &World, statement: &str) {
    let tx = world.identity.system(store::Actor::system()).await.unwrap();
    sql::execute(tx.db(), statement, vec![]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn count(world: &World, rows: &str) -> i64 {
    let db = world.identity.system_read().await.unwrap();
    let row = sql::row(&db, &format!("SELECT count(*) FROM {rows}"), params![]).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

async fn person_of(world: &World, email: &str) -> String {
    let found = world.http.get(Some(&world.token), &format!("/v1/people?q={email}")).await.json();
    text(&found["items"][0]["id"])
}

/// The answer to an administrator who asks for a link.
async fn link_for(world: &World, token: &str, person: &str) -> Response {
    world.http.call(Method::POST, Some(token), &format!("/v1/people/{person}/password-reset"), None).await
}

fn token_of(link: &Response) -> String {
    assert_eq!(link.status, 201, "{}", link.text);
    text(&link.json()["reset_url"]).split("token=").nth(1).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced_once_by_a_mailed_link_and_every_session_ends() {
    let world = World::new().await;
    let email = officer(&world).await;
    let sessions =
        [sign_in(&world.http, &email, PASSWORD).await, sign_in(&world.http, &email, PASSWORD).await];
    assert_eq!(ask(&world, &email.to_uppercase(), "192.0.2.1").await.status, 202);
    let token = mailed(&world, &email, &BTreeSet::new()).await;
    let purpose = lookup(&world, "password-resets", &token).await;
    assert_eq!((purpose.status, purpose.json()["email"].as_str()), (200, Some(email.as_str())));
    assert_eq!(accept(&world, &token, "short").await.pointers(), ["/password"]);
    let accepted = accept(&world, &token, NEW_PASSWORD).await;
    assert_eq!((accepted.status, accepted.json()["email"].as_str()), (200, Some(email.as_str())));
    for session in &sessions {
        assert_eq!((me(&world, session).await, refreshed(&world, session).await), (401, 400));
    }
    for used in [
        accept(&world, &token, "yet another password").await,
        lookup(&world, "password-resets", &token).await,
    ] {
        assert_eq!((used.status, used.pointers()), (422, vec!["/token".to_owned()]));
    }
    sign_in(&world.http, &email, NEW_PASSWORD).await;
    eventually("its owner is told", || async {
        let mut mails = world.mails().into_iter().map(|mail| read(&mail));
        let told = |mail: &String| mail.contains(&email) && mail.contains("/en/forgot-password");
        mails.any(|mail| told(&mail)).then_some(())
    })
    .await;
    let db = world.identity.system_read().await.unwrap();
    let trail = "SELECT after FROM audit WHERE action = 'person.reset_password'";
    let trail = sql::rows(&db, trail, params![]).await.unwrap();
    let after: String = trail[0].try_get_by_index(0).unwrap();
    assert_eq!((trail.len(), after.contains("example.org")), (1, false), "{after}");
    drop(db);
    // Of eight who use one link at once, one sets the password.
    let token = token_of(&link_for(&world, &world.token, &person_of(&world, &email).await).await);
    let passwords: Vec<String> = (0..8).map(|number| format!("a new password {number}")).collect();
    let answers = join_all(passwords.iter().map(|password| accept(&world, &token, password))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 422].contains(status)), "{statuses:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_which_addresses_have_accounts_and_no_mailbox_is_flooded() {
    let world = World::new().await;
    let (email, other) = (officer(&world).await, officer(&world).await);
    let office = world.founded.office_id.to_string();
    let role = json!([{ "office_id": office, "role": "auditor" }]);
    let invited = json!({ "name": "Invited", "email": "invited@example.org", "roles": role });
    world.create("/v1/people", invited).await;
    let gone = officer(&world).await;
    execute(&world, &format!("UPDATE person SET suspended_at = created_at WHERE address = '{gone}'")).await;
    let mut answers = Vec::new();
    for (number, email) in [&email, &gone, "invited@example.org", "nobody@example.org"].iter().enumerate() {
        answers.push(ask(&world, email, &format!("192.0.2.{number}")).await);
    }
    let shape = |answer: &Response| {
        let names: BTreeSet<String> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
        (answer.status, answer.text.clone(), names)
    };
    assert_eq!(shape(&answers[0]).0, 202);
    assert!(answers.iter().all(|answer| shape(answer) == shape(&answers[0])), "{answers:?}");
    for wrong in ["nobody", "a b@example.org", "a\u{0}@example.org", ""] {
        assert_eq!(ask(&world, wrong, "192.0.2.9").await.pointers()[0], "/email", "{wrong}");
    }
    // Eight at once for one address: three links in all, and nobody is told.
    let many = join_all((0..8).map(|number| {
        let from = format!("198.51.100.{number}");
        let (world, email) = (&world, &email);
        async move { ask(world, email, &from).await }
    }));
    assert!(many.await.iter().all(|answer| answer.status == 202));
    assert_eq!(ask(&world, &other, "192.0.2.9").await.status, 202);
    mailed(&world, &other, &BTreeSet::new()).await;
    eventually("every request was looked at", || async {
        (count(&world, "password_reset_request").await == 0).then_some(())
    })
    .await;
    let of = |email: &str| {
        format!("password_reset r JOIN person p ON p.id = r.person_id WHERE p.address = '{email}'")
    };
    assert_eq!((count(&world, &of(&email)).await, count(&world, &of(&other)).await), (3, 1));
    assert_eq!(count(&world, "password_reset").await, 4, "the others have no link");
    // The last of the three holds: whoever asks for somebody else keeps nobody out.
    let db = world.identity.system_read().await.unwrap();
    let in_half_an_hour = world.identity.clock().now() + Duration::from_secs(1800);
    let open = "SELECT DISTINCT person_id FROM password_reset WHERE expires_at > $1";
    assert_eq!(sql::rows(&db, open, params![in_half_an_hour]).await.unwrap().len(), 2);
    drop(db);
    let mut statuses = Vec::new();
    for number in 0..70 {
        statuses.push(ask(&world, &format!("nobody-{number}@example.org"), "203.0.113.1").await.status);
    }
    let taken = statuses.iter().filter(|status| **status == 202).count();
    assert!((60..=66).contains(&taken) && statuses.last() == Some(&429), "{taken} of 70");
    assert_eq!(ask(&world, "nobody@example.org", "203.0.113.2").await.status, 202);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_makes_links_to_accounts_that_may_do_no_more() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (one, other) =
        (world.office(&headquarters, "country").await, world.office(&headquarters, "country").await);
    let person = async |email: &str, roles: Value, password: Option<&str>| {
        let body = json!({ "name": "Somebody", "email": email, "roles": roles, "password": password });
        text(&world.create("/v1/people", body).await["id"])
    };
    let role = |office: &str, role: &str| json!({ "office_id": office, "role": role });
    let country = person("country@example.org", json!([role(&one, "country_officer")]), Some(PASSWORD)).await;
    let several = json!([role(&one, "auditor"), role(&other, "auditor")]);
    let several = person("several@example.org", several, Some(PASSWORD)).await;
    let invited = person("invited@example.org", json!([role(&one, "auditor")]), None).await;
    let administrator = json!([role(&headquarters, "administrator")]);
    let administrator = person("admin@example.org", administrator, Some(PASSWORD)).await;

    let small = world.client(&one, &["people:write", "offices:read"]).await;
    let reader = world.client(&one, &["people:read"]).await;
    let (_, foreign) = world.other_organisation("OTHER").await;
    let own = world.sign_in("admin@example.org").await;
    for (token, person, status) in [
        (&small, &country, 403),
        (&reader, &country, 403),
        (&foreign, &country, 404),
        (&small, &administrator, 404),
        (&own, &administrator, 403),
        (&own, &several, 201),
        (&own, &invited, 409),
    ] {
        let answer = link_for(&world, token, person).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    // All that the other person may do, but not where.
    let auditing = world.http.get(Some(&world.sign_in("several@example.org").await), "/v1/me").await.json();
    let mut scopes: Vec<String> = auditing["permissions"].as_array().unwrap().iter().map(text).collect();
    scopes.push("people:write".to_owned());
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let peer = world.client(&one, &scopes).await;
    assert_eq!(link_for(&world, &peer, &several).await.status, 403);

    let path = format!("/v1/people/{country}/password-reset");
    let request = world.http.request(Method::POST, &path).bearer_auth(&own).header("idempotency-key", "a");
    let first = world.http.send(request.try_clone().unwrap()).await;
    let replayed = world.http.send(request).await;
    assert_eq!((replayed.status, replayed.json().get("reset_url")), (201, None), "it is shown once");
    let (first, second) = (token_of(&first), token_of(&link_for(&world, &own, &country).await));
    assert_eq!(lookup(&world, "password-resets", &first).await.status, 422, "a newer one took its place");
    assert_eq!(lookup(&world, "password-resets", &second).await.status, 200);
    // Suspended meanwhile, and too late.
    execute(&world, "UPDATE person SET suspended_at = created_at WHERE address = 'country@example.org'")
        .await;
    assert_eq!(accept(&world, &second, NEW_PASSWORD).await.pointers(), ["/token"]);
    execute(&world, "UPDATE person SET suspended_at = NULL").await;
    execute(&world, "UPDATE password_reset SET expires_at = '2020-01-01T00:00:00+00:00'").await;
    assert_eq!(accept(&world, &second, NEW_PASSWORD).await.pointers(), ["/token"]);
    sign_in(&world.http, "country@example.org", PASSWORD).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_other_sessions_and_of_two_changes_at_once_one_counts() {
    let world = World::new().await;
    let email = officer(&world).await;
    let own = sign_in(&world.http, &email, PASSWORD).await;
    let other = sign_in(&world.http, &email, PASSWORD).await;
    let token = text(&own["access_token"]);
    assert_eq!(change(&world, &token, "wrong words", NEW_PASSWORD).await.pointers(), ["/current_password"]);
    assert_eq!(change(&world, &token, PASSWORD, "short").await.pointers(), ["/new_password"]);
    assert_eq!(change(&world, &token, PASSWORD, PASSWORD).await.pointers(), ["/new_password"]);
    assert_eq!(change(&world, &world.token, PASSWORD, NEW_PASSWORD).await.status, 403, "a client has none");
    assert_eq!(change(&world, &token, PASSWORD, NEW_PASSWORD).await.status, 204);
    assert_eq!((me(&world, &own).await, refreshed(&world, &own).await), (200, 200));
    assert_eq!((me(&world, &other).await, refreshed(&world, &other).await), (401, 400));
    let passwords = ["one of the two changes", "the other one of them"];
    let answers =
        join_all(passwords.iter().map(|password| change(&world, &token, NEW_PASSWORD, password))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    let winner = passwords[statuses.iter().position(|status| *status == 204).unwrap()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 422]);
    sign_in(&world.http, &email, winner).await;
    // Guessing at the password of a session that somebody found open is guessing.
    let guesses = join_all((0..20).map(|_| change(&world, &token, "wrong words", NEW_PASSWORD))).await;
    assert!(guesses.iter().all(|answer| [422, 429].contains(&answer.status)));
    assert!(guesses.iter().filter(|answer| answer.status == 422).count() <= 5);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_with_their_browsers_and_ended_one_by_one_and_all_together() {
    let world = World::new().await;
    let (email, stranger) = (officer(&world).await, officer(&world).await);
    let first = sign_in(&world.http, &email, PASSWORD).await;
    let page = world.http.request(Method::POST, "/en/sign-in").header("user-agent", FIREFOX);
    let page = world.http.send(page.form(&[("email", email.as_str()), ("password", PASSWORD)])).await;
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let own = sign_in(&world.http, &email, PASSWORD).await;
    let token = text(&own["access_token"]);
    let sessions = async || {
        let list = world.http.get(Some(&token), "/v1/me/sessions").await;
        list.json()["items"].as_array().unwrap().clone()
    };
    let listed = sessions().await;
    assert_eq!(listed.len(), 3);
    let current: Vec<bool> = listed.iter().map(|session| session["current"] == true).collect();
    assert_eq!(current, [true, false, false], "the one that was used last comes first");
    assert_eq!(listed[1]["browser"], "Firefox on Linux");
    assert_eq!((&listed[0]["browser"], &listed[2]["browser"]), (&Value::Null, &Value::Null));
    let csv =
        world.http.request(Method::GET, "/v1/me/sessions").bearer_auth(&token).header("accept", "text/csv");
    assert_eq!(world.http.send(csv).await.text.lines().count(), 4);
    let end = async |token: &str, id: &Value| {
        let path = format!("/v1/me/sessions/{}", text(id));
        world.http.call(Method::DELETE, Some(token), &path, None).await.status
    };
    let other = text(&sign_in(&world.http, &stranger, PASSWORD).await["access_token"]);
    assert_eq!(end(&other, &listed[1]["id"]).await, 404, "it is somebody else's");
    assert_eq!(page_of(&world, Some(&cookie), "/en/profile").await.status, 200);
    assert_eq!((end(&token, &listed[1]["id"]).await, end(&token, &listed[1]["id"]).await), (204, 404));
    let ended = page_of(&world, Some(&cookie), "/en/profile").await;
    assert_eq!((ended.status, ended.header("location")), (303, "/en/sign-in?next=%2Fen%2Fprofile"));
    assert_eq!(sessions().await.len(), 2);
    let all = world.http.call(Method::DELETE, Some(&token), "/v1/me/sessions", None).await;
    assert_eq!(all.status, 204);
    for session in [&first, &own] {
        assert_eq!((me(&world, session).await, refreshed(&world, session).await), (401, 400));
    }
    assert_eq!(world.http.get(Some(&other), "/v1/me").await.status, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_two_organisations_gets_a_link_for_each_account() {
    let world = World::new().await;
    let email = officer(&world).await;
    let (founded, token) = world.other_organisation("OTHER").await;
    let role = json!([{ "office_id": founded.office_id, "role": "auditor" }]);
    let body = json!({ "name": "Somebody", "email": email, "roles": role, "password": PASSWORD });
    assert_eq!(world.http.post(Some(&token), "/v1/people", &body).await.status, 201);
    assert_eq!(ask(&world, &email, "192.0.2.1").await.status, 202);
    let tokens = eventually("both links are mailed", || async {
        Some(links(&world, &email, "password-reset")).filter(|tokens| tokens.len() == 2)
    })
    .await;
    let one = tokens.first().unwrap();
    assert_eq!(accept(&world, one, NEW_PASSWORD).await.status, 200);
    let organisation = async |password: &str| {
        let token = text(&sign_in(&world.http, &email, password).await["access_token"]);
        text(&world.http.get(Some(&token), "/v1/me").await.json()["organisation"]["id"])
    };
    assert_ne!(
        organisation(NEW_PASSWORD).await,
        organisation(PASSWORD).await,
        "the other account is as it was"
    );
    assert_eq!(lookup(&world, "password-resets", tokens.last().unwrap()).await.status, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_links_tell_nobody_their_token_and_say_when_one_leads_nowhere() {
    let world = World::new().await;
    let email = officer(&world).await;
    let token = token_of(&link_for(&world, &world.token, &person_of(&world, &email).await).await);
    let role = json!([{ "office_id": world.founded.office_id, "role": "auditor" }]);
    let invited = json!({ "name": "Amina", "email": "amina@example.org", "roles": role });
    let invited = world.create("/v1/people", invited).await;
    let invitation = text(&invited["invitation_url"]).split("token=").nth(1).unwrap().to_owned();
    for (page, token, account) in
        [("password-reset", &token, email.as_str()), ("invitation", &invitation, "amina@example.org")]
    {
        let shown = page_of(&world, None, &format!("/fr/{page}?token={token}")).await;
        assert!(shown.status == 200 && shown.text.contains(account), "{}", shown.text);
        assert_eq!(shown.header("referrer-policy"), "strict-origin");
        assert_eq!(shown.header("cache-control"), "no-store");
        let head = shown.text.split("<body").next().unwrap();
        assert!(!head.contains(token.as_str()), "{head}");
        let send = async |password: &str, again: &str| {
            let fields = [("token", token.as_str()), ("password", password), ("again", again)];
            form(&world, &format!("/fr/{page}"), &fields).await
        };
        let differ = send(NEW_PASSWORD, PASSWORD).await;
        assert!(differ.status == 422 && differ.text.contains("id=\"password-error\""), "{}", differ.text);
        assert!(differ.text.contains(token.as_str()), "it can be sent again");
        assert_eq!(send(NEW_PASSWORD, NEW_PASSWORD).await.status, 303);
        let gone = page_of(&world, None, &format!("/fr/{page}?token={token}")).await;
        let main = gone.text.split("<main").nth(1).unwrap();
        assert!(main.contains("Ce lien ne fonctionne plus") && !main.contains(token.as_str()), "{main}");
        assert_eq!(send(NEW_PASSWORD, NEW_PASSWORD).await.status, 422);
    }
    let asked = form(&world, "/es/forgot-password", &[("email", "nobody@example.org")]).await;
    assert_eq!((asked.status, asked.header("location")), (303, "/es/forgot-password?sent=1"));
    let wrong = form(&world, "/es/forgot-password", &[("email", "nobody")]).await;
    assert!(wrong.status == 422 && wrong.text.contains("error-summary"));
    world.stop().await;
}
