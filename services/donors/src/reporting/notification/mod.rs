//! Notifications to an office (or a donor): reports that fall due, await it, were returned or have arrived.

pub(crate) mod api;

use ::store::{StoreError, Transaction, insert_models};
use chrono::{DateTime, NaiveDate, Utc};
use events::NotificationGiven;
use kernel::{DonorId, NotificationId, NotificationKind, OfficeId, OrganisationId, ReportId, ReportKind};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

/// A row of `notification`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NotificationId,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub donor_id: Option<DonorId>,
    pub kind: NotificationKind,
    pub report_id: ReportId,
    pub due_date: NaiveDate,
    pub title: String,
    pub report_kind: ReportKind,
    pub created_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The report that a notification is about.
pub(crate) struct About {
    pub(crate) organisation_id: OrganisationId,
    pub(crate) report_id: ReportId,
    pub(crate) report_kind: ReportKind,
    pub(crate) due_date: NaiveDate,
    pub(crate) title: String,
}

/// Tells an office, or a donor.
pub(crate) async fn add(
    tx: &mut Transaction,
    about: About,
    kind: NotificationKind,
    (office_id, donor_id): (OfficeId, Option<DonorId>),
) -> Result<(), StoreError> {
    let row = Model {
        id: tx.new_id(),
        organisation_id: about.organisation_id,
        office_id,
        donor_id,
        kind,
        report_id: about.report_id,
        due_date: about.due_date,
        title: about.title,
        report_kind: about.report_kind,
        created_at: tx.now(),
    };
    insert_models(tx.db(), std::slice::from_ref(&row)).await?;
    tx.emit(&event(row)).await
}

fn event(row: Model) -> NotificationGiven {
    NotificationGiven {
        id: row.id,
        sequence: 1,
        organisation_id: row.organisation_id,
        office_id: row.office_id,
        donor_id: row.donor_id,
        kind: row.kind.into(),
        report_id: row.report_id,
        report_kind: row.report_kind.into(),
        due_date: row.due_date,
        title: row.title,
    }
}
