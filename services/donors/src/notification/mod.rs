//! What an office (or a donor) is told: reports that fall due, that wait for it, that came back or arrived.

pub(crate) mod api;

use crate::report::{State, store::Model};
use ::store::{StoreError, Transaction, sql, values};
use events::NotificationGiven;
use kernel::Visibility;
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

async fn add(
    tx: &mut Transaction,
    report: &Model,
    kind: &str,
    (office_id, donor_id): (Uuid, Option<Uuid>),
) -> Result<(), StoreError> {
    let event = NotificationGiven {
        id: tx.new_id(),
        sequence: 1,
        organisation_id: report.organisation_id,
        office_id,
        donor_id,
        kind: kind.to_owned(),
        report_id: report.id,
        report_kind: report.kind.into(),
        due_date: report.due_date,
        title: format!("{}: {}", report.agreement_reference, report.agreement_title),
    };
    let row = values![
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

/// Tells the office that has to act next, and the donor when it gets a report.
pub(crate) async fn of_step(
    tx: &mut Transaction,
    report: &Model,
    action: &str,
    office_id: Option<Uuid>,
) -> Result<(), StoreError> {
    if let Some(office_id) = office_id {
        add(tx, report, action, (office_id, None)).await?;
    }
    let is_shown = report.visibility != Visibility::Internal;
    if report.state == State::Submitted && is_shown {
        add(tx, report, "received", (report.office_id, Some(report.donor_id))).await?;
    }
    Ok(())
}

/// Reminds the office that owes a report.
pub(crate) async fn of_reminder(tx: &mut Transaction, report: &Model, name: &str) -> Result<(), StoreError> {
    add(tx, report, name, (report.office_id, None)).await
}
