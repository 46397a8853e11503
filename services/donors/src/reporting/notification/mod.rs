//! Notifications to an office (or a donor): reports that fall due, await it, were returned or have arrived.

pub(crate) mod api;

use ::store::{StoreError, Transaction, params, sql};
use chrono::NaiveDate;
use events::NotificationGiven;
use kernel::ReportKind;
use uuid::Uuid;

const COLUMNS: [&str; 10] = [
    "id",
    "organisation_id",
    "office_id",
    "donor_id",
    "kind",
    "report_id",
    "due_date",
    "title",
    "report_kind",
    "created_at",
];

/// The report that a notification is about.
pub(crate) struct About {
    pub(crate) organisation_id: Uuid,
    pub(crate) report_id: Uuid,
    pub(crate) report_kind: ReportKind,
    pub(crate) due_date: NaiveDate,
    pub(crate) title: String,
}

/// Tells an office, or a donor.
pub(crate) async fn add(
    tx: &mut Transaction,
    about: About,
    kind: &str,
    (office_id, donor_id): (Uuid, Option<Uuid>),
) -> Result<(), StoreError> {
    let event = NotificationGiven {
        id: tx.new_id(),
        sequence: 1,
        organisation_id: about.organisation_id,
        office_id,
        donor_id,
        kind: kind.to_owned(),
        report_id: about.report_id,
        report_kind: about.report_kind.into(),
        due_date: about.due_date,
        title: about.title,
    };
    let row = params![
        event.id,
        event.organisation_id,
        event.office_id,
        event.donor_id,
        event.kind.as_str(),
        event.report_id,
        event.due_date,
        event.title.as_str(),
        event.report_kind.as_str(),
        tx.now(),
    ];
    sql::insert_many(tx.db(), "notification", &COLUMNS, vec![row], "").await?;
    tx.emit(&event).await
}
