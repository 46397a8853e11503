use ::store::{StoreError, Transaction, audit, params, sql, upsert_models};
use chrono::{DateTime, Utc};
use kernel::{AgendaItemId, MeetingId, OfficeId, OrganisationId, PersonId};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use std::collections::{BTreeMap, BTreeSet};

/// A row of `minutes`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "minutes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub meeting_id: MeetingId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    /// The text of each item (JSON).
    pub texts: String,
    pub actions: Option<String>,
    pub drafted_by: PersonId,
    pub drafted_at: DateTime<Utc>,
    pub signed_by: Option<PersonId>,
    pub signed_at: Option<DateTime<Utc>>,
    /// SHA-256 of the PDF that was signed, hexadecimal.
    pub sha256: Option<String>,
    /// Everybody who drafted them (JSON); unknown of minutes that an earlier version drafted.
    pub drafters: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "minutes",
            id: row.meeting_id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

/// The texts of items.
pub(crate) type Texts = BTreeMap<AgendaItemId, String>;

impl Model {
    pub(crate) fn texts(&self) -> Result<Texts, StoreError> {
        let texts: Vec<(AgendaItemId, String)> = serde_json::from_str(&self.texts)?;
        Ok(texts.into_iter().collect())
    }
}

impl Model {
    /// Everybody who drafted them, the last one among them.
    ///
    /// # Errors
    /// [`StoreError::Document`] when the row cannot be read.
    pub(crate) fn drafters(&self) -> Result<BTreeSet<PersonId>, StoreError> {
        let earlier = self.drafters.as_deref().map(serde_json::from_str::<BTreeSet<PersonId>>);
        let mut drafters = earlier.transpose()?.unwrap_or_default();
        drafters.insert(self.drafted_by);
        Ok(drafters)
    }
}

/// Texts as a row keeps them.
pub(crate) fn written(texts: &Texts) -> Result<String, StoreError> {
    Ok(serde_json::to_string(&texts.iter().collect::<Vec<_>>())?)
}

/// The minutes of a meeting.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    meeting_id: MeetingId,
) -> Result<Option<Model>, StoreError> {
    let text = "SELECT * FROM minutes WHERE meeting_id = $1";
    Ok(sql::all(db, text, params![meeting_id]).await?.pop())
}

/// Writes new minutes, or their next version.
pub(crate) async fn save(tx: &Transaction, minutes: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(minutes)).await?;
    Ok(())
}

/// Keeps the document that was signed.
pub(crate) async fn keep_file(
    tx: &Transaction,
    meeting_id: MeetingId,
    content: Vec<u8>,
) -> Result<(), StoreError> {
    let text = "INSERT INTO minutes_file (meeting_id, content) VALUES ($1, $2)";
    sql::execute(tx.db(), text, params![meeting_id, content]).await?;
    Ok(())
}

/// The document that was signed.
pub(crate) async fn file(
    db: &impl ConnectionTrait,
    meeting_id: MeetingId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let text = "SELECT content FROM minutes_file WHERE meeting_id = $1";
    let row = sql::row(db, text, params![meeting_id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}
