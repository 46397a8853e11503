use crate::pool;
use ::store::{StoreError, TenantScope, Transaction, params, sql};
use kernel::{
    AgreementId, ContributionId, DonorId, Earmarking, LotId, OfficeId, OrganisationId, PlanId, PoolId,
    text::split,
};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use service::PageRequest;
use std::collections::BTreeMap;

/// A row of `lot`. Every office of the organisation reads it, a donor its own.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lot")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LotId,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub pool_id: PoolId,
    /// The first record of the contribution; none for own funds of the organisation.
    pub root_id: Option<ContributionId>,
    pub donor_id: Option<DonorId>,
    pub donor_name: Option<String>,
    /// Whether records of it name several donors.
    pub several_donors: bool,
    pub agreement_id: Option<AgreementId>,
    pub earmarking: Earmarking,
    pub countries: String,
    /// Plans by their ids here, or as `fts:` with their numbers there.
    pub plans: String,
    pub years: String,
    pub received_on: Date,
    pub intake_year: i32,
    pub use_by: Option<Date>,
    /// What the donors service counts, in cents.
    pub received: i64,
    /// What was promised and is no longer counted, in cents.
    pub uncovered: i64,
    pub uncovered_since: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Lots asked for at once.
const MAX_KEYS: usize = 10_000;

/// How a plan of FTS is written among the plans of a lot.
const FTS: &str = "fts:";

impl Model {
    /// Its countries.
    pub(crate) fn country_codes(&self) -> Vec<String> {
        split(&self.countries)
    }

    /// Its years.
    pub(crate) fn year_numbers(&self) -> Vec<i32> {
        split(&self.years).iter().filter_map(|year| year.parse().ok()).collect()
    }

    /// The numbers in FTS of its plans that are known by them.
    pub(crate) fn fts_plans(&self) -> Vec<String> {
        let plans = split(&self.plans);
        plans.iter().filter_map(|plan| plan.strip_prefix(FTS)).map(str::to_owned).collect()
    }

    /// Its plans, of which `known` are those of FTS that are known here, by their numbers there.
    pub(crate) fn plan_ids(&self, known: &BTreeMap<String, PlanId>) -> Vec<PlanId> {
        let plans = split(&self.plans);
        let plan = |text: &String| match text.strip_prefix(FTS) {
            Some(reference) => known.get(reference).copied(),
            None => text.parse().ok(),
        };
        plans.iter().filter_map(plan).collect()
    }
}

/// A lot for the organisation's own funds, with nothing in it.
pub(crate) fn own_funds(tx: &Transaction, pool: &pool::store::Model) -> Model {
    let now = tx.now();
    Model {
        id: tx.new_id(),
        organisation_id: pool.organisation_id,
        office_id: pool.office_id,
        pool_id: pool.id,
        root_id: None,
        donor_id: None,
        donor_name: None,
        several_donors: false,
        agreement_id: None,
        earmarking: Earmarking::Unearmarked,
        countries: String::new(),
        plans: String::new(),
        years: String::new(),
        received_on: now.date_naive(),
        intake_year: chrono::Datelike::year(&now),
        use_by: None,
        received: 0,
        uncovered: 0,
        uncovered_since: None,
        created_at: now,
        updated_at: now,
    }
}

/// The lots of a pool, in order.
pub(crate) async fn of_pool(db: &impl ConnectionTrait, pool_id: PoolId) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM lot WHERE pool_id = $1 ORDER BY received_on, root_id, id";
    sql::all(db, text, params![pool_id]).await
}

/// The lots of an organisation with these roots.
pub(crate) async fn by_roots(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    roots: &[ContributionId],
) -> Result<BTreeMap<ContributionId, Model>, StoreError> {
    let text = "SELECT * FROM lot WHERE organisation_id = $1";
    let mut found = BTreeMap::new();
    // A pool that is made, or takes in something else, asks for every contribution of the organisation.
    for some in roots.chunks(MAX_KEYS) {
        let keys = some.iter().map(|root| (*root).into());
        let rows = sql::select_by_keys(db, text, params![organisation_id], "root_id", keys).await?;
        let lots: Vec<Model> = sql::read(&rows)?;
        found.extend(lots.into_iter().filter_map(|lot| Some((lot.root_id?, lot))));
    }
    Ok(found)
}

/// Moves a lot with nothing in it to another pool. Its places are empty, and go with it.
pub(crate) async fn move_empty(
    tx: &Transaction,
    id: LotId,
    to: &pool::store::Model,
) -> Result<(), StoreError> {
    let text = "UPDATE lot SET pool_id = $1, office_id = $2, updated_at = $3 WHERE id = $4";
    sql::execute(tx.db(), text, params![to.id, to.office_id, tx.now(), id]).await?;
    let text = "UPDATE position SET pool_id = $1, office_id = $2 WHERE lot_id = $3";
    sql::execute(tx.db(), text, params![to.id, to.office_id, id]).await?;
    Ok(())
}

/// Filters of the list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) donor_id: Option<DonorId>,
    pub(crate) intake_year: Option<i32>,
    pub(crate) is_uncovered: Option<bool>,
}

impl Filter {
    fn narrow(&self, mut query: Select<Entity>) -> Select<Entity> {
        if let Some(donor_id) = self.donor_id {
            query = query.filter(Column::DonorId.eq(donor_id));
        }
        if let Some(year) = self.intake_year {
            query = query.filter(Column::IntakeYear.eq(year));
        }
        if let Some(is_uncovered) = self.is_uncovered {
            let uncovered = if is_uncovered { Column::Uncovered.gt(0) } else { Column::Uncovered.eq(0) };
            query = query.filter(uncovered);
        }
        query
    }
}

/// The lots of a pool that a caller may read, newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    filter: &Filter,
    page: &PageRequest,
    after: Option<LotId>,
) -> Result<Vec<Model>, StoreError> {
    let query = Entity::find()
        .filter(Column::OrganisationId.eq(scope.organisation_id()))
        .filter(Column::PoolId.eq(pool_id))
        .order_by_desc(Column::Id)
        .limit(page.limit + 1);
    let mut query = filter.narrow(query);
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(after));
    }
    Ok(query.all(db).await?)
}

/// The lots of contributions that a caller may read: staff those of the organisation, a donor its own. Own funds are none.
fn readable(scope: &TenantScope) -> Select<Entity> {
    let query = Entity::find()
        .filter(Column::OrganisationId.eq(scope.organisation_id()))
        .filter(Column::RootId.is_not_null())
        .order_by_desc(Column::Id);
    match scope {
        TenantScope::Offices { .. } | TenantScope::Organisation { .. } => query,
        TenantScope::Donor { donor_id, .. } => query.filter(Column::DonorId.eq(*donor_id)),
        TenantScope::Public { .. } => query.filter(Column::Id.eq(LotId::nil())),
    }
}

/// The lots of contributions that a caller may read, in whatever pool, newest first.
pub(crate) async fn contributed(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<LotId>,
) -> Result<Vec<Model>, StoreError> {
    let mut query = filter.narrow(readable(scope)).limit(page.limit + 1);
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(after));
    }
    Ok(query.all(db).await?)
}

/// A donor's lots, as far as the caller may read them, newest first.
pub(crate) async fn of_donor(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    donor_id: DonorId,
) -> Result<Vec<Model>, StoreError> {
    Ok(readable(scope).filter(Column::DonorId.eq(donor_id)).all(db).await?)
}
