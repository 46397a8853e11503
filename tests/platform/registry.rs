//! The donor registry: found with typing errors, merged and taken apart again, with what happened in order.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Response;
use tests::{World, text};

async fn names(world: &World, query: &str) -> Vec<String> {
    let answer = world.http.get(Some(&world.token), &format!("/v1/donors?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    answer.json()["items"].as_array().unwrap().iter().map(|donor| text(&donor["name"])).collect()
}

async fn post(world: &World, path: &str, version: &str, body: &Value) -> Response {
    let request =
        world.http.request(Method::POST, path).bearer_auth(&world.token).header("if-match", version);
    world.http.send(request.json(body)).await
}

async fn get(world: &World, path: &str) -> Value {
    let answer = world.http.get(Some(&world.token), path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn donors_are_found_without_accents_in_any_order_and_with_typing_errors() {
    let world = World::new().await;
    for (name, french) in [
        ("Norway, Ministry of Foreign Affairs", None),
        ("Netherlands, Government of the", Some("Pays-Bas, gouvernement des")),
        ("Côte d’Ivoire, Ministère de l’Intérieur", None),
        ("Sweden, Government of", None),
        ("مركز الملك سلمان", None),
    ] {
        let body = json!({ "name": name, "name_fr": french, "type": "government", "liaison_post": "geneva" });
        world.create("/v1/donors", body).await;
    }
    for (query, name) in [
        ("q=foreign+norway", "Norway, Ministry of Foreign Affairs"),
        ("q=cote+ivoire", "Côte d’Ivoire, Ministère de l’Intérieur"),
        ("q=INTÉRIEUR", "Côte d’Ivoire, Ministère de l’Intérieur"),
        ("q=pays+bas", "Netherlands, Government of the"),
        ("q=nehterlands", "Netherlands, Government of the"),
        ("q=norwya+minstry", "Norway, Ministry of Foreign Affairs"),
        ("q=swedn", "Sweden, Government of"),
        ("q=الملك", "مركز الملك سلمان"),
        ("q=swedn&liaison_post=geneva", "Sweden, Government of"),
    ] {
        assert_eq!(names(&world, query).await, [name], "{query}");
    }
    for query in ["q=switzerland", "q=swedn&liaison_post=Bern", "q=swedn+norway"] {
        assert!(names(&world, query).await.is_empty(), "{query}");
    }
    let preferences = json!({ "name": "Canada", "type": "government",
        "preferences": { "themes": ["shelter"], "regions": ["africa"], "report_language": "fr" } });
    let made = world.create("/v1/donors", preferences).await;
    assert_eq!(made["preferences"]["regions"], json!(["africa"]));
    let wrong = json!({ "name": "Brazil", "type": "government",
        "preferences": { "regions": ["mars"], "report_language": "de" } });
    let wrong = world.http.post(Some(&world.token), "/v1/donors", &wrong).await;
    assert_eq!(wrong.pointers(), ["/preferences/regions/0", "/preferences/report_language"]);
    let accents = json!({ "name": "Cote d'Ivoire, Ministere de l'Interieur", "type": "government" });
    let accents = world.http.post(Some(&world.token), "/v1/donors", &accents).await;
    assert_eq!(
        (accents.status, accents.pointers()),
        (409, vec!["/name".to_owned()]),
        "the same without accents"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn donors_are_asked_for_by_their_ids() {
    let world = World::new().await;
    let [norway, sweden, _] =
        [world.donor("Norway").await, world.donor("Sweden").await, world.donor("Denmark").await];
    let foreign = world.other_organisation("OTHER").await.1;
    let unknown = "0199a1b2-0000-7000-8000-000000000001";
    let both = format!("id={sweden},{unknown},%20{norway}");
    assert_eq!(names(&world, &both).await, ["Norway", "Sweden"]);
    assert_eq!(names(&world, &format!("{both}&q=swe")).await, ["Sweden"]);
    assert!(names(&world, &format!("id={unknown}")).await.is_empty());
    let list = world.http.get(Some(&foreign), &format!("/v1/donors?{both}")).await.json();
    assert_eq!(list["items"], json!([]), "another organisation's");
    for wrong in ["7".to_owned(), format!("{norway},"), vec![unknown; 101].join(",")] {
        let refused = world.http.get(Some(&world.token), &format!("/v1/donors?id={wrong}")).await;
        assert_eq!((refused.status, refused.pointers()), (400, vec!["id".to_owned()]), "{}", refused.text);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_is_explained_merged_and_taken_apart_again() {
    let world = World::new().await;
    let country = |name: &str| json!({ "name": name, "type": "government", "country": "NOR" });
    let stays = text(&world.create("/v1/donors", country("Norway, Ministry of Foreign Affairs")).await["id"]);
    let mut twin = country("Ministry of Foreign Afairs of Norway");
    twin["external_refs"] = json!([{ "source": "erp", "ref": "V-17" }]);
    let goes = text(&world.create("/v1/donors", twin).await["id"]);
    let child = json!({ "name": "Norad", "type": "government", "parent_id": goes });
    let child = text(&world.create("/v1/donors", child).await["id"]);
    let candidates = get(&world, &format!("/v1/donors/{stays}/duplicates")).await;
    let first = &candidates["items"][0];
    assert_eq!(text(&first["donor_id"]), goes, "{candidates}");
    let points: i64 =
        first["reasons"].as_array().unwrap().iter().map(|reason| reason["points"].as_i64().unwrap()).sum();
    assert!(first["score"].as_i64() == Some(points) && points > 80, "{candidates}");

    let representative = world.representative(&goes).await;
    let given = json!({ "donor_id": goes, "status": "paid", "amount": { "amount": "500", "currency": "USD" },
        "countries": ["TCD"], "usage_years": [2026], "visibility": "public", "decision_date": "2026-03-01" });
    let given = text(&world.create("/v1/contributions", given).await["id"]);
    let terms = json!({ "donor_id": goes, "title": "Shelter", "start_date": "2026-01-01", "end_date": "2026-12-31",
        "amount": { "amount": "1000", "currency": "USD" }, "visibility": "donor" });
    let agreement = text(&world.create("/v1/agreements", json!({ "terms": terms })).await["id"]);
    for (step, version) in [("negotiate", "\"1\""), ("sign", "\"2\"")] {
        let path = format!("/v1/agreements/{agreement}/{step}");
        assert_eq!(post(&world, &path, version, &json!({})).await.status, 200);
    }
    let path = format!("/v1/donors/{stays}/merges");
    let body = |duplicate: &str| json!({ "duplicate_id": duplicate, "reason": "Recorded twice" });
    let itself = post(&world, &path, "\"1\"", &body(&stays)).await;
    assert_eq!((itself.status, itself.pointers()), (422, vec!["/duplicate_id".to_owned()]));
    let above = post(&world, &format!("/v1/donors/{child}/merges"), "\"1\"", &body(&goes)).await;
    assert_eq!((above.status, above.pointers()), (409, vec!["/duplicate_id".to_owned()]));
    assert_eq!(post(&world, &path, "\"9\"", &body(&goes)).await.status, 412);
    let merge = post(&world, &path, "\"1\"", &body(&goes)).await;
    assert_eq!(merge.status, 201, "{}", merge.text);
    let merge = merge.json();
    let counts = ["contributions", "agreements"].map(|name| merge[name].as_u64().unwrap());
    assert!(counts == [1, 1] && merge["reports"].as_u64().unwrap() >= 2, "{merge}");

    let moved = get(&world, &format!("/v1/contributions/{given}")).await;
    assert_eq!(
        (text(&moved["donor_id"]), text(&moved["donor_name"])),
        (stays.clone(), "Norway, Ministry of Foreign Affairs".into())
    );
    let owed = get(&world, &format!("/v1/reports?donor_id={stays}")).await;
    assert_eq!(owed["items"].as_array().unwrap().len(), merge["reports"].as_u64().unwrap() as usize);
    assert_eq!(
        names(&world, "q=ministry").await,
        ["Norway, Ministry of Foreign Affairs"],
        "the duplicate is in no list"
    );
    assert_eq!(text(&get(&world, &format!("/v1/donors/{goes}")).await["merged_into"]), stays);
    assert_eq!(text(&get(&world, &format!("/v1/donors/{child}")).await["parent_id"]), stays);
    assert_eq!(names(&world, "external_ref=erp:V-17").await, ["Norway, Ministry of Foreign Affairs"]);
    assert_eq!(post(&world, &format!("/v1/donors/{child}/merges"), "\"1\"", &body(&goes)).await.status, 412);
    world.settled().await;
    let token = world.sign_in(&representative).await;
    let seen = world.http.get(Some(&token), &format!("/v1/donors/{stays}/funding")).await;
    assert_eq!(
        (seen.status, text(&seen.json()["funding"]["amount"])),
        (200, "500.00".into()),
        "{}",
        seen.text
    );

    let undo = format!("/v1/donor-merges/{}/undo", text(&merge["id"]));
    let undone = post(&world, &undo, "\"1\"", &json!({})).await;
    assert_eq!(undone.status, 200, "{}", undone.text);
    assert!(undone.json()["undone_at"].is_string());
    assert_eq!(post(&world, &undo, "\"2\"", &json!({})).await.status, 409);
    assert_eq!(text(&get(&world, &format!("/v1/contributions/{given}")).await["donor_id"]), goes);
    assert_eq!(text(&get(&world, &format!("/v1/donors/{child}")).await["parent_id"]), goes);
    assert_eq!(names(&world, "external_ref=erp:V-17").await, ["Ministry of Foreign Afairs of Norway"]);
    assert_eq!(names(&world, "q=ministry").await.len(), 2);
    let listed = get(&world, &path).await;
    assert!(listed["items"][0]["undone_at"].is_string());
    world.settled().await;
    let token = world.sign_in(&representative).await;
    let own = world.http.get(Some(&token), &format!("/v1/donors/{goes}")).await;
    assert_eq!(own.status, 200, "its representative is its own again");

    let timeline = get(&world, &format!("/v1/donors/{goes}/timeline")).await;
    let kinds: Vec<String> =
        timeline["items"].as_array().unwrap().iter().map(|item| text(&item["kind"])).collect();
    for kind in ["donor_recorded", "contribution_paid", "agreement_recorded"] {
        assert!(kinds.contains(&kind.to_owned()), "{kind} in {kinds:?}");
    }
    let mut whole = Vec::new();
    let mut next = format!("/v1/donors/{goes}/timeline?limit=1");
    loop {
        let page = get(&world, &next).await;
        whole.extend(page["items"].as_array().unwrap().iter().map(|item| text(&item["kind"])));
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("/v1/donors/{goes}/timeline?limit=1&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(whole, kinds, "page by page it is the same");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_recorded_while_a_donor_is_merged_stays_behind() {
    let world = World::new().await;
    let donor = async |name: &str| {
        let body = json!({ "name": name, "type": "government", "country": "NOR" });
        text(&world.create("/v1/donors", body).await["id"])
    };
    let (stays, goes) = (donor("Norway, Ministry of Foreign Affairs").await, donor("Norway, MFA").await);
    let give = async |number: usize| {
        let body = json!({ "donor_id": goes, "status": "pledge", "usage_years": [2026], "countries": ["TCD"],
            "decision_date": "2026-03-01", "amount": { "amount": "100", "currency": "USD" },
            "external_ref": { "source": "erp", "ref": format!("V-{number}") } });
        world.http.post(Some(&world.token), "/v1/contributions", &body).await
    };
    // One that is paid in parts meanwhile.
    let promise = text(&give(0).await.json()["id"]);
    let pay = async |version: usize| {
        let body = json!({ "on": "2026-04-01", "amount": { "amount": "1", "currency": "USD" } });
        post(&world, &format!("/v1/contributions/{promise}/pay"), &format!("\"{version}\""), &body).await
    };
    let merge = async {
        let body = json!({ "duplicate_id": goes, "reason": "Recorded twice" });
        post(&world, &format!("/v1/donors/{stays}/merges"), "\"1\"", &body).await
    };
    let given = futures_util::future::join_all((1..=24).map(give));
    let paid = async {
        for version in 1..=8 {
            let answer = pay(version).await;
            // The merge makes a version too.
            assert!([201, 412].contains(&answer.status), "{}", answer.text);
        }
    };
    let (given, merge, ()) = futures_util::join!(given, merge, paid);
    assert_eq!(merge.status, 201, "{}", merge.text);
    for answer in &given {
        assert!([201, 422].contains(&answer.status), "{}", answer.text);
    }
    let made = given.iter().filter(|answer| answer.status == 201).count();
    let count = async |donor: &str| {
        let list = get(&world, &format!("/v1/contributions?donor_id={donor}&status=pledge&limit=200")).await;
        list["items"].as_array().unwrap().len()
    };
    assert_eq!((count(&goes).await, count(&stays).await), (0, made + 1));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_donor_merged_into_one_that_is_merged_points_at_the_last_and_comes_back_when_that_is_undone() {
    let world = World::new().await;
    let (first, middle, last) = (
        world.donor("Norwegian Ministry of Foreign Affairs").await,
        world.donor("Norway MFA").await,
        world.donor("Norway, Government of").await,
    );
    let representative = world.representative(&first).await;
    let merge = async |into: &str, duplicate: &str| {
        let version = get(&world, &format!("/v1/donors/{into}")).await["version"].to_string();
        let body = json!({ "duplicate_id": duplicate, "reason": "Recorded twice" });
        let made = post(&world, &format!("/v1/donors/{into}/merges"), &format!("\"{version}\""), &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()
    };
    let end = async |donor: &str| text(&get(&world, &format!("/v1/donors/{donor}")).await["merged_into"]);
    let one = merge(&middle, &first).await;
    assert_eq!(end(&first).await, middle);
    let two = merge(&last, &middle).await;
    assert_eq!((end(&first).await, end(&middle).await), (last.clone(), last.clone()));
    world.settled().await;
    let token = world.sign_in(&representative).await;
    assert_eq!(world.http.get(Some(&token), &format!("/v1/donors/{last}")).await.status, 200);
    let undo = async |merge: &serde_json::Value| {
        post(&world, &format!("/v1/donor-merges/{}/undo", text(&merge["id"])), "\"1\"", &json!({})).await
    };
    assert_eq!(undo(&one).await.status, 409, "the donor that it went to is merged itself");
    assert_eq!(undo(&two).await.status, 200);
    assert_eq!(end(&first).await, middle);
    assert!(get(&world, &format!("/v1/donors/{middle}")).await.get("merged_into").is_none());
    assert_eq!(undo(&one).await.status, 200);
    assert!(get(&world, &format!("/v1/donors/{first}")).await.get("merged_into").is_none());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_focal_point_is_an_active_member_of_the_organisations_staff() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let person = async |email: &str, password: Option<&str>| {
        let body = json!({ "name": "Somebody", "email": email, "password": password,
            "roles": [{ "office_id": headquarters, "role": "donor_relations_officer" }] });
        text(&world.create("/v1/people", body).await["id"])
    };
    let officer = person("officer@example.org", Some("long enough, surely")).await;
    let invited = person("invited@example.org", None).await;
    let (other, token) = world.other_organisation("OTHER").await;
    let body = json!({ "name": "Stranger", "email": "stranger@example.org", "password": "long enough, surely",
        "roles": [{ "office_id": other.office_id, "role": "donor_relations_officer" }] });
    let stranger = testkit::eventually("a person of the other organisation", || async {
        let answer = world.http.post(Some(&token), "/v1/people", &body).await;
        (answer.status == 201).then(|| text(&answer.json()["id"]))
    })
    .await;
    world.settled().await;
    let body =
        |name: &str, person: &str| json!({ "name": name, "type": "government", "focal_point_id": person });
    let nobody = "00000000-0000-7000-8000-000000000000";
    for wrong in [&stranger, &invited, nobody] {
        let refused = world.http.post(Some(&world.token), "/v1/donors", &body("Norway", wrong)).await;
        assert_eq!(
            (refused.status, refused.pointers()),
            (422, vec!["/focal_point_id".to_owned()]),
            "{wrong}: {}",
            refused.text
        );
        assert_eq!(refused.json()["code"], "invalid_field");
    }
    let made = world.create("/v1/donors", body("Norway", &officer)).await;
    let path = format!("/v1/donors/{}", text(&made["id"]));
    let put = async |version: &str, body: serde_json::Value| {
        let request = world.http.request(reqwest::Method::PUT, &path).bearer_auth(&world.token);
        world.http.send(request.header("if-match", version).json(&body)).await
    };
    let refused = put("\"1\"", body("Norway", &stranger)).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/focal_point_id".to_owned()]));
    assert_eq!(put("\"1\"", body("Norway, Kingdom of", &officer)).await.status, 200);
    world.stop().await;
}
