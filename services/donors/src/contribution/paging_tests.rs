use crate::{
    contribution::{
        list::{self, Filter, Givers},
        store::{self as contributions, Model},
    },
    counted::tests::{OFFICES, Random, organisation, scope_of, stores},
    migration::m0027::fill,
};
use ::store::{Actor, Store, TenantScope, sql};
use chrono::Datelike;
use events::FlowObject;
use kernel::{
    AgreementId, ContributionId,
    ContributionStatus::{Paid, Pledge},
    DonorId,
    Earmarking::Earmarked,
    MoneyScope::{All, Ours},
};
use sea_orm::DbBackend;
use service::PageRequest;

/// Every record of a list, page by page: their numbers.
async fn listed(store: &Store, scope: &TenantScope, filter: &Filter) -> Vec<u128> {
    let page = PageRequest { name: "rows", limit: 7, cursor: None, fingerprint: String::new() };
    let db = store.read(scope).await.unwrap();
    let mut found: Vec<ContributionId> = Vec::new();
    loop {
        let rows = list::list(scope, &db, filter, &page, found.last().copied()).await.unwrap();
        let more = rows.len() == 8;
        found.extend(rows.iter().take(7).map(|row| row.id));
        if !more {
            return found.iter().map(|id| id.as_u128()).collect();
        }
    }
}

/// Each goes to one of five plans.
fn to_a_plan(id: u128) -> String {
    serde_json::to_string(&[FlowObject::plan((id % 5).to_string(), "Plan")]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_many_offices_hold_every_record_once_in_order_whatever_the_filter() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let mut random = Random(5);
        let records: Vec<Model> = (1..=300u128)
            .map(|id| {
                let office = OFFICES[usize::try_from(random.below(4)).unwrap()];
                let record = random.record(id, office, 1);
                // Some that come from the first one; they are not among those that change below.
                let root = (id > 10 && id % 10 == 3).then_some(ContributionId::from_u128(1));
                Model { parent_id: root, root_id: root, destination_objects: to_a_plan(id), ..record }
            })
            .collect();
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        contributions::insert_all(&mut tx, records.clone()).await.unwrap();
        tx.commit().await.unwrap();

        let (text, none) = (|name: &str| Some(name.to_owned()), Filter::default);
        let donor = DonorId::from_u128(102);
        type Fits = fn(&Model) -> bool;
        let ours = || Filter { scope: Some(Ours), ..Filter::default() };
        let these =
            |ids: &[u128]| Some(Givers::These(ids.iter().map(|id| DonorId::from_u128(*id)).collect()));
        let filters: [(Filter, Fits); 30] = [
            (none(), |_| true),
            (Filter { status: Some(Pledge), ..none() }, |row| row.status == Pledge),
            (Filter { earmarking: Some(Earmarked), ..none() }, |row| row.earmarking == Some(Earmarked)),
            (Filter { year: Some(2020), ..none() }, |row| row.usage_years.contains(",2020,")),
            (Filter { year: Some(1999), ..none() }, |_| false),
            (Filter { country: text("TCD"), ..none() }, |row| row.countries.contains(",TCD,")),
            (Filter { country: text("NER"), year: Some(2021), ..none() }, |row| {
                row.countries.contains(",NER,") && row.usage_years.contains(",2021,")
            }),
            (Filter { country: text("SDN"), status: Some(Paid), ..none() }, |row| {
                row.countries.contains(",SDN,") && row.status == Paid
            }),
            (Filter { year: Some(2022), earmarking: Some(Earmarked), ..none() }, |row| {
                row.usage_years.contains(",2022,") && row.earmarking == Some(Earmarked)
            }),
            (Filter { country: text("TCD"), year: Some(2020), status: Some(Pledge), ..none() }, |row| {
                row.countries.contains(",TCD,") && row.usage_years.contains(",2020,") && row.status == Pledge
            }),
            (Filter { counted_year: Some(2021), country: text("TCD"), ..none() }, |row| {
                let date = row.decision_date.or(row.flow_date).or(row.first_reported_date);
                row.status != Pledge
                    && date.is_some_and(|date| date.year() == 2021)
                    && row.countries.contains(",TCD,")
            }),
            (Filter { office_id: Some(OFFICES[3]), ..none() }, |row| row.office_id == OFFICES[3]),
            (Filter { offices: Some(OFFICES[2..].to_vec()), country: text("AFG"), ..none() }, |row| {
                OFFICES[2..].contains(&row.office_id) && row.countries.contains(",AFG,")
            }),
            (Filter { donor_id: Some(donor), country: text("TCD"), ..none() }, |row| {
                row.donor_id == Some(DonorId::from_u128(102)) && row.countries.contains(",TCD,")
            }),
            (Filter { external: Some(("test".to_owned(), "7".to_owned())), ..none() }, |row| {
                row.external_ref.as_deref() == Some("7")
            }),
            (Filter { root_id: Some(ContributionId::from_u128(1)), ..none() }, |row| {
                row.root() == Some(ContributionId::from_u128(1))
            }),
            (Filter { counted_year: Some(2020), ..none() }, |row| {
                let date = row.decision_date.or(row.flow_date).or(row.first_reported_date);
                row.status != Pledge && date.is_some_and(|date| date.year() == 2020)
            }),
            (ours(), |row| row.is_ours),
            (Filter { scope: Some(All), ..none() }, |_| true),
            (Filter { status: Some(Pledge), ..ours() }, |row| row.is_ours && row.status == Pledge),
            (Filter { earmarking: Some(Earmarked), ..ours() }, |row| {
                row.is_ours && row.earmarking == Some(Earmarked)
            }),
            (Filter { country: text("TCD"), year: Some(2020), ..ours() }, |row| {
                row.is_ours && row.countries.contains(",TCD,") && row.usage_years.contains(",2020,")
            }),
            (Filter { counted_year: Some(2020), ..ours() }, |row| {
                let date = row.decision_date.or(row.flow_date).or(row.first_reported_date);
                row.is_ours
                    && row.counts_ours
                    && row.status != Pledge
                    && date.is_some_and(|date| date.year() == 2020)
            }),
            (Filter { only_counting: true, scope: Some(All), ..none() }, |row| row.counts_reported),
            (Filter { only_counting: true, country: text("TCD"), ..ours() }, |row| {
                row.is_ours && row.counts_ours && row.countries.contains(",TCD,")
            }),
            (Filter { plan: text("plan:1"), ..none() }, |row| row.id.as_u128() % 5 == 1),
            (Filter { plan: text("plan:1"), country: text("TCD"), year: Some(2020), ..ours() }, |row| {
                row.is_ours
                    && row.id.as_u128() % 5 == 1
                    && row.countries.contains(",TCD,")
                    && row.usage_years.contains(",2020,")
            }),
            (Filter { givers: these(&[101, 103, 104]), ..ours() }, |row| {
                let of = [101, 103, 104].map(|id| Some(DonorId::from_u128(id)));
                row.is_ours && of.contains(&row.donor_id)
            }),
            (Filter { givers: these(&[]), ..none() }, |_| false),
            (Filter { givers: Some(Givers::Named("3".to_owned())), plan: text("plan:1"), ..none() }, |row| {
                row.donor_id == Some(DonorId::from_u128(103)) && row.id.as_u128() % 5 == 1
            }),
        ];
        let check = async |when: &str, records: &[Model]| {
            for (asks, seen) in [(0, &OFFICES[..]), (1, &OFFICES[1..]), (3, &OFFICES[3..])] {
                for (number, (filter, fits)) in filters.iter().enumerate() {
                    let own = records.iter().rev().filter(|row| seen.contains(&row.office_id) && fits(row));
                    let expected: Vec<u128> = own.map(|row| row.id.as_u128()).collect();
                    let found = listed(&store, &scope_of(asks), filter).await;
                    assert_eq!(found, expected, "{when}: office {asks}, filter {number}");
                }
            }
        };
        check("new", &records).await;

        // Half of the records become others, in whatever they are filtered by.
        let pairs = records.iter().filter(|row| row.id.as_u128() % 2 == 0).map(|row| {
            let other = random.record(row.id.as_u128(), row.office_id, 1);
            let destination_objects = to_a_plan(row.id.as_u128());
            (row.clone(), Model { version: 2, destination_objects, ..other })
        });
        let pairs: Vec<(Model, Model)> = pairs.collect();
        let changed: Vec<Model> = records
            .iter()
            .map(|row| pairs.iter().find(|(old, _)| old.id == row.id).map_or(row, |(_, new)| new).clone())
            .collect();
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        contributions::replace_all(&mut tx, pairs).await.unwrap();
        tx.commit().await.unwrap();
        check("changed", &changed).await;

        // What the migration writes of records that were there before it.
        let tx = store.system(Actor::system()).await.unwrap();
        sql::execute(tx.db(), "DELETE FROM contribution_target", vec![]).await.unwrap();
        fill(tx.db()).await.unwrap();
        tx.commit().await.unwrap();
        check("migrated", &changed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_leaves_few_rows_of_an_office_finds_them_by_its_own_index() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        if store.backend() != DbBackend::Sqlite {
            continue;
        }
        // An office without offices below it.
        let (scope, none) = (scope_of(3), Filter::default);
        let db = store.read(&scope).await.unwrap();
        for (filter, index) in [
            (Filter { donor_id: Some(DonorId::from_u128(1)), ..none() }, "contribution_of_donor"),
            (Filter { agreement_id: Some(AgreementId::from_u128(1)), ..none() }, "contribution_of_agreement"),
            (Filter { parent_id: Some(ContributionId::from_u128(1)), ..none() }, "contribution_of_parent"),
        ] {
            let (conditions, values) = filter.conditions(&scope).end();
            let text = format!(
                "EXPLAIN QUERY PLAN SELECT c.id FROM contribution c WHERE {conditions} AND c.is_ours = true
                 ORDER BY c.id DESC LIMIT 8"
            );
            let plan = sql::rows(&db, &text, values).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
            assert!(plan[0].contains(index), "{plan:?}");
        }
    }
}
