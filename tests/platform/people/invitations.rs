//! Invitations: which link holds, for whom, and what nobody is told.

use super::{change, execute, get, listed, staff, step};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Response, eventually};
use tests::{PASSWORD, World, sign_in, text};

async fn invited(world: &World, email: &str) -> Value {
    let headquarters = world.founded.office_id.to_string();
    let body =
        json!({ "name": "Amina Rahimi", "email": email, "roles": listed(&[(&headquarters, "auditor")]) });
    world.create("/v1/people", body).await
}

async fn invite(world: &World, id: &str) -> Response {
    world.http.post(Some(&world.token), &format!("/v1/people/{id}/invite"), &json!({})).await
}

async fn accept(world: &World, made: &Value) -> Response {
    let link = text(&made["invitation_url"]);
    let token = link.split("token=").nth(1).unwrap();
    world.http.post(None, "/v1/invitations/accept", &json!({ "token": token, "password": PASSWORD })).await
}

/// What a link that leads nowhere is answered with, whatever the cause.
async fn is_refused(world: &World, made: &Value, why: &str) {
    let answer = accept(world, made).await;
    assert_eq!(
        (answer.status, answer.pointers()),
        (422, vec!["/token".to_owned()]),
        "{why}: {}",
        answer.text
    );
    assert_eq!(answer.json()["errors"][0]["code"], "token_not_valid", "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_links_the_last_one_holds_once_and_for_a_week() {
    let world = World::new().await;
    let first = invited(&world, "amina@example.org").await;
    let id = text(&first["id"]);
    assert_eq!((&first["state"], &first["active"]), (&json!("invited"), &json!(false)));
    assert_eq!(get(&world, &id).await["invitation_expires_at"], first["invitation_expires_at"]);
    let second = invite(&world, &id).await;
    assert_eq!((second.status, second.header("location")), (201, format!("/v1/people/{id}").as_str()));
    let second = second.json();
    is_refused(&world, &first, "a newer one was made").await;
    execute(&world, "UPDATE invitation SET expires_at = '2020-01-31T00:00:00+00:00'").await;
    assert!(get(&world, &id).await["invitation_expires_at"].is_null());
    is_refused(&world, &second, "it has expired").await;
    // Asked for twice at once, there is one that holds.
    let (one, other) = tokio::join!(invite(&world, &id), invite(&world, &id));
    let (one, other) = (accept(&world, &one.json()).await, accept(&world, &other.json()).await);
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422], "{} {}", one.text, other.text);
    assert_eq!(get(&world, &id).await["state"], "active");
    let refused = invite(&world, &id).await;
    assert_eq!((refused.status, refused.pointers()), (409, vec!["/state".to_owned()]));
    sign_in(&world.http, "amina@example.org", PASSWORD).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_shown_once_and_mailed_each_time() {
    let world = World::new().await;
    let id = text(&invited(&world, "amina@example.org").await["id"]);
    let sent = async |count: usize| {
        eventually("the invitation is mailed", || async {
            let mails = world.mails();
            (mails.iter().filter(|mail| mail.contains("amina@example.org")).count() == count).then_some(())
        })
        .await;
    };
    sent(1).await;
    let request = world.http.request(Method::POST, &format!("/v1/people/{id}/invite"));
    let request = request.bearer_auth(&world.token).header("idempotency-key", "again");
    let first = world.http.send(request.try_clone().unwrap()).await;
    let again = world.http.send(request).await;
    assert_eq!((first.status, again.status), (201, 201), "{}", again.text);
    assert_eq!(first.json()["invitation_expires_at"], again.json()["invitation_expires_at"]);
    assert!(first.json()["invitation_url"].is_string() && again.json().get("invitation_url").is_none());
    sent(2).await;
    assert_eq!(accept(&world, &first.json()).await.status, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_s_mailbox_is_flooded_with_invitations() {
    let world = World::new().await;
    let donor = world.donor("Norway").await;
    world.settled().await;
    let body = json!({ "donor_id": donor, "name": "Ingrid Solberg", "email": "ingrid@example.org",
        "access_until": tests::day_ahead(30) });
    let representative = world.create("/v1/representatives", body).await;
    let invited = invited(&world, "amina@example.org").await;
    for (list, id) in [("people", &invited["id"]), ("representatives", &representative["id"])] {
        let path = format!("/v1/{list}/{}/invite", text(id));
        let mut statuses = Vec::new();
        for _ in 0..6 {
            let answer = world.http.post(Some(&world.token), &path, &json!({})).await;
            statuses.push(answer.status);
        }
        assert_eq!(statuses, [201, 201, 201, 201, 201, 429], "{list}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_wrong_is_corrected_and_its_link_leads_nowhere() {
    let world = World::new().await;
    let first = invited(&world, "anima@example.org").await;
    let id = text(&first["id"]);
    let (_, known) = staff(&world, &[(&world.founded.office_id.to_string(), "auditor")]).await;
    let taken = change(&world, &world.token, &id, json!({ "email": known })).await;
    assert_eq!((taken.status, taken.pointers()), (409, vec!["/email".to_owned()]), "{}", taken.text);
    let corrected = change(&world, &world.token, &id, json!({ "email": " Amina@Example.org " })).await;
    assert_eq!((corrected.status, &corrected.json()["email"]), (200, &json!("amina@example.org")));
    is_refused(&world, &first, "it was sent to another address").await;
    let second = invite(&world, &id).await.json();
    assert_eq!(accept(&world, &second).await.json()["email"], "amina@example.org");
    sign_in(&world.http, "amina@example.org", PASSWORD).await;
    let found = world.http.get(Some(&world.token), "/v1/people?q=amina@").await.json();
    assert_eq!(found["items"][0]["id"], json!(id));
    let again = change(&world, &world.token, &id, json!({ "email": "anima@example.org" })).await;
    assert_eq!((again.status, again.pointers()), (409, vec!["/email".to_owned()]), "it is in use now");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_invitation_is_accepted_after_it_was_restored() {
    let world = World::new().await;
    let made = invited(&world, "amina@example.org").await;
    let id = text(&made["id"]);
    assert_eq!(step(&world, &world.token, &id, "suspend").await.status, 200);
    is_refused(&world, &made, "suspended").await;
    assert_eq!(invite(&world, &id).await.status, 409);
    let restored = step(&world, &world.token, &id, "restore").await;
    assert_eq!(restored.json()["state"], "invited", "{}", restored.text);
    assert_eq!(accept(&world, &made).await.status, 200);
    is_refused(&world, &made, "it was used").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_accounts_in_another_organisation() {
    let world = World::new().await;
    let (founded, foreign) = world.other_organisation("OTHER").await;
    let known = text(&invited(&world, "known@example.org").await["email"]);
    let body = json!({ "name": "Somebody", "email": "somebody@example.org",
        "roles": listed(&[(&founded.office_id.to_string(), "auditor")]) });
    let made = eventually("the other organisation is known", || async {
        let answer = world.http.post(Some(&foreign), "/v1/people", &body).await;
        (answer.status == 201).then(|| answer.json())
    })
    .await;
    let id = text(&made["id"]);
    let put = async |version: &str, email: &str| {
        let request = world.http.request(Method::PUT, &format!("/v1/people/{id}")).bearer_auth(&foreign);
        let body = json!({ "name": "Somebody", "language": "en", "email": email });
        world.http.send(request.header("if-match", version).json(&body)).await
    };
    // An address that is taken elsewhere is as good as one that nobody has.
    let (taken, free) = (put("\"1\"", &known).await, put("\"2\"", "nobody-yet@example.org").await);
    assert_eq!((taken.status, free.status), (200, 200), "{} {}", taken.text, free.text);
    assert_eq!(put("\"3\"", &known).await.status, 200);
    let invite = format!("/v1/people/{id}/invite");
    let link = world.http.post(Some(&foreign), &invite, &json!({})).await.json();
    assert_eq!(accept(&world, &link).await.json()["email"], json!(known));
    let tokens = sign_in(&world.http, &known, PASSWORD).await;
    let me = world.http.get(Some(&text(&tokens["access_token"])), "/v1/me").await.json();
    assert_eq!(me["organisation"]["id"], json!(founded.organisation_id.to_string()));
    // Nor does one organisation reach the accounts of another.
    let own = text(&world.http.get(Some(&world.token), "/v1/people").await.json()["items"][0]["id"]);
    let invite = world.http.post(Some(&foreign), &format!("/v1/people/{own}/invite"), &json!({})).await;
    assert_eq!(invite.status, 404);
    let named = world.http.get(Some(&foreign), &format!("/v1/people?ids={own}")).await.json();
    assert_eq!(named["items"], json!([]));
    world.stop().await;
}

/// A link to a new password, made by headquarters.
async fn password_link(world: &World, id: &str) -> Value {
    let path = format!("/v1/people/{id}/password-reset");
    let made = world.http.call(Method::POST, Some(&world.token), &path, None).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()
}

/// Whether the link of an invitation, or one to a new password, can be used. Looking it up leaves it as it is.
async fn leads_somewhere(world: &World, made: &Value) -> bool {
    let (link, kind) = match made["invitation_url"].as_str() {
        Some(link) => (link, "invitations"),
        None => (made["reset_url"].as_str().unwrap(), "password-resets"),
    };
    let token = json!({ "token": link.split("token=").nth(1).unwrap() });
    let answer = world.http.post(None, &format!("/v1/{kind}/lookup"), &token).await;
    assert!([200, 422].contains(&answer.status), "{kind}: {}", answer.text);
    answer.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn links_made_before_an_account_may_do_more_lead_nowhere() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (auditor, administrator) =
        ((headquarters.as_str(), "auditor"), (headquarters.as_str(), "administrator"));
    // Whoever may give the first role alone has made both links.
    let invitation = invited(&world, "amina@example.org").await;
    let amina = text(&invitation["id"]);
    let (binta, email) = staff(&world, &[auditor]).await;
    let password = password_link(&world, &binta).await;
    let more = json!({ "roles": listed(&[auditor, administrator]) });
    for id in [&amina, &binta] {
        let named = change(&world, &world.token, id, json!({ "name": "Renamed", "language": "fr" })).await;
        assert_eq!(named.status, 200, "{}", named.text);
    }
    for link in [&invitation, &password] {
        assert!(leads_somewhere(&world, link).await, "nobody may do more yet: {link}");
    }
    for id in [&amina, &binta] {
        let given = change(&world, &world.token, id, more.clone()).await;
        assert_eq!((given.status, &given.json()["invitation_expires_at"]), (200, &Value::Null));
    }
    is_refused(&world, &invitation, "it was made for an auditor").await;
    assert!(!leads_somewhere(&world, &password).await, "it was made for an auditor");
    let token = password["reset_url"].as_str().unwrap().split("token=").nth(1).unwrap();
    let body = json!({ "token": token, "password": "somebody else's password" });
    let refused = world.http.post(None, "/v1/password-resets/accept", &body).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/token".to_owned()]), "{}", refused.text);
    sign_in(&world.http, &email, PASSWORD).await;
    // New ones are for those who may make them now, and stay when the account may do less.
    let invitation = invite(&world, &amina).await.json();
    let password = password_link(&world, &binta).await;
    for id in [&amina, &binta] {
        let less = change(&world, &world.token, id, json!({ "roles": listed(&[administrator]) })).await;
        assert_eq!(less.status, 200, "{}", less.text);
    }
    assert!(leads_somewhere(&world, &password).await);
    assert_eq!(accept(&world, &invitation).await.status, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_made_before_a_custom_role_permits_more_lead_nowhere() {
    let world = World::new().await;
    let fields = |permissions: &[&str]| json!({ "name": "Grants", "permissions": permissions });
    let role = text(&world.create("/v1/roles", fields(&["plans:read", "imports:read"])).await["id"]);
    let held = json!([{ "office_id": world.founded.office_id, "role_id": role }]);
    let invitation =
        json!({ "name": "Amina Rahimi", "email": "amina@example.org", "custom_roles": held.clone() });
    let invitation = world.create("/v1/people", invitation).await;
    let active =
        json!({ "name": "Binta", "email": "binta@example.org", "custom_roles": held, "password": PASSWORD });
    let binta = text(&world.create("/v1/people", active).await["id"]);
    let password = password_link(&world, &binta).await;
    let other = invited(&world, "other@example.org").await;
    let permit = async |version: i64, permissions: &[&str]| {
        let request = world.http.request(Method::PUT, &format!("/v1/roles/{role}")).bearer_auth(&world.token);
        let request = request.header("if-match", format!("\"{version}\"")).json(&fields(permissions));
        let changed = world.http.send(request).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
    };
    permit(1, &["plans:read"]).await;
    for link in [&invitation, &password] {
        assert!(leads_somewhere(&world, link).await, "its holders may do less: {link}");
    }
    permit(2, &["people:read", "people:write"]).await;
    for link in [&invitation, &password] {
        assert!(!leads_somewhere(&world, link).await, "its holders may do more: {link}");
    }
    assert!(leads_somewhere(&world, &other).await, "whoever does not hold the role");
    is_refused(&world, &invitation, "it was made for a reader of plans").await;
    world.stop().await;
}
