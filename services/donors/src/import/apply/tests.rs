use super::*;
use crate::counted::tests::{OFFICES, Random, organisation, scope_of, stores};
use crate::import::store::ImportId;
use ::store::{Actor, Store};
use kernel::OrganisationId;
use std::time::Duration;

#[test]
fn a_changed_flow_is_a_new_version_and_a_stale_file_changes_nothing() {
    let held = (3, "aa".to_owned());
    assert_eq!(decide(None, 1, &"aa"), Decision::Create);
    assert_eq!(decide(Some(&held), 3, &"aa".to_owned()), Decision::Keep);
    assert_eq!(decide(Some(&held), 4, &"aa".to_owned()), Decision::Keep);
    assert_eq!(decide(Some(&held), 4, &"bb".to_owned()), Decision::Update);
    assert_eq!(decide(Some(&held), 3, &"bb".to_owned()), Decision::Update);
    assert_eq!(decide(Some(&held), 2, &"bb".to_owned()), Decision::Keep);
}

fn examplia(reference: Option<&str>) -> DonorRef {
    DonorRef {
        id: None,
        reference: reference.map(str::to_owned),
        name: Some("Examplia".to_owned()),
        donor_type: Some(kernel::DonorType::Government),
        unmapped_type: None,
    }
}

async fn present(store: &Store, id: DonorId) -> donor::store::Model {
    let db = store.read(&scope_of(0)).await.unwrap();
    donor::store::get(&scope_of(0), &db, id).await.unwrap().unwrap()
}

/// On PostgreSQL two write at once; on SQLite one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_names_a_donor_keeps_what_somebody_changes_in_it_meanwhile() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        let (id, now) = (tx.new_id(), tx.now());
        let job = Job { organisation_id: scope_of(0).organisation_id(), office_id: OFFICES[0], ..job() };
        let donor = NewDonor::of("name".to_owned(), &examplia(None), &job).unwrap();
        let donor = donor.record(&job, OFFICES[0], (id, now));
        donor::store::insert_all(&mut tx, &[donor], &[vec![]]).await.unwrap();
        tx.commit().await.unwrap();

        // Somebody changes the donor; the import comes to it before that is committed.
        let mut editor = store.begin(scope_of(0), Actor::system()).await.unwrap();
        let mut edited =
            donor::store::get_to_change(&scope_of(0), &editor, id).await.unwrap().expect("the donor");
        edited.version += 1;
        edited.short_name = Some("Ex".to_owned());
        let there = store.clone();
        let import = tokio::spawn(async move {
            let mut tx = there.system(Actor::system()).await.unwrap();
            let called = vec![("ref G-1".to_owned(), examplia(Some("G-1")))];
            let found = match_or_record(&mut tx, &job, &scope_of(0), called).await.unwrap();
            assert_eq!((found.len(), found[0].1.id), (1, id), "the donor of that name, and no other one");
            tx.commit().await.unwrap();
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        donor::store::update(&mut editor, &edited, &[]).await.unwrap();
        editor.commit().await.unwrap();
        import.await.unwrap();

        let donor = present(&store, id).await;
        assert_eq!(donor.short_name.as_deref(), Some("Ex"), "{:?}: the edit is lost", store.backend());
        assert_eq!(donor.version, 3, "{:?}: two changes, two versions", store.backend());
    }
}

/// The other half: a contribution that somebody changes while a file that names it is applied.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_changes_a_contribution_as_it_is_once_the_editor_is_done() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let held = Random(7).record(1, OFFICES[0], 1);
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        contribution::store::insert_all(&mut tx, vec![held.clone()]).await.unwrap();
        tx.commit().await.unwrap();

        let mut editor = store.begin(scope_of(0), Actor::system()).await.unwrap();
        let old = contribution::store::get_to_change(&scope_of(0), &editor, held.id).await.unwrap().unwrap();
        let edited = Contribution { version: 2, description: Some("edited".to_owned()), ..old.clone() };
        let flow = serde_json::json!({
            "id": "1", "versionId": 9, "amountUSD": 1, "status": "paid", "newMoney": true,
            "contributionType": "financial",
            "destinationObjects": [{ "type": "UsageYear", "id": "42", "name": "2021" }],
        });
        let flow = crate::import::format::ImportFormat::Fts.read(&flow.to_string());
        let flows = vec![(1, flow.unwrap_or_else(|(_, errors)| panic!("{errors:?}")))];
        let there = store.clone();
        let import = tokio::spawn(async move {
            let tx = there.system(Actor::system()).await.unwrap();
            let stored = HashMap::from([("1".to_owned(), held)]);
            let changed = changing(&tx, &scope_of(0), &flows, &stored).await.unwrap();
            tx.rollback().await.unwrap();
            changed
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        contribution::store::replace_all(&mut editor, vec![(old, edited)]).await.unwrap();
        editor.commit().await.unwrap();
        let seen = import.await.unwrap();
        let seen: Vec<_> = seen.iter().map(|row| (row.version, row.description.as_deref())).collect();
        assert_eq!(seen, [(2, Some("edited"))], "{:?}: the edit would be lost", store.backend());
    }
}

fn job() -> Job {
    Job {
        id: ImportId::from_u128(1),
        version: 1,
        organisation_id: OrganisationId::nil(),
        office_id: OfficeId::nil(),
        format: crate::import::format::ImportFormat::Csv,
        state: crate::import::store::ImportState::Applying,
        dry_run: false,
        skip_bad: false,
        files: "[]".to_owned(),
        rows_read: 1,
        rows_done: 0,
        position: 0,
        created: 0,
        updated: 0,
        unchanged: 0,
        rejected: 0,
        warnings: 0,
        message: None,
        created_at: DateTime::UNIX_EPOCH,
        finished_at: None,
        source: "erp".to_owned(),
        columns: "[]".to_owned(),
        worked_at: None,
    }
}
