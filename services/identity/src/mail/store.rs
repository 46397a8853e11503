use ::mail::{MailId, queue};
use ::store::{Actor, Store, StoreError, Transaction, insert_new, params, sql};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use events::{AllocationNoticeGiven, NotificationGiven};
use kernel::{AllocationNoticeKind, NotificationId, NotificationKind, PersonId, ReportId, ReportKind, Word};
use sea_orm::FromQueryResult;

/// How long notifications to a person are gathered into one mail: reminders come many at a time.
const GATHER_WINDOW: TimeDelta = TimeDelta::seconds(20);

/// One notification to one person.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Item {
    pub(super) person_id: PersonId,
    pub(super) notification_id: NotificationId,
    pub(super) for_donor: bool,
    pub(super) kind: Word<NotificationKind>,
    /// The report, or the record of an allocation.
    pub(super) report_id: ReportId,
    pub(super) report_kind: Word<ReportKind>,
    pub(super) due_date: NaiveDate,
    pub(super) title: String,
    /// Whether it is about an allocation: then its kind is one of [`AllocationNoticeKind`].
    pub(super) for_allocation: bool,
}

impl Item {
    /// What it says of an allocation; none of a report, and of a kind that is not known here.
    pub(super) fn of_allocation(&self) -> Option<AllocationNoticeKind> {
        self.kind.as_str().parse().ok().filter(|_| self.for_allocation)
    }

    /// A notice about an allocation, given on a day.
    pub(super) fn of_notice(person_id: PersonId, event: &AllocationNoticeGiven, day: NaiveDate) -> Self {
        Self {
            person_id,
            notification_id: event.id,
            for_donor: false,
            kind: Word::Unknown(event.kind.as_str().to_owned()),
            report_id: ReportId::from_uuid(event.record_id),
            report_kind: Word::Unknown(String::new()),
            due_date: day,
            title: event.title.clone(),
            for_allocation: true,
        }
    }

    pub(super) fn new(person_id: PersonId, event: &NotificationGiven) -> Self {
        Self {
            person_id,
            notification_id: event.id,
            for_donor: event.donor_id.is_some(),
            kind: event.kind.clone(),
            report_id: event.report_id,
            report_kind: event.report_kind.clone(),
            due_date: event.due_date,
            title: event.title.clone(),
            for_allocation: false,
        }
    }
}

/// A row of `mail_item`.
mod row {
    use ::mail::MailId;
    use kernel::{NotificationId, NotificationKind, PersonId, ReportId, ReportKind, Word};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "mail_item")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: PersonId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub notification_id: NotificationId,
        /// The mail that it is in; none while items are gathered.
        pub mail_id: Option<MailId>,
        pub for_donor: bool,
        pub kind: Word<NotificationKind>,
        pub report_id: ReportId,
        pub report_kind: Word<ReportKind>,
        pub due_date: Date,
        pub title: String,
        pub created_at: DateTimeUtc,
        pub for_allocation: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Stores notifications to people. An existing item is not repeated.
pub(super) async fn add(tx: &Transaction, items: Vec<Item>) -> Result<(), StoreError> {
    let rows = items.into_iter().map(|item| row::Model {
        person_id: item.person_id,
        notification_id: item.notification_id,
        mail_id: None,
        for_donor: item.for_donor,
        kind: item.kind,
        report_id: item.report_id,
        report_kind: item.report_kind,
        due_date: item.due_date,
        title: item.title,
        created_at: tx.now(),
        for_allocation: item.for_allocation,
    });
    insert_new(tx.db(), &rows.collect::<Vec<_>>()).await?;
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
    queue::lock(&tx).await?;
    let people = sql::rows(tx.db(), text, ripe(tx.now())).await?;
    for row in &people {
        let person_id: PersonId = row.try_get_by_index(0)?;
        let id = queue::add(&tx, person_id).await?;
        let assign = "UPDATE mail_item SET mail_id = $1 WHERE person_id = $2 AND mail_id IS NULL";
        sql::execute(tx.db(), assign, params![id, person_id]).await?;
    }
    tx.commit().await?;
    Ok(people.len())
}

/// The content of a mail.
pub(super) async fn items(store: &Store, mail: MailId) -> Result<Vec<Item>, StoreError> {
    let text = "SELECT * FROM mail_item WHERE mail_id = $1 ORDER BY due_date, title, notification_id";
    let db = store.system_read().await?;
    sql::all(&db, text, params![mail]).await
}

/// Removes the content of a mail.
pub(super) async fn forget(tx: &Transaction, mail: MailId) -> Result<(), StoreError> {
    sql::execute(tx.db(), "DELETE FROM mail_item WHERE mail_id = $1", params![mail]).await?;
    Ok(())
}
