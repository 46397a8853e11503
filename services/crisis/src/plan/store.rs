use super::{current_requirement, objective::Objective};
use crate::to_tell;
use events::{ExternalRef, PlanChanged};
use kernel::{Money, OfficeId, OrganisationId, PlanId, PlanType, Visibility, text::split};
use sea_orm::entity::prelude::*;
use sea_orm::{
    FromQueryResult, IntoActiveModel, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, LikeExpr},
};
use service::PageRequest;
use std::collections::HashMap;
use store::{Connection, StoreError, TenantScope, TenantTx, Transaction, audit};

/// Plans looked up per statement.
const BATCH_SIZE: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub external_source: Option<String>,
    pub external_ref: Option<String>,
    pub name: String,
    pub plan_type: PlanType,
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
    pub visibility: Visibility,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "plan",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

/// The lock on who has which reference: an import holds it, those who make a plan or change one share it. It is taken
/// before any row, and before the audit trail.
pub(crate) fn references(organisation_id: OrganisationId) -> String {
    format!("plan references {organisation_id}")
}

impl Model {
    pub(crate) fn country_codes(&self) -> Vec<String> {
        split(&self.countries)
    }

    pub(crate) fn year_numbers(&self) -> Vec<i32> {
        year_numbers(&self.years)
    }

    pub(crate) fn requirement(&self) -> Option<i64> {
        current_requirement(self.original_requirement, self.revised_requirement)
    }

    /// Its objectives. What cannot be read is an error and never none: the next change of the plan would keep that.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub(crate) fn objectives(&self) -> Result<Vec<Objective>, StoreError> {
        let damaged = |error| StoreError::Damaged(format!("the objectives of plan {}: {error}", self.id));
        serde_json::from_str(&self.objectives).map_err(damaged)
    }

    /// How the funding read model knows it.
    pub(crate) fn funding_key(&self) -> String {
        funding_key(self.id, self.external_source.as_deref(), self.external_ref.as_deref())
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
            visibility: self.visibility.into(),
        }
    }
}

fn year_numbers(years: &str) -> Vec<i32> {
    years.split(',').filter_map(|year| year.parse().ok()).collect()
}

/// How the funding read model knows a plan: by FTS's number, or by its own id.
fn funding_key(id: PlanId, source: Option<&str>, reference: Option<&str>) -> String {
    match (source, reference) {
        (Some("fts"), Some(reference)) => format!("fts:{reference}"),
        _ => id.to_string(),
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

/// A text to look for, not a pattern.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: PlanId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).one(db).await?)
}

/// The row, locked until this transaction ends.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: PlanId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).lock_exclusive().one(tx.db()).await?)
}

/// Newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<PlanId>,
) -> Result<Vec<Model>, StoreError> {
    let mut query = filtered(scope, filter).order_by_desc(Column::Id).limit(page.limit + 1);
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(after));
    }
    Ok(query.all(db).await?)
}

/// What the order of a list by coverage, and the figures of a year, need of a plan.
#[derive(Debug, FromQueryResult)]
pub(crate) struct Outline {
    pub(crate) id: PlanId,
    pub(crate) name: String,
    years: String,
    external_source: Option<String>,
    external_ref: Option<String>,
    original_requirement: Option<i64>,
    revised_requirement: Option<i64>,
}

impl Outline {
    pub(crate) fn year_numbers(&self) -> Vec<i32> {
        year_numbers(&self.years)
    }

    pub(crate) fn requirement(&self) -> Option<i64> {
        current_requirement(self.original_requirement, self.revised_requirement)
    }

    pub(crate) fn funding_key(&self) -> String {
        funding_key(self.id, self.external_source.as_deref(), self.external_ref.as_deref())
    }
}

/// The outlines of all plans that fit, for a list that is sorted by what is computed. Their texts are read of one page.
pub(crate) async fn outlines(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
) -> Result<Vec<Outline>, StoreError> {
    let query = filtered(scope, filter).select_only().columns([
        Column::Id,
        Column::Name,
        Column::Years,
        Column::ExternalSource,
        Column::ExternalRef,
        Column::OriginalRequirement,
        Column::RevisedRequirement,
    ]);
    Ok(query.into_model().all(db).await?)
}

/// Plans by their ids.
pub(crate) async fn by_ids(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    ids: &[PlanId],
) -> Result<HashMap<PlanId, Model>, StoreError> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(BATCH_SIZE) {
        let rows = readable(scope).filter(Column::Id.is_in(ids.iter().copied())).all(db).await?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

/// Plans by how the funding read model knows them.
pub(crate) async fn by_funding_keys(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    keys: impl IntoIterator<Item = &str>,
) -> Result<HashMap<String, Model>, StoreError> {
    let (mut ids, mut references) = (Vec::new(), Vec::new());
    for key in keys {
        match key.strip_prefix("fts:") {
            Some(reference) => references.push(reference.to_owned()),
            None => ids.extend(key.parse::<PlanId>().ok()),
        }
    }
    let mut found = HashMap::with_capacity(ids.len() + references.len());
    for row in by_ids(scope, db, &ids).await?.into_values() {
        found.insert(row.funding_key(), row);
    }
    for references in references.chunks(BATCH_SIZE) {
        let query = readable(scope).filter(Column::ExternalSource.eq("fts"));
        let rows = query.filter(Column::ExternalRef.is_in(references)).all(db).await?;
        found.extend(rows.into_iter().map(|row| (row.funding_key(), row)));
    }
    Ok(found)
}

/// The organisation's plan by its reference in a source, regardless of visibility.
pub(crate) async fn by_ref(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
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

/// Which office writes each of the plans that a source calls so, whichever offices the caller reads.
pub(crate) async fn owners(
    tx: &TenantTx,
    organisation_id: OrganisationId,
    source: &str,
    references: &[String],
) -> Result<HashMap<String, OfficeId>, StoreError> {
    let known = async |db: &Connection| {
        let mut owners = HashMap::with_capacity(references.len());
        for references in references.chunks(BATCH_SIZE) {
            let rows: Vec<(String, OfficeId)> = called(organisation_id, source, references)
                .select_only()
                .columns([Column::ExternalRef, Column::OfficeId])
                .into_tuple()
                .all(db)
                .await?;
            owners.extend(rows);
        }
        Ok(owners)
    };
    tx.across_offices(known).await
}

/// The plans with these references in a source, locked until this transaction ends.
pub(crate) async fn by_refs_to_change(
    tx: &Transaction,
    organisation_id: OrganisationId,
    source: &str,
    references: &[String],
) -> Result<HashMap<String, Model>, StoreError> {
    // In one order, or two transactions could wait for each other.
    let mut references = references.to_vec();
    references.sort_unstable();
    references.dedup();
    let mut found = HashMap::with_capacity(references.len());
    for references in references.chunks(BATCH_SIZE) {
        let query = called(organisation_id, source, references).order_by_asc(Column::ExternalRef);
        let rows = query.lock_exclusive().all(tx.db()).await?;
        found.extend(rows.into_iter().filter_map(|row| Some((row.external_ref.clone()?, row))));
    }
    Ok(found)
}

fn called(organisation_id: OrganisationId, source: &str, references: &[String]) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrganisationId.eq(organisation_id))
        .filter(Column::ExternalSource.eq(source))
        .filter(Column::ExternalRef.is_in(references))
}

pub(crate) async fn insert(tx: &mut Transaction, plan: &Model) -> Result<(), StoreError> {
    Entity::insert(plan.clone().into_active_model()).exec_without_returning(tx.db()).await?;
    to_tell::plans(tx, [(plan.organisation_id, plan.funding_key())]);
    tx.emit(&plan.event()).await
}

/// Writes the new version.
pub(crate) async fn update(tx: &mut Transaction, plan: &Model) -> Result<(), StoreError> {
    sea_orm::ActiveModelTrait::update(plan.clone().into_active_model().reset_all(), tx.db()).await?;
    to_tell::plans(tx, [(plan.organisation_id, plan.funding_key())]);
    tx.emit(&plan.event()).await
}
