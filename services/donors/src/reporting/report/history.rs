use super::{Action, State};
use chrono::{DateTime, Utc};
use kernel::{PrincipalId, ReportId};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use store::{StoreError, Transaction, insert_models, params, sql};

/// A row of `report_step`: a step in the history of a report.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "report_step")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub report_id: ReportId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    pub action: Action,
    pub from_state: State,
    pub to_state: State,
    pub actor_id: PrincipalId,
    pub comment: Option<String>,
    pub taken_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The steps of a report, oldest first.
pub(crate) async fn of(db: &impl ConnectionTrait, report_id: ReportId) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM report_step WHERE report_id = $1 ORDER BY number";
    sql::all(db, text, params![report_id]).await
}

pub(crate) async fn add(tx: &Transaction, step: Model) -> Result<(), StoreError> {
    insert_models(tx.db(), &[step]).await?;
    Ok(())
}
