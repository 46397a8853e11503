//! Tables whose every row is of another donor: each batch records, matches and counts all of its donors at once.

use serde_json::{Value, json};
use std::fmt::Write;
use tests::{World, text};

/// More than a batch of the worker.
const DONORS: u64 = 1_300;

/// A row for each donor: paid in 2026, one dollar more than the donor's number.
fn table(prefix: &str, donors: impl Iterator<Item = u64>, reference: impl Fn(u64) -> String) -> String {
    let mut table =
        "external_ref,donor,donor_ref,donor_type,status,amount,currency,decision_date\n".to_owned();
    for number in donors {
        let (name, reference) = (format!("Fondation n° {number} de l’Été"), reference(number));
        let amount = number + 1;
        writeln!(
            table,
            "{prefix}-{number}{reference},{name},{reference},private_sector,paid,{amount},USD,2026-03-01"
        )
        .unwrap();
    }
    table
}

async fn import(world: &World, source: &str, office: &str, table: &str) -> Value {
    let query = format!("format=csv&source={source}&office_id={office}");
    let answer =
        world.upload_as(&world.token, &query, &[], &[("donors.csv", table.as_bytes().to_vec())]).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let job = world.end_of(&world.token, &text(&answer.json()["id"])).await;
    assert_eq!((&job["state"], &job["rejected"]), (&json!("done"), &json!(0)), "{job}");
    job
}

/// Donors, records and dollars of 2026 in an office and those below it.
async fn counted(world: &World, office: &str) -> (i64, i64, String) {
    let path = format!("/v1/diversification?year=2026&office_id={office}");
    let year = world.http.get(Some(&world.token), &path).await.json()["years"][0].clone();
    let number = |name: &str| year[name].as_i64().unwrap_or_else(|| panic!("{name}: {year}"));
    (number("donors"), number("records"), text(&year["total"]["amount"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_donor_of_a_table_is_recorded_once_known_by_its_references_and_counted_in_every_office() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let region = world.office(&headquarters, "regional").await;
    let country = world.office(&region, "country").await;
    let dollars = format!("{}.00", DONORS * (DONORS + 1) / 2);
    let all = i64::try_from(DONORS).unwrap();

    let first = import(&world, "first", &country, &table("G", 0..DONORS, |_| String::new())).await;
    assert_eq!(first["created"], all);
    for office in [&country, &region, &headquarters] {
        assert_eq!(counted(&world, office).await, (all, all, dollars.clone()), "{office}");
    }

    // The same donors by their names, and now by references: the last three by two of them.
    let again = table("G", (0..DONORS).chain(DONORS - 3..DONORS), |number| format!("R{number}"));
    let mut seen = std::collections::BTreeSet::new();
    let again: Vec<String> = again
        .lines()
        .map(|line| if seen.insert(line.to_owned()) { line.to_owned() } else { line.replace('R', "S") })
        .collect();
    let second = import(&world, "second", &country, &again.join("\n")).await;
    assert_eq!(second["created"], all + 3);
    let last_three: u64 = (DONORS - 3..DONORS).map(|number| number + 1).sum();
    let total = format!("{}.00", DONORS * (DONORS + 1) + last_three);
    for office in [&country, &region, &headquarters] {
        assert_eq!(
            counted(&world, office).await,
            (all, 2 * all + 3, total.clone()),
            "{office}: no donor is there twice"
        );
    }
    for (reference, known_by) in [("R7".to_owned(), 1), (format!("S{}", DONORS - 1), 2)] {
        let path = format!("/v1/donors?external_ref=second:{reference}");
        let found = world.http.get(Some(&world.token), &path).await.json();
        let donor = &found["items"][0];
        assert_eq!(donor["external_refs"].as_array().map(Vec::len), Some(known_by), "{found}");
        assert_eq!(donor["version"], 2, "one new version, however many references: {found}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_imports_at_once_of_the_same_new_donors_record_each_of_them_once() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let rows = table("G", 0..40, |_| String::new());
    let sources: Vec<String> = (0..8).map(|number| format!("erp{number}")).collect();
    let imports = sources.iter().map(|source| import(&world, source, &headquarters, &rows));
    for job in futures_util::future::join_all(imports).await {
        assert_eq!(job["created"], 40, "{job}");
    }
    assert_eq!(counted(&world, &headquarters).await, (40, 320, "6560.00".to_owned()));
    let listed = world.http.get(Some(&world.token), "/v1/donors?limit=200").await.json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(40), "{listed}");
    world.stop().await;
}
