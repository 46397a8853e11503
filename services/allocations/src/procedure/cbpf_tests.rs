//! The windows of OCHA's country-based pooled funds: what the committee's decisions come to is what the funds have published.
//!
//! All 156 windows of 2023 and 2024 that have a published total, with their 2,391 projects. Each window has a pool of its own
//! with two contributions, and an envelope of exactly what its projects were given; each project is a proposal on its
//! shortlist, on which a motion that passed is decided as the service decides it ([`take`]: the entry of the ledger, the
//! decision, the proposal's next state and history, the audit trail, the event). Left out is what the API does before that:
//! drafts, screening, score sheets, votes. Three of these windows go through the whole API in
//! `tests/platform/allocations/cbpf.rs`.

use crate::{
    committee::{DecidedBy, rules},
    decision::{
        take::{Source, Taken, take},
        testing::{OFFICE, ORGANISATION, World},
    },
    intake::count::{Why, recount},
    known::contribution::{Model as Fact, tests::fact},
    motion::{MotionState, Resolution, new_motion::Decided, rule::Tally},
    pool, proposal, score,
    verification::verify,
    window,
};
use ::store::{TenantTx, insert_models, params, sql, upsert_models};
use kernel::{Money, MotionId, PoolId, PrincipalId, ProposalId, WindowId};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Fund and title of a window of a year.
type Key = (String, String);

/// A project: its code, and its budget in US cents.
type Project = (String, i64);

fn rows(file: &Path) -> Vec<csv::StringRecord> {
    csv::Reader::from_path(file).unwrap().records().map(Result::unwrap).collect()
}

/// US cents of a number as the files write it: `499801.3`, `2.95E+07`.
fn cents(number: &str) -> i64 {
    (number.parse::<f64>().unwrap() * 100.0).round() as i64
}

/// The projects of a year by their windows.
fn projects(folder: &Path, year: &str) -> BTreeMap<Key, Vec<Project>> {
    let mut windows: BTreeMap<Key, Vec<Project>> = BTreeMap::new();
    for row in rows(&folder.join(format!("ProjectSummaryV2_{year}.csv"))) {
        let key = (row[0].to_owned(), row[1].to_owned());
        windows.entry(key).or_default().push((row[2].to_owned(), cents(&row[13])));
    }
    windows
}

/// What the funds say was approved in the windows of a year, in US cents.
fn published(folder: &Path, year: &str) -> BTreeMap<Key, i64> {
    let all = rows(&folder.join("AllocationTypes.csv"));
    let of_year = all.iter().filter(|row| &row[9] == year && row[15] != *"0");
    of_year.map(|row| ((row[7].to_owned(), row[0].to_owned()), cents(&row[15]))).collect()
}

/// One in the seventh digit, which is the last that the funds publish.
fn seventh_digit(cents: i64) -> i64 {
    let digits = u32::try_from(cents.to_string().len()).unwrap();
    10_i64.pow(digits.saturating_sub(7))
}

/// A pool of its own with these contributions.
async fn with_money(tx: &TenantTx, number: u128, contributions: &[i64]) -> PoolId {
    let source = format!("fund-{number}");
    let id = PoolId::from_u128(1_000 + number);
    let row = pool::store::Model {
        id,
        version: 1,
        organisation_id: ORGANISATION,
        office_id: OFFICE,
        name: source.clone(),
        intake: serde_json::json!({ "sources": [source] }).to_string(),
        overhead_rate: 0,
        reserve_floor: 0,
        entries: 0,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    insert_models(tx.db(), &[row]).await.unwrap();
    let record = |(index, cents): (u128, &i64)| {
        let id = 10_000 + 100 * number + index;
        Fact {
            source: source.clone(),
            countries: String::new(),
            plans: String::new(),
            years: String::new(),
            ..fact(id, id, *cents)
        }
    };
    let facts: Vec<Fact> = (0_u128..).zip(contributions).map(record).collect();
    upsert_models(tx.db(), &facts).await.unwrap();
    let why = |fact: &Fact| (fact.root_id, Why::Event { id: fact.id, sequence: 1 });
    recount(tx, ORGANISATION, &facts.iter().map(why).collect()).await.unwrap();
    id
}

/// A window under deliberation for exactly this sum.
async fn opened(
    world: &World,
    tx: &mut TenantTx,
    (number, title): (u128, &str),
    (pool_id, sum): (PoolId, i64),
) -> window::store::Model {
    let mut fields = window::fields_check::tests::window();
    fields.pool_id = pool_id;
    fields.committee_id = world.committee.id;
    fields.title = title.chars().take(200).collect();
    fields.envelope = Money::usd(sum);
    let row = window::store::Model {
        id: WindowId::from_u128(100 + number),
        office_id: OFFICE,
        state: window::State::Deliberation,
        ..window::store::tests::blank().with(&fields).unwrap()
    };
    window::store::insert(tx, &row).await.unwrap();
    row
}

/// A project as a proposal on the shortlist of a window.
async fn shortlisted(
    tx: &mut TenantTx,
    window: &window::store::Model,
    number: u128,
    (code, budget): &Project,
) -> proposal::store::Model {
    let mut fields = proposal::fields_check::tests::proposal();
    fields.window_id = window.id;
    fields.title = code.clone();
    (fields.asked, fields.least) = (Money::usd(*budget), Money::usd(*budget));
    let blank = proposal::store::Model {
        id: ProposalId::from_u128(1_000_000 + number),
        office_id: OFFICE,
        reference: format!("MIR-2026-{number:05}"),
        ..proposal::store::tests::row(proposal::State::Shortlisted)
    };
    let row = blank.with(&fields, PrincipalId::from_u128(7)).unwrap();
    proposal::store::insert(tx, &row).await.unwrap();
    row
}

/// The committee approves a proposal with all of its five votes.
async fn approved(
    world: &World,
    tx: &mut TenantTx,
    window: &window::store::Model,
    (number, proposal): (u128, proposal::store::Model),
) {
    let rules = rules::current(tx.db(), world.committee.id).await.unwrap();
    let decided = Decided { terms: window::Terms::from(window), proposal };
    let taken = Taken {
        committee: &world.committee,
        rules: &rules,
        rules_number: 1,
        source: Source::Motion { id: MotionId::from_u128(2_000_000 + number), meeting_id: world.meeting.id },
        decided: Some(&decided),
        resolution: Resolution::Approve,
        amount: Some(decided.proposal.asked),
        conditions: None,
        reason: "As it was approved".to_owned(),
        outcome: MotionState::Passed,
        tally: Tally { entitled: 5, quorum: 3, yes: 5, no: 0, abstain: 0 },
    };
    take(tx, taken).await.unwrap();
}

/// What the board of a window says was approved, which is all that can be promised in it.
async fn on_board(tx: &TenantTx, window: &window::store::Model, projects: usize) -> i64 {
    let shown = score::board::scores(tx.db(), window).await.unwrap().proposals;
    assert_eq!(shown.len(), projects);
    assert!(shown.iter().all(|proposal| proposal.state == proposal::State::Approved));
    let sum = shown.iter().filter_map(|proposal| proposal.approved).sum();
    let record = window::api::record(tx.db(), window.clone()).await.unwrap();
    assert_eq!((record.promised, record.headroom), (Money::usd(sum), Money::usd(0)));
    sum
}

/// The windows of a year: how many of them are published to the cent, and how many projects they have.
async fn of_year(folder: PathBuf, year: &str) -> (usize, usize, usize) {
    let folder = folder.join("cbpf");
    let (windows, published) = (projects(&folder, year), published(&folder, year));
    let world = World::new(DecidedBy::Committee).await;
    let (mut exact, mut count) = (0, 0_u128);
    for (number, (key, projects)) in (1_u128..).zip(&windows) {
        let sum: i64 = projects.iter().map(|(_, budget)| budget).sum();
        let mut tx = world.begin().await;
        let pool_id = with_money(&tx, number, &[sum / 3, sum - sum / 3]).await;
        let window = opened(&world, &mut tx, (number, &key.1), (pool_id, sum)).await;
        for project in projects {
            count += 1;
            let proposal = shortlisted(&mut tx, &window, count, project).await;
            approved(&world, &mut tx, &window, (count, proposal)).await;
        }
        let (found, published) = (on_board(&tx, &window, projects.len()).await, published[key]);
        tx.commit().await.unwrap();
        assert!((found - published).abs() <= seventh_digit(found), "{key:?}: {found} and {published}");
        exact += usize::from(found == published);
    }
    let db = world.store.system_read().await.unwrap();
    let verified = verify(&db).await.unwrap().unwrap_or_else(|broken| panic!("{broken}"));
    // Two contributions of each window, and an allocation for each project.
    let entries = 2 * u128::from(verified.pools) + count;
    assert_eq!((verified.pools, u128::try_from(verified.entries).unwrap()), (windows.len() as u64, entries));
    (windows.len(), exact, usize::try_from(count).unwrap())
}

#[tokio::test]
async fn the_boards_of_2023_say_what_the_pooled_funds_have_published() {
    let test = "the_boards_of_2023_say_what_the_pooled_funds_have_published";
    let Some(folder) = testkit::shared_data(test) else { return };
    assert_eq!(of_year(folder, "2023").await, (79, 26, 1_287));
}

#[tokio::test]
async fn the_boards_of_2024_say_what_the_pooled_funds_have_published() {
    let test = "the_boards_of_2024_say_what_the_pooled_funds_have_published";
    let Some(folder) = testkit::shared_data(test) else { return };
    assert_eq!(of_year(folder, "2024").await, (77, 28, 1_104));
}

/// OCHA attributes to each donor the same share of every project: that of its contributions in all that the fund was given in
/// the year. What lots pay is in cents, and so less than a cent beside that for each decision.
#[tokio::test]
async fn every_contribution_to_a_fund_pays_its_share_of_all_projects() {
    let test = "every_contribution_to_a_fund_pays_its_share_of_all_projects";
    let Some(folder) = testkit::shared_data(test) else { return };
    let folder = folder.join("cbpf");
    // Sudan's.
    let (fund, year) = ("15", "2024");
    let contributions = rows(&folder.join("contributions.csv"));
    let given = contributions.iter().filter(|row| &row[1] == fund && &row[2] == year);
    let given: Vec<i64> = given.map(|row| cents(&row[7])).collect();
    let whole: i64 = given.iter().sum();
    assert_eq!((given.len(), whole), (21, 18_317_095_200));
    let world = World::new(DecidedBy::Committee).await;
    let mut tx = world.begin().await;
    let pool_id = with_money(&tx, 1, &given).await;
    let windows = projects(&folder, year).into_iter().filter(|(key, _)| key.0 == fund);
    let mut count = 0_u128;
    for (number, (key, projects)) in (1_u128..).zip(windows) {
        let sum: i64 = projects.iter().map(|(_, budget)| budget).sum();
        let window = opened(&world, &mut tx, (number, &key.1), (pool_id, sum)).await;
        for project in &projects {
            count += 1;
            let proposal = shortlisted(&mut tx, &window, count, project).await;
            approved(&world, &mut tx, &window, (count, proposal)).await;
        }
    }
    let text = "SELECT lot.received, CAST(sum(position.amount) AS bigint) FROM lot
                JOIN position ON position.lot_id = lot.id AND position.account = 'allocated'
                WHERE lot.pool_id = $1 GROUP BY lot.id, lot.received";
    let mut paid: Vec<(i128, i128)> = Vec::new();
    for row in sql::rows(tx.db(), text, params![pool_id]).await.unwrap() {
        let received: i64 = row.try_get_by_index(0).unwrap();
        let amount: i64 = row.try_get_by_index(1).unwrap();
        paid.push((received.into(), amount.into()));
    }
    tx.commit().await.unwrap();
    let promised: i128 = paid.iter().map(|(_, amount)| amount).sum();
    assert_eq!((paid.len(), count, promised), (21, 101, 18_066_618_280));
    let (whole, decisions) = (i128::from(whole), i128::try_from(count).unwrap());
    for (received, amount) in paid {
        let beside = (amount * whole - promised * received).abs();
        assert!(beside < decisions * whole, "{amount} of {received}");
    }
    let db = world.store.system_read().await.unwrap();
    verify(&db).await.unwrap().unwrap_or_else(|broken| panic!("{broken}"));
}
