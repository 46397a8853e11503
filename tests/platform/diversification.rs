//! How money is spread over donors: figures worked out by hand, whose they are, the donors behind them, and the reports.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{PASSWORD, World, flows, page, text};

/// Two country offices under a region under headquarters.
struct Scene {
    world: World,
    region: String,
    chad: String,
    niger: String,
    norway: String,
    league: String,
    fund: String,
}

async fn donor(world: &World, name: &str, kind: &str, segment: &str) -> String {
    text(&world.create("/v1/donors", json!({ "name": name, "type": kind, "segment": segment })).await["id"])
}

impl Scene {
    async fn give(&self, office: &str, donor: &str, dollars: u32, more: Value) {
        let mut body = json!({ "donor_id": donor, "office_id": office, "status": "paid",
            "amount": { "amount": dollars.to_string(), "currency": "USD" } });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.world.create("/v1/contributions", body).await;
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.world.http.get(Some(&self.world.token), path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    async fn year(&self, year: i32, office: &str) -> Value {
        let found = self.get(&format!("/v1/diversification?year={year}&office_id={office}")).await;
        found["years"][0].clone()
    }
}

/// 2025 in dollars: Norway 500 unearmarked and 100 earmarked to Chad, the League 300 softly earmarked to Chad and Niger,
/// the Fund 100 to Niger and Afghanistan. 2024: the League 50. 2020: Norway 10. And what never counts: a pledge.
async fn scene() -> Scene {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let region = world.office(&headquarters, "regional").await;
    let (chad, niger) = (world.office(&region, "country").await, world.office(&region, "country").await);
    let norway = donor(&world, "Norway", "government", "traditional").await;
    let league = donor(&world, "League", "intergovernmental", "emerging").await;
    let fund = donor(&world, "Fund", "private_sector", "private").await;
    world.settled().await;
    let scene = Scene { world, region, chad, niger, norway, league, fund };
    let of = |day: &str, earmarking: &str, years: &[i32], countries: &[&str]| json!({ "decision_date": day, "earmarking": earmarking, "usage_years": years, "countries": countries });
    let s = &scene;
    s.give(&s.chad, &s.norway, 500, of("2025-01-01", "unearmarked", &[2025, 2026], &["TCD"])).await;
    s.give(&s.chad, &s.norway, 100, of("2025-12-31", "earmarked", &[2025], &["TCD"])).await;
    s.give(&s.chad, &s.league, 100, of("2025-06-01", "softly_earmarked", &[2025], &["TCD", "NER"])).await;
    let by_flow_date =
        json!({ "flow_date": "2025-06-01", "earmarking": "softly_earmarked", "countries": ["NER"] });
    s.give(&s.niger, &s.league, 200, by_flow_date).await;
    let unstated =
        json!({ "decision_date": "2025-06-01", "status": "commitment", "countries": ["NER", "AFG"] });
    s.give(&s.niger, &s.fund, 100, unstated).await;
    s.give(&s.niger, &s.fund, 9000, json!({ "decision_date": "2025-06-01", "status": "pledge" })).await;
    s.give(&s.chad, &s.league, 50, of("2024-06-01", "earmarked", &[2024], &["TCD"])).await;
    s.give(&s.chad, &s.norway, 10, of("2020-06-01", "earmarked", &[2020], &[])).await;
    scene
}

fn part(year: &Value, division: &str, key: &str) -> (String, String, i64) {
    let parts = year[division].as_array().unwrap();
    let part = parts.iter().find(|part| part["key"] == key).unwrap();
    let share = part["share_percent"].as_str().unwrap_or("-");
    (text(&part["amount"]["amount"]), share.to_owned(), part["count"].as_i64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_those_worked_out_by_hand_for_every_office_above() {
    let scene = scene().await;
    let is = |amount: &str, share: &str, count: i64| (amount.to_owned(), share.to_owned(), count);
    let headquarters = scene.world.founded.office_id.to_string();
    let year = scene.year(2025, &headquarters).await;
    assert_eq!(year["total"]["amount"], "1000.00");
    assert_eq!((&year["records"], &year["donors"]), (&json!(5), &json!(3)));
    assert_eq!(part(&year, "by_type", "government"), is("600.00", "60.0", 1));
    assert_eq!(part(&year, "by_type", "intergovernmental"), is("300.00", "30.0", 1));
    assert_eq!(part(&year, "by_type", "civil_society"), is("0.00", "0.0", 0));
    assert_eq!(part(&year, "by_segment", "private"), is("100.00", "10.0", 1));
    assert_eq!(part(&year, "by_earmarking", "softly_earmarked"), is("300.00", "30.0", 2));
    assert_eq!(part(&year, "by_earmarking", "not_stated"), is("100.00", "10.0", 1));
    // Chad and Niger are both in Africa; Niger and Afghanistan are in two regions.
    assert_eq!(part(&year, "by_region", "2"), is("900.00", "90.0", 4));
    assert_eq!(part(&year, "by_region", "several"), is("100.00", "10.0", 1));
    // 60² + 30² + 10².
    assert_eq!(year["herfindahl"], 4600);
    assert_eq!(
        (&year["top_10"]["amount"], &year["top_10_share_percent"]),
        (&json!("1000.00"), &json!("100.0"))
    );
    assert_eq!(
        (&year["flexible"]["amount"], &year["flexible_share_percent"]),
        (&json!("800.00"), &json!("80.0"))
    );
    assert_eq!(year["multi_year_share_percent"], "50.0");
    // Norway gave in 2020, which is within five years; the League gave in 2024.
    assert_eq!((&year["new_donors"], &year["new_amount"]["amount"]), (&json!(1), &json!("100.00")));
    assert_eq!(year["lapsed_donors"], 0);
    let next = scene.year(2026, &headquarters).await;
    assert_eq!((&next["lapsed_donors"], &next["lapsed_amount"]["amount"]), (&json!(3), &json!("1000.00")));
    assert_eq!((&next["herfindahl"], &next["flexible_share_percent"]), (&Value::Null, &Value::Null));
    assert_eq!(scene.year(2025, &scene.region).await, year, "the region has everything below it");
    // Chad alone: 600 and 100; 85.71² + 14.29².
    let chad = scene.year(2025, &scene.chad).await;
    assert_eq!((&chad["total"]["amount"], &chad["herfindahl"]), (&json!("700.00"), &json!(7551)));
    // In Niger the League is new: what it gave Chad in 2024 is not Niger's.
    let niger = scene.year(2025, &scene.niger).await;
    assert_eq!((&niger["total"]["amount"], &niger["new_donors"]), (&json!("300.00"), &json!(2)));
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_donor_s_new_type_moves_its_money_and_the_rows_lead_to_the_records() {
    let scene = scene().await;
    let headquarters = scene.world.founded.office_id.to_string();
    let path = format!("/v1/donors/{}", scene.fund);
    let request = scene.world.http.request(Method::PUT, &path).bearer_auth(&scene.world.token);
    let renamed = json!({ "name": "Fund", "type": "civil_society", "segment": "emerging" });
    let answer = scene.world.http.send(request.header("if-match", "\"1\"").json(&renamed)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let year = scene.year(2025, &headquarters).await;
    assert_eq!(part(&year, "by_type", "civil_society").0, "100.00");
    assert_eq!(part(&year, "by_type", "private_sector").0, "0.00");
    assert_eq!(part(&year, "by_segment", "emerging"), ("400.00".to_owned(), "40.0".to_owned(), 2));

    let rows = async |figure: &str| -> Vec<(String, String)> {
        let list = scene.get(&format!("/v1/diversification/rows?year={figure}")).await;
        let row = |row: &Value| (text(&row["donor_name"]), text(&row["amount"]["amount"]));
        list["items"].as_array().unwrap().iter().map(row).collect()
    };
    let is = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
        rows.iter().map(|(name, amount)| ((*name).to_owned(), (*amount).to_owned())).collect()
    };
    assert_eq!(
        rows("2025&measure=total").await,
        is(&[("Norway", "600.00"), ("League", "300.00"), ("Fund", "100.00")])
    );
    assert_eq!(rows("2025&measure=top_10").await.len(), 3);
    assert_eq!(rows("2025&measure=type&key=civil_society").await, is(&[("Fund", "100.00")]));
    assert_eq!(
        rows("2025&measure=segment&key=emerging").await,
        is(&[("League", "300.00"), ("Fund", "100.00")])
    );
    assert_eq!(rows("2025&measure=earmarking&key=not_stated").await, is(&[("Fund", "100.00")]));
    assert_eq!(rows("2025&measure=flexible").await, is(&[("Norway", "500.00"), ("League", "300.00")]));
    assert_eq!(rows("2025&measure=multi_year").await, is(&[("Norway", "500.00")]));
    assert_eq!(rows("2025&measure=new").await, is(&[("Fund", "100.00")]));
    assert_eq!(rows("2026&measure=lapsed").await.len(), 3);
    // Page by page it is the same list.
    let first = scene.get("/v1/diversification/rows?year=2025&measure=total&limit=2").await;
    let cursor = text(&first["next_cursor"]);
    let rest =
        scene.get(&format!("/v1/diversification/rows?year=2025&measure=total&limit=2&cursor={cursor}")).await;
    assert_eq!((&rest["items"][0]["donor_name"], &rest["next_cursor"]), (&json!("Fund"), &Value::Null));
    // A row leads to the records behind it: the pledge is none of them.
    assert_eq!(rest["items"][0]["donor_id"], scene.fund.as_str());
    let records = scene.get(rest["items"][0]["contributions"].as_str().unwrap()).await;
    assert_eq!(records["items"].as_array().unwrap().len(), 1, "{records}");
    let path = format!("/v1/contributions?counted_year=2025&within_office_id={}", scene.niger);
    assert_eq!(scene.get(&path).await["items"].as_array().unwrap().len(), 2);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offices_see_their_subtree_donors_see_nothing_and_bad_questions_are_named() {
    let scene = scene().await;
    let chad = scene.world.client(&scene.chad, &["contributions:read"]).await;
    let email = scene.world.representative(&scene.norway).await;
    let donor = scene.world.sign_in(&email).await;
    let headquarters = scene.world.founded.office_id.to_string();
    for path in [
        "/v1/diversification?x",
        "/v1/diversification/rows?year=2025&measure=total&x",
        "/v1/governance-reports/by_type?x",
    ] {
        let at = |office: &str| path.replace("x", &format!("office_id={office}"));
        for (token, office, status) in [
            (&chad, &scene.chad, 200),
            (&chad, &scene.niger, 404),
            (&chad, &scene.region, 404),
            (&chad, &headquarters, 404),
            (&donor, &scene.chad, 403),
        ] {
            let answer = scene.world.http.get(Some(token), &at(office)).await;
            assert_eq!(answer.status, status, "{path} {office}: {}", answer.text);
        }
    }
    let own = scene.world.http.get(Some(&chad), "/v1/diversification?year=2025").await.json();
    assert_eq!(
        (&own["office_id"], &own["years"][0]["total"]["amount"]),
        (&json!(scene.chad), &json!("700.00"))
    );
    let rows =
        scene.world.http.get(Some(&chad), "/v1/diversification/rows?year=2025&measure=total").await.json();
    assert_eq!(rows["items"].as_array().unwrap().len(), 2, "the Fund gave Niger alone");
    for (path, field) in [
        ("/v1/diversification?year=1200", "year"),
        ("/v1/diversification?year=2025&from=2024", "year"),
        ("/v1/diversification?from=2025&to=2024", "to"),
        ("/v1/diversification?from=1950&to=2024", "from"),
        ("/v1/diversification/rows?year=2025", "measure"),
        ("/v1/diversification/rows?year=2025&measure=luck", "measure"),
        ("/v1/diversification/rows?year=2025&measure=type", "key"),
        ("/v1/diversification/rows?year=2025&measure=type&key=luck", "key"),
        ("/v1/diversification/rows?year=2025&measure=new&key=government", "key"),
        ("/v1/contributions?counted_year=0", "counted_year"),
    ] {
        let answer = scene.world.http.get(Some(&scene.world.token), path).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        assert!(answer.text.contains(field), "{path} does not name {field}: {}", answer.text);
    }
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_for_governing_bodies_stand_beside_the_year_before() {
    let scene = scene().await;
    let lines = async |report: &str| -> Vec<[String; 4]> {
        let list = scene.get(&format!("/v1/governance-reports/{report}?year=2025")).await;
        let line = |line: &Value| {
            let share = line["share_percent"].as_str().unwrap_or("-").to_owned();
            [text(&line["name"]), text(&line["amount"]["amount"]), share, text(&line["previous"]["amount"])]
        };
        list["items"].as_array().unwrap().iter().map(line).collect()
    };
    let is = |lines: &[[&str; 4]]| -> Vec<[String; 4]> {
        lines.iter().map(|line| line.map(str::to_owned)).collect()
    };
    let total = ["Total", "1000.00", "100.0", "50.00"];
    assert_eq!(
        lines("top_donors").await,
        is(&[
            ["Norway", "600.00", "60.0", "0.00"],
            ["League", "300.00", "30.0", "50.00"],
            ["Fund", "100.00", "10.0", "0.00"],
            total,
        ])
    );
    assert_eq!(
        lines("by_region").await,
        is(&[["Africa", "900.00", "90.0", "50.00"], ["Several regions", "100.00", "10.0", "0.00"], total])
    );
    assert_eq!(lines("by_type").await.len(), 4);
    assert_eq!(lines("by_earmarking").await.len(), 5);
    assert_eq!(lines("year_on_year").await[0], ["Flexible", "800.00", "80.0", "0.00"].map(str::to_owned));
    let unknown = scene.world.http.get(Some(&scene.world.token), "/v1/governance-reports/luck").await;
    assert_eq!(unknown.status, 404);
    let file = async |media_type: &str| {
        let request = scene.world.http.request(Method::GET, "/v1/governance-reports/by_type?year=2025");
        let request = request.bearer_auth(&scene.world.token).header("accept", media_type);
        request.send().await.unwrap()
    };
    let csv = file("text/csv").await.text().await.unwrap();
    assert!(csv.starts_with("year,key,name,amount_usd,"), "{csv}");
    assert!(csv.contains("2025,government,Government,600.00,60.0,1,0.00,600.00,"), "{csv}");
    let xlsx = file("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet").await;
    assert_eq!(xlsx.headers()["content-disposition"], "attachment; filename=\"by-type.xlsx\"");
    assert!(xlsx.bytes().await.unwrap().starts_with(b"PK"));
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_counts_and_importing_again_counts_nothing_twice() {
    let world = World::new().await;
    world.import(&world.token, "", &[("a.json", page(&flows(1, 40)))]).await;
    let counted = async || {
        let found = world.http.get(Some(&world.token), "/v1/diversification?from=2010&to=2026").await.json();
        let years = found["years"].as_array().unwrap().clone();
        years.iter().map(|year| year["records"].as_i64().unwrap()).sum::<i64>()
    };
    let mut listed = 0;
    for year in 2010..=2026 {
        let path = format!("/v1/contributions?counted_year={year}&limit=200");
        let list = world.http.get(Some(&world.token), &path).await.json();
        listed += i64::try_from(list["items"].as_array().unwrap().len()).unwrap();
    }
    let first = counted().await;
    assert!(first > 0 && first == listed, "{first} {listed}");
    world.import(&world.token, "", &[("a.json", page(&flows(1, 40)))]).await;
    assert_eq!(counted().await, first);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_draws_the_figures_and_leads_to_what_is_behind_them() {
    let scene = scene().await;
    let world = &scene.world;
    let roles = json!([{ "office_id": world.founded.office_id, "role": "auditor" }]);
    let person = json!({ "name": "Auditor", "email": "a@example.org", "password": PASSWORD, "roles": roles });
    world.create("/v1/people", person).await;
    let form = [("email", "a@example.org"), ("password", PASSWORD)];
    let answer = world.http.send(world.http.request(Method::POST, "/en/sign-in").form(&form)).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let shown = async |path: &str| {
        let answer = world.http.send(world.http.request(Method::GET, path).header("cookie", &cookie)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    };
    let dashboard = shown("/en/console/diversification?year=2025").await;
    assert!(dashboard.contains("<h2 id=\"of-year\">2025 at a glance"), "{dashboard}");
    for figure in ["4,600", "<data value=\"1000.00\">", "80.0%", "drawn-type", "drawn-segment"] {
        assert!(dashboard.contains(figure), "{figure}: {dashboard}");
    }
    // Every link of the page to what is behind a figure leads somewhere.
    let links: std::collections::BTreeSet<String> = dashboard
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|link| link.contains("/console/diversification/"))
        .map(|link| link.replace("&amp;", "&"))
        .collect();
    assert!(links.len() > 20, "{links:?}");
    for link in &links {
        shown(link).await;
    }
    let rows = shown("/fr/console/diversification/donors?year=2025&measure=type&key=government").await;
    assert!(rows.contains("Norway") && !rows.contains("League"), "{rows}");
    let path = format!("/es/console/diversification?office_id={}&from=2024&to=2025", scene.chad);
    assert!(shown(&path).await.contains("<data value=\"700.00\">"));
    for report in ["top_donors", "by_type", "by_earmarking", "by_region", "year_on_year"] {
        let page = shown(&format!("/en/console/governance?report={report}&from=2025&to=2025")).await;
        assert!(page.contains("<data value=\"1000.00\">"), "{report}: {page}");
        let csv = shown(&format!("/en/console/governance/{report}.csv?from=2025&to=2025")).await;
        assert!(csv.contains("2025,total,Total,1000.00,100.0,"), "{report}: {csv}");
    }
    let email = world.representative(&scene.norway).await;
    let form = [("email", email.as_str()), ("password", PASSWORD)];
    let answer = world.http.send(world.http.request(Method::POST, "/en/sign-in").form(&form)).await;
    let donor = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let request = world.http.request(Method::GET, "/en/console/diversification").header("cookie", &donor);
    assert_eq!(world.http.send(request).await.status, 404);
    scene.world.stop().await;
}
