//! Response plans of several offices: an import writes those of its office, and meets whoever edits them.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, text};

/// A plan overview of FTS: the number and the requirement of each plan.
fn overview(plans: &[(u64, u64)]) -> Value {
    let plan = |(id, requirement): &(u64, u64)| {
        json!({ "id": id, "name": format!("Plan {id}"), "usageYears": [{ "year": "2026" }],
            "requirements": { "revisedRequirements": requirement } })
    };
    json!({ "data": { "plans": plans.iter().map(plan).collect::<Vec<_>>() } })
}

async fn import(world: &World, token: &str, query: &str, plans: &[(u64, u64)]) -> Value {
    let answer = world.http.post(Some(token), &format!("/v1/plan-imports{query}"), &overview(plans)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

fn outcome(import: &Value) -> (String, [i64; 4]) {
    let of = |name: &str| import[name].as_i64().unwrap();
    (text(&import["state"]), ["created", "updated", "unchanged", "rejected"].map(of))
}

async fn requirement(world: &World, id: u64) -> String {
    let plan = world.http.get(None, &format!("/v1/public/plans/{id}")).await.json();
    text(&plan["requirement"]["amount"])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_leaves_the_plans_of_other_offices_alone() {
    let world = World::new().await;
    let region = world.office(&world.founded.office_id.to_string(), "regional").await;
    let country = world.office(&region, "country").await;
    let officer = world.client(&country, &["plans:read", "plans:write"]).await;
    let (own, none) = ("", [0, 0, 0, 1]);
    assert_eq!(outcome(&import(&world, &world.token, own, &[(99001, 2_000_000)]).await).1, [1, 0, 0, 0]);

    let refused = import(&world, &officer, own, &[(99001, 7)]).await;
    assert_eq!(outcome(&refused), ("refused".to_owned(), none));
    assert_eq!(refused["errors"][0]["pointer"], "/data/plans/0/id");
    assert!(text(&refused["errors"][0]["detail"]).contains("is a plan of another office"), "{refused}");
    assert_eq!(refused["errors"][0]["code"], "not_yours", "{refused}");
    let checked = import(&world, &officer, "?dry_run=true", &[(99001, 7)]).await;
    assert_eq!(outcome(&checked), ("checked".to_owned(), none));
    let refused = import(&world, &officer, own, &[(99002, 9), (99001, 7)]).await;
    assert_eq!(outcome(&refused), ("refused".to_owned(), none), "one wrong plan refuses all");
    let partly = import(&world, &officer, "?skip_bad=true", &[(99001, 7), (99002, 9)]).await;
    assert_eq!(outcome(&partly), ("done".to_owned(), [1, 0, 0, 1]));
    assert_eq!(requirement(&world, 99001).await, "2000000.00");

    // Each office goes on with its own; one above imports for it.
    assert_eq!(outcome(&import(&world, &officer, own, &[(99002, 10)]).await).1, [0, 1, 0, 0]);
    assert_eq!(outcome(&import(&world, &world.token, own, &[(99002, 11)]).await).1, none);
    let below = format!("?office_id={country}");
    assert_eq!(outcome(&import(&world, &world.token, &below, &[(99002, 12)]).await).1, [0, 1, 0, 0]);
    assert_eq!(outcome(&import(&world, &world.token, &below, &[(99001, 12)]).await).1, none);
    assert_eq!(outcome(&import(&world, &world.token, own, &[(99001, 3), (99001, 4)]).await).1, [0, 2, 0, 0]);
    assert_eq!(
        (requirement(&world, 99001).await, requirement(&world, 99002).await),
        ("4.00".into(), "12.00".into())
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_of_an_importer_or_an_editor_is_lost_when_they_meet() {
    let world = World::new().await;
    import(&world, &world.token, "", &[(1, 1), (2, 2)]).await;
    let listed = world.http.get(Some(&world.token), "/v1/plans").await.json();
    let plans: Vec<String> =
        listed["items"].as_array().unwrap().iter().map(|plan| text(&plan["id"])).collect();
    assert_eq!(plans.len(), 2);
    let imports = async |importer: u64| {
        let mut written = 0;
        for round in 0..8 {
            let requirement = 1000 + importer * 100 + round;
            let done = import(&world, &world.token, "", &[(1, requirement), (2, requirement)]).await;
            written += done["updated"].as_i64().unwrap();
        }
        written
    };
    let edits = async |plan: &str| {
        let (path, mut written) = (format!("/v1/plans/{plan}"), 0);
        for round in 0..20 {
            let held = world.http.get(Some(&world.token), &path).await;
            let mut fields = held.json();
            for of_the_platform in ["id", "version", "office_id", "requirement", "created_at", "updated_at"] {
                fields.as_object_mut().unwrap().remove(of_the_platform);
            }
            fields["summary"] = format!("Round {round}").into();
            let request = world.http.request(Method::PUT, &path).bearer_auth(&world.token);
            let request = request.header("if-match", held.header("etag")).json(&fields);
            let answer = world.http.send(request).await;
            assert!([200, 412].contains(&answer.status), "{}", answer.text);
            written += i64::from(answer.status == 200);
        }
        written
    };
    let (a, b, c, d, e) =
        tokio::join!(imports(0), imports(1), edits(&plans[0]), edits(&plans[1]), edits(&plans[0]));
    assert!(a + b > 0 && c + d + e > 0, "{a} {b} {c} {d} {e}");
    let mut versions = 0;
    for plan in &plans {
        let held = world.http.get(Some(&world.token), &format!("/v1/plans/{plan}")).await.json();
        versions += held["version"].as_i64().unwrap() - 1;
    }
    assert_eq!(versions, a + b + c + d + e, "each change has a version of its own");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn importers_and_makers_of_the_same_new_plans_never_fail_for_each_other() {
    let world = World::new().await;
    let region = world.office(&world.founded.office_id.to_string(), "regional").await;
    let mut officers = vec![world.token.clone()];
    for _ in 0..2 {
        let country = world.office(&region, "country").await;
        officers.push(world.client(&country, &["plans:read", "plans:write"]).await);
    }
    for round in 0..6_u64 {
        let plans: Vec<(u64, u64)> = (0..12).map(|plan| (round * 100 + plan, 1000)).collect();
        // In another order by each, as two lists of the same plans may be.
        let imports = officers.iter().enumerate().map(async |(importer, token)| {
            let mut plans = plans.clone();
            plans.rotate_left(importer * 4);
            outcome(&import(&world, token, "?skip_bad=true", &plans).await).1
        });
        let makers = officers.iter().map(async |token| {
            let reference = (round * 100 + 5).to_string();
            let plan = json!({ "name": "Made by hand", "plan_type": "other", "countries": ["AFG"], "years": [2026], "visibility": "public",
                "external_ref": { "source": "fts", "ref": reference } });
            world.http.post(Some(token), "/v1/plans", &plan).await
        });
        let (imported, made) = tokio::join!(join_all(imports), join_all(makers));
        let made_by_hand = made.iter().filter(|answer| answer.status == 201).count() as i64;
        for answer in &made {
            assert!([201, 409].contains(&answer.status), "{}", answer.text);
        }
        let of = |index: usize| imported.iter().map(|counts| counts[index]).sum::<i64>();
        assert_eq!(of(0) + made_by_hand, 12, "each plan is made once: {imported:?}");
        let mut each = imported.iter().map(|counts| counts.iter().sum::<i64>());
        assert!(each.all(|counted| counted == 12), "each plan of a list has an outcome: {imported:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_plan_of_a_file_has_a_verdict_that_leads_to_its_plan() {
    let world = World::new().await;
    let rows = async |import: &Value, query: &str| {
        let path = format!("/v1/plan-imports/{}/rows{query}", text(&import["id"]));
        let answer = world.http.get(Some(&world.token), &path).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["items"].as_array().cloned().unwrap()
    };
    let verdicts = |rows: &[Value]| rows.iter().map(|row| text(&row["verdict"])).collect::<Vec<_>>();
    let checked =
        import(&world, &world.token, "?dry_run=true&file=plans-2026.json", &[(1, 10), (2, 20)]).await;
    let would = rows(&checked, "").await;
    assert_eq!((verdicts(&would), &would[0]["plan_id"]), (vec!["created".into(); 2], &Value::Null));
    assert_eq!((&checked["state"], &checked["file"]), (&"checked".into(), &"plans-2026.json".into()));

    import(&world, &world.token, "", &[(1, 10), (2, 20)]).await;
    let mut plans = overview(&[(1, 11), (2, 20), (3, 30)]);
    plans["data"]["plans"][2]["usageYears"][0]["year"] = "soon".into();
    let send = async |query: &str| {
        let path = format!("/v1/plan-imports{query}");
        let answer = world.http.post(Some(&world.token), &path, &plans).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        (answer.header("location").to_owned(), answer.json())
    };
    let (_, refused) = send("").await;
    assert_eq!(verdicts(&rows(&refused, "").await), ["not_applied", "not_applied", "rejected"]);
    let (location, partly) = send("?skip_bad=true").await;
    assert_eq!(location, format!("/v1/plan-imports/{}", text(&partly["id"])));
    let read = world.http.get(Some(&world.token), &location).await;
    assert_eq!((read.status, read.json()), (200, partly.clone()), "what was answered can be read again");
    let told = rows(&partly, "").await;
    assert_eq!(verdicts(&told), ["updated", "unchanged", "rejected"]);
    let wrong = rows(&partly, "?verdict=rejected").await;
    assert_eq!((wrong.len(), &wrong[0]["pointer"]), (1, &"/data/plans/2".into()));
    let (reference, why) = (&wrong[0]["external_ref"], &wrong[0]["errors"][0]["pointer"]);
    assert_eq!(
        (reference, why, &wrong[0]["plan_id"]),
        (&"3".into(), &"/usageYears/0/year".into(), &Value::Null)
    );
    for row in &told[..2] {
        let plan = world.http.get(Some(&world.token), &format!("/v1/plans/{}", text(&row["plan_id"]))).await;
        assert_eq!((plan.status, &plan.json()["name"]), (200, &row["name"]));
    }

    // Eight at once: each plan is made by one of them, and every file has all its verdicts.
    let at_once = join_all((0..8).map(|_| import(&world, &world.token, "", &[(8, 1), (9, 1)]))).await;
    let made: i64 = at_once.iter().map(|import| import["created"].as_i64().unwrap()).sum();
    assert_eq!(made, 2);
    for import in &at_once {
        let told = rows(import, "").await;
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|row| row["plan_id"].is_string()), "{told:?}");
    }
    let listed = world.http.get(Some(&world.token), "/v1/plan-imports?limit=200").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 12, "{listed}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_of_earlier_days_stand_among_those_of_their_time() {
    let world = World::new().await;
    let plan = json!({ "name": "Chad 2026", "plan_type": "crisis_response_plan", "countries": ["TCD"], "years": [2026],
        "visibility": "public" });
    let plan = text(&world.create("/v1/plans", plan).await["id"]);
    let path = format!("/v1/plans/{plan}/updates");
    let update = |title: &str, on: Option<&str>| json!({ "title": title, "body": "More people arrive.", "language": "en", "published_on": on });
    for wrong in ["2199-01-01", "1999-12-31", "2025-3-1"] {
        let refused = world.http.post(Some(&world.token), &path, &update("Wrong", Some(wrong))).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/published_on".to_owned()]), "{wrong}");
    }
    for (title, on) in [("Today", None), ("Spring", Some("2025-03-01")), ("Autumn", Some("2025-10-01"))] {
        let made = world.create(&path, update(title, on)).await;
        let day = &text(&made["published_at"])[..10];
        assert!(on.is_none_or(|on| on == day), "{title}: {day}");
    }
    let mut titles = Vec::new();
    let mut page = "/v1/public/updates?limit=1".to_owned();
    loop {
        let list = world.http.get(None, &page).await.json();
        titles.extend(list["items"].as_array().unwrap().iter().map(|item| text(&item["title"])));
        let Some(cursor) = list["next_cursor"].as_str() else { break };
        page = format!("/v1/public/updates?limit=1&cursor={cursor}");
    }
    assert_eq!(titles, ["Today", "Autumn", "Spring"]);
    world.stop().await;
}
