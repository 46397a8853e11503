use super::{Consent, ContactFields};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{DonorId, ErasureReason, OfficeId, OrganisationId, PrincipalId};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Value,
};
use service::PageRequest;
use store::{
    StoreError, TenantScope, Transaction, audit, params,
    seal::{Keyring, SealedKey, Subject},
    sql, upsert_models,
};

/// A row of `contact`, as it is stored.
/// The id of a contact.
pub(crate) type ContactId = kernel::Id<Model>;

#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contact")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ContactId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub donor_id: DonorId,
    pub key_id: Option<String>,
    pub subject_key: Option<Vec<u8>>,
    pub name: Option<Vec<u8>>,
    pub post: Option<Vec<u8>>,
    pub unit: Option<Vec<u8>>,
    pub languages: Option<Vec<u8>>,
    pub email: Option<Vec<u8>>,
    pub phone: Option<Vec<u8>>,
    pub address: Option<Vec<u8>>,
    pub notes: Option<Vec<u8>>,
    pub liaison_post: Option<String>,
    pub consent_basis: Option<String>,
    pub consent_given_on: Option<NaiveDate>,
    pub consent_withdrawn_on: Option<NaiveDate>,
    pub valid_from: Option<NaiveDate>,
    pub valid_until: Option<NaiveDate>,
    pub erased_at: Option<DateTime<Utc>>,
    pub erased_by: Option<PrincipalId>,
    pub erased_reason: Option<ErasureReason>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "contact",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl Model {
    /// A row that says nothing of anybody yet.
    pub(super) fn empty(
        id: ContactId,
        (organisation_id, office_id, donor_id): (OrganisationId, OfficeId, DonorId),
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            version: 1,
            organisation_id,
            office_id,
            donor_id,
            key_id: None,
            subject_key: None,
            name: None,
            post: None,
            unit: None,
            languages: None,
            email: None,
            phone: None,
            address: None,
            notes: None,
            liaison_post: None,
            consent_basis: None,
            consent_given_on: None,
            consent_withdrawn_on: None,
            valid_from: None,
            valid_until: None,
            erased_at: None,
            erased_by: None,
            erased_reason: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The subject, with the key of this row; none when it was erased.
    fn subject(&self, keys: &Keyring) -> Result<Option<Subject>, StoreError> {
        let (Some(key_id), Some(bytes)) = (&self.key_id, &self.subject_key) else { return Ok(None) };
        let sealed = SealedKey { key_id: key_id.clone(), bytes: bytes.clone() };
        Ok(Some(keys.open(self.id.as_uuid(), &sealed)?))
    }

    /// What is recorded, opened; none when it was erased.
    pub(super) fn open(&self, keys: &Keyring) -> Result<Option<ContactFields>, StoreError> {
        let Some(subject) = self.subject(keys)? else { return Ok(None) };
        let text = |field: &str, sealed: &Option<Vec<u8>>| {
            sealed.as_ref().map(|sealed| subject.open(field, sealed)).transpose().map_err(StoreError::from)
        };
        let languages = text("languages", &self.languages)?.unwrap_or_default();
        let consent = Consent {
            basis: self.consent_basis.clone().unwrap_or_default(),
            given_on: self.consent_given_on,
            withdrawn_on: self.consent_withdrawn_on,
        };
        Ok(Some(ContactFields {
            name: text("name", &self.name)?.unwrap_or_default(),
            post: text("post", &self.post)?,
            unit: text("unit", &self.unit)?,
            languages: languages.split_whitespace().map(str::to_owned).collect(),
            email: text("email", &self.email)?,
            phone: text("phone", &self.phone)?,
            address: text("address", &self.address)?,
            notes: text("notes", &self.notes)?,
            liaison_post: self.liaison_post.clone(),
            consent,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
        }))
    }

    /// This row with other contents, sealed under its own key (a new one for a new row), and that under the current key.
    pub(super) fn holding(self, fields: &ContactFields, keys: &Keyring) -> Result<Self, StoreError> {
        let subject = self.subject(keys)?.unwrap_or_else(|| keys.subject(self.id.as_uuid()));
        let text = |field: &str, text: Option<&str>| {
            text.map(|text| subject.seal(field, text)).transpose().map_err(StoreError::from)
        };
        let sealed = keys.seal(&subject)?;
        Ok(Self {
            name: text("name", Some(&fields.name))?,
            post: text("post", fields.post.as_deref())?,
            unit: text("unit", fields.unit.as_deref())?,
            languages: text("languages", Some(&fields.languages.join(" ")))?,
            email: text("email", fields.email.as_deref())?,
            phone: text("phone", fields.phone.as_deref())?,
            address: text("address", fields.address.as_deref())?,
            notes: text("notes", fields.notes.as_deref())?,
            key_id: Some(sealed.key_id),
            subject_key: Some(sealed.bytes),
            liaison_post: fields.liaison_post.clone(),
            consent_basis: Some(fields.consent.basis.clone()),
            consent_given_on: fields.consent.given_on,
            consent_withdrawn_on: fields.consent.withdrawn_on,
            valid_from: fields.valid_from,
            valid_until: fields.valid_until,
            ..self
        })
    }
}

/// Only staff can read the contacts of their organisation's donors.
fn readable(scope: &TenantScope) -> (&'static str, Vec<Value>) {
    let condition =
        if matches!(scope, TenantScope::Offices { .. }) { "organisation_id = $1" } else { "$1 IS NULL" };
    (condition, params![scope.organisation_id()])
}

pub(super) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: ContactId,
) -> Result<Option<Model>, StoreError> {
    one(scope, db, id, "").await
}

/// The row, locked until this transaction ends.
pub(super) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: ContactId,
) -> Result<Option<Model>, StoreError> {
    one(scope, tx.db(), id, sql::for_update(tx.db())).await
}

async fn one(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: ContactId,
    lock: &str,
) -> Result<Option<Model>, StoreError> {
    let (condition, mut parameters) = readable(scope);
    parameters.push(id.into());
    let text = format!("SELECT * FROM contact WHERE {condition} AND id = $2{lock}");
    Ok(sql::all(db, &text, parameters).await?.pop())
}

/// A donor's contacts that were not erased, the newest record first; only those valid on a day, when one is given.
pub(super) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    (donor_id, valid_on): (DonorId, Option<NaiveDate>),
    page: &PageRequest,
    after: Option<ContactId>,
) -> Result<Vec<Model>, StoreError> {
    let (condition, mut parameters) = readable(scope);
    parameters.push(donor_id.into());
    let mut text = format!("SELECT * FROM contact WHERE {condition} AND donor_id = $2 AND erased_at IS NULL");
    if let Some(day) = valid_on {
        parameters.push(day.into());
        text.push_str(" AND coalesce(valid_from, $3) <= $3 AND coalesce(valid_until, $3) >= $3");
    }
    if let Some(after) = after {
        parameters.push(after.into());
        text.push_str(&format!(" AND id < ${}", parameters.len()));
    }
    text.push_str(&format!(" ORDER BY id DESC LIMIT {}", page.limit + 1));
    sql::all(db, &text, parameters).await
}

/// Writes a new contact, or its next version over the one before: no former values are kept.
pub(super) async fn save(tx: &Transaction, model: Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), &[model]).await?;
    Ok(())
}
