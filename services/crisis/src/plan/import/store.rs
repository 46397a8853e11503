//! What became of files of plans: an import and its rows, written in the transaction that writes the plans.

use kernel::{FieldError, OfficeId, OrganisationId, PlanId, closed_set};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect, sea_query::Expr};
use service::PageRequest;
use store::{StoreError, TenantScope, Transaction, audit, insert_models};

closed_set! {
    /// What became of the file.
    pub enum PlanImportState {
        Done = "done",
        /// Plans were invalid: nothing was saved.
        Refused = "refused",
        /// A dry run.
        Checked = "checked",
    }
}

closed_set! {
    /// What became of a plan of the file, or would by a dry run; `not_applied` is that of a valid one when others had the
    /// file refused.
    pub enum PlanOutcome {
        Created = "created",
        Updated = "updated",
        Unchanged = "unchanged",
        Rejected = "rejected",
        NotApplied = "not_applied",
    }
}

/// The id of an import of plans.
pub(crate) type PlanImportId = kernel::Id<Model>;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan_import")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanImportId,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    /// What the file is called, where that was said.
    pub file: Option<String>,
    pub state: PlanImportState,
    pub plans_read: i64,
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub rejected: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "plan_import",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

/// A plan of a file.
mod row {
    use super::{PlanImportId, PlanOutcome};
    use kernel::PlanId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "plan_import_row")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub import_id: PlanImportId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub external_ref: Option<String>,
        pub name: Option<String>,
        pub verdict: PlanOutcome,
        pub plan_id: Option<PlanId>,
        pub errors: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What became of a plan of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Its place in the file, from 1.
    pub(crate) number: i64,
    /// Its FTS number, where it can be read.
    pub(crate) external_ref: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) outcome: PlanOutcome,
    /// The plan that it made, changed or left as it was.
    pub(crate) plan_id: Option<PlanId>,
    /// By JSON pointer inside the plan.
    pub(crate) errors: Vec<FieldError>,
}

impl Verdict {
    /// Where the plan stands in the file: a JSON pointer.
    pub(crate) fn pointer(&self) -> String {
        format!("/data/plans/{}", self.number - 1)
    }

    /// What is wrong with it, by JSON pointer in the file.
    pub(crate) fn errors_in_file(&self) -> impl Iterator<Item = FieldError> {
        let pointer = self.pointer();
        self.errors
            .iter()
            .cloned()
            .map(move |error| FieldError { pointer: format!("{pointer}{}", error.pointer), ..error })
    }

    fn row(&self, import_id: PlanImportId) -> Result<row::Model, StoreError> {
        let errors = (!self.errors.is_empty()).then(|| serde_json::to_string(&self.errors)).transpose()?;
        Ok(row::Model {
            import_id,
            number: self.number,
            external_ref: self.external_ref.clone(),
            name: self.name.clone(),
            verdict: self.outcome,
            plan_id: self.plan_id,
            errors,
        })
    }
}

impl TryFrom<row::Model> for Verdict {
    type Error = StoreError;

    fn try_from(row: row::Model) -> Result<Self, StoreError> {
        let errors = row.errors.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
        Ok(Self {
            number: row.number,
            external_ref: row.external_ref,
            name: row.name,
            outcome: row.verdict,
            plan_id: row.plan_id,
            errors,
        })
    }
}

/// Staff read the imports of their offices.
fn readable(scope: &TenantScope) -> Select<Entity> {
    let query = Entity::find().filter(Column::OrganisationId.eq(scope.organisation_id()));
    match scope {
        TenantScope::Offices { office_ids, .. } => {
            query.filter(Column::OfficeId.is_in(office_ids.iter().copied()))
        }
        TenantScope::Organisation { .. } => query,
        TenantScope::Donor { .. } | TenantScope::Public { .. } => query.filter(Expr::value(false)),
    }
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: PlanImportId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).one(db).await?)
}

/// Newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    page: &PageRequest,
    after: Option<PlanImportId>,
) -> Result<Vec<Model>, StoreError> {
    let mut query = readable(scope).order_by_desc(Column::Id).limit(page.limit + 1);
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(after));
    }
    Ok(query.all(db).await?)
}

/// Plans of an import in the order of its file, `limit` at most: of one outcome, and behind one of them.
pub(crate) async fn verdicts(
    db: &impl ConnectionTrait,
    import: PlanImportId,
    outcome: Option<PlanOutcome>,
    after: Option<i64>,
    limit: u64,
) -> Result<Vec<Verdict>, StoreError> {
    let mut query = row::Entity::find().filter(row::Column::ImportId.eq(import));
    if let Some(outcome) = outcome {
        query = query.filter(row::Column::Verdict.eq(outcome));
    }
    if let Some(after) = after {
        query = query.filter(row::Column::Number.gt(after));
    }
    let rows = query.order_by_asc(row::Column::Number).limit(limit).all(db).await?;
    rows.into_iter().map(Verdict::try_from).collect()
}

pub(crate) async fn insert(tx: &Transaction, import: &Model, verdicts: &[Verdict]) -> Result<(), StoreError> {
    let rows = verdicts.iter().map(|verdict| verdict.row(import.id)).collect::<Result<Vec<_>, _>>()?;
    insert_models(tx.db(), std::slice::from_ref(import)).await?;
    insert_models(tx.db(), &rows).await?;
    Ok(())
}
