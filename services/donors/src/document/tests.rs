use super::*;
use crate::migration::Migrator;
use ::documents::{
    files,
    sweep::{destroy, sweep},
};
use ::store::{Actor, Store};
use chrono::TimeDelta;
use kernel::{Clock, Code, DonorId, FixedClock, OfficeId, OrganisationId};
use std::time::Duration;
use std::{path::Path, sync::Arc};
use uuid::Uuid;

const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
const OFFICE: OfficeId = OfficeId::from_u128(2);

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at("2026-08-15T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap()))
}

async fn store(folder: &Path, clock: &Arc<FixedClock>) -> Store {
    let store = Store::open_sqlite(&folder.join("donors.db"), clock.clone()).await.unwrap();
    ::store::migration::migrate::<Migrator>(&store).await.unwrap();
    // What documents are attached to does not matter here.
    sql::execute(store.writer(), "PRAGMA foreign_keys = OFF", vec![]).await.unwrap();
    store
}

/// A document of a report or an agreement that names this file.
async fn name(store: &Store, kind: &Kind, sha256: &str) -> DocumentId {
    let id = DocumentId::new(store.clock().as_ref());
    let columns =
        ["id", "organisation_id", "office_id", "donor_id", kind.column, "name", "media_type", "size"];
    let columns = [&columns[..], &["sha256", "visibility", "created_at"]].concat();
    let now = store.clock().now();
    let row =
        params![id, ORGANISATION, OFFICE, id, id, "a.pdf", "application/pdf", 1i64, sha256, "internal", now];
    sql::insert_many(store.writer(), kind.table, &columns, vec![row], "").await.unwrap();
    id
}

async fn is_there(store: &Store, sha256: &str) -> bool {
    files::is_kept(store.files(), sha256).await.unwrap()
}

#[tokio::test]
async fn a_file_that_no_document_names_is_destroyed_after_a_day_and_one_that_is_named_stays() {
    let (folder, clock) = (testkit::folder(), clock());
    let store = store(folder.path(), &clock).await;
    let never_named = files::keep(&store, b"the request failed").await.unwrap();
    let shared = files::keep(&store, b"of a report and of an agreement").await.unwrap();
    let signed = files::keep(&store, b"of an agreement").await.unwrap();
    let of_report = name(&store, &OF_REPORTS, &shared).await;
    name(&store, &OF_AGREEMENTS, &shared).await;
    name(&store, &OF_AGREEMENTS, &signed).await;
    assert_eq!(sweep(&store, &KINDS).await.unwrap(), 0);
    clock.advance(TimeDelta::hours(23));
    assert_eq!(sweep(&store, &KINDS).await.unwrap(), 0, "a request may still be about to name it");
    clock.advance(TimeDelta::hours(2));
    assert_eq!(sweep(&store, &KINDS).await.unwrap(), 1);
    assert!(!is_there(&store, &never_named).await);
    assert!(is_there(&store, &shared).await && is_there(&store, &signed).await);
    // Another document has the same file: it stays until that one is gone, too.
    sql::execute(store.writer(), "DELETE FROM document WHERE id = $1", params![of_report]).await.unwrap();
    assert_eq!(sweep(&store, &KINDS).await.unwrap(), 0);
    assert!(is_there(&store, &shared).await);
    sql::execute(store.writer(), "DELETE FROM agreement_document", vec![]).await.unwrap();
    assert_eq!(sweep(&store, &KINDS).await.unwrap(), 2);
    assert!(!is_there(&store, &shared).await && !is_there(&store, &signed).await);
}

#[tokio::test]
async fn a_file_that_is_received_again_is_as_new_as_that() {
    let (folder, clock) = (testkit::folder(), clock());
    let store = store(folder.path(), &clock).await;
    let sha256 = files::keep(&store, b"twice").await.unwrap();
    clock.advance(TimeDelta::days(3));
    assert_eq!(files::keep(&store, b"twice").await.unwrap(), sha256);
    assert_eq!(sweep(&store, &KINDS).await.unwrap(), 0);
    assert!(is_there(&store, &sha256).await);
    clock.advance(TimeDelta::days(2));
    assert_eq!(sweep(&store, &KINDS).await.unwrap(), 1);
}

#[tokio::test]
async fn what_was_begun_and_never_finished_goes_and_what_is_no_document_stays() {
    let (folder, clock) = (testkit::folder(), clock());
    let store = store(folder.path(), &clock).await;
    let sha256 = files::keep(&store, b"one").await.unwrap();
    name(&store, &OF_REPORTS, &sha256).await;
    let part = store.files().join(&sha256[..2]);
    let old = std::time::SystemTime::from(clock.now());
    for name in ["0198-broken.new", "README"] {
        std::fs::write(part.join(name), "half").unwrap();
        std::fs::File::options().append(true).open(part.join(name)).unwrap().set_modified(old).unwrap();
    }
    clock.advance(TimeDelta::days(2));
    assert_eq!(sweep(&store, &KINDS).await.unwrap(), 0);
    assert!(!part.join("0198-broken.new").exists() && part.join("README").exists());
    assert!(is_there(&store, &sha256).await);
}

#[tokio::test]
async fn a_thousand_files_are_swept_in_batches_and_an_empty_folder_is_none() {
    let (folder, clock) = (testkit::folder(), clock());
    let store = store(folder.path(), &clock).await;
    assert_eq!(sweep(&store, &KINDS).await.unwrap(), 0);
    for number in 0..1_100u32 {
        let sha256 = files::digest(&number.to_be_bytes());
        let part = store.files().join(&sha256[..2]);
        std::fs::create_dir_all(&part).unwrap();
        std::fs::write(part.join(&sha256), "x").unwrap();
        let file = std::fs::File::options().append(true).open(part.join(&sha256)).unwrap();
        file.set_modified(clock.now().into()).unwrap();
        if number % 11 == 0 {
            name(&store, &OF_REPORTS, &sha256).await;
        }
    }
    clock.advance(TimeDelta::days(2));
    assert_eq!(sweep(&store, &KINDS).await.unwrap(), 1_000);
    assert_eq!(files::older_than(store.files(), clock.now()).await.unwrap().len(), 100);
}

#[tokio::test]
async fn a_document_is_not_named_whose_file_was_destroyed_while_it_arrived() {
    let (folder, clock) = (testkit::folder(), clock());
    let store = store(folder.path(), &clock).await;
    let stored = StoredFile::keep(&store, "a.pdf".to_owned(), b"%PDF-1.7").await.unwrap();
    files::remove(store.files(), &files::digest(b"%PDF-1.7")).await.unwrap();
    let owner = Owner {
        kind: &OF_REPORTS,
        id: Uuid::from_u128(3),
        organisation_id: ORGANISATION,
        office_id: OFFICE,
        donor_id: Some(DonorId::from_u128(4)),
    };
    let tx = store.system(Actor::system()).await.unwrap();
    let refused = owner.attach(&tx, &stored, "internal").await.unwrap_err();
    assert_eq!(refused.0.code.known(), Some(Code::Unavailable));
    assert_eq!(owner.count(tx.db()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_download_beside_an_erasure_finds_nothing_and_a_lost_file_is_a_fault() {
    let (folder, clock) = (testkit::folder(), clock());
    let store = store(folder.path(), &clock).await;
    for kind in [&OF_REPORTS, &OF_AGREEMENTS] {
        let sha256 = files::digest(b"never written");
        let id = name(&store, kind, &sha256).await;
        let owner = Owner {
            kind,
            id: id.as_uuid(),
            organisation_id: ORGANISATION,
            office_id: OFFICE,
            donor_id: Some(DonorId::from_u128(4)),
        };
        let (name, media_type, created_at) = ("a.pdf".to_owned(), "application/pdf".to_owned(), clock.now());
        let document = Document { id, name, media_type, size: 1, sha256: sha256.clone(), created_at };
        let missing = files::read(store.files(), &sha256).await.unwrap_err();
        let code = async |error| owner.not_read(&store, &document, error).await.0.code.known();
        assert_eq!(code(&missing).await, Some(Code::Internal), "the row is there, the file must be");
        let unreadable = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        assert_eq!(code(&unreadable).await, Some(Code::Internal));
        let text = format!("DELETE FROM {} WHERE id = $1", kind.table);
        sql::execute(store.writer(), &text, params![id]).await.unwrap();
        assert_eq!(code(&missing).await, Some(Code::NotFound), "erased between its row and its file");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_is_destroyed_while_somebody_is_about_to_name_it() {
    let folder = testkit::folder();
    for (store, owner) in crate::counted::tests::stores(folder.path()).await {
        if store.backend() == sea_orm::DbBackend::Postgres {
            let text = "ALTER TABLE document DROP CONSTRAINT document_report_id_fkey";
            sql::execute(owner.writer(), text, vec![]).await.unwrap();
        } else {
            sql::execute(store.writer(), "PRAGMA foreign_keys = OFF", vec![]).await.unwrap();
        }
        let stored = StoredFile::keep(&store, "a.pdf".to_owned(), b"%PDF-1.7").await.unwrap();
        let sha256 = files::digest(b"%PDF-1.7");
        let owner = Owner {
            kind: &OF_REPORTS,
            id: Uuid::from_u128(3),
            organisation_id: ORGANISATION,
            office_id: OFFICE,
            donor_id: Some(DonorId::from_u128(4)),
        };
        let tx = store.system(Actor::system()).await.unwrap();
        owner.attach(&tx, &stored, "internal").await.unwrap();
        let there = store.clone();
        let asked = [sha256.clone()];
        let destroying = tokio::spawn(async move { destroy(&there, &KINDS, &asked).await.unwrap() });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!destroying.is_finished(), "{:?}: it does not wait", store.backend());
        tx.commit().await.unwrap();
        assert_eq!(destroying.await.unwrap(), 0, "{:?}", store.backend());
        assert!(is_there(&store, &sha256).await);
    }
}
