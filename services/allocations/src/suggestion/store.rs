//! The rows of suggestions, and when they are made and lapse.

use super::{Action, Replaced, State, money, replaceable, transition};
use crate::{
    known,
    ledger::promise,
    notice::{self, Notice},
    proposal::{self, fields::AllocationNature},
};
use ::store::{
    StoreError, TenantScope, Transaction, audit,
    list::{Conditions, Listed},
    office, params, sql, upsert_models,
};
use auth::ApiError;
use chrono::{DateTime, Utc};
use kernel::{
    AllocationNoticeKind, ContributionId, DonorId, FieldCode, OfficeId, OrganisationId, PrincipalId, Problem,
    ProposalId, SuggestionId, text::split,
};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde::Serialize;
use service::PageRequest;
use std::collections::{BTreeMap, BTreeSet};

/// A row of `suggestion`: it belongs to the office of the proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "suggestion")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SuggestionId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub proposal_id: ProposalId,
    /// The first record of the money.
    pub contribution_id: ContributionId,
    pub donor_id: Option<DonorId>,
    pub state: State,
    /// What could be withdrawn; once accepted, what was. US cents.
    pub amount: i64,
    /// What of the money no suggestion has taken. US cents.
    pub money: i64,
    pub reason: Option<String>,
    pub decided_by: Option<PrincipalId>,
    pub decided_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "allocation_suggestion",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

/// Filters of the list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) state: Option<State>,
    pub(crate) proposal_id: Option<ProposalId>,
}

/// Newest first. None for donors.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<SuggestionId>,
) -> Result<Vec<Model>, StoreError> {
    if matches!(scope, TenantScope::Donor { .. } | TenantScope::Public { .. }) {
        return Ok(Vec::new());
    }
    let mut conditions = Conditions::of(scope, "s");
    conditions.and_some("s.state = ?", filter.state);
    conditions.and_few("s.proposal_id = ?", filter.proposal_id);
    conditions.and_some("s.id < ?", after);
    let listed = Listed {
        select: "SELECT s.* FROM suggestion s",
        from: "suggestion s",
        order: &["id"],
        descending: true,
        limit: page.limit + 1,
    };
    sql::read(&conditions.rows(db, &listed).await?)
}

/// A suggestion that the caller reads.
pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: SuggestionId,
) -> Result<Option<Model>, StoreError> {
    let found = find(db, scope.organisation_id(), id).await?;
    Ok(found.filter(|row| scope.office_ids().contains(&row.office_id)))
}

/// A suggestion that the caller reads, locked until this transaction ends.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: SuggestionId,
) -> Result<Option<Model>, StoreError> {
    tx.lock(&lock_of(id)).await?;
    get(scope, tx.db(), id).await
}

fn lock_of(id: SuggestionId) -> String {
    format!("allocations:suggestion:{id}")
}

async fn find(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: SuggestionId,
) -> Result<Option<Model>, StoreError> {
    let text = "SELECT * FROM suggestion WHERE id = $1 AND organisation_id = $2";
    Ok(sql::all::<Model>(db, text, params![id, organisation_id]).await?.pop())
}

/// Writes the next version.
pub(crate) async fn save(tx: &Transaction, row: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(row)).await?;
    Ok(())
}

/// Accepts a suggestion for which some cents of a proposal are withdrawn: other suggestions of the same money have so much
/// less. The first record of the money that replaces them.
///
/// # Errors
/// 422 at `/suggestion_id` for one of another proposal, 409 for one that is not open.
pub(crate) async fn accept(
    tx: &mut Transaction,
    proposal: &proposal::store::Model,
    id: SuggestionId,
    amount: i64,
) -> Result<ContributionId, ApiError> {
    let found = find(tx.db(), proposal.organisation_id, id).await?;
    let Some(found) = found.filter(|row| row.proposal_id == proposal.id) else {
        let fault = FieldCode::UnknownReference.says("is no suggestion on this proposal");
        return Err(Problem::invalid_field("/suggestion_id", fault.with("kind", "suggestion")).into());
    };
    let rows = locked(tx, proposal.organisation_id, &[found.contribution_id]).await?;
    let (own, others): (Vec<Model>, Vec<Model>) = rows.into_iter().partition(|row| row.id == id);
    let before = own.into_iter().next().unwrap_or(found);
    let state = transition(before.state, Action::Accept)?;
    let after = Model {
        version: before.version + 1,
        state,
        amount,
        decided_by: Some(tx.actor().id),
        decided_at: Some(tx.now()),
        updated_at: tx.now(),
        ..before.clone()
    };
    save(tx, &after).await?;
    let less: Vec<Model> = others.into_iter().filter_map(|row| lessened(tx, row, amount)).collect();
    upsert_models(tx.db(), &less).await?;
    tx.audit_changed("allocation_suggestion.accept", &after, &before.state, &after.state).await?;
    Ok(after.contribution_id)
}

/// An allocation that may be replaced.
struct Candidate {
    id: ProposalId,
    office_id: OfficeId,
    replaced: Replaced,
}

/// The allocations of an organisation of which something is not disbursed.
async fn candidates(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<Vec<Candidate>, StoreError> {
    let text = "SELECT p.* FROM allocation_proposal p JOIN promise q ON q.proposal_id = p.id
                WHERE p.organisation_id = $1 AND q.allocated > 0
                  AND p.state IN ('approved', 'partly_approved', 'disbursing') ORDER BY p.id";
    let rows: Vec<proposal::store::Model> = sql::all(db, text, params![organisation_id]).await?;
    let ids: Vec<ProposalId> = rows.iter().map(|row| row.id).collect();
    let amounts = promise::of(db, &ids).await?;
    let candidate = |row: &proposal::store::Model| -> Result<Candidate, StoreError> {
        let expected = if row.nature == AllocationNature::Bridge { row.fields()?.expected } else { None };
        Ok(Candidate {
            id: row.id,
            office_id: row.office_id,
            replaced: Replaced {
                undisbursed: amounts.get(&row.id).map_or(0, |amounts| amounts.allocated),
                expected: expected.map(|expected| expected.amount.minor()),
                countries: split(&row.countries),
                plan_ids: split(&row.plan_ids).iter().filter_map(|id| id.parse().ok()).collect(),
            },
        })
    };
    rows.iter().map(candidate).collect()
}

async fn of_contributions(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    roots: &[ContributionId],
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM suggestion WHERE organisation_id = $1";
    let keys = roots.iter().map(|root| (*root).into());
    let rows = sql::select_by_keys(db, text, params![organisation_id], "contribution_id", keys).await?;
    sql::read(&rows)
}

/// The suggestions that there are of some money, locked until this transaction ends: what a person decides meanwhile stays.
async fn locked(
    tx: &Transaction,
    organisation_id: OrganisationId,
    roots: &[ContributionId],
) -> Result<Vec<Model>, StoreError> {
    let found = of_contributions(tx.db(), organisation_id, roots).await?;
    if found.is_empty() {
        return Ok(found);
    }
    let ids: BTreeSet<SuggestionId> = found.iter().map(|row| row.id).collect();
    tx.lock_all(ids.into_iter().map(lock_of)).await?;
    of_contributions(tx.db(), organisation_id, roots).await
}

/// Makes, renews and lapses the suggestions that the money of these first records gives rise to. Called when contributions
/// have been noted in [`known::contribution`].
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn renew(
    tx: &Transaction,
    organisation_id: OrganisationId,
    roots: &[ContributionId],
) -> Result<(), StoreError> {
    let facts = known::contribution::by_roots(tx.db(), organisation_id, roots).await?;
    let mut there: BTreeMap<ContributionId, Vec<Model>> = BTreeMap::new();
    for row in locked(tx, organisation_id, roots).await? {
        there.entry(row.contribution_id).or_default().push(row);
    }
    let mut replaced: Option<Vec<Candidate>> = None;
    for root_id in roots {
        let facts = facts.get(root_id).map_or(&[][..], Vec::as_slice);
        let rows = there.remove(root_id).unwrap_or_default();
        // Most contributions are not earmarked money of ours.
        if rows.is_empty() && money::money_of(facts, &BTreeMap::new()).cents == 0 {
            continue;
        }
        let plans = known::plan::by_fts(tx.db(), organisation_id, &money::fts_plans(facts)).await?;
        let money = Arrived {
            organisation_id,
            contribution_id: *root_id,
            donor_id: money::donor_of(facts),
            money: money::money_of(facts, &plans),
        };
        let candidates = match replaced.take() {
            Some(known) => known,
            None => candidates(tx.db(), organisation_id).await?,
        };
        let changed = money.suggestions(tx, &candidates, rows);
        replaced = Some(candidates);
        upsert_models(tx.db(), &changed).await?;
    }
    Ok(())
}

/// Follows an allocation whose money or state changed: what could be withdrawn of it is another amount, or nothing.
/// Only what stands beside the proposal is read, since whoever takes a step of it may not read those of other offices.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn renew_of(tx: &Transaction, row: &proposal::store::Model) -> Result<(), StoreError> {
    let text = "SELECT * FROM suggestion WHERE proposal_id = $1 AND state = 'open' ORDER BY id";
    let open: Vec<Model> = sql::all(tx.db(), text, params![row.id]).await?;
    if open.is_empty() {
        return Ok(());
    }
    tx.lock_all(open.iter().map(|suggestion| lock_of(suggestion.id))).await?;
    let open: Vec<Model> = sql::all(tx.db(), text, params![row.id]).await?;
    let is_running = matches!(
        row.state,
        proposal::State::Approved | proposal::State::PartlyApproved | proposal::State::Disbursing
    );
    let amounts = promise::of(tx.db(), &[row.id]).await?.remove(&row.id).unwrap_or_default();
    let expected = if row.nature == AllocationNature::Bridge { row.fields()?.expected } else { None };
    let most = amounts.allocated.min(expected.map_or(i64::MAX, |expected| expected.amount.minor()));
    let most = if is_running { most } else { 0 };
    let changed: Vec<Model> =
        open.into_iter().filter_map(|suggestion| limited(tx, suggestion, most)).collect();
    upsert_models(tx.db(), &changed).await?;
    Ok(())
}

/// The next version of an open suggestion when no more than some cents can be withdrawn; none when it stays as it is.
fn limited(tx: &Transaction, row: Model, most: i64) -> Option<Model> {
    let amount = row.money.min(most);
    if amount <= 0 {
        return lapsed(tx, row);
    }
    let version = row.version + 1;
    (amount != row.amount).then(|| Model { version, amount, updated_at: tx.now(), ..row })
}

/// Tells headquarters of suggestions on this money that are new.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn tell(
    tx: &mut Transaction,
    organisation_id: OrganisationId,
    roots: &[ContributionId],
) -> Result<(), StoreError> {
    let text = "SELECT s.id, p.reference, p.title FROM suggestion AS s
                JOIN allocation_proposal AS p ON p.id = s.proposal_id
                WHERE s.organisation_id = $1 AND s.state = 'open' AND s.version = 1
                  AND NOT EXISTS (SELECT 1 FROM allocation_notice AS n WHERE n.record_id = s.id)";
    let keys = roots.iter().map(|root_id| (*root_id).into());
    let rows =
        sql::select_by_keys(tx.db(), text, params![organisation_id], "s.contribution_id", keys).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let Some(office_id) = office::headquarters(tx.db(), organisation_id).await? else { return Ok(()) };
    for row in &rows {
        let id: SuggestionId = row.try_get_by_index(0)?;
        let (reference, title): (String, String) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let made = Notice {
            organisation_id,
            office_id,
            kind: AllocationNoticeKind::SuggestionMade,
            record_id: id.as_uuid(),
            title: format!("{reference}: {title}"),
        };
        notice::to_office(tx, &made).await?;
    }
    Ok(())
}

/// Earmarked money, and whose it is.
struct Arrived {
    organisation_id: OrganisationId,
    contribution_id: ContributionId,
    donor_id: Option<DonorId>,
    money: super::Money,
}

impl Arrived {
    /// The suggestions that are new or different; `rows` are those that there are.
    fn suggestions(mut self, tx: &Transaction, candidates: &[Candidate], rows: Vec<Model>) -> Vec<Model> {
        let accepted = rows.iter().filter(|row| row.state == State::Accepted);
        let taken: i64 = accepted.map(|row| row.amount).sum();
        self.money.cents = (self.money.cents - taken).max(0);
        let mut there: BTreeMap<ProposalId, Model> =
            rows.into_iter().map(|row| (row.proposal_id, row)).collect();
        let mut changed = Vec::new();
        for candidate in candidates {
            let row = there.remove(&candidate.id);
            let amount = replaceable(&candidate.replaced, &self.money);
            match (row, amount) {
                (None, Some(amount)) => changed.push(self.made(tx, candidate, amount)),
                (Some(row), Some(amount)) => changed.extend(self.renewed(tx, row, amount)),
                (Some(row), None) => changed.extend(lapsed(tx, row)),
                (None, None) => {}
            }
        }
        changed.extend(there.into_values().filter_map(|row| lapsed(tx, row)));
        changed
    }

    fn made(&self, tx: &Transaction, candidate: &Candidate, amount: i64) -> Model {
        let now = tx.now();
        Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: self.organisation_id,
            office_id: candidate.office_id,
            proposal_id: candidate.id,
            contribution_id: self.contribution_id,
            donor_id: self.donor_id,
            state: State::Open,
            amount,
            money: self.money.cents,
            reason: None,
            decided_by: None,
            decided_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The next version of a suggestion that nobody decided on; none when it stays as it is.
    fn renewed(&self, tx: &Transaction, row: Model, amount: i64) -> Option<Model> {
        let state = transition(row.state, Action::Renew).ok()?;
        let is_same = (row.state, row.amount, row.money, row.donor_id)
            == (state, amount, self.money.cents, self.donor_id);
        let version = row.version + 1;
        let (money, donor_id) = (self.money.cents, self.donor_id);
        (!is_same).then(|| Model { version, state, amount, money, donor_id, updated_at: tx.now(), ..row })
    }
}

/// An open suggestion after some cents of its money took the place of another allocation.
fn lessened(tx: &Transaction, row: Model, cents: i64) -> Option<Model> {
    if row.state != State::Open {
        return None;
    }
    let money = (row.money - cents).max(0);
    if money == 0 {
        return lapsed(tx, Model { money, ..row });
    }
    let (version, amount) = (row.version + 1, row.amount.min(money));
    Some(Model { version, money, amount, updated_at: tx.now(), ..row })
}

/// A suggestion for which there is no money, or nothing to replace, any more.
fn lapsed(tx: &Transaction, row: Model) -> Option<Model> {
    let state = transition(row.state, Action::Lapse).ok()?;
    Some(Model { version: row.version + 1, state, updated_at: tx.now(), ..row })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        committee::DecidedBy,
        decision::testing::{OFFICE, ORGANISATION, World, scope},
    };
    use kernel::Clock;

    fn suggestion(at: DateTime<Utc>) -> Model {
        Model {
            id: SuggestionId::from_u128(1),
            version: 1,
            organisation_id: ORGANISATION,
            office_id: OFFICE,
            proposal_id: ProposalId::from_u128(1),
            contribution_id: ContributionId::from_u128(1),
            donor_id: None,
            state: State::Open,
            amount: 15_000_000,
            money: 30_000_000,
            reason: None,
            decided_by: None,
            decided_at: None,
            created_at: at,
            updated_at: at,
        }
    }

    #[tokio::test]
    async fn a_suggestion_is_read_by_the_offices_that_read_its_proposal() {
        let world = World::new(DecidedBy::Committee).await;
        let row = suggestion(world.clock.now());
        let tx = world.begin().await;
        save(&tx, &row).await.unwrap();
        let of = |organisation_id: OrganisationId, office_id: OfficeId| {
            let office_ids = vec![office_id];
            TenantScope::Offices { organisation_id, office_id, office_ids }
        };
        let donor_id = DonorId::from_u128(1);
        for (asking, is_read) in [
            (scope(), true),
            (of(ORGANISATION, OfficeId::from_u128(9)), false),
            (of(OrganisationId::from_u128(9), OFFICE), false),
            (TenantScope::Donor { organisation_id: ORGANISATION, donor_id }, false),
        ] {
            let found = get(&asking, tx.db(), row.id).await.unwrap();
            assert_eq!(found.is_some(), is_read, "{asking:?}");
        }
        tx.commit().await.unwrap();
    }
}
