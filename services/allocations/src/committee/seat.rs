//! Seats in a committee: a person, the office that it represents, and for which days.

use crate::records;
use ::store::{StoreError, TenantScope, Transaction, audit, params, sql, upsert_models};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{CommitteeId, OfficeId, OrganisationId, PersonId, SeatId, closed_set};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};

closed_set! {
    /// What a seat is: it chairs, chairs in the absence of the chair, votes, stands in for another seat, or listens.
    pub enum SeatKind {
        Chair = "chair",
        ViceChair = "vice_chair",
        Member = "member",
        Alternate = "alternate",
        Observer = "observer",
    }
}

impl SeatKind {
    /// Whether the seat has a vote of its own.
    pub(crate) const fn votes(self) -> bool {
        matches!(self, SeatKind::Chair | SeatKind::ViceChair | SeatKind::Member)
    }
}

/// A seat on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) id: SeatId,
    pub(crate) person_id: PersonId,
    /// The office that it represents.
    pub(crate) office_id: OfficeId,
    pub(crate) kind: SeatKind,
    /// The seat that an alternate stands in for.
    pub(crate) alternate_of: Option<SeatId>,
}

/// A row of `seat`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "seat")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SeatId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    /// The office that owns the row: headquarters.
    pub office_id: OfficeId,
    pub committee_id: CommitteeId,
    pub person_id: PersonId,
    /// The office that it represents.
    pub represented_id: OfficeId,
    pub kind: SeatKind,
    pub alternate_of: Option<SeatId>,
    pub from_day: NaiveDate,
    /// Its last day.
    pub to_day: Option<NaiveDate>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "seat",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl From<Model> for Seat {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            person_id: row.person_id,
            office_id: row.represented_id,
            kind: row.kind,
            alternate_of: row.alternate_of,
        }
    }
}

impl Model {
    /// Whether it and another one are held on the same day.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let begins = |seat: &Self, end: Option<NaiveDate>| end.is_none_or(|end| seat.from_day <= end);
        begins(self, other.to_day) && begins(other, self.to_day)
    }
}

/// The seats of a committee that are held on a day (of the committee's time zone).
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn on(
    db: &impl ConnectionTrait,
    committee_id: CommitteeId,
    day: NaiveDate,
) -> Result<Vec<Seat>, StoreError> {
    let text =
        "SELECT * FROM seat WHERE committee_id = $1 AND from_day <= $2 AND (to_day IS NULL OR to_day >= $2)
                ORDER BY id";
    let rows: Vec<Model> = sql::all(db, text, params![committee_id, day]).await?;
    Ok(rows.into_iter().map(Seat::from).collect())
}

/// All seats of a committee there ever were.
pub(crate) async fn all(
    db: &impl ConnectionTrait,
    committee_id: CommitteeId,
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM seat WHERE committee_id = $1 ORDER BY id";
    sql::all(db, text, params![committee_id]).await
}

/// Seats of a committee, newest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    committee_id: CommitteeId,
    day: Option<NaiveDate>,
    after: Option<SeatId>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let mut values = params![committee_id];
    let mut text = "SELECT * FROM seat WHERE committee_id = $1".to_owned();
    if let Some(day) = day {
        values.push(day.into());
        text.push_str(" AND from_day <= $2 AND (to_day IS NULL OR to_day >= $2)");
    }
    if let Some(after) = after {
        values.push(after.into());
        text.push_str(&format!(" AND id < ${}", values.len()));
    }
    text.push_str(&format!(" ORDER BY id DESC LIMIT {limit}"));
    sql::all(db, &text, values).await
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: SeatId,
) -> Result<Option<Model>, StoreError> {
    records::find(db, scope, "seat", id).await
}

/// Writes a new seat, or its next version.
pub(crate) async fn save(tx: &Transaction, seat: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(seat)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(from: &str, to: Option<&str>) -> Model {
        let at: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        Model {
            id: SeatId::from_u128(1),
            version: 1,
            organisation_id: OrganisationId::from_u128(1),
            office_id: OfficeId::from_u128(1),
            committee_id: CommitteeId::from_u128(1),
            person_id: PersonId::from_u128(1),
            represented_id: OfficeId::from_u128(1),
            kind: SeatKind::Member,
            alternate_of: None,
            from_day: from.parse().unwrap(),
            to_day: to.map(|day| day.parse().unwrap()),
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn seats_meet_that_have_a_day_in_common() {
        let spring = seat("2026-01-01", Some("2026-06-30"));
        for (other, meet) in [
            (seat("2026-06-30", None), true),
            (seat("2026-07-01", None), false),
            (seat("2025-01-01", Some("2025-12-31")), false),
            (seat("2025-01-01", None), true),
        ] {
            assert_eq!(spring.meets(&other), meet, "{other:?}");
            assert_eq!(other.meets(&spring), meet, "{other:?}");
        }
    }
}
