use super::*;
use crate::{
    funding::{
        fact::{Fact, Member},
        store as funding,
    },
    migration::Migrator,
};
use kernel::{ContributionId, ContributionStatus, DonorId, FixedClock, OfficeId, PlanType, Visibility};
use std::sync::Arc;
use uuid::Uuid;

const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
const PLAN: PlanId = PlanId::from_u128(9);

async fn opened(folder: &testkit::TempDir) -> (Store, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at("2026-11-30T08:00:00Z".parse().unwrap()));
    let store = Store::open_sqlite(&folder.path().join("crisis.db"), clock.clone()).await.unwrap();
    ::store::migration::migrate::<Migrator>(&store).await.unwrap();
    (store, clock)
}

fn plan(version: i64, requirement: i64, at: DateTime<Utc>) -> plan::store::Model {
    plan::store::Model {
        id: PLAN,
        version,
        organisation_id: ORGANISATION,
        office_id: OfficeId::from_u128(2),
        external_source: Some("fts".to_owned()),
        external_ref: Some("1120".to_owned()),
        name: "Chad 2026".to_owned(),
        plan_type: PlanType::CrisisResponsePlan,
        countries: ",TCD,".to_owned(),
        years: ",2026,".to_owned(),
        start_date: None,
        end_date: None,
        original_requirement: Some(requirement),
        revised_requirement: None,
        people_in_need: None,
        people_targeted: None,
        summary: None,
        objectives: "[]".to_owned(),
        visibility: Visibility::Public,
        created_at: at,
        updated_at: at,
    }
}

async fn given(store: &Store, number: u128, amount: i64, status: ContributionStatus) {
    let key = "fts:1120".to_owned();
    let member = Member { external_ref: "1120".to_owned(), name: "Chad 2026".to_owned(), key };
    let fact = Fact {
        organisation_id: ORGANISATION,
        status: status.into(),
        amount,
        visibility: Visibility::Public.into(),
        country_year: None,
        plans: vec![member.clone()],
        plan: Some(member),
        donor_id: Some(DonorId::from_u128(7)),
        donor: None,
        earmarking: None,
        recipient: None,
        is_ours: Some(true),
        counts_ours: Some(true),
        counts_reported: Some(true),
        root_id: None,
        allocated: Vec::new(),
    };
    let tx = store.system(Actor::system()).await.unwrap();
    funding::apply(&tx, vec![(ContributionId::from_u128(number), fact)]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn planned(store: &Store, version: i64, requirement: i64) {
    let mut tx = store.system(Actor::system()).await.unwrap();
    let plan = plan(version, requirement, tx.now());
    match version {
        1 => plan::store::insert(&mut tx, &plan).await.unwrap(),
        _ => plan::store::update(&mut tx, &plan).await.unwrap(),
    }
    tx.commit().await.unwrap();
}

/// Sequence, requirement, funding and pledges of every event so far.
async fn told_so_far(store: &Store) -> Vec<(i64, Option<i64>, i64, i64)> {
    let db = store.system_read().await.unwrap();
    let text = "SELECT payload FROM outbox WHERE aggregatetype = 'plan-funding' ORDER BY position";
    let rows = sql::rows(&db, text, vec![]).await.unwrap();
    let event = |row: &sea_orm::QueryResult| -> PlanFundingChanged {
        serde_json::from_str(&row.try_get_by_index::<String>(0).unwrap()).unwrap()
    };
    let figures = |event: PlanFundingChanged| {
        assert_eq!((event.id, event.organisation_id), (PLAN, ORGANISATION));
        let requirement = event.requirement.map(|money| money.minor());
        (event.sequence, requirement, event.funding.minor(), event.pledges.minor())
    };
    rows.iter().map(event).map(figures).collect()
}

async fn notes(store: &Store) -> i64 {
    let db = store.system_read().await.unwrap();
    let row = sql::row(&db, "SELECT count(*) FROM plan_to_tell", vec![]).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn many_changes_of_a_plan_are_told_once_a_minute_and_only_where_they_change_a_figure() {
    let folder = testkit::folder();
    let (store, clock) = opened(&folder).await;
    // Money for a plan that is not on the platform yet: nothing to tell.
    given(&store, 1, 100, ContributionStatus::Paid).await;
    step(&store).await.unwrap();
    assert_eq!((told_so_far(&store).await, notes(&store).await), (vec![], 0));

    planned(&store, 1, 1_000).await;
    given(&store, 2, 50, ContributionStatus::Commitment).await;
    given(&store, 3, 30, ContributionStatus::Pledge).await;
    step(&store).await.unwrap();
    let first = (1, Some(1_000), 150, 30);
    assert_eq!((told_so_far(&store).await, notes(&store).await), (vec![first], 0));

    // Within a minute the next ones wait, and are one event then.
    given(&store, 2, 60, ContributionStatus::Commitment).await;
    planned(&store, 2, 2_000).await;
    clock.advance(TimeDelta::seconds(59));
    step(&store).await.unwrap();
    assert_eq!((told_so_far(&store).await, notes(&store).await), (vec![first], 2));
    clock.advance(TimeDelta::seconds(2));
    step(&store).await.unwrap();
    let second = (2, Some(2_000), 160, 30);
    assert_eq!((told_so_far(&store).await, notes(&store).await), (vec![first, second], 0));

    // A change of something else is no news of its figures.
    clock.advance(TimeDelta::seconds(61));
    planned(&store, 3, 2_000).await;
    step(&store).await.unwrap();
    assert_eq!((told_so_far(&store).await, notes(&store).await), (vec![first, second], 0));
}

#[tokio::test]
async fn plans_from_before_the_first_event_are_told_of() {
    let folder = testkit::folder();
    let (store, _) = opened(&folder).await;
    planned(&store, 1, 1_000).await;
    let tx = store.system(Actor::system()).await.unwrap();
    sql::execute(tx.db(), "DELETE FROM plan_to_tell", vec![]).await.unwrap();
    // As the migration notes them.
    let note = params![ORGANISATION, Uuid::from_u128(9), "fts:1120"];
    let columns = ["organisation_id", "id", "funding_key"];
    sql::insert_many(tx.db(), "plan_to_tell", &columns, vec![note], "").await.unwrap();
    tx.commit().await.unwrap();
    step(&store).await.unwrap();
    assert_eq!(told_so_far(&store).await, [(1, Some(1_000), 0, 0)]);
}
