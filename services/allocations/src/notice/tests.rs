use super::*;
use crate::migration::Migrator;
use kernel::SystemClock;
use std::sync::Arc;
use store::{Actor, Store, sql};

const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);

#[tokio::test]
async fn each_person_is_told_once_and_an_office_as_one() {
    let folder = testkit::folder();
    let file = folder.path().join("allocations.db");
    let store = Store::open_sqlite(&file, Arc::new(SystemClock)).await.unwrap();
    store::migration::migrate::<Migrator>(&store).await.unwrap();
    let mut tx = store.system(Actor::system()).await.unwrap();
    let notice = Notice {
        organisation_id: ORGANISATION,
        office_id: OfficeId::from_u128(2),
        kind: AllocationNoticeKind::MeetingConvened,
        record_id: Uuid::from_u128(3),
        title: "Geneva".to_owned(),
    };
    let people = [7, 8, 7].map(PersonId::from_u128);
    to_people(&mut tx, &notice, people).await.unwrap();
    to_office(&mut tx, &Notice { kind: AllocationNoticeKind::Decided, ..notice }).await.unwrap();
    tx.commit().await.unwrap();
    let db = store.system_read().await.unwrap();
    let text = "SELECT payload FROM outbox WHERE aggregatetype = 'notification' ORDER BY position";
    let rows = sql::rows(&db, text, vec![]).await.unwrap();
    let told: Vec<(Option<u128>, String)> = rows
        .iter()
        .map(|row| serde_json::from_str(&row.try_get_by_index::<String>(0).unwrap()).unwrap())
        .map(|event: AllocationNoticeGiven| {
            (event.person_id.map(|id| id.as_u128()), event.kind.as_str().to_owned())
        })
        .collect();
    let convened = "meeting_convened".to_owned();
    assert_eq!(told, [(Some(7), convened.clone()), (Some(8), convened), (None, "decided".to_owned())]);
    let rows: Vec<Model> = sql::all(&db, "SELECT * FROM allocation_notice", vec![]).await.unwrap();
    assert_eq!(rows.len(), 3);
}
