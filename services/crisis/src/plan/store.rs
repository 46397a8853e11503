use super::{current_requirement, objective::Objective};
use events::{ExternalRef, PlanChanged};
use kernel::Money;
use sea_orm::entity::prelude::*;
use sea_orm::{
    IntoActiveModel, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, LikeExpr},
};
use service::PageRequest;
use store::{StoreError, TenantScope, Transaction};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub organisation_id: Uuid,
    pub office_id: Uuid,
    pub external_source: Option<String>,
    pub external_ref: Option<String>,
    pub name: String,
    pub plan_type: String,
    pub countries: String,
    pub years: String,
    pub start_date: Option<Date>,
    pub end_date: Option<Date>,
    pub original_requirement: Option<i64>,
    pub revised_requirement: Option<i64>,
    pub people_in_need: Option<i64>,
    pub people_targeted: Option<i64>,
    pub summary: Option<String>,
    pub objectives: String,
    pub visibility: String,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `,AFG,PAK,` for a list; empty for none.
pub(crate) fn joined(values: impl IntoIterator<Item = String>) -> String {
    let values: Vec<String> = values.into_iter().collect();
    if values.is_empty() { String::new() } else { format!(",{},", values.join(",")) }
}

impl Model {
    pub(crate) fn country_codes(&self) -> Vec<String> {
        self.countries.split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect()
    }

    pub(crate) fn year_numbers(&self) -> Vec<i32> {
        self.years.split(',').filter_map(|year| year.parse().ok()).collect()
    }

    pub(crate) fn requirement(&self) -> Option<i64> {
        current_requirement(self.original_requirement, self.revised_requirement)
    }

    /// Its objectives.
    pub(crate) fn objectives(&self) -> Vec<Objective> {
        serde_json::from_str(&self.objectives).unwrap_or_default()
    }

    /// How the funding read model knows it: by FTS's number, or by its own id.
    pub(crate) fn funding_key(&self) -> String {
        match (self.external_source.as_deref(), &self.external_ref) {
            (Some("fts"), Some(reference)) => format!("fts:{reference}"),
            _ => self.id.to_string(),
        }
    }

    fn event(&self) -> PlanChanged {
        let external_ref = self.external_source.clone().zip(self.external_ref.clone());
        PlanChanged {
            id: self.id,
            sequence: self.version,
            organisation_id: self.organisation_id,
            office_id: self.office_id,
            external_ref: external_ref.map(|(source, reference)| ExternalRef { source, r#ref: reference }),
            name: self.name.clone(),
            countries: self.country_codes(),
            years: self.year_numbers(),
            requirement: self.requirement().map(Money::usd),
            visibility: self.visibility.clone(),
        }
    }
}

/// Staff read the plans of their offices; everyone those that are public.
fn readable(scope: &TenantScope) -> Select<Entity> {
    let organisation_id = scope.organisation_id();
    let query = Entity::find().filter(Column::OrganisationId.eq(organisation_id));
    match scope {
        TenantScope::Offices { office_ids, .. } => {
            query.filter(Column::OfficeId.is_in(office_ids.iter().copied()))
        }
        TenantScope::Public { .. } => query.filter(Column::Visibility.eq("public")),
        TenantScope::Donor { .. } => query.filter(Column::Visibility.is_in(["donor", "public"])),
        TenantScope::Organisation { .. } => query,
    }
}

/// Filters of plan lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) year: Option<i32>,
    pub(crate) country: Option<String>,
    pub(crate) search: Option<String>,
}

/// A text to look for, not a pattern.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn filtered(scope: &TenantScope, filter: &Filter) -> Select<Entity> {
    let mut query = readable(scope);
    if let Some(year) = filter.year {
        query = query.filter(Column::Years.contains(format!(",{year},")));
    }
    if let Some(country) = &filter.country {
        query = query.filter(Column::Countries.contains(format!(",{country},")));
    }
    if let Some(search) = &filter.search {
        // SQLite's LIKE knows no case, PostgreSQL's does.
        let name = Expr::expr(Func::lower(Expr::col(Column::Name)));
        query = query
            .filter(name.like(LikeExpr::new(format!("%{}%", escaped(&search.to_lowercase()))).escape('\\')));
    }
    query
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).one(db).await?)
}

/// The row, which nobody else changes before this transaction ends.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: Uuid,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).lock_exclusive().one(tx.db()).await?)
}

/// Newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<Uuid>,
) -> Result<Vec<Model>, StoreError> {
    let mut query = filtered(scope, filter).order_by_desc(Column::Id).limit(page.limit + 1);
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(after));
    }
    Ok(query.all(db).await?)
}

/// All plans that fit, for pages that sort by what is computed.
pub(crate) async fn all(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
) -> Result<Vec<Model>, StoreError> {
    Ok(filtered(scope, filter).order_by_asc(Column::Id).all(db).await?)
}

/// The organisation's plan by what a source calls it, whoever may read it.
pub(crate) async fn by_ref(
    db: &impl ConnectionTrait,
    organisation_id: Uuid,
    source: &str,
    reference: &str,
) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find()
        .filter(Column::OrganisationId.eq(organisation_id))
        .filter(Column::ExternalSource.eq(source))
        .filter(Column::ExternalRef.eq(reference))
        .one(db)
        .await?)
}

pub(crate) async fn insert(tx: &mut Transaction, plan: &Model) -> Result<(), StoreError> {
    Entity::insert(plan.clone().into_active_model()).exec_without_returning(tx.db()).await?;
    tx.emit(&plan.event()).await
}

/// Writes the new version.
pub(crate) async fn update(tx: &mut Transaction, plan: &Model) -> Result<(), StoreError> {
    sea_orm::ActiveModelTrait::update(plan.clone().into_active_model().reset_all(), tx.db()).await?;
    tx.emit(&plan.event()).await
}
