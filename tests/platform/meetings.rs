//! Meetings of a committee: votes and the end of the vote at once, two who end it, and who answers a decision.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Response;
use tests::{PASSWORD, World, text};

/// Members of the committee; the first chairs it.
const MEMBERS: usize = 4;

/// A motion that is put to the vote, and the tokens of the members, who are all there.
struct Scene {
    world: World,
    /// Its path.
    motion: String,
    members: Vec<String>,
}

/// A person with a role at headquarters, by id and token.
async fn person(world: &World, role: &str) -> (String, String) {
    let email = format!("person-{}@example.org", world.number());
    let body = json!({ "name": "Somebody", "email": email, "password": PASSWORD,
        "roles": [{ "office_id": world.founded.office_id, "role": role }] });
    let id = text(&world.create("/v1/people", body).await["id"]);
    (id, world.sign_in(&email).await)
}

/// A step at a version that was read before.
async fn step_at(
    world: &World,
    token: &str,
    (method, path): (Method, &str),
    (etag, body): (&str, Option<Value>),
) -> Response {
    let request = world.http.request(method, path).bearer_auth(token).header("if-match", etag);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    world.http.send(request).await
}

/// A step of a record at the version that it has, by headquarters.
async fn step(world: &World, method: Method, (record, path): (&str, &str), body: Option<Value>) -> Value {
    let found = world.http.get(Some(&world.token), record).await;
    let answer = step_at(world, &world.token, (method, path), (found.header("etag"), body)).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

impl Scene {
    async fn new(decision_by: &str) -> Self {
        let world = World::new().await;
        let (mut people, mut members) = (Vec::new(), Vec::new());
        for _ in 0..MEMBERS {
            let (id, token) = person(&world, "committee_member").await;
            people.push(id);
            members.push(token);
        }
        world.settled().await;
        let committee =
            json!({ "name": "Committee", "decision_by": decision_by, "time_zone": "Europe/Zurich" });
        let committee = text(&world.create("/v1/committees", committee).await["id"]);
        let mut seats = Vec::new();
        for (index, id) in people.iter().enumerate() {
            let kind = if index == 0 { "chair" } else { "member" };
            let seat = json!({ "person_id": id, "office_id": world.founded.office_id, "kind": kind,
                "from": "2020-01-01" });
            let seat = world.create(&format!("/v1/committees/{committee}/seats"), seat).await;
            seats.push(text(&seat["id"]));
        }
        let meeting =
            json!({ "committee_id": committee, "place": "Geneva", "starts_at": "2020-01-15T09:00:00Z" });
        let meeting = text(&world.create("/v1/committee-meetings", meeting).await["id"]);
        let meeting = format!("/v1/committee-meetings/{meeting}");
        let item = json!({ "title": "Terms of reference" });
        let item = world.create(&format!("{meeting}/items"), item).await;
        let notice = json!({ "short_notice_reason": "For the test" });
        let path = |action: &str| format!("{meeting}/{action}");
        step(&world, Method::POST, (&meeting, &path("convene")), Some(notice)).await;
        step(&world, Method::POST, (&meeting, &path("open")), None).await;
        let there = |id: &String| json!({ "person_id": id, "from": "2020-01-15T09:00:00Z" });
        let intervals: Vec<Value> = people.iter().map(there).collect();
        let attendance = json!({ "intervals": intervals });
        step(&world, Method::PUT, (&meeting, &path("attendance")), Some(attendance)).await;
        let motion = json!({ "item_id": item["id"], "mover_id": seats[0],
            "wording": { "resolution": "other", "reason": "They are as they were" } });
        let motion = text(&world.create("/v1/motions", motion).await["id"]);
        let motion = format!("/v1/motions/{motion}");
        let put = step(&world, Method::POST, (&motion, &format!("{motion}/open")), None).await;
        assert_eq!(put["state"], "open", "{put}");
        Self { world, motion, members }
    }

    async fn vote(&self, member: usize) -> u16 {
        let path = format!("{}/vote", self.motion);
        let request = self.world.http.request(Method::PUT, &path).bearer_auth(&self.members[member]);
        self.world.http.send(request.json(&json!({ "vote": "yes" }))).await.status
    }

    async fn etag(&self) -> String {
        self.world.http.get(Some(&self.world.token), &self.motion).await.header("etag").to_owned()
    }

    async fn close(&self, etag: &str) -> Response {
        let path = format!("{}/close", self.motion);
        step_at(&self.world, &self.world.token, (Method::POST, &path), (etag, None)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_that_was_answered_is_in_the_figures_and_a_motion_ends_once() {
    let scene = Scene::new("committee").await;
    for member in 0..MEMBERS - 1 {
        assert_eq!(scene.vote(member).await, 204);
    }
    let etag = scene.etag().await;
    let (vote, ends) =
        tokio::join!(scene.vote(MEMBERS - 1), join_all([scene.close(&etag), scene.close(&etag)]));
    let mut statuses: Vec<u16> = ends.iter().map(|end| end.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412], "{ends:?}");
    let world = &scene.world;
    let motion = world.http.get(Some(&world.token), &scene.motion).await.json();
    assert_eq!(motion["state"], "passed", "{motion}");
    let counted = if vote == 204 { MEMBERS } else { MEMBERS - 1 };
    assert!(vote == 204 || vote == 409, "{vote}");
    assert_eq!(motion["tally"]["yes"], counted, "{motion}");
    assert_eq!(scene.vote(0).await, 409, "it has ended");
    let decisions = world.http.get(Some(&world.token), "/v1/allocation-decisions").await.json();
    assert_eq!(decisions["items"].as_array().unwrap().len(), 1, "{decisions}");
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_who_confirms_is_nobody_who_took_part() {
    let scene = Scene::new("head").await;
    let world = &scene.world;
    let (_, secretary) = person(world, "administrator").await;
    let (_, head) = person(world, "head_of_organisation").await;
    for member in 0..MEMBERS {
        assert_eq!(scene.vote(member).await, 204);
    }
    let close = format!("{}/close", scene.motion);
    let ended = step_at(world, &secretary, (Method::POST, &close), (&scene.etag().await, None)).await;
    assert_eq!(ended.status, 200, "{}", ended.text);
    let decision = format!("/v1/allocation-decisions/{}", text(&ended.json()["decision_id"]));
    let found = world.http.get(Some(&world.token), &decision).await;
    assert_eq!(found.json()["state"], "awaiting_head", "{}", found.text);
    let confirm = format!("{decision}/confirm");
    // An API client may not, whatever its scopes; who ended the vote has the permission, and may not either; the head, who
    // was not there, may, once.
    for (token, status, reason) in [
        (&world.token, 403, Some("people_only")),
        (&secretary, 403, Some("second_person")),
        (&head, 200, None),
        (&head, 412, None),
    ] {
        let answer = step_at(world, token, (Method::POST, &confirm), (found.header("etag"), None)).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        if let Some(reason) = reason {
            assert_eq!(answer.json()["reason"], reason);
        }
    }
    scene.world.stop().await;
}
