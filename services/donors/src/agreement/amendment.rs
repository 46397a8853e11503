use super::AmendmentKind;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::AgreementId;
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use store::{StoreError, Transaction, insert_models, params, sql};

/// A row of `amendment`: a change of signed terms.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "amendment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub agreement_id: AgreementId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    pub kind: AmendmentKind,
    pub reason: String,
    pub requested_on: NaiveDate,
    pub late: bool,
    pub terms_before: String,
    pub recorded_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The amendments of an agreement, oldest first.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    agreement_id: AgreementId,
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM amendment WHERE agreement_id = $1 ORDER BY number";
    sql::all(db, text, params![agreement_id]).await
}

pub(crate) async fn add(tx: &Transaction, amendment: Model) -> Result<(), StoreError> {
    insert_models(tx.db(), &[amendment]).await?;
    Ok(())
}
