use super::*;
use sea_orm::{
    ConnectionTrait, DbBackend, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::Mutex;

const HOW: Options = Options { connections: 1, create: true, journal_size: 1 << 20 };

fn sql(text: &str) -> Statement {
    Statement::from_string(DbBackend::Sqlite, text.to_owned())
}

async fn number(db: &impl ConnectionTrait, text: &str) -> i64 {
    db.query_one_raw(sql(text)).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

async fn opened(folder: &TempDir) -> (DatabaseConnection, DatabaseConnection) {
    let file = folder.path().join("note.db");
    let writer = open(&file, HOW).await.unwrap();
    writer
        .execute_unprepared("CREATE TABLE note (id integer PRIMARY KEY, text text NOT NULL)")
        .await
        .unwrap();
    (writer, open(&file, Options { create: false, ..HOW }).await.unwrap())
}

/// One write as a service makes it: two statements, then the commit. Whether it was acknowledged.
async fn write(writer: &DatabaseConnection, id: i64) -> Result<(), DbErr> {
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let tx = writer.begin_with_options(immediate).await?;
    tx.execute_raw(sql(&format!("INSERT INTO note (id, text) VALUES ({id}, '')"))).await?;
    let text = "x".repeat(3000);
    tx.execute_raw(sql(&format!("UPDATE note SET text = '{text}' WHERE id = {id}"))).await?;
    tx.commit().await
}

/// A write that its rule refuses, as requests are all day: rolled back.
async fn refuse(writer: &DatabaseConnection) {
    let Ok(tx) = writer.begin().await else { return };
    let twice = "INSERT INTO note (id, text) VALUES (-1, ''), (-1, '')";
    assert!(tx.execute_raw(sql(twice)).await.is_err());
    let _ = tx.rollback().await;
}

/// A disk that is full: the file may not grow. On one connection, so it is set anew on one that the pool made anew.
async fn limit(writer: &DatabaseConnection, pages: i64) {
    writer.query_one_raw(sql(&format!("PRAGMA max_page_count = {pages}"))).await.unwrap();
}

async fn every_acknowledged_write_is_a_row(writers: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (writer, other) = opened(&folder).await;
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let (full, lifted) = (number(&other, "PRAGMA page_count").await + 40, 1_000_000);
    for (round, pages) in [full, lifted].into_iter().enumerate() {
        let attempts = (0..writers).map(|number| {
            let (writer, acknowledged) = (writer.clone(), acknowledged.clone());
            tokio::spawn(async move {
                let mut refused = 0;
                for attempt in 0..50 {
                    limit(&writer, pages).await;
                    refuse(&writer).await;
                    let id = (round * 10_000 + number * 1000 + attempt) as i64;
                    match write(&writer, id).await {
                        Ok(()) => acknowledged.lock().await.push(id),
                        Err(_) => refused += 1,
                    }
                }
                refused
            })
        });
        let mut refused = 0;
        for attempt in attempts.collect::<Vec<_>>() {
            refused += attempt.await.unwrap();
        }
        assert_eq!(refused > 0, pages == full, "{refused} refused with {pages} pages");
        let acknowledged = acknowledged.lock().await;
        assert!(!acknowledged.is_empty());
        for id in acknowledged.iter() {
            let found = number(&other, &format!("SELECT count(*) FROM note WHERE id = {id}")).await;
            assert_eq!(found, 1, "{id} was acknowledged and is not there");
        }
        let rows = number(&other, "SELECT count(*) FROM note").await;
        assert_eq!(rows, acknowledged.len() as i64, "nothing refused was kept");
    }
}

#[tokio::test]
async fn after_a_full_disk_every_acknowledged_write_of_one_writer_is_a_row() {
    every_acknowledged_write_is_a_row(1).await;
}

#[tokio::test]
async fn after_a_full_disk_every_acknowledged_write_of_four_writers_is_a_row() {
    every_acknowledged_write_is_a_row(4).await;
}

#[tokio::test]
async fn a_connection_whose_transaction_was_dropped_is_used_again_and_one_that_lost_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, _) = opened(&folder).await;
    // A mark that only this connection has.
    let marked =
        async || number(&writer, "SELECT count(*) FROM sqlite_temp_master WHERE name = 'mark'").await;
    writer.execute_unprepared("CREATE TEMP TABLE mark (id integer)").await.unwrap();
    drop(writer.begin().await.unwrap());
    assert_eq!(marked().await, 1, "a dropped transaction is no reason to close the connection");
    limit(&writer, number(&writer, "PRAGMA page_count").await).await;
    let mut id = 0;
    let error = loop {
        id += 1;
        if let Err(error) = write(&writer, id).await {
            break error;
        }
    };
    assert!(may_end_transaction(&error), "{error:?}");
    assert_eq!(marked().await, 0, "the connection that lost its transaction was used again");
}

#[test]
fn errors_that_leave_the_transaction_alone_do_not_count() {
    assert!(!may_end_transaction(&DbErr::Custom("x".into())));
}

#[test]
fn an_extended_result_code_is_of_its_primary_kind() {
    for (code, primary) in
        [("13", Some(13)), ("778", Some(10)), ("517", Some(5)), ("53100", None), ("40001", None)]
    {
        assert_eq!(primary_code(code), primary, "{code}");
    }
}
