//! Files of FTS in the console: plan overviews and flows in one upload, as a browser without JavaScript sends it.

use crate::pages::{page_of, sign_in};
use reqwest::Method;
use tests::{PASSWORD, World, flows, page, text};

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_imports_plans_and_flows_in_one_upload() {
    let world = World::new().await;
    let body = serde_json::json!({ "name": "Officer", "email": "o@example.org", "password": PASSWORD,
        "roles": [{ "office_id": world.founded.office_id, "role": "donor_relations_officer" }] });
    world.create("/v1/people", body).await;
    let cookie = sign_in(&world, "o@example.org").await;
    let upload = async |mode: &str, files: &[(&str, Vec<u8>)]| {
        let mut form = reqwest::multipart::Form::new();
        for (name, bytes) in files {
            let part = reqwest::multipart::Part::bytes(bytes.clone()).file_name((*name).to_owned());
            form = form.part("file", part);
        }
        let path = format!("/en/console/imports?format=fts&mode={mode}");
        let request = world.http.request(Method::POST, &path).header("cookie", &cookie).multipart(form);
        world.http.send(request).await
    };
    // What a file is, is in it: these are called what they are not, and the flows stand first.
    let files = |year: &str| {
        let plan = |id: u64, name: &str, year: &str| {
            serde_json::json!({ "id": id, "name": name, "usageYears": [{ "year": year }], "countries": [{ "iso3": "AFG" }],
                "requirements": { "revisedRequirements": 5000 } })
        };
        let plans = [plan(929, "Afghanistan 2021", "2021"), plan(930, "Food security 2021", year)];
        let overview = serde_json::json!({ "data": { "totals": {}, "plans": plans } });
        [("plans.json", page(&flows(1, 2))), ("flows.json", overview.to_string().into_bytes())]
    };
    let imports = async || world.http.get(Some(&world.token), "/v1/imports").await.json();
    let checked = upload("check", &files("2021")).await;
    assert_eq!(checked.status, 303, "{}", checked.text);
    let shown = page_of(&world, Some(&cookie), checked.header("location")).await;
    assert!(shown.text.contains("validation only") && shown.text.contains("plans.json"), "{}", shown.text);
    assert!(shown.text.contains("Would be created") && shown.text.contains("are not kept"), "{}", shown.text);
    let public = world.http.get(None, "/v1/public/plans").await.json();
    assert_eq!(public["items"], serde_json::json!([]), "a check keeps nothing");

    let refused = upload("import", &files("soon")).await;
    let location = refused.header("location");
    assert!(refused.status == 303 && !location.contains("flows="), "{location} {}", refused.text);
    let shown = page_of(&world, Some(&cookie), location).await;
    assert!(shown.text.contains("One plan is invalid") && shown.text.contains("/usageYears/0/year"));
    assert_eq!(imports().await["items"].as_array().unwrap().len(), 1, "only the check sent flows on");

    let done = upload("skip", &files("soon")).await;
    let location = done.header("location").to_owned();
    let sent = location.split("flows=").nth(1).unwrap_or_else(|| panic!("{location} {}", done.text));
    let job = world.end_of(&world.token, sent.split('&').next().unwrap()).await;
    assert_eq!((text(&job["state"]), job["created"].as_i64()), ("done".into(), Some(2)));
    let all = location.replacen('?', "?verdict=created&", 1);
    let shown = page_of(&world, Some(&cookie), &all).await;
    let link = shown.text.split("href=\"/en/plans/").nth(1).unwrap().split('"').next().unwrap();
    let plan = page_of(&world, None, &format!("/en/plans/{link}")).await;
    assert!(plan.status == 200 && plan.text.contains("Afghanistan 2021"), "{}", plan.text);
    let id = location.split('?').next().unwrap().rsplit('/').next().unwrap();
    let rows = page_of(&world, Some(&cookie), &format!("/console/imports/plans/{id}/rows.csv")).await;
    assert_eq!((rows.status, rows.text.lines().count()), (200, 3), "{}", rows.text);
    for (language, heading) in [
        ("en", "Imports of response plans"),
        ("fr", "Importations de plans de réponse"),
        ("es", "Importaciones de planes de respuesta"),
    ] {
        let list = page_of(&world, Some(&cookie), &format!("/{language}/console/imports?format=fts")).await;
        assert!(list.text.contains(heading) && list.text.contains(id), "{}", list.text);
    }
    // The flows of the check are kept: they are imported without being chosen again.
    let kept = checked.header("location").split("flows=").nth(1).unwrap().split('&').next().unwrap();
    world.end_of(&world.token, kept).await;
    let shown = page_of(&world, Some(&cookie), &format!("/en/console/imports/{kept}")).await;
    assert!(shown.text.contains("Import 2 valid rows"), "{}", shown.text);
    let run = world.http.request(Method::POST, &format!("/en/console/imports/{kept}/run"));
    let run = world.http.send(run.header("cookie", &cookie).form(&[("key", "run")])).await;
    assert_eq!(run.status, 303, "{}", run.text);
    let job = world.end_of(&world.token, run.header("location").rsplit('/').next().unwrap()).await;
    assert_eq!((text(&job["state"]), job["unchanged"].as_i64()), ("done".into(), Some(2)));
    let nothing = upload("import", &[("", Vec::new())]).await;
    assert!(nothing.status == 422 && nothing.text.contains("error-summary"), "{}", nothing.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_imports_what_the_command_line_does() {
    let Some(folder) = testkit::shared_data("the_console_imports_what_the_command_line_does") else { return };
    let world = World::new().await;
    let body = serde_json::json!({ "name": "Officer", "email": "o@example.org", "password": PASSWORD,
        "roles": [{ "office_id": world.founded.office_id, "role": "donor_relations_officer" }] });
    world.create("/v1/people", body).await;
    let cookie = sign_in(&world, "o@example.org").await;
    let mut form = reqwest::multipart::Form::new();
    for name in ["flows-1.json", "flows-2.json", "flows-3.json", "plans-2020.json"] {
        let bytes = std::fs::read(folder.join("fts-afg-2020").join(name)).unwrap();
        form = form.part("file", reqwest::multipart::Part::bytes(bytes).file_name(name));
    }
    let path = "/en/console/imports?format=fts&mode=import";
    let sent = world.http.request(Method::POST, path).header("cookie", &cookie).multipart(form);
    let sent = world.http.send(sent).await;
    let location = sent.header("location").to_owned();
    let job = location.split("flows=").nth(1).unwrap_or_else(|| panic!("{location} {}", sent.text));
    let job = world.end_of(&world.token, job).await;
    assert_eq!((text(&job["state"]), job["created"].as_i64()), ("done".into(), Some(484)));
    world.settled().await;
    let funding = world.http.get(None, "/v1/public/funding?country=AFG&year=2020").await.json();
    assert_eq!(funding["funding"]["amount"], "725591299.00", "{funding}");
    let plan = page_of(&world, None, "/en/plans?year=2020").await;
    assert!(plan.text.contains("Afghanistan"), "{}", plan.text);
    world.stop().await;
}
