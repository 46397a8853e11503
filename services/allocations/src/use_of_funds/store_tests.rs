//! Contributions that become allocations, shortfalls and suggestions, as rows say it.

use super::{
    given::donor_money,
    sources::{FundingSource, sources},
    uses::{ContributionUses, uses},
};
use crate::{
    allocation_event,
    disbursement::report::row as use_report,
    intake::count::{Why, recount},
    known::{
        self,
        contribution::{Model as Fact, tests::fact},
    },
    ledger::{self, Cause, CauseKind, Command},
    pool,
    proposal::{self, State, store::tests::row},
    shortfall, suggestion,
};
use ::store::{Actor, Store, TenantScope, insert_models, migration, params, sql, upsert_models};
use chrono::{DateTime, TimeDelta, Utc};
use events::AllocationChanged;
use kernel::{
    ContributionId, DonorId, Earmarking, FixedClock, Money, OfficeId, OrganisationId, PlanId, PoolId,
    PrincipalId, ProposalId, Visibility, WindowId,
};
use std::{collections::BTreeMap, sync::Arc};

const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
const HEADQUARTERS: OfficeId = OfficeId::from_u128(2);
const POOL: PoolId = PoolId::from_u128(9);
const WINDOW: WindowId = WindowId::from_u128(1);
const PROPOSAL: ProposalId = ProposalId::from_u128(1);
const SWEDEN: u128 = 1;
const NORWAY: u128 = 2;

/// A database with a pool, an open window and an approved proposal, on a clock.
async fn database(folder: &tempfile::TempDir, clock: Arc<FixedClock>) -> Store {
    let store = Store::open_sqlite(&folder.path().join("allocations.db"), clock).await.unwrap();
    migration::migrate::<crate::migration::Migrator>(&store).await.unwrap();
    let tx = store.system(Actor::system()).await.unwrap();
    let now = tx.now();
    let pool = pool::store::Model {
        id: POOL,
        version: 1,
        organisation_id: ORGANISATION,
        office_id: HEADQUARTERS,
        name: "Unearmarked".to_owned(),
        intake: "{}".to_owned(),
        overhead_rate: 0,
        reserve_floor: 0,
        entries: 0,
        created_at: now,
        updated_at: now,
    };
    insert_models(tx.db(), &[pool]).await.unwrap();
    let text = "INSERT INTO allocation_window (id, version, organisation_id, office_id, pool_id, committee_id, kind,
                  state, title, envelope, opens_at, closes_at, time_zone, fields, created_at, updated_at)
                VALUES ($1, 1, $2, $3, $4, $1, 'standard', 'deliberation', 'First', 1000000000, $5, $5, 'UTC', '{}', $5, $5)";
    let values = params![WINDOW, ORGANISATION, HEADQUARTERS, POOL, now];
    sql::execute(tx.db(), text, values).await.unwrap();
    let approved = proposal::store::Model {
        id: PROPOSAL,
        approved: Some(50_000_000),
        visibility: Visibility::Internal,
        ..row(State::Approved)
    };
    proposal::store::insert(&tx, &approved).await.unwrap();
    tx.commit().await.unwrap();
    store
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at("2026-03-01T12:00:00Z".parse::<DateTime<Utc>>().unwrap()))
}

fn gift(number: u128, cents: i64) -> Fact {
    Fact { donor_id: Some(DonorId::from_u128(number)), ..fact(number, number, cents) }
}

/// The last event of a contribution is applied.
async fn counts(store: &Store, contribution: Fact) {
    let tx = store.system(Actor::system()).await.unwrap();
    upsert_models(tx.db(), std::slice::from_ref(&contribution)).await.unwrap();
    let root_id = contribution.root_id;
    let why = Why::Event { id: contribution.id, sequence: contribution.sequence };
    recount(&tx, ORGANISATION, &BTreeMap::from([(root_id, why)])).await.unwrap();
    suggestion::store::renew(&tx, ORGANISATION, &[root_id]).await.unwrap();
    tx.commit().await.unwrap();
}

/// A command about the proposal, as a step of it.
async fn posted(store: &Store, command: Command, sequence: i64) {
    let mut tx = store.system(Actor::system()).await.unwrap();
    let cause = Cause {
        kind: CauseKind::Proposal,
        id: PROPOSAL.as_uuid(),
        sequence,
        day: tx.now().date_naive(),
        reason: None,
        decision_id: None,
    };
    ledger::store::post(&mut tx, POOL, command, cause).await.unwrap();
    allocation_event::emit(&mut tx, PROPOSAL).await.unwrap();
    tx.commit().await.unwrap();
}

async fn allocated(store: &Store, amount: i64) {
    let purpose = proposal::purpose(&row(State::Approved));
    posted(store, Command::Allocate { purpose, amount, from_reserved: false }, 1).await;
}

async fn events(store: &Store) -> Vec<AllocationChanged> {
    let db = store.system_read().await.unwrap();
    let text = "SELECT payload FROM outbox WHERE aggregatetype = 'allocation' ORDER BY position";
    let rows = sql::rows(&db, text, vec![]).await.unwrap();
    let event = |row: &sea_orm::QueryResult| {
        serde_json::from_str(&row.try_get_by_index::<String>(0).unwrap()).unwrap()
    };
    rows.iter().map(event).collect()
}

async fn uses_of(store: &Store, scope: &TenantScope, number: u128) -> Option<ContributionUses> {
    let db = store.system_read().await.unwrap();
    uses(&db, scope, ContributionId::from_u128(number)).await.unwrap()
}

async fn sources_for(store: &Store, scope: &TenantScope) -> Option<Vec<FundingSource>> {
    let db = store.system_read().await.unwrap();
    sources(&db, scope, PROPOSAL).await.unwrap().map(|(_, rows)| rows)
}

fn staff() -> TenantScope {
    TenantScope::Organisation { organisation_id: ORGANISATION }
}

fn donor(number: u128) -> TenantScope {
    TenantScope::Donor { organisation_id: ORGANISATION, donor_id: DonorId::from_u128(number) }
}

#[tokio::test]
async fn the_event_the_sources_and_the_uses_say_the_same() {
    let folder = testkit::folder();
    let store = database(&folder, clock()).await;
    counts(&store, gift(SWEDEN, 100_000_000)).await;
    counts(&store, gift(NORWAY, 70_000_001)).await;
    allocated(&store, 50_000_000).await;
    posted(&store, Command::Disburse { proposal_id: PROPOSAL, amount: 20_000_000 }, 2).await;
    let told = events(&store).await;
    assert_eq!(told.len(), 2);
    assert!(told[0].sequence < told[1].sequence);
    let last = &told[1];
    assert_eq!(
        (last.amounts.allocated, last.amounts.disbursed),
        (Money::usd(30_000_000), Money::usd(20_000_000))
    );
    let disbursed: i64 = last.sources.iter().map(|source| source.disbursed.minor()).sum();
    assert_eq!((last.sources.len(), disbursed), (2, 20_000_000));
    let rows = sources_for(&store, &staff()).await.unwrap();
    for (row, source) in rows.iter().zip(&last.sources) {
        assert_eq!((row.contribution_id, row.amounts.disbursed), (source.root_id, source.disbursed));
        assert_eq!(row.fits, Some(true));
        let uses = uses_of(&store, &staff(), row.contribution_id.unwrap().as_u128()).await.unwrap();
        assert_eq!((uses.uses.len(), uses.promised.disbursed), (1, row.amounts.disbursed));
        assert_eq!(uses.uses[0].amounts, row.amounts);
        let parts =
            uses.available.minor() + uses.promised.allocated.minor() + uses.promised.disbursed.minor();
        assert_eq!(parts, uses.received.minor());
    }
}

#[tokio::test]
async fn a_donor_reads_its_own_contribution_and_no_project_that_is_internal() {
    let folder = testkit::folder();
    let store = database(&folder, clock()).await;
    counts(&store, gift(SWEDEN, 100_000_000)).await;
    allocated(&store, 50_000_000).await;
    let page = uses_of(&store, &donor(SWEDEN), SWEDEN).await.unwrap();
    assert_eq!((page.uses.len(), page.uses[0].proposal_id, page.uses[0].title.clone()), (1, None, None));
    assert_eq!(page.uses[0].amounts.allocated, Money::usd(50_000_000));
    assert_eq!(page.uses[0].share.as_deref(), Some("50.00"));
    assert!(uses_of(&store, &donor(NORWAY), SWEDEN).await.is_none());
    assert!(sources_for(&store, &donor(SWEDEN)).await.is_none());
    assert!(uses_of(&store, &staff(), 77).await.is_none());
}

async fn cases(store: &Store) -> Vec<shortfall::store::Model> {
    let db = store.system_read().await.unwrap();
    sql::all(&db, "SELECT * FROM shortfall ORDER BY id", vec![]).await.unwrap()
}

#[tokio::test]
async fn a_shortfall_is_a_case_after_a_minute_and_ends_when_the_money_comes() {
    let folder = testkit::folder();
    let clock = clock();
    let store = database(&folder, clock.clone()).await;
    counts(&store, gift(NORWAY, 70_000_001)).await;
    allocated(&store, 50_000_000).await;
    counts(&store, Fact { sequence: 2, ..gift(NORWAY, 10_000_000) }).await;
    assert!(!shortfall::worker::look(&store).await.unwrap(), "its payment may be on the way");
    clock.advance(TimeDelta::seconds(60));
    assert!(shortfall::worker::look(&store).await.unwrap());
    assert!(!shortfall::worker::look(&store).await.unwrap(), "once");
    let open = cases(&store).await;
    assert_eq!((open.len(), open[0].state, open[0].uncovered), (1, shortfall::State::Open, 40_000_000));
    counts(&store, Fact { sequence: 3, ..gift(NORWAY, 70_000_001) }).await;
    assert!(shortfall::worker::look(&store).await.unwrap());
    let ended = cases(&store).await;
    assert_eq!((ended.len(), ended[0].state, ended[0].version), (1, shortfall::State::Closed, 2));
}

#[tokio::test]
async fn money_that_replaced_one_allocation_replaces_no_other() {
    let folder = testkit::folder();
    let store = database(&folder, clock()).await;
    let other = ProposalId::from_u128(2);
    let tx = store.system(Actor::system()).await.unwrap();
    let second = proposal::store::Model {
        id: other,
        reference: "MIR-2026-00043".to_owned(),
        approved: Some(50_000_000),
        ..row(State::Approved)
    };
    proposal::store::insert(&tx, &second).await.unwrap();
    tx.commit().await.unwrap();
    counts(&store, gift(SWEDEN, 100_000_000)).await;
    allocated(&store, 40_000_000).await;
    let mut tx = store.system(Actor::system()).await.unwrap();
    let cause = Cause {
        kind: CauseKind::Proposal,
        id: other.as_uuid(),
        sequence: 1,
        day: tx.now().date_naive(),
        reason: None,
        decision_id: None,
    };
    let purpose = proposal::purpose(&second);
    let command = Command::Allocate { purpose, amount: 40_000_000, from_reserved: false };
    ledger::store::post(&mut tx, POOL, command, cause).await.unwrap();
    tx.commit().await.unwrap();
    let earmarked = Fact {
        earmarking: Some(Earmarking::Earmarked.as_str().to_owned()),
        countries: ",SDN,".to_owned(),
        ..gift(5, 15_000_000)
    };
    counts(&store, earmarked).await;
    let made = suggestions(&store).await;
    assert_eq!(made.iter().map(|row| row.amount).collect::<Vec<_>>(), [15_000_000, 15_000_000]);
    for (taken, left) in [(made[0].proposal_id, Some(5_000_000)), (made[1].proposal_id, None)] {
        let there = suggestions(&store).await;
        let found = there.iter().find(|made| made.proposal_id == taken).unwrap();
        let from = if taken == other { second.clone() } else { row(State::Approved) };
        let mut tx = store.system(Actor::system()).await.unwrap();
        suggestion::store::accept(&mut tx, &from, found.id, 10_000_000).await.unwrap();
        tx.commit().await.unwrap();
        let open = suggestions(&store).await.into_iter().find(|row| row.state == suggestion::State::Open);
        assert_eq!(open.map(|row| row.amount), left);
    }
}

#[tokio::test]
async fn a_donor_reads_what_its_own_contributions_are_used_for_and_no_other_donors() {
    let folder = testkit::folder();
    let store = database(&folder, clock()).await;
    let tx = store.system(Actor::system()).await.unwrap();
    let named = |(number, name): (u128, &str)| known::donor::Model {
        id: DonorId::from_u128(number),
        organisation_id: ORGANISATION,
        name: name.to_owned(),
        name_fr: None,
        name_es: None,
        country: None,
        merged_into: None,
    };
    insert_models(tx.db(), &[(SWEDEN, "Sweden"), (NORWAY, "Norway")].map(named)).await.unwrap();
    tx.commit().await.unwrap();
    counts(&store, gift(SWEDEN, 100_000_000)).await;
    counts(&store, gift(NORWAY, 70_000_001)).await;
    allocated(&store, 50_000_000).await;
    let db = store.system_read().await.unwrap();
    let (norway, sweden) = (DonorId::from_u128(NORWAY), DonorId::from_u128(SWEDEN));
    let money = donor_money(&db, &donor(NORWAY), norway).await.unwrap().unwrap();
    let rows = money.uses;
    assert_eq!((money.donor.name.as_str(), rows.len()), ("Norway", 1));
    assert_eq!(money.contributions.len(), 1);
    assert_eq!(money.contributions[0].promised, rows[0].usage.amounts);
    let uses = uses(&db, &donor(NORWAY), rows[0].contribution_id).await.unwrap().unwrap();
    assert_eq!(rows[0].usage.amounts, uses.uses[0].amounts);
    assert_eq!(rows[0].usage.title, None, "the project is internal");
    let kinds: Vec<&str> = uses.stops.iter().map(|stop| stop.kind.as_str()).collect();
    assert_eq!(kinds, ["received", "allocated"]);
    assert!(donor_money(&db, &donor(NORWAY), sweden).await.unwrap().is_none());
    let of_sweden = donor_money(&db, &staff(), sweden).await.unwrap().unwrap();
    assert!(of_sweden.uses[0].usage.title.is_some());
    assert!(donor_money(&db, &staff(), DonorId::from_u128(99)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_donor_reads_what_was_reached_once_headquarters_has_accepted_the_report() {
    let folder = testkit::folder();
    let store = database(&folder, clock()).await;
    counts(&store, gift(SWEDEN, 100_000_000)).await;
    allocated(&store, 50_000_000).await;
    let hidden = uses_of(&store, &donor(SWEDEN), SWEDEN).await.unwrap();
    assert!(hidden.uses[0].results.is_empty(), "of a project that is internal nothing is told");
    let tx = store.system(Actor::system()).await.unwrap();
    let text = "UPDATE allocation_proposal SET visibility = $1";
    sql::execute(tx.db(), text, params![Visibility::Donor.as_str()]).await.unwrap();
    let report = use_report::Model {
        proposal_id: PROPOSAL,
        organisation_id: ORGANISATION,
        office_id: HEADQUARTERS,
        narrative: "Everybody arrived.".to_owned(),
        results: r#"[{"indicator":"People transported","reached":"11,480"}]"#.to_owned(),
        filed_by: PrincipalId::from_u128(7),
        filed_at: tx.now(),
        accepted_by: None,
        accepted_at: None,
    };
    insert_models(tx.db(), &[report]).await.unwrap();
    tx.commit().await.unwrap();
    let filed = uses_of(&store, &donor(SWEDEN), SWEDEN).await.unwrap();
    let result = &filed.uses[0].results[0];
    assert_eq!((result.indicator.as_str(), result.target.as_str()), ("People transported", "12,000"));
    assert_eq!(result.reached, None);
    let of_staff = uses_of(&store, &staff(), SWEDEN).await.unwrap();
    assert_eq!(of_staff.uses[0].results[0].reached.as_deref(), Some("11,480"));
    let tx = store.system(Actor::system()).await.unwrap();
    sql::execute(tx.db(), "UPDATE use_report SET accepted_at = $1", params![tx.now()]).await.unwrap();
    tx.commit().await.unwrap();
    let accepted = uses_of(&store, &donor(SWEDEN), SWEDEN).await.unwrap();
    assert_eq!(accepted.uses[0].results[0].reached.as_deref(), Some("11,480"));
}

async fn suggestions(store: &Store) -> Vec<suggestion::store::Model> {
    let db = store.system_read().await.unwrap();
    sql::all(&db, "SELECT * FROM suggestion ORDER BY id", vec![]).await.unwrap()
}

#[tokio::test]
async fn earmarked_money_suggests_to_replace_what_is_not_disbursed() {
    let folder = testkit::folder();
    let store = database(&folder, clock()).await;
    counts(&store, gift(SWEDEN, 100_000_000)).await;
    allocated(&store, 50_000_000).await;
    let earmarked = Fact {
        earmarking: Some(Earmarking::Earmarked.as_str().to_owned()),
        countries: ",SDN,".to_owned(),
        ..gift(5, 15_000_000)
    };
    counts(&store, earmarked.clone()).await;
    let made = suggestions(&store).await;
    assert_eq!((made.len(), made[0].state, made[0].amount), (1, suggestion::State::Open, 15_000_000));
    assert_eq!((made[0].proposal_id, made[0].contribution_id), (PROPOSAL, earmarked.root_id));
    counts(&store, Fact { sequence: 2, ..earmarked.clone() }).await;
    assert_eq!(suggestions(&store).await, made, "nothing is different");
    counts(&store, Fact { sequence: 3, counts: false, ..earmarked.clone() }).await;
    assert_eq!(suggestions(&store).await[0].state, suggestion::State::Lapsed);
    counts(&store, Fact { sequence: 4, amount: 60_000_000, ..earmarked }).await;
    let again = suggestions(&store).await;
    assert_eq!((again.len(), again[0].state, again[0].amount), (1, suggestion::State::Open, 50_000_000));
}

#[tokio::test]
async fn a_suggestion_follows_what_is_left_to_withdraw() {
    let folder = testkit::folder();
    let store = database(&folder, clock()).await;
    counts(&store, gift(SWEDEN, 100_000_000)).await;
    allocated(&store, 50_000_000).await;
    let earmarked = Fact {
        earmarking: Some(Earmarking::Earmarked.as_str().to_owned()),
        countries: ",SDN,".to_owned(),
        ..gift(5, 15_000_000)
    };
    counts(&store, earmarked).await;
    let made = suggestions(&store).await;
    assert_eq!((made[0].amount, made[0].version), (15_000_000, 1));
    posted(&store, Command::Disburse { proposal_id: PROPOSAL, amount: 30_000_000 }, 2).await;
    assert_eq!(suggestions(&store).await, made, "as much as before is left to withdraw");
    posted(&store, Command::Disburse { proposal_id: PROPOSAL, amount: 10_000_000 }, 3).await;
    let less = suggestions(&store).await;
    assert_eq!((less[0].amount, less[0].version), (10_000_000, 2));
    posted(&store, Command::Disburse { proposal_id: PROPOSAL, amount: 10_000_000 }, 4).await;
    assert_eq!(suggestions(&store).await[0].state, suggestion::State::Lapsed);
}

#[tokio::test]
async fn an_allocation_is_told_of_again_when_its_money_is_another_donors() {
    let folder = testkit::folder();
    let store = database(&folder, clock()).await;
    counts(&store, gift(SWEDEN, 100_000_000)).await;
    allocated(&store, 50_000_000).await;
    let mut tx = store.system(Actor::system()).await.unwrap();
    let corrected = Fact { sequence: 2, donor_id: Some(DonorId::from_u128(8)), ..gift(SWEDEN, 100_000_000) };
    upsert_models(tx.db(), std::slice::from_ref(&corrected)).await.unwrap();
    let why = Why::Event { id: corrected.id, sequence: 2 };
    let roots = BTreeMap::from([(corrected.root_id, why)]);
    let concerned = recount(&tx, ORGANISATION, &roots).await.unwrap();
    allocation_event::emit_next(&mut tx, concerned).await.unwrap();
    tx.commit().await.unwrap();
    let told = events(&store).await;
    assert_eq!(told.len(), 2);
    assert!(told[0].sequence < told[1].sequence);
    assert_eq!(told[1].sources[0].donor_id, Some(DonorId::from_u128(8)));
}

#[tokio::test]
async fn money_that_came_before_an_allocation_is_suggested_for_it() {
    let folder = testkit::folder();
    let store = database(&folder, clock()).await;
    let earmarked = |number: u128, countries: &str| Fact {
        earmarking: Some(Earmarking::Earmarked.as_str().to_owned()),
        countries: countries.to_owned(),
        ..gift(number, 15_000_000)
    };
    counts(&store, earmarked(5, ",SDN,UKR,")).await;
    counts(&store, earmarked(6, ",TCD,")).await;
    // For a plan that is known by its number in FTS.
    counts(&store, Fact { plans: ",fts:1120,".to_owned(), ..earmarked(7, "") }).await;
    counts(&store, gift(SWEDEN, 100_000_000)).await;
    allocated(&store, 50_000_000).await;
    assert!(suggestions(&store).await.is_empty());
    let tx = store.system(Actor::system()).await.unwrap();
    let plan = PlanId::from_u128(7);
    let text = "INSERT INTO known_plan (id, organisation_id, name, fts_id, countries, years)
                VALUES ($1, $2, 'Sudan 2026', '1120', '', '')";
    sql::execute(tx.db(), text, params![plan, ORGANISATION]).await.unwrap();
    let text = "UPDATE allocation_proposal SET updated_at = $1, plan_ids = $2";
    sql::execute(tx.db(), text, params![tx.now(), format!(",{plan},")]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!suggestion::worker::look(&store).await.unwrap());
    let made = suggestions(&store).await;
    let found: BTreeMap<ContributionId, i64> =
        made.into_iter().map(|row| (row.contribution_id, row.amount)).collect();
    let expected = [5, 7].map(|number| (ContributionId::from_u128(number), 15_000_000));
    assert_eq!(found, BTreeMap::from(expected));
}

#[tokio::test]
async fn a_part_that_is_counted_apart_is_told_of_as_its_contribution_where_both_are_shown_alike() {
    let part = |visibility: &str| Fact {
        earmarking: Some(Earmarking::SoftlyEarmarked.as_str().to_owned()),
        visibility: Some(visibility.to_owned()),
        donor_id: Some(DonorId::from_u128(SWEDEN)),
        ..fact(5, SWEDEN, 30_000_000)
    };
    for (visibility, told) in [("donor", vec![SWEDEN]), ("internal", vec![SWEDEN, 5])] {
        let folder = testkit::folder();
        let store = database(&folder, clock()).await;
        counts(&store, gift(SWEDEN, 30_000_000)).await;
        counts(&store, part(visibility)).await;
        allocated(&store, 60_000_000).await;
        let event = events(&store).await.pop().unwrap();
        let held: i64 = event.sources.iter().map(|source| source.allocated.minor()).sum();
        assert_eq!(held, 60_000_000);
        let mut roots: Vec<u128> =
            event.sources.iter().filter_map(|source| source.root_id).map(ContributionId::as_u128).collect();
        roots.sort_unstable();
        assert_eq!(roots, told, "{visibility}");
    }
}
