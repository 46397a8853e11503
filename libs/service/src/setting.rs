//! Settings: a table with one row for each organisation, which headquarters writes as a whole.

use crate::{ApiResult, Changed, Context, change};
use actix_web::HttpRequest;
use auth::{ApiError, Claims};
use chrono::{DateTime, Utc};
use kernel::{OfficeId, OrganisationId};
use sea_orm::{ConnectionTrait, EntityName, FromQueryResult, ModelTrait};
use serde::Serialize;
use store::{StoreError, audit, params, sql, upsert_models};

/// A setting as the API shows it: of its row, or what holds for an organisation that has set nothing.
pub trait Setting: Serialize + Sized {
    /// The row. The primary key of its table is `organisation_id`.
    type Row: ModelTrait + FromQueryResult;
    /// What the audit trail calls it.
    const RESOURCE: &'static str;
    /// What the audit trail calls a change of it.
    const CHANGE: &'static str;

    /// What a row says; without one, what holds until there is one.
    ///
    /// # Errors
    /// [`StoreError`] when the row cannot be read.
    fn of(row: Option<Self::Row>) -> Result<Self, StoreError>;

    /// 0 if nothing has been set.
    fn version(&self) -> i64;
}

/// What every row of a setting says of its writing.
pub struct Written {
    /// Whose setting it is.
    pub organisation_id: OrganisationId,
    /// The office that writes it.
    pub office_id: OfficeId,
    /// Its next version.
    pub version: i64,
    /// When it is written.
    pub at: DateTime<Utc>,
}

/// The row of an organisation; none while it has set nothing.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn setting_row<S: Setting>(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<Option<S::Row>, StoreError> {
    let entity = <S::Row as ModelTrait>::Entity::default();
    let text = format!("SELECT * FROM {} WHERE organisation_id = $1", entity.table_name());
    Ok(sql::all(db, &text, params![organisation_id]).await?.pop())
}

/// The setting of an organisation.
///
/// # Errors
/// [`StoreError`] when its row cannot be read.
pub async fn setting<S: Setting>(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<S, StoreError> {
    S::of(setting_row::<S>(db, organisation_id).await?)
}

/// Writes the setting of the caller's organisation: `row` makes it once the caller is known to be of headquarters and to
/// have read the version that is there.
///
/// # Errors
/// 403 outside headquarters, 412 or 428 by the precondition, 503 when the database is unavailable, and what `row`
/// refuses: then nothing happened.
pub async fn write_setting<S: Setting>(
    context: &Context,
    request: &HttpRequest,
    claims: &Claims,
    row: impl FnOnce(Written) -> Result<S::Row, ApiError>,
) -> ApiResult {
    let office_id = context.headquarters(claims).await?;
    let organisation_id = claims.organisation_id;
    change(context, request, claims, async |tx, _, precondition| {
        tx.lock(&format!("{} {organisation_id}", S::RESOURCE)).await?;
        let before = setting::<S>(tx.db(), organisation_id).await?;
        precondition.check(before.version())?;
        let written = Written { organisation_id, office_id, version: before.version() + 1, at: tx.now() };
        let row = row(written)?;
        upsert_models(tx.db(), std::slice::from_ref(&row)).await?;
        let after = S::of(Some(row))?;
        let id = organisation_id.as_uuid();
        let subject = audit::Subject { resource: S::RESOURCE, id, organisation_id, office_id };
        tx.audit_changed(S::CHANGE, subject, &before, &after).await?;
        Ok(Changed::new(after.version(), after))
    })
    .await
}
