use super::{
    tests::{ORGANISATION, all_cells, lists, member, opened},
    *,
};
use crate::{funding::allocation, plan};
use events::{AllocationAmounts, AllocationChanged, AllocationSource};
use kernel::{
    AllocationNature, ContributionStatus, DonorId, Money, OfficeId, PlanId, PlanType, ProposalId,
    ProposalState, Visibility,
};
use store::{Actor, Store};

const ROOT: ContributionId = ContributionId::from_u128(100);
const PLAN: PlanId = PlanId::from_u128(9);

async fn planned(store: &Store) {
    let mut tx = store.system(Actor::system()).await.unwrap();
    let plan = plan::store::Model {
        id: PLAN,
        version: 1,
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
        original_requirement: None,
        revised_requirement: None,
        people_in_need: None,
        people_targeted: None,
        summary: None,
        objectives: "[]".to_owned(),
        visibility: Visibility::Public,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    plan::store::insert(&mut tx, &plan).await.unwrap();
    tx.commit().await.unwrap();
}

/// A record of the money whose first record is [`ROOT`].
fn record(amount: i64, status: ContributionStatus) -> Fact {
    Fact {
        organisation_id: ORGANISATION,
        status: status.into(),
        amount,
        visibility: Visibility::Public.into(),
        country_year: None,
        plans: Vec::new(),
        plan: None,
        donor_id: Some(DonorId::from_u128(7)),
        donor: Some(member(&DonorId::from_u128(7).to_string())),
        earmarking: Some(member("unearmarked")),
        recipient: None,
        is_ours: Some(true),
        counts_ours: Some(true),
        counts_reported: Some(true),
        root_id: Some(ROOT),
        allocated: Vec::new(),
    }
}

async fn recorded(store: &Store, number: u128, fact: Fact) {
    let tx = store.system(Actor::system()).await.unwrap();
    apply(&tx, vec![(ContributionId::from_u128(number), fact)]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn allocated(store: &Store, number: u128, country: &str, amount: i64) {
    let (nothing, usd) = (Money::usd(0), Money::usd(amount));
    let event = AllocationChanged {
        id: ProposalId::from_u128(number),
        sequence: 1,
        organisation_id: ORGANISATION,
        office_id: OfficeId::from_u128(2),
        reference: "MIR-2026-00001".to_owned(),
        title: "Transport".to_owned(),
        category: "Emergency".to_owned(),
        nature: AllocationNature::Grant.into(),
        countries: vec![country.to_owned()],
        plan_ids: vec![PLAN],
        year: 2026,
        state: ProposalState::Approved.into(),
        visibility: Visibility::Public.into(),
        amounts: AllocationAmounts {
            approved: Some(usd),
            reserved: nothing,
            allocated: usd,
            disbursed: nothing,
            spent: nothing,
            returned: nothing,
            withdrawn: nothing,
        },
        sources: vec![
            AllocationSource {
                root_id: Some(ROOT),
                donor_id: Some(DonorId::from_u128(7)),
                allocated: usd,
                disbursed: nothing,
                spent: nothing,
            },
            // Own funds of the organisation came from nobody.
            AllocationSource {
                root_id: None,
                donor_id: None,
                allocated: usd,
                disbursed: nothing,
                spent: usd,
            },
        ],
        start_date: None,
        end_date: None,
        disbursed_on: None,
    };
    let tx = store.system(Actor::system()).await.unwrap();
    let events = [(event.id, event)].into();
    allocation::apply(&tx, ORGANISATION, &events).await.unwrap();
    tx.commit().await.unwrap();
}

async fn funding_of(store: &Store, scope: &str, dimension: &str) -> i64 {
    let cells = all_cells(store).await;
    let found = cells.iter().find(|(of, name, ..)| of == scope && name == dimension);
    found.map_or(0, |(.., amounts)| amounts.funding())
}

#[tokio::test]
async fn contributions_and_allocations_in_any_order_give_the_same_figures() {
    // Of each order, what happens: records of the money, and what is allocated of it.
    let orders: [[usize; 4]; 5] = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2], [2, 3, 0, 1]];
    let mut counted = Vec::new();
    for order in orders {
        let folder = testkit::folder();
        let store = opened(&folder).await;
        planned(&store).await;
        for step in order {
            match step {
                0 => recorded(&store, 100, record(600, ContributionStatus::Paid)).await,
                1 => recorded(&store, 101, record(400, ContributionStatus::Commitment)).await,
                2 => allocated(&store, 1, "TCD", 500).await,
                _ => allocated(&store, 2, "SDN", 300).await,
            }
        }
        counted.push((all_cells(&store).await, lists(&store, 1000).await));
    }
    let (first, others) = counted.split_first().unwrap();
    for (other, order) in others.iter().zip(&orders[1..]) {
        assert_eq!(other, first, "{order:?}");
    }
}

#[tokio::test]
async fn what_was_counted_before_roots_were_kept_is_the_first_record_of_its_money() {
    let folder = testkit::folder();
    let store = opened(&folder).await;
    planned(&store).await;
    recorded(&store, 100, record(1_000, ContributionStatus::Paid)).await;
    // As an older version kept it.
    let tx = store.system(Actor::system()).await.unwrap();
    let fact = serde_json::to_string(&Fact { root_id: None, ..record(1_000, ContributionStatus::Paid) });
    let text = "UPDATE funding_fact SET root_id = NULL, fact = $1";
    sql::execute(tx.db(), text, params![fact.unwrap()]).await.unwrap();
    tx.commit().await.unwrap();
    allocated(&store, 1, "TCD", 700).await;
    assert_eq!(funding_of(&store, "plan:fts:1120", "allocated").await, 700);
    recorded(&store, 100, record(400, ContributionStatus::Paid)).await;
    assert_eq!(funding_of(&store, "plan:fts:1120", "allocated").await, 400);
}

#[tokio::test]
async fn an_allocation_follows_its_contribution_and_takes_back_what_it_counted() {
    let folder = testkit::folder();
    let store = opened(&folder).await;
    planned(&store).await;
    let of_plan = async |dimension: &str| funding_of(&store, "plan:fts:1120", dimension).await;
    recorded(&store, 100, record(1_000, ContributionStatus::Paid)).await;
    assert_eq!(of_plan("total").await, 0);
    allocated(&store, 1, "TCD", 700).await;
    assert_eq!((of_plan("total").await, of_plan("allocated").await), (700, 700));
    assert_eq!(funding_of(&store, "country:TCD:2026", "total").await, 700);
    let donor = format!("donor:{}", DonorId::from_u128(7));
    assert_eq!(funding_of(&store, &donor, "elsewhere").await, 300);
    // Less of the money came than was said: no more of it counts than came.
    recorded(&store, 100, record(450, ContributionStatus::Paid)).await;
    assert_eq!((of_plan("total").await, of_plan("allocated").await), (450, 450));
    assert_eq!(funding_of(&store, &donor, "elsewhere").await, 0);
    // The donor asks for it to go to Sudan: there it counts itself.
    let to_sudan = Fact {
        country_year: Some(("SDN".to_owned(), 2026)),
        earmarking: Some(member("earmarked")),
        ..record(450, ContributionStatus::Paid)
    };
    recorded(&store, 100, to_sudan).await;
    assert_eq!((of_plan("total").await, of_plan("allocated").await), (0, 0));
    assert_eq!(funding_of(&store, "country:SDN:2026", "total").await, 450);
    recorded(&store, 100, record(1_000, ContributionStatus::Paid)).await;
    assert_eq!(of_plan("total").await, 700);
    // What was withdrawn counts no longer.
    allocated(&store, 1, "TCD", 100).await;
    assert_eq!((of_plan("total").await, of_plan("allocated").await), (100, 100));
    allocated(&store, 1, "TCD", 0).await;
    assert_eq!(of_plan("total").await, 0);
    assert_eq!(funding_of(&store, &donor, "elsewhere").await, 1_000);
}
