use super::{
    allocated::share,
    allocation::{self, Allotments},
    fact::{Amounts, Cell, Fact, Member, RECIPIENTS, counted, plan_of_scope},
    listed,
    rows::{cell, fact},
};
use crate::{to_tell, version};
use kernel::{ContributionId, DonorId, DonorType, OrganisationId, Word};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{Merge, StoreError, Transaction, merge_models, params, sql, upsert_columns};

/// Organisation, scope, dimension, member: the primary key.
pub(super) type CellKey = (OrganisationId, String, &'static str, String);

/// What cells change by. A cell is named by what was counted in it last, however events come in batches.
#[derive(Default)]
struct Deltas {
    cells: HashMap<CellKey, (Option<Member>, Amounts)>,
    /// Whether anything left a cell: it may be empty then.
    departures: bool,
}

impl Deltas {
    fn replace(&mut self, organisation_id: OrganisationId, before: Option<&Fact>, after: &Fact) {
        let (old, new) = (before.map(counted).unwrap_or_default(), counted(after));
        // What is unchanged does not touch its cells.
        let was = by_cell(&old);
        let is = if old.is_empty() { HashMap::new() } else { by_cell(&new) };
        for (cell, sums) in old.iter().filter(|(cell, sums)| is.get(cell).copied() != Some(sums)) {
            self.entry(organisation_id, cell).1.add(*sums, -1);
            self.departures = true;
        }
        for (cell, sums) in new.iter().filter(|(cell, sums)| was.get(cell).copied() != Some(sums)) {
            let entry = self.entry(organisation_id, cell);
            entry.0 = cell.member.clone();
            entry.1.add(*sums, 1);
        }
    }

    fn entry(&mut self, organisation_id: OrganisationId, cell: &Cell) -> &mut (Option<Member>, Amounts) {
        let member = cell.member.as_ref().map(|member| member.key.clone()).unwrap_or_default();
        self.cells.entry((organisation_id, cell.scope.clone(), cell.dimension, member)).or_default()
    }
}

/// What is counted in each place. A contribution that was allocated in many parts is counted in many.
fn by_cell(places: &[(Cell, Amounts)]) -> HashMap<&Cell, &Amounts> {
    places.iter().map(|place| (&place.0, &place.1)).collect()
}

/// Contributions with what each of them counts.
type Facts = HashMap<ContributionId, Fact>;

/// Replaces what contributions counted before by what they count now.
pub(crate) async fn apply(tx: &Transaction, facts: Vec<(ContributionId, Fact)>) -> Result<(), StoreError> {
    let organisations: BTreeSet<OrganisationId> =
        facts.iter().map(|(_, fact)| fact.organisation_id).collect();
    for organisation_id in organisations {
        tx.lock_shared(&allocation::lock(organisation_id)).await?;
    }
    let ids: Vec<ContributionId> = facts.iter().map(|(id, _)| *id).collect();
    let mut counted = held(tx, &ids).await?;
    let known = counted.values().chain(facts.iter().map(|(_, fact)| fact));
    let roots: BTreeSet<ContributionId> = known.filter_map(|fact| fact.root_id).collect();
    let allotments = allocation::of_roots(tx, &roots).await?;
    if !allotments.is_empty() {
        // Whoever counts another record of the same money waits.
        tx.lock_all(allotments.keys().map(|root_id| format!("crisis:root:{root_id}"))).await?;
        counted = held(tx, &ids).await?;
    }
    let mut deltas = Deltas::default();
    for (id, mut fact) in facts {
        let before = counted.get(&id);
        // What was allocated of it stays, until it is shared out anew.
        if let Some(before) = before.filter(|before| before.root_id == fact.root_id) {
            fact.allocated.clone_from(&before.allocated);
        }
        deltas.replace(fact.organisation_id, before, &fact);
        counted.insert(id, fact);
    }
    let had_parts = counted.values().filter(|fact| !fact.allocated.is_empty());
    let concerned: BTreeSet<ContributionId> =
        allotments.keys().copied().chain(had_parts.filter_map(|fact| fact.root_id)).collect();
    share_out(tx, &concerned, &allotments, (&mut counted, &mut deltas)).await?;
    write(tx, counted, deltas).await
}

/// Shares out anew what is allocated of the contributions with these first records.
pub(super) async fn apply_allotments(
    tx: &Transaction,
    roots: &BTreeSet<ContributionId>,
    allotments: &Allotments,
) -> Result<(), StoreError> {
    let (mut counted, mut deltas) = (Facts::new(), Deltas::default());
    share_out(tx, roots, allotments, (&mut counted, &mut deltas)).await?;
    write(tx, counted, deltas).await
}

/// Counts the parts that are allocated of contributions, of each over all its records.
async fn share_out(
    tx: &Transaction,
    roots: &BTreeSet<ContributionId>,
    allotments: &Allotments,
    (counted, deltas): (&mut Facts, &mut Deltas),
) -> Result<(), StoreError> {
    if roots.is_empty() {
        return Ok(());
    }
    // What was counted before roots were kept has none: the first record itself is found by its own id.
    let wanted: Vec<ContributionId> = roots.iter().copied().collect();
    for key in ["root_id", "contribution_id"] {
        for (id, fact) in read(tx, key, &wanted).await? {
            if fact.root_id.is_some_and(|root_id| roots.contains(&root_id)) {
                counted.entry(id).or_insert(fact);
            }
        }
    }
    let mut by_root: BTreeMap<ContributionId, Vec<(ContributionId, Fact)>> = BTreeMap::new();
    for (id, fact) in counted.iter() {
        if let Some(root_id) = fact.root_id.filter(|root_id| roots.contains(root_id)) {
            by_root.entry(root_id).or_default().push((*id, fact.clone()));
        }
    }
    for (root_id, mut records) in by_root {
        records.sort_unstable_by_key(|(id, _)| *id);
        let parts = share(&records, allotments.get(&root_id).map(Vec::as_slice).unwrap_or_default());
        for ((id, before), allocated) in records.into_iter().zip(parts) {
            if before.allocated != allocated {
                let after = Fact { allocated, ..before.clone() };
                deltas.replace(after.organisation_id, Some(&before), &after);
                counted.insert(id, after);
            }
        }
    }
    Ok(())
}

/// Writes what contributions count now, and what cells change by.
async fn write(tx: &Transaction, counted: Facts, deltas: Deltas) -> Result<(), StoreError> {
    let changes = Changes::from(deltas);
    write_cells(tx.db(), &changes).await?;
    to_tell::plans(tx, changes.plans());
    let listed = changes.cells.iter().map(|(key, (_, delta))| (key, *delta));
    listed::add(tx.db(), listed, changes.departures).await?;
    let organisations: Vec<OrganisationId> = counted.values().map(|fact| fact.organisation_id).collect();
    let mut latest: Vec<(ContributionId, Fact)> = counted.into_iter().collect();
    latest.sort_unstable_by_key(|(id, _)| *id);
    let mut rows = Vec::with_capacity(latest.len());
    for (contribution_id, counted) in latest {
        let (organisation_id, root_id) = (counted.organisation_id, counted.root_id);
        let fact = serde_json::to_string(&counted)?;
        rows.push(fact::Model { contribution_id, organisation_id, fact, root_id });
    }
    upsert_columns(tx.db(), &rows, &[fact::Column::Fact, fact::Column::RootId]).await?;
    version::change(tx.db(), tx.new_uuid(), organisations).await
}

async fn held(tx: &Transaction, ids: &[ContributionId]) -> Result<Facts, StoreError> {
    read(tx, "contribution_id", ids).await
}

/// What is counted of the contributions that have one of these ids in the column `key`.
async fn read(tx: &Transaction, key: &str, ids: &[ContributionId]) -> Result<Facts, StoreError> {
    let text = "SELECT contribution_id, fact FROM funding_fact WHERE true";
    let ids = ids.iter().map(|id| (*id).into());
    let rows = sql::select_by_keys(tx.db(), text, vec![], key, ids).await?;
    rows.iter().map(fact_of).collect()
}

fn fact_of(row: &QueryResult) -> Result<(ContributionId, Fact), StoreError> {
    let id: ContributionId = row.try_get_by_index(0)?;
    let mut fact: Fact = serde_json::from_str(&row.try_get_by_index::<String>(1)?)?;
    fact.root_id = fact.root_id.or(Some(id));
    Ok((id, fact))
}

/// What is written of deltas, in one order everywhere, or two transactions could wait for each other.
struct Changes {
    cells: Vec<(CellKey, (Option<Member>, Amounts))>,
    departures: bool,
}

impl From<Deltas> for Changes {
    fn from(Deltas { cells, departures }: Deltas) -> Self {
        let mut cells: Vec<(CellKey, (Option<Member>, Amounts))> = cells.into_iter().collect();
        cells.retain(|(_, (name, delta))| name.is_some() || *delta != Amounts::default());
        cells.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Self { cells, departures }
    }
}

impl Changes {
    /// The plans whose funding or pledges they change, by how they are known.
    fn plans(&self) -> impl Iterator<Item = (OrganisationId, String)> {
        let totals = self.cells.iter().filter(|((_, _, dimension, _), _)| *dimension == "total");
        totals.filter_map(|((organisation_id, scope, ..), _)| {
            Some((*organisation_id, plan_of_scope(scope)?.to_owned()))
        })
    }
}

async fn write_cells(db: &impl ConnectionTrait, changes: &Changes) -> Result<(), StoreError> {
    let rows = changes.cells.iter().map(|((organisation_id, scope, dimension, key), (member, delta))| {
        let member = member.as_ref();
        cell::Model {
            organisation_id: *organisation_id,
            scope: scope.clone(),
            dimension: (*dimension).to_owned(),
            member: key.clone(),
            external_ref: member.map(|member| member.external_ref.clone()),
            name: member.map(|member| member.name.clone()),
            paid: delta.paid,
            commitment: delta.commitment,
            pledge: delta.pledge,
            funding_flows: delta.funding_flows,
            pledge_flows: delta.pledge_flows,
        }
    });
    let named = |column| matches!(column, cell::Column::ExternalRef | cell::Column::Name);
    let merge = |column| if named(column) { Merge::ReplaceIfAny } else { Merge::Add };
    merge_models(db, &rows.collect::<Vec<_>>(), merge).await?;
    if changes.departures {
        let empty = "DELETE FROM funding_cell WHERE funding_flows = 0 AND pledge_flows = 0";
        sql::execute(db, empty, vec![]).await?;
    }
    Ok(())
}

/// A place of the read model with what it counts.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct Counted {
    pub(crate) scope: String,
    pub(crate) dimension: String,
    pub(crate) member: String,
    pub(crate) external_ref: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) paid: i64,
    pub(crate) commitment: i64,
    pub(crate) pledge: i64,
    pub(crate) funding_flows: i64,
    pub(crate) pledge_flows: i64,
}

impl Counted {
    pub(crate) fn amounts(&self) -> Amounts {
        let Counted { paid, commitment, pledge, funding_flows, pledge_flows, .. } = *self;
        Amounts { paid, commitment, pledge, funding_flows, pledge_flows }
    }
}

const SELECT: &str =
    "SELECT scope, dimension, member, external_ref, name, paid, commitment, pledge, funding_flows,
                             pledge_flows
                      FROM funding_cell WHERE organisation_id = $1 AND funding_flows + pledge_flows > 0";

/// Everything one scope counts, the largest first.
pub(crate) async fn scope(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    scope: &str,
) -> Result<Vec<Counted>, StoreError> {
    let text = format!("{SELECT} AND scope = $2 ORDER BY dimension, paid + commitment DESC, name, member");
    sql::all(db, &text, params![organisation_id, scope]).await
}

/// What one scope counts in some of its dimensions, the largest first.
pub(crate) async fn dimensions(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    scope: &str,
    wanted: &[&str],
) -> Result<Vec<Counted>, StoreError> {
    let mut parameters = params![organisation_id, scope];
    let listed = sql::bind_list(&mut parameters, wanted.iter().map(|name| (*name).into()));
    let text = format!(
        "{SELECT} AND scope = $2 AND dimension IN ({listed})
         ORDER BY dimension, paid + commitment DESC, name, member"
    );
    sql::all(db, &text, parameters).await
}

/// What several scopes count in one dimension, the largest first.
pub(crate) async fn dimension_of(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    scopes: impl IntoIterator<Item = String>,
    dimension: &str,
) -> Result<Vec<Counted>, StoreError> {
    let text = format!("{SELECT} AND dimension = $2");
    let scopes = scopes.into_iter().map(Into::into);
    let rows = sql::select_by_keys(db, &text, params![organisation_id, dimension], "scope", scopes).await?;
    let mut counted: Vec<Counted> = sql::read(&rows)?;
    counted.sort_by(|a, b| {
        let rank = |cell: &Counted| std::cmp::Reverse(cell.paid + cell.commitment);
        (rank(a), &a.name, &a.member).cmp(&(rank(b), &b.name, &b.member))
    });
    Ok(counted)
}

/// The organisations that received the most, the largest first.
pub(crate) async fn recipients(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    limit: u64,
) -> Result<Vec<Counted>, StoreError> {
    let text = format!(
        "{SELECT} AND scope = $2 AND dimension = 'recipient' ORDER BY paid + commitment DESC, member LIMIT {limit}"
    );
    sql::all(db, &text, params![organisation_id, RECIPIENTS]).await
}

/// What went from one donor to each plan, in a scope that counts that; the largest first.
pub(crate) async fn plans_of_donor(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    scope: &str,
    donor: &str,
) -> Result<Vec<Counted>, StoreError> {
    // A range, so that the index serves it: members are "donor|plan", and '}' is the next character.
    let text = format!(
        "{SELECT} AND scope = $2 AND dimension = 'donor_plan' AND member >= $3 AND member < $4
         ORDER BY paid + commitment DESC, member"
    );
    let range = params![organisation_id, scope, format!("{donor}|"), format!("{donor}}}")];
    sql::all(db, &text, range).await
}

/// The totals of every scope that starts with `prefix` (`country:`, `plan:`).
pub(crate) async fn totals(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    prefix: &str,
) -> Result<HashMap<String, Amounts>, StoreError> {
    // A range, so that the index serves it: prefixes end with ':', and ';' is the next character.
    let end = format!("{};", prefix.trim_end_matches(':'));
    let text = format!("{SELECT} AND dimension = 'total' AND scope >= $2 AND scope < $3");
    let rows = sql::rows(db, &text, params![organisation_id, prefix, end]).await?;
    let mut totals = HashMap::with_capacity(rows.len());
    for row in &rows {
        let counted = Counted::from_query_result(row, "")?;
        let key = counted.scope.strip_prefix(prefix).unwrap_or_default().to_owned();
        totals.insert(key, counted.amounts());
    }
    Ok(totals)
}

/// A donor as last published by the registry.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct KnownDonor {
    pub(crate) id: DonorId,
    pub(crate) name: String,
    pub(crate) name_fr: Option<String>,
    pub(crate) name_es: Option<String>,
    pub(crate) donor_type: Word<DonorType>,
    pub(crate) external_ref: Option<String>,
}

pub(crate) async fn donor(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: DonorId,
) -> Result<Option<KnownDonor>, StoreError> {
    Ok(donors(db, organisation_id, &[id]).await?.remove(&id.to_string()))
}

/// Donors by id, so that a renamed donor has its new name everywhere.
pub(crate) async fn donors(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    ids: &[DonorId],
) -> Result<HashMap<String, KnownDonor>, StoreError> {
    let mut known = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(1000) {
        let text = "SELECT id, name, name_fr, name_es, donor_type, external_ref, organisation_id
             FROM known_donor WHERE true";
        for row in sql::select_by_keys(db, text, vec![], "id", chunk.iter().map(|id| (*id).into())).await? {
            if row.try_get_by_index::<OrganisationId>(6)? != organisation_id {
                continue;
            }
            let donor = KnownDonor::from_query_result(&row, "")?;
            known.insert(donor.id.to_string(), donor);
        }
    }
    Ok(known)
}

#[cfg(test)]
mod allocation_tests;
#[cfg(test)]
mod tests;
