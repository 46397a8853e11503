//! Representatives of donors, by id: whether they have access, and until when.

use async_trait::async_trait;
use chrono::NaiveDate;
use events::RepresentativeChanged;
use kernel::{OrganisationId, PersonId};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use std::collections::BTreeMap;
use store::{ConsumeError, Consumer, EventHandler, StoreError, SystemTx, params, sql, upsert_models};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_representative")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PersonId,
    pub organisation_id: OrganisationId,
    /// Whether the representative can sign in until the last day of access.
    pub is_active: bool,
    /// The last day of access (UTC).
    pub access_until: Option<NaiveDate>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

struct Representatives;

#[async_trait]
impl EventHandler<RepresentativeChanged> for Representatives {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<RepresentativeChanged>) -> Result<(), ConsumeError> {
        // They are in order: of several about one representative the last counts.
        let latest: BTreeMap<PersonId, Model> =
            events.into_iter().map(|event| (event.id, Model::from(event))).collect();
        let rows: Vec<Model> = latest.into_values().collect();
        upsert_models(tx.db(), &rows).await?;
        Ok(())
    }
}

impl From<RepresentativeChanged> for Model {
    fn from(event: RepresentativeChanged) -> Self {
        let RepresentativeChanged { id, organisation_id, active, access_until, .. } = event;
        Self { id, organisation_id, is_active: active, access_until }
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<RepresentativeChanged>("donors.representative", Representatives)
}

/// Whether a representative of one of the organisation's donors has access on a day; none for one that identity has not
/// announced.
pub(crate) async fn has_access(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: PersonId,
    today: NaiveDate,
) -> Result<Option<bool>, StoreError> {
    let text =
        "SELECT is_active, access_until FROM known_representative WHERE id = $1 AND organisation_id = $2";
    let Some(row) = sql::row(db, text, params![id, organisation_id]).await? else { return Ok(None) };
    let (is_active, access_until): (bool, Option<NaiveDate>) =
        (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    Ok(Some(is_active && access_until.is_none_or(|last_day| today <= last_day)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counted::tests::stores;
    use kernel::DonorId;

    const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
    const INGRID: PersonId = PersonId::from_u128(2);
    const KARI: PersonId = PersonId::from_u128(3);

    fn changed(id: PersonId, sequence: i64, active: bool, until: Option<&str>) -> RepresentativeChanged {
        RepresentativeChanged {
            id,
            sequence,
            organisation_id: ORGANISATION,
            donor_id: DonorId::from_u128(4),
            active,
            access_until: until.map(|day| day.parse().unwrap()),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn access_ends_with_a_suspension_and_after_the_last_day() {
        let folder = testkit::folder();
        for (store, _) in stores(folder.path()).await {
            let apply = async |events: Vec<RepresentativeChanged>| {
                let mut tx = store.system(::store::Actor::system()).await.unwrap();
                Representatives.apply(&mut tx, events).await.unwrap();
                tx.commit().await.unwrap();
            };
            let access = async |organisation_id: OrganisationId, id: PersonId, today: &str| {
                let db = store.system_read().await.unwrap();
                has_access(&db, organisation_id, id, today.parse().unwrap()).await.unwrap()
            };
            let of = store.backend();
            assert_eq!(access(ORGANISATION, INGRID, "2026-09-30").await, None, "{of:?}: not announced");
            let until = Some("2026-09-30");
            // Two events about one in a batch: the later one counts.
            apply(vec![
                changed(INGRID, 1, false, until),
                changed(KARI, 1, true, None),
                changed(INGRID, 2, true, until),
            ])
            .await;
            assert_eq!(access(ORGANISATION, INGRID, "2026-09-30").await, Some(true), "{of:?}: the last day");
            assert_eq!(access(ORGANISATION, INGRID, "2026-10-01").await, Some(false), "{of:?}: after it");
            assert_eq!(access(ORGANISATION, KARI, "2096-01-01").await, Some(true), "{of:?}: without an end");
            let another = OrganisationId::from_u128(9);
            assert_eq!(access(another, INGRID, "2026-09-30").await, None, "{of:?}: of another organisation");
            apply(vec![changed(INGRID, 3, false, Some("2027-09-30")), changed(KARI, 2, false, None)]).await;
            for id in [INGRID, KARI] {
                assert_eq!(access(ORGANISATION, id, "2026-09-30").await, Some(false), "{of:?}: suspended");
            }
            apply(vec![changed(INGRID, 4, true, Some("2027-09-30"))]).await;
            assert_eq!(access(ORGANISATION, INGRID, "2026-10-01").await, Some(true), "{of:?}: more time");
        }
    }
}
