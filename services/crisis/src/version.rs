//! The version of what the public sees. It changes in the transaction of every change, so that an answer made of one
//! version holds as long as that is the version.

use chrono::{DateTime, Utc};
use kernel::OrganisationId;
use sea_orm::entity::prelude::*;
use store::{StoreError, params, sql, upsert_models};

/// The version of what the public sees of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "public_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: OrganisationId,
    pub version: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Notes that what the public sees of these organisations has changed. `version` was never used before.
///
/// Call it last in a transaction: until it ends, other changes wait here.
pub(crate) async fn change(
    db: &impl ConnectionTrait,
    version: Uuid,
    organisations: impl IntoIterator<Item = OrganisationId>,
) -> Result<(), StoreError> {
    let mut organisations: Vec<OrganisationId> = organisations.into_iter().collect();
    organisations.sort_unstable();
    organisations.dedup();
    let rows = organisations.into_iter().map(|organisation_id| Model { organisation_id, version });
    upsert_models(db, &rows.collect::<Vec<_>>()).await?;
    Ok(())
}

/// The present version; nil before the first change.
pub(crate) async fn current(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<Uuid, StoreError> {
    let text = "SELECT version FROM public_version WHERE organisation_id = $1";
    let row = sql::row(db, text, params![organisation_id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
}

/// When what the public sees changed to this version, to the millisecond, which is a part of it; none before the first
/// change.
pub(crate) fn changed_at(version: Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanoseconds) = version.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_says_when_it_was_made_and_the_first_one_was_never() {
        // RFC 9562, appendix A.6.
        let version = Uuid::parse_str("017f22e2-79b0-7cc3-98c4-dc0c0c07398f").unwrap();
        assert_eq!(changed_at(version), "2022-02-22T19:22:22Z".parse().ok());
        assert_eq!(changed_at(Uuid::nil()), None);
    }
}
