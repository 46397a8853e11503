//! Allocations of money that is not earmarked, as the allocations service announced them last: by them the
//! contributions that they come from are counted in parts.

use super::{
    allocated::Allotment,
    fact::Member,
    rows::{allocation, allocation_source},
    store,
};
use crate::plan;
use ::store::{StoreError, TenantScope, Transaction, insert_models, sql, upsert_models};
use events::AllocationChanged;
use kernel::{ContributionId, OrganisationId, PlanId, ProposalId, Visibility, Word};
use sea_orm::FromQueryResult;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What allocations hold of contributions, by the first records of these, in the order of the allocations.
pub(super) type Allotments = BTreeMap<ContributionId, Vec<Allotment>>;

/// The lock on the allocations of an organisation: whoever counts contributions shares it.
pub(super) fn lock(organisation_id: OrganisationId) -> String {
    format!("crisis:allocations:{organisation_id}")
}

/// Notes allocations of an organisation, and counts the contributions again that they come from or came from before.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn apply(
    tx: &Transaction,
    organisation_id: OrganisationId,
    events: &BTreeMap<ProposalId, AllocationChanged>,
) -> Result<(), StoreError> {
    tx.lock(&lock(organisation_id)).await?;
    let (mut rows, mut sources) = (Vec::new(), Vec::new());
    for event in events.values() {
        rows.push(row(event));
        sources.extend(sources_of(event));
    }
    let mut parameters = vec![];
    let listed = sql::bind_list(&mut parameters, events.keys().map(|id| (*id).into()));
    let text = format!("SELECT * FROM known_allocation_source WHERE allocation_id IN ({listed})");
    let before: Vec<allocation_source::Model> = sql::all(tx.db(), &text, parameters.clone()).await?;
    let text = format!("DELETE FROM known_allocation_source WHERE allocation_id IN ({listed})");
    sql::execute(tx.db(), &text, parameters).await?;
    upsert_models(tx.db(), &rows).await?;
    insert_models(tx.db(), &sources).await?;
    let roots: BTreeSet<ContributionId> =
        before.iter().chain(&sources).map(|source| source.root_id).collect();
    let allotments = of_roots(tx, &roots).await?;
    store::apply_allotments(tx, &roots, &allotments).await
}

fn row(event: &AllocationChanged) -> allocation::Model {
    // For several countries or plans it does not say how much is for each.
    let only = |codes: &[String]| if let [code] = codes { Some(code.clone()) } else { None };
    let plan_id = if let [plan_id] = event.plan_ids.as_slice() { Some(*plan_id) } else { None };
    allocation::Model {
        id: event.id,
        organisation_id: event.organisation_id,
        visibility: event.visibility.clone(),
        country: only(&event.countries),
        year: event.year,
        plan_id,
    }
}

/// What is promised, paid or spent of each contribution. What was returned counts where it came from, own funds
/// nowhere.
fn sources_of(event: &AllocationChanged) -> Vec<allocation_source::Model> {
    let mut amounts: BTreeMap<ContributionId, i64> = BTreeMap::new();
    for source in &event.sources {
        if let Some(root_id) = source.root_id {
            let held = source.allocated.minor() + source.disbursed.minor() + source.spent.minor();
            *amounts.entry(root_id).or_default() += held;
        }
    }
    let source = |(root_id, amount): (ContributionId, i64)| allocation_source::Model {
        allocation_id: event.id,
        root_id,
        organisation_id: event.organisation_id,
        amount,
    };
    amounts.into_iter().filter(|(_, amount)| *amount > 0).map(source).collect()
}

/// What an allocation holds of a contribution, as it is read.
#[derive(Debug, FromQueryResult)]
struct Held {
    root_id: ContributionId,
    amount: i64,
    allocation_id: ProposalId,
    organisation_id: OrganisationId,
    visibility: Word<Visibility>,
    country: Option<String>,
    year: i32,
    plan_id: Option<PlanId>,
}

/// What allocations hold of the contributions with these first records.
pub(super) async fn of_roots(
    tx: &Transaction,
    roots: &BTreeSet<ContributionId>,
) -> Result<Allotments, StoreError> {
    if roots.is_empty() {
        return Ok(Allotments::new());
    }
    let text =
        "SELECT s.root_id, s.amount, s.allocation_id, s.organisation_id, a.visibility, a.country, a.year,
                  a.plan_id
                FROM known_allocation_source AS s
                JOIN known_allocation AS a ON a.id = s.allocation_id WHERE true";
    let keys = roots.iter().map(|root_id| (*root_id).into());
    let rows = sql::select_by_keys(tx.db(), text, vec![], "s.root_id", keys).await?;
    let mut held: Vec<Held> = sql::read(&rows)?;
    held.sort_unstable_by_key(|held| (held.root_id, held.allocation_id));
    let plans = plans(tx, &held).await?;
    let mut allotments = Allotments::new();
    for held in held {
        let year = held.year;
        allotments.entry(held.root_id).or_default().push(Allotment {
            allocation_id: held.allocation_id,
            amount: held.amount,
            visibility: held.visibility,
            country_year: held.country.map(|country| (country, year)),
            plan: held.plan_id.and_then(|id| plans.get(&id).cloned()),
        });
    }
    Ok(allotments)
}

/// The plans of allocations, as contributions to them name them.
async fn plans(tx: &Transaction, held: &[Held]) -> Result<HashMap<PlanId, Member>, StoreError> {
    let mut ids: BTreeMap<OrganisationId, BTreeSet<PlanId>> = BTreeMap::new();
    for held in held {
        ids.entry(held.organisation_id).or_default().extend(held.plan_id);
    }
    let mut plans = HashMap::new();
    for (organisation_id, ids) in ids {
        let scope = TenantScope::Organisation { organisation_id };
        let ids: Vec<PlanId> = ids.into_iter().collect();
        for (id, plan) in plan::store::by_ids(&scope, tx.db(), &ids).await? {
            let key = plan.funding_key();
            let external_ref = key.strip_prefix("fts:").unwrap_or(&key).to_owned();
            plans.insert(id, Member { key, external_ref, name: plan.name });
        }
    }
    Ok(plans)
}
