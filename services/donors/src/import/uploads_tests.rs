use super::*;
use crate::counted::tests::{OFFICES, scope_of, stores};
use crate::migration::Migrator;
use kernel::{Clock, FixedClock};
use std::sync::Arc;
use uuid::Uuid;

fn claims(person: u128, office: usize) -> Claims {
    Claims {
        iss: "http://x".to_owned(),
        aud: auth::AUDIENCE.to_owned(),
        sub: PrincipalId::from_u128(person),
        exp: 0,
        iat: 0,
        jti: Uuid::nil(),
        sid: Uuid::nil(),
        kind: auth::PrincipalKind::Person,
        organisation_id: scope_of(0).organisation_id(),
        office_id: OFFICES[office],
        donor_id: None,
        scope: String::new(),
    }
}

/// Keeps files of these contents.
async fn keep(store: &Store, claims: &Claims, files: &[&str]) -> Option<KeptUpload> {
    let size = files.iter().map(|file| file.len() as u64).sum();
    let mut keeping = Keeping::begin(store, claims, size).await.unwrap()?;
    for (number, file) in files.iter().enumerate() {
        keeping.open(&format!("{number}.csv")).await;
        let (one, two) = file.split_at(file.len() / 2);
        keeping.write(one.as_bytes()).await;
        keeping.write(two.as_bytes()).await;
        keeping.close().await;
    }
    keeping.end(size).await.unwrap()
}

async fn content(store: &Store, id: UploadId, number: usize) -> Result<String, Problem> {
    let mut chunks = read(store, id, number).await?;
    let mut whole = Vec::new();
    while let Some(chunk) = chunks.next().await {
        whole.extend(chunk?);
    }
    Ok(String::from_utf8(whole).unwrap())
}

/// How many files there are.
fn files(store: &Store) -> usize {
    std::fs::read_dir(store.files().join(FOLDER)).map_or(0, Iterator::count)
}

async fn rows(store: &Store) -> usize {
    let db = store.system_read().await.unwrap();
    sql::rows(&db, "SELECT id FROM import_upload", vec![]).await.unwrap().len()
}

#[tokio::test]
async fn an_upload_is_for_whoever_sent_it_where_it_was_sent() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        let long = "é".repeat(CHUNK_BYTES);
        let kept = keep(&store, &claims(1, 0), &["a;b\n1;2\n", &long, ""]).await.unwrap();
        let again = find(&store, &claims(1, 0), kept.id).await.unwrap();
        assert_eq!(again.names, ["0.csv", "1.csv", "2.csv"], "{:?}", store.backend());
        assert_eq!(content(&store, kept.id, 0).await.unwrap(), "a;b\n1;2\n");
        assert_eq!(content(&store, kept.id, 1).await.unwrap(), long);
        assert_eq!(content(&store, kept.id, 2).await.unwrap(), "");
        for other in [claims(2, 0), claims(1, 1)] {
            let refused = find(&store, &other, kept.id).await.map(|_| ()).unwrap_err();
            assert_eq!((refused.0.status, refused.0.reason), (400, Some(Reason::FileLost)));
        }
        assert!(find(&store, &claims(1, 0), UploadId::nil()).await.is_err());
        discard(&store, kept.id).await.unwrap();
        assert_eq!((files(&store), rows(&store).await), (0, 0));
        assert_eq!(content(&store, kept.id, 0).await.unwrap_err().status, 400);
    }
}

async fn on_a_clock(folder: &Path) -> (Store, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at("2026-08-15T00:00:00Z".parse().unwrap()));
    let store = Store::open_sqlite(&folder.join("donors.db"), clock.clone()).await.unwrap();
    ::store::migration::migrate::<Migrator>(&store).await.unwrap();
    (store, clock)
}

#[tokio::test]
async fn an_upload_is_kept_for_an_hour_and_whoever_has_begun_to_read_it_reads_on() {
    let folder = testkit::folder();
    let (store, clock) = on_a_clock(folder.path()).await;
    let kept = keep(&store, &claims(1, 0), &["x"]).await.unwrap();
    assert_eq!(kept.expires_at, clock.now() + TimeDelta::hours(1));
    // Of one that broke off nothing is left either.
    let mut broken = Keeping::begin(&store, &claims(1, 0), 10).await.unwrap().unwrap();
    broken.open("broken.csv").await;
    assert!(find(&store, &claims(1, 0), broken.id()).await.is_err(), "it is not whole");
    drop(broken);
    clock.advance(TimeDelta::minutes(15));
    sweep(&store).await.unwrap();
    assert_eq!((files(&store), rows(&store).await), (2, 2), "it may still be arriving");
    clock.advance(TimeDelta::minutes(44));
    sweep(&store).await.unwrap();
    assert_eq!((files(&store), rows(&store).await), (1, 1), "it takes no room for an hour");
    assert!(find(&store, &claims(1, 0), kept.id).await.is_ok());
    clock.advance(TimeDelta::minutes(2));
    sweep(&store).await.unwrap();
    assert!(find(&store, &claims(1, 0), kept.id).await.is_err());
    assert_eq!(content(&store, kept.id, 0).await.unwrap(), "x", "an import may be reading it");
    clock.advance(UPLOAD_TIMEOUT);
    sweep(&store).await.unwrap();
    assert_eq!((files(&store), rows(&store).await), (0, 0));
}

#[tokio::test]
async fn together_uploads_take_no_more_than_their_room() {
    let folder = testkit::folder();
    let (store, _) = on_a_clock(folder.path()).await;
    let most = u64::try_from(MAX_KEPT_BYTES).unwrap();
    let half = Keeping::begin(&store, &claims(1, 0), most / 2).await.unwrap().unwrap();
    assert!(Keeping::begin(&store, &claims(2, 0), most / 2 + 1).await.unwrap().is_none());
    let rest = Keeping::begin(&store, &claims(2, 0), most / 2).await.unwrap().unwrap();
    assert!(Keeping::begin(&store, &claims(3, 0), 1).await.unwrap().is_none());
    // What has arrived takes what it is.
    half.end(1).await.unwrap().unwrap();
    assert!(Keeping::begin(&store, &claims(3, 0), most / 4).await.unwrap().is_some());
    discard(&store, rest.id()).await.unwrap();
    assert!(Keeping::begin(&store, &claims(3, 0), most / 2).await.unwrap().is_some());
}

#[tokio::test]
async fn an_upload_that_cannot_be_written_is_not_kept_and_leaves_nothing() {
    let folder = testkit::folder();
    let (store, _) = on_a_clock(folder.path()).await;
    // Longer than it said.
    let mut keeping = Keeping::begin(&store, &claims(1, 0), 3).await.unwrap().unwrap();
    keeping.open("a.csv").await;
    keeping.write(b"four").await;
    keeping.close().await;
    assert!(keeping.end(4).await.unwrap().is_none());
    assert_eq!((files(&store), rows(&store).await), (0, 0));
    // Where the folder should be is something else.
    std::fs::create_dir_all(store.files()).unwrap();
    let _ = std::fs::remove_dir_all(store.files().join(FOLDER));
    std::fs::write(store.files().join(FOLDER), "no folder").unwrap();
    let mut keeping = Keeping::begin(&store, &claims(1, 0), 3).await.unwrap().unwrap();
    keeping.open("a.csv").await;
    keeping.write(b"abc").await;
    keeping.close().await;
    assert!(keeping.end(3).await.unwrap().is_none());
}
