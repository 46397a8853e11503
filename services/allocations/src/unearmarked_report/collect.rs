//! Reads what a report is made of. `db` reads the whole organisation.

use super::{
    YEARS,
    compute::years_told,
    decided,
    facts::{Facts, LotFact, Move, PlanFact, Project, Redeployed, ShortfallFact},
    figures::AnnualUseLabel,
};
use crate::{
    committee::{self, day_in},
    disbursement::report::{ReachedResult, row as use_report},
    known::{contribution, donor, plan},
    lot, proposal, shortfall, window,
};
use ::store::{StoreError, params, sql};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use kernel::{
    CommitteeId, ContributionId, DonorId, Earmarking, LotId, OrganisationId, PlanId, PoolId, ProposalId,
    Visibility, text::split,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that the figures of a committee's year are worked out of, as it is at an instant.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn facts(
    db: &impl ConnectionTrait,
    committee: &committee::store::Model,
    year: i32,
    now: DateTime<Utc>,
) -> Result<Facts, StoreError> {
    let organisation_id = committee.organisation_id;
    let last = NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or_default();
    // Entries have days of the committee's zone and of UTC.
    let until = last.min(day_in(&committee.time_zone, now).max(now.date_naive()));
    let within = (first_instant(&committee.time_zone, year), first_instant(&committee.time_zone, year + 1));
    let text = "SELECT * FROM allocation_window WHERE committee_id = $1 ORDER BY opens_at, id";
    let windows: Vec<window::store::Model> = sql::all(db, text, params![committee.id]).await?;
    let text = "SELECT p.* FROM allocation_proposal p JOIN allocation_window w ON w.id = p.window_id
                WHERE w.committee_id = $1 ORDER BY p.reference";
    let proposals: Vec<proposal::store::Model> = sql::all(db, text, params![committee.id]).await?;
    let pools: BTreeSet<PoolId> = windows.iter().map(|window| window.pool_id).collect();
    let lots = lots(db, organisation_id, &pools).await?;
    let (mut moves, mut redeployed, mut shortfalls, mut available) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for pool_id in &pools {
        moves.extend(moves_of(db, *pool_id, until).await?);
        redeployed.extend(redeployed_of(db, *pool_id, (first_day(year), until)).await?);
        shortfalls.extend(shortfalls_of(db, *pool_id, within).await?);
        available += available_of(db, *pool_id, until).await?;
    }
    let decided = decided::decided(db, committee.id, (&windows, &proposals), within).await?;
    let projects = projects(db, &windows, proposals).await?;
    redeployed.retain(|step: &Withdrawal| projects.contains_key(&step.proposal_id));
    let plan_ids: BTreeSet<PlanId> = projects.values().flat_map(|one| one.plan_ids.iter().copied()).collect();
    Ok(Facts {
        year,
        until,
        committee_id: committee.id,
        committee: AnnualUseLabel {
            key: committee.id.to_string(),
            name: Some(committee.name.clone()),
            name_fr: committee.name_fr.clone(),
            name_es: committee.name_es.clone(),
        },
        income: income(db, organisation_id, year).await?,
        decided,
        lots,
        projects,
        plans: plans(db, organisation_id, &plan_ids).await?,
        moves,
        available,
        redeployed: replaced(db, organisation_id, redeployed).await?,
        shortfalls,
    })
}

/// The pools that a committee decides on, in one order.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn pools(
    db: &impl ConnectionTrait,
    committee_id: CommitteeId,
) -> Result<Vec<PoolId>, StoreError> {
    let text = "SELECT DISTINCT pool_id FROM allocation_window WHERE committee_id = $1 ORDER BY pool_id";
    let rows = sql::rows(db, text, params![committee_id]).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

fn first_day(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default()
}

/// When a year begins in a time zone (IANA; UTC where it is not known).
fn first_instant(zone: &str, year: i32) -> DateTime<Utc> {
    let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
    let first = first_day(year.clamp(*YEARS.start(), *YEARS.end() + 1)).and_time(NaiveTime::MIN);
    let at = zone.from_local_datetime(&first).earliest();
    at.map_or_else(|| first.and_utc(), |at| at.with_timezone(&Utc))
}

/// What the organisation was paid in each of the five years, by earmarking.
async fn income(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    year: i32,
) -> Result<Vec<(i32, Option<Earmarking>, i64)>, StoreError> {
    let text = "SELECT earmarking, CAST(sum(amount) AS bigint) FROM known_contribution
                WHERE organisation_id = $1 AND counts AND status = 'paid' AND contribution_type <> 'in_kind'
                  AND received_on >= $2 AND received_on < $3 GROUP BY earmarking";
    let mut found = Vec::new();
    for year in years_told(year) {
        let values = params![organisation_id, first_day(year), first_day(year + 1)];
        for row in sql::rows(db, text, values).await? {
            let earmarking: Option<String> = row.try_get_by_index(0)?;
            let earmarking = earmarking.and_then(|word| word.parse().ok());
            found.push((year, earmarking, row.try_get_by_index(1)?));
        }
    }
    Ok(found)
}

/// The lots of pools, with what their donors are called, and whether everyone may know that they gave them.
async fn lots(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    pools: &BTreeSet<PoolId>,
) -> Result<BTreeMap<LotId, LotFact>, StoreError> {
    let keys = pools.iter().map(|id| (*id).into());
    let text = "SELECT * FROM lot WHERE organisation_id = $1";
    let found = sql::select_by_keys(db, text, params![organisation_id], "pool_id", keys).await?;
    let mut rows: Vec<lot::store::Model> = sql::read(&found)?;
    rows.sort_by_key(|lot| (lot.received_on, lot.root_id, lot.id));
    let donors = donors(db, rows.iter().filter_map(|lot| lot.donor_id).collect()).await?;
    let roots: Vec<ContributionId> = rows.iter().filter_map(|lot| lot.root_id).collect();
    let public = public_roots(db, organisation_id, &roots).await?;
    let fact = |(place, row): (usize, lot::store::Model)| {
        let is_own = row.root_id.is_none();
        let named = donor_label(&donors, row.donor_id, row.donor_name.as_deref());
        let fact = LotFact {
            place,
            donor: if is_own { AnnualUseLabel::word("own") } else { named },
            // How much a donor gave in confidence stays between the two, whatever else it gave.
            is_public: row.root_id.is_none_or(|root_id| public.contains(&root_id)),
            earmarking: row.earmarking,
            intake_year: row.intake_year,
            received: row.received,
        };
        (row.id, fact)
    };
    Ok(rows.into_iter().enumerate().map(fact).collect())
}

async fn donors(
    db: &impl ConnectionTrait,
    ids: BTreeSet<DonorId>,
) -> Result<BTreeMap<DonorId, donor::Model>, StoreError> {
    let keys = ids.into_iter().map(Into::into);
    let rows = sql::select_by_keys(db, "SELECT * FROM known_donor WHERE true", vec![], "id", keys).await?;
    let found: Vec<donor::Model> = sql::read(&rows)?;
    Ok(found.into_iter().map(|row| (row.id, row)).collect())
}

/// What a donor is called; by the contribution, where the registry has no such donor.
fn donor_label(
    donors: &BTreeMap<DonorId, donor::Model>,
    donor_id: Option<DonorId>,
    name: Option<&str>,
) -> AnnualUseLabel {
    let name = name.unwrap_or_default();
    let Some(donor_id) = donor_id else { return AnnualUseLabel::named(name, name) };
    match donors.get(&donor_id) {
        Some(donor) => AnnualUseLabel {
            key: donor_id.to_string(),
            name: Some(donor.name.clone()),
            name_fr: donor.name_fr.clone(),
            name_es: donor.name_es.clone(),
        },
        None => AnnualUseLabel::named(donor_id.to_string(), name),
    }
}

/// Those of some records by which lots are known whose contributions are public: of which every record that counts is;
/// where none counts any more, every record. A part that is counted apart is as public as its contribution.
async fn public_roots(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    known: &[ContributionId],
) -> Result<BTreeSet<ContributionId>, StoreError> {
    let roots = contribution::roots_of(db, known).await?;
    let wanted: BTreeSet<ContributionId> = roots.values().copied().collect();
    let wanted: Vec<ContributionId> = wanted.into_iter().collect();
    let records = contribution::by_roots(db, organisation_id, &wanted).await?;
    let records: Vec<contribution::Model> = records.into_values().flatten().collect();
    let public = public_of(&records);
    Ok(roots.into_iter().filter(|(_, root_id)| public.contains(root_id)).map(|(known, _)| known).collect())
}

fn public_of(records: &[contribution::Model]) -> BTreeSet<ContributionId> {
    let counting: BTreeSet<ContributionId> =
        records.iter().filter(|record| record.counts).map(|record| record.root_id).collect();
    let (mut public, mut hidden) = (BTreeSet::new(), BTreeSet::new());
    for record in records.iter().filter(|record| record.counts || !counting.contains(&record.root_id)) {
        let of = if is_public(record.visibility.as_deref()) { &mut public } else { &mut hidden };
        of.insert(record.root_id);
    }
    public.retain(|root_id| !hidden.contains(root_id));
    public
}

/// Whether everyone may know of a record with this visibility. What is not known is hidden.
fn is_public(visibility: Option<&str>) -> bool {
    visibility == Some(Visibility::Public.as_str())
}

/// What moved of proposals in a pool until a day, in order.
async fn moves_of(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    until: NaiveDate,
) -> Result<Vec<Move>, StoreError> {
    let text = "SELECT p.proposal_id, p.lot_id, p.account, p.amount, e.kind, e.day
                FROM posting p JOIN entry e ON e.id = p.entry_id
                WHERE e.pool_id = $1 AND e.day <= $2 ORDER BY e.number, p.line";
    let mut moves: Vec<Move> = sql::all(db, text, params![pool_id, until]).await?;
    moves.retain(|step| !step.proposal_id.is_nil());
    Ok(moves)
}

async fn available_of(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    until: NaiveDate,
) -> Result<i64, StoreError> {
    let text =
        "SELECT CAST(coalesce(sum(p.amount), 0) AS bigint) FROM posting p JOIN entry e ON e.id = p.entry_id
                WHERE e.pool_id = $1 AND e.day <= $2 AND p.account = 'available'";
    decided::number(db, text, params![pool_id, until]).await
}

/// A withdrawal.
#[derive(Debug, FromQueryResult)]
struct Withdrawal {
    proposal_id: ProposalId,
    to_proposal_id: Option<ProposalId>,
    replaced_by: Option<ContributionId>,
    amount: i64,
    day: NaiveDate,
    reason: String,
}

async fn redeployed_of(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    (from, until): (NaiveDate, NaiveDate),
) -> Result<Vec<Withdrawal>, StoreError> {
    let text = "SELECT r.proposal_id, r.to_proposal_id, r.replaced_by, r.amount, r.reason, e.day
                FROM redeployment r JOIN entry e ON e.id = r.withdraw_entry
                WHERE e.pool_id = $1 AND e.day >= $2 AND e.day <= $3 ORDER BY e.number";
    sql::all(db, text, params![pool_id, from, until]).await
}

/// Withdrawals with the donors whose money took the place of what was withdrawn.
async fn replaced(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    withdrawals: Vec<Withdrawal>,
) -> Result<Vec<Redeployed>, StoreError> {
    let ids: BTreeSet<ContributionId> = withdrawals.iter().filter_map(|step| step.replaced_by).collect();
    let keys = ids.into_iter().map(Into::into);
    let text = "SELECT * FROM known_contribution WHERE organisation_id = $1";
    let found = sql::select_by_keys(db, text, params![organisation_id], "id", keys).await?;
    let found: Vec<contribution::Model> = sql::read(&found)?;
    let donors = donors(db, found.iter().filter_map(|fact| fact.donor_id).collect()).await?;
    let by_id: BTreeMap<ContributionId, &contribution::Model> =
        found.iter().map(|fact| (fact.id, fact)).collect();
    let donor = |id: ContributionId| {
        let fact = by_id.get(&id)?;
        let named = donor_label(&donors, fact.donor_id, fact.donor_name.as_deref());
        Some((named, is_public(fact.visibility.as_deref())))
    };
    let step = |step: Withdrawal| Redeployed {
        day: step.day,
        from: step.proposal_id,
        to: step.to_proposal_id,
        replaced_by: step.replaced_by.and_then(donor),
        amount: step.amount,
        reason: step.reason,
    };
    Ok(withdrawals.into_iter().map(step).collect())
}

async fn shortfalls_of(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    (from, before): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<ShortfallFact>, StoreError> {
    let text =
        "SELECT * FROM shortfall WHERE pool_id = $1 AND opened_at >= $2 AND opened_at < $3 ORDER BY id";
    let found: Vec<shortfall::store::Model> = sql::all(db, text, params![pool_id, from, before]).await?;
    let fact = |row: shortfall::store::Model| ShortfallFact {
        lot_id: row.lot_id,
        uncovered: row.uncovered,
        covered: row.covered,
        absorbed: row.absorbed,
    };
    Ok(found.into_iter().map(fact).collect())
}

/// The proposals, with what their reports say was reached.
async fn projects(
    db: &impl ConnectionTrait,
    windows: &[window::store::Model],
    proposals: Vec<proposal::store::Model>,
) -> Result<BTreeMap<ProposalId, Project>, StoreError> {
    let keys = proposals.iter().map(|row| row.id.into());
    let text = "SELECT * FROM use_report WHERE true";
    let found = sql::select_by_keys(db, text, vec![], "proposal_id", keys).await?;
    let reports: Vec<use_report::Model> = sql::read(&found)?;
    let mut reached: BTreeMap<ProposalId, (Vec<ReachedResult>, bool)> = BTreeMap::new();
    for report in reports {
        let is_accepted = report.accepted_at.is_some();
        reached.insert(report.proposal_id, (serde_json::from_str(&report.results)?, is_accepted));
    }
    let mut projects = BTreeMap::new();
    for row in proposals {
        let Some(window) = windows.iter().find(|window| window.id == row.window_id) else { continue };
        let (own, is_accepted) = reached.remove(&row.id).unwrap_or_default();
        let result = |result: proposal::fields::ProposalResult| {
            let found = own.iter().find(|reached| reached.indicator == result.indicator);
            (result.indicator, result.target, found.map(|reached| reached.reached.clone()))
        };
        let project = Project {
            id: row.id,
            results: row.fields()?.results.into_iter().map(result).collect(),
            countries: split(&row.countries),
            plan_ids: split(&row.plan_ids).iter().filter_map(|id| id.parse().ok()).collect(),
            reference: row.reference,
            title: row.title,
            category: row.category,
            nature: row.nature,
            window: window.kind,
            state: row.state,
            is_public: row.visibility == Visibility::Public,
            is_accepted,
        };
        projects.insert(row.id, project);
    }
    Ok(projects)
}

async fn plans(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    ids: &BTreeSet<PlanId>,
) -> Result<BTreeMap<PlanId, PlanFact>, StoreError> {
    let keys = ids.iter().map(|id| (*id).into());
    let text = "SELECT * FROM known_plan WHERE organisation_id = $1";
    let rows = sql::select_by_keys(db, text, params![organisation_id], "id", keys).await?;
    let found: Vec<plan::Model> = sql::read(&rows)?;
    let fact = |row: plan::Model| {
        (row.id, PlanFact { is_public: is_public(row.visibility.as_deref()), name: row.name })
    };
    Ok(found.into_iter().map(fact).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_begins_where_the_committee_sits() {
        assert_eq!(first_instant("Europe/Zurich", 2026).to_rfc3339(), "2025-12-31T23:00:00+00:00");
        assert_eq!(first_instant("nowhere", 2026).to_rfc3339(), "2026-01-01T00:00:00+00:00");
    }

    #[test]
    fn a_contribution_is_public_when_all_that_counts_of_it_is() {
        use crate::known::contribution::tests::fact;
        let record = |id: u128, root: u128, counts: bool, visibility: Option<&str>| contribution::Model {
            counts,
            visibility: visibility.map(str::to_owned),
            ..fact(id, root, 100)
        };
        let records = [
            record(1, 1, false, Some("internal")),
            record(2, 1, true, Some("public")),
            record(3, 3, true, Some("public")),
            record(4, 3, true, Some("donor")),
            record(5, 5, true, None),
            record(6, 6, false, Some("public")),
        ];
        let public: Vec<u128> = public_of(&records).into_iter().map(ContributionId::as_u128).collect();
        assert_eq!(public, [1, 6]);
    }

    #[tokio::test]
    async fn a_part_that_is_counted_apart_is_as_public_as_its_contribution() {
        use crate::known::contribution::tests::fact;
        let folder = testkit::folder();
        let file = folder.path().join("allocations.db");
        let store =
            ::store::Store::open_sqlite(&file, std::sync::Arc::new(kernel::SystemClock)).await.unwrap();
        ::store::migration::migrate::<crate::migration::Migrator>(&store).await.unwrap();
        let tx = store.system(::store::Actor::system()).await.unwrap();
        let record = |id: u128, root: u128, visibility: &str| contribution::Model {
            visibility: Some(visibility.to_owned()),
            ..fact(id, root, 100)
        };
        let records =
            [record(1, 1, "public"), record(2, 1, "public"), record(3, 3, "public"), record(4, 3, "donor")];
        ::store::insert_models(tx.db(), &records).await.unwrap();
        let known = [1, 2, 3, 4].map(ContributionId::from_u128);
        let found = public_roots(tx.db(), OrganisationId::from_u128(1), &known).await.unwrap();
        assert_eq!(found.into_iter().map(ContributionId::as_u128).collect::<Vec<_>>(), [1, 2]);
        tx.commit().await.unwrap();
    }

    #[test]
    fn a_donor_that_the_registry_does_not_have_is_called_as_its_contribution_says() {
        let none = BTreeMap::new();
        assert_eq!(donor_label(&none, None, Some("Sweden")), AnnualUseLabel::named("Sweden", "Sweden"));
        let id = DonorId::from_u128(7);
        assert_eq!(donor_label(&none, Some(id), Some("Sweden")).key, id.to_string());
    }
}
