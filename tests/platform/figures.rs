//! One public figure: pages and the API that answer one question show one number, and where two questions differ, the parts
//! in which they do add up.

use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tests::{World, flows, page, text};

/// Without a limit that a crawl would meet.
const UNLIMITED: &str = "gateway.burst = 100000\ngateway.requests_per_second = 10000";
/// Pages that a crawl reads at most: a page that leads to ever more of them fails.
const MAX_PAGES: usize = 2000;

/// Of each question, by its key, the numbers that were shown, and on which pages.
type Shown = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

async fn get(world: &World, path: &str) -> Value {
    let answer = world.http.get(None, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

/// Every figure of a page: its key and its value.
fn marked(html: &str) -> Vec<(String, String)> {
    let tags = html.split("<data").skip(1).filter_map(|rest| rest.split('>').next());
    let figure =
        |tag: &str| Some((attribute(tag, "data-figure")?.to_owned(), attribute(tag, "value")?.to_owned()));
    tags.filter_map(figure).collect()
}

/// The public pages that a page leads to.
fn links(path: &str, html: &str) -> Vec<String> {
    let own = path.split('?').next().unwrap_or_default();
    let main = html.split_once("<main").map_or(html, |(_, main)| main);
    let addresses = main.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let addresses = addresses.map(|address| {
        let address = address.replace("&amp;", "&");
        let address = address.split('#').next().unwrap_or_default().to_owned();
        if address.starts_with('?') { format!("{own}{address}") } else { address }
    });
    let is_file = |path: &str| path.contains("/data/") || path.ends_with(".csv") || path.ends_with(".xlsx");
    let is_public = |address: &String| {
        let path = address.split('?').next().unwrap_or_default();
        path.starts_with("/en") && !path.contains("/sign-in") && !is_file(path)
    };
    addresses.filter(is_public).collect()
}

/// Reads every public page that others lead to, from the home page and some searches on.
async fn crawled(world: &World) -> Shown {
    let mut shown = Shown::new();
    let starts = ["/en", "/en/figures", "/en/search?q=a", "/en/search?q=sudan", "/en/search?q=afghanistan"];
    let mut waiting: VecDeque<String> = starts.map(str::to_owned).into();
    let mut known: BTreeSet<String> = waiting.iter().cloned().collect();
    while let Some(path) = waiting.pop_front() {
        assert!(known.len() < MAX_PAGES, "{} pages lead on", waiting.len());
        let answer = world.http.send(world.http.request(Method::GET, &path)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        for (key, value) in marked(&answer.text) {
            shown.entry(key).or_default().entry(value).or_default().insert(path.clone());
        }
        for link in links(&path, &answer.text) {
            if known.insert(link.clone()) {
                waiting.push_back(link);
            }
        }
    }
    shown
}

/// No question has two answers, some are on several pages, and the list of figures knows them.
async fn agree(world: &World, shown: &Shown, years: &[i32]) {
    let contradictions: Vec<_> = shown.iter().filter(|(_, values)| values.len() > 1).collect();
    assert!(contradictions.is_empty(), "{contradictions:#?}");
    let pages = |values: &BTreeMap<String, BTreeSet<String>>| {
        let of_kinds = values.values().flatten().map(|path| path.split('?').next().unwrap_or_default());
        of_kinds.collect::<BTreeSet<_>>().len()
    };
    let compared = shown.values().filter(|values| pages(values) > 1).count();
    assert!(compared >= 5, "only {compared} figures stand on several pages");
    let mut asked = BTreeSet::new();
    for year in years {
        for figure in every_figure(world, *year).await {
            let Some(pointer) = figure["pointer"].as_str() else { continue };
            let address = text(&figure["address"]);
            if asked.insert((address.clone(), pointer.to_owned())) {
                let answer = get(world, &address).await;
                let given = answer.pointer(pointer).unwrap_or(&Value::Null);
                let expected =
                    if figure["percent"].is_null() { &figure["amount"] } else { &figure["percent"] };
                assert_eq!(given, expected, "{figure}");
            }
        }
    }
    assert!(asked.len() >= 8, "{asked:?}");
}

async fn every_figure(world: &World, year: i32) -> Vec<Value> {
    let (mut figures, mut cursor) = (Vec::new(), String::new());
    loop {
        let list = get(world, &format!("/v1/public/figures?year={year}&limit=200{cursor}")).await;
        figures.extend(list["items"].as_array().unwrap().iter().cloned());
        match list["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return figures,
        }
    }
}

fn cents(money: &Value) -> i64 {
    money["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
}

/// The parts of a year, and of each plan, are together what they are parts of.
async fn adds_up(world: &World, year: i32) {
    let of_it = get(world, &format!("/v1/public/years/{year}")).await;
    let (plans, parts) = (&of_it["plans"], &of_it["parts"]);
    let sum = |of: &Value, names: [&str; 4]| names.iter().map(|name| cents(&of[*name])).sum::<i64>();
    assert_eq!(
        sum(plans, ["in_year", "other_years", "elsewhere", "several_plans"]),
        cents(&plans["funding"])
    );
    assert_eq!(
        sum(parts, ["plans", "within_plans", "other_plans", "outside_plans"]),
        cents(&of_it["funding"])
    );
    let countries = get(world, &format!("/v1/public/countries?year={year}&limit=200")).await;
    let countries = countries["items"].as_array().unwrap();
    let in_all: i64 = countries.iter().map(|entry| cents(&entry["funding"])).sum();
    assert_eq!(in_all, cents(&of_it["funding"]));
    let list = get(world, &format!("/v1/public/plans?year={year}&limit=200")).await;
    for plan in list["items"].as_array().unwrap() {
        let plan = get(world, &format!("/v1/public/plans/{}", text(&plan["id"]))).await;
        let counted = &plan["counted"];
        let in_countries = counted["by_country_year"].as_array().unwrap();
        let in_countries: i64 = in_countries.iter().map(|entry| cents(&entry["funding"])).sum();
        let beside = cents(&counted["elsewhere"]["funding"]) + cents(&counted["several_plans"]["funding"]);
        assert_eq!(in_countries + beside, cents(&plan["funding"]), "{plan}");
    }
}

/// Two plans of 2026, one of them of 2025 as well; money that is shared, outside plans, or promised.
async fn scene(world: &World) -> [String; 2] {
    let plan = async |name: &str, country: &str, years: &[i32], requirement: &str| {
        let plan = json!({ "name": name, "plan_type": "crisis_response_plan", "countries": [country], "years": years,
            "original_requirement": { "amount": requirement, "currency": "USD" }, "visibility": "public" });
        text(&world.create("/v1/plans", plan).await["id"])
    };
    let sudan = plan("Sudan plan 2026", "SDN", &[2026], "1000").await;
    let chad = plan("Chad plan", "TCD", &[2025, 2026], "400").await;
    let donors = [world.donor("Norway, Government of").await, world.donor("Sweden, Government of").await];
    for (donor, status, amount, countries, year, plans) in [
        (0, "paid", "100.40", vec!["SDN"], 2026, vec![&sudan]),
        (1, "commitment", "7", vec!["SDN", "TCD"], 2026, vec![&sudan]),
        (0, "paid", "50", vec!["SDN"], 2026, vec![]),
        (1, "pledge", "30", vec!["TCD"], 2026, vec![]),
        (1, "paid", "20", vec!["TCD"], 2025, vec![&chad]),
        (0, "paid", "30", vec!["TCD"], 2026, vec![&chad]),
        (0, "paid", "5", vec!["TCD"], 2024, vec![]),
    ] {
        let body = json!({ "donor_id": donors[donor], "status": status, "decision_date": "2024-02-03",
            "amount": { "amount": amount, "currency": "USD" }, "countries": countries, "usage_years": [year],
            "plan_ids": plans, "visibility": "public" });
        world.create("/v1/contributions", body).await;
    }
    world.settled().await;
    [sudan, chad]
}

#[tokio::test(flavor = "multi_thread")]
async fn any_two_pages_that_answer_one_question_show_one_number() {
    let world = World::with(UNLIMITED).await;
    let [sudan, _] = scene(&world).await;
    let year = get(&world, "/v1/public/years/2026").await;
    let amounts = |of: &Value, names: &[&str]| -> Vec<String> {
        names.iter().map(|name| text(&of[*name]["amount"])).collect()
    };
    let plans = ["requirement", "funding", "in_year", "other_years", "elsewhere", "several_plans", "gap"];
    assert_eq!(
        amounts(&year["plans"], &plans),
        ["1400.00", "157.40", "130.40", "20.00", "7.00", "0.00", "1242.60"]
    );
    assert_eq!(
        (&year["plans"]["plan_count"], &year["plans"]["coverage_percent"]),
        (&json!(2), &json!("11.2"))
    );
    let parts = ["plans", "within_plans", "other_plans", "outside_plans"];
    assert_eq!(amounts(&year["parts"], &parts), ["130.40", "0.00", "0.00", "50.00"]);
    assert_eq!(year["funding"]["amount"], "180.40");
    let country = get(&world, "/v1/public/funding?country=SDN&year=2026").await;
    assert_eq!(
        amounts(&country["by_plan"][0], &["funding", "plan_funding", "within_plan"]),
        ["100.40", "107.40", "0.00"]
    );
    let plan = get(&world, &format!("/v1/public/plans/{sudan}")).await;
    assert_eq!(
        country["by_plan"][0]["coverage_percent"], plan["coverage_percent"],
        "one coverage of one plan"
    );
    assert_eq!(plan["counted"]["elsewhere"]["funding"]["amount"], "7.00");
    for year in [2024, 2025, 2026] {
        adds_up(&world, year).await;
    }
    let shown = crawled(&world).await;
    agree(&world, &shown, &[2024, 2025, 2026]).await;
    let value = |key: &str| shown[key].keys().next().unwrap().as_str();
    assert_eq!(value("reported_to_plans|2026"), "157.40");
    assert_eq!(value("outside_plans|2026"), "50.00");
    assert_eq!(value(&format!("reported_to_country_for_plan|SDN,2026,{sudan}")), "100.40");
    assert!(shown[&format!("reported_to_plan|{sudan}")]["107.40"].len() > 3, "{shown:#?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_without_requirements_says_so_and_shows_no_gap_of_nothing() {
    let world = World::with(UNLIMITED).await;
    scene(&world).await;
    let year = get(&world, "/v1/public/years/2024").await;
    assert_eq!((&year["plans"]["requirement"], &year["plans"]["gap"]), (&Value::Null, &Value::Null));
    let listed = get(&world, "/v1/public/years").await;
    let years: Vec<i64> =
        listed["items"].as_array().unwrap().iter().map(|year| year["year"].as_i64().unwrap()).collect();
    assert_eq!(years, [2026, 2025, 2024]);
    for (language, said) in [
        ("en", "No requirement is recorded for 2024."),
        ("fr", "Aucun besoin n’est enregistré pour 2024."),
        ("es", "No hay necesidades registradas para 2024."),
    ] {
        let home = world.http.get(None, &format!("/{language}?year=2024")).await;
        assert_eq!(home.status, 200, "{}", home.text);
        assert!(home.text.contains(said) && !home.text.contains("class=\"gap\""), "{}", home.text);
    }
    let home = world.http.get(None, "/en?year=2026").await.text;
    assert!(
        home.contains("All reported funding, in and outside plans") && home.contains("class=\"gap\""),
        "{home}"
    );
    // Whole dollars in tables; the exact amount is in the title.
    let country = world.http.get(None, "/en/countries/SDN?year=2026").await.text;
    assert!(country.contains("title=\"US$100.40\">US$100</data>"), "{country}");
    let figures = world.http.get(None, "/en/figures?year=2026&question=gap_of_plans").await.text;
    assert!(figures.contains("/v1/public/years/2026") && figures.contains("US$1,243"), "{figures}");
    let file = world.http.get(None, "/figures.csv?year=2026").await;
    assert!(file.status == 200 && file.text.starts_with("question,"), "{}", file.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_figures_calls_donors_what_its_reader_calls_them() {
    let world = World::with(UNLIMITED).await;
    let norway = json!({ "name": "Norway", "name_fr": "Norvège", "type": "government", "country": "NOR" });
    let norway = text(&world.create("/v1/donors", norway).await["id"]);
    let given = json!({ "donor_id": norway, "status": "paid", "countries": ["SDN"], "usage_years": [2026],
        "amount": { "amount": "100", "currency": "USD" }, "visibility": "public" });
    world.create("/v1/contributions", given).await;
    world.settled().await;
    for question in ["reported_by_donor", "reported_by_donor_in_year", "reported_to_country_by_donor"] {
        let query = format!("year=2026&question={question}");
        let figure = get(&world, &format!("/v1/public/figures?{query}")).await["items"][0].clone();
        let names = ["donor_name", "donor_name_fr", "donor_name_es"].map(|name| figure[name].clone());
        assert_eq!(names, [json!("Norway"), json!("Norvège"), Value::Null], "{question}");
        for (language, name, other) in
            [("en", "Norway", "Norvège"), ("fr", "Norvège", "Norway"), ("es", "Norway", "Norvège")]
        {
            let page = world.http.get(None, &format!("/{language}/figures?{query}")).await.text;
            let shown = |name: &str| page.contains(&format!("<bdi>{name}</bdi>"));
            assert!(shown(name) && !shown(other), "{language} {question}: {page}");
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_the_real_flows_agree_and_add_up() {
    let Some(data) = testkit::shared_data("one public figure on the real data") else { return };
    let data = data.join("fts-afg-2020");
    let world = World::with(UNLIMITED).await;
    let plans: Value = serde_json::from_slice(&std::fs::read(data.join("plans-2020.json")).unwrap()).unwrap();
    let imported = world.http.post(Some(&world.token), "/v1/plan-imports", &plans).await;
    assert_eq!(imported.status, 201, "{}", imported.text);
    let files: Vec<(&str, Vec<u8>)> = ["flows-1.json", "flows-2.json", "flows-3.json"]
        .map(|name| (name, std::fs::read(data.join(name)).unwrap()))
        .to_vec();
    world.import(&world.token, "", &files).await;
    world.settled().await;
    let country = get(&world, "/v1/public/funding?country=AFG&year=2020").await;
    assert_eq!(country["funding"]["amount"], "725591299.00");
    assert_eq!(country["outside_plans"]["amount"], "146143551.00");
    let plan = &country["by_plan"][0];
    assert_eq!(
        (text(&plan["funding"]["amount"]), text(&plan["plan_funding"]["amount"])),
        ("564447748.00".to_owned(), "564467765.00".to_owned())
    );
    let own = get(&world, "/v1/public/plans/929").await;
    let here = own["counted"]["by_country_year"].as_array().unwrap().iter();
    let here = here.filter(|entry| entry["country"] == "AFG" && entry["year"] == 2020);
    let here: i64 = here.map(|entry| cents(&entry["funding"])).sum();
    assert_eq!(cents(&plan["funding"]) - cents(&plan["within_plan"]), here);
    adds_up(&world, 2020).await;
    let shown = crawled(&world).await;
    agree(&world, &shown, &[2020]).await;
    assert!(shown["reported_to_country|AFG,2020"]["725591299.00"].len() > 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_finds_the_name_itself_first_and_forgives_typing_errors() {
    let world = World::with(UNLIMITED).await;
    scene(&world).await;
    let mut records = flows(1, 3);
    for record in &mut records {
        record["destinationObjects"][0]["name"] = "Example Relief".into();
    }
    world.import(&world.token, "", &[("a.json", page(&records))]).await;
    world.settled().await;
    let found = async |words: &str| get(&world, &format!("/v1/public/search?q={words}")).await;
    let sudan = found("sudan").await;
    let codes: Vec<String> =
        sudan["countries"].as_array().unwrap().iter().map(|entry| text(&entry["country"])).collect();
    assert_eq!(codes, ["SDN", "SSD"], "the country of this very name comes first");
    assert_eq!(sudan["countries"][0]["funding"]["amount"], "150.40");
    assert_eq!(sudan["plans"][0]["name"], "Sudan plan 2026");
    assert_eq!((&sudan["did_you_mean"], &sudan["countries"][1]["funding"]), (&Value::Null, &Value::Null));
    let mistyped = found("sudna").await;
    assert_eq!(mistyped["did_you_mean"], "Sudan");
    assert_eq!(mistyped["countries"][0]["country"], "SDN");
    assert_eq!(mistyped["plans"][0]["name"], "Sudan plan 2026");
    let donor = found("norwya").await;
    assert_eq!(donor["donors"][0]["name"], "Norway, Government of");
    let relief = found("relief").await;
    assert_eq!(relief["organisations"][0]["name"], "Example Relief");
    assert_eq!(relief["organisations"][0]["funding"]["amount"], "3003.00");
    let place = &relief["organisations"][0]["places"][0];
    assert_eq!((&place["country"], &place["year"]), (&json!("AFG"), &json!(2021)));
    assert_eq!(found("ER").await["organisations"][0]["name"], "Example Relief", "by its acronym");
    assert_eq!(found("SDN").await["countries"][0]["country"], "SDN");
    assert_eq!(found("xyzzyx").await["countries"], json!([]));
    let empty = world.http.get(None, "/v1/public/search?q=sudan&limit=21").await;
    assert_eq!((empty.status, empty.pointers()), (400, vec!["limit".to_owned()]));
    let results = world.http.get(None, "/en/search?q=sudna").await.text;
    assert!(
        results.contains("Did you mean “Sudan”?") && results.contains("/en/countries/SDN?year=2026"),
        "{results}"
    );
    let nothing = world.http.get(None, "/en/search?q=xyzzyx").await.text;
    assert!(nothing.contains("No results for “xyzzyx”."), "{nothing}");
    world.stop().await;
}
