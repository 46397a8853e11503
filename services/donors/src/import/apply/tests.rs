use super::*;
use crate::counted::tests::{OFFICES, Random, organisation, scope_of, stores};
use ::store::Actor;
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

/// A contribution that somebody changes while a file that names it is applied. On PostgreSQL two write at once; on SQLite one
/// after the other.
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
