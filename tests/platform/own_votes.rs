//! Members of a committee see their own vote on a motion and whether they have one, and nobody else's.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{PASSWORD, World, text};

struct Member {
    id: String,
    token: String,
}

async fn member(world: &World, name: &str) -> Member {
    let email = format!("{name}-{}@example.org", world.number());
    let person = json!({ "name": name, "email": email, "password": PASSWORD,
        "roles": [{ "office_id": world.founded.office_id, "role": "committee_member" }] });
    let id = text(&world.create("/v1/people", person).await["id"]);
    Member { id, token: world.sign_in(&email).await }
}

/// Changes something at the version that the record has, as headquarters; how it is then.
async fn change(world: &World, method: Method, (record, path): (&str, &str), body: &Value) -> Value {
    let found = world.http.get(Some(&world.token), record).await;
    let request = world.http.request(method, path).bearer_auth(&world.token);
    let answer = world.http.send(request.header("if-match", found.header("etag")).json(body)).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

/// What somebody is told of their own vote.
async fn own(world: &World, member: &Member, motion: &str) -> Value {
    let answer = world.http.get(Some(&member.token), &format!("{motion}/vote")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

async fn vote(world: &World, member: &Member, motion: &str, word: &str) {
    let (path, body) = (format!("{motion}/vote"), json!({ "vote": word }));
    let answer = world.http.call(Method::PUT, Some(&member.token), &path, Some(&body)).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
}

/// An open meeting of a committee of these members, the last of whom is not there, with a motion: their paths.
async fn meeting(world: &World, members: &[Member; 3]) -> (String, String) {
    let committee = json!({ "name": "Committee", "decision_by": "committee", "time_zone": "Europe/Zurich" });
    let committee = text(&world.create("/v1/committees", committee).await["id"]);
    let mut seats = Vec::new();
    for (member, kind) in members.iter().zip(["chair", "member", "member"]) {
        let seat = json!({ "person_id": member.id, "office_id": world.founded.office_id, "kind": kind,
            "from": "2020-01-01" });
        seats.push(text(&world.create(&format!("/v1/committees/{committee}/seats"), seat).await["id"]));
    }
    let meeting =
        json!({ "committee_id": committee, "place": "Geneva", "starts_at": "2026-01-15T09:00:00Z" });
    let meeting = text(&world.create("/v1/committee-meetings", meeting).await["id"]);
    let meeting = format!("/v1/committee-meetings/{meeting}");
    let item = world.create(&format!("{meeting}/items"), json!({ "title": "Terms of reference" })).await;
    let notice = json!({ "short_notice_reason": "For the test" });
    change(world, Method::POST, (&meeting, &format!("{meeting}/convene")), &notice).await;
    let opened = change(world, Method::POST, (&meeting, &format!("{meeting}/open")), &json!({})).await;
    let interval =
        |member: &Member| json!({ "person_id": member.id, "from": opened["opened_at"], "to": null });
    let attendance = json!({ "intervals": [interval(&members[0]), interval(&members[1])] });
    change(world, Method::PUT, (&meeting, &format!("{meeting}/attendance")), &attendance).await;
    let motion = json!({ "item_id": item["id"], "mover_id": seats[0],
        "wording": { "resolution": "other", "reason": "They are as they were" } });
    let motion = text(&world.create("/v1/motions", motion).await["id"]);
    (meeting, format!("/v1/motions/{motion}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_told_their_own_vote_and_whether_they_have_one() {
    let world = World::new().await;
    let members =
        [member(&world, "chair").await, member(&world, "present").await, member(&world, "away").await];
    let outsider = member(&world, "outsider").await;
    world.settled().await;
    let (meeting, motion) = meeting(&world, &members).await;
    change(&world, Method::POST, (&motion, &format!("{motion}/open")), &json!({})).await;

    let told = |vote: Option<&str>, standing: &str| json!({ "vote": vote, "standing": standing });
    assert_eq!(own(&world, &members[0], &motion).await, told(None, "may_vote"));
    assert_eq!(own(&world, &members[2], &motion).await, told(None, "absent"));
    assert_eq!(own(&world, &outsider, &motion).await, told(None, "no_vote"));
    for word in ["yes", "no"] {
        vote(&world, &members[0], &motion, word).await;
        assert_eq!(own(&world, &members[0], &motion).await, told(Some(word), "may_vote"));
    }
    assert_eq!(own(&world, &members[1], &motion).await, told(None, "may_vote"), "it is of the others");
    let client = world.client(&world.founded.office_id.to_string(), &["meetings:read"]).await;
    let refused = world.http.get(Some(&client), &format!("{motion}/vote")).await;
    assert_eq!((refused.status, &refused.json()["reason"]), (403, &json!("people_only")));

    let listed = async |state: &str| {
        let path = format!("/v1/motions?state={state}");
        let found = world.http.get(Some(&members[0].token), &path).await.json();
        found["items"].as_array().unwrap().len()
    };
    assert_eq!((listed("open").await, listed("no_quorum").await), (1, 0));
    let ended = change(&world, Method::POST, (&motion, &format!("{motion}/close")), &json!({})).await;
    assert_eq!(ended["state"], "no_quorum", "{ended}");
    assert_eq!((listed("open").await, listed("no_quorum").await), (0, 1));
    change(&world, Method::POST, (&meeting, &format!("{meeting}/close")), &json!({})).await;
    assert_eq!(own(&world, &members[0], &motion).await, told(Some("no"), "may_vote"), "as it was then");
    assert_eq!(own(&world, &members[2], &motion).await, told(None, "absent"));
    world.stop().await;
}
