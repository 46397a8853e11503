use super::*;
use crate::migration::{Migrator, m0009::count_anew};
use kernel::{ContributionStatus, DonorId, MoneyScope, SystemClock, Visibility};
use std::sync::Arc;
use store::{Actor, Store};

pub(super) const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
const DONORS: std::ops::Range<u128> = 7..27;

pub(super) fn member(key: &str) -> Member {
    Member { key: key.to_owned(), external_ref: key.to_owned(), name: key.to_owned() }
}

fn fact(number: u128, status: &str, visibility: &str) -> Fact {
    Fact {
        organisation_id: ORGANISATION,
        status: status.parse::<ContributionStatus>().unwrap().into(),
        // Some donors have the same sums.
        amount: 1000 * i64::try_from(1 + number / 100).unwrap(),
        visibility: visibility.parse::<Visibility>().unwrap().into(),
        country_year: (!number.is_multiple_of(5)).then(|| {
            (
                ["AFG", "TCD", "MLI"][usize::try_from(number % 7 % 3).unwrap()].to_owned(),
                2020 + i32::try_from(number % 4).unwrap(),
            )
        }),
        plans: vec![member("fts:1")],
        plan: number.is_multiple_of(2).then(|| member("fts:1")),
        donor_id: Some(DonorId::from_u128(7 + number % 20)),
        donor: Some(member(&DonorId::from_u128(7 + number % 20).to_string())),
        earmarking: number.is_multiple_of(3).then(|| member("earmarked")),
        recipient: None,
        is_ours: (!number.is_multiple_of(11)).then_some(number.is_multiple_of(2)),
        counts_ours: (!number.is_multiple_of(13)).then_some(number % 5 != 3),
        counts_reported: (!number.is_multiple_of(17)).then_some(!number.is_multiple_of(6)),
        root_id: None,
        allocated: Vec::new(),
    }
}

pub(super) async fn all_cells(store: &Store) -> Vec<(String, String, String, Amounts)> {
    let db = store.system_read().await.unwrap();
    let text = format!("{SELECT} ORDER BY scope, dimension, member");
    let rows = sql::rows(&db, &text, params![ORGANISATION]).await.unwrap();
    let cell = |row| {
        let cell = Counted::from_query_result(row, "").unwrap();
        let amounts = cell.amounts();
        (cell.scope, cell.dimension, cell.member, amounts)
    };
    rows.iter().map(cell).collect()
}

/// The public lists, read page by page to their ends.
pub(super) async fn lists(store: &Store, page: u64) -> Lists {
    let db = store.system_read().await.unwrap();
    let mut countries = Vec::new();
    let donors_of = async |scope: MoneyScope| {
        let mut donors: Vec<(DonorId, Amounts)> = Vec::new();
        loop {
            let after = donors.last().map(|(id, amounts)| (amounts.funding(), *id));
            let rows = listed::donors(&db, (ORGANISATION, scope), None, after, page).await.unwrap();
            donors.extend(rows.iter().map(|row| (row.id, row.amounts())));
            if rows.is_empty() {
                return donors;
            }
        }
    };
    let donors = [donors_of(MoneyScope::Ours).await, donors_of(MoneyScope::All).await];
    loop {
        let after = countries.last().map(|(year, country, amounts): &(i32, String, Amounts)| {
            (*year, amounts.funding(), country.clone())
        });
        let rows = listed::countries(&db, ORGANISATION, None, after, page).await.unwrap();
        countries.extend(rows.iter().map(|row| (row.year(), row.country.clone(), row.amounts())));
        if rows.is_empty() {
            break;
        }
    }
    (donors, countries)
}

/// Donors to us, donors to anybody, and countries, in the order of their lists.
pub(super) type Lists = ([Vec<(DonorId, Amounts)>; 2], Vec<(i32, String, Amounts)>);

/// The same lists, counted and sorted from the cells.
fn sorted(cells: &[(String, String, String, Amounts)]) -> Lists {
    let totals = |prefix: &'static str| {
        let totals = cells.iter().filter(|(_, dimension, ..)| dimension == "total");
        totals.filter_map(move |(scope, .., amounts)| Some((scope.strip_prefix(prefix)?, *amounts)))
    };
    let donors = ["public-donor:", "public-donor-all:"].map(|prefix| {
        let mut donors: Vec<(DonorId, Amounts)> =
            totals(prefix).map(|(id, amounts)| (id.parse().unwrap(), amounts)).collect();
        donors.sort_by_key(|(id, amounts)| (std::cmp::Reverse(amounts.funding()), *id));
        donors
    });
    let country = |(scope, amounts): (&str, Amounts)| {
        let (country, year) = scope.split_once(':').unwrap();
        (year.parse().unwrap(), country.to_owned(), amounts)
    };
    let mut countries: Vec<(i32, String, Amounts)> = totals("country:").map(country).collect();
    countries.sort_by_key(|(year, country, amounts)| {
        (std::cmp::Reverse(*year), std::cmp::Reverse(amounts.funding()), country.clone())
    });
    (donors, countries)
}

pub(super) async fn opened(folder: &testkit::TempDir) -> Store {
    let store = Store::open_sqlite(&folder.path().join("crisis.db"), Arc::new(SystemClock)).await.unwrap();
    store::migration::migrate::<Migrator>(&store).await.unwrap();
    let tx = store.system(Actor::system()).await.unwrap();
    for donor in DONORS {
        let row = params![DonorId::from_u128(donor), ORGANISATION, "Name", "government"];
        let columns = ["id", "organisation_id", "name", "donor_type"];
        sql::insert_many(tx.db(), "known_donor", &columns, vec![row], "").await.unwrap();
    }
    tx.commit().await.unwrap();
    store
}

#[tokio::test]
async fn counting_anew_gives_what_counting_along_gave() {
    let folder = testkit::folder();
    let store = opened(&folder).await;
    let statuses = ["paid", "commitment", "pledge"];
    for round in 0..3u128 {
        // Each round changes what the rounds before told.
        let facts = (1..=200u128).map(|number| {
            let status = statuses[usize::try_from((number + round) % 3).unwrap()];
            let visibility =
                ["public", "donor", "internal"][usize::try_from((number / 4 + round) % 3).unwrap()];
            (ContributionId::from_u128(number), fact(number + round, status, visibility))
        });
        let tx = store.system(Actor::system()).await.unwrap();
        apply(&tx, facts.collect()).await.unwrap();
        tx.commit().await.unwrap();
        let cells = all_cells(&store).await;
        for page in [1, 3, 1000] {
            assert_eq!(lists(&store, page).await, sorted(&cells), "round {round}, pages of {page}");
        }
    }
    let (along, listed_along) = (all_cells(&store).await, lists(&store, 1000).await);
    let [ours, all] = &listed_along.0;
    assert!(ours.len() > 10 && all.len() > 10 && ours != all, "{listed_along:?}");
    assert!(listed_along.1.len() > 3, "{listed_along:?}");
    let tx = store.system(Actor::system()).await.unwrap();
    // As the migration does that has changed last what counts.
    count_anew(tx.db()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(all_cells(&store).await, along);
    assert_eq!(lists(&store, 1000).await, listed_along);
}

#[tokio::test]
async fn every_batch_of_events_is_a_new_version() {
    let folder = testkit::folder();
    let store = opened(&folder).await;
    let present = async || {
        let db = store.system_read().await.unwrap();
        version::current(&db, ORGANISATION).await.unwrap()
    };
    let mut known = vec![present().await];
    for number in 1..=3 {
        let tx = store.system(Actor::system()).await.unwrap();
        apply(&tx, vec![(ContributionId::from_u128(1), fact(number, "paid", "public"))]).await.unwrap();
        tx.commit().await.unwrap();
        let version = present().await;
        assert!(!known.contains(&version));
        known.push(version);
    }
    let tx = store.system(Actor::system()).await.unwrap();
    apply(&tx, vec![(ContributionId::from_u128(2), fact(2, "paid", "public"))]).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(present().await, known[3]);
}

#[tokio::test]
async fn a_page_of_the_lists_is_read_in_the_order_of_an_index() {
    let folder = testkit::folder();
    let store = opened(&folder).await;
    let db = store.system_read().await.unwrap();
    let (after, ours) = (Some((1, DonorId::from_u128(1))), (ORGANISATION, MoneyScope::Ours));
    let country = Some((2026, 1, "TCD".to_owned()));
    for (index, (text, parameters)) in [
        ("public_donor_in_order", listed::donors_page(ours, None, None, 51)),
        ("public_donor_in_order", listed::donors_page(ours, None, after, 51)),
        ("public_donor_in_order", listed::donors_page(ours, Some("norw"), after, 51)),
        ("public_country_in_order", listed::countries_page(ORGANISATION, None, None, 51)),
        ("public_country_in_order", listed::countries_page(ORGANISATION, Some(2026), country.clone(), 51)),
        ("public_country_in_order", listed::countries_page(ORGANISATION, None, country, 51)),
    ] {
        let plan = sql::rows(&db, &format!("EXPLAIN QUERY PLAN {text}"), parameters).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
        assert!(plan[0].contains(index), "{text}: {plan:?}");
        assert!(plan.iter().all(|step| !step.contains("TEMP B-TREE")), "{text}: {plan:?}");
    }
}
