use super::*;
use crate::{
    counted::tests::{OFFICES, organisation, scope_of, stores},
    import::store::ImportId,
};
use ::store::{Actor, Store};
use std::time::Duration;

/// An import of a table, with these decisions.
fn job(decisions: &str) -> Job {
    let place = (scope_of(0).organisation_id(), OFFICES[0]);
    Job {
        version: 1,
        source: "erp".to_owned(),
        donor_decisions: decisions.to_owned(),
        ..Job::begun(ImportId::from_u128(1), place, ImportFormat::Csv, DateTime::UNIX_EPOCH)
    }
}

fn examplia(reference: Option<&str>) -> DonorRef {
    DonorRef {
        id: None,
        reference: reference.map(str::to_owned),
        name: Some("Examplia".to_owned()),
        donor_type: Some(DonorType::Government),
        unmapped_type: None,
    }
}

/// Examplia as headquarters' office has it.
fn registered(id: DonorId, now: DateTime<Utc>) -> donor::store::Model {
    let donor = NewDonor::of(("name".to_owned(), 1), &examplia(None), &job("[]")).unwrap();
    donor.record(&job("[]"), OFFICES[0], (id, now))
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
        donor::store::insert_all(&mut tx, &[registered(id, now)], &[vec![]]).await.unwrap();
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
            let called = vec![(("ref G-1".to_owned(), 1), examplia(Some("G-1")))];
            let (found, recorded) = match_or_record(&mut tx, &job("[]"), &scope_of(0), called).await.unwrap();
            assert_eq!((found.len(), found[0].1.id), (1, id), "the donor of that name, and no other one");
            assert!(recorded.is_empty());
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

/// Rows of a table that name these donors of governments, by name or by reference and name.
fn rows(donors: &[(&str, &str)]) -> Vec<(i64, Flow)> {
    let row = |(number, (reference, name)): (i64, &(&str, &str))| {
        let raw = serde_json::json!({ "external_ref": number.to_string(), "donor": name, "donor_ref": reference,
            "donor_type": "government", "status": "paid", "amount": "1", "currency": "USD" });
        let flow = ImportFormat::Csv.read(&raw.to_string());
        (number, flow.unwrap_or_else(|(_, errors)| panic!("{errors:?}")))
    };
    (1..).zip(donors).map(row).collect()
}

#[tokio::test]
async fn a_dry_run_tells_new_donors_and_records_none() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        let (id, now) = (tx.new_id(), tx.now());
        let norway = donor::store::Model {
            name: "Norway, Government of".to_owned(),
            search: kernel::text::search_key("Norway, Government of"),
            country: Some("NOR".to_owned()),
            ..registered(id, now)
        };
        donor::store::insert_all(&mut tx, &[norway.searchable()], &[vec![]]).await.unwrap();
        tx.commit().await.unwrap();

        let flows = rows(&[
            ("", "Norwegen"),
            ("", "Government of Norway"),
            ("D-7", "Nouveau Fonds"),
            ("", "NORWEGEN"),
            ("", "Norvège"),
            ("", "Norway, Government of"),
        ]);
        let db = store.system_read().await.unwrap();
        let (donors, unregistered) = foreseen(&db, &job("[]"), &flows, &[], now).await.unwrap();
        assert_eq!(donors.values().filter(|donor| donor.id == id).count(), 1);
        let mut told = Vec::new();
        for unregistered in unregistered {
            let new = unregistered.foreseen(&scope_of(0), &db, ImportId::from_u128(1), true).await.unwrap();
            let nearest: serde_json::Value = serde_json::from_str(&new.nearest).unwrap();
            let nearest =
                nearest.as_array().unwrap().iter().map(|one| one["name"].clone()).collect::<Vec<_>>();
            told.push((new.number, new.name, new.reference, nearest.len()));
            assert!(nearest.iter().all(|name| name == "Norway, Government of"), "{nearest:?}");
        }
        let reference = Some("D-7".to_owned());
        let expected = [
            (1, "Norwegen".to_owned(), None, 1),
            (2, "Government of Norway".to_owned(), None, 1),
            (3, "Nouveau Fonds".to_owned(), reference, 0),
            (5, "Norvège".to_owned(), None, 1),
        ];
        assert_eq!(told, expected, "{:?}", store.backend());
        let text = "SELECT id FROM donor WHERE organisation_id = $1";
        let all =
            ::store::sql::rows(&db, text, ::store::params![scope_of(0).organisation_id()]).await.unwrap();
        assert_eq!(all.len(), 6, "nothing is recorded");
    }
}

#[tokio::test]
async fn a_donor_that_was_decided_on_is_known_by_that_name_from_then_on() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        let (id, now) = (tx.new_id(), tx.now());
        donor::store::insert_all(&mut tx, &[registered(id, now)], &[vec![]]).await.unwrap();
        tx.commit().await.unwrap();

        let decisions = serde_json::json!([{ "name": "Beispielland", "donor_id": id },
            { "name": "Elsewhere", "donor_id": null }]);
        let decisions = decisions.to_string();
        let donors = [("", "Beispielland"), ("D-7", "Beispielland"), ("", "Elsewhere")];
        let mut tx = store.system(Actor::system()).await.unwrap();
        let (found, recorded) = of(&mut tx, &job(&decisions), &scope_of(0), &rows(&donors)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(found.values().filter(|donor| donor.id == id).count(), 2);
        let recorded: Vec<(i64, String)> =
            recorded.into_iter().map(|new| (new.number, new.donor.name)).collect();
        assert_eq!(recorded, [(3, "Elsewhere".to_owned())], "{:?}", store.backend());
        assert_eq!(present(&store, id).await.version, 2, "one change");

        // A later file has no decisions: none is needed.
        let db = store.system_read().await.unwrap();
        let (found, unregistered) = foreseen(&db, &job("[]"), &rows(&donors[..2]), &[], now).await.unwrap();
        assert!(unregistered.is_empty() && found.values().all(|donor| donor.id == id));
        let written = rows(&[("", "BEISPIELLAND")]);
        let (_, unregistered) = foreseen(&db, &job("[]"), &written, &[], now).await.unwrap();
        assert!(unregistered.is_empty(), "it is the same name");
    }
}

/// A donor of which the row states no type.
fn untyped(name: &str) -> DonorRef {
    DonorRef { name: Some(name.to_owned()), donor_type: None, ..examplia(None) }
}

#[tokio::test]
async fn a_dry_run_tells_whom_nobody_has_decided_on_and_what_was_decided() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        let (id, now) = (tx.new_id(), tx.now());
        donor::store::insert_all(&mut tx, &[registered(id, now)], &[vec![]]).await.unwrap();
        tx.commit().await.unwrap();

        let db = store.system_read().await.unwrap();
        let told = async |decisions: &str| {
            let undecided = [(1, untyped("Exampli")), (3, untyped("Nouveau Fonds"))];
            let flows: Vec<(i64, Flow)> =
                rows(&[("", "Elsewhere")]).into_iter().map(|(_, flow)| (2, flow)).collect();
            let (_, new) = foreseen(&db, &job(decisions), &flows, &undecided, now).await.unwrap();
            let mut told = Vec::new();
            for new in new {
                let new = new.foreseen(&scope_of(0), &db, ImportId::from_u128(1), true).await.unwrap();
                let nearest: serde_json::Value = serde_json::from_str(&new.nearest).unwrap();
                told.push((new.number, new.name, new.donor_type, nearest.as_array().unwrap().len()));
            }
            told
        };
        let government = Some(DonorType::Government);
        let mut expected = [
            (1, "Exampli".to_owned(), None, 1),
            (2, "Elsewhere".to_owned(), government, 0),
            (3, "Nouveau Fonds".to_owned(), None, 0),
        ];
        assert_eq!(told("[]").await, expected, "{:?}", store.backend());
        expected[2].2 = Some(DonorType::PrivateSector);
        let decided = r#"[{ "name": "NOUVEAU FONDS", "donor_id": null, "type": "private_sector" }]"#;
        assert_eq!(told(decided).await, expected, "{:?}", store.backend());
    }
}

#[tokio::test]
async fn a_new_donor_has_the_type_that_was_decided_and_a_name_that_is_remembered_is_no_reference() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        let (id, now) = (tx.new_id(), tx.now());
        donor::store::insert_all(&mut tx, &[registered(id, now)], &[vec![]]).await.unwrap();
        tx.commit().await.unwrap();

        // One donor is called by that name, and another one has it for its reference.
        let decisions = serde_json::json!([{ "name": "Beispielland", "donor_id": id },
            { "name": "Stiftung", "donor_id": null, "type": "private_sector" }]);
        let mut flows = rows(&[("", "Beispielland"), ("beispielland", "Elsewhere"), ("", "Stiftung")]);
        flows[2].1.donor_ref = Some(untyped("Stiftung"));
        let mut tx = store.system(Actor::system()).await.unwrap();
        let (found, recorded) =
            of(&mut tx, &job(&decisions.to_string()), &scope_of(0), &flows).await.unwrap();
        tx.commit().await.unwrap();
        let types: Vec<(i64, Option<DonorType>)> =
            recorded.iter().map(|new| (new.number, new.donor_type)).collect();
        let expected = [(2, Some(DonorType::Government)), (3, Some(DonorType::PrivateSector))];
        assert_eq!(types, expected, "{:?}", store.backend());
        assert_eq!(found.values().filter(|donor| donor.id == id).count(), 1);

        let db = store.system_read().await.unwrap();
        let (found, unregistered) = foreseen(&db, &job("[]"), &flows, &[], now).await.unwrap();
        assert!(unregistered.is_empty(), "all are known by now");
        assert_eq!(found["ref beispielland"].name, "Elsewhere");
        assert_eq!(found["name beispielland government"].id, id);
        assert_eq!(found["name stiftung "].donor_type, DonorType::PrivateSector);
    }
}
