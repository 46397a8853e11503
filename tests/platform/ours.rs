//! Whose money is counted: the organisation's own, by its names and its ids in FTS, among all that is reported.

use super::statement::fetch;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Response, eventually, shared_data};
use tests::{PASSWORD, World, flows, page, text};

const IOM: &str = "International Organization for Migration";

async fn get(world: &World, token: Option<&str>, path: &str) -> Value {
    let answer = world.http.get(token, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

/// How many records a list has.
fn count(list: &Value) -> usize {
    list["items"].as_array().unwrap().len()
}

async fn put(world: &World, token: &str, version: Option<&str>, setting: &Value) -> Response {
    let request = world.http.request(Method::PUT, "/v1/recipient").bearer_auth(token);
    let request = version.into_iter().fold(request, |request, version| request.header("if-match", version));
    world.http.send(request.json(setting)).await
}

/// Says who the organisation is and waits until every flow has been compared, and every event applied; the progress.
async fn set(world: &World, names: &[&str], ids: &[&str]) -> Value {
    let version = world.http.get(Some(&world.token), "/v1/recipient").await.header("etag").to_owned();
    let setting = json!({ "names": names, "fts_organisation_ids": ids });
    let answer = put(world, &world.token, Some(&version), &setting).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    compared(world).await
}

async fn compared(world: &World) -> Value {
    let progress = eventually("every flow is compared", || async {
        let progress = get(world, Some(&world.token), "/v1/recipient/progress").await;
        (progress["done"] == true && progress["to_link"] == 0).then_some(progress)
    })
    .await;
    world.settled().await;
    progress
}

/// What went to the organisation of what is shown: dollars and flows.
fn ours(shown: &Value) -> (String, i64) {
    let part = &shown["of_which_ours"];
    (text(&part["funding"]["amount"]), part["flow_count"].as_i64().unwrap())
}

fn is(amount: &str, flows: i64) -> (String, i64) {
    (amount.to_owned(), flows)
}

/// The figures of the country page: everybody's, and what of them is ours.
async fn afghanistan(world: &World) -> (String, (String, i64)) {
    let funding = get(world, None, "/v1/public/funding?country=AFG&year=2020").await;
    (text(&funding["funding"]["amount"]), ours(&funding))
}

/// A world with the flows and plans of Afghanistan in 2020.
async fn with_real_data(test: &str) -> Option<World> {
    let data = shared_data(test)?.join("fts-afg-2020");
    let world = World::new().await;
    let read = |name: &str| std::fs::read(data.join(name)).unwrap();
    let plans: Value = serde_json::from_slice(&read("plans-2020.json")).unwrap();
    world.create("/v1/plan-imports", plans).await;
    world.settled().await;
    let files = ["flows-1.json", "flows-2.json", "flows-3.json"].map(|name| (name, read(name)));
    let job = world.import(&world.token, "", &files).await;
    assert_eq!(job["created"], 484, "{job}");
    compared(&world).await;
    Some(world)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_organisation_received_of_the_real_flows_is_exact_to_the_dollar() {
    let Some(world) = with_real_data("what is ours of the real data").await else { return };
    let token = Some(world.token.as_str());
    let everybody = "725591299.00".to_owned();
    // Nothing is set: the name is the organisation's own, which none of them goes to.
    let setting = get(&world, token, "/v1/recipient").await;
    assert_eq!((&setting["version"], &setting["names"]), (&json!(0), &json!(["Organisation"])));
    assert_eq!(afghanistan(&world).await, (everybody.clone(), is("0.00", 0)));
    assert_eq!(count(&get(&world, token, "/v1/contributions").await), 0);

    let progress = set(&world, &["  INTERNATIONAL organization  for migration"], &[]).await;
    assert_eq!((&progress["total"], &progress["compared"]), (&json!(484), &json!(484)), "{progress}");
    assert_eq!(progress["changed"], 14, "{progress}");
    assert_eq!(afghanistan(&world).await, (everybody.clone(), is("21457283.00", 11)));
    let plan = get(&world, None, "/v1/public/plans/929").await;
    assert_eq!((&plan["funding"]["amount"], ours(&plan)), (&json!("564467765.00"), is("20705780.00", 10)));
    let year = get(&world, None, "/v1/public/years/2020").await;
    assert_eq!(
        (ours(&year), &year["of_which_ours"]["organisation"]),
        (is("21457283.00", 11), &json!("Organisation"))
    );

    // Lists: ours, unless all are asked for; by donor, by plan, or both.
    let plans = get(&world, token, "/v1/plan-names").await;
    let plan = plans["items"].as_array().unwrap().iter().find(|plan| plan["fts_id"] == "929").unwrap();
    let of_plan = format!("plan_id={}", text(&plan["id"]));
    let of_both = format!("q=SWITZERLAND&{of_plan}");
    for (query, expected) in [
        ("", 14),
        ("scope=ours", 14),
        ("q=switzerland", 3),
        (of_plan.as_str(), 12),
        (of_both.as_str(), 1),
        ("q=norway", 0),
        ("q=norway&scope=all", 22),
        ("external_ref=fts:206840", 1),
        ("external_ref=fts:206840&scope=ours", 0),
    ] {
        let list = get(&world, token, &format!("/v1/contributions?limit=200&{query}")).await;
        assert_eq!(count(&list), expected, "{query}");
    }
    let one = &get(&world, token, "/v1/contributions?limit=1").await["items"][0];
    assert_eq!((&one["recipient"], &one["is_ours"]), (&json!(IOM), &json!(true)), "{one}");
    let csv = world.http.request(Method::GET, "/v1/contributions?scope=all").bearer_auth(&world.token);
    let csv = world.http.send(csv.header("accept", "text/csv")).await.text;
    assert!(csv.starts_with("donor,recipient,plans,id,source,external_ref,is_ours,status,"), "{csv}");

    // Figures: 2,500,000 and 751,503 were decided in 2019.
    for (query, year, total) in
        [("", 2020, "19355730.00"), ("", 2019, "3251503.00"), ("&scope=ours", 2020, "19355730.00")]
    {
        let found = get(&world, token, &format!("/v1/diversification?year={year}{query}")).await;
        assert_eq!(found["years"][0]["total"]["amount"], total, "{year} {query}");
    }
    let all = get(&world, token, "/v1/diversification?year=2020&scope=all").await;
    assert_eq!(all["scope"], "all");
    assert!(all["years"][0]["records"].as_i64().unwrap() > 250, "{all}");
    let top = get(&world, token, "/v1/governance-reports/top_donors?year=2020").await;
    assert_eq!(
        (&top["items"][0]["name"], &top["items"][0]["amount"]["amount"]),
        (&json!("United States of America, Government of"), &json!("10565000.00"))
    );
    let donors = get(&world, None, "/v1/public/donors?limit=200").await;
    assert_eq!(count(&donors), 7, "{donors}");
    assert!(count(&get(&world, None, "/v1/public/donors?limit=200&scope=all").await) >= 43);

    // By its id instead: the same flows, so nothing changes. As somebody else: what was ours no longer is.
    let progress = set(&world, &[], &["2986"]).await;
    assert_eq!((&progress["compared"], &progress["changed"]), (&json!(484), &json!(0)));
    assert_eq!(afghanistan(&world).await, (everybody.clone(), is("21457283.00", 11)));
    set(&world, &[], &[]).await;
    assert_eq!(afghanistan(&world).await, (everybody.clone(), is("0.00", 0)));
    assert_eq!(count(&get(&world, token, "/v1/contributions").await), 0);
    assert_eq!(count(&get(&world, None, "/v1/public/donors?limit=200").await), 0);
    set(&world, &[IOM], &["2986"]).await;
    assert_eq!(afghanistan(&world).await, (everybody, is("21457283.00", 11)));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_donor_s_statement_and_figures_have_what_it_gave_the_organisation() {
    let Some(world) = with_real_data("a statement of the real data").await else { return };
    set(&world, &["World Food Programme"], &[]).await;
    let found = get(&world, Some(&world.token), "/v1/donors?external_ref=fts:2930").await;
    let norway = text(&found["items"][0]["id"]);
    let statement = fetch(&world, &world.token, &norway, "").await;
    assert_eq!(statement.status, 200);
    let statement = statement.text().replace(' ', "");
    for said in ["FTS213414", "FTS216185", "1,194,412.00", "WorldFoodProgramme"] {
        assert!(statement.contains(said), "{said}: {statement}");
    }
    assert!(!statement.contains("FTS206840") && !statement.contains("NorwegianRefugee"), "{statement}");

    let representative = world.sign_in(&world.representative(&norway).await).await;
    let own = Some(representative.as_str());
    for (scope, amount, records) in
        [("", "1194412.00", 2), ("scope=ours", "1194412.00", 2), ("scope=all", "20200190.00", 22)]
    {
        let funding = get(&world, own, &format!("/v1/donors/{norway}/funding?{scope}")).await;
        assert_eq!(funding["funding"]["amount"], amount, "{scope}");
        let public = get(&world, None, &format!("/v1/public/donors/{norway}?{scope}")).await;
        assert_eq!(public["funding"]["amount"], amount, "{scope}");
        let list = get(&world, own, &format!("/v1/contributions?{scope}")).await;
        assert_eq!(count(&list), records, "{scope}");
    }
    // It knows the plans that its money goes to, and filters by one.
    let funding = get(&world, own, &format!("/v1/donors/{norway}/funding?scope=all")).await;
    let plans = funding["by_plan"].as_array().unwrap();
    let plan = plans.iter().find(|plan| plan["external_ref"] == "929").unwrap();
    let path = format!("/v1/contributions?scope=all&plan_id={}", text(&plan["plan_id"]));
    let list = get(&world, own, &path).await;
    let flows = plan["flow_count"].as_i64().unwrap();
    assert_eq!(i64::try_from(count(&list)).unwrap(), flows, "{plan}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_flow_after_the_other_is_ours_or_is_not() {
    let world = World::new().await;
    let token = Some(world.token.as_str());
    let organisation = |id: &str, name: &str| json!({ "type": "Organization", "id": id, "name": name });
    let mut records = flows(1, 4);
    records[1]["destinationObjects"][0] = organisation("7", "Example Relief");
    records[2]["destinationObjects"].as_array_mut().unwrap().push(organisation("7", "Example Relief"));
    records[3]["destinationObjects"].as_array_mut().unwrap().remove(0);
    world.import(&world.token, "", &[("a.json", page(&records))]).await;
    // A record of the organisation's own, whatever the setting.
    let donor = world.donor("Norway").await;
    let own = json!({ "donor_id": donor, "status": "paid", "decision_date": "2021-01-15", "visibility": "public",
        "amount": { "amount": "500", "currency": "USD" }, "countries": ["AFG"], "usage_years": [2021] });
    let own = world.create("/v1/contributions", own).await;
    assert_eq!((&own["recipient"], &own["is_ours"]), (&json!("Organisation"), &json!(true)));
    compared(&world).await;
    let shown = async || {
        let list = get(&world, token, "/v1/contributions?scope=all").await;
        let of = |row: &Value| {
            let recipient = row["recipient"].as_str().unwrap_or_default();
            (text(&row["source"]), recipient.to_owned(), row["is_ours"] == true)
        };
        let mut rows: Vec<_> = list["items"].as_array().unwrap().iter().map(of).collect();
        rows.sort();
        rows
    };
    let row = |source: &str, recipient: &str, is_ours| (source.to_owned(), recipient.to_owned(), is_ours);
    let expected = |organisation: bool, relief: bool| {
        let both = organisation && relief;
        vec![
            row("api", "Organisation", true),
            row("fts", "", false),
            row("fts", "Example Relief", relief),
            row("fts", "Organisation", organisation),
            row("fts", "Organisation; Example Relief", both),
        ]
    };
    let in_2021 = async || get(&world, None, "/v1/public/funding?country=AFG&year=2021").await;
    assert_eq!(shown().await, expected(true, false));
    assert_eq!(ours(&in_2021().await), is("1500.00", 2));
    set(&world, &["EXAMPLE–relief"], &[]).await;
    assert_eq!(shown().await, expected(false, true));
    assert_eq!(ours(&in_2021().await), is("1501.00", 2));
    set(&world, &["Organisation"], &["7"]).await;
    assert_eq!(shown().await, expected(true, true));
    assert_eq!(ours(&in_2021().await), is("3503.00", 4));
    set(&world, &[], &[]).await;
    assert_eq!(shown().await, expected(false, false));
    let funding = in_2021().await;
    assert_eq!((ours(&funding), &funding["funding"]["amount"]), (is("500.00", 1), &json!("4506.00")));
    // A new import of the same flows is of the setting that is there.
    for record in &mut records {
        record["versionId"] = 2.into();
        record["description"] = "Changed".into();
    }
    world.import(&world.token, "", &[("b.json", page(&records))]).await;
    assert_eq!(shown().await, expected(false, false));
    // The donor of the flows gave nothing to the organisation now; the public finds it among all.
    let found = get(&world, token, "/v1/donors?external_ref=fts:77").await;
    let donor = format!("/v1/public/donors/{}", text(&found["items"][0]["id"]));
    let given = get(&world, None, &donor).await;
    assert_eq!((&given["funding"]["amount"], &given["scope"]), (&json!("0.00"), &json!("ours")));
    let given = get(&world, None, &format!("{donor}?scope=all")).await;
    assert_eq!((&given["funding"]["amount"], &given["scope"]), (&json!("4006.00"), &json!("all")));
    let silent = world.donor("Silent").await;
    world.settled().await;
    assert_eq!(world.http.get(None, &format!("/v1/public/donors/{silent}")).await.status, 404);
    for path in ["/v1/contributions?scope=x", "/v1/public/donors?scope=x", "/v1/diversification?scope=x"] {
        let refused = world.http.get(token, path).await;
        assert_eq!((refused.status, refused.pointers()), (400, vec!["scope".to_owned()]), "{path}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headquarters_alone_says_who_the_organisation_is_and_one_of_eight_at_once() {
    let world = World::new().await;
    let office = world.office(&world.founded.office_id.to_string(), "country").await;
    let country = world.client(&office, &["agreements:read", "donors:write"]).await;
    let setting = json!({ "names": ["One"], "fts_organisation_ids": ["1"] });
    assert_eq!(put(&world, &world.token, None, &setting).await.status, 428);
    assert_eq!(put(&world, &world.token, Some("\"1\""), &setting).await.status, 412);
    world.settled().await;
    assert_eq!(get(&world, Some(&country), "/v1/recipient").await["version"], 0);
    assert_eq!(put(&world, &country, Some("\"0\""), &setting).await.status, 403);
    let donor = world.sign_in(&world.representative(&world.donor("Norway").await).await).await;
    for path in ["/v1/recipient", "/v1/recipient/progress"] {
        assert_eq!(world.http.get(Some(&donor), path).await.status, 404, "{path}");
    }
    let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
    for (names, ids, pointer) in [
        (json!([""]), json!([]), "/names/0"),
        (json!(["One", "—"]), json!([]), "/names/1"),
        (json!(["x".repeat(301)]), json!([]), "/names/0"),
        (json!([]), json!(["1", ""]), "/fts_organisation_ids/1"),
        (json!(many), json!([]), "/names"),
        (json!([]), json!(many), "/fts_organisation_ids"),
    ] {
        let wrong = json!({ "names": names, "fts_organisation_ids": ids });
        let refused = put(&world, &world.token, Some("\"0\""), &wrong).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec![pointer.to_owned()]), "{}", refused.text);
    }
    let at_once = join_all((0..8).map(|number| {
        let setting = json!({ "names": [format!("Name {number}")], "fts_organisation_ids": [] });
        let world = &world;
        async move { put(world, &world.token, Some("\"0\""), &setting).await.status }
    }));
    let mut statuses = at_once.await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    // Each name and each id once, on one line.
    let twice =
        json!({ "names": ["  One  two ", "ONE TWO", "Three"], "fts_organisation_ids": ["2986", " 2986 "] });
    let answer = put(&world, &world.token, Some("\"1\""), &twice).await;
    assert_eq!((answer.status, answer.header("etag")), (200, "\"2\""), "{}", answer.text);
    let setting = get(&world, Some(&world.token), "/v1/recipient").await;
    assert_eq!(
        (&setting["names"], &setting["fts_organisation_ids"]),
        (&json!(["One two", "Three"]), &json!(["2986"]))
    );
    // Another organisation has its own.
    let (_, other) = world.other_organisation("OTHER").await;
    world.settled().await;
    let theirs = get(&world, Some(&other), "/v1/recipient").await;
    assert_eq!((&theirs["version"], &theirs["names"]), (&json!(0), &json!(["Another organisation"])));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_says_who_the_organisation_is_and_pages_say_whose_money_they_show() {
    let world = World::new().await;
    let mut records = flows(1, 3);
    records[1]["destinationObjects"][0]["name"] = "Example Relief".into();
    records[2]["sourceObjects"][0]["id"] = "78".into();
    records[2]["sourceObjects"][0]["name"] = "Norway".into();
    world.import(&world.token, "", &[("a.json", page(&records))]).await;
    world.settled().await;
    let roles = json!([{ "office_id": world.founded.office_id, "role": "donor_relations_officer" }]);
    let person = json!({ "name": "Officer", "email": "o@example.org", "password": PASSWORD, "roles": roles });
    world.create("/v1/people", person).await;
    let form = [("email", "o@example.org"), ("password", PASSWORD)];
    let answer = world.http.send(world.http.request(Method::POST, "/en/sign-in").form(&form)).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let shown = async |path: &str| {
        let answer = world.http.send(world.http.request(Method::GET, path).header("cookie", &cookie)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    };
    let save = async |version: &str, names: &str| {
        let form = [("version", version), ("names", names), ("fts_organisation_ids", "")];
        let request = world.http.request(Method::POST, "/en/console/who-we-are").header("cookie", &cookie);
        world.http.send(request.form(&form)).await
    };
    let setting = shown("/en/console/who-we-are").await;
    assert!(setting.contains(">Organisation</textarea>"), "{setting}");
    let refused = save("0", "Example Relief\r\n—").await;
    assert_eq!(refused.status, 422);
    for said in ["href=\"#names\"", "Example Relief", "error-summary"] {
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
    }
    let saved = save("0", "Example Relief\r\n\r\nOrganisation").await;
    assert_eq!((saved.status, saved.header("location")), (303, "/en/console/who-we-are"), "{}", saved.text);
    assert_eq!(save("0", "Another").await.status, 412);
    compared(&world).await;
    let setting = shown("/en/console/who-we-are").await;
    assert!(
        setting.contains("All 3 flows reported before this setting was saved have been compared"),
        "{setting}"
    );
    assert_eq!(save("1", "Organisation").await.status, 303);
    compared(&world).await;

    for (query, rows) in [("", 2), ("?scope=all", 3), ("?q=norway", 1), ("?q=examplia&scope=all", 2)] {
        let list = shown(&format!("/en/console/contributions{query}")).await;
        assert_eq!(list.matches("<th scope=\"row\"").count(), rows, "{query}: {list}");
    }
    let list = shown("/fr/console/contributions?scope=all").await;
    assert!(list.contains("Example Relief") && list.contains("Organisation destinataire"), "{list}");
    let figures = shown("/en/console/diversification?year=2021&scope=all").await;
    assert!(figures.contains("<data value=\"3003.00\"") && figures.contains("scope=all"), "{figures}");
    let figures = shown("/en/console/governance?from=2021&to=2021").await;
    assert!(figures.contains("<data value=\"2002.00\""), "{figures}");
    let country = shown("/en/countries/AFG?year=2021").await;
    for said in ["<data value=\"3003.00\"", "of which to Organisation", "<data value=\"2002.00\""] {
        assert!(country.contains(said), "{said}: {country}");
    }
    let found = get(&world, Some(&world.token), "/v1/donors?external_ref=fts:77").await;
    let donor = format!("/en/donors/{}", text(&found["items"][0]["id"]));
    assert!(shown(&donor).await.contains("<data value=\"1000.00\""));
    assert!(shown(&format!("{donor}?scope=all")).await.contains("<data value=\"2001.00\""));
    world.stop().await;
}
