//! The rows of a ledger. Entries and postings never change; positions and promises are their sums.

use super::{
    account::{Account, LedgerEntryKind},
    state::Lot,
};
use crate::lot;
use kernel::{EntryId, PlanId, PoolId, ProposalId, text::split};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use service::PageRequest;
use std::collections::{BTreeMap, HashMap};
use store::{StoreError, params, sql};

/// An entry.
pub(crate) mod entry {
    use crate::ledger::account::{CauseKind, LedgerEntryKind};
    use kernel::{
        ActorKind, DecisionId, EntryId, OfficeId, OrganisationId, PoolId, PrincipalId, ProposalId, Word,
    };
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "entry")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: EntryId,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub pool_id: PoolId,
        /// Counted from 1 in the pool, without gaps.
        pub number: i64,
        pub kind: LedgerEntryKind,
        pub day: Date,
        /// Cents that move.
        pub amount: i64,
        /// The proposal, where it is about one.
        pub proposal_id: Option<ProposalId>,
        pub cause_kind: CauseKind,
        pub cause_id: Uuid,
        pub cause_sequence: i64,
        pub reason: Option<String>,
        pub decision_id: Option<DecisionId>,
        pub reverses_id: Option<EntryId>,
        /// What the window could still promise afterwards; of an entry of no window, the pool.
        pub headroom_after: i64,
        pub actor_kind: Word<ActorKind>,
        pub actor_id: PrincipalId,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A line of an entry.
pub(crate) mod posting {
    use crate::ledger::account::Account;
    use kernel::{EntryId, LotId, OfficeId, OrganisationId, PoolId, ProposalId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "posting")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_id: EntryId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub pool_id: PoolId,
        pub account: Account,
        /// Nil where it is not promised.
        pub proposal_id: ProposalId,
        pub lot_id: LotId,
        pub amount: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What of a lot is in an account, for a proposal or (nil) for none.
pub(crate) mod position {
    use crate::ledger::account::Account;
    use kernel::{LotId, OfficeId, OrganisationId, PoolId, ProposalId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "position")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub lot_id: LotId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub proposal_id: ProposalId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: Account,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub pool_id: PoolId,
        pub amount: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What was promised to a proposal, what for, and what became of it.
pub(crate) mod promise {
    use kernel::{OfficeId, OrganisationId, PoolId, ProposalId, WindowId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "promise")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub proposal_id: ProposalId,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub pool_id: PoolId,
        pub window_id: WindowId,
        /// [`crate::ledger::Purpose`] as JSON.
        pub purpose: String,
        pub reserved: i64,
        pub allocated: i64,
        pub disbursed: i64,
        pub spent: i64,
        pub returned: i64,
        /// What was ever withdrawn.
        pub withdrawn: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The proposal of a row; none for what is not promised.
pub(crate) fn proposal(id: ProposalId) -> Option<ProposalId> {
    Some(id).filter(|id| !id.is_nil())
}

/// A lot as the rules know it; `known` are the plans of FTS that are known here, by their numbers there.
pub(crate) fn lot(row: &lot::store::Model, known: &BTreeMap<String, PlanId>) -> Lot {
    let plan_ids = row.plan_ids(known);
    Lot {
        id: row.id,
        root_id: row.root_id,
        received_on: row.received_on,
        intake_year: row.intake_year,
        earmarking: row.earmarking,
        countries: row.country_codes(),
        is_for_unknown_plan: plan_ids.len() < split(&row.plans).len(),
        plan_ids,
        years: row.year_numbers(),
        use_by: row.use_by,
    }
}

/// What a pool's ledger adds up to, in cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) received: i64,
    pub(crate) available: i64,
    pub(crate) reserved: i64,
    pub(crate) allocated: i64,
    pub(crate) disbursed: i64,
    pub(crate) spent: i64,
    pub(crate) returned: i64,
    pub(crate) uncovered: i64,
}

impl Totals {
    fn add(&mut self, account: Account, cents: i64) {
        let total = match account {
            Account::Received => &mut self.received,
            Account::Available => &mut self.available,
            Account::Reserved => &mut self.reserved,
            Account::Allocated => &mut self.allocated,
            Account::Disbursed => &mut self.disbursed,
            Account::Spent => &mut self.spent,
            Account::Returned => &mut self.returned,
            Account::Uncovered => &mut self.uncovered,
        };
        *total += cents;
    }
}

/// What a pool's ledger adds up to.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn totals(db: &impl ConnectionTrait, pool_id: PoolId) -> Result<Totals, StoreError> {
    let mut totals = Totals::default();
    let text = "SELECT account, CAST(sum(amount) AS bigint) FROM position WHERE pool_id = $1 GROUP BY account
                UNION ALL SELECT 'received', CAST(coalesce(sum(received), 0) AS bigint) FROM lot WHERE pool_id = $1
                UNION ALL SELECT 'uncovered', CAST(coalesce(sum(uncovered), 0) AS bigint) FROM lot WHERE pool_id = $1";
    for row in sql::rows(db, text, params![pool_id]).await? {
        totals.add(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    }
    Ok(totals)
}

/// Filters of a list of entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct EntryFilter {
    pub(crate) proposal_id: Option<ProposalId>,
    pub(crate) kind: Option<LedgerEntryKind>,
}

/// The entries of a pool, the last first.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn entries(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    filter: &EntryFilter,
    page: &PageRequest,
    after: Option<i64>,
) -> Result<Vec<entry::Model>, StoreError> {
    let mut query = entry::Entity::find()
        .filter(entry::Column::PoolId.eq(pool_id))
        .order_by_desc(entry::Column::Number)
        .limit(page.limit + 1);
    if let Some(proposal_id) = filter.proposal_id {
        query = query.filter(entry::Column::ProposalId.eq(proposal_id));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(entry::Column::Kind.eq(kind));
    }
    if let Some(after) = after {
        query = query.filter(entry::Column::Number.lt(after));
    }
    Ok(query.all(db).await?)
}

/// The lines of entries, in order.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn lines(
    db: &impl ConnectionTrait,
    entries: &[EntryId],
) -> Result<HashMap<EntryId, Vec<posting::Model>>, StoreError> {
    let keys = entries.iter().map(|id| (*id).into());
    let text = "SELECT * FROM posting WHERE true";
    let rows = sql::select_by_keys(db, text, vec![], "entry_id", keys).await?;
    let mut found: Vec<posting::Model> = sql::read(&rows)?;
    found.sort_by_key(|line| (line.entry_id, line.line));
    let mut by_entry: HashMap<EntryId, Vec<posting::Model>> = HashMap::new();
    for line in found {
        by_entry.entry(line.entry_id).or_default().push(line);
    }
    Ok(by_entry)
}

/// An entry of a pool by its number.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn by_number(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    number: i64,
) -> Result<Option<entry::Model>, StoreError> {
    let text = "SELECT * FROM entry WHERE pool_id = $1 AND number = $2";
    Ok(sql::all(db, text, params![pool_id, number]).await?.pop())
}
