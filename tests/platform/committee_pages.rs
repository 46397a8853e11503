//! A committee meets in the console, as a browser without JavaScript sees it: from the plan to the signed minutes.

use crate::pages::{page_of, sign_in};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Response;
use tests::{PASSWORD, World, text};

struct Member {
    id: String,
    cookie: String,
}

async fn member(world: &World, name: &str, role: &str) -> Member {
    let email = format!("{name}-{}@example.org", world.number());
    let person = json!({ "name": name, "email": email, "password": PASSWORD,
        "roles": [{ "office_id": world.founded.office_id, "role": role }] });
    let id = text(&world.create("/v1/people", person).await["id"]);
    Member { id, cookie: sign_in(world, &email).await }
}

/// Sends a form; where it leads to.
async fn sent(world: &World, who: &Member, path: &str, form: &[(&str, &str)]) -> String {
    let request = world.http.request(Method::POST, path).header("cookie", &who.cookie);
    let answer = world.http.send(request.form(form)).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.text);
    answer.header("location").to_owned()
}

async fn shown(world: &World, who: &Member, path: &str) -> Response {
    let answer = page_of(world, Some(&who.cookie), path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer
}

/// The record that an address of the console is of, as the API tells of it.
async fn record(world: &World, list: &str, address: &str) -> Value {
    let id = address.split('?').next().unwrap().rsplit('/').next().unwrap();
    world.http.get(Some(&world.token), &format!("/v1/{list}/{id}")).await.json()
}

/// Takes a step that needs nothing but the version.
async fn step(world: &World, who: &Member, (list, address): (&str, &str), name: &str) {
    let version = record(world, list, address).await["version"].to_string();
    let reason = ("short_notice_reason", "The rains begin");
    sent(world, who, &format!("{address}/{name}"), &[("version", version.as_str()), reason]).await;
}

/// A committee of these members; the id of the chair's seat.
async fn committee(world: &World, members: &[Member; 3]) -> (String, String) {
    let committee = json!({ "name": "Committee", "decision_by": "committee", "time_zone": "Europe/Zurich" });
    let committee = text(&world.create("/v1/committees", committee).await["id"]);
    let mut seats = Vec::new();
    for (member, kind) in members.iter().zip(["chair", "member", "member"]) {
        let seat = json!({ "person_id": member.id, "office_id": world.founded.office_id, "kind": kind,
            "from": "2020-01-01" });
        seats.push(text(&world.create(&format!("/v1/committees/{committee}/seats"), seat).await["id"]));
    }
    (committee, seats.swap_remove(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_committee_meets_votes_and_signs_its_minutes_in_the_console() {
    let world = World::new().await;
    let secretary = member(&world, "secretary", "donor_relations_officer").await;
    let members = [
        member(&world, "chair", "committee_member").await,
        member(&world, "second", "committee_member").await,
        member(&world, "third", "committee_member").await,
    ];
    world.settled().await;
    let (committee, chair) = committee(&world, &members).await;

    shown(&world, &secretary, "/en/console/meetings/new").await;
    let plan = [
        ("committee_id", committee.as_str()),
        ("place", "Geneva"),
        ("starts_at", "2026-01-15T10:00"),
        ("key", "p"),
    ];
    let planned = sent(&world, &secretary, "/en/console/meetings", &plan).await;
    let meeting = planned.split('?').next().unwrap().to_owned();
    let found = record(&world, "committee-meetings", &meeting).await;
    assert_eq!(found["starts_at"], "2026-01-15T09:00:00Z", "the time is the committee's");
    let item = [("title", "Terms of reference"), ("text", ""), ("key", "i")];
    sent(&world, &secretary, &format!("{meeting}/items"), &item).await;
    for name in ["convene", "open"] {
        step(&world, &secretary, ("committee-meetings", &meeting), name).await;
    }
    for (member, what) in members.iter().zip(["room", "remote", "room"]) {
        let there = [("person_id", member.id.as_str()), ("what", what)];
        sent(&world, &secretary, &format!("{meeting}/present"), &there).await;
    }
    let agenda = record(&world, "committee-meetings", &meeting).await["items"].clone();
    let item = text(&agenda[0]["id"]);
    shown(&world, &secretary, &format!("{meeting}/motions/new?item_id={item}")).await;
    let wording = [
        ("item_id", item.as_str()),
        ("mover_id", chair.as_str()),
        ("resolution", "other"),
        ("reason", "They are as they were"),
        ("amount", ""),
        ("conditions", ""),
        ("key", "m"),
    ];
    let made = sent(&world, &secretary, &format!("{meeting}/motions"), &wording).await;
    let motion = made.split('?').next().unwrap().to_owned();
    step(&world, &secretary, ("motions", &motion), "open").await;

    let id = meeting.rsplit('/').next().unwrap();
    for member in &members {
        let start = shown(&world, member, "/en/console").await;
        assert!(start.text.contains("Motions that wait for your vote"), "{}", start.text);
        let room = shown(&world, member, &meeting).await;
        assert!(room.text.contains("You have not voted yet."), "{}", room.text);
        sent(&world, member, &format!("{motion}/vote"), &[("vote", "yes"), ("meeting_id", id)]).await;
        assert!(shown(&world, member, &meeting).await.text.contains("You voted for it."));
    }
    step(&world, &secretary, ("motions", &motion), "close").await;
    let ended = shown(&world, &members[0], &motion).await;
    for sentence in
        ["The motion passed.", "3 for, 0 against, 0 abstentions.", "Votes cast: 3; needed for a quorum: 3"]
    {
        assert!(ended.text.contains(sentence), "{sentence}: {}", ended.text);
    }
    let decision = text(&record(&world, "motions", &motion).await["decision_id"]);
    let decision = shown(&world, &members[0], &format!("/en/console/allocation-decisions/{decision}")).await;
    assert!(decision.text.contains("DEC-") && decision.text.contains("They are as they were"));

    step(&world, &secretary, ("committee-meetings", &meeting), "close").await;
    let minutes = format!("{meeting}/minutes");
    let draft =
        [("version", "0"), ("id_0", item.as_str()), ("title_0", "x"), ("text_0", "Agreed."), ("actions", "")];
    sent(&world, &secretary, &minutes, &draft).await;
    assert!(!shown(&world, &members[1], &minutes).await.text.contains("Sign the minutes"));
    assert!(shown(&world, &members[0], "/en/console").await.text.contains("Minutes for you to sign"));
    assert!(shown(&world, &members[0], &minutes).await.text.contains("Sign the minutes"));
    sent(&world, &members[0], &format!("{minutes}/sign"), &[("version", "1"), ("language", "fr")]).await;
    assert!(shown(&world, &members[1], &minutes).await.text.contains("SHA-256 of the signed document"));
    let document = shown(&world, &members[1], &format!("{minutes}/pdf")).await;
    assert_eq!(document.header("content-type"), "application/pdf");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_committees_and_of_what_happens_to_allocations_are_shown_and_handed_out() {
    let world = World::new().await;
    let officer = member(&world, "officer", "donor_relations_officer").await;
    world.settled().await;
    for path in [
        "meetings",
        "allocation-decisions",
        "circulations",
        "circulations/new",
        "shortfalls",
        "allocation-suggestions",
        "meetings.csv",
        "allocation-decisions.csv",
        "circulations.csv",
        "shortfalls.csv",
        "allocation-suggestions.csv",
    ] {
        shown(&world, &officer, &format!("/en/console/{path}")).await;
    }
    world.stop().await;
}
