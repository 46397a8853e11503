use super::{Licence, logo::LogoType};
use chrono::{DateTime, Utc};
use events::OrganisationChanged;
use kernel::OrganisationId;
use locale::Language;
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveModelTrait, FromQueryResult, IntoActiveModel, QuerySelect};
use store::{StoreError, TenantScope, Transaction, params, sql, upsert_models};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrganisationId,
    pub version: i64,
    pub name: String,
    pub code: String,
    pub about_en: Option<String>,
    pub about_fr: Option<String>,
    pub about_es: Option<String>,
    pub contact_email: Option<String>,
    pub contact_url: Option<String>,
    pub postal_address: Option<String>,
    pub licence: Option<Licence>,
    pub default_language: Language,
    /// Months after which an ended account is erased; none for never.
    pub accounts_months: Option<i32>,
    pub created_at: DateTimeUtc,
    /// None for one that an older version of the program wrote.
    pub updated_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// One that was just founded.
    pub(super) fn founded(id: OrganisationId, name: &str, code: &str, at: DateTime<Utc>) -> Self {
        Self {
            id,
            version: 1,
            name: name.to_owned(),
            code: code.to_owned(),
            about_en: None,
            about_fr: None,
            about_es: None,
            contact_email: None,
            contact_url: None,
            postal_address: None,
            licence: None,
            default_language: Language::English,
            accounts_months: None,
            created_at: at,
            updated_at: Some(at),
        }
    }

    pub(super) fn event(&self) -> OrganisationChanged {
        OrganisationChanged {
            id: self.id,
            sequence: self.version,
            name: self.name.clone(),
            code: self.code.clone(),
            created_at: self.created_at,
        }
    }
}

/// The logo, with its bytes.
pub(super) mod logo_row {
    use crate::organisation::logo::LogoType;
    use kernel::OrganisationId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organisation_logo")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: OrganisationId,
        pub media_type: LogoType,
        pub width: i32,
        pub height: i32,
        pub size: i32,
        pub content: Vec<u8>,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What is known of a logo without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub(super) struct LogoFacts {
    pub(super) media_type: LogoType,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) size: i32,
    pub(super) updated_at: DateTimeUtc,
}

pub(super) async fn get(scope: &TenantScope, db: &impl ConnectionTrait) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(scope.organisation_id()).one(db).await?)
}

/// The row, locked until this transaction ends.
pub(super) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(scope.organisation_id()).lock_exclusive().one(tx.db()).await?)
}

/// Writes the new version over `row.version - 1`, and tells the other services.
pub(super) async fn update(tx: &mut Transaction, row: &Model) -> Result<(), StoreError> {
    row.clone().into_active_model().reset_all().update(tx.db()).await?;
    tx.emit(&row.event()).await
}

pub(super) async fn logo_facts(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
) -> Result<Option<LogoFacts>, StoreError> {
    let text = "SELECT media_type, width, height, size, updated_at FROM organisation_logo WHERE organisation_id = $1";
    Ok(sql::all(db, text, params![scope.organisation_id()]).await?.pop())
}

pub(super) async fn get_logo(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
) -> Result<Option<logo_row::Model>, StoreError> {
    Ok(logo_row::Entity::find_by_id(scope.organisation_id()).one(db).await?)
}

pub(super) async fn save_logo(tx: &Transaction, row: logo_row::Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), &[row]).await?;
    Ok(())
}

pub(super) async fn remove_logo(tx: &Transaction, organisation_id: OrganisationId) -> Result<(), StoreError> {
    let text = "DELETE FROM organisation_logo WHERE organisation_id = $1";
    sql::execute(tx.db(), text, params![organisation_id]).await?;
    Ok(())
}
