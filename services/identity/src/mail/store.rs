use ::store::{Actor, Store, StoreError, Transaction, params, sql};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use events::NotificationGiven;
use kernel::{NotificationKind, ReportKind, Word};
use sea_orm::FromQueryResult;
use uuid::Uuid;

/// How long notifications to a person are gathered into one mail: reminders come many at a time.
const GATHER_WINDOW: TimeDelta = TimeDelta::seconds(20);
/// How long an attempt may take before the mail is anybody's again: the attempt died with its process.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How long a sent mail is kept.
const RETENTION: TimeDelta = TimeDelta::days(90);
/// One process at a time gathers, or takes a mail.
const LOCK: &str = "mail";

/// One notification to one person.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Item {
    pub(super) person_id: Uuid,
    pub(super) notification_id: Uuid,
    pub(super) for_donor: bool,
    pub(super) kind: Word<NotificationKind>,
    pub(super) report_id: Uuid,
    pub(super) report_kind: Word<ReportKind>,
    pub(super) due_date: NaiveDate,
    pub(super) title: String,
}

impl Item {
    pub(super) fn new(person_id: Uuid, event: &NotificationGiven) -> Self {
        Self {
            person_id,
            notification_id: event.id,
            for_donor: event.donor_id.is_some(),
            kind: event.kind.clone(),
            report_id: event.report_id,
            report_kind: event.report_kind.clone(),
            due_date: event.due_date,
            title: event.title.clone(),
        }
    }
}

/// Stores notifications to people. An existing item is not repeated.
pub(super) async fn add(tx: &Transaction, items: Vec<Item>) -> Result<(), StoreError> {
    let columns = [
        "person_id",
        "notification_id",
        "for_donor",
        "kind",
        "report_id",
        "report_kind",
        "due_date",
        "title",
        "created_at",
    ];
    let rows = items.into_iter().map(|item| {
        params![
            item.person_id,
            item.notification_id,
            item.for_donor,
            item.kind,
            item.report_id,
            item.report_kind,
            item.due_date,
            item.title,
            tx.now(),
        ]
    });
    sql::insert_many(tx.db(), "mail_item", &columns, rows.collect(), "ON CONFLICT DO NOTHING").await?;
    Ok(())
}

/// Makes a mail of the items of each person whose first has waited long enough.
pub(super) async fn gather(store: &Store) -> Result<usize, StoreError> {
    let text = "SELECT person_id FROM mail_item WHERE mail_id IS NULL
                GROUP BY person_id HAVING MIN(created_at) <= $1 ORDER BY person_id LIMIT 500";
    let ripe = |now: DateTime<Utc>| params![now - GATHER_WINDOW];
    let db = store.system_read().await?;
    if sql::row(&db, text, ripe(store.clock().now())).await?.is_none() {
        return Ok(0);
    }
    drop(db);
    let tx = store.system(Actor::system()).await?;
    tx.lock(LOCK).await?;
    let people = sql::rows(tx.db(), text, ripe(tx.now())).await?;
    for row in &people {
        let (id, person_id) = (tx.new_id(), row.try_get_by_index::<Uuid>(0)?);
        let columns = ["id", "person_id", "created_at", "attempts", "next_at"];
        let mail = params![id, person_id, tx.now(), 0i64, tx.now()];
        sql::insert_many(tx.db(), "mail", &columns, vec![mail], "").await?;
        let assign = "UPDATE mail_item SET mail_id = $1 WHERE person_id = $2 AND mail_id IS NULL";
        sql::execute(tx.db(), assign, params![id, person_id]).await?;
    }
    tx.commit().await?;
    Ok(people.len())
}

/// A mail that is being tried, by this process alone while its lease lasts.
#[derive(Debug, FromQueryResult)]
pub(super) struct Mail {
    pub(super) id: Uuid,
    pub(super) person_id: Uuid,
    pub(super) created_at: DateTime<Utc>,
    /// This attempt is counted.
    pub(super) attempts: i64,
}

/// Takes the mail that has waited longest to be tried.
pub(super) async fn take(store: &Store) -> Result<Option<Mail>, StoreError> {
    let text = "SELECT id, person_id, created_at, attempts + 1 AS attempts FROM mail
                WHERE next_at <= $1 ORDER BY next_at, id LIMIT 1";
    let db = store.system_read().await?;
    if sql::row(&db, text, params![store.clock().now()]).await?.is_none() {
        return Ok(None);
    }
    drop(db);
    let tx = store.system(Actor::system()).await?;
    tx.lock(LOCK).await?;
    let taken = sql::all::<Mail>(tx.db(), text, params![tx.now()]).await?.pop();
    if let Some(mail) = &taken {
        let lease = "UPDATE mail SET next_at = $1, attempts = $2 WHERE id = $3";
        sql::execute(tx.db(), lease, params![tx.now() + LEASE, mail.attempts, mail.id]).await?;
    }
    tx.commit().await?;
    Ok(taken)
}

/// The content of a mail.
pub(super) async fn items(store: &Store, mail: Uuid) -> Result<Vec<Item>, StoreError> {
    let text = "SELECT * FROM mail_item WHERE mail_id = $1 ORDER BY due_date, title, notification_id";
    let db = store.system_read().await?;
    sql::all(&db, text, params![mail]).await
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    Sent,
    /// The server is unavailable: retried then.
    Unavailable(DateTime<Utc>, String),
    /// The server refuses this mail: then it is tried again.
    Refused(DateTime<Utc>, String),
    GivenUp(String),
}

/// Records the outcome of an attempt, unless its lease has expired and another process holds it.
pub(super) async fn end(store: &Store, mail: &Mail, outcome: &Outcome) -> Result<(), StoreError> {
    let tx = store.system(Actor::system()).await?;
    let (sent_at, next_at, error) = match outcome {
        Outcome::Sent => (Some(tx.now()), None, None),
        Outcome::Unavailable(at, error) | Outcome::Refused(at, error) => {
            (None, Some(*at), Some(error.clone()))
        }
        Outcome::GivenUp(error) => (None, None, Some(error.clone())),
    };
    let text = "UPDATE mail SET sent_at = $1, next_at = $2, error = $3 WHERE id = $4 AND attempts = $5";
    sql::execute(tx.db(), text, params![sent_at, next_at, error, mail.id, mail.attempts]).await?;
    tx.commit().await
}

/// Mails that wait to be sent.
pub(super) async fn waiting(store: &Store) -> Result<i64, StoreError> {
    let db = store.system_read().await?;
    let row = sql::row(&db, "SELECT COUNT(*) FROM mail WHERE next_at IS NOT NULL", vec![]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
}

/// Removes mails that were sent, or given up, long ago.
pub(super) async fn forget(store: &Store) -> Result<(), StoreError> {
    let text = "SELECT id FROM mail WHERE next_at IS NULL AND created_at < $1 LIMIT 500";
    let before = store.clock().now() - RETENTION;
    let db = store.system_read().await?;
    let old = sql::rows(&db, text, params![before]).await?;
    drop(db);
    if old.is_empty() {
        return Ok(());
    }
    let tx = store.system(Actor::system()).await?;
    for row in &old {
        let id: Uuid = row.try_get_by_index(0)?;
        sql::execute(tx.db(), "DELETE FROM mail_item WHERE mail_id = $1", params![id]).await?;
        sql::execute(tx.db(), "DELETE FROM mail WHERE id = $1", params![id]).await?;
    }
    tx.commit().await
}
